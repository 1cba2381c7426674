//! Any bytes as layers, applied one onto the other: nothing outside the target is touched, and a failure
//! leaves nothing of it.
//!
//! To be run as an ordinary user. The first byte says how many layers there are, the next two how many
//! blocks the first ones have; the rest is their tar. All happens in one directory of a fixed name, so
//! that an input can name what it must not reach.

#![no_main]

use std::ffi::OsString;
use std::fs;
use std::io::Cursor;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use ocidian_content::BlobReader;
use ocidian_spec::{Compression, Descriptor, DiffId, Digest, MediaType};
use ocidian_unpack::{Rootfs, UnpackOptions};

const PLACE: &str = "/dev/shm/ocidian-fuzz";
const BLOCK: usize = 512;

/// What must stay as it is: the sentinel's own attributes, its directory's, and all names beside the target.
#[derive(Debug, PartialEq)]
struct Outside {
    names: Vec<OsString>,
    content: Vec<u8>,
    attributes: Vec<(u64, u32, u64, u64, i64, i64, i64, i64)>,
}

impl Outside {
    fn look() -> Self {
        let (place, directory) = (Path::new(PLACE), Path::new(PLACE).join("outside"));
        let kept = directory.join("kept");
        let list = |path: &Path| fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = list(place).chain(list(&directory)).filter(|name| name != "target").collect();
        names.sort();
        let attributes = [&kept, &directory].map(|path| {
            let m = fs::symlink_metadata(path).unwrap();
            (m.ino(), m.mode(), m.nlink(), m.size(), m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec())
        });
        Self { names, content: fs::read(kept).unwrap(), attributes: attributes.to_vec() }
    }
}

fn before() -> &'static Outside {
    static BEFORE: OnceLock<Outside> = OnceLock::new();
    BEFORE.get_or_init(|| {
        assert!(ocidian_unpack::must_be_rootless(), "run it as an ordinary user: what it applies is hostile");
        let _ = fs::remove_dir_all(PLACE);
        let outside = Path::new(PLACE).join("outside");
        fs::create_dir_all(&outside).unwrap();
        fs::write(outside.join("kept"), "kept").unwrap();
        // Where a relative path would lead that something resolved by the working directory.
        std::env::set_current_dir(PLACE).unwrap();
        Outside::look()
    })
}

fuzz_target!(|bytes: &[u8]| {
    let before = before();
    let [layers, first, second, tars @ ..] = bytes else { return };
    let mut rest = &seal(tars)[..];
    let target = PathBuf::from(PLACE).join("target");
    let options = UnpackOptions {
        rootless: true,
        keep_dirlinks: layers & 0x80 != 0,
        max_bytes: Some(1 << 20),
        max_entries: 2000,
        ..UnpackOptions::default()
    };
    let mut rootfs = Rootfs::begin(&target, options).unwrap();
    let mut applied = Ok(());
    for blocks in [*first, *second].into_iter().take(usize::from(layers % 3)) {
        let (layer, after) = rest.split_at(rest.len().min(usize::from(blocks) * BLOCK));
        rest = after;
        applied = applied.and_then(|()| apply(&mut rootfs, layer));
    }
    let done = applied.and_then(|()| apply(&mut rootfs, rest)).and_then(|()| rootfs.commit());
    assert_eq!(done.is_ok(), fs::symlink_metadata(&target).is_ok(), "all or nothing: {done:?}");
    if done.is_ok() {
        remove(&target);
    }
    assert_eq!(*before, Outside::look(), "what lies outside is as it was");
});

fn apply(rootfs: &mut Rootfs, layer: &[u8]) -> ocidian_unpack::Result<()> {
    let digest = Digest::sha256(layer);
    let media_type = MediaType::ImageLayer(Compression::None);
    let descriptor = Descriptor::new(media_type, digest.clone(), layer.len() as u64);
    let blob = BlobReader::new(Box::new(Cursor::new(layer.to_vec())), &descriptor).unwrap();
    rootfs.apply(blob, &DiffId(digest))
}

/// Makes every block's checksum right, else hardly any input would get beyond its first header.
fn seal(tars: &[u8]) -> Vec<u8> {
    let mut tars = tars.to_vec();
    for block in tars.chunks_exact_mut(BLOCK).filter(|block| block[257..262] == *b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    tars
}

/// Removes a tree, directories that their owner may not enter included.
fn remove(path: &Path) {
    if try_remove(path).is_err() {
        // Deeper than a path can say.
        let chmod = Command::new("chmod").args(["-R", "u+rwx"]).arg(path).status();
        let rm = Command::new("rm").arg("-rf").arg(path).status();
        assert!(rm.is_ok_and(|status| status.success()), "chmod: {chmod:?}");
    }
}

fn try_remove(path: &Path) -> std::io::Result<()> {
    if !fs::symlink_metadata(path)?.is_dir() {
        return fs::remove_file(path);
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(path)? {
        try_remove(&entry?.path())?;
    }
    fs::remove_dir(path)
}
