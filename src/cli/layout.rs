//! `init`, `new`, `tag` and `rm`: a layout and the names in it.

use clap::{Args, ValueHint};
use ocidian_spec::{ImageSource, Platform, RefName};

use super::FormatArgs;
use super::image::PlatformArgs;
use super::value;

/// Make an empty layout
///
/// In a new directory, or in an empty one. A layout that is there already is an error, unless --if-missing says that
/// it may be.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian init images
  ocidian init --if-missing images && ocidian copy busybox.tar oci:images:busybox

JSON: an object with `layout`, the path, and `created`, false where it was there already.

See also: `ocidian new` makes an image in it, `ocidian copy` brings one.")]
pub(crate) struct Init {
    /// The directory
    #[arg(value_name = "LAYOUT", value_hint = ValueHint::DirPath)]
    pub(crate) layout: ImageSource,
    /// Leave a layout that is there already as it is
    #[arg(long)]
    pub(crate) if_missing: bool,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Make an image without layers
///
/// Its config says for which platform it is, and nothing else: what is not in the image cannot differ between two
/// machines. `created` is left out, unless SOURCE_DATE_EPOCH is set. The layout must be there. A tag that is there is
/// an error, unless --force moves it.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian init images && ocidian new oci:images:scratch
  ocidian new --platform linux/arm64 oci:images:scratch-arm64

JSON: an object with `name`, `digest`, `mediaType`, `size`, `platform`, and `was`, an array of the digests that the name
stood for before.")]
pub(crate) struct New {
    /// The layout and the tag, for example oci:PATH:TAG
    #[arg(value_name = "IMAGE", value_hint = ValueHint::AnyPath)]
    pub(crate) image: ImageSource,
    /// What the image is for [default: this machine's]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    pub(crate) platform: Option<Platform>,
    /// Move the tag where it is there already
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Give an image more names in its layout
///
/// A multi-platform image is tagged whole, unless --platform takes one image out of it. A tag that is there already is
/// moved, and it is said from where; with --no-clobber it is an error instead. Of several names all are put, or none.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian tag oci:images:build-17 stable latest
  ocidian tag --no-clobber oci:images@sha256:76236c76bf8aa837ecafbe737498d0f695d0166f5221b9719bd99fdc47d73985 v1

JSON: an object with `digest`, `mediaType` and `size`, and `names`, an array of objects with `name` and `was`, an array of
the digests that the name stood for before.

See also: `ocidian copy` for a name in another layout.")]
pub(crate) struct Tag {
    /// The image, for example oci:PATH:TAG or oci:PATH@DIGEST
    #[arg(value_name = "IMAGE", value_hint = ValueHint::AnyPath)]
    pub(crate) image: ImageSource,
    /// Its new names: tags alone
    #[arg(value_name = "NAME", required = true, value_parser = value::tag)]
    pub(crate) names: Vec<RefName>,
    #[command(flatten)]
    pub(crate) choice: PlatformArgs,
    /// Fail where a name stands for something else already
    #[arg(short, long)]
    pub(crate) no_clobber: bool,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Remove images from their layout
///
/// By tag, the name is removed; by digest, every entry of that digest, named or not. Blobs stay until `ocidian gc` finds
/// that nothing leads to them. Of several images in a layout all are removed, or none. What refers to an image and has no
/// name, as a signature, stays and keeps it from `gc`, and that is said; with --referrers it goes too.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian rm oci:images:build-16 oci:images:build-17
  ocidian rm --referrers oci:images@sha256:76236c76bf8aa837ecafbe737498d0f695d0166f5221b9719bd99fdc47d73985
  ocidian rm oci:images:old && ocidian gc images

JSON: an array with an object for each entry that was removed: `layout`, `name` (or null), `digest`, `mediaType` and `size`.

See also: `ocidian index rm` takes one platform out of a multi-platform image.")]
pub(crate) struct Rm {
    /// What to remove: oci:PATH:TAG or oci:PATH@DIGEST
    #[arg(value_name = "IMAGE", required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) images: Vec<ImageSource>,
    /// Also what refers to them: signatures, SBOMs and the like that have no name
    #[arg(long)]
    pub(crate) referrers: bool,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}
