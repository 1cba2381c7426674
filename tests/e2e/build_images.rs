//! What `build` makes of flags: configs, annotations, bases, several platforms; and what it refuses.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use ocidian_spec::Digest;
use ocidian_testkit::{require_able, run};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bin::{fails, ok, report, run as try_run};
use crate::room::Room;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.file("src/etc/motd", "hello\n");
        place.file("src/bin/tool", "#!/bin/sh\n");
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.at(name).display().to_string()
    }

    fn file(&self, name: &str, content: &str) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn image(&self, tag: &str) -> String {
        format!("oci:{}:{tag}", self.at("images").display())
    }

    fn build(&self, source: &str, tag: &str, flags: &[&str]) -> Value {
        let words = ["build", &self.text(source), "-t", &self.image(tag)].map(str::to_owned);
        report(words.into_iter().chain(flags.iter().map(ToString::to_string)))
    }

    fn config(&self, tag: &str) -> Value {
        serde_json::from_str(&ok(["inspect", "--config", &self.image(tag)])).unwrap()
    }

    fn manifest(&self, tag: &str) -> Value {
        serde_json::from_str(&ok(["inspect", "--raw", &self.image(tag)])).unwrap()
    }
}

#[test]
fn every_field_of_the_config() {
    let place = Place::new();
    let flags = "--entrypoint /bin/tool --cmd -v --cmd x --env A=1 --env B=2 --env A=3 --user 7:8 --workdir /srv \
                 --label a=b --port 80/tcp --volume /data --stop-signal SIGTERM --author me --platform linux/arm64/v8";
    place.build("src", "one", &flags.split_whitespace().collect::<Vec<_>>());
    let config = place.config("one");
    let expected = json!({
        "User": "7:8", "ExposedPorts": {"80/tcp": {}}, "Env": ["A=3", "B=2"], "Entrypoint": ["/bin/tool"],
        "Cmd": ["-v", "x"], "Volumes": {"/data": {}}, "WorkingDir": "/srv", "Labels": {"a": "b"},
        "StopSignal": "SIGTERM"
    });
    assert_eq!(config["config"], expected);
    assert_eq!(config["author"], "me");
    let platform = ["os", "architecture", "variant"].map(|key| config[key].clone());
    assert_eq!(platform, ["linux", "arm64", "v8"]);
    assert_eq!(config["history"].as_array().unwrap().len(), 1);
    assert_eq!(config["history"][0]["created_by"], "ocidian build");
    assert_eq!(config["history"][0].get("empty_layer"), None);
}

#[test]
fn a_whole_config_with_members_of_its_own() {
    let place = Place::new();
    let text = r#"{"architecture": "riscv64", "os": "linux", "x-mine": [1.50],
        "config": {"Healthcheck": {"Test": ["NONE"]}, "Env": ["A=1"]}}"#;
    place.file("config.json", text);
    place.build("src", "one", &["--config-file", &place.text("config.json"), "--env", "B=2"]);
    let config = place.config("one");
    assert_eq!((&config["architecture"], &config["x-mine"][0]), (&json!("riscv64"), &json!(1.5)));
    assert_eq!(config["config"]["Healthcheck"]["Test"][0], "NONE");
    assert_eq!(config["config"]["Env"], json!(["A=1", "B=2"]));
    assert_eq!(config["rootfs"]["diff_ids"].as_array().unwrap().len(), 1);
    place.file("config.json", r#"{"architecture": "x", "architecture": "y", "os": "linux"}"#);
    let (source, file, tag) = (place.text("src"), place.text("config.json"), place.image("two"));
    let said = fails(["build", &source, "-t", &tag, "--config-file", &file], 1, "architecture");
    assert!(said.contains("duplicate") || said.contains("twice"), "{said}");
    fails(["inspect", &tag], 3, "two");
}

