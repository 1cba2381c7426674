//! Layers onto a root file system one by one, for programs that bring their own.
//!
//! The work is done in the caller's thread, and small files are made in threads that begin as it does at
//! [`Rootfs::begin`]: with its umask, which is left alone, and its rights. Every mode is set after creation.
//! [`crate::unpack_rootfs`] has a thread of its own and is faster.

use std::path::{Path, PathBuf};

use ocidian_content::{BlobReader, Cancel, Silent};
use ocidian_spec::DiffId;
use rustix::fs::{Mode, openat};

use crate::apply::{Applier, Ownership};
use crate::error::{Error, Failure, Result, Tried};
use crate::image::Layer;
use crate::options::{Form, UnpackOptions};
use crate::process::Identity;
use crate::staging::Staging;
use crate::tree::LISTING;
use crate::unpack::{apply_blob, limits};

/// A root file system in the making. Dropped without [`commit`](Self::commit), it leaves nothing.
///
/// ```
/// use ocidian_content::BlobReader;
/// use ocidian_spec::{Compression, Descriptor, DiffId, Digest, MediaType};
/// use ocidian_unpack::{Rootfs, UnpackOptions};
///
/// // A layer: one directory, and the two blocks that end a tar.
/// let mut header = tar::Header::new_ustar();
/// header.set_path("etc")?;
/// header.set_entry_type(tar::EntryType::Directory);
/// header.set_mode(0o750);
/// header.set_size(0);
/// header.set_cksum();
/// let mut layer = header.as_bytes().to_vec();
/// layer.resize(3 * 512, 0);
///
/// let digest = Digest::sha256(&layer);
/// let media_type = MediaType::ImageLayer(Compression::None);
/// let descriptor = Descriptor::new(media_type, digest.clone(), layer.len() as u64);
/// let blob = BlobReader::new(Box::new(std::io::Cursor::new(layer)), &descriptor)?;
///
/// # let place = tempfile::tempdir()?;
/// # let target = place.path().join("rootfs");
/// let options = UnpackOptions { rootless: ocidian_unpack::must_be_rootless(), ..UnpackOptions::default() };
/// let mut rootfs = Rootfs::begin(&target, options)?;
/// rootfs.apply(blob, &DiffId(digest))?;
/// rootfs.commit()?;
/// assert!(target.join("etc").is_dir());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Rootfs {
    applier: Applier,
    options: UnpackOptions,
    target: PathBuf,
    layers: usize,
    bytes: u64,
    // Last, so that handles into it are closed before it is removed.
    staging: Staging,
}

impl Rootfs {
    /// Begins a plain tree at `target`: nothing must be there, or an empty directory. Of the options,
    /// `mtree` is for whole images and not looked at; the overlay form is refused for the same reason.
    pub fn begin(target: &Path, options: UnpackOptions) -> Result<Self> {
        let at = |source| Error::Target { path: target.to_owned(), source };
        if options.form == Form::Overlay {
            let reason = "the overlay form takes a whole image; use unpack_rootfs";
            return Err(at(Failure::Refused(reason.to_owned())));
        }
        let staging = Staging::begin(target)?;
        let base =
            openat(staging.dir(), ".", LISTING, Mode::empty()).tried("cannot open the target").map_err(at)?;
        let owner = Ownership::new(options.ids.clone(), options.rootless, Identity::of_caller(), false);
        let applier = Applier::new(base, &options, owner, None, Cancel::new()).map_err(at)?;
        Ok(Self { applier, options, target: target.to_owned(), layers: 0, bytes: 0, staging })
    }

    /// Applies a layer on top of those before it. The blob is checked against its descriptor, whose
    /// media type says how it is compressed, and what is in it against `diff_id`.
    ///
    /// After an error the tree is not what it should be: drop it.
    pub fn apply(&mut self, blob: BlobReader, diff_id: &DiffId) -> Result<()> {
        let descriptor = blob.descriptor().clone();
        let layer = Layer::new(self.layers, &descriptor, diff_id)?;
        let limits = limits(&self.options, self.bytes);
        self.bytes += apply_blob(&mut self.applier, self.layers, &layer, blob, limits, &Silent)?;
        self.layers += 1;
        Ok(())
    }

    /// Sets what directories are to be in the end, and puts the tree into its place. What a person
    /// should know is returned, a line each.
    pub fn commit(mut self) -> Result<Vec<String>> {
        let at = |source| Error::Target { path: self.target.clone(), source };
        if self.layers == 0 {
            self.applier.begin_empty().map_err(at)?;
        }
        self.applier.finish(None).map_err(at)?;
        self.staging.commit()?;
        Ok(self.applier.warnings.lines())
    }
}
