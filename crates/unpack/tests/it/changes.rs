//! Layers at random: short lists of changes over a very small alphabet of names, so that they meet,
//! replace, hide and link each other all the time. Also used by the end-to-end tests.

use std::collections::BTreeMap;

use proptest::prelude::*;

/// One change, as the archive will have it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Op {
    /// Puts something at a path.
    Put { path: String, what: What, meta: Meta },
    /// Hides a path of the lower layers.
    Whiteout(String),
    /// Hides what the lower layers have below a path.
    Opaque(String),
}

/// What is put.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    Dir,
    File(Vec<u8>),
    Symlink(String),
    /// To that path, or to the n-th file that there is at this moment; see `model::settle`.
    Link(String, Option<usize>),
    Fifo,
}

/// Attributes.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Meta {
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Nanoseconds since 1970.
    pub(crate) mtime: i64,
    pub(crate) xattrs: BTreeMap<String, Vec<u8>>,
}

/// The changes of each layer, the lowest first.
pub(crate) type Layers = Vec<Vec<Op>>;

/// What the layers of a strategy may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kinds {
    /// Symbolic and hard links.
    pub(crate) links: bool,
}

/// One to four layers.
pub(crate) fn layers(kinds: Kinds) -> impl Strategy<Value = Layers> {
    prop::collection::vec(prop::collection::vec(op(kinds), 0..9), 1..5)
}

pub(crate) fn op(kinds: Kinds) -> BoxedStrategy<Op> {
    let put = |what: BoxedStrategy<What>| {
        (path(), what, meta()).prop_map(|(path, what, meta)| Op::Put { path, what, meta }).boxed()
    };
    let dir = || Just(What::Dir).boxed();
    let file = || prop::collection::vec(any::<u8>(), 0..4).prop_map(What::File).boxed();
    let symlink = || link_target().prop_map(What::Symlink).boxed();
    let link = || (path(), prop::option::weighted(0.9, 0..12_usize));
    let link = || link().prop_map(|(path, pick)| What::Link(path, pick)).boxed();
    let root = meta().prop_map(|meta| Op::Put { path: String::new(), what: What::Dir, meta });
    let links = u32::from(kinds.links);
    prop_oneof![
        8 => put(dir()),
        8 => put(file()),
        1 + 5 * links => put(if kinds.links { symlink() } else { file() }),
        1 + 5 * links => put(if kinds.links { link() } else { dir() }),
        2 => put(Just(What::Fifo).boxed()),
        1 => root,
        8 => path().prop_map(Op::Whiteout),
        3 => prop_oneof![5 => path(), 1 => Just(String::new())].prop_map(Op::Opaque),
    ]
    .boxed()
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 1..4).prop_map(|names| names.join("/"))
}

/// Relative and absolute, upwards, in circles, to nothing at all.
fn link_target() -> impl Strategy<Value = String> {
    let component = prop::sample::select(vec!["a", "b", "c", "..", ".."]);
    (any::<bool>(), prop::collection::vec(component, 1..4))
        .prop_map(|(absolute, names)| format!("{}{}", if absolute { "/" } else { "" }, names.join("/")))
}

pub(crate) fn meta() -> impl Strategy<Value = Meta> {
    let modes = vec![0o755, 0o644, 0o700, 0o2775, 0o1777, 0o4755, 0o6711, 0o555, 0o000];
    let ids = || prop::sample::select(vec![0_u32, 0, 8, 1000, 70_000]);
    let times = prop::sample::select(vec![0, 1, -1, 1_500_000_000, -1_500_000_000, 981_173_106_123_456_789]);
    let names = prop::sample::select(vec!["user.a".to_owned(), "user.b".to_owned()]);
    let xattrs = prop::collection::btree_map(names, prop::collection::vec(any::<u8>(), 0..3), 0..2);
    (prop::sample::select(modes), ids(), ids(), times, xattrs)
        .prop_map(|(mode, uid, gid, mtime, xattrs)| Meta { mode, uid, gid, mtime, xattrs })
}

/// A layer as a tar.
pub(crate) fn tar(layer: &[Op]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for op in layer {
        match op {
            Op::Put { path, what, meta } => put(&mut builder, path, what, meta),
            Op::Whiteout(path) => {
                let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
                put(&mut builder, &format!("{parent}/.wh.{name}"), &What::File(vec![]), &Meta::default());
            }
            Op::Opaque(path) => {
                put(&mut builder, &format!("{path}/.wh..wh..opq"), &What::File(vec![]), &Meta::default());
            }
        }
    }
    builder.into_inner().unwrap()
}

fn put(builder: &mut tar::Builder<Vec<u8>>, path: &str, what: &What, meta: &Meta) {
    let mut records: Vec<(String, Vec<u8>)> =
        meta.xattrs.iter().map(|(name, value)| (format!("SCHILY.xattr.{name}"), value.clone())).collect();
    records.push(("mtime".to_owned(), seconds(meta.mtime).into_bytes()));
    let records = records.iter().map(|(key, value)| (key.as_str(), value.as_slice()));
    builder.append_pax_extensions(records).unwrap();

    let mut header = tar::Header::new_ustar();
    header.set_path(format!("./{path}")).unwrap();
    header.set_mode(meta.mode);
    header.set_uid(meta.uid.into());
    header.set_gid(meta.gid.into());
    let (kind, content, target): (_, &[u8], _) = match what {
        What::Dir => (tar::EntryType::Directory, &[], None),
        What::File(bytes) => (tar::EntryType::Regular, bytes, None),
        What::Symlink(target) => (tar::EntryType::Symlink, &[], Some(target)),
        What::Link(target, _) => (tar::EntryType::Link, &[], Some(target)),
        What::Fifo => (tar::EntryType::Fifo, &[], None),
    };
    header.set_entry_type(kind);
    if let Some(target) = target {
        header.set_link_name_literal(target).unwrap();
    }
    header.set_size(content.len() as u64);
    header.set_cksum();
    builder.append(&header, content).unwrap();
}

/// As PAX writes a time: a decimal fraction, the sign before all of it.
fn seconds(nanoseconds: i64) -> String {
    let (sign, n) = (if nanoseconds < 0 { "-" } else { "" }, nanoseconds.unsigned_abs());
    format!("{sign}{}.{:09}", n / 1_000_000_000, n % 1_000_000_000)
}
