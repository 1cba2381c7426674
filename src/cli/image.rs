//! How an image is named: the same two arguments for every verb.

use clap::{Args, ValueHint};
use ocidian_spec::{ImageSource, Platform};

/// An image, and which one where a name stands for several.
#[derive(Debug, Args)]
pub(crate) struct ImageArgs {
    /// The image, for example oci:PATH:TAG; see `ocidian --help` for all forms
    #[arg(value_name = "IMAGE", value_hint = ValueHint::AnyPath)]
    pub(crate) image: ImageSource,
    #[command(flatten)]
    pub(crate) choice: PlatformArgs,
}

/// `--platform`.
#[derive(Debug, Args)]
pub(crate) struct PlatformArgs {
    /// Choose the image for OS/ARCH[/VARIANT] from a multi-platform one [default: this machine's]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    pub(crate) platform: Option<Platform>,
}
