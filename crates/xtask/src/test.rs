//! `cargo xtask test`: the one command that runs every test, here and wherever changes are checked.
//!
//! Parts run to the end even when an earlier one failed, so that one run tells everything.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use ocidian_testkit::peers::Peer;
use serde_json::Value;

use crate::steps::Steps;
use crate::tools::{cargo, is_ci};
use crate::{bench, dist, fixtures, generate, packages};

#[derive(Args)]
pub(crate) struct Options {
    /// Run these parts alone
    #[arg(long, value_enum, value_name = "PART", num_args = 1.., value_delimiter = ',')]
    only: Vec<Part>,
    /// Install nothing: use the tools that there are
    #[arg(long)]
    no_install: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Install the tools that the tests compare with
    Tools,
    /// rustfmt
    Format,
    /// clippy, warnings denied
    Clippy,
    /// The libraries' documentation, warnings denied
    Docs,
    /// Generated files and fixtures are up to date
    Generated,
    /// Every test but the end-to-end ones
    Unit,
    /// The end-to-end tests
    E2e,
    /// Examples in the documentation
    Doctests,
    /// The static binary: that it runs alone, and that its commands take no more instructions than recorded
    Release,
    /// Licences, bans and sources, where cargo-deny is installed
    Deny,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let wanted = |part: Part| options.only.is_empty() || options.only.contains(&part);
    let mut steps = Steps::default();
    let nextest = succeeds(&["nextest", "--version"]);

    if wanted(Part::Tools) || wanted(Part::E2e) || wanted(Part::Release) {
        steps.function("tools", || tools(options.no_install));
    }
    if wanted(Part::Format) {
        steps.commands("format", vec![with(&["fmt", "--all", "--check"])]);
    }
    if wanted(Part::Clippy) {
        let clippy = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
        steps.commands("clippy", vec![with(&clippy)]);
    }
    if wanted(Part::Docs) {
        // Of the libraries: the binary's doc comments are its help texts, which are no Markdown.
        let mut docs = with(&["doc", "--workspace", "--no-deps", "--lib"]);
        docs.env("RUSTDOCFLAGS", "-D warnings");
        steps.commands("docs", vec![docs]);
    }
    if wanted(Part::Unit) {
        steps.commands("unit", unit(nextest)?);
    }
    if wanted(Part::E2e) {
        steps.commands("e2e", end_to_end(nextest));
    }
    if wanted(Part::Doctests) {
        steps.commands("doctests", vec![with(&["test", "--workspace", "--doc"])]);
    }
    if wanted(Part::Generated) {
        steps.function("generated", || {
            fixtures::run(true)?;
            generate::check()?;
            Ok(vec!["up to date".to_owned()])
        });
    }
    if wanted(Part::Release) {
        steps.function("release", release);
    }
    if wanted(Part::Deny) {
        if succeeds(&["deny", "--version"]) {
            steps.commands("deny", vec![with(&["deny", "check", "bans", "licenses", "sources"])]);
        } else {
            let line = "cargo-deny is not installed; the e2e test `architecture` checks the same lists";
            steps.function("deny", || Ok(vec![line.to_owned()]));
        }
    }
    steps.finish()
}

fn tools(no_install: bool) -> Result<Vec<String>> {
    let missing = if no_install { packages::missing() } else { packages::install()? };
    if missing.is_empty() {
        return Ok(vec!["all there".to_owned()]);
    }
    let line = format!("missing, and with each the tests that need it: {}", missing.join(" "));
    if is_ci() { bail!("{line}; CI=true allows no skips") } else { Ok(vec![line]) }
}

/// One build serves both: what is counted is what is copied to other machines.
fn release() -> Result<Vec<String>> {
    let (binary, mut lines) = dist::make(None)?;
    if Peer::find("valgrind").is_some() {
        lines.extend(bench::check::check(&binary)?);
    } else {
        lines.push("valgrind is not installed: its instructions are not counted".to_owned());
    }
    Ok(lines)
}

fn with(arguments: &[&str]) -> Command {
    let mut command = cargo();
    command.args(arguments);
    command
}

fn succeeds(arguments: &[&str]) -> bool {
    Peer::find("cargo").is_some() && with(arguments).output().is_ok_and(|output| output.status.success())
}

/// The whole workspace each time, so that the features of dependencies are the same and nothing
/// is built twice.
fn unit(nextest: bool) -> Result<Vec<Command>> {
    if nextest {
        let but_e2e = "not (package(=ocidian) & kind(test))";
        return Ok(vec![with(&with_profile(&["nextest", "run", "--workspace", "-E", but_e2e]))]);
    }
    let mut command = with(&["test", "--workspace", "--lib", "--bins"]);
    for name in integration_tests()? {
        command.args(["--test", &name]);
    }
    Ok(vec![command])
}

fn end_to_end(nextest: bool) -> Vec<Command> {
    if nextest {
        let e2e = "package(=ocidian) & kind(test)";
        return vec![with(&with_profile(&["nextest", "run", "--workspace", "-E", e2e]))];
    }
    vec![with(&["test", "--workspace", "--test", "e2e", "--", "--test-threads=2"])]
}

/// The names of all test binaries but the end-to-end one: cargo can be told which to run, not
/// which to leave out.
fn integration_tests() -> Result<BTreeSet<String>> {
    let metadata = with(&["metadata", "--format-version=1", "--no-deps", "--offline"]).output()?;
    let metadata: Value = serde_json::from_slice(&metadata.stdout).context("cargo metadata")?;
    let packages = metadata["packages"].as_array().context("packages")?;
    let targets = packages.iter().filter_map(|package| package["targets"].as_array()).flatten();
    let tests = targets.filter(|target| target["kind"][0] == "test");
    let names = tests.filter_map(|target| target["name"].as_str());
    Ok(names.filter(|name| *name != "e2e").map(str::to_owned).collect())
}

fn with_profile<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = arguments.to_vec();
    if is_ci() {
        arguments.extend(["--profile", "ci"]);
    }
    arguments
}
