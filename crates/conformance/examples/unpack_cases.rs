//! Writes all cases to a directory, or runs a tool over them.
//!
//! ```text
//! unpack_cases DIR
//!     one image layout a case, and cases.json
//! unpack_cases --run COMMAND [--rootfs DIR] [--max-memory BYTES] [ID...]
//!     a table of how the tool does; see ocidian_conformance::runner
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ocidian_conformance::runner::{Options, run_unpack};
use ocidian_conformance::{cases, write_all};

const USAGE: &str =
    "usage: unpack_cases DIR | unpack_cases --run COMMAND [--rootfs DIR] [--max-memory BYTES] [ID...]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--run", tool, ref rest @ ..] => run(tool, rest),
        [dir] => write_all(&cases(), Path::new(dir)).map(|()| true),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, USAGE)),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Whether the tool did all of it well.
fn run(tool: &str, mut rest: &[&str]) -> io::Result<bool> {
    let mut options = Options::default();
    loop {
        rest = match *rest {
            ["--rootfs", dir, ref rest @ ..] => {
                options.rootfs = PathBuf::from(dir);
                rest
            }
            ["--max-memory", bytes, ref rest @ ..] => {
                options.max_memory = Some(bytes.parse().map_err(io::Error::other)?);
                rest
            }
            _ => break,
        };
    }
    let mut chosen = cases();
    if let Some(id) = rest.iter().find(|id| !chosen.iter().any(|case| case.id == **id)) {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no case {id:?}")));
    }
    chosen.retain(|case| rest.is_empty() || rest.contains(&case.id));
    let report = run_unpack(tool, &chosen, &options)?;
    print!("{report}");
    Ok(report.is_clean())
}
