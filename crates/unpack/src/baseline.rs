//! What a tree was when it was done, so that a later look finds what may have changed without reading it.
//!
//! One pass over the finished tree writes a line an entry: its name, and two fingerprints of its stat. The
//! first is of all that a layer says of it as well (mode, owner, size, time, the number of names): where that
//! differs, the entry has changed. The second is of what only the kernel sets, inode and ctime: where that alone
//! differs it may have changed, and whoever wants to know has to compare it with the image. Nothing is hashed
//! but stats, so that an unpack pays two system calls an entry and no more.
//!
//! The kernel's clock stands still for some milliseconds at a time. What was changed within such a tick could be
//! changed again without a trace, so its second fingerprint is one that nothing has.

use std::cmp::Ordering;
use std::io::{self, BufRead, Write};

use rustix::fd::OwnedFd;
use rustix::fs::{FileType, Stat};

use crate::walk::{Node, WalkError, Walker, identity};

const MAGIC: &[u8] = b"ocidian baseline 1\n";
/// No path of Linux is deeper.
const MAX_DEPTH: u64 = 4096;
const MAX_NAME: u64 = 255;
/// In the place of a depth: the end.
const END: u64 = u64::MAX;

/// A time as the kernel gives it, to the nanosecond.
pub type Moment = (i64, u64);

/// When something of an entry last changed.
pub fn ctime(stat: &Stat) -> Moment {
    (stat.st_ctime, stat.st_ctime_nsec)
}

/// An entry as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    /// Of what a layer says too.
    pub stated: u64,
    /// Of what only the kernel sets; 0 where it was not certain to stay.
    pub kernel: u64,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// Perhaps its content or its attributes.
    Possible,
    /// Something that a layer has to say.
    Certain,
}

impl Fingerprint {
    /// Of an entry that nobody changed since `quiet`.
    pub fn of(stat: &Stat, quiet: Option<Moment>) -> Self {
        let directory = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        // Of a directory, size and number of links say what is in it, which is looked at itself.
        let (size, links) = if directory { (0, 0) } else { (stat.st_size, stat.st_nlink) };
        let inode = if links > 1 { stat.st_ino } else { 0 };
        let mut stated = Mixer::default();
        for word in [
            u64::from(stat.st_mode),
            u64::from(stat.st_uid) << 32 | u64::from(stat.st_gid),
            size.unsigned_abs(),
            links,
            inode,
            stat.st_rdev,
            stat.st_mtime.cast_unsigned(),
            stat.st_mtime_nsec,
        ] {
            stated.add(word);
        }
        let mut kernel = Mixer::default();
        let (seconds, nanoseconds) = ctime(stat);
        for word in [identity(stat).1, seconds.cast_unsigned(), nanoseconds] {
            kernel.add(word);
        }
        let certain = quiet.is_none_or(|quiet| ctime(stat) < quiet);
        Self { stated: stated.0, kernel: if certain { kernel.0.max(1) } else { 0 } }
    }

    /// What became of an entry that now has `stat`.
    pub fn compare(&self, stat: &Stat) -> Change {
        let now = Self::of(stat, None);
        match (self.stated == now.stated, self.kernel == now.kernel) {
            (false, _) => Change::Certain,
            (true, false) => Change::Possible,
            (true, true) => Change::None,
        }
    }
}

/// Folds words into 64 bits, all of which depend on each word. Always the same: it is written to disk.
#[derive(Debug, Clone, Copy)]
struct Mixer(u64);

impl Default for Mixer {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Mixer {
    fn add(&mut self, word: u64) {
        let mut state = (self.0 ^ word).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state ^= state >> 29;
        state = state.wrapping_mul(0x94d0_49bb_1331_11eb);
        self.0 = state ^ (state >> 32);
    }
}

/// Writes a baseline, in the order of a walk.
#[derive(Debug)]
pub struct BaselineWriter<W> {
    out: W,
    count: u64,
    check: Mixer,
    quiet: Option<Moment>,
}

impl<W: Write> BaselineWriter<W> {
    /// Begins one. What changed at `quiet` or later is not certain to stay as it is seen.
    pub fn new(mut out: W, quiet: Option<Moment>) -> io::Result<Self> {
        out.write_all(MAGIC)?;
        Ok(Self { out, count: 0, check: Mixer::default(), quiet })
    }

