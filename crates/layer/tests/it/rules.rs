//! The reader's rules, one by one.

use ocidian_layer::Timestamp;
use ocidian_layer::tar::{EndOfArchive, Limits, Reader, Trailer};

use crate::make::*;

#[test]
fn an_ordinary_entry() {
    let archive = [file("a/b", b"hello"), Header::new(b'5', "d/").bytes()].concat();
    let (entries, _) = read(&archive).unwrap();
    let (entry, content) = &entries[0];
    assert_eq!(entry.path, b"a/b");
    assert_eq!((entry.typeflag, entry.size, entry.stored_size), (b'0', 5, 5));
    assert_eq!((entry.mode, entry.uid, entry.gid), (0o644, 1000, 100));
    assert_eq!(entry.mtime, Timestamp { seconds: 5, nanoseconds: 0 });
    assert_eq!((entry.offset, entry.data_offset), (0, 512));
    assert_eq!(content, &[(0, b"hello".to_vec())]);
    assert_eq!((entries[1].0.offset, entries[1].0.typeflag), (1024, b'5'));
}

#[test]
fn formats_differ_in_their_prefix() {
    let base = Header::file("name", 0);
    let path = |header: Header| one(&[&header.bytes()]).path;
    assert_eq!(path(base.clone().put(345, b"pre/fix")), b"pre/fix/name");
    assert_eq!(path(base.clone().put(345, b"pre").put(476, b"00000000001").put(508, b"tar\0")), b"pre/name");
    assert_eq!(path(base.clone().v7().put(345, b"pre")), b"name");
    assert_eq!(path(base.gnu().put(345, b"00000000007\0")), b"name");
    let full = "n".repeat(100);
    assert_eq!(
        path(Header::file(&full, 0).put(345, &[b'p'; 155])),
        ["p".repeat(155), full].join("/").into_bytes()
    );
}

#[test]
fn checksums_are_signed_or_unsigned() {
    let header = Header::file("na\u{ef}ve", 0);
    assert!(read(&header.clone().sealed(true)).is_ok());
    let mut wrong = header.bytes();
    wrong[0] ^= 1;
    let error = read(&wrong).unwrap_err().to_string();
    assert!(error.contains("byte 0") && error.contains("checksum"), "{error}");
}

#[test]
fn a_compressed_archive_is_named_as_what_it_is() {
    let error = read(&[&[0x1f, 0x8b][..], &[7; 1000]].concat()).unwrap_err().to_string();
    assert!(error.contains("gzip"), "{error}");
}

#[test]
fn pax_overrides_the_header() {
    let records: &[(&str, &[u8])] = &[
        ("path", b"x/y"),
        ("linkpath", b"t"),
        ("uid", b"4294967294"),
        ("gid", b"77"),
        ("uname", b"who"),
        ("mtime", b"-1.5"),
        ("atime", b"12.000000001"),
        ("hdrcharset", b"BINARY"),
        ("comment", b"x"),
    ];
    let entry = one(&[&pax(b'x', records), &Header::new(b'2', "n").link("old").bytes()]);
    assert_eq!((entry.path.as_slice(), entry.link.as_slice()), (&b"x/y"[..], &b"t"[..]));
    assert_eq!((entry.uid, entry.gid), (4_294_967_294, 77));
    assert_eq!(entry.uname, b"who");
    assert_eq!(entry.mtime, Timestamp { seconds: -2, nanoseconds: 500_000_000 });
    assert_eq!(entry.atime, Some(Timestamp { seconds: 12, nanoseconds: 1 }));
    assert_eq!(entry.offset, 0);
}

