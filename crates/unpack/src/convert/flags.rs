//! The values of flags that have a grammar of their own, each a type that parses.

mod hook;
mod mount;

use std::str::FromStr;

pub use hook::{HookFlag, HookStage};
pub use mount::MountFlag;

use ocidian_spec::runtime::CAPABILITIES;

use super::FlagError;

/// A variable to set, `NAME=VALUE`, or to remove, `NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvFlag {
    name: String,
    value: Option<String>,
}

impl EnvFlag {
    /// The variable.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is set to; `None` where it is removed.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }
}

impl FromStr for EnvFlag {
    type Err = FlagError;

    fn from_str(text: &str) -> Result<Self, FlagError> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        if name.is_empty() || text.contains('\0') {
            return Err(FlagError::new(text, "expected NAME=VALUE, or NAME to remove the variable"));
        }
        Ok(Self { name: name.to_owned(), value })
    }
}

/// A capability, with or without `CAP_` and in either case, or `ALL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapabilityFlag {
    /// All that there are.
    All,
    /// One, by its full name.
    One(&'static str),
}

impl CapabilityFlag {
    pub(super) fn one(&self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::One(name) => Some(name),
        }
    }
}

impl FromStr for CapabilityFlag {
    type Err = FlagError;

    fn from_str(text: &str) -> Result<Self, FlagError> {
        let upper = text.to_ascii_uppercase();
        let bare = upper.strip_prefix("CAP_").unwrap_or(&upper);
        if bare == "ALL" {
            return Ok(Self::All);
        }
        let known = CAPABILITIES.iter().find(|known| known.name.strip_prefix("CAP_") == Some(bare));
        known.map(|known| Self::One(known.name)).ok_or_else(|| {
            FlagError::new(text, "there is no such capability; see capabilities(7), or ALL for all of them")
        })
    }
}

/// Processors' worth of time, in steps of a hundredth: `0.5`, `2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cpus {
    hundredths: u32,
}

impl Cpus {
    /// Microseconds over which the time is shared out.
    pub const PERIOD: u64 = 100_000;

    /// Microseconds of processor time in a [`PERIOD`](Self::PERIOD).
    pub fn quota(self) -> i64 {
        i64::from(self.hundredths) * 1000
    }
}

impl FromStr for Cpus {
    type Err = FlagError;

    fn from_str(text: &str) -> Result<Self, FlagError> {
        const MOST: f64 = 100_000.0;
        let wrong =
            || FlagError::new(text, "expected a number of processors from 0.01 to 100000, for example 1.5");
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let number = text.parse::<f64>().ok().filter(|_| plain).ok_or_else(wrong)?;
        if !(0.01..=MOST).contains(&number) {
            return Err(wrong());
        }
        // In range by the line above; the kernel takes no finer quota than a millisecond.
        Ok(Self { hundredths: (number * 100.0).round() as u32 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_set_or_removed() {
        let parse = |text: &str| text.parse::<EnvFlag>().map(|flag| (flag.name, flag.value));
        assert_eq!(parse("A=b=c"), Ok(("A".to_owned(), Some("b=c".to_owned()))));
        assert_eq!(parse("A="), Ok(("A".to_owned(), Some(String::new()))));
        assert_eq!(parse("A"), Ok(("A".to_owned(), None)));
        assert!(parse("").is_err() && parse("=x").is_err() && parse("A=\0").is_err());
    }

    #[test]
    fn capabilities_have_their_names_in_any_form() {
        for text in ["CAP_SYS_ADMIN", "SYS_ADMIN", "sys_admin", "cap_Sys_Admin"] {
            assert_eq!(text.parse(), Ok(CapabilityFlag::One("CAP_SYS_ADMIN")), "{text}");
        }
        for text in ["ALL", "all", "CAP_ALL"] {
            assert_eq!(text.parse(), Ok(CapabilityFlag::All), "{text}");
        }
        for text in ["", "CAP_", "ADMIN", "CAP_CAP_KILL", "KILL "] {
            assert!(text.parse::<CapabilityFlag>().is_err(), "{text}");
        }
    }

    #[test]
    fn processors_become_a_quota() {
        for (text, quota) in
            [("1", 100_000), ("0.5", 50_000), ("1.5", 150_000), ("0.01", 1000), (".25", 25_000)]
        {
            assert_eq!(text.parse::<Cpus>().unwrap().quota(), quota, "{text}");
        }
        for text in ["", "0", "-1", "0.001", "nan", "inf", "1e3", "100001", "1,5", "."] {
            assert!(text.parse::<Cpus>().is_err(), "{text}");
        }
    }
}
