//! `Config.Volumes` as mounts, seeded from the image's own content.
//!
//! A volume is a tmpfs with `tmpcopyup`, which runc and crun both fill from what the image has in
//! its place. The document so runs as it is, wherever the bundle is moved and also when it was made
//! without one; nothing is copied at unpacking; and what a container writes there stays out of the
//! root file system, as `conversion.md` asks, and lives as long as the container. Who wants data to
//! last, or on disk, mounts something there: a mount by the caller replaces the volume.

use std::collections::BTreeSet;

use ocidian_spec::runtime::Mount;
use ocidian_spec::{ExecConfig, Members};

use super::{ConvertError, ImageFiles, RuntimeOptions, components, same_place};

/// Where the runtime's own mounts are: a volume in their place would break or uncover them.
const RESERVED: &[&str] = &["proc", "sys", "dev"];

/// The volumes' places, and their mounts in the same order.
pub(super) fn convert(
    exec: &ExecConfig,
    files: &dyn ImageFiles,
    options: &RuntimeOptions,
    warnings: &mut Vec<String>,
) -> Result<(Vec<String>, Vec<Mount>), ConvertError> {
    if options.no_volumes {
        return Ok((Vec::new(), Vec::new()));
    }
    let mut places = BTreeSet::new();
    for volume in exec.volumes.iter().flat_map(|volumes| volumes.keys()) {
        match place(volume) {
            Ok(place) => drop(places.insert(place)),
            Err(reason) => warnings.push(format!("volume {volume:?} is left out: {reason}")),
        }
    }
    let mut mounts = Vec::with_capacity(places.len());
    for place in places {
        if options.mounts.iter().any(|mount| same_place(&mount.0.destination, &place)) {
            continue;
        }
        let found =
            files.stat(&place).map_err(|source| ConvertError::File { path: place.clone(), source })?;
        let attributes = match found {
            Some(found) if !found.directory => {
                warnings.push(format!("volume {place:?} is left out: the image has a file there"));
                continue;
            }
            Some(found) => (found.mode, found.uid, found.gid),
            None => (0o755, 0, 0),
        };
        mounts.push(mount(place, attributes, options));
    }
    Ok((mounts.iter().map(|mount| mount.destination.clone()).collect(), mounts))
}

/// A volume's path made absolute and plain.
fn place(volume: &str) -> Result<String, &'static str> {
    if volume.contains('\0') {
        return Err("its path has a NUL byte");
    }
    let names: Vec<_> = components(volume).collect();
    match names.first() {
        None => Err("it is the root itself"),
        _ if names.contains(&"..") => Err("its path has a `..` component"),
        Some(first) if RESERVED.contains(first) => Err("the runtime mounts its own there"),
        Some(_) => Ok(format!("/{}", names.join("/"))),
    }
}

fn mount(destination: String, (mode, uid, gid): (u32, u32, u32), options: &RuntimeOptions) -> Mount {
    let mut list = ["rw", "nosuid", "nodev", "tmpcopyup"].map(str::to_owned).to_vec();
    // The runtimes copy what is inside the directory; what the directory itself is, they are told.
    list.push(format!("mode={mode:04o}"));
    let namespace = options.user_namespace.as_ref();
    if uid != 0 && namespace.is_none_or(|namespace| namespace.has_uid(uid)) {
        list.push(format!("uid={uid}"));
    }
    if gid != 0 && namespace.is_none_or(|namespace| namespace.has_gid(gid)) {
        list.push(format!("gid={gid}"));
    }
    Mount {
        destination,
        kind: Some("tmpfs".to_owned()),
        source: Some("tmpfs".to_owned()),
        options: Some(list),
        other: Members::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_absolute_and_plain() {
        for (volume, expected) in [
            ("/data", "/data"),
            ("data", "/data"),
            ("//var/./lib//db/", "/var/lib/db"),
            ("/srv/proc", "/srv/proc"),
            ("/process", "/process"),
        ] {
            assert_eq!(place(volume).as_deref(), Ok(expected), "{volume}");
        }
        for volume in
            ["", "/", "/.", "/..", "/a/../b", "../a", "/proc", "proc/self", "/sys/x", "/dev", "/a\0"]
        {
            assert!(place(volume).is_err(), "{volume:?}");
        }
    }
}
