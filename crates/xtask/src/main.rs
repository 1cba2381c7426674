//! Ocidian's own chores.
fn main() {}
