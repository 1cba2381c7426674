//! `rebase`: onto another base.

use clap::{Args, ValueHint};
use ocidian_spec::ImageSource;

use super::edit::EditArgs;

/// Put an image's own layers onto another base
///
/// The layers of the old base, which have to be the image's lowest, are replaced by those of the new one, with their
/// history. The image's own layers are not looked into, and its config stays: what it took over from the old base, such as
/// PATH, it keeps. Bases of several platforms are taken for the platform of the image.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian rebase oci:images:app --old-base oci:images:debian-12.1 --new-base oci:images:debian-12.2
  ocidian rebase oci:images:app --old-base oci:bases:old --new-base oci-archive:new.tar -t app-new

JSON: as for `mutate`.

See also: `ocidian mutate` for what the config keeps of the old base.")]
pub(crate) struct Rebase {
    #[command(flatten)]
    pub(crate) edit: EditArgs,
    /// The image that this one is built on
    #[arg(long, value_name = "IMAGE", value_hint = ValueHint::AnyPath)]
    pub(crate) old_base: ImageSource,
    /// The image to put it on
    #[arg(long, value_name = "IMAGE", value_hint = ValueHint::AnyPath)]
    pub(crate) new_base: ImageSource,
}
