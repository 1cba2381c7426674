//! The fields of an image's config, as flags. The same for every verb that makes or edits one.

use clap::Args;

use super::value;

/// What the config says of how to run the image.
#[derive(Debug, Args)]
#[command(next_help_heading = "Config")]
pub(crate) struct ConfigArgs {
    /// The entrypoint: a JSON array of words, or one word each time the flag is given
    #[arg(long, value_name = "WORD|JSON", value_parser = value::words, allow_hyphen_values = true)]
    pub(crate) entrypoint: Vec<value::Words>,
    /// The default arguments: a JSON array of words, or one word each time the flag is given
    #[arg(long, value_name = "WORD|JSON", value_parser = value::words, allow_hyphen_values = true)]
    pub(crate) cmd: Vec<value::Words>,
    /// Set an environment variable; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = value::pair)]
    pub(crate) env: Vec<(String, String)>,
    /// The user and group that it runs as
    #[arg(long, value_name = "USER[:GROUP]")]
    pub(crate) user: Option<String>,
    /// The directory that it runs in
    #[arg(long, value_name = "DIR")]
    pub(crate) workdir: Option<String>,
    /// Set a label; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = value::pair)]
    pub(crate) label: Vec<(String, String)>,
    /// A port that it listens on; may be repeated
    #[arg(long, value_name = "PORT[/PROTOCOL]", value_parser = value::port)]
    pub(crate) port: Vec<String>,
    /// A directory that holds data of its own; may be repeated
    #[arg(long, value_name = "DIR", value_parser = value::word)]
    pub(crate) volume: Vec<String>,
    /// The signal that stops it
    #[arg(long, value_name = "SIGNAL", value_parser = value::word)]
    pub(crate) stop_signal: Option<String>,
    /// Who made the image
    #[arg(long, value_name = "TEXT")]
    pub(crate) author: Option<String>,
}
