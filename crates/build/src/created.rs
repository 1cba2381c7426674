//! Which time an image says that it was made, without asking the clock.
//!
//! `SOURCE_DATE_EPOCH` where it is set, else the later of the base's time and the newest modification time that
//! went in: both follow from the input alone. The clock counts only where the caller passes it.

use ocidian_layer::Timestamp;

/// What decides an image's `created`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Created {
    /// `SOURCE_DATE_EPOCH`, in seconds.
    pub source_date_epoch: Option<i64>,
    /// The clock, where reproducibility is not wanted.
    pub now: Option<Timestamp>,
}

impl Created {
    /// The time for an image made of a base that says `base` and of files the newest of which is `newest`. The
    /// base's text is kept as it is where it decides; `None` where nothing does.
    pub fn decide(&self, base: Option<&str>, newest: Option<Timestamp>) -> Option<String> {
        let set = self.source_date_epoch.map(|seconds| Timestamp { seconds, nanoseconds: 0 });
        if let Some(time) = set.or(self.now) {
            return Some(rfc3339(time));
        }
        match (base, newest) {
            (Some(text), Some(newest)) if parse(text).is_none_or(|base| base < newest) => {
                Some(rfc3339(newest))
            }
            (Some(text), _) => Some(text.to_owned()),
            (None, newest) => newest.map(rfc3339),
        }
    }
}

/// `2024-01-17T21:49:12Z`, with a fraction where there is one. Years beyond 0 to 9999, which RFC 3339 does not
/// have, become the nearest that it has.
pub fn rfc3339(time: Timestamp) -> String {
    const FIRST: i64 = -62_167_219_200;
    const LAST: i64 = 253_402_300_799;
    let seconds = time.seconds.clamp(FIRST, LAST);
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let fraction = match time.nanoseconds {
        0 => String::new(),
        nanoseconds => format!(".{nanoseconds:09}").trim_end_matches('0').to_owned(),
    };
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}{fraction}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// Reads a time of RFC 3339, section 5.6; `None` where it is none. A leap second counts as the one after it.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.is_ascii().then_some(text)?;
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let is = |at: usize, any: &str| text.get(at..=at).is_some_and(|c| any.contains(c));
    let separated = is(4, "-") && is(7, "-") && is(10, "Tt ") && is(13, ":") && is(16, ":");
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let valid = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !separated || !valid {
        return None;
    }
    let rest = text.get(19..)?;
    let (nanoseconds, zone) = fraction(rest)?;
    let offset = offset(zone)?;
    let seconds = day_number(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    Some(Timestamp { seconds, nanoseconds })
}

/// The fraction of a second, cut to nanoseconds, and what follows it.
fn fraction(text: &str) -> Option<(u32, &str)> {
    let Some(digits) = text.strip_prefix('.') else { return Some((0, text)) };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (digits, zone) = digits.split_at(end);
    let nine: String = digits.chars().chain("000000000".chars()).take(9).collect();
    if digits.is_empty() { None } else { Some((nine.parse().ok()?, zone)) }
}

/// A zone's offset from UTC in seconds.
fn offset(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if zone.starts_with('+') { 1 } else { -1 };
    let (hours, minutes) = zone.strip_prefix(['+', '-'])?.split_once(':')?;
    let two = |text: &str| -> Option<i64> {
        (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970. Years are counted from March, so that the leap day is the last.
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    days + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// Year, month and day of a day since 1970.
fn civil(day: i64) -> (i64, i64, i64) {
    const ERA: i64 = 146_097;
    let day = day + 719_468;
    let (era, day) = (day.div_euclid(ERA), day.rem_euclid(ERA));
    let year = (day - day / 1460 + day / 36_524 - day / (ERA - 1)) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64, nanoseconds: u32) -> Timestamp {
        Timestamp { seconds, nanoseconds }
    }

    #[test]
    fn times_of_rfc_3339() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(at(0, 0))),
            ("1985-04-12T23:20:50.52Z", Some(at(482_196_050, 520_000_000))),
            ("1996-12-19T16:39:57-08:00", Some(at(851_042_397, 0))),
            ("1990-12-31T23:59:60Z", Some(at(662_688_000, 0))),
            ("1937-01-01T12:00:27.87+00:20", Some(at(-1_041_337_173, 870_000_000))),
            ("2000-02-29t00:00:00z", Some(at(951_782_400, 0))),
            ("2024-05-01T00:00:00.1234567891Z", Some(at(1_714_521_600, 123_456_789))),
            ("0001-01-01T00:00:00Z", Some(at(-62_135_596_800, 0))),
            ("2001-02-29T00:00:00Z", None),
            ("2001-13-01T00:00:00Z", None),
            ("2001-00-01T00:00:00Z", None),
            ("2001-01-01T24:00:00Z", None),
            ("2001-01-01T00:00:00", None),
            ("2001-01-01T00:00:00.Z", None),
            ("2001-01-01T00:00:00+0100", None),
            ("2001-01-01", None),
            ("+001-01-01T00:00:00Z", None),
            ("20é1-01-01T00:00:00Z", None),
            ("", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_decides() {
        let newer = Some(at(1_000_000_000, 0));
        let base = Some("2000-01-01T00:00:00+00:00");
        let none = Created::default();
        assert_eq!(none.decide(None, None), None);
        assert_eq!(none.decide(base, None).as_deref(), base);
        assert_eq!(none.decide(base, newer).as_deref(), Some("2001-09-09T01:46:40Z"));
        assert_eq!(none.decide(base, Some(at(5, 0))).as_deref(), base);
        assert_eq!(none.decide(Some("yesterday"), newer).as_deref(), Some("2001-09-09T01:46:40Z"));
        assert_eq!(none.decide(Some("yesterday"), None).as_deref(), Some("yesterday"));
        let clock = Created { now: Some(at(7, 0)), source_date_epoch: None };
        assert_eq!(clock.decide(base, newer).as_deref(), Some("1970-01-01T00:00:07Z"));
        let set = Created { source_date_epoch: Some(0), ..clock };
        assert_eq!(set.decide(base, newer).as_deref(), Some("1970-01-01T00:00:00Z"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seconds in -62_167_219_200..=253_402_300_799_i64, nanoseconds in 0..1_000_000_000u32) {
            prop_assert_eq!(parse(&rfc3339(at(seconds, nanoseconds))), Some(at(seconds, nanoseconds)));
        }

        #[test]
        fn nothing_panics(seconds: i64, text in "\\PC{0,40}") {
            let _ = parse(&text);
            prop_assert!(parse(&rfc3339(at(seconds, 0))).is_some());
        }
    }
}
