//! `diff`: why two images or trees are not the same.

use std::ffi::OsString;

use clap::{Args, ValueEnum, ValueHint};
use ocidian_build::diff::Aspect;

use super::FormatArgs;
use super::image::PlatformArgs;

/// Say in what two images, bundles or directories differ, and why
///
/// Of two images, index, manifest and config are compared as values, layers pair by pair, and the files that they make.
/// Each difference is named for what it is: other content, other times or owners, another order, another compressor, or
/// JSON that is only formatted otherwise. Where one side is a bundle or a directory, the files are compared alone;
/// of two bundles config.json as well. A bare word that is a directory is a layout if it has oci-layout or
/// index.json, a flat directory if it has manifest.json and version, a bundle if it has config.json and rootfs, and else a plain
/// directory.
///
/// The exit code is 0 where nothing differs and 1 where something does; a comparison that fails has its usual code, but 2
/// instead of 1. With -q that code is all there is, unless JSON is asked for.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian diff oci:images:v1 oci:images:v2
  ocidian diff --no-files monday.tar tuesday.tar
  ocidian diff oci:images:v1 bundle --ignore mtime
  ocidian diff --only-files --ignore mtime,owner oci:images:v1 ./rootfs

JSON: an object with `same`, `documents` (`role`, `a`, `b`, `verdict` and `changes`), `layers` (`a`, `b`, `verdict`, `causes` and
`paths`), `files` (null where they were not compared, else `count` and `paths`) and `notes`.

See also: `ocidian inspect` and `ocidian ls` for what one image is.")]
pub(crate) struct Diff {
    /// An image, a bundle or a directory
    #[arg(value_name = "A", value_hint = ValueHint::AnyPath)]
    pub(crate) a: OsString,
    /// What it is compared with
    #[arg(value_name = "B", value_hint = ValueHint::AnyPath)]
    pub(crate) b: OsString,
    /// Compare files without regard to these: a list with commas; does not hold for documents and layers
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',', conflicts_with = "no_files")]
    pub(crate) ignore: Vec<Ignored>,
    /// Of two images, compare documents and layers alone
    #[arg(long)]
    pub(crate) no_files: bool,
    /// Compare the files alone
    #[arg(long, conflicts_with = "no_files")]
    pub(crate) only_files: bool,
    /// How many differences of each document, layer and tree to show
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
    /// Show all of them
    #[arg(long, conflicts_with = "limit")]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) choice: PlatformArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// What may differ between files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ignored {
    /// Modification times
    Mtime,
    /// Users and groups
    Owner,
    /// Permission bits
    Mode,
    /// Extended attributes
    Xattrs,
    /// Which names are hard links of each other
    Links,
}

impl From<Ignored> for Aspect {
    fn from(ignored: Ignored) -> Self {
        match ignored {
            Ignored::Mtime => Self::Mtime,
            Ignored::Owner => Self::Owner,
            Ignored::Mode => Self::Mode,
            Ignored::Xattrs => Self::Xattrs,
            Ignored::Links => Self::Links,
        }
    }
}
