//! `SOURCE_DATE_EPOCH`: the time that a reproducible result may have. reproducible-builds.org/specs/source-date-epoch.

use std::time::{SystemTime, UNIX_EPOCH};

use ocidian_build::Created;
use ocidian_layer::Timestamp;

use crate::exit::Usage;

const VARIABLE: &str = "SOURCE_DATE_EPOCH";

/// The time that the environment asks for, if it does: seconds since 1970, as the specification has them.
pub(crate) fn source_date() -> Result<Option<Timestamp>, Usage> {
    match std::env::var_os(VARIABLE) {
        Some(text) if !text.is_empty() => parse(&text.to_string_lossy()).map(Some),
        _ => Ok(None),
    }
}

/// What decides when a result says it was made: the environment, or, `by_the_clock`, now.
pub(crate) fn created(by_the_clock: bool) -> Result<Created, Usage> {
    let source_date_epoch = source_date()?.map(|time| time.seconds);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_secs()).ok().filter(|_| by_the_clock);
    Ok(Created { source_date_epoch, now: now.map(|seconds| Timestamp { seconds, nanoseconds: 0 }) })
}

fn parse(text: &str) -> Result<Timestamp, Usage> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    // The last second of the year 9999: RFC 3339 has four digits for a year.
    let seconds = text.parse().ok().filter(|seconds: &i64| digits && *seconds <= 253_402_300_799);
    match seconds {
        Some(seconds) => Ok(Timestamp { seconds, nanoseconds: 0 }),
        None => {
            Err(Usage(format!("{VARIABLE} is {text:?}; expected seconds since 1970, for example 1700000000")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_nothing_else() {
        for (text, seconds) in [("0", 0), ("1700000000", 1_700_000_000), ("253402300799", 253_402_300_799)] {
            assert_eq!(parse(text).unwrap().seconds, seconds);
        }
        for wrong in ["-1", "+1", " 1", "1.5", "1e9", "today", "253402300800", "99999999999999999999"] {
            assert!(parse(wrong).unwrap_err().to_string().contains(wrong.trim()), "{wrong}");
        }
    }
}
