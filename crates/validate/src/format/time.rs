//! Dates with times. RFC 3339, section 5.6.

use super::Check;

/// `date-time` of RFC 3339: `2015-10-31T22:22:56.015925234Z`.
pub(crate) fn rfc3339(text: &str) -> Check {
    parse(text).ok_or_else(|| "is no date with time by RFC 3339 (2015-10-31T22:22:56Z)".to_owned())
}

fn parse(text: &str) -> Option<()> {
    let mut rest = text.as_bytes();
    let year = number(&mut rest, 4)?;
    expect(&mut rest, b"-")?;
    let month = number(&mut rest, 2)?;
    expect(&mut rest, b"-")?;
    let day = number(&mut rest, 2)?;
    expect(&mut rest, b"Tt")?;
    let hour = number(&mut rest, 2)?;
    expect(&mut rest, b":")?;
    let minute = number(&mut rest, 2)?;
    expect(&mut rest, b":")?;
    // 60 is a leap second.
    let second = number(&mut rest, 2)?;
    if rest.first() == Some(&b'.') {
        let digits = rest.iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
        rest = rest.get(1 + digits..).filter(|_| digits > 0)?;
    }
    let (offset_hour, offset_minute) = match rest {
        [b'Z' | b'z'] => (0, 0),
        [b'+' | b'-', offset @ ..] => {
            let mut offset = offset;
            let hour = number(&mut offset, 2)?;
            expect(&mut offset, b":")?;
            let minute = number(&mut offset, 2)?;
            offset.is_empty().then_some((hour, minute))?
        }
        _ => return None,
    };
    let fits = (1..=12).contains(&month)
        && (1..=days(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60
        && offset_hour < 24
        && offset_minute < 60;
    fits.then_some(())
}

fn number(rest: &mut &[u8], digits: usize) -> Option<u32> {
    let (number, after) = rest.split_at_checked(digits)?;
    *rest = after;
    number.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
}

fn expect(rest: &mut &[u8], one_of: &[u8]) -> Option<()> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    one_of.contains(first).then_some(())
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for good in [
            "2015-10-31T22:22:56.015925234Z",
            "0001-01-01T00:00:00Z",
            "2016-12-31T23:59:60Z",
            "2000-02-29t00:00:00z",
            "1985-04-12T23:20:50.52+01:30",
        ] {
            assert_eq!(rfc3339(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "2015-10-31",
            "2015-10-31T22:22:56",
            "2015-10-31 22:22:56Z",
            "2015-10-31T22:22Z",
            "2015-13-01T00:00:00Z",
            "2015-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2015-10-31T24:00:00Z",
            "2015-10-31T00:00:00.Z",
            "2015-10-31T00:00:00+0100",
            "2015-10-31T00:00:00+24:00",
            "2015-10-31T00:00:00ZZ",
            "yesterday",
            "2015-1-31T00:00:00Z",
            "+015-10-31T22:22:56Z",
        ] {
            assert!(rfc3339(bad).is_err(), "{bad}");
        }
    }
}