#[test]
fn pax_times() {
    for (text, seconds, nanoseconds) in [
        ("0", 0, 0),
        ("1.", 1, 0),
        ("1.9999999999", 1, 999_999_999),
        ("-0.1", -1, 900_000_000),
        ("-1", -1, 0),
        ("-1.0000000001", -2, 999_999_999),
        ("9223372036854775807", i64::MAX, 0),
        ("-9223372036854775807.5", i64::MIN, 500_000_000),
    ] {
        let entry = one(&[&pax(b'x', &[("mtime", text.as_bytes())]), &file("f", b"")]);
        assert_eq!(entry.mtime, Timestamp { seconds, nanoseconds }, "{text}");
    }
    for text in ["9223372036854775808", "1,5", ".5", "--1", "1.5x", "1.0000000000x", "NaN", "1e3", "-"] {
        let (offset, reason) = refusal(&[&pax(b'x', &[("mtime", text.as_bytes())]), &file("f", b"")]);
        assert_eq!(offset, 512);
        assert!(reason.starts_with("PAX: mtime"), "{reason}");
    }
}

#[test]
fn the_last_of_equal_keys_wins() {
    let header = pax(b'x', &[("path", b"first"), ("path", b"last"), ("mtime", b"1"), ("mtime", b"")]);
    let entry = one(&[&header, &file("f", b"")]);
    assert_eq!(entry.path, b"last");
    assert_eq!(entry.mtime.seconds, 5, "an empty value falls back to the header's");
}

#[test]
fn records_are_framed_by_length_alone() {
    let value = b"a\n13 path=evil\nb";
    let entry = one(&[&pax(b'x', &[("SCHILY.xattr.user.a", value), ("path", b"good")]), &file("f", b"")]);
    assert_eq!(entry.path, b"good");
    assert_eq!(entry.xattrs, [(b"user.a".to_vec(), value.to_vec())]);
}

#[test]
fn malformed_records_are_refused_where_they_are() {
    let good = record("path", b"p");
    for bad in [
        &b"path=x\n"[..],
        b"0 a=b\n",
        b"1 a=b\n",
        b"2 a=b\n",
        b"5 a=b\n",
        b"7 a=b\n",
        b"6 a=b ",
        b"6 abc\n",
        b"6 =ab\n",
        b"+6 a=b\n",
        b"-6 a=b\n",
        b" 6 a=b\n",
        b"99999999 a=b\n",
        b"18446744073709551622 a=b\n",
        b"7 a\0=b\n",
        b"\0\0\0\0",
    ] {
        let (offset, reason) = refusal(&[&pax_raw(b'x', &[&good, bad].concat()), &file("f", b"")]);
        assert_eq!(offset, 512 + good.len() as u64, "{}", bad.escape_ascii());
        assert!(reason.starts_with("PAX: a record"), "{reason}");
    }
    for (key, value) in
        [("path", &b"a\0b"[..]), ("size", b"-1"), ("size", b"0x1"), ("uid", b"18446744073709551616")]
    {
        let (_, reason) = refusal(&[&pax(b'x', &[(key, value)]), &file("f", b"")]);
        assert!(reason.starts_with(&format!("PAX: {key}")), "{reason}");
    }
}

#[test]
fn global_records_hold_until_changed() {
    let archive = [
        pax(b'g', &[("mtime", b"7"), ("uid", b"1"), ("SCHILY.xattr.user.a", b"g")]),
        file("a", b""),
        pax(b'x', &[("mtime", b"8"), ("uid", b""), ("SCHILY.xattr.user.a", b"x")]),
        file("b", b""),
        pax(b'g', &[("mtime", b"9")]),
        file("c", b""),
    ];
    let (entries, _) = read(&archive.concat()).unwrap();
    let seen: Vec<_> =
        entries.iter().map(|(e, _)| (e.mtime.seconds, e.uid, e.xattrs[0].1.as_slice())).collect();
    assert_eq!(seen, [(7, 1, &b"g"[..]), (8, 1000, b"x"), (9, 1, b"g")]);
    for key in ["path", "linkpath", "size", "GNU.sparse.major"] {
        assert!(refusal(&[&pax(b'g', &[(key, b"1")]), &file("f", b"")]).1.contains("global"));
    }
}

