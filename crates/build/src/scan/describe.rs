//! What is at hand in a walk, as the entry that a layer has of it.

use ocidian_layer::{Device, EntryKind, EntryPath, Metadata, Timestamp};
use ocidian_unpack::walk::{Node, Walker, identity};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, major, minor, openat, readlinkat};

use super::attributes::{AttributeReader, Attributes};
use super::{ScanError, ScanOptions};

/// A file that can be read; something else in its place does not hold us up.
const FILE: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);
const HANDLE: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// What an entry is, without its path.
pub(crate) struct Described {
    pub(crate) kind: EntryKind,
    pub(crate) metadata: Metadata,
    /// A file's content.
    pub(crate) content: Option<OpenFile>,
    pub(crate) stat: Stat,
}

/// A file to be read, and what it was when it was opened.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) file: OwnedFd,
    pub(crate) stat: Stat,
}

/// What is at hand; `None` for a socket, which no layer can hold.
pub(crate) fn describe(
    walker: &Walker,
    node: &Node,
    attributes: &mut AttributeReader,
    options: &ScanOptions,
) -> Result<Option<Described>, ScanError> {
    let opened = match node.file_type {
        FileType::Socket => return Ok(None),
        FileType::RegularFile => open(walker, FILE)?,
        FileType::Directory => return directory(walker, node, attributes, options).map(Some),
        _ => open(walker, HANDLE)?,
    };
    let stat = fstat(&opened).map_err(|errno| walker.system("look at", errno))?;
    if FileType::from_raw_mode(stat.st_mode) != node.file_type || identity(&stat) != identity(&node.stat) {
        return Err(ScanError::Changed { path: walker.place() });
    }
    let read = match node.file_type {
        FileType::RegularFile => attributes.of_open(opened.as_fd()),
        _ => attributes.of_handle(opened.as_fd()),
    };
    let read = read.map_err(|errno| walker.system("read the extended attributes of", errno))?;
    let kind = match node.file_type {
        FileType::RegularFile => {
            EntryKind::File { size: u64::try_from(stat.st_size).unwrap_or_default(), sparse: false }
        }
        FileType::Symlink => {
            let target = readlinkat(&opened, c"", Vec::new());
            EntryKind::Symlink(target.map_err(|errno| walker.system("read the link", errno))?.into_bytes())
        }
        FileType::CharacterDevice => EntryKind::CharDevice(device(walker, &stat)?),
        FileType::BlockDevice => EntryKind::BlockDevice(device(walker, &stat)?),
        _ => EntryKind::Fifo,
    };
    let metadata = metadata(walker, &stat, read, options)?;
    let content = (node.file_type == FileType::RegularFile).then_some(OpenFile { file: opened, stat });
    Ok(Some(Described { kind, metadata, content, stat }))
}

fn directory(
    walker: &Walker,
    node: &Node,
    attributes: &mut AttributeReader,
    options: &ScanOptions,
) -> Result<Described, ScanError> {
    let read = match walker.directory() {
        Some(directory) => attributes.of_open(directory),
        None => Ok(Attributes::default()),
    };
    let read = read.map_err(|errno| walker.system("read the extended attributes of", errno))?;
    let metadata = metadata(walker, &node.stat, read, options)?;
    Ok(Described { kind: EntryKind::Directory, metadata, content: None, stat: node.stat })
}

fn open(walker: &Walker, flags: OFlags) -> Result<OwnedFd, ScanError> {
    let (parent, name) = walker.at();
    Ok(openat(parent, name, flags, Mode::empty()).map_err(|errno| walker.gone("open", errno))?)
}

fn device(walker: &Walker, stat: &Stat) -> Result<Device, ScanError> {
    let (major, minor) = (major(stat.st_rdev), minor(stat.st_rdev));
    if major > 0xfff || minor > 0xf_ffff {
        return Err(ScanError::Device { path: walker.place(), major, minor });
    }
    Ok(Device { major, minor })
}

/// The time of the last change of content.
pub(crate) fn mtime(stat: &Stat) -> Timestamp {
    Timestamp { seconds: stat.st_mtime, nanoseconds: u32::try_from(stat.st_mtime_nsec).unwrap_or_default() }
}

fn metadata(
    walker: &Walker,
    stat: &Stat,
    attributes: Attributes,
    options: &ScanOptions,
) -> Result<Metadata, ScanError> {
    let (uid, gid) = match (options.owner, attributes.owner, options.rootless) {
        (Some(owner), _, _) | (None, Some(owner), _) => owner,
        (None, None, true) => (0, 0),
        (None, None, false) => {
            let nobody = |what, id| ScanError::Owner { path: walker.place(), what, id };
            let uid = options.ids.container_uid(stat.st_uid).ok_or_else(|| nobody("uid", stat.st_uid))?;
            let gid = options.ids.container_gid(stat.st_gid).ok_or_else(|| nobody("gid", stat.st_gid))?;
            (uid, gid)
        }
    };
    let mode = stat.st_mode & 0o7777;
    let file_type = FileType::from_raw_mode(stat.st_mode);
    let mode = match &options.chmod {
        Some(chmod) if file_type != FileType::Symlink => chmod.apply(mode, file_type == FileType::Directory),
        _ => mode,
    };
    Ok(Metadata { mode, uid, gid, mtime: options.time(mtime(stat)), atime: None, xattrs: attributes.xattrs })
}

/// The path in the image of the entry at hand.
pub(crate) fn image_path(walker: &Walker, place: &EntryPath) -> Result<EntryPath, ScanError> {
    let wrong = |source| ScanError::Path { path: walker.place(), source };
    EntryPath::new(&[place.as_bytes(), b"/", walker.path()].concat()).map_err(wrong)
}
