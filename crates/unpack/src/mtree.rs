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
mod tests {
    use ocidian_layer::{Metadata, Timestamp};

    use super::*;

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
