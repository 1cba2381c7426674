//! How layers are compressed: the same flags for every verb that makes them.

use clap::Args;
use ocidian_layer::compress::{Compressor, Threads};

/// `--compress` and `-j`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Layers")]
pub(crate) struct CompressArgs {
    /// How to compress layers: gzip (levels 1 to 12, from 10 on very slow; 2 if none is said), zstd (1 to 19; 3) or none
    /// [default: as what they are made of, else gzip]
    #[arg(long, value_name = "gzip|zstd|none[:LEVEL]")]
    pub(crate) compress: Option<Compressor>,
    /// Compress in N threads; the result is the same for any number [default: as many as there are cores]
    #[arg(short = 'j', long = "jobs", value_name = "N")]
    pub(crate) jobs: Option<Threads>,
}

impl CompressArgs {
    /// How many threads may.
    pub(crate) fn threads(&self) -> Threads {
        self.jobs.unwrap_or_default()
    }
}
