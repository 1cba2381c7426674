//! Flags about owners, which every verb that makes files or says whose they are has.

use clap::Args;
use ocidian_unpack::IdRange;

/// Whose the files are.
#[derive(Debug, Args)]
#[command(next_help_heading = "Owners")]
pub(crate) struct Ids {
    /// Unpack as an ordinary user would: no owners, no devices [default: for everyone but root]
    #[arg(long)]
    pub(crate) rootless: bool,
    /// Let SIZE users from CONTAINER on be those from HOST on; may be repeated
    #[arg(long = "uid-map", conflicts_with = "rootless", value_name = "CONTAINER:HOST:SIZE")]
    pub(crate) uid: Vec<IdRange>,
    /// Groups, likewise
    #[arg(long = "gid-map", conflicts_with = "rootless", value_name = "CONTAINER:HOST:SIZE")]
    pub(crate) gid: Vec<IdRange>,
}
