//! The `manifest.json` of a docker-archive: what `docker save` and `podman save` write.
//!
//! No specification of OCI's; Docker's image specification v1.2 describes it. The old form names
//! files of the archive, the new one (since Docker 25) blobs of a layout in the same archive.

use crate::json::object;

object! {
    /// One image of a docker-archive. The file holds an array of them.
    #[derive(Debug, Clone, PartialEq)]
    pub struct DockerArchiveManifest: "an image of a docker-archive" {
        /// The config's name in the archive.
        pub config: String => required "Config",
        /// The image's names, as references: `busybox:latest`.
        pub repo_tags: Option<Vec<String>> => optional "RepoTags",
        /// The layers' names in the archive, lowest first.
        pub layers: Vec<String> => list "Layers",
    }
}
