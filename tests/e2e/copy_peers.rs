//! `copy` beside skopeo, umoci and buildah: each takes what the other wrote.

use ocidian_testkit::peers::Peer;
use ocidian_testkit::run::stdout;

use crate::bin::{ok, report};
use crate::copy_images::{Source, configs, copy, digest};

fn skopeo(peer: &Peer, arguments: &[&str]) {
    stdout(peer.command().args(["--insecure-policy", "copy", "--quiet"]).args(arguments)).unwrap();
}

/// The one config of an image for this machine.
fn config(image: &str) -> String {
    report(["inspect", image])["image"]["config"]["digest"].as_str().unwrap().to_owned()
}

const FORMS: [&str; 4] = ["oci", "oci-archive", "docker-archive", "dir"];

/// A place in that form, of that name, and with a tag where the form has one.
fn place(source: &Source, form: &str, name: &str) -> String {
    match form {
        "dir" => source.to(form, name),
        _ => format!("{}:example.com/x:1", source.to(form, name)),
    }
}

#[test]
fn skopeo_takes_every_form_that_we_write() {
    let [peer] = ocidian_testkit::require!("skopeo");
    let source = Source::new();
    for tag in ["app", "zstd"] {
        for form in FORMS {
            let ours = place(&source, form, &format!("{tag}-{form}"));
            copy(&[&source.image(tag), &ours]);
            // To dir:, because to a layout it would compress what is not.
            let theirs = source.to("dir", &format!("{tag}-{form}-back"));
            skopeo(&peer, &[&ours, &theirs]);
            assert_eq!(config(&theirs), config(&source.image(tag)), "{tag} {form}");
            // Of a docker-archive skopeo makes a manifest of its own.
            if form != "docker-archive" {
                assert_eq!(digest(&theirs), digest(&source.image(tag)), "{tag} {form}");
            }
        }
        let old = source.to("docker-archive", &format!("{tag}-old.tar:a:b"));
        copy(&["--uncompressed", &source.image(tag), &old]);
        // A layout would get a config of skopeo's own making.
        let theirs = source.to("dir", &format!("{tag}-old-back"));
        skopeo(&peer, &[&old, &theirs]);
        assert_eq!(config(&theirs), config(&source.image(tag)), "{tag}");
    }
}

#[test]
fn we_take_every_form_that_skopeo_writes() {
    let [peer] = ocidian_testkit::require!("skopeo");
    let source = Source::new();
    for tag in ["app", "zstd"] {
        // Its docker-archives have no zstd.
        for form in FORMS.into_iter().filter(|form| tag == "app" || *form != "docker-archive") {
            let theirs = place(&source, form, &format!("{tag}-{form}"));
            skopeo(&peer, &[&source.image(tag), &theirs]);
            for to in FORMS {
                let ours = place(&source, to, &format!("{tag}-{form}-{to}"));
                copy(&[&theirs, &ours]);
                assert_eq!(config(&ours), config(&source.image(tag)), "{tag} {form} {to}");
                assert_eq!(digest(&ours), digest(&theirs), "{tag} {form} {to}");
            }
        }
    }
}

#[test]
fn several_platforms_and_an_artifact_go_both_ways() {
    let [peer] = ocidian_testkit::require!("skopeo");
    let source = Source::new();
    for form in ["oci", "oci-archive", "dir"] {
        let (ours, theirs) =
            (place(&source, form, &format!("o-{form}")), place(&source, form, &format!("t-{form}")));
        copy(&[&source.image("multi"), &ours]);
        // skopeo 1.9 does not know artifacts, so an attestation is not for it.
        let plain = source.to("oci", &format!("plain-{form}:x"));
        ok(["index", "create", &source.image("plain"), &source.image("multi")]);
        let attestation = "unknown/unknown";
        ok(["index", "rm", &source.image("plain"), attestation]);
        copy(&[&source.image("plain"), &plain]);
        skopeo(&peer, &["--all", "--preserve-digests", &plain, &theirs]);
        assert_eq!(digest(&theirs), digest(&source.image("plain")), "{form}");
        let back = source.to("oci", &format!("back-{form}:x"));
        copy(&[&theirs, &back]);
        assert_eq!(configs(&back), configs(&source.image("plain")), "{form}");
        let whole = source.to("oci", &format!("whole-{form}:x"));
        copy(&[&ours, &whole]);
        assert_eq!(digest(&whole), digest(&source.image("multi")), "{form}");
        ok(["rm", &source.image("plain")]);
    }
}

#[test]
fn skopeo_takes_dockers_media_types_that_we_made() {
    let [peer] = ocidian_testkit::require!("skopeo");
    let source = Source::new();
    let (docker, theirs) = (source.to("dir", "docker"), source.to("dir", "theirs"));
    copy(&["--manifest-type", "docker", "--compress", "gzip", &source.image("app"), &docker]);
    skopeo(&peer, &["--format", "v2s2", &docker, &theirs]);
    assert_eq!(digest(&theirs), digest(&docker));
    let raw = stdout(peer.command().args(["inspect", "--raw", &docker])).unwrap();
    assert!(raw.contains("application/vnd.docker.distribution.manifest.v2+json"), "{raw}");
}

#[test]
fn umoci_works_on_in_what_we_copied_and_we_in_what_it_made() {
    let [umoci] = ocidian_testkit::require!("umoci");
    ocidian_testkit::require_able!(Root);
    let source = Source::new();
    copy(&[&source.image("app"), &source.to("oci", "work:app")]);
    let image = format!("{}:app", source.path("work").display());
    let bundle = source.path("bundle");
    stdout(umoci.command().args(["unpack", "--image", &image]).arg(&bundle)).unwrap();
    std::fs::write(bundle.join("rootfs/new"), "new").unwrap();
    stdout(umoci.command().args(["repack", "--image", &format!("{image}-2")]).arg(&bundle)).unwrap();
    let (made, to) = (format!("oci:{image}-2"), source.to("oci-archive", "x.tar:made"));
    copy(&[&made, &to]);
    assert_eq!(digest(&to), digest(&made));
    assert_eq!(ok(["cat", &to, "/new"]), "new");
    assert_eq!(ok(["cat", &to, "/etc/motd"]), "hello\n");
}

#[test]
fn buildah_pulls_what_we_wrote_and_pushes_what_we_read() {
    let [buildah] = ocidian_testkit::require!("buildah");
    ocidian_testkit::require_able!(Root);
    let source = Source::new();
    let run = |arguments: &[&str]| {
        let mut command = buildah.command();
        command.arg("--root").arg(source.path("store")).arg("--runroot").arg(source.path("run"));
        stdout(command.args(["--storage-driver", "vfs"]).args(arguments)).unwrap()
    };
    // Not `oci:`, from whose path it makes a name, which a temporary directory's is not.
    for (n, form) in ["oci-archive", "docker-archive"].into_iter().enumerate() {
        let ours = format!("{}:example.com/app:{n}", source.to(form, &format!("ours-{n}")));
        copy(&[&source.image("app"), &ours]);
        let id = run(&["pull", "--quiet", &ours]);
        assert!(config(&ours).ends_with(id.trim()), "{form}: {id}");
        let theirs = format!("{}:example.com/app:1", source.to(form, &format!("theirs-{n}")));
        run(&["push", "--quiet", id.trim(), &theirs]);
        let back = source.to("oci", &format!("back-{n}:x"));
        copy(&[&theirs, &back]);
        assert_eq!(config(&back), config(&source.image("app")), "{form}");
        assert_eq!(ok(["cat", &back, "/etc/motd"]), "hello\n", "{form}");
    }
}
