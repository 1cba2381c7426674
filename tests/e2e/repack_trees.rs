//! What is repacked and unpacked elsewhere is the bundle's tree: for us, and for umoci.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use ocidian_testkit::tree::{Ignore, Snapshot, diff};
use ocidian_testkit::{images, require, require_able, run, this_test};
use proptest::prelude::*;
use serde_json::Value;

use crate::bin::{ok, report};
use crate::build_trees::{ODD, differences};
use crate::room::Room;

/// A layout, a bundle of its image `base`, and where things are unpacked again.
pub(crate) struct Work {
    place: PathBuf,
}

impl Work {
    /// Builds the image of `place/source` and unpacks it.
    pub(crate) fn new(place: &Path, flags: &[&str]) -> Self {
        let work = Self { place: place.to_owned() };
        ok(["build", "-q", &work.text("source"), "-t", &work.image("base")].iter().chain(flags));
        work.unpack("base");
        work
    }

    fn unpack(&self, tag: &str) {
        ok(["unpack", "-q", &self.image(tag), &self.text("bundle")]);
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.place.join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.at(name).display().to_string()
    }

    pub(crate) fn image(&self, tag: &str) -> String {
        format!("oci:{}:{tag}", self.text("images"))
    }

    pub(crate) fn rootfs(&self, name: &str) -> PathBuf {
        self.at("bundle/rootfs").join(name)
    }

    pub(crate) fn repack(&self, tag: &str, flags: &[&str]) -> Value {
        report(["repack", &self.text("bundle"), "-t", &self.image(tag)].iter().chain(flags))
    }

    /// The tree of an image, by us.
    pub(crate) fn tree(&self, tag: &str) -> PathBuf {
        let target = self.at(&format!("tree-{tag}"));
        ok(["rootfs", "-q", &self.image(tag), target.to_str().unwrap()]);
        target
    }

    /// Holds the image `tag` to be the bundle's tree.
    pub(crate) fn is_the_bundles(&self, tag: &str) {
        let tree = self.tree(tag);
        assert_eq!(differences(&self.rootfs(""), &tree, &Ignore::nothing()), "", "the bundle | {tag}");
    }

    /// The same by umoci.
    fn is_the_bundles_for_umoci(&self, tag: &str) {
        let target = self.at(&format!("umoci-{tag}"));
        let image = format!("{}:{tag}", self.text("images"));
        let script = "umoci unpack --image \"$1\" \"$2\"";
        run::script(script, &[image.as_ref(), target.as_os_str()]).unwrap();
        let found = differences(&self.rootfs(""), &target.join("rootfs"), &Ignore::nothing());
        assert_eq!(found, "", "the bundle | umoci's {tag}");
    }

    /// The paths in the new layer, as the archive has them.
    pub(crate) fn layer(&self, repacked: &Value) -> Vec<String> {
        let digest = repacked["layer"]["digest"].as_str().unwrap().replace(':', "/");
        let blob = self.at("images/blobs").join(digest);
        let list = run::script("gzip -dc \"$1\" | tar -tf -", &[blob.as_os_str()]).unwrap();
        list.lines().map(str::to_owned).collect()
    }
}

/// One change of every kind, to every kind of entry.
const CHANGES: &str = "cd \"$1\"
    rm capable hole; rm -r inherits
    chmod 0600 acl; chown 9:9 ids; setfattr -n user.y -v 2 sticky; setfattr -x user.x sticky
    rm b; mknod b b 7 301; rm l; ln -s elsewhere l; rm p; echo 'a file now' >p
    rm -r n*; mkdir c-again2; rm c; mkdir c; echo x >c/below
    mv sparse moved; ln moved sticky/linked; echo more >>empty; touch -d '1969-01-01 00:00:00.25 UTC' 'sp ace'
    echo other >\"$(printf 'new\\nline two')\"
    mkdir -m 2711 fresh; mkfifo fresh/p; setfattr -n trusted.z -v z fresh; setfacl -m u:77:r fresh
    cp /bin/true fresh/true; setcap cap_kill=ep fresh/true; touch -d '2002-02-02 02:02:02.2 UTC' fresh .";