#[test]
fn pax_names_win_over_gnu_names_in_either_order() {
    let x = pax(b'x', &[("path", b"pax"), ("linkpath", b"paxlink")]);
    let (l, k) = (long(b'L', "gnu"), long(b'K', "gnulink"));
    let symlink = Header::new(b'2', "header").link("headerlink").bytes();
    for parts in [[&x, &l, &k, &symlink], [&l, &k, &x, &symlink], [&l, &x, &k, &symlink]] {
        let entry = one(&parts.map(Vec::as_slice));
        assert_eq!((entry.path.as_slice(), entry.link.as_slice()), (&b"pax"[..], &b"paxlink"[..]));
    }
    let entry = one(&[&l, &k, &symlink]);
    assert_eq!((entry.path.as_slice(), entry.link.as_slice()), (&b"gnu"[..], &b"gnulink"[..]));
}

#[test]
fn a_pax_size_is_that_of_the_entry_not_of_what_stands_between() {
    let x = pax(b'x', &[("size", b"1024")]);
    let between = [long(b'L', "long"), pax(b'g', &[("comment", b"c")])].concat();
    let inner = [file("inner", b""), file("inner", b"")].concat();
    let seen = names(&[&x, &between, &Header::file("f", 0).bytes(), &inner, &file("outer", b"")]);
    assert_eq!(seen.unwrap(), ["long", "outer"]);
    // The header's own size gives way, whichever is larger.
    let seen = names(&[&pax(b'x', &[("size", b"0")]), &Header::file("f", 512).bytes(), &file("outer", b"")]);
    assert_eq!(seen.unwrap(), ["f", "outer"]);
}

#[test]
fn repeated_extended_headers_are_refused() {
    for twice in [pax(b'x', &[("path", b"p")]), long(b'L', "l"), long(b'K', "k")] {
        let (offset, reason) = refusal(&[&twice, &twice, &file("f", b"")]);
        assert_eq!(offset, 1024);
        assert!(reason.contains("comes after another"), "{reason}");
    }
}

#[test]
fn extended_headers_need_an_entry() {
    for lonely in [pax(b'x', &[("path", b"p")]), long(b'L', "l")] {
        assert_eq!(refusal(&[&lonely]).1, "no entry follows an extended header");
        assert!(read(&lonely).is_err());
    }
}

#[test]
fn only_files_have_content() {
    for flag in b'1'..=b'6' {
        for x in [vec![], pax(b'x', &[("size", b"512")])] {
            let link = Header::new(flag, "l").link("t").size(512).bytes();
            let seen = names(&[&x, &link, &file("inner", b""), &file("outer", b"")]);
            assert_eq!(seen.unwrap(), ["l", "inner", "outer"], "type {}", char::from(flag));
        }
    }
    for flag in [0, b'0', b'7', b'Z'] {
        let seen = names(&[&Header::new(flag, "f").size(512).bytes(), &[b'x'; 512], &file("outer", b"")]);
        assert_eq!(seen.unwrap(), ["f", "outer"]);
    }
}

#[test]
fn a_file_named_like_a_directory_is_one() {
    for header in [Header::new(0, "d/").v7(), Header::new(b'0', "d/"), Header::new(b'7', "d/")] {
        assert_eq!(one(&[&header.clone().bytes()]).typeflag, b'5');
        assert!(refusal(&[&header.size(512).bytes(), &[0; 512]]).1.contains("ends in `/`"));
    }
}

