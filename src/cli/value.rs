//! Values with a grammar of their own, or that are checked more strictly when typed than when read.

use std::time::Duration;

use ocidian_content::children::Child;
use ocidian_layer::{EntryPath, Timestamp};
use ocidian_spec::{MediaType, Platform, RefName};

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

/// A length of time: numbers, each with one of `s`, `m`, `h`, `d` (`1h30m`); or seconds alone.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a length of time: 90s, 15m, 1h, 1h30m, 7d, or 0".to_owned();
    let mut total = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let unit = after.chars().next();
        let scale = match unit {
            None if number.len() == text.len() => 1,
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 60 * 60,
            Some('d') => 24 * 60 * 60,
            _ => return Err(wrong()),
        };
        let number: u64 = number.parse().map_err(|_| wrong())?;
        total = number.checked_mul(scale).and_then(|part| total.checked_add(part)).ok_or("it is too long")?;
        rest = after.get(1..).unwrap_or_default();
    }
    if text.is_empty() { Err(wrong()) } else { Ok(Duration::from_secs(total)) }
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

/// Words of a command line: a JSON array of them, or one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Vec<String>);

/// A JSON array of strings where it begins as one, else the text itself as one word.
pub(crate) fn words(text: &str) -> Result<Words, String> {
    if !text.starts_with('[') {
        return Ok(Words(vec![text.to_owned()]));
    }
    let array = serde_json::from_str(text);
    array.map(Words).map_err(|error| format!("it begins as a JSON array of strings, but is none: {error}"))
}

/// A port as configs have it: `80`, `80/tcp`, `53/udp`.
pub(crate) fn port(text: &str) -> Result<String, String> {
    let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let digits = number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
    let number = number.parse::<u16>().is_ok_and(|number| number > 0) && digits;
    if number && matches!(protocol, "tcp" | "udp" | "sctp") {
        return Ok(text.to_owned());
    }
    Err("expected a port from 1 to 65535, with /tcp, /udp or /sctp if need be".to_owned())
}

/// A path in an image, from the root on whether it begins with `/` or not.
pub(crate) fn path(text: &str) -> Result<EntryPath, String> {
    if text.is_empty() {
        return Err("it is empty; the root is /".to_owned());
    }
    EntryPath::new(text.as_bytes()).map_err(|error| error.to_string())
}

/// A time of RFC 3339, as it was written.
pub(crate) fn time(text: &str) -> Result<String, String> {
    match ocidian_build::created::parse(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("expected a time of RFC 3339: 2024-05-01T12:00:00Z".to_owned()),
    }
}

/// A time: seconds since 1970, or RFC 3339.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(seconds) = text.strip_prefix('@').unwrap_or(text).parse() {
        return Ok(Timestamp { seconds, nanoseconds: 0 });
    }
    let expected = || "expected seconds since 1970, or a time of RFC 3339: 2024-05-01T12:00:00Z".to_owned();
    ocidian_build::created::parse(text).ok_or_else(expected)
}

/// `UID:GID`, as numbers.
pub(crate) fn owner(text: &str) -> Result<(u32, u32), String> {
    let id = |text: &str| text.parse().ok().filter(|id| *id != u32::MAX);
    let owner = text.split_once(':').and_then(|(uid, gid)| id(uid).zip(id(gid)));
    owner.ok_or_else(|| "expected two numbers below 4294967295: UID:GID, for example 0:0".to_owned())
}

/// An annotation and what it is on; without a value it is one to take out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Annotation {
    pub(crate) on: On,
    pub(crate) key: String,
    pub(crate) value: Option<String>,
}

/// What an annotation is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Manifest,
    ConfigDescriptor,
    ManifestDescriptor,
    Index,
}

/// `[ON:]KEY=VALUE`. A key that begins with one of the four words and a colon cannot be meant.
pub(crate) fn annotation(text: &str) -> Result<Annotation, String> {
    let (on, rest) = on(text);
    let (key, value) = pair(rest)?;
    Ok(Annotation { on, key, value: Some(value) })
}

/// `[ON:]KEY`
pub(crate) fn annotation_key(text: &str) -> Result<Annotation, String> {
    let (on, key) = on(text);
    Ok(Annotation { on, key: word(key)?, value: None })
}

fn on(text: &str) -> (On, &str) {
    let words = [
        ("manifest", On::Manifest),
        ("config-descriptor", On::ConfigDescriptor),
        ("manifest-descriptor", On::ManifestDescriptor),
        ("index", On::Index),
    ];
    let found = text
        .split_once(':')
        .and_then(|(word, rest)| words.iter().find(|(name, _)| *name == word).map(|(_, on)| (*on, rest)));
    found.unwrap_or((On::Manifest, text))
}

