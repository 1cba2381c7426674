//! Sparse files in all four forms.

use crate::make::*;

const STORED: &[u8] = b"aaabbbbb";

fn expect_sparse(parts: &[&[u8]], path: &str) {
    let archive = [&parts.concat(), &file("next", b"n"), &END[..]].concat();
    let (entries, _) = read(&archive).unwrap();
    let (entry, content) = &entries[0];
    assert_eq!(entry.path, path.as_bytes());
    assert_eq!((entry.size, entry.stored_size, entry.sparse), (1000, 8, true));
    assert_eq!(content, &[(100, b"aaa".to_vec()), (500, b"bbbbb".to_vec())]);
    assert_eq!(entries[1].0.path, b"next");
}

fn old_gnu(places: &[(u64, u64)], size: u64) -> Header {
    let mut header = Header::new(b'S', "s").gnu().size(8).put(483, format!("{size:011o}\0").as_bytes());
    for (index, (offset, len)) in places.iter().enumerate() {
        let place = format!("{offset:011o}\0{len:011o}\0");
        header = header.put(386 + 24 * index, place.as_bytes());
    }
    header
}

#[test]
fn old_gnu_form() {
    expect_sparse(&[&old_gnu(&[(100, 3), (500, 5), (1000, 0)], 1000).with(STORED)], "s");
    // The same with a block of more places.
    let header = old_gnu(&[(100, 3), (103, 0), (104, 0), (105, 0)], 1000).put(482, &[1]).bytes();
    let mut more = [0; 512];
    more[..24].copy_from_slice(format!("{:011o}\0{:011o}\0", 500, 5).as_bytes());
    expect_sparse(&[&header, &more, &padded(STORED)], "s");
    let (_, reason) = refusal(&[&old_gnu(&[(0, 8)], 8).put(257, b"ustar\x0000").with(STORED)]);
    assert!(reason.contains("old format"), "{reason}");
}

#[test]
fn pax_forms() {
    let content = Header::file("GNUSparseFile.0/s", 8).with(STORED);
    let form00 = pax(
        b'x',
        &[
            ("GNU.sparse.size", b"1000"),
            ("GNU.sparse.numblocks", b"2"),
            ("GNU.sparse.offset", b"100"),
            ("GNU.sparse.numbytes", b"3"),
            ("GNU.sparse.offset", b"500"),
            ("GNU.sparse.numbytes", b"5"),
        ],
    );
    expect_sparse(&[&form00, &content], "GNUSparseFile.0/s");
    let form01 = pax(
        b'x',
        &[
            ("GNU.sparse.size", b"1000"),
            ("GNU.sparse.numblocks", b"2"),
            ("GNU.sparse.name", b"real"),
            ("path", b"fake"),
            ("GNU.sparse.map", b"100,3,500,5"),
        ],
    );
    expect_sparse(&[&form01, &content], "real");
    let form10 = pax(
        b'x',
        &[
            ("GNU.sparse.major", b"1"),
            ("GNU.sparse.minor", b"0"),
            ("GNU.sparse.name", b"real"),
            ("GNU.sparse.realsize", b"1000"),
        ],
    );
    let map = padded(b"2\n100\n3\n500\n5\n");
    expect_sparse(&[&form10, &Header::file("f", 512 + 8).bytes(), &map, &padded(STORED)], "real");
}

#[test]
fn maps_that_lie() {
    for (places, size, why) in [
        (&[(0, 3), (2, 5)][..], 100, "overlap"),
        (&[(50, 3), (0, 5)], 100, "order"),
        (&[(0, 3), (98, 5)], 100, "beyond"),
        (&[(0, 3), (8_589_934_591, 5)], 100, "beyond"),
        (&[(0, 3), (50, 4)], 100, "bytes of data"),
        (&[], 100, "bytes of data"),
    ] {
        let (offset, reason) = refusal(&[&old_gnu(places, size).with(STORED)]);
        assert_eq!(offset, 0);
        assert!(reason.contains(why), "{reason}");
    }
    let huge = |map: &[u8]| {
        pax(b'x', &[("GNU.sparse.size", b"9"), ("GNU.sparse.numblocks", b"2"), ("GNU.sparse.map", map)])
    };
    for map in
        [&b"18446744073709551615,1,0,8"[..], b"0,18446744073709551615,1,8", b"0,8", b"0,8,9,0,9", b"x,8"]
    {
        refusal(&[&huge(map), &Header::file("f", 8).with(STORED)]);
    }
}

#[test]
fn maps_in_the_content_that_lie() {
    let form10 =
        pax(b'x', &[("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0"), ("GNU.sparse.realsize", b"9")]);
    for map in [
        &b"999999999\n"[..],
        b"2\n0\n1\n",
        b"1\n0\n-8\n",
        b"000000000000000000000000\n",
        b"1\n\n8\n",
        b"1\n0\n9\n",
        b"",
    ] {
        let content = [padded(map), padded(STORED)].concat();
        refusal(&[&form10, &Header::file("f", 512 + 8).bytes(), &content]);
    }
    // A map that does not fit into the entry.
    refusal(&[&form10, &Header::file("f", 8).with(STORED)]);
}

#[test]
fn forms_that_contradict_themselves() {
    let records: [&[(&str, &[u8])]; 6] = [
        &[("GNU.sparse.name", b"alone")],
        &[("GNU.sparse.major", b"2"), ("GNU.sparse.minor", b"0"), ("GNU.sparse.size", b"8")],
        &[("GNU.sparse.offset", b"0"), ("GNU.sparse.offset", b"0")],
        &[("GNU.sparse.numbytes", b"0")],
        &[("GNU.sparse.size", b"8"), ("GNU.sparse.map", b"0,8")],
        &[("GNU.sparse.name", b"")],
    ];
    for records in records {
        refusal(&[&pax(b'x', records), &Header::file("f", 8).with(STORED)]);
    }
    let fine =
        pax(b'x', &[("GNU.sparse.size", b"8"), ("GNU.sparse.numblocks", b"1"), ("GNU.sparse.map", b"0,8")]);
    assert_eq!(one(&[&fine, &Header::file("f", 8).with(STORED)]).size, 8);
    assert!(refusal(&[&fine, &Header::new(b'5', "d").bytes()]).1.contains("regular file"));
}
