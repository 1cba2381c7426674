//! `inspect`, `ls` and `cat`: what they say of images, to people and to programs.

use ocidian_testkit::layout::Layout;
use serde_json::{Value, json};

use crate::bin::{ok, run};
use crate::cli_images::{Images, architectures};

fn parsed(arguments: &[&str]) -> Value {
    serde_json::from_str(&ok(arguments)).unwrap()
}

#[test]
fn raw_and_config_are_the_stored_bytes() {
    let images = Images::new();
    let (app, multi) = (images.image("app"), images.image("multi"));
    let image = &parsed(&["inspect", "--format", "json", &app])["image"];
    let stored = |digest: &Value| std::fs::read(images.blob(digest.as_str().unwrap())).unwrap();
    let bytes = |arguments: &[&str]| run(arguments).stdout;
    assert_eq!(bytes(&["inspect", "--raw", &app]), stored(&image["digest"]));
    assert_eq!(bytes(&["inspect", "--config", &app]), stored(&image["config"]["digest"]));
    assert_eq!(bytes(&["inspect", "--config", "--raw", &multi]), stored(&image["config"]["digest"]));
    // What is named is an index; a platform makes it an image.
    let index = &parsed(&["inspect", "--format", "json", &multi])["index"];
    assert_eq!(bytes(&["inspect", "--raw", &multi]), stored(&index["digest"]));
    let here = format!("linux/{}", architectures().0);
    assert_eq!(bytes(&["inspect", "--raw", "--platform", &here, &multi]), stored(&image["digest"]));
}

#[test]
fn an_image_is_summed_up_for_people() {
    let images = Images::new();
    let text = ok(["inspect", &images.image("multi")]);
    for line in [
        "Name:         multi",
        "Manifests:    2",
        r#"Entrypoint:   ["/bin/app"]"#,
        r#"Cmd:          ["--serve","a b"]"#,
        "User:         1000:1000",
        "Working dir:  /srv",
        "Env:          PATH=/bin",
        "              GREETING=hello world",
        "Ports:        80/tcp",
        "Volumes:      /data",
        "Labels:       maintainer=someone",
    ] {
        assert!(text.lines().any(|have| have == line), "{line}\n{text}");
    }
    assert!(text.contains("Layers:       2 layers, "), "{text}");
}

#[test]
fn an_image_is_summed_up_for_programs() {
    let images = Images::new();
    let report = parsed(&["inspect", "--format", "json", &images.image("multi")]);
    let (here, other) = architectures();
    assert_eq!(report["name"], "multi");
    let platforms: Vec<&Value> = report["index"]["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["platform"]["architecture"])
        .collect();
    assert_eq!(platforms, [here, other]);
    let image = &report["image"];
    assert_eq!(image["platform"], json!({ "os": "linux", "architecture": here }));
    assert_eq!(image["run"]["entrypoint"], json!(["/bin/app"]));
    assert_eq!(image["run"]["env"][1], "GREETING=hello world");
    let layers = image["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 2);
    assert_eq!(layers[1]["digest"], layers[1]["diffId"], "the upper layer is not compressed");
    assert_ne!(layers[0]["digest"], layers[0]["diffId"]);
    let size: u64 = layers.iter().map(|layer| layer["size"].as_u64().unwrap()).sum();
    assert_eq!(image["layersSize"], size);
}

#[test]
fn an_index_without_an_image_for_this_machine_is_still_shown() {
    let images = Images::new();
    let multi = parsed(&["inspect", "--format", "json", &images.image("multi")]);
    for child in multi["index"]["manifests"].as_array().unwrap() {
        std::fs::remove_file(images.blob(child["digest"].as_str().unwrap())).unwrap();
    }
    let sparse = parsed(&["inspect", "--format", "json", &images.image("multi")]);
    assert_eq!(sparse["image"], Value::Null);
    assert_eq!(sparse["index"]["manifests"][0]["present"], false);
    assert!(ok(["inspect", &images.image("multi")]).contains("absent"));
    // One that lists nothing at all, likewise.
    let mut layout = Layout::create(&images.beside("empty")).unwrap();
    let index = layout.index(&[]).unwrap();
    layout.tag(&index, "nothing").unwrap();
    let nothing = parsed(&["inspect", "--format", "json", layout.path().to_str().unwrap()]);
    assert_eq!((&nothing["image"], &nothing["index"]["manifests"]), (&Value::Null, &json!([])));
}

#[test]
fn the_tree_shows_everything_with_what_is_absent() {
    let images = Images::new();
    let app = parsed(&["inspect", "--format", "json", &images.image("app")]);
    let layer = app["image"]["layers"][0]["digest"].as_str().unwrap();
    std::fs::remove_file(images.blob(layer)).unwrap();
    let layout = images.path().display().to_string();
    let text = ok(["inspect", "--tree", &layout]);
    let absent: Vec<&str> = text.lines().filter(|line| line.contains("ABSENT")).collect();
    assert!(matches!(&absent[..], [line] if line.contains(layer) && line.contains("layer")), "{text}");
    assert!(text.contains("(shown above)"), "the same image stands in the index too\n{text}");

    let tree = parsed(&["inspect", "--tree", "--format", "json", &layout]);
    let roles: Vec<&Value> =
        tree[0]["children"].as_array().unwrap().iter().map(|node| &node["role"]).collect();
    assert_eq!(roles, ["config", "layer", "layer"]);
    assert_eq!(tree[0]["name"], "app");
    assert_eq!(tree[0]["children"][1]["state"], "absent");
    assert_eq!(tree[1]["role"], "index");
}

#[test]
fn what_refers_to_an_image_stands_below_it() {
    let images = Images::new();
    let app = parsed(&["inspect", "--format", "json", &images.image("app")]);
    let layout = Layout::create(&images.beside("other")).unwrap();
    let empty = layout.blob("application/vnd.oci.empty.v1+json", b"{}").unwrap();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": "application/vnd.example.signature",
        "config": empty,
        "layers": [empty],
        "subject": {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": app["image"]["digest"],
            "size": app["image"]["size"],
        },
    });
    let referrer = layout
        .blob("application/vnd.oci.image.manifest.v1+json", &serde_json::to_vec(&manifest).unwrap())
        .unwrap();
    for digest in [&referrer["digest"], &empty["digest"]] {
        let name = digest.as_str().unwrap().replace(':', "/");
        std::fs::copy(layout.path().join("blobs").join(&name), images.path().join("blobs").join(&name))
            .unwrap();
    }
    let index = images.path().join("index.json");
    let mut entries = crate::cli_images::read_json(&index);
    entries["manifests"].as_array_mut().unwrap().push(referrer.clone());
    std::fs::write(&index, entries.to_string()).unwrap();

    let layout = images.path().display().to_string();
    let tree = parsed(&["inspect", "--tree", "--format", "json", &layout]);
    assert_eq!(tree.as_array().unwrap().len(), 2, "no root of its own");
    let children = tree[0]["children"].as_array().unwrap();
    let below: Vec<&Value> = children.iter().filter(|node| node["role"] == "referrer").collect();
    assert_eq!(below.len(), 1);
    assert_eq!(below[0]["digest"], referrer["digest"]);
    assert_eq!(below[0]["artifactType"], "application/vnd.example.signature");
    // An artifact is no image, but it can be looked at.
    let digest = referrer["digest"].as_str().unwrap();
    let artifact = parsed(&["inspect", "--format", "json", &format!("oci:{layout}@{digest}")]);
    assert_eq!(artifact["image"]["artifactType"], "application/vnd.example.signature");
}

