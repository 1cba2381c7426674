//! What is in the images: the scripts, in the order of the layers.

/// Fetches into `$1`: `debian.tar` and packages that depend on nothing more than it has.
pub(super) const PARTS: &str = include_str!("parts.sh");

/// One script a layer; `$1` is the root directory, `$2` where the parts are.
pub(super) const STAGES: [&str; 5] = [
    include_str!("1-base.sh"),
    include_str!("2-packages.sh"),
    include_str!("3-odd.sh"),
    include_str!("4-removals.sh"),
    include_str!("5-again.sh"),
];

/// A layer to be taken literally: its opaque marker is one that no writer here would make.
pub(super) const OPAQUE: &str = include_str!("6-opaque.sh");

/// Everything that decides what the images hold.
pub(super) fn text() -> String {
    let mut text = STAGES.join("\n");
    text.push_str(OPAQUE);
    text.push_str(include_str!("writers.rs"));
    text
}
