//! Sparse files in all four forms: what counts is the content they expand to.
//!
//! Layers should not have them; where one does, GNU tar's documentation is all there is.

use super::section::ATTRIBUTES;
use crate::case::Case;
use crate::tar::{
    self, BLOCK, EXTENDED, Entry, Header, REAL_SIZE, SIZE, SPARSE, base256, file, member, octal, record,
};
use crate::tree;

type Extents = [(u64, u64)];

pub(super) fn cases() -> Vec<Case> {
    let mut all = old_forms();
    all.extend(pax_forms());
    all.extend(hostile_old());
    all.extend(hostile_pax());
    all
}

/// An extent as old GNU has it: two numbers of twelve bytes.
fn extent((offset, len): (u64, u64)) -> Vec<u8> {
    [octal(offset, 12), octal(len, 12)].concat()
}

/// Old GNU's form: four extents in the header, 21 in each block after it.
fn old(name: &str, extents: &Extents, real_size: u64, data: &[u8]) -> Vec<u8> {
    let (first, rest) = extents.split_at(extents.len().min(4));
    let header = Header::new(name.as_bytes(), b'S')
        .gnu()
        .octal(SIZE, data.len() as u64)
        .raw(SPARSE, &first.iter().copied().flat_map(extent).collect::<Vec<_>>())
        .raw(EXTENDED, &[u8::from(!rest.is_empty())])
        .octal(REAL_SIZE, real_size);
    let mut bytes = header.bytes().to_vec();
    let mut blocks = rest.chunks(21).peekable();
    while let Some(block) = blocks.next() {
        let start = bytes.len();
        bytes.extend(block.iter().copied().flat_map(extent));
        bytes.resize(start + 504, 0);
        bytes.push(u8::from(blocks.peek().is_some()));
        bytes.resize(start + BLOCK, 0);
    }
    bytes.extend_from_slice(data);
    tar::pad(&mut bytes);
    bytes
}

/// The three PAX forms' common part: the name and size that the file really has.
fn pax_entry(records: &[(&str, String)], data: Vec<u8>) -> Entry {
    records
        .iter()
        .fold(tar::with_data("GNUSparseFile.0/a", b'0', data), |entry, (key, value)| entry.pax(key, value))
}

/// PAX 0.0: an offset and a length in records of their own, repeated for each extent.
fn pax_0_0(extents: &Extents, count: usize, real_size: u64, data: &[u8]) -> Entry {
    let head = [
        ("GNU.sparse.size", real_size.to_string()),
        ("GNU.sparse.numblocks", count.to_string()),
        ("path", "a".to_owned()),
    ];
    extents.iter().fold(pax_entry(&head, data.to_vec()), |entry, (offset, len)| {
        entry.pax("GNU.sparse.offset", offset.to_string()).pax("GNU.sparse.numbytes", len.to_string())
    })
}

/// PAX 0.1: all extents in one record.
fn pax_0_1(map: &str, count: usize, real_size: u64, data: &[u8]) -> Entry {
    let records = [
        ("GNU.sparse.size", real_size.to_string()),
        ("GNU.sparse.numblocks", count.to_string()),
        ("GNU.sparse.map", map.to_owned()),
        ("GNU.sparse.name", "a".to_owned()),
    ];
    pax_entry(&records, data.to_vec())
}

/// PAX 1.0: the extents as lines before the data, filled up to a block.
fn pax_1_0(map: &str, real_size: u64, data: &[u8]) -> Entry {
    let records = [
        ("GNU.sparse.major", "1".to_owned()),
        ("GNU.sparse.minor", "0".to_owned()),
        ("GNU.sparse.name", "a".to_owned()),
        ("GNU.sparse.realsize", real_size.to_string()),
    ];
    let mut all = map.as_bytes().to_vec();
    tar::pad(&mut all);
    all.extend_from_slice(data);
    pax_entry(&records, all)
}

/// What a map and its data expand to.
fn expand(extents: &Extents, real_size: usize, mut data: &[u8]) -> Vec<u8> {
    let mut content = vec![0; real_size];
    for (offset, len) in extents {
        let (Ok(offset), Ok(len)) = (usize::try_from(*offset), usize::try_from(*len)) else { continue };
        let (now, rest) = data.split_at(len);
        content[offset..offset + len].copy_from_slice(now);
        data = rest;
    }
    content
}

const TWO: &Extents = &[(512, 512), (4096, 3)];

fn two_data() -> Vec<u8> {
    [vec![b'x'; 512], b"end".to_vec()].concat()
}

