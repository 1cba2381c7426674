//! What a caller can choose about an unpack.

use std::path::PathBuf;

use crate::ids::IdMap;

/// Writers where there are several processors. On two processors, two were faster than one and one than none, on
/// a tmpfs, where they make small files as fast as one thread inflates them; four gained no more, on ext4 neither.
const WRITERS: usize = 2;

/// The form that the root file system takes on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// One plain tree: every layer applied onto it.
    #[default]
    Rootfs,
    /// One directory a layer, ready to be mounted as a stack by overlayfs.
    Overlay,
}

/// Choices for [`crate::unpack_rootfs`] and [`crate::unpack_bundle`].
#[derive(Debug, Clone)]
pub struct UnpackOptions {
    /// The form on disk.
    pub form: Form,
    /// Owners on the host for owners in the image.
    pub ids: IdMap,
    /// As an ordinary user: no owners, no device nodes; what they should be is written down.
    pub rootless: bool,
    /// Where a layer says directory and there is a symlink to one, keep the symlink.
    pub keep_dirlinks: bool,
    /// Extended attributes that belong to the host, to be set all the same: `security.selinux`.
    pub xattrs: Vec<String>,
    /// Bytes of tar over all layers, uncompressed.
    pub max_bytes: Option<u64>,
    /// Entries a layer.
    pub max_entries: u64,
    /// Where to write an mtree manifest of the tree.
    pub mtree: Option<PathBuf>,
    /// Threads that make small files, beside the one that applies layers. If not given, by the number of
    /// processors, and for layers of mostly small files alone. The tree does not depend on it.
    pub writers: Option<usize>,
}

impl Default for UnpackOptions {
    fn default() -> Self {
        Self {
            form: Form::Rootfs,
            ids: IdMap::identity(),
            rootless: false,
            keep_dirlinks: false,
            xattrs: Vec::new(),
            max_bytes: None,
            max_entries: 10_000_000,
            mtree: None,
            writers: None,
        }
    }
}

impl UnpackOptions {
    /// How many writers there are to be. The overlay form looks through a stack of layers at each name, and
    /// makes its files in order.
    pub(crate) fn writers_of(&self) -> usize {
        if self.form == Form::Overlay {
            return 0;
        }
        let several = || std::thread::available_parallelism().is_ok_and(|processors| processors.get() > 1);
        self.writers.unwrap_or_else(|| if several() { WRITERS } else { 0 })
    }
}
