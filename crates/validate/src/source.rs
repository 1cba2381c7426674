//! Where the content of a target is read: the files of a layout, or a store of another form.
//!
//! Nothing is verified on the way out, because a wrong digest is a finding and its content is looked at all the same.

use std::io::Read;

use ocidian_content::{Role, Store};
use ocidian_image_layout::LayoutFiles;
use ocidian_image_layout::raw::File;
use ocidian_spec::{Descriptor, Digest, MediaType};

use crate::error::Result;
use crate::finding::Subject;
use crate::rule::Rule;
use crate::rules;

/// A place of blobs.
pub(crate) enum Source {
    /// A layout, in a directory or an archive.
    Files(LayoutFiles),
    /// A docker-archive, or skopeo's flat directory.
    Store(Box<dyn Store>),
}

/// What was found for a digest.
pub(crate) enum Blob {
    Absent,
    /// Its content, and how many bytes there are of it.
    Held(Box<dyn Read + Send>, u64),
    /// Something that is no file, in words.
    Other(&'static str),
}

impl Source {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Files(files) => files.name(),
            Self::Store(store) => store.name(),
        }
    }

    pub(crate) fn open(&self, role: Role, digest: &Digest) -> Result<Blob> {
        match self {
            Self::Files(files) => {
                let components = ["blobs", digest.algorithm().as_str(), digest.encoded()];
                Ok(match files.open(&components)? {
                    File::Absent => Blob::Absent,
                    File::Regular(reader, size) => Blob::Held(reader, size),
                    File::Other(what) => Blob::Other(what),
                })
            }
            Self::Store(store) => {
                let any = MediaType::Other("application/octet-stream".to_owned());
                let mut descriptor = Descriptor::new(any, digest.clone(), 0);
                let Some(size) = store.stat(role, &descriptor)? else { return Ok(Blob::Absent) };
                descriptor.size = size;
                Ok(Blob::Held(store.open_range(role, &descriptor, 0, size)?, size))
            }
        }
    }

    /// The rule that a blob of the wrong content breaks.
    pub(crate) fn digest_rule(&self) -> &'static Rule {
        match self {
            Self::Files(_) => &rules::layout::BLOB_DIGEST,
            Self::Store(_) => &rules::descriptor::DIGEST_MISMATCH,
        }
    }

    /// What findings about a blob are about.
    pub(crate) fn subject(digest: &Digest) -> Subject {
        Subject::Blob(digest.clone())
    }
}
