//! What is left out of a scan.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use ocidian_build::ignore::Ignore;
use ocidian_build::scan::ScanOptions;

use crate::scan::{paths, tree};

fn without(patterns: &[&str]) -> ScanOptions {
    let mut ignore = Ignore::default();
    patterns.iter().for_each(|pattern| ignore.push(pattern).unwrap());
    ScanOptions { ignore, ..ScanOptions::default() }
}

#[test]
fn what_is_left_out_is_not_entered() {
    let tree = tree(&["a/b/c", "a/d", "e.o", "f/e.o"]);
    let locked = tree.path().join("a/b");
    fs::set_permissions(&locked, Permissions::from_mode(0o0)).unwrap();
    let kept = paths(tree.path(), &without(&["a/b", "**/*.o"]));
    fs::set_permissions(&locked, Permissions::from_mode(0o700)).unwrap();
    assert_eq!(kept, ["a", "a/d", "f"]);
}

#[test]
fn what_is_taken_back_brings_the_directories_above_it() {
    let tree = tree(&["a/b/keep", "a/b/c", "a/d/e", "f/keep", "g/h/i/keep", "g/x", "j/k"]);
    let kept = paths(tree.path(), &without(&["*", "!a/b/keep", "!g/h", "g/h/i/keep"]));
    assert_eq!(kept, ["a", "a/b", "a/b/keep", "g", "g/h", "g/h/i"]);
    let kept = paths(tree.path(), &without(&["*", "!**/keep"]));
    assert_eq!(kept, ["a", "a/b", "a/b/keep", "f", "f/keep", "g", "g/h", "g/h/i", "g/h/i/keep"]);
}
