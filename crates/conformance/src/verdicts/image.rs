//! The images that cases of documents begin with.

use serde_json::{Value, json};

use super::pointer::set;
use crate::layout::LayoutBuilder;
use crate::tar::file;

pub(super) use crate::layout::{CONFIG as CONFIG_TYPE, INDEX as INDEX_TYPE, MANIFEST as MANIFEST_TYPE};

/// Media type of the empty descriptor.
pub(super) const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";

/// An image of one layer.
pub(super) fn simple(b: &mut LayoutBuilder) {
    b.layer([file("a", "x")]);
}

/// Makes an artifact of the image: a type, the empty config, and a blob of its own.
pub(super) fn artifact(b: &mut LayoutBuilder) {
    artifact_of(b, b"x");
}

/// The same of this blob.
pub(super) fn artifact_of(b: &mut LayoutBuilder, blob: &[u8]) {
    b.layer_blob("application/vnd.example.x", blob.to_vec(), blob);
    b.config_bytes(|_| b"{}".to_vec());
    b.manifest(|x| {
        set(x, "/artifactType", "application/vnd.example.x")?;
        set(x, "/config/mediaType", EMPTY_TYPE)
    });
}

/// The descriptor of something that is not there.
pub(super) fn other(media_type: &str, digest: &str) -> Value {
    json!({ "mediaType": media_type, "digest": digest, "size": 1 })
}

/// A digest of nothing in particular.
pub(super) fn digest(of: char) -> String {
    format!("sha256:{}", of.to_string().repeat(64))
}
