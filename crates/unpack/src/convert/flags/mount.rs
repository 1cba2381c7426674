//! `type=bind,source=/a,destination=/b,ro` as Docker and ctr have it, and the short
//! `SOURCE:DESTINATION[:OPTION[,OPTION...]]`.

use std::str::FromStr;

use ocidian_spec::Members;
use ocidian_spec::runtime::Mount;

use crate::convert::{FlagError, components};

/// A mount that the caller wants.
///
/// A bind mount's source that is not absolute counts from the bundle, as runtime-spec has it; a
/// program that takes paths from people makes it absolute first.
#[derive(Debug, Clone, PartialEq)]
pub struct MountFlag(pub(in crate::convert) Mount);

impl MountFlag {
    /// The mount.
    pub fn mount(&self) -> &Mount {
        &self.0
    }

    /// Replaces a bind mount's source.
    pub fn map_bind_source(&mut self, f: impl FnOnce(&str) -> String) {
        if is_bind(&self.0)
            && let Some(source) = &mut self.0.source
        {
            *source = f(source);
        }
    }
}

impl From<Mount> for MountFlag {
    fn from(mount: Mount) -> Self {
        Self(mount)
    }
}

impl FromStr for MountFlag {
    type Err = FlagError;

    fn from_str(text: &str) -> Result<Self, FlagError> {
        if text.contains('\0') {
            return Err(FlagError::new(text, "it has a NUL byte"));
        }
        let parts = if is_long(text) { long(text) } else { short(text) };
        parts.and_then(Parts::mount).map(Self).map_err(|reason| FlagError::new(text, reason))
    }
}

#[derive(Default)]
struct Parts {
    kind: Option<String>,
    source: Option<String>,
    destination: Option<String>,
    options: Vec<String>,
    /// `key=value` of unknown keys: options of a file system, mistakes in a bind mount.
    settings: Vec<String>,
}

/// Whether it begins with a key, as no path that people type does.
fn is_long(text: &str) -> bool {
    let key = text.split_once('=').map(|(key, _)| key);
    let is_key = |key: &str| key.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b','));
    key.is_some_and(is_key) || !text.contains(':')
}

fn short(text: &str) -> Result<Parts, String> {
    let fields: Vec<_> = text.split(':').collect();
    let (source, destination, options) = match fields[..] {
        [source, destination] => (source, destination, ""),
        [source, destination, options] => (source, destination, options),
        _ => {
            return Err(
                "expected SOURCE:DESTINATION[:OPTIONS]; write paths that have a colon in the long form"
                    .into(),
            );
        }
    };
    Ok(Parts {
        source: Some(source.to_owned()),
        destination: Some(destination.to_owned()),
        options: options.split(',').filter(|option| !option.is_empty()).map(str::to_owned).collect(),
        ..Parts::default()
    })
}

fn long(text: &str) -> Result<Parts, String> {
    let mut parts = Parts::default();
    for part in text.split(',') {
        let (key, value) = match part.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (part, None),
        };
        match (key, value) {
            ("", None) => {}
            ("type", Some(value)) => parts.kind = Some(value.to_owned()),
            ("source" | "src", Some(value)) => parts.source = Some(value.to_owned()),
            ("destination" | "dst" | "target", Some(value)) => parts.destination = Some(value.to_owned()),
            ("readonly" | "ro", value) => {
                parts.options.push(if yes(value)? { "ro" } else { "rw" }.to_owned())
            }
            ("bind-propagation", Some(value)) => parts.options.push(value.to_owned()),
            ("tmpfs-size", Some(value)) => parts.options.push(format!("size={value}")),
            ("tmpfs-mode", Some(value)) => parts.options.push(format!("mode={value}")),
            // As ctr has it: several with colons between them.
            ("options", Some(value)) => {
                parts.options.extend(value.split(':').filter(|o| !o.is_empty()).map(str::to_owned));
            }
            (_, Some(_)) => parts.settings.push(part.to_owned()),
            (_, None) => parts.options.push(part.to_owned()),
        }
    }
    Ok(parts)
}

fn yes(value: Option<&str>) -> Result<bool, String> {
    match value {
        None | Some("true" | "1") => Ok(true),
        Some("false" | "0") => Ok(false),
        Some(other) => Err(format!("expected true or false, not {other:?}")),
    }
}

