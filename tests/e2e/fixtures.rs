//! The images, users and runtimes that the other tests lean on are what those tests think they are: where one of these fails, look here before looking at Ocidian.

use std::path::Path;

use ocidian_testkit::images::{self, Shape, Writer};
use ocidian_testkit::user::TestUser;
use ocidian_testkit::{require, require_able, run, this_test};

/// How many layers the image has, by the tags of umoci's own listing.
fn layers(image: &images::Image) -> usize {
    let mut command = std::process::Command::new("skopeo");
    command.args(["inspect", "--raw", &image.reference()]);
    let manifest = run::stdout(&mut command).unwrap();
    manifest.matches("application/vnd.oci.image.layer.v1.tar+gzip").count()
}

fn names_in(layout: &Path) -> String {
    let script = "cd \"$1/blobs/sha256\"; for blob in *; do
        if gzip -t \"$blob\" 2>/dev/null; then gzip -dc \"$blob\" | tar -tf -; fi; done";
    run::script(script, &[layout.as_os_str()]).unwrap()
}

#[test]
fn every_writer_makes_the_image_in_one_and_in_several_layers() {
    for writer in Writer::ALL {
        let Some(one) = images::debian(&this_test!(), writer, Shape::One) else { return };
        assert_eq!(layers(&one), 1, "{writer:?}");
        let names = names_in(&one.layout);
        assert!(names.contains("srv/odd/sparse") && !names.contains(".wh."), "{writer:?}");

        let Some(several) = images::debian(&this_test!(), writer, Shape::Several) else { return };
        assert!(layers(&several) >= 5, "{writer:?}");
        let names = names_in(&several.layout);
        assert!(names.contains("usr/bin/.wh.hello") || names.contains("usr/bin/hello"), "{writer:?}");
        assert!(names.contains("srv/odd/.wh.second"), "{writer:?}");
        assert_eq!(names.contains(".wh..wh..opq"), writer == Writer::Umoci, "{writer:?}");
    }
}

#[test]
fn the_ordinary_user_is_one() {
    require_able!(Root, UserNamespaces);
    let user = TestUser::get().unwrap();
    let uid = run::stdout(user.command("id").arg("-u")).unwrap();
    assert_eq!(uid.trim(), user.uid.to_string());
    assert_ne!(user.uid, 0);
    let map = run::stdout(user.namespace_command("cat").arg("/proc/self/uid_map")).unwrap();
    let first: Vec<u32> = map.split_whitespace().take(3).map(|number| number.parse().unwrap()).collect();
    assert_eq!(first, [0, user.uid, 1]);
    assert_eq!(map.lines().count(), 2, "{map}");
}

/// A bundle that needs nothing of Ocidian: a static shell and the runtime's own configuration.
const BUNDLE: &str = "mkdir -p \"$1/rootfs/bin\" \"$1/rootfs/proc\" \"$1/rootfs/dev\" \"$1/rootfs/sys\"
    cp \"$(command -v busybox)\" \"$1/rootfs/bin/sh\"
    cd \"$1\"; runc spec $2
    sed -i 's/\"terminal\": true/\"terminal\": false/; s/\"sh\"$/\"sh\", \"-c\", \"echo it runs\"/' config.json
    sed -i \"s/\\\"hostID\\\": 0/\\\"hostID\\\": $3/\" config.json";

#[test]
fn both_runtimes_run_a_bundle() {
    require_able!(Root, Containers);
    let runtimes = require!("runc", "crun");
    require!("busybox");
    let bundle = tempfile::tempdir().unwrap();
    run::script(BUNDLE, &[bundle.path().as_os_str(), "".as_ref(), "0".as_ref()]).unwrap();
    for runtime in runtimes {
        let id = format!("ocidian-root-{}", std::process::id());
        let said =
            run::stdout(runtime.runtime_command().args(["run", "--bundle"]).arg(bundle.path()).arg(&id));
        assert_eq!(said.unwrap(), "it runs\n", "{}", runtime.name);
    }
}

#[test]
fn both_runtimes_run_a_bundle_for_an_ordinary_user() {
    require_able!(Root, Containers, UserNamespaces);
    let runtimes = require!("runc", "crun");
    require!("busybox");
    let user = TestUser::get().unwrap();
    let bundle = user.directory().unwrap();
    let uid = user.uid.to_string();
    run::script(BUNDLE, &[bundle.path().as_os_str(), "--rootless".as_ref(), uid.as_ref()]).unwrap();
    user.give(bundle.path()).unwrap();
    for runtime in runtimes {
        let id = format!("ocidian-user-{}", std::process::id());
        let mut command = runtime.runtime_command_as(&user);
        let said = run::stdout(command.args(["run", "--bundle"]).arg(bundle.path()).arg(&id));
        assert_eq!(said.unwrap(), "it runs\n", "{}", runtime.name);
    }
}
