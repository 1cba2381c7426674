//! `index`: multi-platform images, an image at a time.

use clap::{Args, Subcommand, ValueHint};
use ocidian_content::children::Child;
use ocidian_spec::{ImageSource, MediaType, Platform};

use super::FormatArgs;
use super::value;

/// Make and change multi-platform images
///
/// An index lists one image a platform. Each change is one step: of many that run at once, every one shows.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Example:
  ocidian index create oci:images:app oci:images:app-amd64 oci:images:app-arm64
  ocidian index add oci:images:app oci:images:app-riscv64
  ocidian index rm oci:images:app linux/arm64")]
pub(crate) struct Index {
    #[command(subcommand)]
    pub(crate) verb: IndexVerb,
}

/// What to do with an index.
#[derive(Debug, Subcommand)]
pub(crate) enum IndexVerb {
    Create(Create),
    Add(Add),
    Rm(Remove),
    Annotate(Annotate),
}

/// Make a multi-platform image of images
///
/// Each IMAGE's platform is read from its config, unless the image's own index says it. Of a multi-platform IMAGE every
/// child is taken, attestations too. What is not in the layout yet is copied there. Without IMAGE the index is empty. A tag that is there is an error, unless --force
/// moves it.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian index create oci:images:app oci:images:app-amd64 oci:images:app-arm64
  ocidian index create --annotation org.opencontainers.image.version=2 oci:images:app oci:images:app-amd64

JSON: an object with `name`, `digest`, `mediaType` and `size` of the index, `was`, an array of the digests that the name
stood for before, and the arrays `added`, `replaced`, `removed` and `changed`, with `digest`, `mediaType`, `size`,
`platform` (or null) and `annotations` of each child.")]
pub(crate) struct Create {
    /// The layout and the tag of the index: oci:PATH:TAG
    #[arg(value_name = "INDEX", value_hint = ValueHint::AnyPath)]
    pub(crate) index: ImageSource,
    /// The images in it
    #[arg(value_name = "IMAGE", value_hint = ValueHint::AnyPath)]
    pub(crate) images: Vec<ImageSource>,
    /// An annotation of the index; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = value::pair)]
    pub(crate) annotation: Vec<(String, String)>,
    /// The type of artifact that the index is
    #[arg(long, value_name = "MEDIA-TYPE", value_parser = value::media_type)]
    pub(crate) artifact_type: Option<MediaType>,
    /// Move the tag where it is there already
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Add images to a multi-platform image
///
/// Each IMAGE's platform is read from its config, unless the image's own index or --as-platform says it. Where the index
/// has an image for the same platform, the new one takes its place, and it is said whose; with --no-clobber that is an
/// error instead.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian index add oci:images:app oci:images:app-riscv64
  ocidian index add --platform linux/arm64,linux/arm/v7 oci:images:app oci:images:other
  ocidian index add --as-platform linux/amd64/v3 oci:images:app oci:images:app-avx2

JSON: as `ocidian index create`.")]
pub(crate) struct Add {
    /// The index to change: oci:PATH:TAG
    #[arg(value_name = "INDEX", value_hint = ValueHint::AnyPath)]
    pub(crate) index: ImageSource,
    /// What to add to it
    #[arg(value_name = "IMAGE", required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) images: Vec<ImageSource>,
    /// Of a multi-platform IMAGE take these alone; may be repeated
    #[arg(long, value_name = "OS/ARCH[/VARIANT]", value_delimiter = ',')]
    pub(crate) platform: Vec<Platform>,
    /// What the index is to say the one image is for
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    pub(crate) as_platform: Option<Platform>,
    /// An annotation of what is added; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = value::pair)]
    pub(crate) annotation: Vec<(String, String)>,
    /// Fail where the index has another image for the same platform
    #[arg(short, long)]
    pub(crate) no_clobber: bool,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Take images out of a multi-platform image
///
/// By platform or by digest. What attests an image (BuildKit's attestations) goes with it. Blobs stay until `ocidian gc`
/// finds that nothing leads to them.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian index rm oci:images:app linux/arm64 linux/arm/v7
  ocidian index rm oci:images:app sha256:76236c76bf8aa837ecafbe737498d0f695d0166f5221b9719bd99fdc47d73985

JSON: as `ocidian index create`.")]
pub(crate) struct Remove {
    /// The index to change: oci:PATH:TAG
    #[arg(value_name = "INDEX", value_hint = ValueHint::AnyPath)]
    pub(crate) index: ImageSource,
    /// What to take out of it
    #[arg(value_name = "PLATFORM|DIGEST", required = true, value_parser = value::child)]
    pub(crate) children: Vec<Child>,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Change what a multi-platform image says of itself or of one of its images
///
/// Without --child the annotations of the index, with it those that the index gives that image, and its platform. What
/// is not named stays.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true)), after_long_help = "\
Examples:
  ocidian index annotate oci:images:app --annotation org.opencontainers.image.version=2
  ocidian index annotate oci:images:app --child linux/arm/v7 --remove com.example.note
  ocidian index annotate oci:images:app --child linux/amd64 --as-platform linux/amd64/v2

JSON: as `ocidian index create`.")]
pub(crate) struct Annotate {
    /// The index to change: oci:PATH:TAG
    #[arg(value_name = "INDEX", value_hint = ValueHint::AnyPath)]
    pub(crate) index: ImageSource,
    /// The image in it that is meant
    #[arg(long, value_name = "PLATFORM|DIGEST", value_parser = value::child)]
    pub(crate) child: Option<Child>,
    /// An annotation to set; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = value::pair, group = "change")]
    pub(crate) annotation: Vec<(String, String)>,
    /// An annotation to remove; may be repeated
    #[arg(long, value_name = "KEY", value_parser = value::word, group = "change")]
    pub(crate) remove: Vec<String>,
    /// What the index is to say the image is for
    #[arg(long, value_name = "OS/ARCH[/VARIANT]", requires = "child", group = "change")]
    pub(crate) as_platform: Option<Platform>,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}
