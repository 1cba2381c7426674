//! Runtime bundles.

use crate::validation::{Conformity, ValidationCase as Case};

pub(super) fn cases() -> Vec<Case> {
    vec![Case::bundle(
        [
            "bundle",
            "a bundle",
            "bundle.md, Filesystem Bundle",
            "A config.json and the root file system that it names.",
        ],
        Conformity::Valid,
        |_| {},
    )]
}
