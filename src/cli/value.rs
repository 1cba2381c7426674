//! Values with a grammar of their own that no library has.

/// A size in bytes: a number, which may have a fraction, and a unit.
///
/// As coreutils read them: `K`, `M`, `G`, `T` and `KiB` to `TiB` are powers of 1024, `kB` to `TB`
/// powers of 1000. Letters may be of either case.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let wrong = || "expected a number of bytes, with a unit if need be: 4096, 512M, 1.5GiB, 20GB".to_owned();
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let scale: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return Err(wrong()),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || (number.contains('.') && fraction.is_empty()) || fraction.contains('.') {
        return Err(wrong());
    }
    // In integers: a float would be off by a few bytes where the number is large.
    let decimals = u32::try_from(fraction.len()).ok().filter(|decimals| *decimals <= 18).ok_or_else(wrong)?;
    let digits: u128 = format!("{whole}{fraction}").parse().map_err(|_| "it is too large".to_owned())?;
    let scaled = digits.checked_mul(u128::from(scale)).ok_or("it is too large")?;
    u64::try_from(scaled / 10_u128.pow(decimals)).map_err(|_| "it is too large".to_owned())
}

/// A size that something can live in.
pub(crate) fn limit(text: &str) -> Result<u64, String> {
    match size(text)? {
        0 => Err("a limit of 0 leaves nothing to run in; leave the flag out for no limit".to_owned()),
        bytes => Ok(bytes),
    }
}

/// A host name as the kernel takes one: 1 to 64 letters, digits, dots, hyphens and underscores.
pub(crate) fn hostname(text: &str) -> Result<String, String> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    if text.is_empty() || text.len() > 64 || !text.bytes().all(legal) {
        return Err("expected 1 to 64 letters, digits, dots, hyphens and underscores".to_owned());
    }
    Ok(text.to_owned())
}

/// Text that is not empty.
pub(crate) fn word(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// `KEY=VALUE`; the value may be empty and may hold `=`.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_coreutils_read_them() {
        let table = [
            ("0", 0),
            ("4096", 4096),
            ("4096b", 4096),
            ("1k", 1024),
            ("1K", 1024),
            ("1kB", 1000),
            ("512M", 512 << 20),
            ("1.5GiB", 3 << 29),
            ("2 GB", 2_000_000_000),
            ("18446744073709551615", u64::MAX),
        ];
        for (text, bytes) in table {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in
            ["", "k", "-1", "1x", "1.", ".5", "1.2.3", "18446744073709551616", "16777216T", "1e9", "0x10"]
        {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pairs_split_at_the_first_equals_sign() {
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(pair("a="), Ok(("a".to_owned(), String::new())));
        assert!(pair("a").is_err());
        assert!(pair("=a").is_err());
    }
}
