//! `unpack` and `rootfs`: what decides the tree on disk.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::ids::Ids;
use super::image::ImageArgs;
use super::runtime::RuntimeArgs;
use super::{FormatArgs, value};

/// Unpack an image into a bundle that runc and crun run as it is
///
/// BUNDLE gets the root file system and a config.json made from the image's config. It must not exist, or be an empty
/// directory; it is complete when the command ends well, and when it does not nothing of it is left. Every layer is
/// checked against its digest and its diff_id.
///
/// An ordinary user gets a rootless bundle, as if --rootless had been given: all files belong to that user, and what
/// the image says of owners and devices is written down for a later repack.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian unpack oci:images:busybox bundle && cd bundle && runc run test
  ocidian unpack --platform linux/arm64 --user 1000:1000 oci-archive:app.tar bundle
  ocidian unpack --uid-map 0:100000:65536 --gid-map 0:100000:65536 oci:images:debian bundle
  ocidian unpack --mount type=bind,source=/srv/data,target=/data,readonly oci:images:app bundle -- /bin/app -v

JSON: an object with `bundle` (or `rootfs`), `source`, `digest`, `platform`, `form`, `rootless`, `layers`, `entries`,
`bytes` (of tar, uncompressed), `seconds` and `warnings`.

See also: `ocidian rootfs` for the tree alone, `ocidian runtime-config` for config.json alone.")]
pub(crate) struct Unpack {
    #[command(flatten)]
    pub(crate) image: ImageArgs,
    /// The bundle directory to make
    #[arg(value_name = "BUNDLE", value_hint = ValueHint::DirPath)]
    pub(crate) bundle: PathBuf,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
    #[command(flatten)]
    pub(crate) ids: Ids,
    #[command(flatten)]
    pub(crate) runtime: RuntimeArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Unpack an image's root file system, without a bundle around it
///
/// DIR becomes the root file system itself. It must not exist, or be an empty directory, and when the command fails
/// nothing is left in it. All that `ocidian unpack --help` says of the tree holds here too.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian rootfs oci:images:debian /srv/chroot
  ocidian rootfs --form overlay docker-archive:app.tar stack
  ocidian rootfs --mtree app.mtree oci:images:app tree

JSON: as for `unpack`, with `rootfs` for `bundle`.

See also: `ocidian unpack` for a bundle to run, `ocidian cat` and `ocidian ls` to look without unpacking.")]
pub(crate) struct Rootfs {
    #[command(flatten)]
    pub(crate) image: ImageArgs,
    /// The directory to make
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
    #[command(flatten)]
    pub(crate) ids: Ids,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// The form of the tree, and its limits.
#[derive(Debug, Args)]
#[command(next_help_heading = "Root file system")]
pub(crate) struct TreeArgs {
    /// The form of the root file system
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub(crate) form: Form,
    /// Where a layer says directory and there is a symlink to one, keep the symlink
    #[arg(long)]
    pub(crate) keep_dirlinks: bool,
    /// Set the extended attribute NAME although it belongs to the host, as security.selinux does; may be repeated
    #[arg(long = "xattr", value_name = "NAME", value_parser = value::word)]
    pub(crate) xattrs: Vec<String>,
    /// Fail if the layers hold more than SIZE uncompressed (512M, 20GB) [default: no limit]
    #[arg(long, value_name = "SIZE", value_parser = value::size)]
    pub(crate) max_bytes: Option<u64>,
    /// Fail if a layer has more than N entries
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    pub(crate) max_entries: u64,
    /// Also write a manifest of the tree for mtree(8) and bsdtar(1), in the same pass
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) mtree: Option<PathBuf>,
}

/// The form of a root file system on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Form {
    /// One plain tree
    #[default]
    Rootfs,
    /// One directory a layer, with overlayfs whiteouts, ready to be mounted as a stack
    Overlay,
}
