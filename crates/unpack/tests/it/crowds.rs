//! Layers of many files: in more directories, under more names, and of all the other changes often enough
//! that they meet them.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::changes::{Kinds, Layers, Meta, Op, What, meta, op};

/// One to three of them.
pub(crate) fn crowds() -> impl Strategy<Value = Layers> {
    let name = || prop::sample::select(vec!["a", "b", "c", "d", "a-name-that-goes-on-and-on"]);
    let path = prop::collection::vec(name(), 1..4).prop_map(|names| names.join("/"));
    let size = prop_oneof![20 => 0..9_usize, 4 => Just(5_000), 1 => Just(70_000)];
    let content = (any::<u8>(), size).prop_map(|(byte, size)| What::File(vec![byte; size]));
    // Files with extended attributes are made in order.
    let plain = meta().prop_map(|meta| Meta { xattrs: BTreeMap::new(), ..meta });
    let file = (path, content, plain).prop_map(|(path, what, meta)| Op::Put { path, what, meta });
    let op = prop_oneof![4 => file, 3 => op(Kinds { links: true })];
    prop::collection::vec(prop::collection::vec(op, 0..40), 1..4)
}
