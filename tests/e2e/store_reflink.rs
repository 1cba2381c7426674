//! Copies within a file system that can share storage. xfs in a file, since what the machine has may not be able to.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::sys::statvfs::statvfs;
use ocidian_content::copy::{Options, copy, listed};
use ocidian_content::walk::Order;
use ocidian_content::{Class, Error, Walk};
use ocidian_image_layout::{CreateOptions, LayoutDir, create};
use ocidian_testkit::layout::{Entry, Layer, Layout};
use ocidian_testkit::{require, require_able, run};
use serde_json::json;

/// An xfs mounted in a namespace of this thread's and its children's own.
struct Xfs(tempfile::TempDir);

impl Xfs {
    /// `None`, said visibly, where the kernel has no loop devices or no xfs: no package brings those.
    fn new(image: &Path) -> Option<Self> {
        let nothing = None::<&str>;
        let holder = tempfile::tempdir().unwrap();
        fs::File::create(image).unwrap().set_len(400 << 20).unwrap(); // the least that mkfs.xfs takes is 300 MB
        run::stdout(Command::new("mkfs.xfs").args(["-q", "-m", "reflink=1"]).arg(image)).unwrap();
        unshare(CloneFlags::CLONE_NEWNS).unwrap();
        mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_PRIVATE, nothing).unwrap();
        let mounted = run::stdout(Command::new("mount").args(["-o", "loop"]).arg(image).arg(holder.path()));
        if let Err(error) = mounted {
            // Not eprintln, as in testkit: the harness would keep that to itself when the test passes.
            let told = format!("SKIPPED store_reflink: xfs on a loop device cannot be mounted: {error:#}\n");
            let _ = std::io::stderr().write_all(told.as_bytes());
            return None;
        }
        Some(Self(holder))
    }

    fn free(&self) -> u64 {
        nix::unistd::sync();
        let stat = statvfs(self.0.path()).unwrap();
        stat.blocks_free() * stat.fragment_size()
    }
}

impl Drop for Xfs {
    fn drop(&mut self) {
        let _ = umount2(self.0.path(), MntFlags::MNT_DETACH);
    }
}

fn put(source: &LayoutDir, to: &Path) -> Result<u64, Error> {
    let image = format!("oci:{}", to.display()).parse().unwrap();
    let report =
        copy(source, listed(source)?, create(&image, &CreateOptions::default())?, &Options::default())?;
    Ok(report.adopted.bytes)
}

#[test]
fn storage_is_shared_and_verified_all_the_same() {
    const LARGE: usize = 30 << 20;
    require_able!(Root);
    let [_] = require!("mkfs.xfs");
    let place = tempfile::tempdir().unwrap();
    let Some(xfs) = Xfs::new(&place.path().join("xfs")) else { return };
    let path = xfs.0.path().join("from");
    let mut layout = Layout::create(&path).unwrap();
    let layer = Layer::plain(&[Entry::file("large", vec![b'x'; LARGE])]).unwrap();
    let image = layout.image(("linux", "amd64"), &json!({}), std::slice::from_ref(&layer)).unwrap();
    layout.tag(&image, "a:1").unwrap();
    let source = LayoutDir::open(&path).unwrap();
    let before = xfs.free();
    let to = xfs.0.path().join("to");
    assert!(put(&source, &to).unwrap() > LARGE as u64, "all of it was taken over");
    let taken = before.saturating_sub(xfs.free());
    assert!(taken < 5 << 20, "{taken} bytes were written");
    let back = LayoutDir::open(&to).unwrap();
    let entries: Vec<_> = ocidian_content::RefSource::list(&back).unwrap();
    for node in Walk::new(&back, entries.into_iter().map(|(_, entry)| entry), Order::ParentsFirst) {
        let node = node.unwrap();
        let mut blob = ocidian_content::BlobSource::open(&back, node.role, &node.descriptor).unwrap();
        std::io::copy(&mut blob, &mut std::io::sink()).unwrap();
    }

    let blob = path.join("blobs/sha256").join(ocidian_spec::Digest::sha256(&layer.blob).encoded());
    let mut bytes = layer.blob.clone();
    bytes[LARGE / 2] ^= 1;
    fs::write(&blob, bytes).unwrap();
    let error = put(&source, &xfs.0.path().join("other")).unwrap_err();
    assert_eq!(error.class(), Class::Verification, "{error}");
    assert!(!xfs.0.path().join("other").exists());
}