/// Extents of one byte, every 1,000 bytes.
fn many(count: u64) -> Vec<(u64, u64)> {
    (0..count).map(|at| (at * 1000, 1)).collect()
}

fn old_forms() -> Vec<Case> {
    vec![
        Case::legal(
            "sparse-gnu",
            "a sparse file in old GNU's form",
            ATTRIBUTES,
            "Holes first and in the middle; the next entry is where the stored data ends.",
            |b| b.layer([file("b", "y").after(old("a", TWO, 4099, &two_data()))]),
            [tree::file("a", expand(TWO, 4099, &two_data())), tree::file("b", "y")],
        ),
        Case::legal(
            "sparse-gnu-hole-at-end",
            "a sparse file that ends in a hole",
            ATTRIBUTES,
            "GNU tar marks the end by an extent of length 0.",
            |b| b.layer([file("b", "y").after(old("a", &[(0, 3), (10_000, 0)], 10_000, b"abc"))]),
            [tree::file("a", expand(&[(0, 3)], 10_000, b"abc")), tree::file("b", "y")],
        ),
        Case::legal(
            "sparse-gnu-only-hole",
            "a file that is one hole",
            ATTRIBUTES,
            "No data is stored for it.",
            |b| b.layer([file("b", "y").after(old("a", &[(70_000, 0)], 70_000, b""))]),
            [tree::file("a", vec![0; 70_000]), tree::file("b", "y")],
        ),
        Case::legal(
            "sparse-gnu-extended",
            "a map of 60 extents",
            ATTRIBUTES,
            "Four in the header and the rest in three blocks after it.",
            |b| b.layer([file("b", "y").after(old("a", &many(60), 60_000, &[b'x'; 60]))]),
            [tree::file("a", expand(&many(60), 60_000, &[b'x'; 60])), tree::file("b", "y")],
        ),
    ]
}

fn pax_forms() -> Vec<Case> {
    vec![
        Case::legal(
            "sparse-pax-0-0",
            "a sparse file in PAX form 0.0",
            ATTRIBUTES,
            "The one place where a repeated key does not replace the one before.",
            |b| b.layer([pax_0_0(TWO, 2, 4099, &two_data()), file("b", "y")]),
            [tree::file("a", expand(TWO, 4099, &two_data())), tree::file("b", "y")],
        ),
        Case::legal(
            "sparse-pax-0-1",
            "a sparse file in PAX form 0.1",
            ATTRIBUTES,
            "The real name is in a record of its own.",
            |b| b.layer([pax_0_1("512,512,4096,3", 2, 4099, &two_data()), file("b", "y")]),
            [tree::file("a", expand(TWO, 4099, &two_data())), tree::file("b", "y")],
        ),
        Case::legal(
            "sparse-pax-1-0",
            "a sparse file in PAX form 1.0",
            ATTRIBUTES,
            "The map stands before the data.",
            |b| b.layer([pax_1_0("2\n512\n512\n4096\n3\n", 4099, &two_data()), file("b", "y")]),
            [tree::file("a", expand(TWO, 4099, &two_data())), tree::file("b", "y")],
        ),
        Case::legal(
            "sparse-pax-1-0-many",
            "a map of PAX form 1.0 that takes several blocks",
            ATTRIBUTES,
            "A number may lie across two of them.",
            |b| {
                let lines: String =
                    many(200).iter().map(|(offset, len)| format!("{offset}\n{len}\n")).collect();
                b.layer([pax_1_0(&format!("200\n{lines}"), 200_000, &[b'x'; 200]), file("b", "y")]);
            },
            [tree::file("a", expand(&many(200), 200_000, &[b'x'; 200])), tree::file("b", "y")],
        ),
        Case::legal(
            "sparse-pax-1-0-empty",
            "a map of PAX form 1.0 without extents",
            ATTRIBUTES,
            "The file is one hole.",
            |b| b.layer([pax_1_0("0\n", 5000, b""), file("b", "y")]),
            [tree::file("a", vec![0; 5000]), tree::file("b", "y")],
        ),
    ]
}

const HOSTILE: &str = "The map contradicts itself or the file; two readers would make two files of it.";

