//! What a bundle remembers of how it was made, in `ocidian.json` beside `config.json`.
//!
//! Runtimes ignore it. It is there for what a later look at the tree cannot tell: which image this
//! was, how owners were mapped, and which empty files stand in for devices.

use ocidian_spec::Descriptor;
use rustix::fs::FileType;
use serde::Serialize;

use crate::error::Failure;
use crate::ids::IdRange;
use crate::options::{Form, UnpackOptions};
use crate::unpack::Unpacked;

/// The file's name.
pub(crate) const FILE_NAME: &str = "ocidian.json";

/// What a bundle remembers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct State<'a> {
    version: u32,
    /// What the caller called the image.
    source: &'a str,
    /// The manifest that was unpacked.
    manifest: &'a Descriptor,
    form: &'static str,
    rootless: bool,
    /// `container:host:size`.
    uid_map: Vec<String>,
    gid_map: Vec<String>,
    /// Where volumes are mounted, which belong to no layer.
    volumes: Vec<String>,
    /// Devices that empty files stand in for.
    devices: Vec<DeviceState>,
}

#[derive(Debug, Serialize)]
struct DeviceState {
    /// The path in the root file system; bytes that are not printable ASCII as `\xNN`.
    path: String,
    #[serde(rename = "type")]
    kind: &'static str,
    major: u32,
    minor: u32,
}

impl<'a> State<'a> {
    pub(crate) fn new(
        source: &'a str,
        manifest: &'a Descriptor,
        options: &UnpackOptions,
        unpacked: &Unpacked,
        volumes: Vec<String>,
    ) -> Self {
        let ranges = |ranges: &[IdRange]| ranges.iter().map(IdRange::to_string).collect();
        let devices = unpacked.stand_ins.iter().map(|(path, stand_in)| DeviceState {
            path: path.escape_ascii().to_string(),
            kind: if stand_in.file_type == FileType::BlockDevice { "b" } else { "c" },
            major: stand_in.device.major,
            minor: stand_in.device.minor,
        });
        Self {
            version: 1,
            source,
            manifest,
            form: match options.form {
                Form::Rootfs => "rootfs",
                Form::Overlay => "overlay",
            },
            rootless: options.rootless,
            uid_map: ranges(options.ids.uid_ranges()),
            gid_map: ranges(options.ids.gid_ranges()),
            volumes,
            devices: devices.collect(),
        }
    }

    /// As a person reads it, with a newline at the end.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>, Failure> {
        let json = serde_json::to_vec_pretty(self);
        let mut json = json.map_err(|error| Failure::Refused(format!("cannot write the state: {error}")))?;
        json.push(b'\n');
        Ok(json)
    }
}
