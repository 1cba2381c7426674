//! Which name an entry of a store has, and which entries a name means.
//!
//! `org.opencontainers.image.ref.name` decides; containerd's full name counts only where no entry has the
//! other. What people type for Docker's own registry (`busybox:1`) means `docker.io/library/busybox:1`, but a
//! tag is never made up: `busybox` alone does not mean `busybox:latest`.

use std::collections::HashSet;

use ocidian_spec::annotations::{CONTAINERD_IMAGE_NAME, REF_NAME};
use ocidian_spec::{Descriptor, RefName};

/// The name that an entry of `index.json` has: its `ref.name`, else containerd's.
pub fn name_of(entry: &Descriptor) -> Option<RefName> {
    let named = |key| entry.annotation(key).and_then(|text| text.parse().ok());
    named(REF_NAME).or_else(|| named(CONTAINERD_IMAGE_NAME))
}

/// Every entry that `name` means, in their order.
pub fn matching(entries: &[Descriptor], name: &RefName) -> Vec<Descriptor> {
    positions(entries, name).into_iter().filter_map(|at| entries.get(at).cloned()).collect()
}

/// The positions of every entry that `name` means.
pub fn positions(entries: &[Descriptor], name: &RefName) -> Vec<usize> {
    let which = |fits: &dyn Fn(&Descriptor) -> bool| -> Vec<usize> {
        entries.iter().enumerate().filter(|(_, entry)| fits(entry)).map(|(at, _)| at).collect()
    };
    let tagged = which(&|entry| entry.annotation(REF_NAME) == Some(name.as_str()));
    if !tagged.is_empty() {
        return tagged;
    }
    which(&|entry| entry.annotation(CONTAINERD_IMAGE_NAME).is_some_and(|full| same(full, name.as_str())))
}

/// Whether two entries of one list would be taken for the same image of the same name. Where both have containerd's full
/// name that decides: `docker save` lists `alpine:latest` and `busybox:latest` both with the tag `latest`.
pub fn collide(a: &Descriptor, b: &Descriptor) -> bool {
    match (a.annotation(CONTAINERD_IMAGE_NAME), b.annotation(CONTAINERD_IMAGE_NAME)) {
        (Some(a), Some(b)) => same(a, b),
        // What a layout of thousands of tags is full of, without parsing any.
        (None, None) if a.annotation(REF_NAME) != b.annotation(REF_NAME) => false,
        _ => name_of(a).is_some_and(|name| name_of(b) == Some(name)),
    }
}

/// Entries met so far, to ask whether another one [collides](collide) with any, however many they are.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    full: HashSet<(String, String)>,
    /// Names of all, and of those that have no full name.
    names: HashSet<RefName>,
    short: HashSet<RefName>,
}

impl Seen {
    /// Whether one like it was met before; from now on it is.
    pub(crate) fn meet(&mut self, entry: &Descriptor) -> bool {
        let Some(name) = name_of(entry) else { return false };
        let owned = |(registry, path): (&str, &str)| (registry.to_owned(), path.to_owned());
        let full = entry.annotation(CONTAINERD_IMAGE_NAME).map(parts).map(owned);
        let met = match &full {
            Some(full) => self.full.contains(full) || self.short.contains(&name),
            None => self.names.contains(&name),
        };
        match full {
            Some(full) => drop(self.full.insert(full)),
            None => drop(self.short.insert(name.clone())),
        }
        self.names.insert(name);
        met
    }
}

/// Whether two names mean the same image once Docker's defaults for registry and repository are written out.
pub fn same(a: &str, b: &str) -> bool {
    parts(a) == parts(b)
}

/// Registry and path, on Docker's registry without `library/`. Nothing is allocated: of two thousand names in an archive
/// each is compared with each.
fn parts(name: &str) -> (&str, &str) {
    let (registry, path) = match name.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
        _ => ("docker.io", name),
    };
    let registry = if registry == "index.docker.io" { "docker.io" } else { registry };
    let official =
        path.strip_prefix("library/").filter(|rest| registry == "docker.io" && !rest.contains('/'));
    (registry, official.unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ocidian_spec::{Digest, MediaType};

    fn entry(n: u8, annotations: &[(&str, &str)]) -> Descriptor {
        let mut entry = Descriptor::new(MediaType::ImageManifest, Digest::sha256(&[n]), 1);
        entry.annotations = Some(annotations.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect());
        entry
    }

    #[test]
    fn docker_defaults_are_written_out_but_no_tag_is_made_up() {
        for (a, b, equal) in [
            ("busybox:latest", "docker.io/library/busybox:latest", true),
            ("library/busybox:latest", "docker.io/library/busybox:latest", true),
            ("docker.io/busybox:latest", "index.docker.io/library/busybox:latest", true),
            ("foo/bar:v3", "docker.io/foo/bar:v3", true),
            ("localhost/bar:v3", "docker.io/localhost/bar:v3", false),
            ("localhost:5000/bar:v3", "localhost:5000/bar:v3", true),
            ("localhost:5000/library/bar:v3", "localhost:5000/bar:v3", false),
            ("library/library/bar:v3", "library/bar:v3", false),
            ("library/a/b:v3", "a/b:v3", false),
            ("busybox", "docker.io/library/busybox:latest", false),
            ("latest", "docker.io/library/busybox:latest", false),
            ("", "docker.io/library/busybox:latest", false),
        ] {
            assert_eq!(same(a, b), equal, "{a} and {b}");
        }
    }

    #[test]
    fn entries_collide_by_their_fullest_name() {
        let tag = |tag| entry(1, &[(REF_NAME, tag)]);
        let full = |full| entry(2, &[(CONTAINERD_IMAGE_NAME, full), (REF_NAME, "latest")]);
        let alpine = full("docker.io/library/alpine:latest");
        for (a, b, expected) in [
            (&tag("1"), &tag("1"), true),
            (&tag("1"), &tag("2"), false),
            (&tag("latest"), &alpine, true),
            (&alpine, &full("alpine:latest"), true),
            (&alpine, &full("docker.io/library/busybox:latest"), false),
            (&entry(1, &[]), &entry(1, &[]), false),
        ] {
            assert_eq!((collide(a, b), collide(b, a)), (expected, expected), "{a:?} {b:?}");
            let mut seen = Seen::default();
            assert_eq!((seen.meet(a), seen.meet(b)), (false, expected), "{a:?} {b:?}");
        }
    }

    #[test]
    fn ref_name_comes_before_the_name_that_containerd_writes() {
        let entries = [
            entry(1, &[(CONTAINERD_IMAGE_NAME, "docker.io/library/a:1"), (REF_NAME, "1")]),
            entry(2, &[(REF_NAME, "a:1")]),
            entry(3, &[(CONTAINERD_IMAGE_NAME, "docker.io/library/b:1")]),
        ];
        let at = |name: &str| positions(&entries, &name.parse().unwrap());
        assert_eq!(at("1"), [0]);
        assert_eq!(at("a:1"), [1], "the tag of that very text wins");
        assert_eq!(at("docker.io/library/a:1"), [0]);
        assert_eq!(at("b:1"), [2]);
        assert!(at("b").is_empty());
        assert_eq!(name_of(&entries[0]).unwrap().as_str(), "1");
        assert_eq!(name_of(&entries[2]).unwrap().as_str(), "docker.io/library/b:1");
    }
}
