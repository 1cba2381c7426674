//! `--chmod`: modes as chmod(1) takes them, without a umask: who is left out means all.

use std::str::FromStr;

/// A change of modes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chmod {
    /// This mode, whatever was there.
    Exactly(u32),
    /// Clauses, one after another.
    Clauses(Vec<Clause>),
}

/// One clause of a symbolic mode: `u+x`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// The bits that it can touch.
    who: u32,
    operation: Operation,
    /// Permissions as one digit; in all three places where `who` says so.
    bits: u32,
    /// `X`: execution where it is a directory or somebody may execute it.
    execution: bool,
    /// `s` and `t`.
    special: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Add,
    Remove,
    Set,
}

impl Chmod {
    /// The mode that an entry of `mode` gets.
    pub fn apply(&self, mode: u32, is_directory: bool) -> u32 {
        match self {
            Self::Exactly(exactly) => *exactly,
            Self::Clauses(clauses) => {
                clauses.iter().fold(mode, |mode, clause| clause.apply(mode, is_directory))
            }
        }
    }
}

impl Clause {
    fn apply(&self, mode: u32, is_directory: bool) -> u32 {
        let execution = self.execution && (is_directory || mode & 0o111 != 0);
        let digit = self.bits | u32::from(execution);
        let bits = ((digit * 0o111) & self.who) | self.special;
        match self.operation {
            Operation::Add => mode | bits,
            Operation::Remove => mode & !bits,
            Operation::Set => (mode & !self.who) | bits,
        }
    }
}

impl FromStr for Chmod {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected a mode as chmod takes it: 0755, u=rwX,go=rX, a+r".to_owned();
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777);
            return mode.map(Self::Exactly).ok_or_else(wrong);
        }
        let mut clauses = Vec::new();
        for clause in text.split(',') {
            let at = clause.find(['+', '-', '=']).ok_or_else(wrong)?;
            let (people, mut rest) = clause.split_at(at);
            let mut who = 0;
            for person in people.chars() {
                who |= match person {
                    'u' => 0o4700,
                    'g' => 0o2070,
                    'o' => 0o1007,
                    'a' => 0o7777,
                    _ => return Err(wrong()),
                };
            }
            let who = if people.is_empty() { 0o7777 } else { who };
            while let Some(operation) = rest.chars().next() {
                let (permissions, after) = match rest[1..].find(['+', '-', '=']) {
                    Some(end) => rest[1..].split_at(end),
                    None => (&rest[1..], ""),
                };
                let operation = match operation {
                    '+' => Operation::Add,
                    '-' => Operation::Remove,
                    _ => Operation::Set,
                };
                clauses.push(one(who, operation, permissions).ok_or_else(wrong)?);
                rest = after;
            }
        }
        Ok(Self::Clauses(clauses))
    }
}

fn one(who: u32, operation: Operation, permissions: &str) -> Option<Clause> {
    let mut clause = Clause { who, operation, bits: 0, execution: false, special: 0 };
    for permission in permissions.chars() {
        match permission {
            'r' => clause.bits |= 4,
            'w' => clause.bits |= 2,
            'x' => clause.bits |= 1,
            'X' => clause.execution = true,
            's' => clause.special |= who & 0o6000,
            't' => clause.special |= who & 0o1000,
            _ => return None,
        }
    }
    Some(clause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_chmod_has_it() {
        for (text, mode, is_directory, expected) in [
            ("644", 0o7777, false, 0o644),
            ("0", 0o7777, true, 0),
            ("4755", 0, false, 0o4755),
            ("u=rwX,go=rX", 0o600, false, 0o644),
            ("u=rwX,go=rX", 0o700, false, 0o755),
            ("u=rwX,go=rX", 0o600, true, 0o755),
            ("a+r", 0o200, false, 0o644),
            ("+x", 0o644, false, 0o755),
            ("-w", 0o666, false, 0o444),
            ("go-rwx", 0o777, false, 0o700),
            ("go=", 0o2777, false, 0o700),
            ("u+s", 0o755, false, 0o4755),
            ("ug+s,o+t", 0o755, true, 0o7755),
            ("a-s", 0o6755, false, 0o755),
            ("u+rw-x", 0o100, false, 0o600),
            ("u=r,u+w", 0o700, false, 0o600),
        ] {
            assert_eq!(
                text.parse::<Chmod>().unwrap().apply(mode, is_directory),
                expected,
                "{text} on {mode:o}"
            );
        }
    }

    #[test]
    fn what_is_no_mode() {
        for text in ["", "8", "10000", "u", "u+", "u+q", "z+x", "u+x,", "rwx", "-1", "0o644"] {
            let parsed = text.parse::<Chmod>();
            // `u+` adds nothing, as in chmod.
            assert_eq!(parsed.is_err(), text != "u+", "{text}");
        }
    }
}
