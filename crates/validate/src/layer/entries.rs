//! Entry by entry: names, types, attributes, and what each does to what was there before.

use std::io::BufRead;

use ocidian_layer::path::PathError;
use ocidian_layer::tar::{Note, Oddity, RawEntry, Reader, typeflag};
use ocidian_layer::{EntryPath, Error};

use super::links::{LinkBelow, Links};
use super::seen::{Kind, Seen};
use super::whiteouts;
use crate::finding::Place;
use crate::findings::Findings;
use crate::rule::Rule;
use crate::rules::layer as rules;

/// Linux's limits for device numbers: 12 and 20 bits.
const MAX_MAJOR: u64 = 0xfff;
const MAX_MINOR: u64 = 0xf_ffff;
/// Linux's longest path without its NUL.
const MAX_TARGET: usize = 4095;

/// The entries of a layer so far.
pub(super) struct Entries {
    pub(super) seen: Seen,
    links: Links,
    /// The parent that was looked at last, and what of its path is no directory: entries come a directory at a time.
    parent: Vec<u8>,
    leaf: Option<Vec<u8>>,
}

impl Default for Entries {
    fn default() -> Self {
        // No entry has that parent, so the first one's is looked at.
        let parent = b"/".to_vec();
        Self { seen: Seen::default(), links: Links::default(), parent, leaf: None }
    }
}

impl Entries {
    /// Reads all entries, or as many as can be read.
    pub(super) fn read(
        &mut self,
        reader: &mut Reader<impl BufRead>,
        findings: &mut Findings,
    ) -> Result<(), Error> {
        loop {
            let entry = reader.next_entry();
            let notes = reader.take_notes();
            match entry {
                Ok(Some(entry)) => self.entry(&entry, notes, findings),
                end => {
                    for note in notes {
                        findings.add(rule_of(note.oddity), Place::Byte(note.offset), note.message);
                    }
                    return end.map(drop);
                }
            }
        }
    }

    /// What can be said only when all entries are known, or all that could be read.
    pub(super) fn finish(self, lowest: bool, all: bool, findings: &mut Findings) -> (Vec<LinkBelow>, Seen) {
        (self.links.finish(&self.seen, lowest && all, findings), self.seen)
    }

    fn entry(&mut self, raw: &RawEntry, notes: Vec<Note>, findings: &mut Findings) {
        let is_whiteout = whiteouts::is_named(&raw.path);
        for note in notes {
            // A whiteout is no addition: it needs no attributes.
            if !(is_whiteout && note.oddity == Oddity::Blank) {
                let place = Place::entry(&raw.path, note.offset);
                findings.add(rule_of(note.oddity), place, note.message);
            }
        }
        if raw.typeflag == typeflag::GNU_LABEL {
            findings.add(&rules::VOLUME_LABEL, at(raw), "it is a volume's label");
            return;
        }
        let Some(path) = path(raw, findings) else { return };
        if is_whiteout && whiteouts::look(self, raw, &path, findings) {
            return;
        }
        self.put(raw, &path, findings);
    }

    fn put(&mut self, raw: &RawEntry, path: &EntryPath, findings: &mut Findings) {
        let kind = match raw.typeflag {
            typeflag::DIRECTORY => Kind::Directory,
            typeflag::SYMLINK => Kind::Symlink,
            _ => Kind::Other,
        };
        let before = self.seen.update(path.as_bytes(), |known| known.kind = kind);
        if before.kind != Kind::None {
            findings.add(&rules::DUPLICATE, at(raw), "an entry before it has the same path");
        }
        if before.hidden {
            whiteouts::both(raw, findings);
        }
        match path.split() {
            None if kind != Kind::Directory => {
                findings.add(&rules::ROOT, at(raw), "it is the root itself, and no directory");
            }
            None => {}
            Some((parent, _)) => {
                if kind != Kind::Directory && before.has_child {
                    let message = "entries before it lie below it, but it is no directory";
                    findings.add(&rules::PARENT, at(raw), message);
                }
                self.below(raw, parent, findings);
            }
        }
        owners(raw, findings);
        self.particulars(raw, path, findings);
    }

    /// Looks at what the entry lies below.
    fn below(&mut self, raw: &RawEntry, parent: &[u8], findings: &mut Findings) {
        if self.parent != parent {
            self.parent = parent.to_vec();
            self.seen.update(parent, |known| known.has_child = true);
            self.leaf = self.leaf_above(parent).map(<[u8]>::to_vec);
        }
        if let Some(above) = &self.leaf {
            let message = format!("{} is no directory in this layer", above.escape_ascii());
            findings.add(&rules::PARENT, at(raw), message);
        }
    }

