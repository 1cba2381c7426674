//! Writes all cases to a directory, or runs a tool over them.
//!
//! ```text
//! unpack_cases DIR                    one image layout a case, and cases.json
//! unpack_cases --run COMMAND [ID...]  a table of how the tool does (see runner::run_unpack)
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::Path;
use std::process::ExitCode;

use ocidian_conformance::runner::{Options, run_unpack};
use ocidian_conformance::{cases, write_all};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--run", tool, ref ids @ ..] => {
            let mut chosen = cases();
            chosen.retain(|case| ids.is_empty() || ids.contains(&case.id));
            run_unpack(tool, &chosen, &Options::default()).map(|report| {
                println!("{report}");
                if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
            })
        }
        [dir] => write_all(&cases(), Path::new(dir)).map(|()| ExitCode::SUCCESS),
        _ => {
            eprintln!("usage: unpack_cases DIR | unpack_cases --run COMMAND [ID...]");
            return ExitCode::from(2);
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}
