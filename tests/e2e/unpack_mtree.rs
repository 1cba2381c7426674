//! `--mtree`: what NetBSD's mtree and bsdtar make of the manifest.

use std::fs;
use std::path::Path;

use ocidian_testkit::images::{self, Shape, Writer};
use ocidian_testkit::{require, require_able, run, this_test};

use crate::bin::ok;
use crate::room::Room;

#[test]
fn mtree_and_bsdtar_find_the_tree_as_the_manifest_says() {
    require_able!(Root, Tmpfs);
    let [mtree, bsdtar] = require!("mtree", "bsdtar");
    let Some(image) = images::debian(&this_test!(), Writer::Umoci, Shape::Several) else { return };
    let place = Room::new();
    let at = |name: &str| place.path().join(name);
    let (tree, manifest) = (at("tree"), at("manifest"));
    let flags = ["--mtree", manifest.to_str().unwrap()];
    ok(["rootfs", "-q", &image.reference(), tree.to_str().unwrap()].iter().chain(&flags));

    let check =
        |tree: &Path| run::output(mtree.command().arg("-p").arg(tree).arg("-f").arg(&manifest)).unwrap();
    let checked = check(&tree);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(
        checked.status.success() && said.is_empty(),
        "{said}{}",
        String::from_utf8_lossy(&checked.stderr)
    );

    let listed = run::stdout(bsdtar.command().arg("-tf").arg(&manifest)).unwrap();
    let entries = ocidian_testkit::tree::Snapshot::of(&tree).unwrap();
    assert_eq!(listed.lines().count(), entries.len());
    // The other form has the same manifest.
    let stacked = at("stacked");
    let flags = ["--form", "overlay", "--mtree", stacked.to_str().unwrap()];
    ok(["rootfs", "-q", &image.reference(), at("stack").to_str().unwrap()].iter().chain(&flags));
    assert!(fs::read(&manifest).unwrap() == fs::read(&stacked).unwrap());

    fs::write(tree.join("etc/hostname-of-another"), "x").unwrap();
    fs::write(tree.join("usr/bin/hello"), "changed").unwrap();
    let checked = check(&tree);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(!checked.status.success());
    assert!(said.contains("hostname-of-another") && said.contains("usr/bin/hello"), "{said}");
}
