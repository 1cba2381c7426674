//! Edits of the list of entries that a store of images keeps: an edit changes the entry that it names and
//! leaves every other one, known or not, as it was.

use ocidian_spec::annotations::{CONTAINERD_IMAGE_NAME, REF_NAME};
use ocidian_spec::{Descriptor, Digest, RefName};

use crate::error::{Error, Result};
use crate::names;
use crate::store::When;

/// An edit that a [`Destination`](crate::Destination) keeps back until its blobs are published.
#[derive(Debug, Clone)]
pub enum Edit {
    /// See [`put`].
    Put {
        /// The name; unnamed without.
        name: Option<RefName>,
        /// What it will stand for.
        descriptor: Box<Descriptor>,
        /// What has to hold when it is applied.
        when: When,
    },
    /// See [`put_entry`].
    Entry {
        /// The entry.
        descriptor: Box<Descriptor>,
        /// Whether others of its name stay.
        beside: bool,
    },
    /// See [`remove`].
    Remove {
        /// The name.
        name: RefName,
        /// What has to hold when it is applied.
        when: When,
    },
    /// See [`forget`].
    Forget(Digest),
}

impl Edit {
    /// Applies the edit to the list as it is now; `store` is its name, for messages.
    pub fn apply(self, entries: &mut Vec<Descriptor>, store: &str) -> Result<()> {
        match self {
            Self::Put { name, descriptor, when } => put(entries, name.as_ref(), &descriptor, &when),
            Self::Entry { descriptor, beside } => {
                put_entry(entries, &descriptor, beside);
                Ok(())
            }
            Self::Remove { name, when } => remove(entries, &name, &when, store),
            Self::Forget(digest) => forget(entries, &digest, store),
        }
    }
}

/// Puts an entry into an index's list: one of that name is replaced where it stands, all else is kept. An
/// unnamed one that is listed already is left alone. Beside the name that it had already containerd's full name stays.
pub fn put(
    entries: &mut Vec<Descriptor>,
    name: Option<&RefName>,
    descriptor: &Descriptor,
    when: &When,
) -> Result<()> {
    let mut entry = descriptor.clone();
    let mut annotations = entry.annotations.take().unwrap_or_default();
    // The names that it had elsewhere are not names that it has here. containerd's ends with the tag, so it is right
    // beside that tag alone.
    if name.is_none() || names::name_of(descriptor).as_ref() != name {
        annotations.remove(CONTAINERD_IMAGE_NAME);
    }
    annotations.remove(REF_NAME);
    let at = match name {
        Some(name) => {
            annotations.insert(REF_NAME.to_owned(), name.as_str().to_owned());
            names::positions(entries, name)
        }
        None => Vec::new(),
    };
    entry.annotations = (!annotations.is_empty()).then_some(annotations);
    check(entries, &at, name, when)?;
    if name.is_none() && entries.iter().any(|listed| listed.digest == entry.digest) {
        return Ok(());
    }
    replace(entries, &at, entry);
    Ok(())
}

/// Puts an entry as it is, for [`RefSink::put_entry`](crate::RefSink::put_entry).
pub fn put_entry(entries: &mut Vec<Descriptor>, entry: &Descriptor, beside: bool) {
    if names::name_of(entry).is_none() {
        let listed = entries.iter().any(|listed| listed.digest == entry.digest);
        if !listed {
            entries.push(entry.clone());
        }
        return;
    }
    if beside {
        if !entries.contains(entry) {
            entries.push(entry.clone());
        }
        return;
    }
    let same = |(_, listed): &(usize, &Descriptor)| names::collide(listed, entry);
    let at: Vec<usize> = entries.iter().enumerate().filter(same).map(|(at, _)| at).collect();
    replace(entries, &at, entry.clone());
}

/// Removes every entry of that name; [`Error::RefNotFound`] where there is none.
pub fn remove(entries: &mut Vec<Descriptor>, name: &RefName, when: &When, store: &str) -> Result<()> {
    let at = names::positions(entries, name);
    check(entries, &at, Some(name), when)?;
    if at.is_empty() {
        let known = entries.iter().filter_map(names::name_of).map(|name| name.to_string()).collect();
        return Err(Error::RefNotFound { name: name.to_string(), store: store.to_owned(), known });
    }
    drop_all(entries, &at);
    Ok(())
}

/// Removes every entry of that digest; [`Error::RefNotFound`] where there is none.
pub fn forget(entries: &mut Vec<Descriptor>, digest: &Digest, store: &str) -> Result<()> {
    let before = entries.len();
    entries.retain(|entry| entry.digest != *digest);
    if entries.len() < before {
        return Ok(());
    }
    let known = entries.iter().map(|entry| entry.digest.to_string()).collect();
    Err(Error::RefNotFound { name: digest.to_string(), store: store.to_owned(), known })
}

fn check(entries: &[Descriptor], at: &[usize], name: Option<&RefName>, when: &When) -> Result<()> {
    let holds = match when {
        When::Any => true,
        When::Absent => at.is_empty(),
        When::Is(digest) => {
            !at.is_empty() && at.iter().all(|at| entries.get(*at).is_some_and(|e| e.digest == *digest))
        }
    };
    if holds {
        return Ok(());
    }
    let name = name.map_or_else(|| "the unnamed entry".to_owned(), ToString::to_string);
    Err(Error::Conflict { name })
}

/// Puts the entry where the first of those positions is, in the place of all of them; at the end where there is none.
fn replace(entries: &mut Vec<Descriptor>, positions: &[usize], entry: Descriptor) {
    let Some((first, rest)) = positions.split_first() else { return entries.push(entry) };
    if let Some(place) = entries.get_mut(*first) {
        *place = entry;
    }
    drop_all(entries, rest);
}

/// Removes the entries at those positions, which ascend.
fn drop_all(entries: &mut Vec<Descriptor>, positions: &[usize]) {
    let mut gone = positions.iter().copied().peekable();
    let mut at = 0;
    entries.retain(|_| {
        let keep = gone.next_if_eq(&at).is_none();
        at += 1;
        keep
    });
}
