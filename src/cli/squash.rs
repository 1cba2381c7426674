//! `squash`: one layer of many.

use clap::Args;

use super::compress::CompressArgs;
use super::edit::EditArgs;
use super::value;

/// Make one layer of all of an image's, or of the upper ones
///
/// The tree stays the same, entry for entry; what upper layers hide is no longer in the image. With --from N the layers
/// below the Nth stay as they are, and with them what other images share. The lines of history stay, as lines that made no
/// layer, and one for the new layer is added.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian squash oci:images:app -t app-flat
  ocidian squash oci:images:app --from 3 --compress zstd

JSON: as for `mutate`.

See also: `ocidian inspect` for the layers and their order, `ocidian gc` for what the old ones take.")]
pub(crate) struct Squash {
    #[command(flatten)]
    pub(crate) edit: EditArgs,
    /// Squash the layers from the Nth on, counted from 1
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) from: u32,
    #[command(flatten)]
    pub(crate) compress: CompressArgs,
    /// Fail if the layers hold more than SIZE uncompressed (512M, 20GB) [default: no limit]
    #[arg(long, value_name = "SIZE", value_parser = value::size)]
    pub(crate) max_bytes: Option<u64>,
    /// Fail if a layer has more than N entries
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    pub(crate) max_entries: u64,
}