#[test]
fn every_kind_of_change() {
    require_able!(Root, Tmpfs);
    require!("setfacl", "setcap", "setfattr", "umoci");
    let room = Room::new();
    run::script(ODD, &[room.path().join("source").as_os_str()]).unwrap();
    let work = Work::new(room.path(), &[]);
    assert_eq!(work.repack("same", &[])["layer"], Value::Null, "nothing changed");
    run::script(CHANGES, &[work.rootfs("").as_os_str()]).unwrap();
    let repacked = work.repack("next", &[]);
    work.is_the_bundles("next");
    work.is_the_bundles_for_umoci("next");
    let names = work.layer(&repacked);
    let whiteouts = names.iter().take_while(|name| name.contains(".wh.")).count();
    assert_eq!(whiteouts, repacked["removed"].as_u64().unwrap() as usize, "{names:?}");
    assert!(!names[whiteouts..].iter().any(|name| name.contains(".wh.")), "whiteouts come first: {names:?}");
    assert!(names.contains(&".wh.capable".to_owned()) && names.contains(&".wh.inherits".to_owned()));
    assert!(!names.iter().any(|name| name.starts_with("inherits") || name == "locked/"), "{names:?}");
    // Compared with the image instead of believed, it comes to the same layer.
    let paranoid = work.repack("paranoid", &["--paranoid"]);
    assert_eq!(paranoid["layer"]["diffId"], repacked["layer"]["diffId"]);
    assert_eq!(paranoid["compared"], 2, "all that is as it was");
}

