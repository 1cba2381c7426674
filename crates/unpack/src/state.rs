//! What a bundle remembers of how it was made, in `ocidian.json` beside `config.json`.
//!
//! Runtimes ignore it. It is there for what a later look at the tree cannot tell: which image this
//! was, how owners were mapped, and which empty files stand in for devices. Manifest and config are kept whole, so
//! that a repack can go on from them when the image is gone.

use std::collections::BTreeMap;

use ocidian_layer::{Device, EntryKind};
use ocidian_spec::Descriptor;
use rustix::fs::FileType;
use serde::{Deserialize, Serialize};

use crate::error::Failure;
use crate::ids::{IdMap, IdRange};
use crate::image::Image;
use crate::options::{Form, UnpackOptions};
use crate::unpack::Unpacked;

/// The file's name.
pub(crate) const FILE_NAME: &str = "ocidian.json";

/// The file with what the tree was: see [`crate::baseline`].
pub(crate) const BASELINE_NAME: &str = "ocidian.baseline";
/// The version of both.
const VERSION: u32 = 1;

/// What a bundle remembers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct State {
    version: u32,
    /// What the caller called the image.
    source: String,
    /// The manifest that was unpacked.
    manifest: Descriptor,
    /// Manifest and config, byte for byte. Absent where an earlier version wrote this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    documents: Option<Documents>,
    form: String,
    rootless: bool,
    /// `container:host:size`.
    uid_map: Vec<String>,
    gid_map: Vec<String>,
    /// Where volumes are mounted, which belong to no layer.
    volumes: Vec<String>,
    /// Devices that empty files stand in for.
    devices: Vec<DeviceState>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Documents {
    manifest: String,
    config: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct DeviceState {
    /// The path in the root file system; bytes that are not printable ASCII as `\xNN`.
    path: String,
    #[serde(rename = "type")]
    kind: String,
    major: u32,
    minor: u32,
}

impl State {
    pub(crate) fn new(
        source: &str,
        image: Image<'_>,
        options: &UnpackOptions,
        unpacked: &Unpacked,
        volumes: Vec<String>,
    ) -> Self {
        let ranges = |ranges: &[IdRange]| ranges.iter().map(IdRange::to_string).collect();
        let devices = unpacked.stand_ins.iter().map(|(path, stand_in)| DeviceState {
            path: path.escape_ascii().to_string(),
            kind: if stand_in.file_type == FileType::BlockDevice { "b" } else { "c" }.to_owned(),
            major: stand_in.device.major,
            minor: stand_in.device.minor,
        });
        let mut state = Self {
            version: VERSION,
            source: String::new(),
            manifest: image.manifest.descriptor().clone(),
            documents: None,
            form: match options.form {
                Form::Rootfs => "rootfs",
                Form::Overlay => "overlay",
            }
            .to_owned(),
            rootless: options.rootless,
            uid_map: ranges(options.ids.uid_ranges()),
            gid_map: ranges(options.ids.gid_ranges()),
            volumes,
            devices: devices.collect(),
        };
        state.stands_for(source, image);
        state
    }

    /// Says which image the tree is of.
    fn stands_for(&mut self, source: &str, image: Image<'_>) {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        self.source = source.to_owned();
        self.manifest = image.manifest.descriptor().clone();
        self.documents = text(image.manifest.bytes())
            .zip(text(image.config.bytes()))
            .map(|(manifest, config)| Documents { manifest, config });
    }

    /// As a person reads it, with a newline at the end.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>, Failure> {
        let json = serde_json::to_vec_pretty(self);
        let mut json = json.map_err(|error| Failure::Refused(format!("cannot write the state: {error}")))?;
        json.push(b'\n');
        Ok(json)
    }
}

/// What a bundle remembers, read back.
#[derive(Debug, Clone)]
pub struct BundleState {
    state: State,
    ids: IdMap,
    devices: BTreeMap<Vec<u8>, EntryKind>,
}

