//! The two files that make a directory or an archive a layout, wherever they were read from.

use ocidian_content::{Error, Result};
use ocidian_spec::{Digest, Document, ImageIndex, ImageLayout, json};

/// What marks a layout.
pub(crate) const OCI_LAYOUT: &str = "oci-layout";
/// The list of its images.
pub(crate) const INDEX_JSON: &str = "index.json";
/// The one version there is. A later one would say that the layout itself changed, so it is not guessed at.
pub(crate) const VERSION: &str = "1.0.0";
/// What is written as `oci-layout`: that version.
pub(crate) const LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
/// What is written as the `index.json` of an empty layout.
pub(crate) const EMPTY_INDEX: &[u8] =
    br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
/// `oci-layout` is one short object; what is longer is something else.
pub(crate) const OCI_LAYOUT_LIMIT: usize = 64 << 10;

/// Where a blob is kept, below the layout.
pub(crate) fn blob_path(digest: &Digest) -> [&str; 3] {
    ["blobs", digest.algorithm().as_str(), digest.encoded()]
}

/// Checks `oci-layout`: JSON, and of the version that this crate reads.
pub(crate) fn check_layout(bytes: &[u8], store: &str) -> Result<()> {
    let wrong = |reason| Error::Store { store: store.to_owned(), reason };
    let limits = json::Limits { size: OCI_LAYOUT_LIMIT, ..json::DOCUMENT };
    json::scan(bytes, limits, OCI_LAYOUT).map_err(|e| wrong(e.to_string()))?;
    let layout: ImageLayout =
        serde_json::from_slice(bytes).map_err(|e| wrong(format!("not a valid {OCI_LAYOUT}: {e}")))?;
    let version = layout.image_layout_version;
    if version != VERSION {
        return Err(wrong(format!(
            "its oci-layout says version {version:?}, and this program reads version {VERSION} only"
        )));
    }
    Ok(())
}

/// Parses `index.json`.
pub(crate) fn parse_index(bytes: &[u8], store: &str) -> Result<ImageIndex> {
    ImageIndex::parse(bytes, json::INDEX_JSON)
        .map_err(|e| Error::Store { store: store.to_owned(), reason: format!("index.json: {e}") })
}

/// `index.json` as it is written, if it can be read again.
pub(crate) fn write_index(index: &ImageIndex, store: &str) -> Result<Vec<u8>> {
    let wrong = |reason| Error::Store { store: store.to_owned(), reason };
    let bytes = serde_json::to_vec(index).map_err(|e| wrong(format!("index.json cannot be written: {e}")))?;
    if bytes.len() > json::INDEX_JSON.size {
        return Err(wrong("index.json would grow too long to be read again".to_owned()));
    }
    Ok(bytes)
}
