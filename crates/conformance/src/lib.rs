//! Conformance cases for tools that read OCI images, and a runner that tries a tool on them.
//!
//! There are two kinds, all written byte by byte. A [`Case`] is an image layout to unpack, and the outcome that
//! image-spec asks for: a tree, or a refusal. A [`ValidationCase`] is a layout or a runtime bundle to validate, and
//! the verdict: valid, odd but legal, or invalid by one defect, which is named. Where the specification leaves a
//! choice, the outcome is what the common readers agree on; where they differ about bytes that decide the tree, a
//! refusal. The cases are data: nothing here reads an image, so no mistake of a reader can hide in them.
//!
//! # Trying another tool
//!
//! Any program that makes a directory from an image layout, or says whether one is right, can be tried. Its command
//! is a template; the places to fill in are those that [`runner::run_unpack`] and [`runner::run_validate`] describe:
//!
//! ```text
//! ocidian conformance unpack --tool 'umoci unpack --image {layout}:{tag} {bundle}'
//! ocidian conformance unpack --tool 'mytool {layout} {tag} {bundle} [--bytes {max_bytes} --entries {max_entries}]'
//! ocidian conformance validate --tool 'oci-image-tool validate --type image {layout}'
//! ```
//!
//! Four things may come out for a case:
//!
//! - *passed*: the tree is the one expected, or the image was refused, with nothing left behind; of a validator,
//!   the verdict is right;
//! - *flawed*: rightly refused, but with another exit code than [`Refusal::exit_code`], without the
//!   place in the message, or with the target left; for most tools only habits differ here;
//! - *failed*: a wrong tree, something legal refused, something forbidden accepted, a crash, a hang,
//!   too much memory, or **anything changed outside of the target**;
//! - *skipped*: the tool's command has no place for what the case is about.
//!
//! The tool runs with the caller's rights, on input that is made to break out of its target: try
//! one that you do not trust in a virtual machine. As root everything is compared; an ordinary user
//! can make neither owners nor devices, and [`runner::Report::not_compared`] says what was left out.
//!
//! A harness in another language takes the cases as files: [`write_all`] writes them, and a
//! `cases.json` that says what is expected.
//!
//! # Example
//!
//! What a case holds, and a tool that refuses everything, which is right for hostile images alone:
//!
//! ```
//! use ocidian_conformance::runner::{Options, Verdict, run_unpack};
//! use ocidian_conformance::{Expectation, cases};
//!
//! # fn main() -> std::io::Result<()> {
//! let chosen: Vec<_> =
//!     cases().into_iter().filter(|case| ["path-absolute", "path-dot-dot"].contains(&case.id)).collect();
//! assert!(matches!(chosen[0].expect, Expectation::Tree(_)));
//! assert!(matches!(chosen[1].expect, Expectation::Refused { .. }));
//! assert!(chosen[1].layout()?.files().contains_key("index.json"));
//!
//! let report = run_unpack("false {layout} {bundle}", &chosen, &Options::default())?;
//! assert!(matches!(report.cases[0].verdict, Verdict::Failed(_)));
//! // Refused, but not a word about where.
//! assert!(matches!(report.cases[1].verdict, Verdict::Flawed(_)));
//! # Ok(())
//! # }
//! ```

pub mod bundle;
pub mod case;
mod cases;
pub mod edit;
pub mod gzip;
pub mod layout;
pub mod runner;
pub mod tar;
pub mod tree;
pub mod validation;
mod verdicts;
mod write;
pub mod zstd;

pub use case::{Case, Expectation, Limits, Refusal};
pub use cases::cases;
pub use tree::{ExpectedEntry, ExpectedKind};
pub use validation::{Conformity, FindingLevel, ValidationCase};
pub use verdicts::validation_cases;
pub use write::write_all;
