//! `build`: images from directories and tars.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use ocidian_build::scan::Chmod;
use ocidian_layer::Timestamp;
use ocidian_spec::ImageSource;
use ocidian_unpack::IdRange;

use super::compress::CompressArgs;
use super::config::ConfigArgs;
use super::edit::HistoryArgs;
use super::groups::Groups;
use super::{FormatArgs, value};

/// Build an image from directories and layer tars
///
/// Each source becomes a layer. A directory is stored as it is: modes, owners, times to the nanosecond, links, devices,
/// capabilities and other extended attributes, without those that belong to the host. A tar is checked and stored byte
/// for byte; only its compression is new. Without --base the image has nothing else; with it, the layers go on top of
/// that image, and its config is what the flags change.
///
/// The same sources give the same digest, on any day, for any user, on any number of cores. Times and owners are part
/// of the source: --mtime and --owner make them the same where they differ, and SOURCE_DATE_EPOCH cuts off later times. Of a directory that
/// goes to the root of an image with a base, the attributes of the directory itself are not taken: the root is the base's.
///
/// A file that is written to while it is being read is an error, as are names beginning with `.wh.`, which no layer can
/// hold. Sockets are left out, with a warning.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian build rootfs -t oci:images:debian
  ocidian build target/release:/usr/local/bin --base oci:images:debian --entrypoint /usr/local/bin/app -t oci:images:app
  ocidian build --exclude '**/*.o' --owner 0:0 --mtime 0 --compress zstd site:/srv/www -t oci-archive:site.tar:v1
  ocidian build --platform linux/amd64 amd64 --platform linux/arm64 arm64 -t oci:images:app

JSON: an object with `image`, `digest`, `mediaType`, `size`, `images` (one for each platform, with `platform`, `manifest`,
`config`, and `layers`: `source`, `digest`, `diffId`, `size`, `uncompressedSize`, `entries`), `seconds` and `notes`.

See also: `ocidian append` for one more layer, `ocidian mutate` to change a config, `ocidian repack` for a bundle's changes.")]
pub(crate) struct Build {
    #[command(flatten)]
    pub(crate) groups: Groups,
    /// Build on this image; of a multi-platform one, on the image for each --platform
    #[arg(long, value_name = "IMAGE", value_hint = ValueHint::AnyPath)]
    pub(crate) base: Option<ImageSource>,
    #[command(flatten)]
    pub(crate) files: FileArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) documents: DocumentArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) history: HistoryArgs,
}

/// Which files, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Files")]
pub(crate) struct FileArgs {
    /// Leave out what matches: a pattern from the root of each directory, as in a .dockerignore (`*`, `**`, `?`, `[a-z]`;
    /// `!` takes back); may be repeated, and comes after the ignore file
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
    /// Leave out what the patterns in FILE match, one a line, as in a .dockerignore
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) ignore_file: Option<PathBuf>,
    /// The owner of everything
    #[arg(long, value_name = "UID:GID", value_parser = value::owner)]
    pub(crate) owner: Option<(u32, u32)>,
    /// Change every mode but those of links, as chmod does: 0755, u=rwX,go=rX
    #[arg(long, value_name = "MODE")]
    pub(crate) chmod: Option<Chmod>,
    /// The time of everything: seconds since 1970, or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = value::moment, allow_hyphen_values = true)]
    pub(crate) mtime: Option<Timestamp>,
    /// Users from HOST on are those from CONTAINER on in the image, SIZE of them; may be repeated
    #[arg(long, value_name = "CONTAINER:HOST:SIZE")]
    pub(crate) uid_map: Vec<IdRange>,
    /// Groups, likewise
    #[arg(long, value_name = "CONTAINER:HOST:SIZE")]
    pub(crate) gid_map: Vec<IdRange>,
    /// The files belong to an ordinary user for want of a better: those without an owner of their own written down in an
    /// extended attribute are root's
    #[arg(long, conflicts_with_all = ["uid_map", "gid_map"])]
    pub(crate) rootless: bool,
    /// Store the extended attribute NAME although it belongs to the host, as security.selinux does; may be repeated
    #[arg(long = "xattr", value_name = "NAME", value_parser = value::word)]
    pub(crate) xattrs: Vec<String>,
}

/// Whole documents, and annotations on them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Config")]
pub(crate) struct DocumentArgs {
    /// Take the whole config from FILE, as JSON; without `rootfs` or `history` there those of the layers stand
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config_file: Option<PathBuf>,
    /// Set an annotation, on the manifest or after `config-descriptor:`, `manifest-descriptor:` or `index:` on that; may
    /// be repeated
    #[arg(long, value_name = "[ON:]KEY=VALUE", value_parser = value::annotation)]
    pub(crate) annotation: Vec<value::Annotation>,
}

/// The result, for verbs that have to be told where it goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Result")]
pub(crate) struct OutputArgs {
    /// Name the result: an image, or a tag in the layout of the image that it is made from
    #[arg(short, long, value_name = "IMAGE|TAG", value_hint = ValueHint::AnyPath)]
    pub(crate) tag: ImageSource,
    /// Also write the result's digest to FILE; - for stdout, where nothing else is written then
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) digestfile: Option<PathBuf>,
    /// Let the clock say when the result was made, so that no two runs give the same digest
    #[arg(long)]
    pub(crate) no_reproducible: bool,
    #[command(flatten)]
    pub(crate) layers: CompressArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}
