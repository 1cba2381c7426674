//! A runtime-spec bundle: `rootfs/` and `config.json`, and what Ocidian remembers of both.
//!
//! `config.json` is written last of all: a directory without one is no bundle, whatever stopped us.

use std::ffi::OsStr;
use std::io::BufWriter;
use std::path::Path;

use ocidian_content::{BlobSource, Cancel, Progress};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{Mode, mkdirat, openat};
use rustix::io::Errno;

use crate::baseline::{self, TakeError};
use crate::convert::{ImageFiles, RuntimeOptions, convert};
use crate::error::{Error, Failure, Result, Tried};
use crate::host::{BASELINE_MODE, PendingFile, write_file};
use crate::image::{Image, layers};
use crate::namespace::user_namespace;
use crate::options::{Form, UnpackOptions};
use crate::staging::Staging;
use crate::state::State;
use crate::tree::LISTING;
use crate::unpack::{Unpacked, Work};

/// Unpacks an image to `target` as a bundle that a runtime takes as it is: nothing must be there, or
/// an empty directory. `source` is what the caller calls the image; it is remembered in the bundle.
/// Fails whole: nothing is left of what was begun.
#[expect(
    clippy::too_many_arguments,
    reason = "each is another thing: where from, what, where to, how, and who watches"
)]
pub fn unpack_bundle(
    store: &dyn BlobSource,
    image: Image<'_>,
    source: &str,
    target: &Path,
    options: &UnpackOptions,
    runtime: &RuntimeOptions,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Unpacked> {
    let layers = layers(image)?;
    let staging = Staging::begin(target)?;
    let at = |source| Error::Target { path: target.to_owned(), source };
    let work = Work { store, layers: &layers, target, options, progress, cancel };
    let mut runtime = runtime.clone();
    runtime.user_namespace =
        runtime.user_namespace.or_else(|| user_namespace(&options.ids, options.rootless));
    let convert_config =
        |files: &dyn ImageFiles| convert(image.config.value(), files, &runtime).map_err(Error::Convert);
    let mut filled = match options.form {
        Form::Overlay => work.fill(staging.dir(), convert_config)?,
        Form::Rootfs => {
            mkdirat(staging.dir(), "rootfs", Mode::RWXU).tried("cannot make rootfs").map_err(at)?;
            let rootfs = openat(staging.dir(), "rootfs", LISTING, Mode::empty());
            let rootfs = rootfs.tried("cannot open rootfs").map_err(at)?;
            work.fill(rootfs.as_fd(), convert_config)?
        }
    };
    let converted = &mut filled.seen;
    filled.unpacked.warnings.append(&mut converted.warnings);
    let volumes = std::mem::take(&mut converted.volumes);
    let state = State::new(source, image, options, &filled.unpacked, volumes);
    let config = converted
        .spec
        .to_json()
        .map_err(|error| at(Failure::Refused(format!("cannot write config.json: {error}"))))?;
    write_file(staging.dir(), crate::state::FILE_NAME, &state.to_json().map_err(at)?, 0o644).map_err(at)?;
    if options.form == Form::Rootfs {
        filled.unpacked.warnings.extend(take_baseline(staging.dir()).map_err(at)?);
    }
    staging.settle(&options.ids)?;
    write_file(staging.dir(), "config.json", &config, 0o644).map_err(at)?;
    filled.commit(staging)
}

/// Writes down what the finished tree is, so that a repack finds what changed since. A warning where an image says
/// that nobody may list its root: that is for runtimes to cope with, and no reason not to unpack it.
fn take_baseline(bundle: BorrowedFd<'_>) -> Result<Option<String>, Failure> {
    let rootfs = match openat(bundle, "rootfs", LISTING, Mode::empty()) {
        Err(Errno::ACCESS) => {
            let told = "the image lets its owner not list its root, so the bundle cannot be repacked";
            return Ok(Some(told.to_owned()));
        }
        opened => opened.tried("cannot open rootfs")?,
    };
    let file = PendingFile::beside(crate::host::dup(bundle)?, OsStr::new(crate::state::BASELINE_NAME))?;
    let quiet = file.next_tick()?;
    let out = BufWriter::with_capacity(64 << 10, file.writer()?);
    baseline::take(rootfs, Path::new("rootfs"), out, quiet).map_err(|error| match error {
        TakeError::Walk(error) => Failure::Refused(error.to_string()),
        TakeError::Write(error) => Failure::Refused(format!("cannot write down what the tree is: {error}")),
    })?;
    file.settle(BASELINE_MODE)?;
    file.publish()?;
    Ok(None)
}
