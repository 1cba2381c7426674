//! Whatever the bytes are: no panic, no hang, no more memory than the limits say.

use ocidian_layer::Error;
use ocidian_layer::tar::Limits;
use proptest::prelude::*;

use crate::make::*;

/// A little of everything.
fn sample() -> Vec<u8> {
    [
        pax(b'g', &[("comment", b"c"), ("mtime", b"3.5")]),
        Header::new(b'5', "d/").bytes(),
        pax(b'x', &[("path", b"d/f"), ("SCHILY.xattr.user.a", b"\0\n")]),
        file("f", b"hello"),
        long(b'L', "d/long"),
        file("l", &[7; 600]),
        Header::new(b'2', "s").link("d/f").bytes(),
        pax(b'x', &[("GNU.sparse.size", b"99"), ("GNU.sparse.numblocks", b"1"), ("GNU.sparse.map", b"9,5")]),
        file("sparse", b"abcde"),
        END.to_vec(),
    ]
    .concat()
}

#[test]
fn cut_off_at_every_byte() {
    let whole = sample();
    let (entries, _) = read(&whole).unwrap();
    // Where the archive may end: before an entry's first header, and within the padding of a file.
    let mut legal = vec![(whole.len() - 1024, whole.len())];
    for (entry, _) in &entries {
        legal.push((entry.offset as usize, entry.offset as usize));
        let end = (entry.data_offset + entry.stored_size) as usize;
        legal.push((end, end.next_multiple_of(512)));
    }
    // A lone global header says nothing about an entry to come.
    for len in 0..whole.len() {
        let expected = legal.iter().any(|(from, to)| (*from..=*to).contains(&len));
        assert_eq!(read(&whole[..len]).is_ok(), expected, "cut off after {len} bytes");
    }
}

#[test]
fn limits_stop_it() {
    let archive = [file("a", &[1; 600]), file("b", b""), END.to_vec()].concat();
    let within = |max_entries, max_bytes| read_within(&archive, Limits { max_entries, max_bytes });
    assert!(within(2, Some(archive.len() as u64)).is_ok());
    assert!(matches!(within(1, None), Err(Error::Limit { what: "entries", limit: 1, offset: 1536 })));
    assert!(matches!(within(9, Some(1000)), Err(Error::Limit { what: "bytes", limit: 1000, .. })));
    let padding = archive.len() as u64 - 1;
    assert!(matches!(within(9, Some(padding)), Err(Error::Limit { what: "bytes", .. })));
}

#[test]
fn headers_are_bounded() {
    let x = |size| Header::new(b'x', "pax").size(size).bytes();
    assert!(refusal(&[&x((1 << 20) + 1)]).1.contains("at most"));
    assert!(refusal(&[&Header::new(b'g', "pax").size((64 << 10) + 1).bytes()]).1.contains("at most"));
    assert!(refusal(&[&Header::new(b'L', "long").size((64 << 10) + 1).bytes()]).1.contains("at most"));
    // A size that only claims to be large costs nothing.
    assert!(read(&x(1 << 20)).is_err());
    let many = pax(b'g', &[("comment", b"c")]).repeat(65);
    assert!(refusal(&[&many, &file("f", b"")]).1.contains("64 extended headers"));
    let xattrs: Vec<u8> = (0..1025).flat_map(|n| record(&format!("SCHILY.xattr.user.{n}"), b"")).collect();
    assert!(refusal(&[&pax_raw(b'x', &xattrs), &file("f", b"")]).1.contains("1024"));
    let value = vec![1; (64 << 10) + 1];
    refusal(&[&pax(b'x', &[("SCHILY.xattr.user.a", &value)]), &file("f", b"")]);
    refusal(&[&pax(b'x', &[(&format!("SCHILY.xattr.user.{}", "a".repeat(256)), b"")]), &file("f", b"")]);
    // Global headers cannot pile up.
    let pile: Vec<u8> =
        (0..3).flat_map(|n| pax(b'g', &[(&format!("SCHILY.xattr.user.{n}"), &[1; 30_000])])).collect();
    assert!(refusal(&[&pile, &file("f", b"")]).1.contains("global"));
}

#[test]
fn sizes_at_the_edge() {
    for (size, why) in [
        ("9223372036854775807", "cut off"),
        ("9223372036854775808", "beyond"),
        ("18446744073709551615", "beyond"),
    ] {
        let (_, reason) = refusal(&[&pax(b'x', &[("size", size.as_bytes())]), &Header::file("f", 0).bytes()]);
        assert!(reason.contains(why), "{reason}");
    }
    let base256 = |bytes: [u8; 12]| Header::file("f", 0).put(124, &bytes).bytes();
    assert!(refusal(&[&base256([0xff; 12])]).1.contains("negative"));
    assert!(refusal(&[&base256([0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])]).1.contains("63 bits"));
    let mut bytes = [0; 12];
    bytes[0] = 0x80;
    bytes[11] = 3;
    assert_eq!(one(&[&base256(bytes), &padded(b"abc")]).size, 3);
}

proptest! {
    #[test]
    fn mutations_do_no_harm(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        let mut archive = sample();
        for (at, byte) in edits {
            let at = at.index(archive.len());
            archive[at] = byte;
            // Without a right checksum nothing behind it would be reached.
            let start = at / 512 * 512;
            if archive[start + 257..start + 262] == *b"ustar" {
                let block: [u8; 512] = archive[start..start + 512].try_into().unwrap();
                archive[start..start + 512].copy_from_slice(&Header(block).bytes());
            }
        }
        let _ = read(&archive);
        let _ = changes(&[&archive]);
    }

    #[test]
    fn any_pax_content_does_no_harm(content in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&[pax_raw(b'x', &content), file("f", b"")].concat());
    }

    #[test]
    fn any_record_comes_back(value in prop::collection::vec(any::<u8>(), 0..2000)) {
        let entry = one(&[&pax(b'x', &[("SCHILY.xattr.user.a", &value), ("uid", b"5")]), &file("f", b"")]);
        prop_assert_eq!(&entry.xattrs[0].1, &value);
        prop_assert_eq!(entry.uid, 5);
    }
}