    /// The first of `path` and its ancestors that is something other than a directory.
    pub(super) fn leaf_above<'a>(&self, mut path: &'a [u8]) -> Option<&'a [u8]> {
        while !path.is_empty() {
            if matches!(self.seen.get(path).kind, Kind::Symlink | Kind::Other) {
                return Some(path);
            }
            path = path.iter().rposition(|b| *b == b'/').map_or(&b""[..], |end| &path[..end]);
        }
        None
    }

    /// What only entries of this type have.
    fn particulars(&mut self, raw: &RawEntry, path: &EntryPath, findings: &mut Findings) {
        if raw.sparse {
            findings.add(&rules::SPARSE, at(raw), "it is stored as a sparse file");
        }
        match raw.typeflag {
            typeflag::FILE | typeflag::GNU_SPARSE | typeflag::DIRECTORY | typeflag::FIFO => {}
            typeflag::SYMLINK => match raw.link.len() {
                0 => findings.add(&rules::SYMLINK_TARGET, at(raw), "its target is empty"),
                len if len > MAX_TARGET => {
                    let message = format!("its target has {len} bytes, more than {MAX_TARGET}");
                    findings.add(&rules::SYMLINK_TARGET, at(raw), message);
                }
                _ => {}
            },
            typeflag::HARDLINK => {
                if let Some(target) = self.links.target(raw, path, findings) {
                    let leaf = target.split().and_then(|(parent, _)| self.leaf_above(parent));
                    // Where its way leads through a link, the target is somewhere else.
                    if leaf.is_none() {
                        self.links.to(raw, target, &self.seen, findings);
                    }
                }
            }
            typeflag::CHAR_DEVICE | typeflag::BLOCK_DEVICE => device(raw, findings),
            other => {
                let message = format!("its type is `{}`", other.escape_ascii());
                findings.add(&rules::ENTRY_TYPE, at(raw), message);
            }
        }
    }
}

/// Where an entry is.
pub(super) fn at(raw: &RawEntry) -> Place {
    Place::entry(&raw.path, raw.offset)
}

/// The entry's path, if it has one that can stand in a layer.
fn path(raw: &RawEntry, findings: &mut Findings) -> Option<EntryPath> {
    if raw.path.is_empty() {
        findings.add(&rules::NAME_EMPTY, at(raw), "its name is empty");
        return None;
    }
    if raw.path.starts_with(b"/") {
        findings.add(&rules::NAME_ABSOLUTE, at(raw), "its name begins with `/`");
    }
    if std::str::from_utf8(&raw.path).is_err() {
        findings.add(&rules::NAME_ENCODING, at(raw), "its name is not UTF-8");
    }
    let wrong = match EntryPath::new(&raw.path) {
        Ok(path) => return Some(path),
        Err(wrong) => wrong,
    };
    let rule = match wrong {
        PathError::Parent => &rules::NAME_PARENT,
        PathError::TooLong | PathError::NameTooLong => &rules::NAME_LENGTH,
        _ => &rules::NAME_EMPTY,
    };
    findings.add(rule, at(raw), format!("its name is not allowed: {wrong}"));
    None
}

fn owners(raw: &RawEntry, findings: &mut Findings) {
    for (what, id) in [("owner", raw.uid), ("group", raw.gid)] {
        if id >= u64::from(u32::MAX) {
            findings.add(&rules::OWNER, at(raw), format!("its {what} {id} is no id that Linux has"));
        }
    }
    for (name, _) in raw.xattrs.iter().filter(|(name, _)| is_the_hosts(name)) {
        let message = format!("it has the attribute {}", name.escape_ascii());
        findings.add(&rules::HOST_ATTRIBUTE, at(raw), message);
    }
}

/// Whether an extended attribute belongs to the host that a file is on.
fn is_the_hosts(name: &[u8]) -> bool {
    let names: [&[u8]; 4] = [b"security.selinux", b"security.ima", b"security.evm", b"system.nfs4_acl"];
    names.contains(&name) || name.starts_with(b"trusted.overlay.") || name.starts_with(b"user.overlay.")
}

fn device(raw: &RawEntry, findings: &mut Findings) {
    let (major, minor) = raw.device.unwrap_or_default();
    if major > MAX_MAJOR || minor > MAX_MINOR {
        let message = format!("the device {major}:{minor} is none that Linux has");
        findings.add(&rules::DEVICE_NUMBER, at(raw), message);
    } else {
        findings.add(&rules::DEVICE, at(raw), format!("it is the device {major}:{minor}"));
    }
}

/// The rule that what a reader noted has broken.
fn rule_of(oddity: Oddity) -> &'static Rule {
    match oddity {
        Oddity::Number => &rules::HEADER_NUMBER,
        Oddity::PaxRecord => &rules::PAX_RECORD,
        Oddity::GlobalName => &rules::PAX_GLOBAL_NAME,
        Oddity::Repeated => &rules::EXTENDED_REPEATED,
        Oddity::EmptyName => &rules::NAME_EMPTY,
        Oddity::SparseMap => &rules::SPARSE_MAP,
        Oddity::Blank => &rules::ATTRIBUTES_MISSING,
        Oddity::RepeatedKey => &rules::PAX_REPEATED,
        Oddity::Global => &rules::PAX_GLOBAL,
        Oddity::TwoNames => &rules::NAME_CONFLICT,
        Oddity::Order => &rules::EXTENDED_ORDER,
        Oddity::SizeDisagrees => &rules::SIZE_CONFLICT,
        Oddity::SizeWithoutContent => &rules::SIZE_WITHOUT_CONTENT,
        _ => &rules::TAR_ARCHIVE,
    }
}
