//! The tree in memory: by examples, against a map of paths, and against a real unpack.

mod against_map;
mod against_unpack;
mod fixture;
mod links;
mod reading;
mod usage;