#[test]
fn annotations_go_where_they_are_said_to_go() {
    let place = Place::new();
    let flags = ["--annotation", "a=1", "--annotation", "config-descriptor:b=2"];
    place.build("src", "one", &flags);
    let manifest = place.manifest("one");
    assert_eq!(manifest["annotations"], json!({"a": "1"}));
    assert_eq!(manifest["config"]["annotations"], json!({"b": "2"}));
    let (source, tag) = (place.text("src"), place.image("two"));
    fails(["build", &source, "-t", &tag, "--annotation", "index:c=3"], 2, "several --platform");
}

#[test]
fn layers_on_a_base_keep_all_of_it() {
    let place = Place::new();
    place.file("more/etc/motd", "changed\n");
    place.file("more/etc/new", "new\n");
    let base = place.build("src", "base", &["--env", "A=1", "--label", "a=b", "--mtime", "100"]);
    // A bare tag is one in the base's layout; a place may be typed with its last slash.
    let words = ["build", &format!("{}:/", place.text("more")), "--base", &place.image("base"), "-t", "next"];
    let next = report(words.iter().chain(&["--env", "B=2", "--mtime", "50", "--compress", "zstd"]));
    assert_eq!(next["image"], place.image("next"));
    let (old, new) = (place.manifest("base"), place.manifest("next"));
    assert_eq!(old["layers"][0], new["layers"][0]);
    assert_eq!(new["layers"][1]["mediaType"], "application/vnd.oci.image.layer.v1.tar+zstd");
    assert_ne!(base["digest"], next["digest"]);
    let config = place.config("next");
    assert_eq!(config["config"]["Env"], json!(["A=1", "B=2"]));
    assert_eq!(config["created"], "1970-01-01T00:01:40Z", "the later of the base's and the newest");
    assert_eq!(config["history"].as_array().unwrap().len(), 2);
    assert_eq!(ok(["cat", &place.image("next"), "/etc/motd"]), "changed\n");
    assert_eq!(ok(["cat", &place.image("next"), "/bin/tool"]), "#!/bin/sh\n");
    // Elsewhere, with the base's layers; in an archive too.
    let archive = format!("oci-archive:{}:x", place.text("x.tar"));
    ok(["build", "-q", &place.text("more"), "--base", &place.image("base"), "-t", &archive]);
    assert_eq!(ok(["cat", &archive, "/bin/tool"]), "#!/bin/sh\n");
    let (more, missing) = (place.text("more"), place.image("missing"));
    fails(["build", &more, "--base", &missing, "-t", "x"], 3, "missing");
}

#[test]
fn a_directory_goes_where_it_is_put() {
    let place = Place::new();
    let source = format!("{}:/opt/app", place.text("src"));
    ok(["build", "-q", &source, "-t", &place.image("one")]);
    assert_eq!(ok(["cat", &place.image("one"), "/opt/app/etc/motd"]), "hello\n");
    let listed = ok(["ls", &place.image("one"), "/"]);
    assert!(listed.starts_with("drwxr-xr-x  0:0") && listed.trim_end().ends_with("opt"), "{listed}");
    // What exists as it was typed is that, whatever colons it has.
    place.file("odd:/name/f", "x");
    ok(["build", "-q", &place.text("odd:/name"), "-t", &place.image("two")]);
    assert_eq!(ok(["cat", &place.image("two"), "/f"]), "x");
    for (wrong, says) in [(":/../up", "`..`"), (":/a/.wh.b", ".wh.")] {
        let source = format!("{}{wrong}", place.text("src"));
        let output = try_run(["build", &source, "-t", &place.image("three")]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(says), "{said}");
    }
}

