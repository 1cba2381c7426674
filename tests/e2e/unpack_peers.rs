//! Real images: the tree is the one that umoci and GNU tar make, and containers run in it.

use std::path::Path;

use ocidian_testkit::images::{self, Image, Shape, Writer};
use ocidian_testkit::tree::{Ignore, Snapshot, diff};
use ocidian_testkit::{require, require_able, run, this_test};

use crate::bin::ok;
use crate::room::Room;

fn differences(left: &Path, right: &Path, ignore: &Ignore) -> String {
    let snapshot = |path: &Path| Snapshot::of(path).unwrap();
    let lines = diff(&snapshot(left), &snapshot(right), ignore);
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn unpack(image: &Image, bundle: &Path, flags: &[&str]) {
    let reference = image.reference();
    let words = ["unpack", "-q", &reference, bundle.to_str().unwrap()];
    ok(words.iter().chain(flags));
}

fn is_umocis_tree(writer: Writer, shape: Shape) {
    require_able!(Root);
    require!("umoci");
    let Some(image) = images::debian(&this_test!(), writer, shape) else { return };
    let place = Room::new();
    let (ours, theirs) = (place.path().join("ours"), place.path().join("theirs"));
    unpack(&image, &ours, &[]);
    let theirs = image.umoci_unpack(&theirs).unwrap();
    let found = differences(&ours.join("rootfs"), &theirs, &Ignore::nothing());
    assert_eq!(found, "", "ours | umoci's");
}

#[test]
fn one_layer_by_umoci_is_umocis_tree() {
    is_umocis_tree(Writer::Umoci, Shape::One);
}

#[test]
fn several_layers_by_umoci_are_umocis_tree() {
    is_umocis_tree(Writer::Umoci, Shape::Several);
}

#[test]
fn several_layers_by_skopeo_are_umocis_tree() {
    is_umocis_tree(Writer::Skopeo, Shape::Several);
}

#[test]
fn several_layers_by_buildah_are_umocis_tree() {
    is_umocis_tree(Writer::Buildah, Shape::Several);
}

/// The one layer, extracted. Not with `--acls`: those it takes from records that no image has, and
/// clears what the xattrs say.
const EXTRACT: &str = "for blob in \"$1\"/blobs/sha256/*; do
        if gzip -t \"$blob\" 2>/dev/null; then
            gzip -dc \"$blob\" | tar -C \"$2\" --numeric-owner --xattrs --xattrs-include='*' -xpf -
        fi
    done";

#[test]
fn one_layer_is_gnu_tars_tree() {
    require_able!(Root);
    require!("tar");
    for writer in Writer::ALL {
        let Some(image) = images::debian(&this_test!(), writer, Shape::One) else { return };
        let place = Room::new();
        let (ours, theirs) = (place.path().join("ours"), place.path().join("theirs"));
        ok(["rootfs", "-q", &image.reference(), ours.to_str().unwrap()]);
        std::fs::create_dir(&theirs).unwrap();
        run::script(EXTRACT, &[image.layout.as_os_str(), theirs.as_os_str()]).unwrap();
        // GNU tar forgets the time of a directory that it comes back to later in the archive.
        let ignore = Ignore { directory_mtime: true, ..Ignore::nothing() };
        assert_eq!(differences(&ours, &theirs, &ignore), "", "{writer:?}: ours | tar's");
    }
}

/// Runs the bundle under each runtime; what each said.
fn containers(bundle: &Path) -> Vec<String> {
    let mut said = Vec::new();
    for name in ["runc", "crun"] {
        let Some(runtime) = ocidian_testkit::peers::need(&this_test!(), name) else { continue };
        let id = format!("ocidian-peers-{}", std::process::id());
        let mut command = runtime.runtime_command();
        said.push(run::stdout(command.args(["run", "--bundle"]).arg(bundle).arg(&id)).unwrap());
    }
    said
}

#[test]
fn containers_run_as_the_image_says_or_the_caller() {
    require_able!(Root, Containers);
    let Some(image) = images::debian(&this_test!(), Writer::Buildah, Shape::Several) else { return };
    let place = Room::new();
    let bundle = place.path().join("bundle");
    unpack(&image, &bundle, &[]);
    let run_with = |flags: &[&str]| -> Vec<String> {
        let config = ok(["runtime-config", "-q", &image.reference()].iter().chain(flags));
        std::fs::write(bundle.join("config.json"), config).unwrap();
        containers(&bundle)
    };
    let user = "uid=1234(app) gid=1234(app) groups=1234(app),4321(helpers)\n/srv/app\n";
    for said in containers(&bundle) {
        assert_eq!(said, user, "a named user with its groups, in the image's directory");
    }
    for said in run_with(&["--user", "0", "--cwd", "/tmp", "--", "sh", "-c", "id -u; pwd; echo $GREETING"]) {
        assert_eq!(said, "0\n/tmp\nhello\n");
    }
    let status = ["--", "grep", "CapBnd", "/proc/self/status"];
    let bounding = |flags: &[&str]| -> Vec<u64> {
        let said = run_with(&[flags, &status].concat());
        let hex = |line: &String| line.split_whitespace().nth(1).map(|hex| u64::from_str_radix(hex, 16));
        said.iter().map(|line| hex(line).unwrap().unwrap()).collect()
    };
    const SYS_ADMIN: u64 = 1 << 21;
    const CHOWN: u64 = 1;
    for set in bounding(&["--cap-add", "sys_admin", "--cap-drop", "CAP_CHOWN"]) {
        assert_eq!(set & (SYS_ADMIN | CHOWN), SYS_ADMIN);
    }
    for set in bounding(&["--cap-drop", "ALL", "--cap-add", "CHOWN"]) {
        assert_eq!(set, CHOWN);
    }
}
