//! `completion` and `man`: what a package installs beside the binary.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Print a completion script for a shell
///
/// The script completes verbs, flags, their values and paths. It is made from the command line's own grammar, so it
/// always fits the binary that printed it.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian completion bash > ~/.local/share/bash-completion/completions/ocidian
  ocidian completion zsh > ~/.zfunc/_ocidian
  ocidian completion fish > ~/.config/fish/completions/ocidian.fish")]
pub(crate) struct Completion {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Print a manual page, or write all of them to a directory
///
/// Without arguments the page of ocidian itself; with a verb, that verb's. The pages say what --help says.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian man unpack | man -l -
  ocidian man index add | man -l -
  ocidian man --dir /usr/local/share/man/man1")]
pub(crate) struct Man {
    /// The verb whose page to print
    #[arg(conflicts_with = "dir")]
    pub(crate) verb: Vec<String>,
    /// Write every page to DIR, each as ocidian-VERB.1; DIR is made if need be
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,
}
