//! `mutate`: config, annotations and history.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use ocidian_spec::Platform;

use super::config::ConfigArgs;
use super::edit::EditArgs;
use super::value;

/// Edit the config and the annotations of an image
///
/// What is named changes; all else stays as it is, members that Ocidian does not know included. The order is fixed: a
/// whole config first, then what is cleared, then what is taken out of lists, then what is set. An image that is part
/// of a multi-platform one is chosen by --platform and replaced in it; the others stay.
///
/// When another process changes the same tag at the same time, the edit is made again on what that one wrote.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian mutate oci:images:app --env DEBUG=1 --label team=blue
  ocidian mutate oci:images:app --entrypoint '[\"/bin/app\", \"-v\"]' --clear cmd -t debug
  ocidian mutate oci:images:app --annotation org.opencontainers.image.version=1.2
  ocidian mutate oci:images:app --history.comment 'labels of the release' --unset-label draft

JSON: an object with `image`, `digest`, `mediaType`, `size`, `manifest`, `config`, `was` and `notes`.

See also: `ocidian inspect --config` for what the config says, `ocidian append` and `ocidian insert` for files.")]
pub(crate) struct Mutate {
    #[command(flatten)]
    pub(crate) edit: EditArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) more: More,
}

/// The rest of the edit.
#[derive(Debug, Args)]
#[command(next_help_heading = "Config")]
pub(crate) struct More {
    /// Take the whole config from FILE, as JSON; without `rootfs` or `history` there the image's own stay
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config_file: Option<PathBuf>,
    /// Clear a field; may be repeated
    #[arg(long, value_enum, value_name = "FIELD")]
    pub(crate) clear: Vec<Clear>,
    /// Take out an environment variable; may be repeated
    #[arg(long, value_name = "NAME", value_parser = value::word)]
    pub(crate) unset_env: Vec<String>,
    /// Take out a label; may be repeated
    #[arg(long, value_name = "KEY", value_parser = value::word)]
    pub(crate) unset_label: Vec<String>,
    /// Take out a port; may be repeated
    #[arg(long, value_name = "PORT[/PROTOCOL]", value_parser = value::port)]
    pub(crate) unset_port: Vec<String>,
    /// Take out a volume; may be repeated
    #[arg(long, value_name = "DIR", value_parser = value::word)]
    pub(crate) unset_volume: Vec<String>,
    /// Say that the image is for another platform
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    pub(crate) set_platform: Option<Platform>,
    /// Say when the image was made, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = value::time)]
    pub(crate) created: Option<String>,
    /// Set an annotation, on the manifest or after `config-descriptor:`, `manifest-descriptor:` or `index:` on that; may be
    /// repeated
    #[arg(long, value_name = "[ON:]KEY=VALUE", value_parser = value::annotation)]
    pub(crate) annotation: Vec<value::Annotation>,
    /// Take out an annotation; may be repeated
    #[arg(long, value_name = "[ON:]KEY", value_parser = value::annotation_key)]
    pub(crate) unset_annotation: Vec<value::Annotation>,
}

/// What can be cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Clear {
    Entrypoint,
    Cmd,
    Env,
    User,
    Workdir,
    Label,
    Port,
    Volume,
    StopSignal,
    Author,
    Created,
    /// All of the manifest's
    Annotation,
}
