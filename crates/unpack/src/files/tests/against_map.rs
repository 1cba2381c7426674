//! Random changes: the tree is what a plain map of paths comes to.

use std::collections::BTreeMap;

use ocidian_layer::{Change, Entry, EntryKind, EntryPath, Metadata};
use proptest::prelude::*;

use crate::files::FileKind;
use crate::files::tree::Tree;

/// The model: a map from path to what is there, without links to follow, each put by a layer.
#[derive(Debug, Default)]
struct Model(BTreeMap<String, (ModelKind, usize)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ModelKind {
    Dir,
    /// A file, by the offset that stands for its content.
    File(usize, u64),
}

impl Model {
    fn below(path: &str, top: &str) -> bool {
        top.is_empty() || path.strip_prefix(top).is_some_and(|rest| rest.starts_with('/'))
    }

    fn remove(&mut self, top: &str) {
        self.0.retain(|path, _| path != top && !Self::below(path, top));
    }

    fn put(&mut self, layer: usize, path: &str, kind: ModelKind) {
        for (at, _) in path.match_indices('/') {
            let parent = &path[..at];
            if !matches!(self.0.get(parent), Some((ModelKind::Dir, _))) {
                self.remove(parent);
                // No layer, so far: an implied one counts by what is below it.
                self.0.insert(parent.to_owned(), (ModelKind::Dir, usize::MAX));
            }
        }
        let both = kind == ModelKind::Dir && matches!(self.0.get(path), Some((ModelKind::Dir, _)));
        if !both {
            self.remove(path);
        }
        self.0.insert(path.to_owned(), (kind, layer));
    }

    /// Hides below `top`, and `top` itself where `whole`, what no entry of this layer put or needs.
    fn hide(&mut self, layer: usize, top: &str, whole: bool) {
        let own: Vec<String> =
            self.0.iter().filter(|(_, (_, by))| *by == layer).map(|(path, _)| path.clone()).collect();
        let parent_gone = top
            .match_indices('/')
            .any(|(at, _)| !matches!(self.0.get(&top[..at]), Some((ModelKind::Dir, _))));
        let absent = !top.is_empty() && !matches!(self.0.get(top), Some((ModelKind::Dir, _)));
        if parent_gone || (!whole && absent) {
            return;
        }
        self.0.retain(|path, _| {
            let hidden = Self::below(path, top) || (whole && path == top);
            !hidden || own.iter().any(|own| own == path || Self::below(own, path))
        });
    }
}

pub(super) fn path() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof!["a", "b", "c"], 1..4).prop_map(|names| names.join("/"))
}

#[derive(Debug, Clone)]
enum Step {
    File(String),
    Dir(String),
    Whiteout(String),
    Opaque(String),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => path().prop_map(Step::File),
        3 => path().prop_map(Step::Dir),
        2 => path().prop_map(Step::Whiteout),
        1 => prop_oneof![path(), Just(String::new())].prop_map(Step::Opaque),
    ]
}

proptest! {
    /// Whatever layers do to each other, the tree is what a plain map of paths comes to.
    #[test]
    fn the_tree_agrees_with_a_map_of_paths(
        layers in proptest::collection::vec(proptest::collection::vec(step(), 0..12), 1..4),
    ) {
        let (mut tree, mut model) = (Tree::default(), Model::default());
        for (index, steps) in layers.iter().enumerate() {
            tree.begin_layer();
            for (offset, step) in (0..).zip(steps) {
                let entry = |path: &str, kind| Change::Put(Entry {
                    path: EntryPath::new(path.as_bytes()).unwrap(),
                    kind,
                    metadata: Metadata::default(),
                    offset,
                });
                let change = match step {
                    Step::File(path) => {
                        model.put(index, path, ModelKind::File(index, offset));
                        entry(path, EntryKind::File { size: 0, sparse: false })
                    }
                    Step::Dir(path) => {
                        model.put(index, path, ModelKind::Dir);
                        entry(path, EntryKind::Directory)
                    }
                    Step::Whiteout(path) => {
                        if index > 0 { model.hide(index, path, true) }
                        Change::Whiteout(EntryPath::new(path.as_bytes()).unwrap())
                    }
                    Step::Opaque(path) => {
                        if index > 0 { model.hide(index, path, false) }
                        Change::Opaque(EntryPath::new(path.as_bytes()).unwrap())
                    }
                };
                tree.apply(&change).unwrap();
            }
        }
        let found: BTreeMap<String, ModelKind> = tree.walk().skip(1).map(|(path, id)| {
            let kind = match tree.node(id).kind() {
                FileKind::File { source, .. } => ModelKind::File(source.layer(), source.offset()),
                _ => ModelKind::Dir,
            };
            (String::from_utf8(path).unwrap(), kind)
        }).collect();
        let expected: BTreeMap<_, _> = model.0.into_iter().map(|(path, (kind, _))| (path, kind)).collect();
        prop_assert_eq!(found, expected);
    }
}
