//! Whose the tree is while it is written.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use ocidian_content::BlobReader;
use ocidian_spec::{Compression, Descriptor, DiffId, Digest, MediaType};
use ocidian_unpack::{IdMap, IdRange, Rootfs, UnpackOptions};

/// What a mapped owner could enter, he could move about under root's hands: a root-owned file outside
/// was once made world-writable that way.
#[test]
fn a_mapped_owner_cannot_enter_the_tree_before_it_is_done() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: only root can give files away");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("tree");
    let range = IdRange::new(0, 1000, 1).unwrap();
    let options =
        UnpackOptions { ids: IdMap::new(vec![range], vec![range]).unwrap(), ..UnpackOptions::default() };
    let mut rootfs = Rootfs::begin(&target, options).unwrap();
    let mut layer = tar::Builder::new(Vec::new());
    for name in ["./", "etc/"] {
        let mut header = tar::Header::new_ustar();
        header.set_path(name).unwrap();
        header.set_entry_type(tar::EntryType::Directory);
        header.set_mode(0o777);
        header.set_size(0);
        header.set_cksum();
        layer.append(&header, &[][..]).unwrap();
    }
    let layer = layer.into_inner().unwrap();
    let digest = Digest::sha256(&layer);
    let media_type = MediaType::ImageLayer(Compression::None);
    let descriptor = Descriptor::new(media_type, digest.clone(), layer.len() as u64);
    let blob = BlobReader::new(Box::new(std::io::Cursor::new(layer)), &descriptor).unwrap();
    rootfs.apply(blob, &DiffId(digest)).unwrap();

    let staging = std::fs::read_dir(place.path()).unwrap().next().unwrap().unwrap().path();
    assert_eq!(owner_and_mode(&staging), (0, 0o700));
    assert_eq!(owner_and_mode(&staging.join("etc")).0, 1000);
    rootfs.commit().unwrap();
    assert_eq!(owner_and_mode(&target), (1000, 0o777));
}

fn owner_and_mode(path: &Path) -> (u32, u32) {
    let metadata = path.metadata().unwrap();
    (metadata.uid(), metadata.mode() & 0o7777)
}
