//! Writing skopeo's `dir:`: a directory made beside its name, and put there whole. One that is there already is
//! exchanged in one step, so that whoever looks sees the old image or the new one.
//!
//! Blobs are named by the encoded part of their digest alone, whatever the algorithm, as skopeo does.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ocidian_content::{
    BlobSink, BlobSource, BlobWrite, Demands, Destination, Error, Expect, RefSink, Result, Role, When,
};
use ocidian_spec::{Descriptor, Digest, RawDocument, RefName};
use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;

use crate::CreateOptions;
use crate::files::{io_error, kind_of, store};
use crate::flat_dir::{FlatDir, MANIFEST, VERSION};
use crate::publish::stage_in;
use crate::staging::{Staged, Staging};
use crate::target::parent;

/// What skopeo writes as the file `version`.
const VERSION_TEXT: &str = "Directory Transport Version: 1.1\n";

/// One image on its way into a flat directory. Dropped unfinished, it leaves nothing.
pub struct FlatDirWriter {
    path: PathBuf,
    staging: Arc<Staging>,
    before: Before,
    link: bool,
    root: Mutex<Option<Digest>>,
}

/// What was there.
enum Before {
    Nothing,
    Empty,
    Image(Box<FlatDir>),
}

impl FlatDirWriter {
    /// Writes to `path`: a new directory, an empty one, or one that holds such an image and nothing else, which is
    /// replaced.
    pub fn create(path: &Path, options: &CreateOptions) -> Result<Self> {
        // What a symlink leads to is replaced, not the link.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let before = match path.metadata() {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Before::Nothing,
            Err(e) => return Err(io_error(&path, "open", e)),
            Ok(metadata) if metadata.is_dir() => look(&path)?,
            Ok(metadata) => {
                let what = if metadata.is_file() { "a file" } else { kind_of(metadata.file_type()) };
                return Err(store(&path, format!("it is {what}, not a directory")));
            }
        };
        let staging = Staging::new(stage_in(parent(&path))?, &options.cancel);
        Ok(Self { path, staging, before, link: options.link, root: Mutex::default() })
    }

    fn root(&self) -> MutexGuard<'_, Option<Digest>> {
        self.root.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wrong(&self, reason: &str) -> Error {
        store(&self.path, reason)
    }

    /// Makes the directory beside its place.
    fn assemble(&self, root: &Digest) -> Result<PathBuf> {
        let made = self.staging.path().join("image");
        fs::create_dir(&made).map_err(|e| io_error(&made, "create", e))?;
        if !matches!(self.before, Before::Nothing) {
            let permissions =
                self.path.metadata().map_err(|e| io_error(&self.path, "stat", e))?.permissions();
            fs::set_permissions(&made, permissions).map_err(|e| io_error(&made, "set the mode of", e))?;
        }
        for ((role, digest), Staged { path, .. }) in self.staging.all() {
            let to = made.join(match role {
                Role::Manifest if digest == *root => MANIFEST.to_owned(),
                Role::Manifest => format!("{}.{MANIFEST}", digest.encoded()),
                Role::Blob => digest.encoded().to_owned(),
            });
            fs::rename(&path, &to).map_err(|e| io_error(&to, "publish", e))?;
        }
        let version = made.join(VERSION);
        fs::write(&version, VERSION_TEXT)
            .and_then(|()| File::open(&version)?.sync_all())
            .map_err(|e| io_error(&version, "write", e))?;
        sync(&made)?;
        Ok(made)
    }

    /// Puts it there.
    fn publish(&self, made: &Path) -> Result<()> {
        let (flags, instead) = match self.before {
            Before::Nothing => (RenameFlags::NOREPLACE, "somebody else has made it meanwhile; name another"),
            // A rename replaces an empty directory, and refuses one that is empty no longer.
            Before::Empty => (RenameFlags::empty(), "it is empty no longer; name another"),
            Before::Image(_) => (RenameFlags::EXCHANGE, "it cannot be exchanged on this file system"),
        };
        match rustix::fs::renameat_with(CWD, made, CWD, &self.path, flags) {
            Ok(()) => sync(parent(&self.path)),
            Err(Errno::EXIST | Errno::NOTEMPTY | Errno::INVAL | Errno::NOSYS) => Err(self.wrong(instead)),
            Err(errno) => Err(io_error(&self.path, "replace", errno.into())),
        }
    }
}