fn hostile_old() -> Vec<Case> {
    let refused = |id, title, build| Case::refused(id, title, ATTRIBUTES, HOSTILE, build, &["{layer0}"]);
    vec![
        refused("sparse-overlap", "extents that overlap", |b| {
            b.layer([file("b", "y").after(old("a", &[(0, 600), (500, 600)], 2000, &[b'x'; 1200]))]);
        }),
        refused("sparse-disorder", "extents out of order", |b| {
            b.layer([file("b", "y").after(old("a", &[(1000, 5), (0, 5)], 2000, &[b'x'; 10]))]);
        }),
        refused("sparse-beyond-size", "an extent beyond the file's size", |b| {
            b.layer([file("b", "y").after(old("a", &[(0, 5), (1998, 5)], 2000, &[b'x'; 10]))]);
        }),
        refused("sparse-more-data", "more data than the map has room for", |b| {
            b.layer([file("b", "y").after(old("a", &[(0, 5)], 2000, &[b'x'; 600]))]);
        }),
        refused("sparse-less-data", "less data than the map asks for", |b| {
            b.layer([file("b", "y").after(old("a", &[(0, 1500)], 2000, &[b'x'; 10]))]);
        }),
        refused("sparse-overflow", "an extent whose end is beyond 64 bits", |b| {
            let map = [base256(i64::MAX.into(), 12), base256(i64::MAX.into(), 12)].concat();
            let header =
                Header::new(b"a", b'S').gnu().octal(SIZE, 10).raw(SPARSE, &map).octal(REAL_SIZE, 2000);
            b.layer([file("b", "y").after([header.bytes().to_vec(), vec![b'x'; BLOCK]].concat())]);
        }),
        refused("sparse-negative", "an extent at a negative offset", |b| {
            let map = [base256(-5, 12), octal(5, 12)].concat();
            let header =
                Header::new(b"a", b'S').gnu().octal(SIZE, 5).raw(SPARSE, &map).octal(REAL_SIZE, 2000);
            b.layer([file("b", "y").after([header.bytes().to_vec(), vec![b'x'; BLOCK]].concat())]);
        }),
        refused("sparse-cut-map", "a map whose next block is missing", |b| {
            let header = Header::new(b"a", b'S').gnu().raw(EXTENDED, &[1]).octal(REAL_SIZE, 2000);
            b.layer_tar(header.bytes().to_vec());
        }),
    ]
}

fn hostile_pax() -> Vec<Case> {
    let refused = |id, title, build| Case::refused(id, title, ATTRIBUTES, HOSTILE, build, &["{layer0}"]);
    vec![
        refused("sparse-pax-0-0-count", "PAX form 0.0 with fewer extents than it says", |b| {
            b.layer([pax_0_0(TWO, 3, 4099, &two_data())]);
        }),
        refused("sparse-pax-0-0-half", "PAX form 0.0 with an offset and no length", |b| {
            b.layer([pax_0_0(TWO, 2, 4099, &two_data()).pax("GNU.sparse.offset", "4099")]);
        }),
        refused("sparse-pax-0-1-odd", "PAX form 0.1 with an odd number of numbers", |b| {
            b.layer([pax_0_1("512,512,4096", 2, 4099, &two_data())]);
        }),
        refused("sparse-pax-0-1-word", "PAX form 0.1 with a map that is no number", |b| {
            b.layer([pax_0_1("512,512,4096,three", 2, 4099, &two_data())]);
        }),
        refused("sparse-pax-0-1-dot-dot", "PAX form 0.1 whose real name leads outside", |b| {
            b.layer([pax_0_1("0,1", 1, 1, b"x").pax("GNU.sparse.name", "../../outside/planted")]);
        }),
        refused("sparse-pax-1-0-count", "PAX form 1.0 with a count of 10^18", |b| {
            b.layer([pax_1_0("1000000000000000000\n0\n1\n", 4099, b"x")]);
        }),
        refused("sparse-pax-1-0-endless", "PAX form 1.0 whose map never ends a number", |b| {
            b.layer([pax_1_0(&"1".repeat(4096), 4099, b"x")]);
        }),
        refused("sparse-pax-1-0-word", "PAX form 1.0 with a map that is no number", |b| {
            b.layer([pax_1_0("1\nzero\n1\n", 4099, b"x")]);
        }),
        refused("sparse-pax-1-0-cut", "PAX form 1.0 whose map is longer than the entry", |b| {
            b.layer([pax_1_0("100\n0\n1\n", 4099, b"")]);
        }),
        refused("sparse-pax-1-0-beyond", "PAX form 1.0 with an extent beyond the file's size", |b| {
            b.layer([pax_1_0("1\n4098\n3\n", 4099, b"abc")]);
        }),
        refused("sparse-pax-size-negative", "a sparse file of negative size", |b| {
            let records = [record(b"GNU.sparse.major", b"1"), record(b"GNU.sparse.minor", b"0")].concat();
            let records = [records, record(b"GNU.sparse.realsize", b"-1")].concat();
            b.layer([tar::with_data("a", b'0', "0\n").after(member("PaxHeaders/x", b'x', &records))]);
        }),
    ]
}
