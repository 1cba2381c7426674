//! Where no device can be made: an empty file stands in, and what it stands for is written to the
//! bundle's state file.

use std::collections::BTreeMap;

use ocidian_layer::{Device, Metadata};
use rustix::fs::FileType;

use super::Applier;
use super::put::Spot;
use super::regular;
use crate::error::Failure;
use crate::record::Kind;

/// A device that an empty file stands in for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StandIn {
    pub(crate) file_type: FileType,
    pub(crate) device: Device,
}

/// All of them, by path.
#[derive(Debug, Default)]
pub(super) struct StandIns(BTreeMap<Box<[u8]>, StandIn>);

impl StandIns {
    /// What stood at that path, or below it, is gone.
    pub(super) fn forget(&mut self, path: &[u8]) {
        if !self.0.is_empty() {
            self.0.remove(path);
            crate::tree::forget_below(&mut self.0, path);
        }
    }

    /// A hard link to a stand-in stands in for the same device.
    pub(super) fn link(&mut self, from: &[u8], to: &[u8]) {
        if let Some(stand_in) = self.0.get(from).cloned() {
            self.0.insert(to.into(), stand_in);
        }
    }
}

impl Applier {
    /// An empty file with the device's attributes.
    pub(super) fn put_stand_in(
        &mut self,
        spot: &Spot<'_>,
        meta: &Metadata,
        file_type: FileType,
        device: Device,
        kind: Kind,
    ) -> Result<(), Failure> {
        let file =
            self.create(spot, "cannot make the file that stands in for a device", |owner, handle| {
                regular::create(owner, handle, spot.name, meta)
            })?;
        self.finish_file(&file, spot, meta)?;
        self.stand_ins.0.insert(spot.path.as_slice().into(), StandIn { file_type, device });
        self.warnings.add("device nodes need real root; an empty file stands in", &spot.path);
        self.record(&spot.path, meta, kind);
        Ok(())
    }

    /// The devices that empty files stand in for, by path.
    pub(crate) fn take_stand_ins(&mut self) -> BTreeMap<Box<[u8]>, StandIn> {
        std::mem::take(&mut self.stand_ins.0)
    }
}
