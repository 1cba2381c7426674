//! Ocidian's own chores, each a verb: `cargo xtask test`, `demo`, `fixtures`, `generate`, `bench`, `dist`.
//!
//! Written in Rust rather than shell so that a fresh clone needs Rust and nothing else to begin.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to a person")]

mod bench;
mod demo;
mod dist;
mod fixtures;
mod generate;
mod packages;
mod steps;
mod test;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Ocidian's own chores
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run everything that has to hold before a change goes in
    Test(test::Options),
    /// Unpack the shipped image, show what came of it, and run it where that is possible
    Demo(demo::Options),
    /// Write the committed fixtures anew
    Fixtures(generate::Check),
    /// Write man pages and completions
    Generate(generate::Options),
    /// Build the program as one static file, and see that it runs where nothing else is
    Dist(dist::Options),
    /// Measure beside other tools
    Bench(bench::Options),
    /// Run a program once and write down what it cost
    #[command(name = "__measure", hide = true)]
    Measure(bench::measure::Options),
    /// Do a part of what unpacking does
    #[command(name = "__floor", hide = true, subcommand)]
    Floor(bench::floor::Part),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().verb {
        Verb::Test(options) => test::run(&options),
        Verb::Demo(options) => demo::run(&options),
        Verb::Fixtures(check) => fixtures::run(check.check),
        Verb::Generate(options) => generate::run(&options),
        Verb::Dist(options) => dist::run(&options),
        Verb::Bench(options) => bench::run(&options),
        Verb::Measure(options) => bench::measure::run(&options),
        Verb::Floor(part) => bench::floor::run(&part),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
