//! An mtree manifest of the tree: mtree(5), full paths, as `bsdtar` and NetBSD's `mtree` read it.
//!
//! Owners are the image's own, whatever the host was given.

use std::fmt::Write;

use crate::record::{Kind, Record, Recorder};

/// The manifest's text.
pub(crate) fn manifest(recorder: Recorder) -> String {
    let mut text = String::from("#mtree\n");
    for (path, record) in &recorder.into_records() {
        line(&mut text, path, record);
    }
    text
}

fn line(text: &mut String, path: &[u8], record: &Record) {
    text.push('.');
    if !path.is_empty() {
        text.push('/');
        escape(text, path);
    }
    let Record { mode, uid, gid, mtime, kind, .. } = record;
    let word = match kind {
        Kind::Directory => "dir",
        Kind::File { .. } => "file",
        Kind::Symlink(_) => "link",
        Kind::CharDevice(_) => "char",
        Kind::BlockDevice(_) => "block",
        Kind::Fifo => "fifo",
    };
    // Writing to a String cannot fail.
    let _ = write!(text, " type={word} uid={uid} gid={gid} mode={mode:04o}");
    let _ = write!(text, " time={}.{:09}", mtime.seconds, mtime.nanoseconds);
    match kind {
        Kind::File { size, sha256 } => {
            let _ = write!(text, " size={size}");
            if let Some(digest) = sha256 {
                let _ = write!(text, " sha256digest={}", digest.encoded());
            }
        }
        Kind::Symlink(target) => {
            text.push_str(" link=");
            escape(text, target);
        }
        Kind::CharDevice(device) | Kind::BlockDevice(device) => {
            let _ = write!(text, " device=native,{},{}", device.major, device.minor);
        }
        Kind::Directory | Kind::Fifo => {}
    }
    text.push('\n');
}

/// Octal for all that is not plainly printable, and for what mtree(5) gives a meaning to.
fn escape(text: &mut String, bytes: &[u8]) {
    for &byte in bytes {
        match byte {
            b'#' | b'\\' | b'*' | b'?' | b'[' | b']' | b'=' => {
                let _ = write!(text, "\\{byte:03o}");
            }
            b'!'..=b'~' => text.push(char::from(byte)),
            _ => {
                let _ = write!(text, "\\{byte:03o}");
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests' own directories")]
mod tests {
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use ocidian_content::{Cancel, MemoryStore, Silent};
    use ocidian_layer::{Metadata, Timestamp};
    use ocidian_spec::{Descriptor, Digest, Document, ImageConfig, ImageManifest, MediaType, Raw};

    use super::*;
    use crate::{Error, Image, UnpackOptions, must_be_rootless, unpack_rootfs};

    fn raw<T: Document>(media_type: MediaType, json: String) -> Raw<T> {
        let digest = Digest::sha256(json.as_bytes());
        let descriptor = Descriptor::new(media_type, digest, json.len() as u64);
        Raw::verify(json.into_bytes(), descriptor).unwrap()
    }

    /// Unpacks an image, of no layers or of one that is not to be found.
    fn unpack(place: &Path, mtree: &Path, layers: usize) -> Result<(), Error> {
        let digest = Digest::sha256(b"missing");
        let diff_ids = vec![format!("\"{digest}\""); layers].join(",");
        let config: Raw<ImageConfig> = raw(
            MediaType::ImageConfig,
            format!(
                r#"{{"os": "linux", "architecture": "amd64",
                "rootfs": {{"type": "layers", "diff_ids": [{diff_ids}]}}}}"#
            ),
        );
        let layer = |digest: &Digest, kind, size| {
            format!(
                r#"{{"mediaType": "application/vnd.oci.image.{kind}", "digest": "{digest}", "size": {size}}}"#
            )
        };
        let layers = vec![layer(&digest, "layer.v1.tar", 7); layers].join(",");
        let config_layer = layer(&config.descriptor().digest, "config.v1+json", config.descriptor().size);
        let manifest: Raw<ImageManifest> = raw(
            MediaType::ImageManifest,
            format!(r#"{{"schemaVersion": 2, "config": {config_layer}, "layers": [{layers}]}}"#),
        );
        let image = Image { manifest: &manifest, config: &config };
        let rootless = must_be_rootless();
        let options = UnpackOptions { mtree: Some(mtree.to_owned()), rootless, ..UnpackOptions::default() };
        let target = place.join("target");
        unpack_rootfs(&MemoryStore::new(), image, &target, &options, &Silent, &Cancel::new()).map(|_| ())
    }

    #[test]
    fn a_manifest_goes_to_any_name() {
        let place = tempfile::tempdir().unwrap();
        let mtree = place.path().join(OsStr::from_bytes(b"m\xff"));
        unpack(place.path(), &mtree, 0).unwrap();
        assert!(fs::read_to_string(&mtree).unwrap().starts_with("#mtree\n. type=dir"));
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2);
    }

    #[test]
    fn where_no_manifest_can_go_no_layer_is_read() {
        let place = tempfile::tempdir().unwrap();
        let missing = place.path().join("missing/mtree");
        let error = unpack(place.path(), &missing, 1).unwrap_err();
        assert!(matches!(&error, Error::Target { path, .. } if *path == missing), "{error}");
        let error = unpack(place.path(), &place.path().join("mtree"), 1).unwrap_err();
        assert!(matches!(error, Error::Content(_)), "{error}");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "all of it is gone");
    }

    #[test]
    fn a_manifest_that_cannot_be_written_leaves_no_target() {
        let place = tempfile::tempdir().unwrap();
        let error = unpack(place.path(), Path::new("/dev/full"), 0).unwrap_err();
        assert!(error.to_string().starts_with("/dev/full: "), "{error}");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_manifest_is_not_part_of_its_tree() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("target");
        fs::create_dir(&target).unwrap();
        let error = unpack(place.path(), &target.join("mtree"), 0).unwrap_err();
        assert!(error.to_string().contains("cannot be in the tree"), "{error}");
        assert_eq!(fs::read_dir(&target).unwrap().count(), 0);
    }

    #[test]
    fn lines_are_escaped_and_complete() {
        let mut recorder = Recorder::default();
        let mtime = Timestamp { seconds: 12, nanoseconds: 5 };
        let meta = Metadata { mode: 0o4755, uid: 1, gid: 2, mtime, ..Metadata::default() };
        recorder.begin_layer();
        recorder.put(b"a b#\n\xff", &meta, Kind::Symlink(b"x y".to_vec()));
        let text = manifest(recorder);
        assert_eq!(
            text.lines().nth(2),
            Some("./a\\040b\\043\\012\\377 type=link uid=1 gid=2 mode=0777 time=12.000000005 link=x\\040y")
        );
    }
}
