//! The engine as its callers see it.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]
#![allow(clippy::disallowed_methods, reason = "the tests look at what the library made, from outside")]

mod against_model;
mod changes;
mod crowds;
mod image;
mod linked_below;
mod model;
mod owned_last;
mod pending;
mod repeats;
mod writers;
