//! What is written is read again as it was, by this crate, by others, and by GNU tar and bsdtar.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

use ocidian_layer::path::MAX_PATH;
use ocidian_layer::tar::{EndOfArchive, Limits, WriteError, Writer};
use ocidian_layer::{Change, Changeset, Device, Entry, EntryKind, EntryPath, Metadata, Timestamp};
use proptest::prelude::*;
use tar_core::parse::{ParseEvent, Parser};

type Written = (Change, Vec<u8>);

fn path(text: &[u8]) -> EntryPath {
    EntryPath::new(text).unwrap()
}

fn put(name: &[u8], kind: EntryKind, metadata: Metadata) -> Change {
    Change::Put(Entry { path: path(name), kind, metadata, offset: 0 })
}

fn file(name: &[u8], content: &[u8]) -> Written {
    let kind = EntryKind::File { size: content.len() as u64, sparse: false };
    (put(name, kind, Metadata { mode: 0o644, ..Metadata::default() }), content.to_vec())
}

fn write(changes: &[Written]) -> Result<Vec<u8>, WriteError> {
    let mut writer = Writer::new(Vec::new());
    for (change, content) in changes {
        writer.put(change)?;
        for piece in content.chunks(700) {
            writer.data(piece)?;
        }
    }
    writer.finish()
}

/// The changes of an archive with their content, offsets forgotten.
fn read(archive: &[u8]) -> Vec<Written> {
    let mut changes = Changeset::new(archive, Limits::default());
    let mut all = Vec::new();
    while let Some(mut change) = changes.next_change().unwrap() {
        if let Change::Put(entry) = &mut change {
            entry.offset = 0;
        }
        let mut content = Vec::new();
        while let Some(extent) = changes.data().unwrap() {
            content.extend_from_slice(extent.bytes);
        }
        all.push((change, content));
    }
    let (_, trailer) = changes.finish().unwrap();
    assert_eq!(trailer.end_of_archive, EndOfArchive::Complete);
    assert_eq!((trailer.zero_padding, trailer.missing_padding, trailer.garbage), (0, 0, None));
    all
}

/// A component of any bytes that is no whiteout's, often ASCII, sometimes long.
fn component() -> impl Strategy<Value = Vec<u8>> {
    let ascii = "[a-zA-Z0-9 ._-]{1,30}".prop_map(String::into_bytes);
    let long = "[a-z]{90,255}".prop_map(String::into_bytes);
    let bytes = prop::collection::vec(any::<u8>(), 1..20);
    prop_oneof![4 => ascii, 1 => long, 1 => bytes].prop_filter("a component", |name| {
        !name.contains(&0)
            && !name.contains(&b'/')
            && name != b"."
            && name != b".."
            && !name.starts_with(b".wh.")
    })
}

fn any_path() -> impl Strategy<Value = EntryPath> {
    prop::collection::vec(component(), 1..6).prop_map(|names| path(&names.join(&b'/')))
}

fn time() -> impl Strategy<Value = Timestamp> {
    let seconds = prop_oneof![0..2_000_000_000i64, -5_000_000_000..20_000_000_000i64, Just(i64::MAX)];
    let nanoseconds = prop_oneof![Just(0), 0..1_000_000_000u32];
    (seconds, nanoseconds).prop_map(|(seconds, nanoseconds)| Timestamp { seconds, nanoseconds })
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let id = || prop_oneof![0..3000u32, 0..u32::MAX];
    let name = "[a-z]{1,8}\\.[a-z.%]{1,30}".prop_map(String::into_bytes);
    let xattrs = prop::collection::btree_map(name, prop::collection::vec(any::<u8>(), 0..200), 0..4);
    (0..0o10000u32, id(), id(), time(), xattrs).prop_map(|(mode, uid, gid, mtime, xattrs)| Metadata {
        mode,
        uid,
        gid,
        mtime,
        atime: None,
        xattrs: xattrs.into_iter().collect(),
    })
}

