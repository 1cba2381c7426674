//! SPDX licence expressions, by their syntax: which identifiers there are changes with every version of the list.

use super::Check;

/// An SPDX licence expression (SPDX 2.3, annex D). Read without recursion: parentheses are counted.
pub(crate) fn expression(text: &str) -> Check {
    parse(text).map_err(|reason| format!("is no SPDX licence expression: {reason}"))
}

/// What was read last.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    /// Nothing, an operator or `(`: an operand must follow.
    Operator,
    /// A licence, which `WITH` may follow.
    License,
    /// An exception or `)`.
    Whole,
}

fn parse(text: &str) -> Result<(), &'static str> {
    let mut last = Last::Operator;
    let mut depth = 0_usize;
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_ascii_whitespace();
    while let Some(word) = words.next() {
        last = match (word, last) {
            ("(", Last::Operator) => {
                depth += 1;
                Last::Operator
            }
            (")", Last::License | Last::Whole) => {
                depth = depth.checked_sub(1).ok_or("a parenthesis was never opened")?;
                Last::Whole
            }
            ("AND" | "OR" | "and" | "or", Last::License | Last::Whole) => Last::Operator,
            ("WITH" | "with", Last::License) => match words.next() {
                Some(exception) if id(exception) => Last::Whole,
                _ => return Err("no exception follows WITH"),
            },
            ("(" | ")" | "AND" | "OR" | "and" | "or" | "WITH" | "with", _) => {
                return Err("an operator or a parenthesis is misplaced");
            }
            (license, Last::Operator) if self::license(license) => Last::License,
            (_, Last::Operator) => {
                return Err(
                    "a licence's identifier is letters, digits, `.` and `-`, with a `+` at its end at most",
                );
            }
            _ => return Err("between two licences stands AND, OR or WITH"),
        };
    }
    match (last, depth) {
        (Last::Operator, _) if text.trim().is_empty() => Err("it is empty"),
        (Last::Operator, _) => Err("it ends too early"),
        (_, 0) => Ok(()),
        _ => Err("a parenthesis is not closed"),
    }
}

fn license(word: &str) -> bool {
    match word.strip_prefix("DocumentRef-").and_then(|rest| rest.split_once(':')) {
        Some((document, reference)) => id(document) && reference.strip_prefix("LicenseRef-").is_some_and(id),
        None => id(word.strip_suffix('+').unwrap_or(word)),
    }
}

fn id(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        for good in [
            "MIT",
            "GPL-2.0+",
            "MIT OR Apache-2.0",
            "(MIT AND BSD-3-Clause) OR (GPL-2.0-only WITH Classpath-exception-2.0)",
            "LicenseRef-a",
            "DocumentRef-x:LicenseRef-y",
            "NOASSERTION",
            "((MIT))",
            "(MIT)AND(ISC)",
        ] {
            assert_eq!(expression(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            " ",
            "MIT, BSD",
            "Apache License 2.0",
            "MIT AND",
            "AND MIT",
            "(MIT",
            "MIT)",
            "MIT WITH",
            "(MIT) WITH x",
            "MIT/Apache-2.0",
            "()",
            "MIT OR OR ISC",
            "MIT\u{a0}OR ISC",
        ] {
            assert!(expression(bad).is_err(), "{bad}");
        }
        assert!(expression(&"(".repeat(1_000_000)).is_err());
    }
}
