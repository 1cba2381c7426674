//! Names in a layout.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result, clip};

/// A name in a layout: the value of `org.opencontainers.image.ref.name` (or containerd's).
///
/// The specification lays no restriction on what a layout holds (`image-layout.md`) and recommends
/// a grammar to those who write (`annotations.md`). So reading takes whatever is not empty, and
/// [`RefName::checked`] is for what is about to be put.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RefName(String);

impl RefName {
    /// A name to put into a layout, by the grammar of `annotations.md`.
    ///
    /// # Errors
    /// [`Error::Reference`] where the name is not [valid](Self::is_valid).
    pub fn checked(text: &str) -> Result<Self> {
        let name: Self = text.parse()?;
        if name.is_valid() {
            return Ok(name);
        }
        let reason = "a tag is letters and digits, with one of `-._:@+/`, or `--`, between";
        Err(Error::Reference { text: clip(text), reason })
    }

    /// Whether the name is one by the grammar of `annotations.md`: components of letters and
    /// digits with single separators (or `--`) between, and `/` between components.
    pub fn is_valid(&self) -> bool {
        let separator = |text: &str| matches!(text, "-" | "." | "_" | ":" | "@" | "+" | "--");
        let alphanumeric = |c: char| c.is_ascii_alphanumeric();
        self.0.split('/').all(|component| {
            component.starts_with(alphanumeric)
                && component.ends_with(alphanumeric)
                && component.split(alphanumeric).filter(|between| !between.is_empty()).all(separator)
        })
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RefName {
    type Err = Error;

    /// Takes any name but the empty one.
    fn from_str(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Err(Error::Reference { text: text.to_owned(), reason: "a tag may not be empty" });
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_checked_and_what_is_held_is_not() {
        for good in
            ["latest", "v1.0.0-vendor.0", "docker.io/library/busybox:1.36", "a--b", "a@b", "a+b", "A_1", "0"]
        {
            assert_eq!(RefName::checked(good).unwrap().as_str(), good);
        }
        for odd in
            ["a---b", "a__b", "-a", "a-", "a//b", "/a", "a/", "a b", "a\n", "\u{1b}[2J", "é", "a.-b", ".."]
        {
            assert!(RefName::checked(odd).is_err(), "{odd:?}");
            assert_eq!(odd.parse::<RefName>().unwrap().to_string(), odd);
        }
        assert!("".parse::<RefName>().is_err());
        assert!(RefName::checked("").is_err());
    }
}
