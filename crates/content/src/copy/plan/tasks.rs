//! What has to be brought over for the roots of a plan, and what cannot be.

use std::collections::{HashMap, HashSet};

use ocidian_spec::{Descriptor, Digest, Kind};

use super::Plan;
use crate::copy::mentioned;
use crate::copy::options::Options;
use crate::copy::planned::Planned;
use crate::copy::report::Absent;
use crate::copy::transfer::Task;
use crate::error::{Error, Result};
use crate::store::{BlobSource, Destination, Role};
use crate::walk::{Content, Edge, Node, Order, Walk};

impl Plan<'_> {
    /// Lists what has to be brought over.
    pub(super) fn walk(&mut self, to: &dyn Destination, options: &Options<'_>) -> Result<()> {
        // What is converted brings its own blobs.
        let here = |root: &&Planned| !root.is_converted(options);
        let roots: Vec<Descriptor> =
            self.roots.iter().filter(here).map(|root| root.descriptor.clone()).collect();
        let (mut missing, mut opaque) = (Vec::new(), Vec::new());
        for node in Walk::new(&self.source, roots, Order::ChildrenFirst) {
            options.cancel.check()?;
            let Node { descriptor, role, edge, parent, content, .. } = node?;
            let Some(task) = task(&self.source, role, &descriptor, &content)? else {
                let dispensable = edge == Edge::Subject;
                missing.push(Absent { descriptor, role, parent, dispensable });
                continue;
            };
            let layer = matches!(descriptor.media_type.kind(), Kind::Layer(_));
            if role == Role::Manifest && matches!(content, Content::Opaque) && !layer {
                opaque.push(descriptor);
            }
            match (role, edge) {
                (Role::Blob, _) => self.blobs.push(task),
                // Its own put writes it, and nothing that is put before it needs it.
                (Role::Manifest, Edge::Root) => {}
                (Role::Manifest, _) => self.documents.push(task),
            }
        }
        self.mentioned(&opaque)?;
        self.missed(missing, to)
    }

    /// Adds what documents of unknown types mention.
    fn mentioned(&mut self, opaque: &[Descriptor]) -> Result<()> {
        let mut known: HashSet<Digest> = HashSet::new();
        if !opaque.is_empty() {
            let tasks = self.blobs.iter().chain(&self.documents).map(|task| &task.descriptor);
            known.extend(
                tasks.chain(self.roots.iter().map(|root| &root.descriptor)).map(|d| d.digest.clone()),
            );
        }
        let mut found = Vec::new();
        for document in opaque {
            let tasks = mentioned::by(&self.source, document)?;
            found.extend(tasks.into_iter().filter(|task| known.insert(task.descriptor.digest.clone())));
        }
        let (blobs, documents) = found.into_iter().partition(|task: &Task| task.role == Role::Blob);
        self.blobs.extend::<Vec<_>>(blobs);
        // Before what mentions them.
        self.documents.splice(0..0, documents as Vec<_>);
        Ok(())
    }

    /// Notes what the source does not hold, unless the destination does.
    fn missed(&mut self, missing: Vec<Absent>, to: &dyn Destination) -> Result<()> {
        // A referrer may have been missed already, by its subject's list.
        let known = |absent: &Absent| (absent.descriptor.digest.clone(), absent.role);
        let mut at: HashMap<(Digest, Role), usize> =
            self.absent.iter().enumerate().map(|(at, absent)| (known(absent), at)).collect();
        for absent in missing {
            let there = match to.adopt(absent.role, &absent.descriptor, self.store) {
                Err(Error::BlobNotFound { .. }) => false,
                adopted => adopted?,
            };
            if there {
                continue;
            }
            match at.get(&known(&absent)).and_then(|at| self.absent.get_mut(*at)) {
                Some(known) => {
                    known.dispensable &= absent.dispensable;
                    known.parent = absent.parent;
                }
                None => {
                    at.insert(known(&absent), self.absent.len());
                    self.absent.push(absent);
                }
            }
        }
        Ok(())
    }
}

/// The task of a node; `None` where the source has no such bytes.
fn task(
    source: &dyn BlobSource,
    role: Role,
    descriptor: &Descriptor,
    content: &Content,
) -> Result<Option<Task>> {
    let plain = Descriptor::new(descriptor.media_type.clone(), descriptor.digest.clone(), descriptor.size);
    let stored = match (content, &descriptor.data) {
        (Content::Missing, _) => false,
        (_, None) => true,
        (_, Some(_)) => source.stat(role, descriptor)?.is_some(),
    };
    if stored {
        return Ok(Some(Task { role, descriptor: plain }));
    }
    let carried = matches!(descriptor.embedded(), Ok(Some(_)));
    let data = descriptor.data.clone();
    Ok(carried.then_some(Task { role, descriptor: Descriptor { data, ..plain } }))
}