fn kind() -> impl Strategy<Value = (EntryKind, Vec<u8>)> {
    let device = || (0..=0xfffu32, 0..=0xf_ffffu32).prop_map(|(major, minor)| Device { major, minor });
    let content = prop::collection::vec(any::<u8>(), 0..2000);
    let target = prop_oneof!["[a-z/.]{1,150}".prop_map(String::into_bytes), component()];
    prop_oneof![
        3 => content.prop_map(|content| (EntryKind::File { size: content.len() as u64, sparse: false }, content)),
        1 => Just((EntryKind::Directory, vec![])),
        1 => target.prop_map(|target| (EntryKind::Symlink(target), vec![])),
        1 => any_path().prop_map(|target| (EntryKind::Hardlink(target), vec![])),
        1 => device().prop_map(|device| (EntryKind::CharDevice(device), vec![])),
        1 => device().prop_map(|device| (EntryKind::BlockDevice(device), vec![])),
        1 => Just((EntryKind::Fifo, vec![])),
    ]
}

fn change() -> impl Strategy<Value = Written> {
    let entry = (any_path(), kind(), metadata()).prop_map(|(path, (kind, content), metadata)| {
        (Change::Put(Entry { path, kind, metadata, offset: 0 }), content)
    });
    // A whiteout's name is four bytes longer than what it hides.
    let hidden = any_path().prop_filter("room for a whiteout", |path| path.split().unwrap().1.len() <= 251);
    prop_oneof![
        6 => entry,
        1 => hidden.prop_map(|path| (Change::Whiteout(path), vec![])),
        1 => any_path().prop_map(|path| (Change::Opaque(path), vec![])),
    ]
}

/// Path, size, mode and attributes of an entry.
type Seen = (Vec<u8>, u64, u32, Vec<(Vec<u8>, Vec<u8>)>);

/// The entries as tar-core sees them.
fn tar_core(archive: &[u8]) -> Vec<Seen> {
    let mut parser = Parser::with_defaults();
    let (mut at, mut seen) = (0, Vec::new());
    loop {
        match parser.parse(&archive[at..]).unwrap() {
            ParseEvent::Entry { consumed, entry } => {
                let xattrs = entry.xattrs.iter().map(|(name, value)| (name.to_vec(), value.to_vec()));
                seen.push((entry.path.to_vec(), entry.size, entry.mode, xattrs.collect()));
                at += consumed + entry.padded_size() as usize;
            }
            ParseEvent::GlobalExtensions { .. } => panic!("no global header is ever written"),
            ParseEvent::End { .. } => return seen,
            other => panic!("{other:?}"),
        }
    }
}

