//! Writers that know no lock, between our reading of `index.json` and our replacing it.

use std::cell::Cell;

use ocidian_content::entries;
use ocidian_spec::MediaType;

use super::*;

fn descriptor(text: &str) -> Descriptor {
    Descriptor::new(MediaType::ImageManifest, Digest::sha256(text.as_bytes()), 1)
}

fn put(list: &mut Vec<Descriptor>, name: &str, text: &str, when: &When) -> Result<()> {
    entries::put(list, Some(&name.parse().unwrap()), &descriptor(text), when)
}

/// As another tool does it: read, change, write, no lock taken.
fn foreign(layout: &LayoutDir, name: &str, text: &str) {
    let mut index = layout.index().unwrap();
    put(&mut index.manifests, name, text, &When::Any).unwrap();
    let bytes = documents::write_index(&index, "test").unwrap();
    std::fs::write(layout.path().join(INDEX_JSON), bytes).unwrap();
}

fn names(layout: &LayoutDir) -> Vec<String> {
    layout.list().unwrap().into_iter().filter_map(|(name, _)| name).map(|name| name.to_string()).collect()
}

#[test]
fn what_was_written_while_we_were_at_it_stays() {
    let place = tempfile::tempdir().unwrap();
    let layout = LayoutDir::create(&place.path().join("images")).unwrap();
    let published = Cell::new(0);
    let first = || {
        published.set(published.get() + 1);
        foreign(&layout, "theirs", "1");
        Ok(())
    };
    layout.edit_after(|list| put(list, "ours", "2", &When::Any), first).unwrap();
    assert_eq!((names(&layout), published.get()), (vec!["theirs".to_owned(), "ours".to_owned()], 1));
}

#[test]
fn a_condition_that_they_broke_is_a_conflict() {
    let place = tempfile::tempdir().unwrap();
    let layout = LayoutDir::create(&place.path().join("images")).unwrap();
    let first = || {
        foreign(&layout, "one", "theirs");
        Ok(())
    };
    let outcome = layout.edit_after(|list| put(list, "one", "ours", &When::Absent), first);
    assert!(matches!(outcome, Err(Error::Conflict { .. })), "{outcome:?}");
    assert_eq!(layout.resolve(&"one".parse().unwrap()).unwrap()[0].digest, descriptor("theirs").digest);
}

#[test]
fn one_that_never_stops_is_not_waited_for() {
    let place = tempfile::tempdir().unwrap();
    let layout = LayoutDir::create(&place.path().join("images")).unwrap();
    let times = Cell::new(0);
    let change = |list: &mut Vec<Descriptor>| {
        times.set(times.get() + 1);
        foreign(&layout, "theirs", &times.get().to_string());
        put(list, "ours", "1", &When::Any)
    };
    layout.edit_after(change, || Ok(())).unwrap();
    assert_eq!(times.get(), FOREIGN);
    assert!(names(&layout).contains(&"ours".to_owned()));
}

#[test]
fn a_conflict_or_a_list_that_cannot_be_changed_publishes_nothing() {
    let place = tempfile::tempdir().unwrap();
    let layout = LayoutDir::create(&place.path().join("images")).unwrap();
    foreign(&layout, "one", "theirs");
    let never = || panic!("nothing is published");
    let outcome = layout.edit_after(|list| put(list, "one", "ours", &When::Absent), never);
    assert!(matches!(outcome, Err(Error::Conflict { .. })), "{outcome:?}");
}
