//! `gc`: what nothing needs.

use std::time::Duration;

use clap::{Args, ValueHint};
use ocidian_spec::ImageSource;

use super::FormatArgs;
use super::value;

/// Remove blobs that nothing leads to
///
/// Kept is what the entries of the layout lead to, named or not, with what they refer to; what a document of an unknown type
/// mentions; and what is younger than --grace, for writers of other tools that are still at work. Our own are waited for,
/// and wait. What a killed writer left behind is removed too. Nothing else in the layout is touched, and where a document
/// cannot be read nothing is removed at all.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian gc --dry-run images
  ocidian rm oci:images:old && ocidian gc --grace 0 images

JSON: an object with `layout`, `dryRun`, `kept` and `freed` (`blobs` and `bytes`), the arrays `removed` and `young` (`digest`
and `size` of each), `leftovers` (`name` and `size` of each), and `absent`, the number of blobs that are needed and not
there.

See also: `ocidian rm` for names, `ocidian ls --size` for the room that each image takes.")]
pub(crate) struct Gc {
    /// The layout
    #[arg(value_name = "LAYOUT", value_hint = ValueHint::DirPath)]
    pub(crate) layout: ImageSource,
    /// Say what would be removed, and remove nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// Keep what is younger: 90s, 15m, 1h, 7d, or 0
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = value::duration)]
    pub(crate) grace: Duration,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}
