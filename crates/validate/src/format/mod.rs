//! The formats that the specifications give to strings. Each function says what is wrong, in words that go on from
//! the quoted text: `"x" is no digest: it has no colon`.

mod license;
mod time;
mod uri;

use ocidian_spec::{Digest, MediaType, RefName, Reference};

pub(crate) use license::expression as license;
pub(crate) use time::rfc3339;
pub(crate) use uri::{uri, uri_scheme};

/// What a format check says.
pub(crate) type Check = Result<(), String>;

/// RFC 6838, section 4.2.
pub(crate) fn media_type(text: &str) -> Check {
    match MediaType::checked(text) {
        Ok(_) => Ok(()),
        Err(_) => {
            Err("is no media type by RFC 6838, section 4.2 (type/subtype, without parameters)".to_owned())
        }
    }
}

/// The grammar of digests, whatever the algorithm.
pub(crate) fn digest_grammar(text: &str) -> Check {
    let Some((algorithm, encoded)) = text.split_once(':') else {
        return Err("is no digest: it has no colon".to_owned());
    };
    let component =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !algorithm.split(['+', '.', '_', '-']).all(component) {
        return Err(
            "is no digest: the algorithm is not lower-case letters and digits with `+._-` between".to_owned()
        );
    }
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'=' | b'_' | b'-');
    if encoded.is_empty() || !encoded.bytes().all(legal) {
        return Err("is no digest: after the colon stand letters, digits and `=_-`, one at least".to_owned());
    }
    Ok(())
}

/// What registered algorithms ask of the encoded part, where the grammar is kept.
pub(crate) fn digest_registered(text: &str) -> Check {
    let Some((algorithm, encoded)) = text.split_once(':') else { return Ok(()) };
    let digits = match algorithm {
        "sha256" | "blake3" => 64,
        "sha512" => 128,
        _ => return Ok(()),
    };
    if encoded.len() != digits {
        return Err(format!("has {} digits after {algorithm}:, not {digits}", encoded.len()));
    }
    if !encoded.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err("has something other than the lower-case hex digits 0-9a-f".to_owned());
    }
    Ok(())
}

/// A digest in every respect.
pub(crate) fn digest(text: &str) -> Check {
    digest_grammar(text)?;
    digest_registered(text).map_err(|reason| format!("is no digest: it {reason}"))
}

/// The digest that a text is, for looking it up; `None` also where it is too long to be a file's name.
pub(crate) fn parse_digest(text: &str) -> Option<Digest> {
    text.parse().ok()
}

/// `VARNAME=VARVALUE`
pub(crate) fn environment(text: &str) -> Check {
    match text.split_once('=') {
        None => Err("has no `=`".to_owned()),
        Some(("", _)) => Err("has no name before its `=`".to_owned()),
        Some(_) if text.contains('\0') => Err("holds a NUL, which ends a variable early".to_owned()),
        Some(_) => Ok(()),
    }
}

/// `port/tcp`, `port/udp` or `port`.
pub(crate) fn port(text: &str) -> Check {
    let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    if !matches!(protocol, "tcp" | "udp") {
        return Err("names a protocol other than tcp and udp".to_owned());
    }
    match port.parse::<u16>() {
        Ok(1..) if port.bytes().all(|b| b.is_ascii_digit()) => Ok(()),
        _ => Err("does not begin with a port from 1 to 65535".to_owned()),
    }
}

/// `user`, `uid`, `user:group`, `uid:gid`, `uid:group` or `user:gid`; empty is the default user.
pub(crate) fn user(text: &str) -> Check {
    let mut parts = text.split(':');
    let (user, group) = (parts.next().unwrap_or_default(), parts.next());
    if parts.next().is_some() {
        return Err("has more than one colon".to_owned());
    }
    if group == Some("") || (group.is_some() && user.is_empty()) {
        return Err("lacks what should stand beside the colon".to_owned());
    }
    if text.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err("holds a space or a control character".to_owned());
    }
    Ok(())
}

/// A signal: `SIGNAME`, `SIGRTMIN+3`, or a number as Docker takes it.
pub(crate) fn signal(text: &str) -> Check {
    if text.parse::<u8>().is_ok_and(|n| (1..=64).contains(&n)) {
        return Ok(());
    }
    let known = |name: &str| {
        let base = name.split(['+', '-']).next().unwrap_or_default();
        let rest = name.get(base.len()..).unwrap_or_default();
        let number = rest
            .get(1..)
            .is_some_and(|n| !n.is_empty() && n.len() <= 2 && n.bytes().all(|b| b.is_ascii_digit()));
        SIGNALS.contains(&base) && (rest.is_empty() || (number && matches!(base, "RTMIN" | "RTMAX")))
    };
    match text.strip_prefix("SIG") {
        Some(name) if known(name) => Ok(()),
        Some(_) => Err("is no signal of Linux".to_owned()),
        None => Err("is no signal's name: those begin with SIG".to_owned()),
    }
}

