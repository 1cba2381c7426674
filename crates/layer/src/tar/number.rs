//! Numbers in header fields: octal text, or base-256 where the first byte's high bit is set.
//!
//! Leading spaces are skipped, a space or NUL ends the digits, a field of those alone is 0. Digits after
//! that end are an error: some readers skip a NUL, others stop at it. Values beyond 64 bits are errors too,
//! never wrapped.

/// What is wrong with a number.
pub(super) type Wrong = &'static str;

/// Reads a field that may be negative (a time).
pub(super) fn signed(field: &[u8]) -> Result<i64, Wrong> {
    match field.first() {
        Some(first) if first & 0x80 != 0 => base256(field),
        _ => i64::try_from(octal(field)?).map_err(|_| "does not fit in 63 bits"),
    }
}

/// Reads a field that cannot be negative.
pub(super) fn unsigned(field: &[u8]) -> Result<u64, Wrong> {
    match field.first() {
        Some(first) if first & 0x80 != 0 => u64::try_from(base256(field)?).map_err(|_| "is negative"),
        _ => octal(field),
    }
}

fn octal(field: &[u8]) -> Result<u64, Wrong> {
    let is_blank = |b: &u8| matches!(b, b' ' | 0);
    let start = field.iter().position(|b| *b != b' ').unwrap_or(field.len());
    let (_, text) = field.split_at(start);
    let (digits, rest) = text.split_at(text.iter().position(is_blank).unwrap_or(text.len()));
    if rest.iter().any(u8::is_ascii_digit) {
        return Err("has digits after its end");
    }
    if digits.is_empty() && !rest.iter().all(is_blank) {
        return Err("is not octal");
    }
    let mut value: u64 = 0;
    for byte in digits {
        let digit = match byte {
            b'0'..=b'7' => u64::from(byte - b'0'),
            _ => return Err("is not octal"),
        };
        // At most 12 digits of 3 bits: no overflow in any field of a header.
        value = value.checked_mul(8).ok_or("does not fit in 64 bits")? | digit;
    }
    Ok(value)
}

/// Two's complement, big-endian, in all bits but the first.
fn base256(field: &[u8]) -> Result<i64, Wrong> {
    let negative = field[0] & 0x40 != 0;
    let mut value: i64 = if negative { -1 } else { 0 };
    for (index, byte) in field.iter().enumerate() {
        let byte = match (index, negative) {
            (0, true) => byte | 0x80,
            (0, false) => byte & 0x7f,
            _ => *byte,
        };
        value = value.checked_mul(256).ok_or("does not fit in 63 bits")? | i64::from(byte);
    }
    Ok(value)
}

/// Reads a decimal number of a PAX record or a sparse map: digits only.
pub(super) fn decimal(text: &[u8]) -> Result<u64, Wrong> {
    if text.is_empty() {
        return Err("is empty");
    }
    text.iter().try_fold(0u64, |value, byte| match byte {
        b'0'..=b'9' => value
            .checked_mul(10)
            .and_then(|value| value.checked_add(u64::from(byte - b'0')))
            .ok_or("does not fit in 64 bits"),
        _ => Err("is not decimal"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_fields() {
        for (field, expected) in [
            (&b"0000644\0"[..], Ok(0o644)),
            (b"   644 \0", Ok(0o644)),
            (b"\0\0\0\0\0\0\0\0", Ok(0)),
            (b"        ", Ok(0)),
            (b"", Ok(0)),
            (b"77777777", Ok(0o7777_7777)),
            (b"777777777777", Ok(0o7777_7777_7777)),
            (b"12\0garbage", Ok(0o12)),
            (b"\0garbage", Err("is not octal")),
            (b"\x0012 \0\0\0", Err("has digits after its end")),
            (b"0\x0000000007", Err("has digits after its end")),
            (b"1 2\0", Err("has digits after its end")),
            (b"0000648\0", Err("is not octal")),
            (b"-1\0", Err("is not octal")),
            (b"+1\0", Err("is not octal")),
            (b"7777777777777777777777", Err("does not fit in 64 bits")),
        ] {
            assert_eq!(unsigned(field), expected, "{}", field.escape_ascii());
        }
    }

    #[test]
    fn base256_fields() {
        let field = |value: i128| {
            let mut bytes = value.to_be_bytes()[4..].to_vec();
            bytes[0] |= 0x80;
            bytes
        };
        for value in [0, 1, 255, 256, -1, -2, -256, -257, i64::MAX, i64::MIN, 1 << 40] {
            assert_eq!(signed(&field(i128::from(value))), Ok(value));
        }
        assert_eq!(signed(&field(i128::from(i64::MAX) + 1)), Err("does not fit in 63 bits"));
        assert_eq!(signed(&field(i128::from(i64::MIN) - 1)), Err("does not fit in 63 bits"));
        assert_eq!(unsigned(&field(-1)), Err("is negative"));
        assert_eq!(unsigned(&field(1 << 40)), Ok(1 << 40));
        assert_eq!(unsigned(&[0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]), Ok(0xffff_ffff));
    }

    #[test]
    fn decimals() {
        assert_eq!(decimal(b"18446744073709551615"), Ok(u64::MAX));
        assert_eq!(decimal(b"18446744073709551616"), Err("does not fit in 64 bits"));
        assert_eq!(decimal(b"007"), Ok(7));
        for text in [&b"+1"[..], b"-1", b" 1", b"1 ", b"0x1", b"1.0"] {
            assert_eq!(decimal(text), Err("is not decimal"));
        }
        assert_eq!(decimal(b""), Err("is empty"));
    }
}
