//! Image configs. image-spec `config.md`.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::digest::DiffId;
use crate::json::{Members, UniqueMap, object};
use crate::platform::Platform;

object! {
    /// An image's configuration.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ImageConfig: "an image config" {
        /// When it was made, RFC 3339.
        pub created: Option<String> => optional "created",
        /// Who made it.
        pub author: Option<String> => optional "author",
        /// GOARCH.
        pub architecture: String => required "architecture",
        /// GOOS.
        pub os: String => required "os",
        /// See [`Platform::os_version`].
        pub os_version: Option<String> => optional "os.version",
        /// See [`Platform::os_features`].
        pub os_features: Option<Vec<String>> => optional "os.features",
        /// See [`Platform::variant`].
        pub variant: Option<String> => optional "variant",
        /// How to run it.
        pub config: Option<ExecConfig> => optional "config",
        /// Its layers by their diff_ids.
        pub rootfs: RootFs => required "rootfs",
        /// How each layer came to be.
        pub history: Option<Vec<History>> => optional "history",
    }
}

impl ImageConfig {
    /// The platform that the image says it is for.
    pub fn platform(&self) -> Platform {
        Platform {
            architecture: self.architecture.clone(),
            os: self.os.clone(),
            os_version: self.os_version.clone(),
            os_features: self.os_features.clone(),
            variant: self.variant.clone(),
            other: Members::default(),
        }
    }
}

object! {
    /// The execution parameters: `config.config`. The members are those of `config.md`, under their
    /// own names.
    #[derive(Debug, Clone, Default)]
    #[expect(missing_docs, reason = "config.md says what they are")]
    pub struct ExecConfig: "execution parameters" {
        pub user: Option<String> => optional "User",
        pub exposed_ports: Option<BTreeMap<String, Box<RawValue>>> => optional "ExposedPorts" as Members,
        pub env: Option<Vec<String>> => optional "Env",
        pub entrypoint: Option<Vec<String>> => optional "Entrypoint",
        pub cmd: Option<Vec<String>> => optional "Cmd",
        pub volumes: Option<BTreeMap<String, Box<RawValue>>> => optional "Volumes" as Members,
        pub working_dir: Option<String> => optional "WorkingDir",
        pub labels: Option<BTreeMap<String, String>> => optional "Labels" as UniqueMap,
        pub stop_signal: Option<String> => optional "StopSignal",
    }
}

impl PartialEq for ExecConfig {
    /// Raw values are equal where their texts are, as in [`Members`].
    fn eq(&self, other: &Self) -> bool {
        fn texts(values: &Option<BTreeMap<String, Box<RawValue>>>) -> Option<Vec<(&str, &str)>> {
            let values = values.as_ref()?;
            Some(values.iter().map(|(name, value)| (name.as_str(), value.get())).collect())
        }
        // Taken apart, so that no member can be forgotten.
        let Self {
            user,
            exposed_ports,
            env,
            entrypoint,
            cmd,
            volumes,
            working_dir,
            labels,
            stop_signal,
            other: unknown,
        } = self;
        *user == other.user
            && texts(exposed_ports) == texts(&other.exposed_ports)
            && *env == other.env
            && *entrypoint == other.entrypoint
            && *cmd == other.cmd
            && texts(volumes) == texts(&other.volumes)
            && *working_dir == other.working_dir
            && *labels == other.labels
            && *stop_signal == other.stop_signal
            && *unknown == other.other
    }
}

object! {
    /// `config.rootfs`.
    #[derive(Debug, Clone, PartialEq)]
    pub struct RootFs: "a rootfs object" {
        /// `layers`.
        pub kind: String => required "type",
        /// One a layer, lowest first.
        pub diff_ids: Vec<DiffId> => list "diff_ids",
    }
}

impl RootFs {
    /// A root file system of layers.
    pub fn new(diff_ids: Vec<DiffId>) -> Self {
        Self { kind: "layers".to_owned(), diff_ids, other: Members::default() }
    }
}

object! {
    /// One line of `config.history`. The members are those of `config.md`, under their own names.
    #[derive(Debug, Clone, Default, PartialEq)]
    #[expect(missing_docs, reason = "config.md says what they are")]
    pub struct History: "a line of history" {
        pub created: Option<String> => optional "created",
        pub author: Option<String> => optional "author",
        pub created_by: Option<String> => optional "created_by",
        pub comment: Option<String> => optional "comment",
        pub empty_layer: Option<bool> => optional "empty_layer",
    }
}
