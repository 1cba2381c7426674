//! The document that a name stands for: an index where it names one, before any platform is chosen.

use ocidian_content::walk::Order;
use ocidian_content::{Error, PlatformChoice, Result, Role, Store, Walk, select};
use ocidian_spec::{Descriptor, Digest, Selector};

/// The entry or the descendant that `selector` names. Where several entries fit, the one that a choice by
/// platform leads to.
pub(crate) fn find(store: &dyn Store, selector: &Selector) -> Result<Descriptor> {
    let entries = match selector {
        Selector::Digest(digest) => by_digest(store, digest)?.into_iter().collect(),
        Selector::Name(name) => store.resolve(name)?,
        Selector::Sole => store.list()?.into_iter().map(|(_, entry)| entry).collect(),
    };
    match <[Descriptor; 1]>::try_from(entries) {
        Ok([one]) => Ok(one),
        // Selection knows how to choose among several, and what to say where there is none.
        Err(_) => {
            let selection = select(store, selector, &PlatformChoice::Host)?;
            let manifest = selection.manifest.descriptor().clone();
            Ok(selection.chain.into_iter().next().unwrap_or(manifest))
        }
    }
}

fn by_digest(store: &dyn Store, digest: &Digest) -> Result<Option<Descriptor>> {
    let entries = store.list()?.into_iter().map(|(_, entry)| entry);
    for node in Walk::new(store, entries, Order::ParentsFirst) {
        match node {
            Ok(node) if node.role == Role::Manifest && node.descriptor.digest == *digest => {
                return Ok(Some(node.descriptor));
            }
            Err(limit @ Error::Limit { .. }) => return Err(limit),
            // What else is wrong in the store is not what was asked about.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(None)
}
