//! What a caller can choose about an unpack.

use std::path::PathBuf;

use crate::ids::IdMap;

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
        }
    }
}
