//! From the path of an entry to the directory that it goes into.
//!
//! Entries come a directory at a time, so the handles of the way down are kept while they do. A
//! symlink on the way is followed inside the root, as the kernel would after a chroot; the last
//! component of an entry is never resolved here. Only the deepest handles are held: a tree of a
//! thousand levels costs reopening, not descriptors.

use std::sync::Arc;

use rustix::fs::{Mode, mkdirat};
use rustix::io::Errno;

use super::Applier;
use crate::error::{Failure, Tried};
use crate::tree::{Below, Dir, DirState, Found};

/// Most handles held at once.
const HELD: usize = 12;
/// As Linux has it.
const MAX_LINKS: u32 = 40;

/// What to do about a parent that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parents {
    /// Make it; replace what is no directory.
    Make,
    /// Leave everything as it is.
    Leave,
}

/// The way down to the directory that entries are in at the moment.
#[derive(Debug, Default)]
pub(super) struct Chain {
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    /// The component, as the archive has it.
    name: Vec<u8>,
    /// The canonical path that it led to.
    path: Vec<u8>,
    /// How many symlinks were followed on the way here.
    links: u32,
    /// Closed again where there are too many.
    dir: Option<Arc<Dir>>,
}

impl Chain {
    pub(super) fn clear(&mut self) {
        self.levels.clear();
    }

    /// Forgets what depends on the entry at that canonical path, which is about to go.
    pub(super) fn forget(&mut self, path: &[u8]) {
        let below = |level: &Level| {
            level.links > 0
                || (level.path.starts_with(path) && matches!(level.path.get(path.len()), None | Some(b'/')))
        };
        if let Some(at) = self.levels.iter().position(below) {
            self.levels.truncate(at);
        }
    }

    fn push(&mut self, level: Level) {
        self.levels.push(level);
        let excess = self.levels.len().saturating_sub(HELD);
        if let Some(level) = excess.checked_sub(1).and_then(|at| self.levels.get_mut(at)) {
            level.dir = None;
        }
    }

    /// How many of `components` the chain has, and, with handles dropped that `Make` cannot use.
    fn common(&self, path: &[u8], parents: Parents) -> usize {
        let usable = |level: &Level| {
            parents == Parents::Leave || level.dir.as_ref().is_none_or(|dir| dir.handle.is_some())
        };
        self.levels
            .iter()
            .zip(components(path))
            .take_while(|(level, name)| level.name == *name && usable(level))
            .count()
    }
}

/// The names in a path.
pub(super) fn components(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|b| *b == b'/').filter(|name| !name.is_empty() && *name != b".")
}

impl Applier {
    /// The directory at an archive's path, symlinks followed; `None` where it is not there and is
    /// not to be made.
    pub(super) fn enter(&mut self, path: &[u8], parents: Parents) -> Result<Option<Arc<Dir>>, Failure> {
        let common = self.chain.common(path, parents);
        self.climb_to(common)?;
        self.chain.levels.truncate(common);
        let mut at = self.deepest(parents)?;
        let mut links = self.chain.levels.last().map_or(0, |level| level.links);
        for (depth, name) in components(path).enumerate().skip(common) {
            let Some(next) = self.step(&at, name, parents, &mut links)? else { return Ok(None) };
            // A step that had to make room may have cut the chain: then this is no level of it.
            if self.chain.levels.len() == depth {
                self.chain.push(Level {
                    name: name.to_vec(),
                    path: next.path.clone(),
                    links,
                    dir: Some(Arc::clone(&next)),
                });
            }
            at = next;
        }
        Ok(Some(at))
    }

    /// Opens the last of the first `count` levels again, where its handle was dropped, from the nearest
    /// level below it that has one: leaving a deep tree must not cost a way from the root a level.
    fn climb_to(&mut self, count: usize) -> Result<(), Failure> {
        let Some((above, below)) = self.chain.levels.split_at_checked(count) else { return Ok(()) };
        let Some(Level { dir: None, path, links, .. }) = above.last() else { return Ok(()) };
        let held = below.iter().enumerate().find_map(|(steps, level)| {
            let dir = level.dir.as_ref().filter(|_| level.links == *links)?;
            Some((steps, Arc::clone(dir)))
        });
        let (Some((steps, mut at)), path) = (held, path.clone()) else { return Ok(()) };
        for _ in 0..=steps {
            at = self.up(&at, Parents::Leave)?;
        }
        if let Some(level) = self.chain.levels.get_mut(count - 1)
            && at.path == path
        {
            level.dir = Some(at);
        }
        Ok(())
    }

    /// The directory at a canonical path, which must be there.
    pub(super) fn enter_canonical(&mut self, path: &[u8], parents: Parents) -> Result<Arc<Dir>, Failure> {
        let mut at = Arc::new(self.tree.root()?);
        for name in components(path) {
            let mut links = 0;
            let next = self.step(&at, name, parents, &mut links)?;
            at = next.ok_or_else(|| Failure::Refused("a directory on the way is gone".to_owned()))?;
        }
        Ok(at)
    }