/// What is in the directory: nothing, or such an image and nothing else.
fn look(path: &Path) -> Result<Before> {
    let mut empty = true;
    let mut foreign = None;
    for entry in fs::read_dir(path).map_err(|e| io_error(path, "list", e))? {
        let name = entry.map_err(|e| io_error(path, "list", e))?.file_name();
        empty = false;
        if !name.to_str().is_some_and(is_ours) {
            foreign.get_or_insert(name);
        }
    }
    if empty {
        return Ok(Before::Empty);
    }
    let version = fs::read_to_string(path.join(VERSION));
    if let Some(name) = foreign {
        let reason = format!("it has {name:?}, which is no part of a dir: image; name a new directory");
        return Err(store(path, reason));
    }
    if !version.is_ok_and(|version| version.starts_with("Directory Transport Version:")) {
        return Err(store(path, "it is not empty, and no dir: image; name a new directory"));
    }
    Ok(Before::Image(Box::new(FlatDir::open(path)?)))
}

/// Whether skopeo gives files such a name.
fn is_ours(name: &str) -> bool {
    let hex = |text: &str| text.len() >= 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let signature = |text: &str| text.strip_prefix("signature-").is_some_and(|n| n.parse::<u32>().is_ok());
    [VERSION, MANIFEST].contains(&name)
        || hex(name)
        || signature(name)
        || name.strip_suffix(".manifest.json").is_some_and(hex)
        || name.split_once('.').is_some_and(|(start, rest)| hex(start) && signature(rest))
}

fn sync(directory: &Path) -> Result<()> {
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(|e| io_error(directory, "sync", e))
}

impl BlobSink for FlatDirWriter {
    fn begin(&self, role: Role, expect: Expect) -> Result<Box<dyn BlobWrite>> {
        self.staging.begin(role, expect)
    }

    fn adopt(&self, role: Role, descriptor: &Descriptor, from: &dyn BlobSource) -> Result<bool> {
        // What is replaced goes afterwards, so its files can be taken over, once they are seen to be right.
        if let Before::Image(image) = &self.before
            && self.staging.adopt(role, descriptor, &**image, true)?
        {
            return Ok(true);
        }
        self.staging.adopt(role, descriptor, from, self.link)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let Some(root) = self.root().clone() else { return Err(self.wrong("no image was put there")) };
        self.staging.settle()?;
        let made = self.assemble(&root)?;
        self.publish(&made)
    }
}

impl RefSink for FlatDirWriter {
    fn put(&self, _: Option<&RefName>, document: &RawDocument, when: When) -> Result<()> {
        let digest = &document.descriptor().digest;
        if let When::Is(expected) = when {
            let is = matches!(&self.before, Before::Image(image) if image.entry().digest == expected);
            if !is {
                return Err(Error::Conflict { name: self.path.display().to_string() });
            }
        }
        if self.root().as_ref().is_some_and(|root| root != digest) {
            return Err(self.wrong("a dir: holds one image; copy one at a time"));
        }
        self.staging.document(document)?;
        *self.root() = Some(digest.clone());
        Ok(())
    }

    fn remove(&self, _: &RefName, _: When) -> Result<()> {
        Err(self.wrong("a dir: holds one image, without a name; remove the directory"))
    }

    fn forget(&self, _: &Digest) -> Result<()> {
        Err(self.wrong("a dir: holds one image, without a name; remove the directory"))
    }
}

impl Destination for FlatDirWriter {
    fn demands(&self) -> Demands {
        Demands { single: true, ..Demands::default() }
    }
}
