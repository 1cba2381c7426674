//! The engine as its callers see it.

mod against_model;
mod changes;
mod image;
mod model;