impl BundleState {
    /// Reads the text of the state file. It lies where its owner can change it, so nothing in it is taken on trust.
    pub fn parse(text: &[u8]) -> Result<Self, Failure> {
        let refused = |reason: String| Failure::Refused(format!("cannot use {FILE_NAME}: {reason}"));
        let state: State = serde_json::from_slice(text).map_err(|error| refused(error.to_string()))?;
        if state.version != VERSION {
            return Err(refused(format!("it is of version {}, and only {VERSION} is known", state.version)));
        }
        let ranges =
            |ranges: &[String]| ranges.iter().map(|text| text.parse()).collect::<Result<Vec<_>, _>>();
        let ids = ranges(&state.uid_map).and_then(|uid| IdMap::new(uid, ranges(&state.gid_map)?));
        let ids = ids.map_err(|error| refused(error.to_string()))?;
        let mut devices = BTreeMap::new();
        for DeviceState { path, kind, major, minor } in &state.devices {
            let path = unescaped(path).ok_or_else(|| refused(format!("{path:?} is no path")))?;
            let device = Device { major: *major, minor: *minor };
            let kind =
                if kind == "b" { EntryKind::BlockDevice(device) } else { EntryKind::CharDevice(device) };
            devices.insert(path, kind);
        }
        Ok(Self { state, ids, devices })
    }

    /// What the image was called when it was unpacked.
    pub fn source(&self) -> &str {
        &self.state.source
    }

    /// The manifest that was unpacked.
    pub fn manifest(&self) -> &Descriptor {
        &self.state.manifest
    }

    /// The bytes of manifest and config, as the bundle keeps them. Not verified.
    pub fn documents(&self) -> Option<(&[u8], &[u8])> {
        self.state.documents.as_ref().map(|kept| (kept.manifest.as_bytes(), kept.config.as_bytes()))
    }

    /// Whether the tree is in the plain form.
    pub fn is_plain(&self) -> bool {
        self.state.form == "rootfs"
    }

    /// Whether owners and devices stand elsewhere than in the tree.
    pub fn rootless(&self) -> bool {
        self.state.rootless
    }

    /// Owners on the host for owners in the image.
    pub fn ids(&self) -> &IdMap {
        &self.ids
    }

    /// Where volumes are mounted, as the config says it.
    pub fn volumes(&self) -> &[String] {
        &self.state.volumes
    }

    /// The device that an empty file at that path stands in for.
    pub fn device(&self, path: &[u8]) -> Option<&EntryKind> {
        self.devices.get(path)
    }

    /// The text of the state file once the tree is that of another image.
    pub fn of_image(&self, source: &str, image: Image<'_>) -> Result<Vec<u8>, Failure> {
        let mut state = self.state.clone();
        state.stands_for(source, image);
        state.to_json()
    }
}

/// What [`escape_ascii`](slice::escape_ascii) made into text.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let [kind, tail @ ..] = rest else { return None };
        rest = tail;
        bytes.push(match kind {
            b't' => b'\t',
            b'r' => b'\r',
            b'n' => b'\n',
            b'\\' | b'\'' | b'"' => *kind,
            b'x' => {
                let [high, low, tail @ ..] = rest else { return None };
                rest = tail;
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                u8::try_from(digit(high)? << 4 | digit(low)?).ok()?
            }
            _ => return None,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back_byte_for_byte() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(unescaped(&all.escape_ascii().to_string()), Some(all));
        for wrong in ["\\", "\\x", "\\x1", "\\xzz", "\\q"] {
            assert_eq!(unescaped(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        let good = r#"{"version": 1, "source": "oci:x", "manifest": {"mediaType": "a/b", "digest":
            "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "size": 2},
            "form": "rootfs", "rootless": true, "uidMap": ["0:1000:1"], "gidMap": [], "volumes": ["/v"],
            "devices": [{"path": "dev/null", "type": "c", "major": 1, "minor": 3}]}"#;
        let state = BundleState::parse(good.as_bytes()).unwrap();
        assert_eq!(state.device(b"dev/null"), Some(&EntryKind::CharDevice(Device { major: 1, minor: 3 })));
        assert!(state.rootless() && state.is_plain() && state.documents().is_none());
        for (from, to) in [
            ("\"version\": 1", "\"version\": 2"),
            ("0:1000:1", "0:1000"),
            ("dev/null", "dev\\\\x1"),
            ("sha256:4413", "sha256:zz13"),
            ("{\"version", "[{\"version"),
        ] {
            BundleState::parse(good.replacen(from, to, 1).as_bytes()).unwrap_err();
        }
    }
}
