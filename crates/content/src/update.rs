//! Changing what a name stands for without losing what another writer made of it meanwhile: read, make, put on the
//! condition that it is still what was read, and once more where it is not.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use ocidian_spec::{Descriptor, RefName};

use crate::error::{Error, Result};
use crate::store::{RefSource, When};

/// Each conflict means that someone else got through, so this many others may.
const ATTEMPTS: u32 = 1000;
/// Between attempts, at most.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Calls `attempt`, which reads, changes and writes, again and again while its error `is_conflict` ([`Error::is_conflict`] where it
/// is an error of this crate), with pauses between.
///
/// # Errors
/// The last conflict once there were 1000; any other error at once.
pub fn retried<T, E>(
    is_conflict: impl Fn(&E) -> bool,
    attempt: impl FnMut() -> Result<T, E>,
) -> Result<T, E> {
    at_most(ATTEMPTS, is_conflict, attempt)
}

fn at_most<T, E>(
    attempts: u32,
    is_conflict: impl Fn(&E) -> bool,
    mut attempt: impl FnMut() -> Result<T, E>,
) -> Result<T, E> {
    for tried in 1..attempts {
        match attempt() {
            Err(error) if is_conflict(&error) => std::thread::sleep(pause(tried)),
            outcome => return outcome,
        }
    }
    attempt()
}

/// Calls `attempt` with what the name stands for now (`None`: nothing) and the condition to put the next under, again and
/// again while its error `is_conflict` ([`Error::is_conflict`] where it is an error of this crate), or while it fails on what
/// the name stands for no longer: that may have been collected meanwhile.
///
/// # Errors
/// [`Error::Ambiguous`] where the name stands for several documents; the last conflict once there were 1000; else what
/// `attempt` gives.
///
/// ```
/// use ocidian_content::{Error, MemoryStore, RefSink, document, update};
/// # use ocidian_spec::{ImageIndex, Document, MediaType, Descriptor, RawDocument};
/// let store = MemoryStore::new();
/// let name = "1.0".parse()?;
/// update(&store, &name, Error::is_conflict, |now, when| {
///     let children: Vec<Descriptor> = now.into_iter().collect();
///     let index = ImageIndex::new(children).to_json()?;
///     let index = RawDocument::verify(index.clone(), Descriptor::of(MediaType::ImageIndex, &index))?;
///     store.put(Some(&name), &index, when)
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn update<T, E: From<Error>>(
    store: &dyn RefSource,
    name: &RefName,
    is_conflict: impl Fn(&E) -> bool,
    mut attempt: impl FnMut(Option<Descriptor>, When) -> Result<T, E>,
) -> Result<T, E> {
    let outcome = retried(Failed::passes, || {
        let ends = |error: Error| Failed { error: error.into(), passes: false };
        let now = current(store, name).map_err(ends)?;
        let when = now.as_ref().map_or(When::Absent, |now| When::Is(now.digest.clone()));
        let read = now.as_ref().map(|now| now.digest.clone());
        let error = match attempt(now, when) {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let passes = is_conflict(&error) || current(store, name).map_err(ends)?.map(|now| now.digest) != read;
        Err(Failed { error, passes })
    });
    outcome.map_err(|failed| failed.error)
}

/// An attempt at an update that failed.
struct Failed<E> {
    error: E,
    /// Whether another attempt may do better.
    passes: bool,
}

impl<E> Failed<E> {
    fn passes(&self) -> bool {
        self.passes
    }
}

fn current(store: &dyn RefSource, name: &RefName) -> Result<Option<Descriptor>> {
    let mut found = store.resolve(name)?;
    let first = found.first().map(|first| first.digest.clone());
    if found.iter().any(|entry| Some(&entry.digest) != first.as_ref()) {
        let candidates = found.iter().map(|entry| format!("@{}", entry.digest)).collect();
        return Err(Error::Ambiguous { store: format!("the name {name}"), candidates });
    }
    found.truncate(1);
    Ok(found.pop())
}

/// Longer each time, and never the same for two, who would otherwise meet again.
fn pause(tried: u32) -> Duration {
    let most = Duration::from_millis(1).saturating_mul(1 << tried.min(6)).min(LONGEST_PAUSE);
    let random = RandomState::new().hash_one(tried) % 1000;
    most.mul_f64(random as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryStore, RefSink, document, store::Role};
    use ocidian_spec::{Digest, Document, ImageIndex, MediaType, RawDocument};

    /// Adds a child of that size to the index of that name, as `index add` does.
    fn add(store: &MemoryStore, name: &RefName, size: u64) -> Result<()> {
        update(store, name, Error::is_conflict, |now, when| {
            let mut index = match now {
                Some(now) => document::read::<ImageIndex>(store, Role::Manifest, &now)?.into_value(),
                None => ImageIndex::new(Vec::new()),
            };
            let digest = Digest::sha256(&size.to_le_bytes());
            index.manifests.push(Descriptor::new(MediaType::ImageManifest, digest, size));
            let bytes = index.to_json()?;
            let descriptor = Descriptor::of(MediaType::ImageIndex, &bytes);
            store.put(Some(name), &RawDocument::verify(bytes, descriptor)?, when)
        })
    }

    #[test]
    fn of_many_who_change_one_name_none_is_lost() {
        let store = MemoryStore::new();
        let name: RefName = "index".parse().unwrap();
        std::thread::scope(|scope| {
            for size in 0..32 {
                let (store, name) = (&store, &name);
                scope.spawn(move || add(store, name, size).unwrap());
            }
        });
        let entry = store.resolve(&name).unwrap().pop().unwrap();
        let index: ImageIndex = document::read(&store, Role::Manifest, &entry).unwrap().into_value();
        let mut sizes: Vec<u64> = index.manifests.iter().map(|child| child.size).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, (0..32).collect::<Vec<_>>());
    }

    #[test]
    fn what_was_replaced_and_collected_meanwhile_is_read_again() {
        let store = MemoryStore::new();
        let name: RefName = "index".parse().unwrap();
        add(&store, &name, 1).unwrap();
        let mut calls = 0;
        let found = update(&store, &name, Error::is_conflict, |now, _| {
            calls += 1;
            if calls == 1 {
                add(&store, &name, 2)?;
                let all_at_once = crate::gc::Options { grace: Duration::ZERO, ..Default::default() };
                crate::gc(&store, &all_at_once)?;
            }
            Ok::<_, Error>(document::read::<ImageIndex>(&store, Role::Manifest, &now.unwrap())?.into_value())
        });
        assert_eq!((found.unwrap().manifests.len(), calls), (2, 2));
    }

    #[test]
    fn other_errors_end_it_and_conflicts_do_in_the_end() {
        let store = MemoryStore::new();
        let name: RefName = "x".parse().unwrap();
        let mut calls = 0;
        let failed: Result<()> = update(&store, &name, Error::is_conflict, |_, _| {
            calls += 1;
            Err(Error::Cancelled)
        });
        assert!(matches!(failed, Err(Error::Cancelled)));
        assert_eq!(calls, 1);
        let mut calls = 0;
        let lost: Result<()> = at_most(3, Error::is_conflict, || {
            calls += 1;
            Err(Error::Conflict { name: name.to_string() })
        });
        assert!(lost.is_err_and(|error| error.is_conflict()));
        assert_eq!(calls, 3);
        assert!((1..200).map(pause).all(|pause| pause <= LONGEST_PAUSE));
    }
}
