//! Annotations and the keys that image-spec `annotations.md` reserves.

use std::collections::BTreeMap;

/// Keys and values, sorted, so that equal annotations give equal bytes.
pub type Annotations = BTreeMap<String, String>;

/// A name for a descriptor; in a layout's `index.json`, the tag.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The name that containerd and Docker write: a full reference.
pub const CONTAINERD_IMAGE_NAME: &str = "io.containerd.image.name";
/// What BuildKit sets on a manifest that attests another: `attestation-manifest`.
pub const DOCKER_REFERENCE_TYPE: &str = "vnd.docker.reference.type";