/// The name that a change has in an archive.
fn name(change: &Change) -> Vec<u8> {
    let below = |parent: &[u8], name: &[u8]| {
        if parent.is_empty() { name.to_vec() } else { [parent, b"/", name].concat() }
    };
    match change {
        Change::Put(Entry { path, kind: EntryKind::Directory, .. }) => [path.as_bytes(), b"/"].concat(),
        Change::Put(entry) => entry.path.as_bytes().to_vec(),
        Change::Whiteout(path) => {
            let (parent, name) = path.split().unwrap();
            below(parent, &[b".wh.", name].concat())
        }
        Change::Opaque(path) => below(path.as_bytes(), b".wh..wh..opq"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn everything_comes_back(changes in prop::collection::vec(change(), 0..8)) {
        let archive = write(&changes).unwrap();
        prop_assert_eq!(archive.len() % 512, 0);
        prop_assert_eq!(&read(&archive), &changes);
        // tar-core refuses times before 1970.
        let early = |(change, _): &Written| {
            matches!(change, Change::Put(entry) if entry.metadata.mtime < Timestamp::default())
        };
        let others = if changes.iter().any(early) { vec![] } else { tar_core(&archive) };
        for ((path, size, mode, xattrs), (change, content)) in others.iter().zip(&changes) {
            prop_assert_eq!(path, &name(change));
            prop_assert_eq!(*size, content.len() as u64);
            if let Change::Put(entry) = change {
                prop_assert_eq!((*mode, xattrs), (entry.metadata.mode, &entry.metadata.xattrs));
            }
        }
        let mut reader = tar::Archive::new(&archive[..]);
        for (entry, (change, content)) in reader.entries().unwrap().zip(&changes) {
            let mut entry = entry.unwrap();
            // The crate splits records at newlines, so a name that has one is beyond it.
            if name(change).contains(&b'\n') || matches!(change, Change::Put(entry) if !entry.metadata.xattrs.is_empty()) {
                continue;
            }
            prop_assert_eq!(&entry.path_bytes()[..], &name(change)[..]);
            let mut bytes = Vec::new();
            io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
            prop_assert_eq!(&bytes, content);
        }
    }
}

#[test]
fn what_ustar_can_say_takes_no_extended_header() {
    let metadata = Metadata {
        mode: 0o7777,
        uid: 0o777_7777,
        gid: 0o777_7777,
        mtime: Timestamp { seconds: 0o777_7777_7777, nanoseconds: 0 },
        ..Metadata::default()
    };
    let name = format!("{}/{}", "d".repeat(155), "n".repeat(100));
    let device = Device { major: 0xfff, minor: 0xf_ffff };
    let target = EntryKind::Symlink(vec![b't'; 100]);
    let changes = [
        (put(name.as_bytes(), EntryKind::CharDevice(device), metadata.clone()), vec![]),
        (put(b"link", target, metadata.clone()), vec![]),
    ];
    let archive = write(&changes).unwrap();
    assert_eq!(archive.len(), 4 * 512);
    assert_eq!(read(&archive), changes);
    assert_eq!(archive[265..329], [0; 64], "no names of owners");
    for beyond in [
        Metadata { uid: 0o1000_0000, ..metadata.clone() },
        Metadata { gid: u32::MAX - 1, ..metadata.clone() },
        Metadata { mtime: Timestamp { seconds: 0o1_0000_0000_0000, nanoseconds: 0 }, ..metadata.clone() },
        Metadata { mtime: Timestamp { seconds: -1, nanoseconds: 0 }, ..metadata.clone() },
        Metadata { mtime: Timestamp { seconds: 0, nanoseconds: 1 }, ..metadata.clone() },
    ] {
        let changes = [(put(b"f", EntryKind::Fifo, beyond), vec![])];
        let archive = write(&changes).unwrap();
        assert_eq!((archive.len(), archive[156]), (5 * 512, b'x'));
        assert_eq!(read(&archive), changes);
    }
}

#[test]
fn a_size_beyond_eight_gigabytes_is_a_record() {
    struct Head(Vec<u8>, u64);
    impl io::Write for Head {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.len() < 4096 {
                self.0.extend_from_slice(bytes);
            }
            self.1 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let size: u64 = 8 << 30;
    let mut writer = Writer::new(Head(Vec::new(), 0));
    let kind = EntryKind::File { size, sparse: false };
    writer.put(&put(b"big", kind.clone(), Metadata::default())).unwrap();
    let piece = vec![0; 16 << 20];
    for _ in 0..size / piece.len() as u64 {
        writer.data(&piece).unwrap();
    }
    let Head(head, written) = writer.finish().unwrap();
    assert_eq!(written, 3 * 512 + size + 1024);
    assert_eq!(&head[124..136], b"00000000023\0");
    assert!(head[512..].starts_with(b"19 size=8589934592\n"));
    let mut changes = Changeset::new(&head[..], Limits::default());
    assert_eq!(changes.next_change().unwrap(), Some(put(b"big", kind, Metadata::default())));
}

#[test]
fn content_of_another_length_is_an_error_that_names_the_file() {
    let file = |size| put(b"some/file", EntryKind::File { size, sparse: false }, Metadata::default());
    let begin = |size| {
        let mut writer = Writer::new(Vec::new());
        writer.put(&file(size)).unwrap();
        writer
    };
    let mut writer = begin(5);
    writer.data(b"1234").unwrap();
    let error = writer.put(&file(1)).unwrap_err().to_string();
    assert_eq!(error, "file \"some/file\": 4 bytes were read, but it has 5");
    assert!(matches!(writer.finish(), Err(WriteError::Failed)), "a torn archive is never finished");
    let error = begin(5).finish().unwrap_err();
    assert!(matches!(error, WriteError::TooShort { size: 5, written: 0, .. }), "{error}");
    let mut writer = begin(5);
    writer.data(b"12345").unwrap();
    let error = writer.data(b"6").unwrap_err().to_string();
    assert_eq!(error, "file \"some/file\": more was read than the 5 bytes that it has");
    let mut writer = begin(0);
    assert!(matches!(writer.data(b"1"), Err(WriteError::NoFile)));
}

#[test]
fn what_no_layer_can_hold_is_refused() {
    let plain = Metadata::default;
    let with = |xattrs: Vec<(&[u8], usize)>| Metadata {
        xattrs: xattrs.into_iter().map(|(name, len)| (name.to_vec(), vec![b'v'; len])).collect(),
        ..Metadata::default()
    };
    let many: Vec<Vec<u8>> = (0..20).map(|n| format!("user.{n:02}").into_bytes()).collect();
    let reserved = "names that begin with `.wh.`";
    for (change, expected) in [
        (put(b"a/.wh.b", EntryKind::Directory, plain()), reserved),
        (put(b".wh.a/b", EntryKind::Fifo, plain()), reserved),
        (put(b".wh.", EntryKind::Fifo, plain()), reserved),
        (put(b"a", EntryKind::Hardlink(path(b".wh.b")), plain()), reserved),
        (put(b"a", EntryKind::Hardlink(EntryPath::root()), plain()), "its hard link target"),
        (put(b"", EntryKind::Fifo, plain()), "the root"),
        (put(b"a", EntryKind::Symlink(vec![]), plain()), "it is empty"),
        (put(b"a", EntryKind::Symlink(b"a\0b".to_vec()), plain()), "NUL"),
        (put(b"a", EntryKind::Symlink(vec![b'a'; MAX_PATH + 1]), plain()), "longer than 4095"),
        (put(b"a", EntryKind::Fifo, with(vec![(b"user.a=b", 1)])), "no way to say the name"),
        (put(b"a", EntryKind::Fifo, with(vec![(b"", 1)])), "no way to say the name"),
        (put(b"a", EntryKind::Fifo, with(vec![(b"user.a", 65_537)])), "longer than 65536"),
        (put(b"a", EntryKind::Fifo, with(vec![(b"user.a", 1), (b"user.a", 1)])), "is there twice"),
        (put(b"a", EntryKind::Fifo, with(many.iter().map(|n| (&n[..], 60_000)).collect())), "more than the"),
        (Change::Whiteout(EntryPath::root()), "a whiteout of nothing"),
        (Change::Whiteout(path(b"a/.wh..opq")), reserved),
        (Change::Whiteout(path(&[b'a'; 252])), "a component is longer than 255"),
        (Change::Whiteout(path(&[&b"a/".repeat(2045)[..], b"bcdef"].concat())), "longer than 4095"),
        (Change::Opaque(path(b".wh.a")), reserved),
    ] {
        let error = write(&[(change.clone(), vec![])]).unwrap_err().to_string();
        assert!(error.contains(expected), "{change:?}: {error}");
    }
    // As long as Linux and the reader have it.
    let longest = [&b"ab/".repeat(1364)[..], b"abc"].concat();
    assert_eq!(longest.len(), MAX_PATH);
    let changes = [(put(&longest, EntryKind::Directory, plain()), vec![])];
    assert_eq!(read(&write(&changes).unwrap()), changes);
}

#[test]
fn a_failing_output_is_reported_as_it_is() {
    let mut small = [0; 700];
    let mut writer = Writer::new(&mut small[..]);
    writer.put(&file(b"a", b"").0).unwrap();
    assert!(matches!(writer.put(&file(b"b", b"").0), Err(WriteError::Io(_))));
}

/// No UTF-8, and too long for ustar.
fn not_text() -> Vec<u8> {
    [&b"dir/"[..], &[b'f'; 150], b"\xff\xfe"].concat()
}

/// Everything that an ordinary user can extract.
fn sample() -> Vec<Written> {
    let mtime = Timestamp { seconds: 1_000_000_000, nanoseconds: 123_456_789 };
    let meta = |mode| Metadata { mode, mtime, ..Metadata::default() };
    let long = format!("dir/{}/{}", "d".repeat(200), "f".repeat(250));
    vec![
        (put(b"", EntryKind::Directory, meta(0o755)), vec![]),
        (put(b"dir", EntryKind::Directory, meta(0o750)), vec![]),
        (put(long.as_bytes(), EntryKind::File { size: 5, sparse: false }, meta(0o640)), b"hello".to_vec()),
        (put(b"dir/new\nline", EntryKind::Fifo, meta(0o600)), vec![]),
        (put("dir/\u{e4}\u{4e2d}".as_bytes(), EntryKind::Symlink(vec![b't'; 300]), meta(0o777)), vec![]),
        (put(&not_text(), EntryKind::Fifo, meta(0o600)), vec![]),
        (put(b"dir/not \xff utf-8", EntryKind::Symlink(b"\xfe".to_vec()), meta(0o777)), vec![]),
        (put(b"hard", EntryKind::Hardlink(path(long.as_bytes())), meta(0o640)), vec![]),
        file(b"x", b"x"),
    ]
}

#[test]
fn other_tars_extract_it() {
    let archive = write(&sample()).unwrap();
    for tool in ["tar", "bsdtar"] {
        if Command::new(tool).arg("--version").output().is_err() {
            // This crate's tests need no tools; the whole binary's are compared with both.
            continue;
        }
        let place = tempfile::tempdir().unwrap();
        let (file, out) = (place.path().join("a.tar"), place.path().join("out"));
        fs::write(&file, &archive).unwrap();
        fs::create_dir(&out).unwrap();
        let mut command = Command::new(tool);
        command.args(["-x", "-p", "-f"]).arg(&file).arg("-C").arg(&out).env("LC_ALL", "C.UTF-8");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let said = said.lines().filter(|line| !line.contains("'hdrcharset'")).collect::<Vec<_>>();
        assert!(said.is_empty(), "{tool}: {said:?}");
        let long = format!("dir/{}/{}", "d".repeat(200), "f".repeat(250));
        let stat = fs::metadata(out.join(&long)).unwrap();
        assert_eq!(fs::read(out.join("hard")).unwrap(), b"hello");
        assert_eq!((stat.nlink(), stat.permissions().mode() & 0o7777), (2, 0o640), "{tool}");
        assert_eq!((stat.mtime(), stat.mtime_nsec()), (1_000_000_000, 123_456_789), "{tool}");
        let mut names: Vec<_> = fs::read_dir(out.join("dir"))
            .unwrap()
            .map(|entry| std::os::unix::ffi::OsStringExt::into_vec(entry.unwrap().file_name()))
            .collect();
        names.sort();
        let expected = [
            &[b'd'; 200][..],
            &not_text()[4..],
            b"new\nline",
            b"not \xff utf-8",
            "\u{e4}\u{4e2d}".as_bytes(),
        ];
        assert_eq!(names, expected, "{tool}");
        let link = fs::read_link(out.join("dir/\u{e4}\u{4e2d}")).unwrap();
        assert_eq!(link.as_os_str().len(), 300, "{tool}");
    }
}
