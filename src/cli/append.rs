//! `append`: layer tars on top.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::compress::CompressArgs;
use super::edit::EditArgs;
use super::value;

/// Put layer tars on top of an image
///
/// Each TAR becomes a layer, the first the lowest. It may be compressed, and then keeps its bytes unless --compress asks
/// for something else; a plain one is compressed. Every entry is checked first: what no layer may hold (`..`, sockets,
/// a bare `.wh.`, damage of any kind) is refused, and the image stays as it was.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian append oci:images:app files.tar
  ocidian append oci:images:app libs.tar.gz app.tar --compress zstd:9 -t app-zstd
  tar -c --numeric-owner etc | ocidian append oci:images:app -
  ocidian append oci:images:app layer.tar --history.created-by 'make release'

JSON: as for `mutate`.

See also: `ocidian insert` for files that are in no tar yet, `ocidian build` for an image of directories.")]
pub(crate) struct Append {
    #[command(flatten)]
    pub(crate) edit: EditArgs,
    /// The tars, plain or compressed by gzip or zstd; `-` for standard input, which is always compressed anew
    #[arg(value_name = "TAR", required = true, value_hint = ValueHint::FilePath)]
    pub(crate) tars: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) compress: CompressArgs,
    /// Fail if a tar holds more than SIZE uncompressed (512M, 20GB) [default: no limit]
    #[arg(long, value_name = "SIZE", value_parser = value::size)]
    pub(crate) max_bytes: Option<u64>,
    /// Fail if a tar has more than N entries
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    pub(crate) max_entries: u64,
}
