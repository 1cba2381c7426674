//! `inspect`, `ls` and `cat`: the verbs that look and change nothing.

use std::ffi::OsString;

use clap::{Args, ValueHint};
use ocidian_spec::ImageSource;

use super::image::{ImageArgs, PlatformArgs};
use super::{Format, FormatArgs};

/// Show what an image is: digests, platform, layers, configuration
///
/// Without a switch, a summary of the image for this machine (or --platform), and of the index above it where
/// there is one. Layers are named, not read: `inspect` is quick on any image. A layout or archive of several images,
/// without a tag, is summed up by the room that each of them takes, alone and shared with others (--space).
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("bytes").multiple(true)), after_long_help = "\
Examples:
  ocidian inspect oci:images:busybox
  ocidian inspect --config oci-archive:busybox.tar | jq .config
  ocidian inspect --raw --platform linux/arm64 oci:images:debian | sha256sum
  ocidian inspect --tree ./images
  ocidian inspect --space ./images
  ocidian inspect --layers --top 10 oci:images:debian

JSON: an object with `name`, `index` (null, or the multi-platform index with its `manifests`)
and `image` (null where no image is for this machine, else `digest`, `platform`, `created`,
`layers`, `history`, `config` and more). With --tree, an array of nodes, each with `role`,
`digest`, `mediaType`, `size`, `state` (and `error` where it is damaged) and `children`. With
--layers, an object with `layers` (`size`, `uncompressedSize`, `files`, `content`, `hidden`,
`largest` and more) and `total`; with --space, one with `images` (`names`, `digest`, `size`,
`own`, `shared` and more) and `total`.

See also: `ocidian ls` for the tags of a layout, `ocidian cat` for a file inside an image.")]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) image: ImageArgs,
    /// Print the manifest, byte for byte; the index, where IMAGE is one and there is no --platform
    #[arg(long, group = "bytes")]
    pub(crate) raw: bool,
    /// Print the image's config, byte for byte
    #[arg(long, group = "bytes")]
    pub(crate) config: bool,
    /// Show the graph: indexes, manifests, configs, layers and referrers, with absent blobs marked
    #[arg(long, conflicts_with_all = ["bytes", "platform"])]
    pub(crate) tree: bool,
    /// Read all layers and show where the size went: files added, changed, removed and hidden again, layer by layer
    #[arg(long, conflicts_with_all = ["bytes", "tree"])]
    pub(crate) layers: bool,
    /// With --layers: how many of each layer's largest files to name
    #[arg(long, value_name = "N", default_value_t = 5, requires = "layers", value_parser = top)]
    pub(crate) top: usize,
    /// Show the room that each image takes in the store, alone and shared with others
    #[arg(long, conflicts_with_all = ["bytes", "tree", "layers", "platform"])]
    pub(crate) space: bool,
    /// How to report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", conflicts_with = "bytes")]
    pub(crate) format: Format,
}

/// List the tags of a layout or archive, or a directory inside an image
///
/// With one argument, all that the layout or archive names, and what it holds without a name; a tag in the argument
/// narrows the list to it. With PATH, what is there in the image's root file system once all layers are applied,
/// without unpacking it.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian ls ./images
  ocidian ls --names oci:images | xargs -n1 echo
  ocidian ls --size ./images
  ocidian ls oci:images:busybox /etc

JSON: an array with an object for each line: `name` (null where there is none), `digest`, `mediaType`, `size` and
`platforms` for an image, with --size also `space`; `path`, `type`, `mode` (octal), `uid`, `gid`, `size`, `mtime`, `links`, `target` and `device`
for a file. Bytes of a path that are not UTF-8 are written as \\xNN.

See also: `ocidian inspect --tree` for what each image is made of.")]
pub(crate) struct Ls {
    /// The layout or archive; with PATH, the image
    #[arg(value_name = "IMAGE", value_hint = ValueHint::AnyPath)]
    pub(crate) image: ImageSource,
    /// A file or directory inside the image
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<OsString>,
    /// Print the tags alone, one a line
    #[arg(long, conflicts_with_all = ["path", "format"])]
    pub(crate) names: bool,
    /// Show how large each image is with all its blobs, and how much of that other images share
    #[arg(long, conflicts_with_all = ["path", "names"])]
    pub(crate) size: bool,
    #[command(flatten)]
    pub(crate) choice: PlatformArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Print a file that is inside an image
///
/// PATH is looked up in the root file system as it would be with all layers applied; symbolic links are followed and
/// never lead out of the image. Nothing is unpacked. All layers are read and verified before anything is printed: a
/// damaged one is an error.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian cat oci:images:debian /etc/os-release
  ocidian cat --platform linux/arm64 oci:images:busybox /bin/busybox | file -

See also: `ocidian ls IMAGE PATH` lists a directory inside an image.")]
pub(crate) struct Cat {
    #[command(flatten)]
    pub(crate) image: ImageArgs,
    /// The file inside the image
    #[arg(value_name = "PATH")]
    pub(crate) path: OsString,
}

/// As many paths as anyone reads, since all of them are kept.
fn top(text: &str) -> Result<usize, String> {
    const MOST: usize = 10_000;
    text.parse().ok().filter(|n| *n <= MOST).ok_or_else(|| format!("a number from 0 to {MOST} is needed"))
}