/// A tag to be put: what the specification recommends to those who write. A tag alone: what looks like an image is
/// one that was to be copied.
pub(crate) fn tag(text: &str) -> Result<RefName, String> {
    let form = ["oci:", "oci-archive:", "docker-archive:", "dir:", "docker://"];
    if let Some(form) = form.iter().find(|form| text.starts_with(**form)) {
        return Err(format!(
            "a tag in the same layout was expected, without {form}; `ocidian copy` goes to other places"
        ));
    }
    RefName::checked(text).map_err(|error| error.to_string())
}

/// A platform, or all of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wanted {
    All,
    One(Platform),
}

/// `all`, or a platform.
pub(crate) fn wanted(text: &str) -> Result<Wanted, String> {
    if text == "all" {
        return Ok(Wanted::All);
    }
    text.parse().map(Wanted::One).map_err(|error: ocidian_spec::Error| error.to_string())
}

/// A media type.
pub(crate) fn media_type(text: &str) -> Result<MediaType, String> {
    MediaType::checked(text).map_err(|error| error.to_string())
}

/// A child of an index, by platform or digest.
pub(crate) fn child(text: &str) -> Result<Child, String> {
    if text.contains(':') {
        let digest = text.strip_prefix('@').unwrap_or(text).parse();
        return digest.map(Child::Digest).map_err(|error: ocidian_spec::Error| error.to_string());
    }
    text.parse().map(Child::Platform).map_err(|error: ocidian_spec::Error| error.to_string())
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
    fn words_are_json_or_one_word() {
        let of = |text| words(text).map(|words| words.0);
        assert_eq!(of("-c"), Ok(vec!["-c".to_owned()]));
        assert_eq!(of("a b"), Ok(vec!["a b".to_owned()]));
        assert_eq!(of(r#"["a b", "-c"]"#), Ok(vec!["a b".to_owned(), "-c".to_owned()]));
        assert_eq!(of("[]"), Ok(vec![]));
        for wrong in ["[", "[1]", "[\"a\"] x", "[[]]"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn moments_and_owners() {
        for (text, seconds) in
            [("0", Some(0)), ("@-5", Some(-5)), ("1970-01-01T00:00:01Z", Some(1)), ("now", None), ("", None)]
        {
            assert_eq!(moment(text).ok().map(|time| time.seconds), seconds, "{text}");
        }
        assert_eq!(owner("0:4294967294"), Ok((0, u32::MAX - 1)));
        for wrong in ["", "0", "root:root", "0:", ":0", "0:4294967295", "-1:0", "0:0:0"] {
            assert!(owner(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ports() {
        for good in ["1", "80/tcp", "53/udp", "65535/sctp"] {
            assert_eq!(port(good), Ok(good.to_owned()));
        }
        for wrong in ["", "0", "080", "65536", "80/", "80/icmp", "80/tcp/udp", "http", "+80"] {
            assert!(port(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn annotations_say_what_they_are_on() {
        for (text, on, key, value) in [
            ("a=b", On::Manifest, "a", "b"),
            ("manifest:a=b", On::Manifest, "a", "b"),
            ("index:a=b:c=d", On::Index, "a", "b:c=d"),
            ("manifest-descriptor:a=", On::ManifestDescriptor, "a", ""),
            ("config-descriptor:a=b", On::ConfigDescriptor, "a", "b"),
            ("other:a=b", On::Manifest, "other:a", "b"),
        ] {
            let (key, value) = (key.to_owned(), Some(value.to_owned()));
            assert_eq!(annotation(text), Ok(Annotation { on, key, value }), "{text}");
        }
        for wrong in ["a", "=b", "index:=b", "index:"] {
            assert!(annotation(wrong).is_err(), "{wrong}");
        }
        assert_eq!(annotation_key("index:a=b").unwrap().key, "a=b");
        assert!(annotation_key("index:").is_err());
    }

    #[test]
    fn lengths_of_time_add_up() {
        for (text, seconds) in [
            ("0", 0),
            ("90", 90),
            ("90s", 90),
            ("15m", 900),
            ("1h30m", 5400),
            ("7d", 604_800),
            ("1d1s", 86_401),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "h",
            "-1s",
            "1.5h",
            "1h30",
            "1w",
            "1 h",
            "1hh",
            "99999999999999999999s",
            "999999999999999999d",
            "1é",
        ] {
            assert!(duration(text).is_err(), "{text}");
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