impl Parts {
    fn mount(mut self) -> Result<Mount, String> {
        let destination = self.destination.take().filter(|place| !place.is_empty());
        let destination =
            destination.ok_or("expected type=TYPE,source=SOURCE,destination=PATH[,OPTION...]")?;
        if !destination.starts_with('/') || components(&destination).any(|name| name == "..") {
            return Err("the destination must be an absolute path without `..`".to_owned());
        }
        if components(&destination).next().is_none() {
            return Err("the destination cannot be the container's root".to_owned());
        }
        let source = self.source.take().filter(|source| !source.is_empty());
        let mut mount = Mount {
            destination,
            kind: Some(self.kind.take().filter(|kind| !kind.is_empty()).unwrap_or_else(|| "bind".to_owned())),
            source,
            options: Some(self.options),
            other: Members::default(),
        };
        let bind = is_bind(&mount);
        if let Some(setting) = self.settings.first().filter(|_| bind) {
            return Err(format!("a bind mount has no {setting:?}"));
        }
        let options = mount.options.get_or_insert_default();
        options.extend(self.settings);
        if bind {
            if mount.source.is_none() {
                return Err("a bind mount needs a source".to_owned());
            }
            complete_bind(options);
        } else {
            // What has no device is named for its type, as mount(8) lists it.
            mount.source = mount.source.or_else(|| mount.kind.clone());
        }
        Ok(mount)
    }
}

fn is_bind(mount: &Mount) -> bool {
    let has = |name| mount.options.iter().flatten().any(|option| option == name);
    mount.kind.as_deref() == Some("bind") || has("bind") || has("rbind")
}

/// With all that is mounted below the source, and no mount passed on, unless it is said otherwise.
fn complete_bind(options: &mut Vec<String>) {
    const PROPAGATION: &[&str] =
        &["private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable"];
    let has = |names: &[&str]| options.iter().any(|option| names.contains(&option.as_str()));
    let (kind, propagation) = (has(&["bind", "rbind"]), has(PROPAGATION));
    if !kind {
        options.insert(0, "rbind".to_owned());
    }
    if !propagation {
        options.push("rprivate".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_read_in_all_their_forms() {
        type Case<'a> = (&'a str, &'a str, &'a str, &'a str, &'a [&'a str]);
        let table: &[Case<'_>] = &[
            ("/a:/b", "bind", "/a", "/b", &["rbind", "rprivate"]),
            ("/a:/b:ro", "bind", "/a", "/b", &["rbind", "ro", "rprivate"]),
            ("./a:/b:ro,bind,rslave", "bind", "./a", "/b", &["ro", "bind", "rslave"]),
            ("/a=b:/c", "bind", "/a=b", "/c", &["rbind", "rprivate"]),
            ("type=bind,source=/a,destination=/b", "bind", "/a", "/b", &["rbind", "rprivate"]),
            ("src=/a:b,dst=/c,readonly", "bind", "/a:b", "/c", &["rbind", "ro", "rprivate"]),
            ("type=bind,src=/a,target=/b,ro=false", "bind", "/a", "/b", &["rbind", "rw", "rprivate"]),
            ("type=bind,src=/a,dst=/b,options=bind:ro", "bind", "/a", "/b", &["bind", "ro", "rprivate"]),
            ("type=bind,src=/a,dst=/b,bind-propagation=rshared", "bind", "/a", "/b", &["rbind", "rshared"]),
            ("type=tmpfs,dst=/t", "tmpfs", "tmpfs", "/t", &[]),
            (
                "type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=700",
                "tmpfs",
                "tmpfs",
                "/t",
                &["size=1m", "mode=700"],
            ),
            ("type=tmpfs,target=/t,noexec,size=1m", "tmpfs", "tmpfs", "/t", &["noexec", "size=1m"]),
            ("type=ext4,source=/dev/vdb,target=/t,ro", "ext4", "/dev/vdb", "/t", &["ro"]),
        ];
        for (text, kind, source, destination, options) in table {
            let MountFlag(mount) = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(mount.kind.as_deref(), Some(*kind), "{text}");
            assert_eq!(mount.source.as_deref(), Some(*source), "{text}");
            assert_eq!(mount.destination, *destination, "{text}");
            assert_eq!(mount.options.as_deref().unwrap(), *options, "{text}");
        }
    }

    #[test]
    fn what_is_no_mount_is_refused() {
        for text in [
            "",
            "/a",
            ":",
            ":/b",
            "/a:",
            "/a:b",
            "/a:/b:ro:x",
            "/a:/",
            "/a:/.",
            "/a:/b/../c",
            "type=bind,dst=/b",
            "type=bind,src=/a",
            "type=bind,src=/a,dst=/b,sorce=/c",
            "src=/a,dst=/b,ro=maybe",
            "src=/a,dst=b",
            "type=tmpfs",
            "/a\0:/b",
        ] {
            assert!(text.parse::<MountFlag>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn only_a_bind_mounts_source_is_a_path() {
        let mut bind: MountFlag = "a:/b".parse().unwrap();
        bind.map_bind_source(|source| format!("/cwd/{source}"));
        assert_eq!(bind.mount().source.as_deref(), Some("/cwd/a"));
        let mut tmpfs: MountFlag = "type=tmpfs,dst=/t".parse().unwrap();
        tmpfs.map_bind_source(|source| format!("/cwd/{source}"));
        assert_eq!(tmpfs.mount().source.as_deref(), Some("tmpfs"));
    }
}
