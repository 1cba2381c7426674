//! `runtime-config`, and the flags that change what a bundle runs and how.

use clap::{Args, ValueEnum, ValueHint};
use ocidian_unpack::convert::{CapabilityFlag, Cpus, EnvFlag, HookFlag, MountFlag};

use super::ids::Ids;
use super::image::ImageArgs;
use super::value;

/// Print the config.json that a bundle of an image would have
///
/// Made by the rules of image-spec's conversion.md: the image's config, completed by defaults where it is silent,
/// changed by flags. Names of users are looked up in the image's own /etc/passwd and /etc/group, for which the layers
/// that may hold them are read; nothing is unpacked.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian runtime-config oci:images:busybox > config.json
  ocidian runtime-config --rootless --args sleep --args 60 oci:images:busybox | jq .process
  ocidian runtime-config --cap-drop ALL --readonly --memory 512M oci:images:app -- /bin/app --once

The output is the document itself, always JSON. Set root.path in it, or put the tree at `rootfs` beside it.

See also: `ocidian unpack`, which takes the same flags and makes the tree too; `ocidian rootfs` for the tree alone.")]
pub(crate) struct RuntimeConfig {
    #[command(flatten)]
    pub(crate) image: ImageArgs,
    #[command(flatten)]
    pub(crate) ids: Ids,
    #[command(flatten)]
    pub(crate) runtime: RuntimeArgs,
}

/// What a person may want otherwise than the image has it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Container")]
pub(crate) struct RuntimeArgs {
    /// Run ARG... instead of the image's entrypoint and command; one word each, may be repeated, or all after `--`
    #[arg(long = "args", value_name = "ARG", allow_hyphen_values = true)]
    pub(crate) args: Vec<String>,
    /// The same, all words at once
    #[arg(last = true, value_name = "ARG", conflicts_with = "args")]
    pub(crate) rest: Vec<String>,
    /// Set a variable, or with NAME alone remove it; may be repeated
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub(crate) env: Vec<EnvFlag>,
    /// Start in PATH
    #[arg(long, value_name = "PATH")]
    pub(crate) cwd: Option<String>,
    /// Run as USER, a name of the image's or a number
    #[arg(long, value_name = "USER[:GROUP]")]
    pub(crate) user: Option<String>,
    /// The host name inside
    #[arg(long, value_name = "NAME", value_parser = value::hostname)]
    pub(crate) hostname: Option<String>,
    /// Give the process a terminal
    #[arg(long)]
    pub(crate) terminal: bool,
    /// Mount the root file system read-only
    #[arg(long)]
    pub(crate) readonly: bool,
    /// Mount something: SOURCE:TARGET[:OPTIONS], or type=bind,source=SOURCE,target=TARGET,...; may be repeated
    #[arg(long = "mount", value_name = "MOUNT", value_hint = ValueHint::AnyPath)]
    pub(crate) mounts: Vec<MountFlag>,
    /// Leave out the mounts for the image's volumes
    #[arg(long)]
    pub(crate) no_volumes: bool,
    /// Add a capability, or ALL; may be repeated
    #[arg(long, value_name = "CAP")]
    pub(crate) cap_add: Vec<CapabilityFlag>,
    /// Drop a capability, or ALL; may be repeated
    #[arg(long, value_name = "CAP")]
    pub(crate) cap_drop: Vec<CapabilityFlag>,
    /// Let setuid programs and file capabilities work
    #[arg(long)]
    pub(crate) new_privileges: bool,
    /// Have the runtime run a program, for example poststop=/bin/x,--arg; may be repeated
    #[arg(long = "hook", value_name = "STAGE=PATH[,ARG...]")]
    pub(crate) hooks: Vec<HookFlag>,
    /// Add an annotation; may be repeated
    #[arg(long = "annotation", value_name = "KEY=VALUE", value_parser = value::pair)]
    pub(crate) annotations: Vec<(String, String)>,
    /// Limit memory to SIZE (512M, 2G)
    #[arg(long, value_name = "SIZE", value_parser = value::limit)]
    pub(crate) memory: Option<u64>,
    /// Limit processor time to N processors' worth (0.5, 2)
    #[arg(long, value_name = "N")]
    pub(crate) cpus: Option<Cpus>,
    /// Leave readable what in /proc and /sys tells of the host
    #[arg(long)]
    pub(crate) no_masked_paths: bool,
    /// Leave writable what in /proc changes the host
    #[arg(long)]
    pub(crate) no_readonly_paths: bool,
    /// Share a namespace with whoever starts the container, instead of a new one; may be repeated
    #[arg(long = "no-namespace", value_name = "KIND", value_enum)]
    pub(crate) shared: Vec<Namespace>,
}

/// The namespaces that a container can do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Namespace {
    Cgroup,
    Ipc,
    Network,
    Pid,
    Uts,
}