#[test]
fn xattr_spellings() {
    let header = pax(
        b'x',
        &[
            ("SCHILY.xattr.user.both", b"schily"),
            ("LIBARCHIVE.xattr.user.both", b"bGli"),
            ("LIBARCHIVE.xattr.user.%25%3d", b"AAH/"),
            ("LIBARCHIVE.xattr.user.one", b"YQ"),
            ("LIBARCHIVE.xattr.user.pad", b"YWI="),
            ("SCHILY.xattr.user.empty", b""),
        ],
    );
    let expected: [(&[u8], &[u8]); 5] = [
        (b"user.both", b"schily"),
        (b"user.%=", b"\0\x01\xff"),
        (b"user.one", b"a"),
        (b"user.pad", b"ab"),
        (b"user.empty", b""),
    ];
    let xattrs = one(&[&header, &file("f", b"")]).xattrs;
    assert_eq!(xattrs.iter().map(|(n, v)| (&n[..], &v[..])).collect::<Vec<_>>(), expected);
    for (key, value) in [
        ("LIBARCHIVE.xattr.a%4", &b""[..]),
        ("LIBARCHIVE.xattr.a%zz", b""),
        ("LIBARCHIVE.xattr.a", b"Y"),
        ("LIBARCHIVE.xattr.a", b"YQ-_"),
        ("LIBARCHIVE.xattr.a%00", b""),
        ("SCHILY.xattr.", b"a"),
    ] {
        refusal(&[&pax(b'x', &[(key, value)]), &file("f", b"")]);
    }
    let most = vec![1; 64 << 10];
    assert_eq!(one(&[&pax(b'x', &[("SCHILY.xattr.user.a", &most)]), &file("f", b"")]).xattrs[0].1, most);
}

#[test]
fn ends_of_archives() {
    let a = file("a", b"hello");
    let trailer = |tail: &[u8]| read(&[&a, tail].concat()).unwrap().1;
    let complete = Trailer { end_of_archive: EndOfArchive::Complete, ..Trailer::default() };
    let one_block = Trailer { end_of_archive: EndOfArchive::OneBlock, ..Trailer::default() };
    assert_eq!(trailer(&END), complete);
    assert_eq!(trailer(&[0; 512]), one_block);
    assert_eq!(trailer(&[0; 600]), Trailer { zero_padding: 88, ..one_block });
    assert_eq!(trailer(&[0; 4096]), Trailer { zero_padding: 3072, ..complete });
    assert_eq!(trailer(b""), Trailer::default());
    assert_eq!(trailer(&[0; 100]), Trailer { zero_padding: 100, ..Trailer::default() });
    let garbage = [&[0; 1034][..], b"x\0\0"].concat();
    assert_eq!(trailer(&garbage), Trailer { zero_padding: 10, garbage: Some(1024 + 1034), ..complete });
    let short = read(&a[..520]).unwrap().1;
    assert_eq!(short, Trailer { missing_padding: 504, zero_padding: 0, ..Trailer::default() }, "{short:?}");
    assert_eq!(read(b"").unwrap().1, Trailer::default());
}

#[test]
fn a_lone_zero_block_with_more_after_it_is_refused() {
    let a = file("a", b"hello");
    for more in [file("b", b""), b"x".to_vec(), [&[0; 511][..], b"x"].concat()] {
        let lone = [&a, &[0; 512][..], &more].concat();
        let error = read(&lone).unwrap_err().to_string();
        assert!(error.contains("byte 1024: one block of zeros, then more"), "{error}");
    }
    let two = [&a, &END[..], &file("b", b"")].concat();
    assert_eq!(read(&two).unwrap().1.garbage, Some(2048));
}

#[test]
fn content_that_is_not_read_is_skipped() {
    let archive = [file("a", &[1; 3000]), file("b", b"b")].concat();
    let mut reader = Reader::new(std::io::BufReader::with_capacity(100, &archive[..]), Limits::default());
    reader.next_entry().unwrap().unwrap();
    let first = reader.data().unwrap().unwrap();
    assert_eq!((first.offset, first.bytes.len()), (0, 88));
    assert_eq!(reader.offset(), 600);
    assert_eq!(reader.next_entry().unwrap().unwrap().path, b"b");
    assert!(reader.next_entry().unwrap().is_none());
    assert!(reader.data().unwrap().is_none());
}
