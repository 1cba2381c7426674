//! `copy`: images from one place to another.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use ocidian_layer::compress::Compressor;
use ocidian_spec::ImageSource;

use super::FormatArgs;
use super::value::{self, Wanted};

/// Copy images between layouts, archives and directories, digests kept
///
/// Any form to any other. A multi-platform image is copied whole, its index byte for byte, unless --platform narrows it,
/// or --compress or --manifest-type ask for another image; what its source names without holding it is left out, and that
/// is said. Blobs that the destination has are not written again. Nothing shows there before all of it does, and an error
/// or a signal leaves it as it was.
///
/// The destination is made where there is nothing, and added to where there is a layout or an archive. Without a tag the
/// image gets the name that it has at its source. A tag that is there is moved, and it is said from where; with
/// --no-clobber it is an error instead. Within one layout a copy is another tag.
///
/// What refers to an image, signatures and SBOMs for instance, comes along with --referrers: by `subject`, and by the
/// fallback tags of registries.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian copy docker-archive:busybox.tar oci:images:busybox
  ocidian copy oci:images:app docker-archive:-:app:1 | docker load
  ocidian copy --platform linux/amd64,linux/arm64 oci:images:app oci:small:app
  ocidian copy --all-tags --referrers oci:images oci-archive:images.tar
  ocidian copy --compress zstd oci:images:app oci:small:app
  ocidian copy oci:images:app dir:app --digestfile app.digest

JSON: an object with `source`, `destination`, `images` (`name`, `why`, `sourceDigest`, `digest`, `mediaType`, `size`, `was`,
`kept` and `leftOut` of each), `copied` and `present` (`blobs` and `bytes`), `absent`, `notes` and `seconds`.

See also: `ocidian tag` for names in one layout, `ocidian ls` for the names that there are.")]
pub(crate) struct CopyArgs {
    /// The image, for example oci:PATH:TAG; see `ocidian --help` for all forms. With --all-tags the layout or archive
    #[arg(value_name = "SRC", value_hint = ValueHint::AnyPath)]
    pub(crate) source: ImageSource,
    /// Where to; `-` as the file of an archive is stdout
    #[arg(value_name = "DST", value_hint = ValueHint::AnyPath)]
    pub(crate) destination: ImageSource,
    /// Of a multi-platform image copy these alone, in an index of their own, or `all` [default: all]
    #[arg(long, value_name = "OS/ARCH[/VARIANT][,...]", value_delimiter = ',', value_parser = value::wanted)]
    pub(crate) platform: Vec<Wanted>,
    /// Copy all that the source lists, each under every name that it has
    #[arg(long)]
    pub(crate) all_tags: bool,
    /// Copy also what refers to the images, and what refers to that
    #[arg(long)]
    pub(crate) referrers: bool,
    /// Fail where the destination has another image of that name
    #[arg(short, long)]
    pub(crate) no_clobber: bool,
    /// Compress layers that are compressed otherwise: gzip, zstd or none, and how hard
    #[arg(long, value_name = "gzip|zstd|none[:LEVEL]", conflicts_with = "uncompressed")]
    pub(crate) compress: Option<Compressor>,
    /// Write documents of these media types
    #[arg(long, value_enum, value_name = "oci|docker")]
    pub(crate) manifest_type: Option<ManifestType>,
    /// Write the old form of a docker-archive, of uncompressed layers
    #[arg(long)]
    pub(crate) uncompressed: bool,
    /// Hard link blobs of one file system: for layouts whose files nobody changes in place
    #[arg(long)]
    pub(crate) link: bool,
    /// Write the digest of what was copied to FILE, one a line; - for stdout, where nothing else is written then
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "uncompressed")]
    pub(crate) digestfile: Option<PathBuf>,
    /// Most bytes that an archive may decompress to
    #[arg(long, value_name = "SIZE", value_parser = value::limit)]
    pub(crate) max_bytes: Option<u64>,
    /// How many blobs to copy at a time, and threads to compress with [default: one a processor; for blobs four at most]
    #[arg(short = 'j', long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Whose media types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ManifestType {
    /// image-spec's
    Oci,
    /// Docker's: image manifest version 2, schema 2
    Docker,
}
