//! The conformance cases, by the validator itself: each breaks the rules that it says, and no others.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod bundles;
mod layers;
mod layouts;
mod reading;
