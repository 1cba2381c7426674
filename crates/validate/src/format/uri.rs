//! URIs. RFC 3986: a scheme and a colon, and nothing but its characters, each at its place.

use super::Check;

/// `URI` of RFC 3986, appendix A: with a scheme, so that it can be followed from anywhere.
pub(crate) fn uri(text: &str) -> Check {
    let wrong = |reason: &str| Err(format!("is no URI by RFC 3986: {reason}"));
    let Some(scheme) = uri_scheme(text) else { return wrong("it has no scheme") };
    let rest = text.get(scheme.len() + 1..).unwrap_or_default();
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (hierarchy, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = match hierarchy.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", hierarchy),
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // Brackets stand around an IP literal, and nowhere else.
    let (literal, port) = match host.strip_prefix('[') {
        Some(inner) => match inner.split_once(']') {
            Some((literal, port)) => (literal, port),
            None => return wrong("a bracket is not closed"),
        },
        None => ("", host),
    };
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    for (part, extra) in
        [(user, ":"), (literal, ":"), (port, ":"), (path, "/:@"), (query, "/?:@"), (fragment, "/?:@")]
    {
        if let Some(c) = part.chars().find(|c| !(legal(*c) || extra.contains(*c))) {
            return Err(format!("is no URI by RFC 3986: {c:?} must be percent-encoded there"));
        }
        if !escapes_are_whole(part) {
            return wrong("a percent sign is not followed by two hex digits");
        }
    }
    Ok(())
}

/// What stands before the first colon, if it is a scheme.
pub(crate) fn uri_scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(legal)).then_some(scheme)
}

/// Unreserved characters, sub-delimiters, and the percent sign.
fn legal(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=%".contains(c)
}

fn escapes_are_whole(part: &str) -> bool {
    part.split('%').skip(1).all(|after| after.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        for good in [
            "https://example.com/a?b=c#d",
            "http://[::1]:80/",
            "ftp://u:p@h/%20",
            "mailto:a@b.c",
            "urn:isbn:0451450523",
            "file:///etc/x",
            "https://example.com",
            "git+ssh://git@github.com/x/y.git",
            "data:,A%20b",
            "https://h/a;b=c,d@e",
        ] {
            assert_eq!(uri(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "example.com/a",
            "/a",
            "git@github.com:x/y.git",
            "https://a b",
            "https://h/%zz",
            "https://h/%4",
            "http://[::1",
            "http://h/[a]",
            "1a:b",
            "https://h/ä",
            "https://h/<x>",
            "://h",
            "https://h/a\n",
        ] {
            assert!(uri(bad).is_err(), "{bad}");
        }
    }
}
