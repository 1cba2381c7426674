//! The digests by which contents are compared: of files in a tree, and of those in a layer.

use std::io::{self, Write};

use ocidian_content::Cancel;
use ocidian_layer::EntryKind;
use ocidian_spec::{Algorithm, Digest, Hasher};
use ocidian_unpack::files::Content;
use ocidian_unpack::walk::Walker;

use crate::error::{Error, Result};
use crate::scan::{OpenFile, read_whole};

struct Hashing(Hasher);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The digest of an entry's content, if it is a file's.
pub(crate) fn of_entry(kind: &EntryKind, content: &mut Content<'_, '_>) -> Result<Option<Digest>> {
    let EntryKind::File { .. } = kind else { return Ok(None) };
    let Some(hasher) = Hasher::new(&Algorithm::Sha256) else { return Ok(None) };
    let mut hashing = Hashing(hasher);
    content.copy(&mut hashing)?;
    Ok(Some(hashing.0.finish()))
}

/// The digest of the content of something of that kind in a tree, if it is a file.
pub(crate) fn of_file(
    kind: &EntryKind,
    content: Option<&OpenFile>,
    walker: &Walker,
    buffer: &mut Vec<u8>,
    cancel: &Cancel,
) -> Result<Option<Digest>> {
    let (EntryKind::File { .. }, Some(file)) = (kind, content) else { return Ok(None) };
    let Some(mut hasher) = Hasher::new(&Algorithm::Sha256) else { return Ok(None) };
    read_whole(file, walker, buffer, cancel, |bytes| {
        hasher.update(bytes);
        Ok::<_, Error>(())
    })?;
    Ok(Some(hasher.finish()))
}