    /// Adds the next entry; the root's path is empty.
    pub fn add(&mut self, path: &[u8], stat: &Stat) -> io::Result<()> {
        let depth = if path.is_empty() { 0 } else { path.split(|byte| *byte == b'/').count() };
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let Fingerprint { stated, kernel } = Fingerprint::of(stat, self.quiet);
        let mut line = Vec::with_capacity(name.len() + 24);
        number(&mut line, depth as u64);
        number(&mut line, name.len() as u64);
        line.extend_from_slice(name);
        line.extend_from_slice(&stated.to_le_bytes());
        line.extend_from_slice(&kernel.to_le_bytes());
        self.count += 1;
        self.check.add(stated ^ kernel.rotate_left(32) ^ depth as u64);
        self.out.write_all(&line)
    }

    /// Ends it.
    pub fn finish(mut self) -> io::Result<W> {
        let mut line = Vec::new();
        number(&mut line, END);
        line.extend_from_slice(&self.count.to_le_bytes());
        line.extend_from_slice(&self.check.0.to_le_bytes());
        self.out.write_all(&line)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Seven bits a byte, the lowest first; the high bit says that more follow.
fn number(line: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        line.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    line.push(value as u8);
}

/// Reads a baseline, an entry at a time.
#[derive(Debug)]
pub struct BaselineReader<R> {
    input: R,
    /// The present entry's path, and where each of its components ends.
    path: Vec<u8>,
    ends: Vec<usize>,
    count: u64,
    check: Mixer,
    done: bool,
}

impl<R: BufRead> BaselineReader<R> {
    /// Begins to read one.
    pub fn new(mut input: R) -> io::Result<Self> {
        let mut magic = vec![0; MAGIC.len()];
        input.read_exact(&mut magic)?;
        if magic != MAGIC {
            return Err(damaged("it is of another version, or none"));
        }
        Ok(Self { input, path: Vec::new(), ends: Vec::new(), count: 0, check: Mixer::default(), done: false })
    }

    /// The next entry: its path, and what it was. `None` at the end, once all of it was found to be whole.
    pub fn next_entry(&mut self) -> io::Result<Option<(&[u8], Fingerprint)>> {
        if self.done {
            return Ok(None);
        }
        let depth = self.number()?;
        if depth == END {
            self.done = true;
            let (count, check) = (self.word()?, self.word()?);
            if count != self.count || check != self.check.0 {
                return Err(damaged("its end does not fit the rest of it"));
            }
            return Ok(None);
        }
        let length = self.number()?;
        let first = self.count == 0;
        let above = usize::try_from(depth.saturating_sub(1)).unwrap_or(usize::MAX);
        let sound = depth <= MAX_DEPTH
            && length <= MAX_NAME
            && first == (depth == 0)
            && (depth == 0) == (length == 0)
            && above <= self.ends.len();
        if !sound {
            return Err(damaged("an entry is none that can be"));
        }
        self.ends.truncate(above);
        self.path.truncate(self.ends.last().copied().unwrap_or(0));
        if !self.path.is_empty() {
            self.path.push(b'/');
        }
        let from = self.path.len();
        self.path.resize(from + usize::try_from(length).unwrap_or_default(), 0);
        self.input.read_exact(self.path.get_mut(from..).unwrap_or_default())?;
        if depth > 0 {
            self.ends.push(self.path.len());
        }
        let fingerprint = Fingerprint { stated: self.word()?, kernel: self.word()? };
        self.count += 1;
        self.check.add(fingerprint.stated ^ fingerprint.kernel.rotate_left(32) ^ depth);
        Ok(Some((&self.path, fingerprint)))
    }

    fn number(&mut self) -> io::Result<u64> {
        let mut value: u64 = 0;
        for place in 0..10 {
            let mut byte = [0];
            self.input.read_exact(&mut byte)?;
            value |= u64::from(byte[0] & 0x7f).checked_shl(7 * place).unwrap_or(0);
            if byte[0] & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(damaged("a number in it is too long"))
    }

    fn word(&mut self) -> io::Result<u64> {
        let mut word = [0; 8];
        self.input.read_exact(&mut word)?;
        Ok(u64::from_le_bytes(word))
    }
}

fn damaged(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.to_owned())
}

/// The order in which a walk comes by two paths.
pub fn order(one: &[u8], other: &[u8]) -> Ordering {
    fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
        path.split(|byte| *byte == b'/').filter(|name| !name.is_empty())
    }
    names(one).cmp(names(other))
}

/// Writes the baseline of the tree at `root`, which messages call `name`.
pub(crate) fn take(
    root: OwnedFd,
    name: &std::path::Path,
    out: impl Write,
    quiet: Moment,
) -> Result<(), TakeError> {
    let mut walker = Walker::within(root, name)?.lenient();
    let mut writer = BaselineWriter::new(out, Some(quiet))?;
    while let Some(Node { stat, .. }) = walker.step()? {
        writer.add(walker.path(), &stat)?;
    }
    writer.finish()?;
    Ok(())
}

/// Why a baseline could not be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TakeError {
    #[error(transparent)]
    Walk(#[from] WalkError),
    #[error("cannot write what the tree is: {0}")]
    Write(#[from] io::Error),
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests' own directories")]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use rustix::fs::{CWD, Mode, OFlags, openat, statat};

    use super::*;

    fn taken(root: &Path) -> Vec<u8> {
        let fd = openat(CWD, root, OFlags::DIRECTORY | OFlags::RDONLY, Mode::empty()).unwrap();
        let mut out = Vec::new();
        take(fd, root, &mut out, (i64::MAX, 0)).unwrap();
        out
    }

    fn read(bytes: &[u8]) -> io::Result<Vec<(Vec<u8>, Fingerprint)>> {
        let mut reader = BaselineReader::new(bytes)?;
        let mut all = Vec::new();
        while let Some((path, fingerprint)) = reader.next_entry()? {
            all.push((path.to_vec(), fingerprint));
        }
        Ok(all)
    }

    fn stat(path: &Path) -> Stat {
        statat(CWD, path, rustix::fs::AtFlags::SYMLINK_NOFOLLOW).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        fs::create_dir_all(root.join("a/b/c")).unwrap();
        for name in ["a/b/c/d", "a-b", "a/z", "x"] {
            fs::write(root.join(name), name).unwrap();
        }
        let bytes = taken(root);
        let entries = read(&bytes).unwrap();
        let paths: Vec<_> = entries.iter().map(|(path, _)| String::from_utf8_lossy(path)).collect();
        assert_eq!(paths, ["", "a", "a/b", "a/b/c", "a/b/c/d", "a/z", "a-b", "x"]);
        assert!(entries.is_sorted_by(|(one, _), (other, _)| order(one, other).is_lt()));
        for (path, fingerprint) in &entries {
            let path = root.join(String::from_utf8_lossy(path).as_ref());
            assert_eq!(fingerprint.compare(&stat(&path)), Change::None);
        }
        for cut in 0..bytes.len() {
            assert!(read(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            // A name is not covered, but never leads beyond what a name can be.
            let _ = read(&other);
        }
    }

    #[test]
    fn what_changes_shows() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("f");
        fs::write(&file, "one").unwrap();
        let before = Fingerprint::of(&stat(&file), None);
        std::thread::sleep(std::time::Duration::from_millis(20));
        let mtime = fs::metadata(&file).unwrap().modified().unwrap();
        fs::write(&file, "two").unwrap();
        assert_eq!(before.compare(&stat(&file)), Change::Certain, "the time says so");
        fs::File::open(&file).unwrap().set_modified(mtime).unwrap();
        assert_eq!(before.compare(&stat(&file)), Change::Possible, "only the kernel knows");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(before.compare(&stat(&file)), Change::Certain);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        fs::hard_link(&file, place.path().join("g")).unwrap();
        assert_eq!(before.compare(&stat(&file)), Change::Certain, "one more name");
    }

    #[test]
    fn what_changed_in_the_present_tick_is_not_certain() {
        let place = tempfile::tempdir().unwrap();
        let stat = stat(place.path());
        let (seconds, nanoseconds) = ctime(&stat);
        assert_eq!(Fingerprint::of(&stat, Some(ctime(&stat))).compare(&stat), Change::Possible);
        assert_eq!(Fingerprint::of(&stat, Some((seconds, nanoseconds + 1))).compare(&stat), Change::None);
    }
}
