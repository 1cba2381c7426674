//! Annotations and the keys that the specifications reserve. image-spec `annotations.md`.

use std::collections::BTreeMap;

/// Keys and values, sorted, so that equal annotations give equal bytes.
pub type Annotations = BTreeMap<String, String>;

/// When the image was built, RFC 3339.
pub const CREATED: &str = "org.opencontainers.image.created";
/// Whom to contact about the image.
pub const AUTHORS: &str = "org.opencontainers.image.authors";
/// Where to read more about the image.
pub const URL: &str = "org.opencontainers.image.url";
/// Where its documentation is.
pub const DOCUMENTATION: &str = "org.opencontainers.image.documentation";
/// Where the source that it was built from is.
pub const SOURCE: &str = "org.opencontainers.image.source";
/// The version of the software in it.
pub const VERSION: &str = "org.opencontainers.image.version";
/// The revision of the source.
pub const REVISION: &str = "org.opencontainers.image.revision";
/// Who distributes it.
pub const VENDOR: &str = "org.opencontainers.image.vendor";
/// Its licences, as an SPDX expression.
pub const LICENSES: &str = "org.opencontainers.image.licenses";
/// A name for a descriptor; in a layout's `index.json`, the tag.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// A title for people.
pub const TITLE: &str = "org.opencontainers.image.title";
/// A description for people.
pub const DESCRIPTION: &str = "org.opencontainers.image.description";
/// The digest of the image that it was built on.
pub const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";
/// The reference of the image that it was built on.
pub const BASE_NAME: &str = "org.opencontainers.image.base.name";

/// In a runtime configuration: the image's `os`. This and those below are of `conversion.md`.
pub const OS: &str = "org.opencontainers.image.os";
/// The image's `architecture`.
pub const ARCHITECTURE: &str = "org.opencontainers.image.architecture";
/// The image's `variant`.
pub const VARIANT: &str = "org.opencontainers.image.variant";
/// The image's `os.version`.
pub const OS_VERSION: &str = "org.opencontainers.image.os.version";
/// The image's `os.features`.
pub const OS_FEATURES: &str = "org.opencontainers.image.os.features";
/// The image's `author`.
pub const AUTHOR: &str = "org.opencontainers.image.author";
/// The image's `StopSignal`.
pub const STOP_SIGNAL: &str = "org.opencontainers.image.stopSignal";
/// The keys of the image's `ExposedPorts`, with commas between them.
pub const EXPOSED_PORTS: &str = "org.opencontainers.image.exposedPorts";

/// The name that containerd and Docker write: a full reference.
pub const CONTAINERD_IMAGE_NAME: &str = "io.containerd.image.name";
/// What BuildKit sets on a manifest that attests another: `attestation-manifest`.
pub const DOCKER_REFERENCE_TYPE: &str = "vnd.docker.reference.type";
/// The digest of the manifest that such a manifest attests.
pub const DOCKER_REFERENCE_DIGEST: &str = "vnd.docker.reference.digest";
