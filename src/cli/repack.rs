//! `repack`: the changes of a bundle as a layer.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use ocidian_spec::ImageSource;

use super::build::OutputArgs;
use super::edit::HistoryArgs;
use super::value;

/// Put the changes made to a bundle since `unpack` on top of its image, as one layer
///
/// What changed is found by size, time, mode, owner, inode and change time, without reading what did not; a file of which
/// only inode or change time differ is compared with the image, whose layers are read again. Where that image is gone
/// (--base says where it is now) such files are in the layer, and it is said so; then the new image has the layers below
/// by name only, unless they are where the result goes.
///
/// Volumes of the image are left alone, and so is what --mask-path names. Nothing may write to the bundle meanwhile.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian repack bundle -t oci:images:changed
  ocidian repack bundle -t next --refresh-bundle --mask-path /var/cache
  ocidian repack bundle --paranoid --compress zstd -t oci-archive:changed.tar:v2

JSON: an object with `image`, `digest`, `mediaType`, `size`, `layer` (null where nothing changed, else `digest`, `diffId`,
`size`, `uncompressedSize` and `entries`), `removed`, `compared`, `taken` (entries that would have been compared),
`seconds` and `notes`.

See also: `ocidian unpack` makes bundles, `ocidian build` makes an image of a directory.")]
pub(crate) struct Repack {
    /// The bundle, as `ocidian unpack` made it
    #[arg(value_name = "BUNDLE", value_hint = ValueHint::DirPath)]
    pub(crate) bundle: PathBuf,
    /// The image that the bundle was unpacked from, where it is now [default: where it was then]
    #[arg(long, value_name = "IMAGE", value_hint = ValueHint::AnyPath)]
    pub(crate) base: Option<ImageSource>,
    #[command(flatten)]
    pub(crate) changes: ChangeArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) history: HistoryArgs,
}

/// What counts as a change.
#[derive(Debug, Args)]
#[command(next_help_heading = "Changes")]
pub(crate) struct ChangeArgs {
    /// Compare every file with the image, whatever its time says
    #[arg(long)]
    pub(crate) paranoid: bool,
    /// Leave PATH alone, and all below it; may be repeated
    #[arg(long, value_name = "PATH", value_parser = value::word)]
    pub(crate) mask_path: Vec<String>,
    /// Make the bundle one of the new image: the next repack starts from there
    #[arg(long)]
    pub(crate) refresh_bundle: bool,
    /// Store the extended attribute NAME although it belongs to the host, as security.selinux does; may be repeated
    #[arg(long = "xattr", value_name = "NAME", value_parser = value::word)]
    pub(crate) xattrs: Vec<String>,
}
