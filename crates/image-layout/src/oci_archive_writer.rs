//! Writing a layout in a tar: many images in one, added to what is there.

use std::path::Path;

use ocidian_content::{BlobSink, BlobSource, BlobWrite, Destination, Expect, RefSink, Result, Role, When};
use ocidian_spec::{Descriptor, Digest, ImageIndex, RawDocument, RefName};

use crate::CreateOptions;
use crate::archive_sink::{ArchiveSink, layout_names};
use crate::docker_archive::MANIFEST_JSON;
use crate::documents::{self, INDEX_JSON, OCI_LAYOUT};
use crate::edits::Edits;
use crate::oci_archive::index_of;
use crate::tarball::Content;

/// Blobs and names on their way into a layout in a tar. The archive is written by `finish`, beside the one that is
/// there, which it then replaces; dropped unfinished, nothing has changed.
pub struct OciArchiveWriter {
    sink: ArchiveSink,
    edits: Edits,
}

impl OciArchiveWriter {
    /// Adds to the archive at `path`, or makes one; `-` is standard output. What is there keeps its images, its
    /// other members, and what its index says; times, owners and modes of the tar are not kept.
    pub fn create(path: &Path, options: &CreateOptions) -> Result<Self> {
        let sink = ArchiveSink::new(path, layout_names, options)?;
        index(&sink)?;
        Ok(Self { sink, edits: Edits::default() })
    }
}

/// The index of what is added to.
fn index(sink: &ArchiveSink) -> Result<ImageIndex> {
    let Some(base) = sink.base() else { return Ok(ImageIndex::new(Vec::new())) };
    let index = index_of(base)?;
    if base.has(MANIFEST_JSON) {
        // The two lists would differ, and who reads the one would not see what who reads the other sees.
        let reason = format!("it has a {MANIFEST_JSON} for Docker; add to it as docker-archive:");
        return Err(sink.wrong(reason));
    }
    Ok(index)
}

impl BlobSink for OciArchiveWriter {
    fn begin(&self, role: Role, expect: Expect) -> Result<Box<dyn BlobWrite>> {
        self.sink.begin(role, expect)
    }

    fn adopt(&self, role: Role, descriptor: &Descriptor, from: &dyn BlobSource) -> Result<bool> {
        self.sink.adopt(role, descriptor, from)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let Self { sink, edits } = *self;
        sink.publish(|sink, mut members| {
            let (mut index, name) = (index(sink)?, sink.name());
            edits.apply(&mut index.manifests, &name)?;
            sink.insert_blobs(&mut members)?;
            if sink.base().is_none() {
                members.insert_own(OCI_LAYOUT, Content::Bytes(documents::LAYOUT.to_vec()))?;
            }
            members.insert_own(INDEX_JSON, Content::Bytes(documents::write_index(&index, &name)?))?;
            Ok(members)
        })
    }
}

impl RefSink for OciArchiveWriter {
    fn put(&self, name: Option<&RefName>, document: &RawDocument, when: When) -> Result<()> {
        self.sink.document(document)?;
        self.edits.put(name, document.descriptor(), when);
        Ok(())
    }

    fn put_entry(&self, document: &RawDocument, beside: bool) -> Result<()> {
        self.sink.document(document)?;
        self.edits.put_entry(document.descriptor(), beside);
        Ok(())
    }

    fn remove(&self, name: &RefName, when: When) -> Result<()> {
        self.edits.remove(name, when);
        Ok(())
    }

    fn forget(&self, digest: &Digest) -> Result<()> {
        self.edits.forget(digest);
        Ok(())
    }
}

impl Destination for OciArchiveWriter {}
