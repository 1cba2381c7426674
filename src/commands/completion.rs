//! `completion`: a shell's completion script, from the grammar itself.

use std::io::Write;

use clap::CommandFactory;

use crate::cli::{Cli, Completion};
use crate::report;

pub(crate) fn run(args: &Completion) -> anyhow::Result<()> {
    // The generator panics where it cannot write, so it never sees stdout.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "ocidian", &mut script);
    report::to_stdout(|out| out.write_all(&script))
}