    fn deepest(&mut self, parents: Parents) -> Result<Arc<Dir>, Failure> {
        match self.chain.levels.last() {
            None => Ok(Arc::new(self.tree.root()?)),
            Some(Level { dir: Some(dir), .. }) => Ok(Arc::clone(dir)),
            Some(Level { path, .. }) => {
                let path = path.clone();
                let dir = self.enter_canonical(&path, parents)?;
                if let Some(level) = self.chain.levels.last_mut().filter(|level| level.path == path) {
                    level.dir = Some(Arc::clone(&dir));
                }
                Ok(dir)
            }
        }
    }

    /// One component further, through symlinks where it is one. One handle at a time, whatever the
    /// links lead through.
    fn step(
        &mut self,
        dir: &Arc<Dir>,
        name: &[u8],
        parents: Parents,
        links: &mut u32,
    ) -> Result<Option<Arc<Dir>>, Failure> {
        let mut at = Arc::clone(dir);
        let mut pending = vec![name.to_vec()];
        while let Some(name) = pending.pop() {
            if name == b".." {
                at = self.up(&at, parents)?;
                continue;
            }
            at = match self.find(&at, &name)? {
                Found::Dir(child) if child.handle.is_none() && parents == Parents::Make => {
                    Arc::new(self.copy_up_directory(&at, &name, &child)?)
                }
                Found::Dir(child) => Arc::new(child),
                Found::Symlink(target) => {
                    *links += 1;
                    if *links > MAX_LINKS {
                        return Err(Failure::System {
                            what: "cannot follow the links in its path",
                            errno: Errno::LOOP,
                        });
                    }
                    pending.extend(components(&target).map(<[u8]>::to_vec).rev());
                    if target.starts_with(b"/") { Arc::new(self.tree.root()?) } else { at }
                }
                Found::Missing | Found::Other if parents == Parents::Leave => return Ok(None),
                Found::Missing => Arc::new(self.make_implied(&at, &name)?),
                Found::Other => {
                    self.vacate(&at, &name)?;
                    Arc::new(self.make_implied(&at, &name)?)
                }
            };
        }
        Ok(Some(at))
    }

    /// What `name` stands for, or will when a writer has made it.
    fn find(&mut self, dir: &Dir, name: &[u8]) -> Result<Found, Failure> {
        match self.tree.look(dir, name)? {
            Found::Missing
                if self.writers.are_there()
                    && self.writers.wait_for(self.seen.fingerprint(&dir.child(name))) =>
            {
                self.tree.look(dir, name)
            }
            found => Ok(found),
        }
    }

    /// The directory that a directory is in; the root's is the root.
    fn up(&mut self, dir: &Arc<Dir>, parents: Parents) -> Result<Arc<Dir>, Failure> {
        let Some(end) = dir.path.iter().rposition(|b| *b == b'/') else {
            return Ok(Arc::new(self.tree.root()?));
        };
        match self.tree.above(dir, &dir.path[..end])? {
            Some(above) => Ok(Arc::new(above)),
            None => self.enter_canonical(&dir.path[..end], parents),
        }
    }

    /// Makes a directory that no layer mentions: 0755, root's, as old as what needs it.
    fn make_implied(&mut self, parent: &Dir, name: &[u8]) -> Result<Dir, Failure> {
        self.implied += 1;
        if self.implied > self.max_implied {
            let max = self.max_implied;
            return Err(Failure::Refused(format!(
                "the layer needs more than {max} parents that it does not mention; see --max-entries"
            )));
        }
        let path = parent.child(name);
        let state = DirState {
            mode: 0o755,
            current: self.owner.exact_creation().then_some(0o755),
            mtime: self.time,
            atime: None,
            default_acl: None,
            opaque: false,
            layer: self.tree.layer(),
            implied: true,
            fresh: true,
        };
        let below = self.clear_whiteout(parent, name)?;
        let handle = parent.handle()?;
        mkdirat(handle, name, Mode::from_raw_mode(0o755)).tried("cannot make a parent directory")?;
        self.owner.own_fresh_directory(handle, name, 0, 0)?;
        self.adopt_directory(parent, name, state, matches!(below, Below::Dir(_)))?;
        // A link may have led through it and out again: then nothing of the layer's lies below.
        self.seen.mark(&parent.path, &path);
        if let Some(recorder) = &mut self.recorder {
            recorder.implied(&path, self.time);
        }
        match self.tree.look(parent, name)? {
            Found::Dir(dir) => Ok(dir),
            _ => Err(Failure::Refused("a directory vanished as it was made".to_owned())),
        }
    }

    /// Removes what is at `name`, and what is known of it; `false` where nothing was there.
    pub(super) fn vacate(&mut self, dir: &Dir, name: &[u8]) -> Result<bool, Failure> {
        let path = dir.child(name);
        self.chain.forget(&path);
        let writers = &mut self.writers;
        let removed = crate::tree::remove(dir.handle()?, name, || writers.wait_for_all())?;
        self.tree.dirs_mut().forget(&path);
        self.stand_ins.forget(&path);
        if let Some(recorder) = &mut self.recorder {
            recorder.remove(&path);
        }
        Ok(removed)
    }
}
