//! What may have changed, by stat: the walk over the tree beside the walk that `unpack` wrote down.
//!
//! Both come by their entries in the same order, so one pass over both finds what is new, what is gone and what
//! is no longer what it was, and holds nothing but that.

use std::cmp::Ordering;

use ocidian_content::Cancel;
use ocidian_layer::{EntryPath, path::PathError};
use ocidian_unpack::baseline::{Change, Fingerprint, order};
use ocidian_unpack::walk::{Node, Walker};
use ocidian_unpack::{Renewal, UnpackedBundle};
use rustix::fs::FileType;

use super::{RepackOptions, is_within};
use crate::error::{Error, Result};
use crate::scan::ScanError;

/// What may have changed. Paths are in the order of the walk.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Names that are gone, the topmost of each tree.
    pub(super) removed: Vec<EntryPath>,
    /// What is new or changed for certain.
    pub(super) changed: Vec<Vec<u8>>,
    /// What has to be compared.
    pub(super) possible: Vec<Vec<u8>>,
    pub(super) warnings: Vec<String>,
}

/// An entry of the baseline that was not come by yet.
type Recorded = Option<(Vec<u8>, Fingerprint)>;

struct Finder<'a, R> {
    bundle: &'a UnpackedBundle,
    options: &'a RepackOptions,
    reader: R,
    next: Recorded,
    found: Found,
    /// Recorded entries below this are gone with it.
    gone: Option<Vec<u8>>,
    /// A directory that may not be listed: what is below it is not known.
    closed: Option<Vec<u8>>,
}

/// Compares the tree with what it was, and writes down what it is where there is a place for that.
pub(super) fn find(
    bundle: &UnpackedBundle,
    options: &RepackOptions,
    mut renewal: Option<&mut Renewal>,
    cancel: &Cancel,
) -> Result<Found> {
    let mut baseline = bundle.baseline()?;
    let reader = || {
        let entry = baseline.next_entry().map_err(|error| Error::from(bundle.damaged(&error)))?;
        Ok(entry.map(|(path, fingerprint)| (path.to_vec(), fingerprint)))
    };
    let found = Found::default();
    let mut finder = Finder { bundle, options, reader, next: None, found, gone: None, closed: None };
    finder.next = (finder.reader)()?;
    let mut walker =
        Walker::within(bundle.rootfs()?, &bundle.rootfs_path()).map_err(ScanError::from)?.lenient();
    let unwritten =
        |source| Error::Io { path: bundle.rootfs_path(), what: "cannot write down what the tree is", source };
    while let Some(node) = walker.step().map_err(ScanError::from)? {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        if let Some(renewal) = &mut renewal {
            renewal.writer().add(walker.path(), &node.stat).map_err(unwritten)?;
        }
        finder.node(&mut walker, &node)?;
    }
    while let Some((path, _)) = finder.next.take() {
        finder.removed(path)?;
        finder.next = (finder.reader)()?;
    }
    Ok(finder.found)
}

impl<R: FnMut() -> Result<Recorded>> Finder<'_, R> {
    fn node(&mut self, walker: &mut Walker, node: &Node) -> Result<()> {
        // No layer can hold a socket: it is as if it were not there.
        if node.file_type == FileType::Socket {
            let place = walker.place();
            self.found
                .warnings
                .push(format!("a socket is left out, no layer can hold one: {}", place.display()));
            return Ok(());
        }
        while let Some((path, _)) =
            self.next.take_if(|(path, _)| order(path, walker.path()) == Ordering::Less)
        {
            self.removed(path)?;
            self.next = (self.reader)()?;
        }
        let recorded = self.next.take_if(|(path, _)| path == walker.path());
        if recorded.is_some() {
            self.next = (self.reader)()?;
        }
        if self.is_masked(walker.path()) {
            if node.is_directory() {
                walker.skip();
            }
            return Ok(());
        }
        if !node.is_directory() {
            self.gone = Some(walker.path().to_vec());
        } else if walker.directory().is_none() {
            self.closed = Some(walker.path().to_vec());
        }
        let change = match recorded {
            None => Change::Certain,
            Some((_, fingerprint)) => match fingerprint.compare(&node.stat) {
                Change::None if self.options.paranoid => Change::Possible,
                change => change,
            },
        };
        match change {
            Change::None => {}
            Change::Possible => self.found.possible.push(walker.path().to_vec()),
            Change::Certain => self.found.changed.push(walker.path().to_vec()),
        }
        Ok(())
    }

    /// A recorded entry that is not there any more.
    fn removed(&mut self, path: Vec<u8>) -> Result<()> {
        let within = |above: &Option<Vec<u8>>| above.as_ref().is_some_and(|above| is_within(&path, above));
        if self.is_masked(&path) || within(&self.gone) {
            return Ok(());
        }
        let place = || {
            use std::os::unix::ffi::OsStrExt as _;
            self.bundle.rootfs_path().join(std::ffi::OsStr::from_bytes(&path))
        };
        if within(&self.closed) {
            let errno = rustix::io::Errno::ACCESS;
            return Err(ScanError::System { what: "look at", path: place(), errno }.into());
        }
        let wrong = |source: PathError| Error::Scan(ScanError::Path { path: place(), source });
        self.found.removed.push(EntryPath::new(&path).map_err(wrong)?);
        self.gone = Some(path);
        Ok(())
    }

    fn is_masked(&self, path: &[u8]) -> bool {
        self.options.masks.iter().any(|mask| is_within(path, mask.as_bytes()))
    }
}