#[test]
fn several_platforms_make_one_image() {
    let place = Place::new();
    place.file("arm/etc/motd", "arm\n");
    let (src, arm, tag) = (place.text("src"), place.text("arm"), place.image("multi"));
    let words =
        ["build", "--platform", "linux/amd64", &src, "--platform", "linux/arm64/v8", &arm, "-t", &tag];
    let built = report(words.iter().chain(&["--annotation", "index:a=b", "--label", "c=d"]));
    assert_eq!(built["mediaType"], "application/vnd.oci.image.index.v1+json");
    let index = place.manifest("multi");
    assert_eq!(index["annotations"], json!({"a": "b"}));
    let platforms: Vec<_> =
        index["manifests"].as_array().unwrap().iter().map(|m| m["platform"].clone()).collect();
    assert_eq!(
        platforms,
        [
            json!({"architecture": "amd64", "os": "linux"}),
            json!({"architecture": "arm64", "os": "linux", "variant": "v8"})
        ]
    );
    assert_eq!(ok(["cat", "--platform", "linux/arm64", &tag, "/etc/motd"]), "arm\n");
    assert_eq!(ok(["cat", "--platform", "linux/amd64", &tag, "/etc/motd"]), "hello\n");
    // On each of its images one more layer.
    place.file("top/new", "new\n");
    let (top, on) = (place.text("top"), place.image("on"));
    let words =
        ["build", "--base", &tag, "--platform", "linux/amd64", &top, "--platform", "linux/arm64", &top];
    ok(words.iter().chain(&["-q", "-t", &on]));
    assert_eq!(ok(["cat", "--platform", "linux/arm64", &on, "/etc/motd"]), "arm\n");
    assert_eq!(ok(["cat", "--platform", "linux/amd64", &on, "/new"]), "new\n");
    let words =
        ["build", &src, "--platform", "linux/amd64", &src, "--platform", "linux/arm64", &arm, "-t", &on];
    let output = try_run(words);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_tar_is_taken_as_it_is() {
    let place = Place::new();
    let script =
        "cd \"$1\"; tar --format=gnu -cf plain.tar -C src .; gzip -k plain.tar; cat plain.tar | sha256sum";
    let digest = run::script(script, &[place.0.path().as_os_str()]).unwrap();
    let digest = format!("sha256:{}", digest.split_whitespace().next().unwrap());
    for name in ["plain.tar", "plain.tar.gz"] {
        let built = place.build(name, "one", &["--compress", "none"]);
        assert_eq!(built["images"][0]["layers"][0]["diffId"], digest.as_str(), "{name}");
        assert_eq!(built["images"][0]["layers"][0]["digest"], digest.as_str(), "{name}");
    }
    let mut command = crate::bin::ocidian();
    command.args(["build", "-q", "-", "-t", &place.image("stdin")]);
    command.stdin(fs::File::open(place.at("plain.tar")).unwrap());
    assert!(command.output().unwrap().status.success());
    assert_eq!(place.config("stdin")["rootfs"]["diff_ids"][0], digest.as_str());
    // A layer of directory and tar, the lowest first.
    place.file("top/etc/motd", "top\n");
    let (tar, top, tag) = (place.text("plain.tar"), place.text("top"), place.image("two"));
    ok(["build", "-q", &tar, &top, "-t", &tag]);
    assert_eq!(ok(["cat", &tag, "/etc/motd"]), "top\n");
    ok(["build", "-q", &top, &tar, "-t", &tag]);
    assert_eq!(ok(["cat", &tag, "/etc/motd"]), "hello\n");
}

#[test]
fn what_is_no_layer_is_refused_and_leaves_nothing() {
    let place = Place::new();
    ok(["build", "-q", &place.text("src"), "-t", &place.image("before")]);
    let before = run::script("cd \"$1\"; find . | sort", &[place.at("images").as_os_str()]).unwrap();
    let tar = |name: &str, script: &str| {
        let script = format!("cd \"$1\"; {script}");
        run::script(&script, &[place.0.path().as_os_str(), place.at(name).as_os_str()]).unwrap();
        place.text(name)
    };
    let up = tar("up.tar", "mkdir x; touch f; cd x; tar -P -cf \"$2\" ../f");
    let cut = tar("cut.tar", "head -c 200000 /dev/urandom >big; tar -cf - big | head -c 100000 >\"$2\"");
    let text = tar("text.tar", "yes no tar | head -c 3000 >\"$2\"");
    let gz = tar("cut.tar.gz", "tar -czf - big | head -c 50000 >\"$2\"");
    let whiteout = tar("bare.tar", "mkdir y; touch y/.wh.; tar -cf \"$2\" -C y .wh.");
    let missing = place.text("missing");
    for (source, code, says) in [
        (&up, 1, "up.tar"),
        (&cut, 1, "cut.tar"),
        (&text, 1, "text.tar"),
        (&gz, 1, "cut.tar.gz"),
        (&whiteout, 1, "bare.tar"),
        (&missing, 3, "missing"),
    ] {
        fails(["build", source, "-t", &place.image("x")], code, says);
        fails(["build", &place.text("src"), source, "-t", &place.image("x")], code, says);
    }
    let after = run::script("cd \"$1\"; find . | sort", &[place.at("images").as_os_str()]).unwrap();
    assert_eq!(after, before);
    fails(["build", &missing, "-t", &format!("oci:{}:x", place.text("fresh"))], 3, "missing");
    assert!(!place.at("fresh").exists());
    let src = place.text("src");
    fails(["build", &format!("{up}:/x"), "-t", &place.image("x")], 2, "no directory");
    fails(["build", &src, "-t", &format!("oci:{src}/images:x")], 1, "inside the source");
    assert!(!place.at("src/images").exists());
    fails(["build", &src, "-t", "nowhere"], 1, "oci:nowhere");
    fails(["build", &src, "-t", &place.image("x"), "--exclude", "a[b"], 2, "a[b");
    fails(["build", &src, "-t", &place.image("x"), "--ignore-file", &missing], 3, "missing");
    fails(
        ["build", &src, "-t", &format!("oci:{}@sha256:{}", place.text("images"), "0".repeat(64))],
        2,
        "--tag",
    );
}

#[test]
fn names_that_no_layer_can_hold_are_named() {
    let place = Place::new();
    place.file("wh/a/.wh.b", "x");
    fails(["build", &place.text("wh"), "-t", &place.image("x")], 1, "a/.wh.b");
    // Left out, it is in nobody's way.
    ok(["build", "-q", &place.text("wh"), "-t", &place.image("x"), "--exclude", "**/.wh.*"]);
    place.file("sock/f", "x");
    let _socket = UnixListener::bind(place.at("sock/s")).unwrap();
    let output = try_run(["build", &place.text("sock"), "-t", &place.image("x")]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && said.contains("socket is left out") && said.contains("sock/s"),
        "{said}"
    );
    assert_eq!(ok(["ls", &place.image("x"), "/"]).lines().count(), 1);
}

#[test]
fn what_a_dockerignore_leaves_out() {
    let place = Place::new();
    for name in ["a.o", "src/b.o", "src/b.c", "docs/x.md", "docs/README.md", "node_modules/m/i.js"] {
        place.file(&format!("ctx/{name}"), name);
    }
    place.file("ignore", "# objects\n**/*.o\ndocs/*\n!docs/README.md\n/node_modules\n");
    let flags = ["--ignore-file", &place.text("ignore")];
    place.build("ctx", "one", &flags);
    let names = |directory: &str| -> Vec<String> {
        let listed = ok(["ls", &place.image("one"), directory]);
        listed.lines().filter_map(|line| line.split_whitespace().last().map(str::to_owned)).collect()
    };
    assert_eq!(
        (names("/"), names("/src"), names("/docs")),
        (vec!["docs".to_owned(), "src".to_owned()], vec!["b.c".to_owned()], vec!["README.md".to_owned()])
    );
}

#[test]
fn a_full_disk_leaves_the_layout_as_it_was() {
    require_able!(Root, Tmpfs);
    let room = Room::new();
    let place = Place::new();
    let small = room.path().join("small");
    fs::create_dir(&small).unwrap();
    let script = "mount -t tmpfs -o size=1m tmpfs \"$1\"";
    run::script(script, &[small.as_os_str()]).unwrap();
    let unmount = || run::script("umount \"$1\"", &[small.as_os_str()]);
    let tag = format!("oci:{}/images:x", small.display());
    let tried = std::panic::catch_unwind(|| {
        ok(["build", "-q", &place.text("src"), "-t", &tag]);
        let before = run::script("cd \"$1\"; find . -type f | sort", &[small.as_os_str()]).unwrap();
        run::script("head -c 3000000 /dev/urandom >\"$1\"", &[place.at("src/big").as_os_str()]).unwrap();
        fails(["build", &place.text("src"), "-t", &tag], 1, "No space left");
        let after = run::script("cd \"$1\"; find . -type f | sort", &[small.as_os_str()]).unwrap();
        assert_eq!(after, before);
    });
    unmount().unwrap();
    tried.unwrap();
}

#[test]
fn the_digest_goes_to_a_file() {
    let place = Place::new();
    let built = place.build("src", "one", &["--digestfile", &place.text("digest")]);
    assert_eq!(fs::read_to_string(place.at("digest")).unwrap(), built["digest"].as_str().unwrap());
    assert!(Path::new(&place.text("images")).join("oci-layout").exists());
}

#[test]
fn layers_of_types_that_nobody_knows_are_carried_along() {
    let place = Place::new();
    let base = place.build("src", "base", &[]);
    let layout = place.at("images");
    let manifest =
        fs::read_to_string(layout.join("blobs").join(base["digest"].as_str().unwrap().replace(':', "/")));
    let odd = manifest.unwrap().replace("image.layer.v1.tar+gzip", "image.layer.v9.future");
    let digest = Digest::sha256(odd.as_bytes());
    fs::write(layout.join("blobs/sha256").join(digest.encoded()), &odd).unwrap();
    let index = fs::read_to_string(layout.join("index.json")).unwrap();
    let index = index.replace(base["digest"].as_str().unwrap(), &digest.to_string());
    let index = index.replace(&format!("\"size\":{}", base["size"]), &format!("\"size\":{}", odd.len()));
    fs::write(layout.join("index.json"), index).unwrap();
    place.file("more/new", "new");
    place.build("more", "next", &["--base", &place.image("base")]);
    let layers = place.manifest("next")["layers"].clone();
    assert_eq!(layers[0]["mediaType"], "application/vnd.oci.image.layer.v9.future");
    assert_eq!(layers[1]["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");
    let other = format!("oci:{}:x", place.text("other"));
    ok(["build", "-q", &place.text("more"), "--base", &place.image("base"), "-t", &other]);
    assert!(place.at("other/blobs").join(layers[0]["digest"].as_str().unwrap().replace(':', "/")).exists());
}

#[test]
fn a_signal_leaves_nothing() {
    let place = Place::new();
    fs::File::create(place.at("src/large")).unwrap().set_len(20 << 30).unwrap();
    let mut command = crate::bin::ocidian();
    command.args(["build", "-q", &place.text("src"), "-t", &place.image("x"), "--compress", "none"]);
    let mut child = command.spawn().unwrap();
    let begun = std::time::Instant::now();
    while !place.at("images").exists() {
        assert!(begun.elapsed().as_secs() < 60, "it never began");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    std::thread::sleep(std::time::Duration::from_millis(100));
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(15));
    assert!(!place.at("images").exists(), "{:?}", fs::read_dir(place.at("images")).map(Iterator::count));
}

#[test]
fn a_signal_ends_the_wait_for_a_pipe() {
    let place = Place::new();
    let mut command = crate::bin::ocidian();
    command.args(["build", "-q", "-", "-t", &place.image("x")]).stdin(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let begun = std::time::Instant::now();
    while !place.at("images").exists() {
        assert!(begun.elapsed().as_secs() < 60, "it never began");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    // The pipe stays open all the while.
    let stdin = child.stdin.take();
    let status = child.wait().unwrap();
    drop(stdin);
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(2));
    assert!(!place.at("images").exists());
}
