//! What the verbs that edit an image share: which image, where the result goes, what its history says.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use ocidian_spec::ImageSource;

use super::image::ImageArgs;
use super::{FormatArgs, value};

/// The image to edit, and the result.
#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    #[command(flatten)]
    pub(crate) image: ImageArgs,
    #[command(flatten)]
    pub(crate) result: ResultArgs,
    #[command(flatten)]
    pub(crate) history: HistoryArgs,
}

/// Where a result goes, and what is said of it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Result")]
pub(crate) struct ResultArgs {
    /// Name the result: an image, or a tag in the same layout [default: the tag of the image itself moves]
    #[arg(short, long, value_name = "IMAGE|TAG", value_hint = ValueHint::AnyPath)]
    pub(crate) tag: Option<ImageSource>,
    /// Also write the result's digest to FILE; - for stdout, where nothing else is written then
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) digestfile: Option<PathBuf>,
    /// Let the clock say when the result was made, so that no two runs give the same digest
    #[arg(long)]
    pub(crate) no_reproducible: bool,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// A line of history.
#[derive(Debug, Args)]
#[command(next_help_heading = "History")]
pub(crate) struct HistoryArgs {
    /// What the line of history says made the change
    #[arg(id = "history_created_by", long = "history.created-by", value_name = "TEXT", value_parser = value::word)]
    pub(crate) created_by: Option<String>,
    /// Who the line of history says did
    #[arg(id = "history_author", long = "history.author", value_name = "TEXT", value_parser = value::word)]
    pub(crate) author: Option<String>,
    /// A comment for the line of history
    #[arg(id = "history_comment", long = "history.comment", value_name = "TEXT", value_parser = value::word)]
    pub(crate) comment: Option<String>,
    /// When the line of history says it was, RFC 3339 [default: when the image says it was made]
    #[arg(id = "history_created", long = "history.created", value_name = "TIME", value_parser = value::time)]
    pub(crate) created: Option<String>,
}
