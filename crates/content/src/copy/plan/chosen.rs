//! The roots that were asked for, narrowed where platforms were chosen.
//!
//! Whoever names one image wants each platform of it; where a whole store is copied, each has to be somewhere in it. What has
//! none of them is left out, and so is what refers to what was left out, or to an index that is another one now.

use std::collections::HashSet;

use ocidian_spec::{Descriptor, Digest, Platform};

use super::{Plan, is_held};
use crate::copy::planned::Planned;
use crate::copy::platforms::{Narrowed, narrow};
use crate::copy::report::{Absent, Why};
use crate::copy::roots::Root;
use crate::copy::subjects;
use crate::error::{Error, Result};
use crate::names;
use crate::progress::Cancel;
use crate::survey::is_attestation;

impl Plan<'_> {
    /// Takes up the roots as they are.
    pub(super) fn all(&mut self, roots: Vec<Root>, cancel: &Cancel) -> Result<()> {
        let alone = roots.len() == 1;
        for root in roots {
            cancel.check()?;
            if self.holds(&root.descriptor, alone)? {
                self.roots.push(Planned::unchanged(root.descriptor, root.target, Why::Asked));
            }
        }
        Ok(())
    }

    /// Takes up what the roots have for these platforms.
    pub(super) fn narrowed(&mut self, roots: Vec<Root>, wanted: &[Platform], cancel: &Cancel) -> Result<()> {
        let alone = roots.len() == 1;
        let mut gone: HashSet<Digest> = HashSet::new();
        let mut missing: Vec<Platform> = wanted.to_vec();
        let mut known: Vec<String> = Vec::new();
        for Root { descriptor, target } in roots {
            cancel.check()?;
            if !self.holds(&descriptor, alone)? {
                continue;
            }
            let found = narrow(self.store, &descriptor, wanted)?;
            missing.retain(|platform| found.missing.contains(platform));
            known
                .extend(found.known.iter().filter(|text| !known.contains(text)).cloned().collect::<Vec<_>>());
            if alone && missing.is_empty() {
                self.hold_one(&found.kept)?;
            }
            gone.extend(found.left_out.iter().map(|child| child.digest.clone()));
            let Narrowed { descriptor: narrowed, made, kept, left_out, known, .. } = found;
            if narrowed.as_ref().is_none_or(|narrowed| narrowed.digest != descriptor.digest) {
                gone.insert(descriptor.digest.clone());
            }
            let Some(narrowed) = narrowed else {
                self.notes.push(left_out_for(&descriptor, &known));
                continue;
            };
            for document in &made {
                self.add(document)?;
            }
            let why = Why::Asked;
            self.roots.push(Planned {
                source: descriptor,
                descriptor: narrowed,
                target,
                why,
                kept,
                left_out,
            });
        }
        for missing in missing {
            // What is absent may have it, for all that anyone here knows.
            if self.absent.is_empty() {
                return Err(Error::PlatformNotFound { wanted: missing.to_string(), known });
            }
            self.notes.push(format!("there is no image for platform {missing}, unless it is absent"));
        }
        self.leave_out_referrers(gone)
    }

    /// Whether the source holds a root; the only one has to be there.
    fn holds(&mut self, root: &Descriptor, alone: bool) -> Result<bool> {
        if is_held(self.store, root)? {
            return Ok(true);
        }
        if alone {
            return Err(Error::BlobNotFound { digest: root.digest.clone(), store: self.store.name() });
        }
        self.absent.push(Absent::entry(root.clone(), false));
        Ok(false)
    }

    /// An index none of whose images is there is none that anyone asked for.
    fn hold_one(&self, kept: &[Descriptor]) -> Result<()> {
        let mut absent = None;
        for child in kept.iter().filter(|child| !is_attestation(child)) {
            if is_held(self.store, child)? {
                return Ok(());
            }
            absent.get_or_insert(child);
        }
        let lacks = |child: &Descriptor| Error::BlobNotFound {
            digest: child.digest.clone(),
            store: self.store.name(),
        };
        absent.map_or(Ok(()), |child| Err(lacks(child)))
    }

    /// Leaves out the entries that refer to what is gone.
    fn leave_out_referrers(&mut self, mut gone: HashSet<Digest>) -> Result<()> {
        for root in &self.roots {
            gone.remove(&root.descriptor.digest);
            for kept in &root.kept {
                gone.remove(&kept.digest);
            }
        }
        let dropped = subjects::below(self.store, &self.roots, gone)?;
        self.roots.retain(|root| {
            let digest = &root.source.digest;
            let drop = dropped.contains(digest);
            if drop {
                self.notes.push(format!("{digest} was left out: what it refers to is not copied as it was"));
            }
            !drop
        });
        Ok(())
    }
}

fn left_out_for(descriptor: &Descriptor, known: &[String]) -> String {
    let name = names::name_of(descriptor).map(|name| format!(" ({name})")).unwrap_or_default();
    let known = if known.is_empty() { "no platform that is known".to_owned() } else { known.join(", ") };
    format!("{}{name} was left out: it is for {known}", descriptor.digest)
}
