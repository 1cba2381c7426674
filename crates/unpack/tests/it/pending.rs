//! What comes between a file's entry and the moment when a writer makes it.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;

use ocidian_content::BlobReader;
use ocidian_spec::{Compression, Descriptor, DiffId, Digest, MediaType};
use ocidian_unpack::{IdMap, IdRange, Rootfs, UnpackOptions, must_be_rootless};
use rustix::fs::{Gid, Uid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use crate::changes::{self, Meta, Op, What};
use crate::image::Stored;

const ACL: &str = "system.posix_acl_access";

fn put(path: &str, what: What, meta: Meta) -> Op {
    Op::Put { path: path.to_owned(), what, meta }
}

fn file(path: &str) -> Op {
    put(path, What::File(b"x".to_vec()), Meta { mode: 0o644, ..Meta::default() })
}

/// An access control list as Linux keeps it: tag, permissions and id of each entry.
fn acl(entries: &[(u16, u16, u32)]) -> Vec<u8> {
    let mut value = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        value.extend_from_slice(&tag.to_le_bytes());
        value.extend_from_slice(&permissions.to_le_bytes());
        value.extend_from_slice(&id.to_le_bytes());
    }
    value
}

/// Does something as an ordinary user, who is none but in a thread of its own.
fn as_user<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let user = scope.spawn(|| {
            if !must_be_rootless() {
                let (uid, gid) = (Uid::from_raw(65_533), Gid::from_raw(65_533));
                set_thread_groups(&[]).unwrap();
                set_thread_res_gid(gid, gid, gid).unwrap();
                set_thread_res_uid(uid, uid, uid).unwrap();
            }
            work()
        });
        user.join().unwrap()
    })
}

#[test]
fn a_directory_whose_acl_shuts_out_its_owner_can_be_filled() {
    const NONE: u32 = u32::MAX;
    let value = acl(&[(1, 5, NONE), (2, 7, 1234), (4, 5, NONE), (0x10, 7, NONE), (0x20, 5, NONE)]);
    let closed = || {
        let xattrs = BTreeMap::from([(ACL.to_owned(), value.clone())]);
        put("d", What::Dir, Meta { mode: 0o575, xattrs, ..Meta::default() })
    };
    // Before what is in it, after it, and once more.
    let layers =
        [vec![closed(), file("d/f")], vec![file("d/f"), closed()], vec![closed(), file("d/f"), closed()]];
    for layer in layers {
        let image = Stored::new(&[changes::tar(&layer)]);
        for writers in [0, 1, 2] {
            let place = tempfile::tempdir().unwrap();
            let tree = place.path().join("tree");
            std::fs::create_dir(&tree).unwrap();
            if !must_be_rootless() {
                std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
                std::os::unix::fs::chown(&tree, Some(65_533), Some(65_533)).unwrap();
            }
            let options =
                UnpackOptions { rootless: true, writers: Some(writers), ..UnpackOptions::default() };
            let unpacked = as_user(|| image.unpack(&tree, &options)).unwrap();
            if !unpacked.warnings.is_empty() {
                eprintln!("SKIPPED: no access control lists here: {:?}", unpacked.warnings);
                return;
            }
            assert_eq!(std::fs::read(tree.join("d/f")).unwrap(), b"x");
            let mode = tree.join("d").metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, 0o575);
            let mut set = [0; 100];
            let len = rustix::fs::getxattr(tree.join("d"), ACL, &mut set[..]).unwrap();
            assert_eq!(&set[..len], value);
        }
    }
}

fn apply(rootfs: &mut Rootfs, layer: &[Op]) -> ocidian_unpack::Result<()> {
    let tar = changes::tar(layer);
    let digest = Digest::sha256(&tar);
    let media_type = MediaType::ImageLayer(Compression::None);
    let descriptor = Descriptor::new(media_type, digest.clone(), tar.len() as u64);
    let blob = BlobReader::new(Box::new(std::io::Cursor::new(tar)), &descriptor).unwrap();
    rootfs.apply(blob, &DiffId(digest))
}

#[test]
fn a_file_that_failed_takes_none_from_the_next_layer() {
    if must_be_rootless() {
        eprintln!("SKIPPED: only root can be refused an owner");
        return;
    }
    for writers in [0, 1, 2] {
        let place = tempfile::tempdir().unwrap();
        let tree = place.path().join("tree");
        let only_root = vec![IdRange::new(0, 0, 1).unwrap()];
        let ids = IdMap::new(only_root.clone(), only_root).unwrap();
        let options = UnpackOptions { ids, writers: Some(writers), ..UnpackOptions::default() };
        let mut rootfs = Rootfs::begin(&tree, options).unwrap();
        let bad = put("bad", What::File(Vec::new()), Meta { mode: 0o644, uid: 7, ..Meta::default() });
        apply(&mut rootfs, &[bad]).unwrap_err();
        // Not what one should do, but `Ok` has to mean it.
        apply(&mut rootfs, &[put("d", What::Dir, Meta::default()), file("d/f")]).unwrap();
        rootfs.commit().unwrap();
        assert!(tree.join("d/f").exists(), "{writers} writers");
    }
}
