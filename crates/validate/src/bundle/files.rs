//! The files of a bundle: config.json, read whatever stands there, and the root file system.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use ocidian_spec::json::DOCUMENT;
use rustix::fs::OFlags;

use super::config::is_windows;
use crate::finding::{Place, quote};
use crate::findings::Findings;
use crate::json::Value;
use crate::rules::bundle as rules;

/// The bytes of config.json; `None`, and a finding, where it is no file to read.
pub(super) fn config(path: &Path, findings: &mut Findings) -> io::Result<Option<Vec<u8>>> {
    let wrong = |message: &str, findings: &mut Findings| {
        findings.add(&rules::CONFIG, Place::Whole, message);
        Ok(None)
    };
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return wrong("it is not there", findings),
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
            return wrong("it is a socket", findings);
        }
        Err(error) => return Err(error),
    };
    if !file.metadata()?.is_file() {
        return wrong("it is no regular file", findings);
    }
    let mut bytes = Vec::new();
    // One byte more, so that the parser sees that it is too large.
    file.take(DOCUMENT.size as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Opens without waiting for whoever might write into a FIFO.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// Whether the root file system is where the document says.
pub(super) fn rootfs(dir: &Path, config: Value<'_>, findings: &mut Findings) {
    if is_windows(config) {
        return;
    }
    let Some(path) = config.get("root").and_then(|root| root.get("path")) else { return };
    let Some(text) = path.as_str() else { return };
    if text.trim_end_matches('/') != "rootfs" {
        findings.add(&rules::ROOT_NAME, path, format!("it is {}", quote(&text)));
    }
    match dir.join(&*text).metadata() {
        Ok(metadata) if metadata.is_dir() && !text.is_empty() => {}
        Ok(_) => findings.add(&rules::ROOTFS, path, format!("{} is no directory", quote(&text))),
        Err(error) => findings.add(&rules::ROOTFS, path, format!("{}: {error}", quote(&text))),
    }
}
