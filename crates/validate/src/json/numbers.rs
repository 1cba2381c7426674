//! Which numbers every reader of JSON reads alike: those of IEEE 754 double precision (RFC 7493, section 2.2).

/// What readers make of a number differently, if anything.
pub(super) fn fault(raw: &str) -> Option<&'static str> {
    const LARGEST: i128 = (1 << 53) - 1;
    if !raw.contains(['.', 'e', 'E']) {
        return match raw.parse::<i128>() {
            Ok(n) if (-LARGEST..=LARGEST).contains(&n) => None,
            _ => Some("is an integer beyond 2^53 - 1, which a double does not hold exactly"),
        };
    }
    match raw.parse::<f64>() {
        Ok(n) if n.is_finite() => {}
        _ => return Some("is larger than any double"),
    }
    let mantissa = raw.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).skip_while(|b| *b == b'0').count();
    (digits > 17).then_some("has more digits than a double holds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_and_no_others_pass() {
        for good in [
            "0",
            "-0",
            "9007199254740991",
            "-9007199254740991",
            "1.5",
            "1e308",
            "0.00000000000000000001",
            "0.1",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in [
            "9007199254740992",
            "-9223372036854775808",
            "1e309",
            "-1E400",
            "3.141592653589793238462643",
            "9".repeat(100).as_str(),
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }
}
