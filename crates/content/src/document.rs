//! Documents read whole: bounded before a byte is read, verified before one is parsed.
//!
//! Embedded `data` counts only where it verifies; otherwise the stored blob is read as if there were none,
//! so that a wrong copy inside a descriptor can neither be used nor stand in the way of the right one.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ocidian_spec::{Descriptor, Document, ImageConfig, ImageManifest, Kind, Raw, RawDocument, json};

use crate::error::{Error, Result};
use crate::store::{BlobSource, Role};

/// Reads a whole document of whatever type, verified. One that is larger than [`json::DOCUMENT`] allows is
/// refused before anything is read.
pub fn raw(source: &dyn BlobSource, role: Role, descriptor: &Descriptor) -> Result<RawDocument> {
    let bytes = bytes(source, role, descriptor, "document")?;
    RawDocument::verify(bytes, descriptor.clone()).map_err(|e| wrong(descriptor, e))
}

/// Reads and parses a document. Its descriptor's media type must be of `T`'s kind, so that a manifest is
/// never read as an index (CVE-2021-41190).
pub fn read<T: Document>(source: &dyn BlobSource, role: Role, descriptor: &Descriptor) -> Result<Raw<T>> {
    if descriptor.media_type.kind() != T::KIND {
        let reason = format!("its descriptor has the media type {}", descriptor.media_type);
        return Err(wrong(descriptor, ocidian_spec::Error::Document { document: T::NAME, reason }));
    }
    let bytes = bytes(source, role, descriptor, T::NAME)?;
    Raw::verify(bytes, descriptor.clone()).map_err(|e| wrong(descriptor, e))
}

/// Reads an image's config; [`Error::NotAnImage`] where the manifest has something else for a config, as
/// artifacts do.
pub fn config(source: &dyn BlobSource, manifest: &ImageManifest) -> Result<Raw<ImageConfig>> {
    if manifest.config.media_type.kind() != Kind::Config {
        return Err(Error::NotAnImage {
            digest: manifest.config.digest.clone(),
            reason: format!("it stands for a config, but its media type is {}", manifest.config.media_type),
        });
    }
    read(source, Role::Blob, &manifest.config)
}

fn bytes(
    source: &dyn BlobSource,
    role: Role,
    descriptor: &Descriptor,
    document: &'static str,
) -> Result<Vec<u8>> {
    let limit = json::DOCUMENT.size;
    let size = usize::try_from(descriptor.size).unwrap_or(usize::MAX);
    if size > limit {
        let reason = format!("it is {} bytes long, more than the {limit} that are read", descriptor.size);
        return Err(wrong(descriptor, ocidian_spec::Error::Document { document, reason }));
    }
    if let Some(bytes) = embedded(descriptor) {
        return Ok(bytes);
    }
    // Not with_capacity(size): a descriptor may promise 16 MiB where the store holds ten bytes.
    let mut bytes = Vec::new();
    source
        .open(role, descriptor)?
        .read_to_end(&mut bytes)
        .map_err(|e| Error::from_io(|| format!("{}: read {}", source.name(), descriptor.digest), e))?;
    Ok(bytes)
}

/// The descriptor's `data`, where it is what the descriptor says.
fn embedded(descriptor: &Descriptor) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(descriptor.data.as_ref()?).ok()?;
    let verified = RawDocument::verify(bytes, Descriptor { data: None, ..descriptor.clone() }).ok()?;
    Some(verified.bytes().to_vec())
}

fn wrong(descriptor: &Descriptor, source: ocidian_spec::Error) -> Error {
    Error::Blob { descriptor: Box::new(descriptor.clone()), source }
}