const SIGNALS: [&str; 38] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "IOT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "POLL", "PWR", "SYS", "UNUSED", "EMT", "RTMIN", "RTMAX",
];

/// The grammar of `annotations.md`.
pub(crate) fn ref_name(text: &str) -> Check {
    if text.parse::<RefName>().is_ok_and(|name| name.is_valid()) {
        return Ok(());
    }
    Err("is no reference: components of letters and digits with one of `-._:@+`, or `--`, between, and `/` between components".to_owned())
}

/// A fully qualified image reference.
pub(crate) fn image_reference(text: &str) -> Check {
    let reference: Reference = text.parse().map_err(|e: ocidian_spec::Error| match e {
        ocidian_spec::Error::Reference { reason, .. } => format!("is no image reference: {reason}"),
        e => format!("is no image reference: {e}"),
    })?;
    let host = text.split('/').next().unwrap_or_default();
    let qualified = text.contains('/') && (host.contains(['.', ':']) || host == "localhost");
    if qualified || text.starts_with(&reference.registry) {
        return Ok(());
    }
    Err("does not begin with a registry".to_owned())
}

/// A key in reverse domain notation: at least one dot, nothing empty between dots.
pub(crate) fn annotation_key(text: &str) -> Check {
    // Kubernetes and containerd put a path behind the domain: only what stands before it counts.
    let domain = text.split('/').next().unwrap_or_default();
    if !domain.contains('.') {
        return Err("is not in reverse domain notation (com.example.key)".to_owned());
    }
    if domain.split('.').any(str::is_empty) || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(
            "is not in reverse domain notation: something between its dots is empty or blank".to_owned()
        );
    }
    Ok(())
}

/// An absolute path, of Linux or Windows.
pub(crate) fn absolute_path(text: &str) -> Check {
    let drive = matches!(text.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    if text.starts_with(['/', '\\']) || drive { Ok(()) } else { Err("is no absolute path".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(check: fn(&str) -> Check, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(check(text), Ok(()), "{text:?}");
        }
        for text in bad {
            assert!(check(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn digests() {
        let sha256 = format!("sha256:{}", "a".repeat(64));
        let other = "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8";
        table(
            digest_grammar,
            &[&sha256, other, "sha256:x", "a.b_c-d+e:=_-"],
            &["", ":", "a:", ":a", "A:b", "a++b:c", "a:b:c", "a:b/c"],
        );
        table(
            digest,
            &[&sha256, other, &format!("blake3:{}", "0".repeat(64)), &format!("sha512:{}", "f".repeat(128))],
            &[
                "sha256:x",
                &sha256[..70],
                &sha256.to_uppercase().replace("SHA", "sha"),
                &format!("{sha256}a"),
                &format!("sha512:{}", "a".repeat(64)),
            ],
        );
    }

    #[test]
    fn what_configs_hold() {
        table(environment, &["A=b", "A=", "A=b=c", "a b=c"], &["", "A", "=b", "A=\0"]);
        table(
            port,
            &["80", "80/tcp", "65535/udp"],
            &["", "0", "65536", "80/sctp", "+80", "80/", "80-90/tcp", "tcp", "080000"],
        );
        table(
            user,
            &["", "root", "0", "0:0", "a:b", "1000:users"],
            &[":", "a:", ":b", "a:b:c", "a b", "a\n"],
        );
        table(
            signal,
            &["SIGKILL", "SIGRTMIN+3", "SIGRTMAX-1", "15"],
            &["", "KILL", "SIG", "SIGFOO", "SIGTERM+1", "SIGRTMIN+", "SIGRTMIN+ab", "0", "65", "sigkill"],
        );
        table(absolute_path, &["/", "/a", "C:\\a", "C:/a", "\\\\host\\a"], &["", "a", "./a", "C:a"]);
    }

    #[test]
    fn names() {
        table(ref_name, &["latest", "v1.0--x", "a/b:c@d+e"], &["", "a//b", "-a", "a b", "a..b"]);
        table(
            image_reference,
            &[
                "registry.example.com/my-org/my-image:tag",
                "localhost/a",
                "localhost:5000/a",
                "docker.io/library/a",
            ],
            &["", "my-org/my-image:tag", "alpine", "A B", "example.com/UPPER"],
        );
        table(
            annotation_key,
            &["com.example.key", "io.k8s/x", "org.a-b.c"],
            &["", "maintainer", "a..b", ".a", "a.", "com.example.a b"],
        );
        table(media_type, &["a/b", "application/vnd.x+json"], &["", "a", "a/b;c=d", "a/b/c"]);
    }
}
