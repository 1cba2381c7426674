//! Strings of a format, and lists of the names that there are.

/// An absolute path.
pub(super) fn absolute(text: &str) -> Result<(), String> {
    match text {
        "" => Err("is empty".to_owned()),
        text if !text.starts_with('/') => Err("is not absolute".to_owned()),
        text if text.contains('\0') => Err("has a NUL".to_owned()),
        _ => Ok(()),
    }
}

/// Semantic versioning 2.0.0.
pub(super) fn semver(text: &str) -> Result<(), String> {
    let wrong = || Err("is no semantic version (1.2.3)".to_owned());
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    let number = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
    };
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let pre_word = |part: &str| word(part) && (!part.bytes().all(|b| b.is_ascii_digit()) || number(part));
    let three = core.split('.').count() == 3 && core.split('.').all(number);
    if !three
        || !pre.is_none_or(|pre| pre.split('.').all(pre_word))
        || !build.is_none_or(|b| b.split('.').all(word))
    {
        return wrong();
    }
    Ok(())
}

/// One of a list.
pub(super) fn one_of(text: &str, list: &[&str]) -> Result<(), String> {
    if list.contains(&text) { Ok(()) } else { Err(format!("is none of {}", list.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semantic_versions() {
        for good in
            ["1.0.0", "0.1.0", "10.20.30", "1.0.2-dev", "1.0.0-rc.1+build.01", "1.0.0+a-b", "1.0.0-0a.-"]
        {
            assert_eq!(semver(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "1",
            "1.0",
            "1.0.0.0",
            "v1.0.0",
            "01.0.0",
            "1.0.0-",
            "1.0.0-01",
            "1.0.0+",
            "1.0.0-a..b",
            "1.0.0 ",
        ] {
            assert!(semver(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn absolute_paths() {
        assert_eq!(absolute("/a"), Ok(()));
        for bad in ["", "a", "./a", "/a\0"] {
            assert!(absolute(bad).is_err(), "{bad:?}");
        }
    }
}
