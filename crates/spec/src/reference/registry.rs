//! References to images in registries.

use std::fmt;
use std::str::FromStr;

use super::grammar;
use crate::digest::Digest;
use crate::error::{Error, Result, clip};

/// A registry reference: `registry/repository[:tag][@digest]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// Host with an optional port; `docker.io` where none was written.
    pub registry: String,
    /// Path components; `library/` stands before a single one of Docker Hub's.
    pub repository: String,
    /// The tag, where one was written.
    pub tag: Option<String>,
    /// The digest, where one was written.
    pub digest: Option<Digest>,
}

const HUB: &str = "docker.io";
const LEGACY_HUB: &str = "index.docker.io";
const LONGEST_NAME: usize = 255;

impl fmt::Display for Reference {
    /// In full, with what was added in reading: what is read again is equal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = Error;

    /// Reads a reference as Docker does: what stands before the first `/` is a registry if it has a
    /// `.` or a `:`, has upper-case letters or is `localhost`; else the registry is Docker Hub.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = |reason| Error::Reference { text: clip(text), reason };
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => {
                let digest = digest.parse().map_err(|_| wrong("what follows `@` is no digest"))?;
                (name, Some(digest))
            }
            None => (text, None),
        };
        if name.len() == 64 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(wrong("64 hex digits are an image id, not a name; a digest begins with `sha256:`"));
        }
        let (registry, rest) = split_registry(name);
        // No component of a repository holds a colon, so the first one begins the tag.
        let (repository, tag) = rest.split_once(':').map_or((rest, None), |(name, tag)| (name, Some(tag)));
        if tag.is_some_and(|tag| tag.contains('/')) {
            return Err(wrong("a colon stands before a `/` that is not a registry's port"));
        }
        grammar::registry(registry).map_err(wrong)?;
        grammar::repository(repository).map_err(wrong)?;
        tag.map_or(Ok(()), grammar::tag).map_err(wrong)?;
        let repository = if registry == HUB && !repository.contains('/') {
            format!("library/{repository}")
        } else {
            repository.to_owned()
        };
        if registry.len() + 1 + repository.len() > LONGEST_NAME {
            return Err(wrong("registry and repository are longer than 255 characters"));
        }
        Ok(Self { registry: registry.to_owned(), repository, tag: tag.map(str::to_owned), digest })
    }
}

fn split_registry(name: &str) -> (&str, &str) {
    match name.split_once('/') {
        Some((LEGACY_HUB, rest)) => (HUB, rest),
        Some((first, rest)) if is_registry(first) => (first, rest),
        _ => (HUB, name),
    }
}

fn is_registry(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':']) || first.bytes().any(|b| b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Reference> {
        text.parse()
    }

    #[test]
    fn references_as_docker_reads_them() {
        let digest = Digest::sha256(b"");
        for (text, full) in [
            ("busybox", "docker.io/library/busybox"),
            ("busybox:1.36", "docker.io/library/busybox:1.36"),
            ("localhost:5000", "docker.io/library/localhost:5000"),
            ("docker.io/busybox", "docker.io/library/busybox"),
            ("index.docker.io/busybox", "docker.io/library/busybox"),
            ("user/app", "docker.io/user/app"),
            ("localhost/app", "localhost/app"),
            ("HOST/app", "HOST/app"),
            ("localhost:5000/a/b:c", "localhost:5000/a/b:c"),
            ("quay.io/a/b__c--d.e_f", "quay.io/a/b__c--d.e_f"),
            ("192.168.0.1:80/x", "192.168.0.1:80/x"),
            ("[2001:db8::1]/x:y", "[2001:db8::1]/x:y"),
            ("[::1]:5000/x", "[::1]:5000/x"),
            ("a:_", "docker.io/library/a:_"),
            ("xn--n3h.com/x", "xn--n3h.com/x"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), full);
            let pinned = format!("{text}@{digest}");
            assert_eq!(parse(&pinned).unwrap().to_string(), format!("{full}@{digest}"));
        }
        assert!(parse(&format!("a:{}", "t".repeat(128))).is_ok());
        assert!(parse(&format!("h.io/{}", "r".repeat(250))).is_ok());
    }

    #[test]
    fn what_is_wrong_is_said() {
        let long_tag = format!("a:{}", "t".repeat(129));
        let long_name = format!("h.io/{}", "r".repeat(251));
        let long_hub = "r".repeat(255 - "docker.io/library/".len() + 1);
        let id = "a".repeat(64);
        for (text, reason) in [
            ("", "repository is missing"),
            (":tag", "repository is missing"),
            ("h.io/", "repository is missing"),
            ("Busybox", "lower case"),
            ("quay.io/A/b", "lower case"),
            ("a//b", "empty component"),
            ("/a", "empty component"),
            ("a/", "empty component"),
            ("a/-b", "a component"),
            ("a/b-", "a component"),
            ("a/b..c", "a component"),
            ("a/b___c", "a component"),
            ("a/b._c", "a component"),
            ("a/../b", "a component"),
            ("a b", "a component"),
            ("ä", "a component"),
            ("a:", "tag is empty"),
            ("a:.b", "a tag is"),
            ("a:b:c", "a tag is"),
            ("h.io/a:b/c", "a colon stands"),
            (&long_tag, "128"),
            (&long_name, "255"),
            (&long_hub, "255"),
            (&id, "image id"),
            ("a@", "no digest"),
            ("a@sha256:1", "no digest"),
            ("a@b@c", "no digest"),
            ("[::1/a", "not closed"),
            ("[::1%25eth0]:80/a", "no IPv6 address"),
            ("[]:80/a", "no IPv6 address"),
            ("[::1]x:80/a", "only a port"),
            ("::1/a", "no host name"),
            ("-h.io/a", "no host name"),
            ("h..io/a", "no host name"),
            ("h_.io/a", "no host name"),
            ("h.io:/a", "no number"),
            ("h.io:+1/a", "no number"),
            ("h.io:65536/a", "no number"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
