//! A JSON document as a validator sees it: every fault found, nothing merged, each value with its place.

mod document;
mod numbers;
mod parse;
pub mod schema;

pub use document::{Document, Kind, Value};
pub use parse::parse;