#[test]
fn what_was_only_touched_is_compared_and_left_out() {
    let place = tempfile::tempdir().unwrap();
    for name in ["a", "b/c", "b/d"] {
        let path = place.path().join("source").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    let flags: &[&str] = if rustix::process::geteuid().is_root() { &[] } else { &["--rootless"] };
    let work = Work::new(place.path(), flags);
    let mode = |name: &str, mode: u32| {
        fs::set_permissions(work.rootfs(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    let before = fs::metadata(work.rootfs("a")).unwrap();
    mode("a", 0o600);
    mode("a", before.permissions().mode());
    mode("b", 0o700);
    mode("b", 0o755);
    let repacked = work.repack("same", &[]);
    assert_eq!((&repacked["layer"], &repacked["compared"]), (&Value::Null, &2.into()));
    // The same size and the same time, but not the same content.
    fs::write(work.rootfs("a"), "x").unwrap();
    fs::File::open(work.rootfs("a")).unwrap().set_modified(before.modified().unwrap()).unwrap();
    let repacked = work.repack("next", &[]);
    assert_eq!(work.layer(&repacked), ["a"]);
    assert_eq!(ok(["cat", &work.image("next"), "/a"]), "x");
}

#[test]
fn packages_that_apt_installs() {
    require_able!(Root);
    require!("umoci");
    let Some(parts) = images::debian_parts(&this_test!()) else { return };
    let room = Room::new();
    let (debian, work) = (parts.join("debian.tar"), Work { place: room.path().to_owned() });
    ok(["build", "-q", debian.to_str().unwrap(), "-t", &work.image("base")]);
    work.unpack("base");
    let install = "cp \"$2\"/*.deb \"$1/tmp/\"
        chroot \"$1\" sh -c 'apt-get -y install /tmp/*.deb' >/dev/null 2>&1
        rm \"$1\"/tmp/*.deb";
    run::script(install, &[work.rootfs("").as_os_str(), parts.as_os_str()]).unwrap();
    let repacked = work.repack("installed", &[]);
    work.is_the_bundles("installed");
    work.is_the_bundles_for_umoci("installed");
    let names = work.layer(&repacked);
    assert!(names.len() < 2000 && names.contains(&"var/lib/dpkg/status".to_owned()), "{}", names.len());
    // From there on: what the package manager removes.
    ok(["repack", "-q", &work.text("bundle"), "-t", "again", "--refresh-bundle"]);
    let purge = "chroot \"$1\" apt-get -y purge hello tree >/dev/null 2>&1";
    run::script(purge, &[work.rootfs("").as_os_str()]).unwrap();
    let removed = work.repack("removed", &[]);
    assert!(removed["removed"].as_u64() > Some(0), "{removed}");
    work.is_the_bundles("removed");
    work.is_the_bundles_for_umoci("removed");
}

#[derive(Debug, Clone)]
enum Step {
    Write(String, Vec<u8>),
    Remove(String),
    Directory(String),
    Symlink(String, String),
    Link(String, String),
    Rename(String, String),
    Mode(String, u32),
}

fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let name = || "[a-c](/[a-c]){0,2}";
    let content = prop::collection::vec(any::<u8>(), 0..20);
    let step = prop_oneof![
        4 => (name(), content).prop_map(|(name, content)| Step::Write(name, content)),
        2 => name().prop_map(Step::Remove),
        1 => name().prop_map(Step::Directory),
        1 => (name(), "[a-c/]{1,4}").prop_map(|(name, target)| Step::Symlink(name, target)),
        2 => (name(), name()).prop_map(|(from, to)| Step::Link(from, to)),
        2 => (name(), name()).prop_map(|(from, to)| Step::Rename(from, to)),
        1 => (name(), 0..0o100u32).prop_map(|(name, mode)| Step::Mode(name, mode | 0o700)),
    ];
    prop::collection::vec(step, 0..most)
}

/// Does what can be done, never through a link; the rest is left.
fn apply(root: &Path, steps: &[Step]) {
    fs::create_dir_all(root).unwrap();
    let at = |name: &str| -> Option<PathBuf> {
        let path = root.join(name);
        let parents = path.ancestors().skip(1).take_while(|above| *above != root);
        let plain = parents.into_iter().all(|above| above.symlink_metadata().is_ok_and(|meta| meta.is_dir()));
        plain.then_some(path)
    };
    for step in steps {
        // What is not possible is not done: a file in place of a directory, a link to nothing.
        let _ = match step {
            Step::Write(name, content) => {
                at(name).filter(|path| !path.is_symlink()).map(|path| fs::write(path, content))
            }
            Step::Remove(name) => at(name).map(|path| match path.symlink_metadata() {
                Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
                _ => fs::remove_file(path),
            }),
            Step::Directory(name) => at(name).map(fs::create_dir),
            Step::Symlink(name, target) => at(name).map(|path| symlink(target, path)),
            Step::Link(from, to) => at(from).zip(at(to)).map(|(from, to)| fs::hard_link(from, to)),
            Step::Rename(from, to) => at(from).zip(at(to)).map(|(from, to)| fs::rename(from, to)),
            Step::Mode(name, mode) => at(name)
                .filter(|path| !path.is_symlink())
                .map(|path| fs::set_permissions(path, fs::Permissions::from_mode(*mode))),
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_change_comes_back(first in steps(25), second in steps(12), third in steps(6)) {
        if !rustix::process::geteuid().is_root() {
            return Ok(());
        }
        let place = tempfile::tempdir().unwrap();
        apply(&place.path().join("source"), &first);
        let work = Work::new(place.path(), &[]);
        apply(&work.rootfs(""), &second);
        work.repack("paranoid", &["--paranoid"]);
        work.repack("next", &["--refresh-bundle"]);
        let is = |tag: &str| {
            let (bundle, tree) = (Snapshot::of(&work.rootfs("")).unwrap(), Snapshot::of(&work.tree(tag)).unwrap());
            let found = diff(&bundle, &tree, &Ignore::nothing());
            if found.is_empty() { Ok(()) } else { Err(TestCaseError::fail(format!("{tag}: {found:?}"))) }
        };
        is("paranoid")?;
        is("next")?;
        // From the refreshed bundle on, at once.
        apply(&work.rootfs(""), &third);
        work.repack("third", &[]);
        is("third")?;
    }
}
