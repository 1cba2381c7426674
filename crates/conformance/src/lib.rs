//! Conformance cases for tools that unpack OCI images, and a runner that tries a tool on them.
//!
//! Each [`Case`] is an image layout, written byte by byte, and the outcome that image-spec asks
//! for: a tree, or a refusal. They are data that any tool can use: [`write_all`] writes them with a
//! `cases.json` that says what is expected, [`runner::run_unpack`] does the comparing itself.
//!
//! ```no_run
//! # fn main() -> std::io::Result<()> {
//! let cases = ocidian_conformance::cases();
//! let report = ocidian_conformance::runner::run_unpack(
//!     "umoci unpack --image {layout}:{tag} {bundle}",
//!     &cases,
//!     &ocidian_conformance::runner::Options::default(),
//! )?;
//! eprint!("{report}");
//! # Ok(())
//! # }
//! ```

pub mod case;
mod cases;
pub mod gzip;
pub mod layout;
pub mod runner;
pub mod tar;
pub mod tree;
pub mod zstd;

pub use case::{Case, Expectation, Limits, Refusal, write_all};
pub use cases::cases;
pub use tree::{ExpectedEntry, ExpectedKind};
