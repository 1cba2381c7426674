//! What is known of one entry, and in which respects two of them differ.

use std::collections::BTreeSet;

use ocidian_layer::{EntryKind, Metadata};
use ocidian_spec::Digest;
use ocidian_unpack::xattrs::is_host_owned;

/// A respect in which two files of one path can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// What kind of file it is.
    Type,
    /// The bytes of a regular file.
    Content,
    /// Where a link leads: a symbolic one, or in a layer a hard one.
    Target,
    /// The numbers of a device.
    Device,
    /// Permission bits.
    Mode,
    /// User or group.
    Owner,
    /// The modification time.
    Mtime,
    /// Extended attributes.
    Xattrs,
    /// Which names are names of one file.
    Links,
}

impl Aspect {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Content => "content",
            Self::Target => "target",
            Self::Device => "device",
            Self::Mode => "mode",
            Self::Owner => "owner",
            Self::Mtime => "mtime",
            Self::Xattrs => "xattrs",
            Self::Links => "links",
        }
    }
}

/// One respect in which two files differ, with what each has, for people. Bytes, because of the names in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Which.
    pub aspect: Aspect,
    /// What the first has.
    pub a: Vec<u8>,
    /// What the second has.
    pub b: Vec<u8>,
}

/// What counts when trees are compared. By default all does.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Respects in which files may differ.
    pub ignore: BTreeSet<Aspect>,
    /// Extended attributes that belong to the host do not count: one side lies on a host.
    pub on_host: bool,
    /// Neither do those that an ordinary user cannot set.
    pub rootless: bool,
}

/// What is known of an entry.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Facts {
    pub(super) kind: EntryKind,
    pub(super) metadata: Metadata,
    /// Of a regular file's content.
    pub(super) digest: Option<Digest>,
}

impl Facts {
    /// In what they differ.
    pub(super) fn differences(&self, other: &Self, rules: &Rules) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut differ = |aspect, a: Vec<u8>, b: Vec<u8>| {
            if !rules.ignore.contains(&aspect) {
                found.push(Difference { aspect, a, b });
            }
        };
        let word = |facts: &Self| name(&facts.kind).as_bytes().to_vec();
        match (&self.kind, &other.kind) {
            (EntryKind::File { size: a, .. }, EntryKind::File { size: b, .. })
                if a != b || self.digest != other.digest =>
            {
                differ(Aspect::Content, self.content(*a), other.content(*b));
            }
            (EntryKind::Symlink(a), EntryKind::Symlink(b)) if a != b => {
                differ(Aspect::Target, a.clone(), b.clone());
            }
            (EntryKind::Hardlink(a), EntryKind::Hardlink(b)) if a != b => {
                differ(Aspect::Target, a.as_bytes().to_vec(), b.as_bytes().to_vec());
            }
            (EntryKind::CharDevice(a), EntryKind::CharDevice(b))
            | (EntryKind::BlockDevice(a), EntryKind::BlockDevice(b))
                if a != b =>
            {
                let numbers = |device: &ocidian_layer::Device| {
                    format!("{}:{}", device.major, device.minor).into_bytes()
                };
                differ(Aspect::Device, numbers(a), numbers(b));
            }
            (a, b) if std::mem::discriminant(a) != std::mem::discriminant(b) => {
                differ(Aspect::Type, word(self), word(other));
            }
            _ => {}
        }
        let (one, two) = (&self.metadata, &other.metadata);
        // Linux knows no other mode of a link, whatever an archive says.
        if one.mode != two.mode && !matches!(self.kind, EntryKind::Symlink(_)) {
            differ(Aspect::Mode, format!("{:04o}", one.mode).into(), format!("{:04o}", two.mode).into());
        }
        if (one.uid, one.gid) != (two.uid, two.gid) {
            let owner = |of: &Metadata| format!("{}:{}", of.uid, of.gid).into_bytes();
            differ(Aspect::Owner, owner(one), owner(two));
        }
        if one.mtime != two.mtime {
            let time = |of: &Metadata| time(of).into_bytes();
            differ(Aspect::Mtime, time(one), time(two));
        }
        let (one, two) = (xattrs(one, rules), xattrs(two, rules));
        if one != two {
            let only = |these: &[Xattr], those: &[Xattr]| {
                let names =
                    these.iter().filter(|xattr| !those.contains(xattr)).map(|(name, _)| name.as_slice());
                names.collect::<Vec<_>>().join(&b' ')
            };
            differ(Aspect::Xattrs, only(&one, &two), only(&two, &one));
        }
        found
    }

    fn content(&self, size: u64) -> Vec<u8> {
        match &self.digest {
            Some(digest) => format!("{size} bytes, {digest}").into_bytes(),
            None => format!("{size} bytes").into_bytes(),
        }
    }
}

type Xattr = (Vec<u8>, Vec<u8>);

fn xattrs(metadata: &Metadata, rules: &Rules) -> Vec<Xattr> {
    let counts = |name: &[u8]| {
        let privileged = name.starts_with(b"security.") || name.starts_with(b"trusted.");
        !(rules.on_host && is_host_owned(name) || rules.rootless && privileged)
    };
    let mut xattrs: Vec<_> = metadata.xattrs.iter().filter(|(name, _)| counts(name)).cloned().collect();
    xattrs.sort_unstable();
    xattrs
}

fn time(metadata: &Metadata) -> String {
    let time = metadata.mtime;
    match time.nanoseconds {
        0 => format!("{}", time.seconds),
        nanoseconds => format!("{}+{nanoseconds}ns", time.seconds),
    }
}

/// What it is, in words with an article.
pub(super) fn name(kind: &EntryKind) -> &'static str {
    match kind {
        EntryKind::File { .. } => "a regular file",
        EntryKind::Directory => "a directory",
        EntryKind::Symlink(_) => "a symbolic link",
        EntryKind::Hardlink(_) => "a hard link",
        EntryKind::CharDevice(_) => "a character device",
        EntryKind::BlockDevice(_) => "a block device",
        EntryKind::Fifo => "a FIFO",
    }
}
