//! Whiteouts, and what else has a name that begins with `.wh.`.

use ocidian_layer::EntryPath;
use ocidian_layer::tar::{RawEntry, typeflag};

use super::entries::{Entries, at};
use super::seen::Kind;
use crate::findings::Findings;
use crate::rules::layer as rules;

const PREFIX: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
const BOOKKEEPING: &[u8] = b".wh..wh.";

/// The path of the marker that hides all that lower layers have in `directory`.
pub(super) fn opaque_in(directory: &[u8]) -> Vec<u8> {
    if directory.is_empty() { OPAQUE.to_vec() } else { [directory, b"/", OPAQUE].concat() }
}

/// Whether a component of the name begins as whiteouts do.
pub(super) fn is_named(path: &[u8]) -> bool {
    path.split(|b| *b == b'/').any(|name| name.starts_with(PREFIX))
}

/// Looks at an entry with such a name; whether it is no file of its own, which nothing else looks at then.
pub(super) fn look(entries: &mut Entries, raw: &RawEntry, path: &EntryPath, findings: &mut Findings) -> bool {
    let Some((parent, name)) = path.split() else { return false };
    let mut parents = parent.split(|b| *b == b'/').filter(|name| name.starts_with(PREFIX));
    match parents.next() {
        Some(above) if above.starts_with(BOOKKEEPING) => {
            findings.add(&rules::BOOKKEEPING, at(raw), "it lies in a directory of AUFS's own");
            return true;
        }
        Some(above) => {
            let message = format!("it lies below {}", above.escape_ascii());
            findings.add(&rules::WHITEOUT_BELOW, at(raw), message);
            return true;
        }
        None => {}
    }
    match name.strip_prefix(PREFIX) {
        None => return false,
        Some(b"" | b"." | b"..") => {
            findings.add(&rules::WHITEOUT_NAME, at(raw), "it is a whiteout of nothing");
            return true;
        }
        Some(_) if name == OPAQUE => {
            findings.add(&rules::OPAQUE, at(raw), "it hides all that lower layers have here");
            unique(entries, raw, path, findings);
        }
        Some(_) if name.starts_with(BOOKKEEPING) => {
            findings.add(&rules::BOOKKEEPING, at(raw), "it is a file of AUFS's own");
            return true;
        }
        Some(hidden) => hide(entries, raw, &[parent, b"/", hidden].concat(), findings),
    }
    if entries.seen.get(parent).has_child {
        findings.add(&rules::WHITEOUT_ORDER, at(raw), "siblings stand before it");
    }
    empty_file(raw, findings);
    true
}

fn hide(entries: &mut Entries, raw: &RawEntry, hidden: &[u8], findings: &mut Findings) {
    // A whiteout in the root has no parent to join with.
    let hidden = hidden.strip_prefix(b"/").unwrap_or(hidden);
    let before = entries.seen.update(hidden, |known| known.hidden = true);
    if before.hidden {
        findings.add(&rules::DUPLICATE, at(raw), "a whiteout before it has the same path");
    }
    if before.kind != Kind::None {
        both(raw, findings);
    }
}

fn unique(entries: &mut Entries, raw: &RawEntry, path: &EntryPath, findings: &mut Findings) {
    if entries.seen.update(path.as_bytes(), |known| known.kind = Kind::Other).kind != Kind::None {
        findings.add(&rules::DUPLICATE, at(raw), "an entry before it has the same path");
    }
}

/// An entry and its whiteout in one layer.
pub(super) fn both(raw: &RawEntry, findings: &mut Findings) {
    findings.add(&rules::WHITEOUT_ENTRY, at(raw), "the layer both hides this path and puts it");
}

/// A whiteout is an empty regular file, or, as AUFS wrote them, another name of one.
fn empty_file(raw: &RawEntry, findings: &mut Findings) {
    let links_to_one = raw.typeflag == typeflag::HARDLINK && is_named(&raw.link);
    if raw.typeflag != typeflag::FILE && !links_to_one {
        let message = format!("it is of type `{}`, not a regular file", raw.typeflag.escape_ascii());
        findings.add(&rules::WHITEOUT_FILE, at(raw), message);
    } else if raw.size > 0 {
        findings.add(&rules::WHITEOUT_FILE, at(raw), format!("it holds {} bytes", raw.size));
    }
}