#[test]
fn tags_are_listed_in_three_ways() {
    let images = Images::new();
    let layout = images.path().display().to_string();
    let text = ok(["ls", &layout]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("TAG ") && lines[1].starts_with("app ") && lines[2].starts_with("multi "));
    assert!(lines[2].contains("index") && lines[2].contains(architectures().1), "{text}");
    assert_eq!(ok(["ls", "--names", &layout]), "app\nmulti\n");
    let list = parsed(&["ls", "--format", "json", &layout]);
    assert_eq!(list[1]["name"], "multi");
    assert_eq!(list[1]["platforms"][1]["architecture"], architectures().1);
    assert_eq!(list[0]["present"], true);
    assert_eq!(ok(["ls", "--names", &images.image("app")]), "app\n");
}

#[test]
fn files_are_listed_and_read_as_all_layers_make_them() {
    let images = Images::new();
    let app = images.image("app");
    assert_eq!(ok(["cat", &app, "/motd"]), "hello\n", "through an absolute link, inside the image");
    let etc = parsed(&["ls", "--format", "json", &app, "/etc"]);
    assert_eq!(
        etc,
        json!([{
            "path": "motd", "type": "file", "mode": "0640", "uid": 7, "gid": 8, "size": 6,
            "mtime": "2024-01-17T21:49:12Z", "links": 1, "target": null, "device": null,
        }]),
        "what the upper layer removed is not there"
    );
    let root = ok(["ls", &app, "/"]);
    assert!(
        root.lines().any(|line| line.starts_with("lrwxrwxrwx") && line.ends_with("motd -> /etc/motd")),
        "{root}"
    );
    let file = ok(["ls", &app, "/etc/motd"]);
    assert!(file.starts_with("-rw-r-----  7:8  6  2024-01-17T21:49:12Z  /etc/motd"), "{file}");
    let other = format!("linux/{}", architectures().1);
    assert!(ok(["ls", "--platform", &other, &images.image("multi"), "/"]).contains("elsewhere"));
}

#[test]
fn what_an_image_says_cannot_act_on_the_terminal() {
    let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\nocidian: forged\u{9b}31m\u{202e}";
    let images = Images::of_config(&json!({
        "Entrypoint": [hostile], "Cmd": [hostile], "Env": [hostile], "User": hostile, "WorkingDir": hostile,
        "Labels": { hostile: hostile }, "ExposedPorts": { hostile: {} }, "Volumes": { hostile: {} },
        "StopSignal": hostile,
    }));
    let index = images.path().join("index.json");
    let mut entries = crate::cli_images::read_json(&index);
    entries["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"] = json!(hostile);
    std::fs::write(&index, entries.to_string()).unwrap();
    let layout = images.path().display().to_string();
    let outputs: [&[&str]; 8] = [
        &["inspect", &layout],
        &["inspect", "--format", "json", &layout],
        &["inspect", "--tree", &layout],
        &["inspect", "--tree", "--format", "json", &layout],
        &["ls", &layout],
        &["ls", "--format", "json", &layout],
        &["ls", "--names", &layout],
        &["ls", &format!("oci:{layout}:nope")],
    ];
    for arguments in outputs {
        let output = run(arguments);
        for said in [output.stdout, output.stderr] {
            let said = String::from_utf8(said).unwrap();
            let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!said.contains(acts), "{arguments:?}: {said:?}");
            assert!(!said.lines().any(|line| line.starts_with("ocidian: forged")), "{arguments:?}");
        }
    }
    // Programs get it as it is.
    let list = parsed(&["ls", "--format", "json", &layout]);
    assert_eq!(list[0]["name"], hostile);
}
