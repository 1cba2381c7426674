//! What was typed: the grammar of the command line, as clap derives it from these types.
//!
//! Nothing here does any work. Values that have a grammar of their own (images, platforms, ranges
//! of ids, sizes) are parsed here, so that a wrong one is a usage error before anything is opened.

mod append;
mod build;
mod compress;
mod config;
mod conformance;
mod copy;
mod diff;
mod edit;
mod gc;
mod groups;
mod ids;
mod image;
mod index;
mod insert;
mod layout;
mod look;
mod mutate;
mod parse;
mod rebase;
mod refuse;
mod repack;
mod runtime;
mod shell;
mod squash;
mod unpack;
mod validate;
pub(crate) mod value;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use append::Append;
pub(crate) use build::{Build, FileArgs, OutputArgs};
pub(crate) use compress::CompressArgs;
pub(crate) use config::ConfigArgs;
pub(crate) use conformance::{Conformance, ConformanceVerb, RunArgs, Show};
pub(crate) use copy::{CopyArgs, ManifestType};
pub(crate) use diff::Diff;
pub(crate) use edit::{EditArgs, HistoryArgs, ResultArgs};
pub(crate) use gc::Gc;
pub(crate) use groups::Group;
pub(crate) use ids::Ids;
pub(crate) use image::ImageArgs;
pub(crate) use index::{Add, Annotate, Create, Index, IndexVerb, Remove};
pub(crate) use insert::Insert;
pub(crate) use layout::{Init, New, Rm, Tag};
pub(crate) use look::{Cat, Inspect, Ls};
pub(crate) use mutate::{Clear, Mutate};
pub(crate) use parse::parse;
pub(crate) use rebase::Rebase;
pub(crate) use refuse::refuse;
pub(crate) use repack::Repack;
pub(crate) use runtime::{Namespace, RuntimeArgs, RuntimeConfig};
pub(crate) use shell::{Completion, Man};
pub(crate) use squash::Squash;
pub(crate) use unpack::{Form, Rootfs, TreeArgs, Unpack};
pub(crate) use validate::{Kind, ReportFormat, Validate};

/// A toolkit for OCI images at rest.
#[derive(Debug, Parser)]
#[command(
    name = "ocidian",
    version,
    about = "A toolkit for OCI images at rest: copy, inspect, edit, build, validate and unpack them",
    long_about = "A toolkit for OCI images at rest: it copies images between layouts, archives and directories, keeps \
        layouts in order, looks into images without unpacking them, builds, edits and validates them, and makes \
        runtime bundles of them. Every byte is checked against its digest before it is used.",
    after_long_help = IMAGES_AND_EXITS,
    infer_long_args = false,
    propagate_version = false,
    disable_help_subcommand = false,
    max_term_width = 110
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const IMAGES_AND_EXITS: &str = "\
Naming an image (one grammar for every verb):
  oci:PATH[:TAG], oci:PATH@DIGEST   an image layout directory
  oci-archive:FILE[:TAG]            a layout in a tar, plain, gzip'd or zstd'd
  docker-archive:FILE[:NAME:TAG]    what `docker save` and `podman save` write
  dir:PATH                          skopeo's flat directory
  a bare word                       a path if it starts with `.` or `/` or exists; its kind is found by looking
The tag may be left out where there is only one image. `-` as a FILE is standard input, or standard output.

Exit codes:
  0  done
  1  failed
  2  used wrongly
  3  not found: no such file, tag, platform or blob
  4  not allowed in: permission to read or to write was refused
  5  content failed verification: a digest, size or diff_id is wrong
A command that SIGINT or SIGTERM stops cleans up, then ends by that signal (130 and 143 in a shell).

Environment:
  NO_COLOR            no colours, wherever they would be used
  SOURCE_DATE_EPOCH   the time that what is made says it was made, in seconds since 1970

Examples:
  ocidian copy busybox.tar oci:images:busybox && ocidian ls images
  ocidian unpack oci:images:busybox bundle && cd bundle && runc run test";

/// Switches that every verb takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Global {
    /// Say nothing but data and errors: no progress, notes, warnings or summaries
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// No progress bars, even on a terminal
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
    /// Log what is being done to stderr
    #[arg(long, global = true)]
    pub(crate) debug: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Unpack(Box<Unpack>),
    Rootfs(Rootfs),
    RuntimeConfig(Box<RuntimeConfig>),
    Append(Box<Append>),
    Build(Box<Build>),
    Insert(Box<Insert>),
    Repack(Box<Repack>),
    Mutate(Box<Mutate>),
    Squash(Box<Squash>),
    Rebase(Box<Rebase>),
    Inspect(Inspect),
    Ls(Ls),
    Cat(Cat),
    Diff(Box<Diff>),
    Validate(Box<Validate>),
    Conformance(Conformance),
    Copy(Box<CopyArgs>),
    Init(Init),
    New(New),
    Tag(Tag),
    Rm(Rm),
    Index(Index),
    Gc(Gc),
    Completion(Completion),
    Man(Man),
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people; may change from version to version
    #[default]
    Text,
    /// For programs; members are added, never renamed or removed
    Json,
}

/// `--format`, for every verb that reports.
#[derive(Debug, Args)]
pub(crate) struct FormatArgs {
    /// How to report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: Format,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// The command, its verbs and theirs.
    fn all() -> Vec<clap::Command> {
        let mut root = Cli::command().disable_help_subcommand(true);
        root.build();
        let mut all = vec![root];
        let mut at = 0;
        while let Some(command) = all.get(at) {
            let below: Vec<_> =
                command.get_subcommands().filter(|it| it.get_name() != "help").cloned().collect();
            all.extend(below);
            at += 1;
        }
        all
    }

    #[test]
    fn the_grammar_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_verb_has_long_help_with_an_example() {
        for verb in all().iter().skip(1) {
            let name = verb.get_bin_name().unwrap();
            assert!(verb.get_about().is_some(), "{name}");
            let help = verb.clone().render_long_help().to_string();
            assert!(help.contains(&format!("  {name} ")), "{name}: no example\n{help}");
        }
    }

    #[test]
    fn every_argument_is_explained() {
        for command in all() {
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{} {}", command.get_name(), arg.get_id());
            }
        }
    }
}
