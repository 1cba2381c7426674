//! The parts of a reference, by the distribution project's grammar: each says what is wrong with
//! it, or nothing.

use std::net::Ipv6Addr;

type Check = Result<(), &'static str>;

/// `host[:port]`, the host a domain name, an IPv4 address, or an IPv6 address in brackets.
pub(super) fn registry(text: &str) -> Check {
    let (host, port) = match text.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((address, rest))) => {
            // No zones, and no IPv4 within: the grammar has neither.
            let legal = |b: u8| b.is_ascii_hexdigit() || b == b':';
            if !address.bytes().all(legal) || address.parse::<Ipv6Addr>().is_err() {
                return Err("what stands in the brackets is no IPv6 address");
            }
            match rest.strip_prefix(':') {
                _ if rest.is_empty() => return Ok(()),
                Some(port) => return self::port(port),
                None => return Err("after the brackets of an IPv6 address, only a port may follow"),
            }
        }
        Some(None) => return Err("the bracket of an IPv6 address is not closed"),
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    if !host.split('.').all(domain_component) {
        return Err("the registry is no host name (an IPv6 address stands in brackets)");
    }
    port.map_or(Ok(()), self::port)
}

fn domain_component(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    !text.is_empty() && text.bytes().all(legal) && !text.starts_with('-') && !text.ends_with('-')
}

fn port(text: &str) -> Check {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u16>() {
        Ok(_) if digits => Ok(()),
        _ => Err("the port is no number from 0 to 65535"),
    }
}

/// Path components with `/` between them.
pub(super) fn repository(text: &str) -> Check {
    if text.is_empty() {
        return Err("the repository is missing");
    }
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err("the repository must be in lower case");
    }
    if text.split('/').any(str::is_empty) {
        return Err("the repository has an empty component");
    }
    if text.split('/').all(path_component) {
        return Ok(());
    }
    Err("a component of the repository is letters and digits, with `.`, `_`, `__` or dashes between")
}

fn path_component(text: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separator = |text: &str| matches!(text, "." | "_" | "__") || text.bytes().all(|b| b == b'-');
    text.starts_with(alphanumeric)
        && text.ends_with(alphanumeric)
        && text.split(alphanumeric).filter(|between| !between.is_empty()).all(separator)
}

/// A letter, digit or `_`, then up to 127 of those, `.` and `-`.
pub(super) fn tag(text: &str) -> Check {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let first = text.bytes().next();
    if first.is_none() {
        return Err("the tag is empty");
    }
    if text.len() > 128 {
        return Err("the tag is longer than 128 characters");
    }
    if first.is_some_and(word) && text.bytes().all(|b| word(b) || b == b'.' || b == b'-') {
        return Ok(());
    }
    Err("a tag is letters, digits, `_`, `.` and `-`, and begins with none of the last two")
}
