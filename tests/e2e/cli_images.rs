//! Small layouts for the tests of the command line.

use std::path::{Path, PathBuf};

use ocidian_testkit::layout::{Entry, Layer, Layout};
use serde_json::{Value, json};
use tempfile::TempDir;

/// This machine's architecture, in Go's words, and another one.
pub(crate) fn architectures() -> (&'static str, &'static str) {
    match std::env::consts::ARCH {
        "aarch64" => ("arm64", "amd64"),
        _ => ("amd64", "arm64"),
    }
}

/// A directory with a layout in it, `images`.
pub(crate) struct Images {
    place: TempDir,
}

impl Images {
    /// Two images: `app`, of two layers, for this machine; `multi`, an index of it and one for the other
    /// architecture.
    pub(crate) fn new() -> Self {
        let images = Self { place: TempDir::new().unwrap() };
        let mut layout = Layout::create(&images.path()).unwrap();
        let app = app(&layout, architectures().0);
        let index = layout.index(&[app.clone(), app_for_others(&layout)]).unwrap();
        layout.tag(&app, "app").unwrap();
        layout.tag(&index, "multi").unwrap();
        images
    }

    /// One image with that config, tagged `latest`.
    pub(crate) fn of_config(config: &Value) -> Self {
        let images = Self { place: TempDir::new().unwrap() };
        let layer = Layer::gzip(&[Entry::directory("etc")]).unwrap();
        ocidian_testkit::layout::simple(&images.path(), config, &[layer]).unwrap();
        images
    }

    /// The layout.
    pub(crate) fn path(&self) -> PathBuf {
        self.place.path().join("images")
    }

    /// An image of the layout, as a person names it.
    pub(crate) fn image(&self, tag: &str) -> String {
        format!("oci:{}:{tag}", self.path().display())
    }

    /// A place beside the layout.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Where a blob is.
    pub(crate) fn blob(&self, digest: &str) -> PathBuf {
        self.path().join("blobs").join(digest.replace(':', "/"))
    }
}

fn app(layout: &Layout, architecture: &str) -> Value {
    let config = json!({
        "Entrypoint": ["/bin/app"],
        "Cmd": ["--serve", "a b"],
        "Env": ["PATH=/bin", "GREETING=hello world"],
        "User": "1000:1000",
        "WorkingDir": "/srv",
        "Labels": { "maintainer": "someone" },
        "ExposedPorts": { "80/tcp": {} },
        "Volumes": { "/data": {} },
    });
    let lower = Layer::gzip(&[
        Entry::directory("etc"),
        Entry::file("etc/motd", "hello\n").with_mode(0o640).with_owner(7, 8).with_mtime(1_705_528_152),
        Entry::file("etc/old", "gone"),
        Entry::symlink("motd", "/etc/motd"),
    ]);
    let upper = Layer::plain(&[Entry::whiteout("etc/old"), Entry::directory("bin")]);
    layout.image(("linux", architecture), &config, &[lower.unwrap(), upper.unwrap()]).unwrap()
}

fn app_for_others(layout: &Layout) -> Value {
    let layer = Layer::gzip(&[Entry::file("elsewhere", "")]).unwrap();
    layout.image(("linux", architectures().1), &json!({}), &[layer]).unwrap()
}

/// The only JSON file's content, parsed.
pub(crate) fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
