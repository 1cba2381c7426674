//! `conformance`: other programs over the conformance cases, and the cases as files.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::{FormatArgs, value};

/// Run another program over the conformance cases, or write the cases to a directory
///
/// The cases are image layouts and runtime bundles, each with the outcome that the specifications ask for: legal ones
/// however odd, and such as must be refused, most of them hostile. A program under test runs with your rights on input
/// that is made to break out of its target: try one that you do not trust in a virtual machine.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian conformance unpack --tool 'umoci unpack --image {layout}:{tag} {bundle}'
  ocidian conformance validate --tool 'oci-image-tool validate --type image --ref name={tag} {layout}'
  ocidian conformance cases ./cases && jq '.validate[] | select(.verdict == \"invalid\") | .path' cases/cases.json

See also: `ocidian validate`, which checks a layout of your own.")]
pub(crate) struct Conformance {
    #[command(subcommand)]
    pub(crate) what: ConformanceVerb,
}

/// What to do with the cases.
#[derive(Debug, Subcommand)]
pub(crate) enum ConformanceVerb {
    Unpack(ConformanceUnpack),
    Validate(ConformanceValidate),
    Cases(ConformanceCases),
}

/// Run a program that makes a directory from an image layout, and compare what it makes
///
/// Each case has a sandbox of its own with sentinels outside of the target, which must be untouched. A case is passed
/// if the tree is the one expected or the image is refused with nothing left; flawed if it is rightly refused with
/// another exit code, or without the place in the message; failed otherwise. As root owners and devices are compared,
/// too.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian conformance unpack --tool 'umoci unpack --image {layout}:{tag} {bundle}'
  ocidian conformance unpack --tool 'mytool {layout} {tag} {bundle} [--max {max_bytes} {max_entries}]' 'pax-*'
  ocidian conformance unpack --rootfs . --tool './unpack.sh {layout} {tag} {bundle}' --format json

The command is split at blanks; no shell reads it. {layout}, {tag} and {bundle} stand for the image layout, the name of
its image, and the target, which does not exist. What stands in brackets is for cases with limits, {max_bytes} and
{max_entries}; without brackets these cases are skipped.

JSON: an object with `tool`, `notCompared`, the counts `passed`, `flawed`, `failed` and `skipped`, and `cases`, each with
`id`, `title`, `section`, `verdict`, `reasons`, `message` (of the program) and `peakMemory` in bytes.

Exit codes: 0 every case passed or was skipped, 1 some did not, 2 the command is malformed or cannot be run.")]
pub(crate) struct ConformanceUnpack {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Where in the target the tree is; . where the program fills the target itself
    #[arg(long, value_name = "DIR", default_value = "rootfs", value_hint = ValueHint::Other)]
    pub(crate) rootfs: PathBuf,
}

/// Run a program that checks an image layout, and compare its verdicts
///
/// The program's exit code is its verdict: 0 accepts, any other refuses. It must refuse the cases that are invalid, and
/// accept those that are valid or only odd; what it says of these is its own affair.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian conformance validate --tool 'oci-image-tool validate --type image --ref name={tag} {layout}'
  ocidian conformance validate --tool 'skopeo copy oci:{layout}:{tag} dir:{bundle}' 'layer-*'
  ocidian conformance validate --tool 'oci-runtime-tool validate --path {bundle}'

The command is split at blanks; no shell reads it. {layout} and {tag} stand for the image layout and the name of its
image, {bundle} for a path where the program may write. With {tag}, cases that are about more than one image are
skipped. A command with {bundle} and without {layout} is run over the
runtime bundles instead.

JSON and exit codes are those of `ocidian conformance unpack`.")]
pub(crate) struct ConformanceValidate {
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// Write the cases to a directory, with cases.json, for a harness of your own
///
/// The same bytes each time. Each case is a directory below unpack/ or validate/; cases.json has for each what it is
/// about, the section of the specification, and the outcome: a tree or a verdict.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian conformance cases ./cases
  jq -r '.unpack[] | select(.exitCode == 0) | .path' cases/cases.json")]
pub(crate) struct ConformanceCases {
    /// The directory; made if need be, else it must be empty
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,
}

/// How to run a program over cases.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The program's command, with places to fill in
    #[arg(long, value_name = "COMMAND", value_hint = ValueHint::CommandString)]
    pub(crate) tool: String,
    /// Only cases of these ids; `*` stands for any letters
    #[arg(value_name = "CASE")]
    pub(crate) cases: Vec<String>,
    /// What to show of the cases
    #[arg(long, value_enum, default_value_t, value_name = "WHICH")]
    pub(crate) show: Show,
    /// Most seconds that a case may take
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) timeout: Duration,
    /// Most memory that the program may take, as 256M; a case that takes more has failed
    #[arg(long, value_name = "SIZE", value_parser = value::limit)]
    pub(crate) max_memory: Option<u64>,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Which cases a report shows; it counts all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Show {
    /// Every case
    #[default]
    All,
    /// Those that failed or were flawed
    Bad,
    /// None: the summary alone
    None,
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u32>() {
        Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds.into())),
        _ => Err("expected a number of seconds, 1 or more".to_owned()),
    }
}
