//! Links of both kinds, in circles, in chains, and very deep below.

use std::collections::BTreeMap;

use ocidian_layer::{Change, Entry, EntryKind, EntryPath, Metadata};
use proptest::prelude::*;

use super::against_map::path;
use super::fixture::Item::{Dir, File, Link, Symlink};
use super::fixture::{Fixture, content, layer, paths};
use crate::files::Error;
use crate::files::tree::Tree;

/// `links` symlinks one after the other, the last to the directory `d`.
fn chain(links: usize) -> Vec<(String, String)> {
    let target = |at: usize| if at + 1 == links { "d".to_owned() } else { format!("l{}", at + 1) };
    (0..links).map(|at| (format!("l{at}"), target(at))).collect()
}

#[test]
fn forty_links_are_followed_and_no_more() {
    for (links, followed) in [(40, true), (41, false), (1000, false)] {
        let chain = chain(links);
        let mut items = vec![Dir("d"), File("d/f", "found")];
        items.extend(chain.iter().map(|(path, target)| Symlink(path, target)));
        let fixture = Fixture::new(&[layer(&items)]);
        let tree = fixture.read().unwrap();
        let read = content(&tree, "l0/f");
        assert!(if followed { read.unwrap() == "found" } else { matches!(read, Err(Error::Loop { .. })) });
        assert_eq!(content(&tree, &format!("l{}/f", links - 1)).unwrap(), "found");

        for item in [File("l0/new", ""), Link("new", "l0/f"), File("l0/.wh.f", "")] {
            let upper = layer(std::slice::from_ref(&item));
            let fixture = Fixture::new(&[layer(&items), upper]);
            let read = fixture.read();
            let refused = matches!(&read, Err(crate::Error::Entry { layer: 2, .. }));
            assert!(if followed { read.is_ok() } else { refused }, "{links} {item:?}");
        }
    }
}

/// Each link's target as long as a target can be: the way to go is never more than 40 of them.
#[test]
fn long_targets_come_to_an_end() {
    let chain: Vec<_> =
        (0..60).map(|at| (format!("l{at}"), format!("l{}{}", at + 1, "/.".repeat(2040)))).collect();
    let there_and_back = format!("{}d", "d/../".repeat(800));
    let mut items = vec![Dir("d"), File("d/f", "found"), Symlink("back", &there_and_back)];
    items.extend(chain.iter().map(|(path, target)| Symlink(path, target)));
    let fixture = Fixture::new(&[layer(&items)]);
    let tree = fixture.read().unwrap();
    assert_eq!(content(&tree, "back/f").unwrap(), "found");
    assert!(matches!(content(&tree, "l0/f"), Err(Error::Loop { .. })));

    let too_long = "x".repeat(4096);
    assert!(Fixture::new(&[layer(&[Symlink("l", &too_long)])]).read().is_err());
}

#[test]
fn a_thousand_levels_are_a_tree_like_any_other() {
    let top = ["d"; 1000].join("/");
    let (file, link) = (format!("{top}/f"), format!("{top}/l"));
    let up = format!("{}d/d/f", "../".repeat(1100));
    let lower = layer(&[Dir(&top), File(&file, "deep"), Symlink(&link, &up), File("d/d/f", "high")]);
    let hidden = format!("{}/.wh.d", ["d"; 999].join("/"));
    for (upper, left) in [
        (vec![], 1004),
        (vec![File(&hidden, "")], 1001),
        (vec![File("d/.wh.d", "")], 2),
        (vec![File("d/.wh..wh..opq", ""), File(&file, "new")], 1002),
        (vec![File("d", "")], 2),
    ] {
        let fixture = Fixture::new(&[lower.clone(), layer(&upper)]);
        let tree = fixture.read().unwrap();
        assert_eq!(paths(&tree).len(), left, "{:?}", upper.first());
        if upper.is_empty() {
            assert_eq!(content(&tree, &file).unwrap(), "deep");
            assert_eq!(content(&tree, &link).unwrap(), "high");
            assert_eq!(tree.list(top.as_bytes()).unwrap().count(), 2);
        }
    }
}

proptest! {
    /// With links of both kinds anything may be refused, but nothing breaks: names are counted
    /// right, and every path leads where the walk found it.
    #[test]
    fn links_keep_the_tree_whole(
        layers in proptest::collection::vec(proptest::collection::vec((0..6u8, path(), path()), 0..16), 1..4),
    ) {
        let mut tree = Tree::default();
        for steps in &layers {
            tree.begin_layer();
            for (kind, path, target) in steps {
                let path = EntryPath::new(path.as_bytes()).unwrap();
                let kind = match kind {
                    0 => EntryKind::Directory,
                    1 => EntryKind::Fifo,
                    2 => EntryKind::Symlink(target.clone().into_bytes()),
                    3 => EntryKind::Symlink([b"../", target.as_bytes()].concat()),
                    4 => EntryKind::Hardlink(EntryPath::new(target.as_bytes()).unwrap()),
                    _ => { let _ = tree.apply(&Change::Whiteout(path)); continue }
                };
                let _ = tree.apply(&Change::Put(Entry { path, kind, metadata: Metadata::default(), offset: 0 }));
            }
        }
        let mut names = BTreeMap::new();
        for (path, id) in tree.walk().skip(1) {
            *names.entry(id).or_insert(0) += 1;
            prop_assert_eq!(tree.lookup(&path, false).unwrap(), id);
        }
        for (id, count) in names {
            prop_assert_eq!(tree.node(id).links(), count);
        }
    }
}
