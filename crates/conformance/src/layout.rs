//! An image layout writer that can write anything, wrong things above all.
//!
//! A [`LayoutBuilder`] makes a correct layout of one image with tag `t` unless told otherwise. A
//! case changes what it must: the JSON of a document before its digest is taken, its bytes, or
//! (afterwards, so that digests lie) what stands at a path. The result is data; only
//! [`Layout::write`] touches a disk.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use ocidian_spec::Digest;
use serde_json::{Value, json};

use crate::edit::{CannotEdit, Edits, Outcome};
use crate::tar::{self, Entry};

/// The tag of every case's image.
pub const TAG: &str = "t";

/// Media type of an image index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Media type of an image manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of an image config.
pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// Media type of a plain layer.
pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
/// Media type of a layer in gzip.
pub const LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// Media type of a layer in zstd.
pub const LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
/// The annotation that names an image in index.json.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// What stands at a path of a layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A regular file.
    File(Vec<u8>),
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink(String),
    /// A FIFO, at which a reader that does not look would wait for ever.
    Fifo,
}

/// A part of the layout that can be put wrong after everything else is finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The blob of the n-th layer.
    Layer(usize),
    /// The config's blob.
    Config,
    /// The manifest's blob.
    Manifest,
    /// `index.json`.
    IndexJson,
    /// `oci-layout`.
    OciLayout,
}

type Rewrite = Box<dyn FnOnce(String) -> Vec<u8>>;
type Roots = Box<dyn FnOnce(&mut Blobs, Value) -> Vec<Value>>;

/// A document on its way from what is right to what the case asks for.
#[derive(Default)]
struct Changes {
    edits: Edits,
    rewrite: Option<Rewrite>,
}

impl Changes {
    fn apply(self, mut json: Value) -> Result<Vec<u8>, CannotEdit> {
        self.edits.apply(&mut json)?;
        let text = json.to_string();
        Ok(match self.rewrite {
            Some(rewrite) => rewrite(text),
            None => text.into_bytes(),
        })
    }
}

struct Layer {
    descriptor: Value,
    diff_id: String,
}

/// The blobs of a layout, by digest.
#[derive(Default)]
pub struct Blobs(BTreeMap<String, Vec<u8>>);

impl Blobs {
    /// Adds a blob; its descriptor.
    pub fn add(&mut self, media_type: &str, bytes: Vec<u8>) -> Value {
        let digest = Digest::sha256(&bytes).to_string();
        let descriptor = json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() });
        self.0.insert(digest, bytes);
        descriptor
    }

    /// Adds an index of these descriptors; its descriptor.
    pub fn add_index(&mut self, manifests: Vec<Value>) -> Value {
        let json = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
        self.add(INDEX, json.to_string().into_bytes())
    }
}

/// `descriptor` under the name `tag`, as index.json has it.
pub fn tagged(mut descriptor: Value, tag: &str) -> Value {
    descriptor["annotations"] = json!({ REF_NAME: tag });
    descriptor
}

/// Makes one image layout.
#[derive(Default)]
pub struct LayoutBuilder {
    blobs: Blobs,
    layers: Vec<Layer>,
    config: Changes,
    manifest: Changes,
    index: Changes,
    roots: Option<Roots>,
    replaced: Vec<(Part, Option<Node>)>,
    extra: BTreeMap<String, Node>,
    without_blobs: bool,
    with_platform: bool,
}

impl LayoutBuilder {
    /// Adds a plain layer of these entries.
    pub fn layer(&mut self, entries: impl IntoIterator<Item = Entry>) {
        self.layer_tar(tar::archive(entries));
    }

    /// Adds a plain layer of these bytes.
    pub fn layer_tar(&mut self, tar: Vec<u8>) {
        self.layer_blob(LAYER, tar.clone(), &tar);
    }

    /// Adds a layer: its media type, its blob, and the tar that its diff_id is to be taken of.
    pub fn layer_blob(&mut self, media_type: &str, blob: Vec<u8>, tar: &[u8]) {
        let diff_id = Digest::sha256(tar).to_string();
        let descriptor = self.blobs.add(media_type, blob);
        self.layers.push(Layer { descriptor, diff_id });
    }

    /// Changes the config before its digest is taken.
    pub fn config<O: Outcome>(&mut self, edit: impl FnOnce(&mut Value) -> O + 'static) {
        self.config.edits.push(edit);
    }

    /// Changes the config's bytes before their digest is taken.
    pub fn config_bytes(&mut self, rewrite: impl FnOnce(String) -> Vec<u8> + 'static) {
        self.config.rewrite = Some(Box::new(rewrite));
    }

    /// Changes the manifest before its digest is taken.
    pub fn manifest<O: Outcome>(&mut self, edit: impl FnOnce(&mut Value) -> O + 'static) {
        self.manifest.edits.push(edit);
    }

    /// Changes the manifest's bytes before their digest is taken.
    pub fn manifest_bytes(&mut self, rewrite: impl FnOnce(String) -> Vec<u8> + 'static) {
        self.manifest.rewrite = Some(Box::new(rewrite));
    }

    /// Changes index.json.
    pub fn index<O: Outcome>(&mut self, edit: impl FnOnce(&mut Value) -> O + 'static) {
        self.index.edits.push(edit);
    }

    /// Changes the bytes of index.json.
    pub fn index_bytes(&mut self, rewrite: impl FnOnce(String) -> Vec<u8> + 'static) {
        self.index.rewrite = Some(Box::new(rewrite));
    }

    /// Decides what index.json lists, given the manifest's descriptor without a name.
    pub fn roots(&mut self, roots: impl FnOnce(&mut Blobs, Value) -> Vec<Value> + 'static) {
        self.roots = Some(Box::new(roots));
    }

    /// Puts something else where a part was, after all digests are taken.
    pub fn replace(&mut self, part: Part, node: Node) {
        self.replaced.push((part, Some(node)));
    }

    /// Leaves a part out, after all digests are taken.
    pub fn remove(&mut self, part: Part) {
        self.replaced.push((part, None));
    }

    /// Adds a file that does not belong to the image.
    pub fn extra(&mut self, path: &str, node: Node) {
        self.extra.insert(path.to_owned(), node);
    }

    /// Lets the manifest's descriptor say which platform the image is for, as the config says it.
    pub fn with_platform(&mut self) {
        self.with_platform = true;
    }

    /// Leaves all blobs out, and their directory.
    pub fn without_blobs(&mut self) {
        self.without_blobs = true;
    }

    /// The layout.
    ///
    /// # Errors
    /// [`CannotEdit`]: a change was to something that is not there.
    pub fn finish(mut self) -> Result<Layout, CannotEdit> {
        let layer_digests: Vec<String> = self.layers.iter().map(|l| text(&l.descriptor["digest"])).collect();
        let config = self.config.apply(json!({
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": { "type": "layers", "diff_ids": self.layers.iter().map(|l| &l.diff_id).collect::<Vec<_>>() },
        }))?;
        let platform = self.with_platform.then(|| platform_of(&config)).flatten();
        let config = self.blobs.add(CONFIG, config);
        let manifest = self.manifest.apply(json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config,
            "layers": self.layers.iter().map(|l| &l.descriptor).collect::<Vec<_>>(),
        }))?;
        let mut manifest = self.blobs.add(MANIFEST, manifest);
        if let Some(platform) = platform {
            manifest["platform"] = platform;
        }
        let roots = match self.roots {
            Some(roots) => roots(&mut self.blobs, manifest.clone()),
            None => vec![tagged(manifest.clone(), TAG)],
        };
        let index =
            self.index.apply(json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": roots }))?;

        let mut names = BTreeMap::from([
            ("config".to_owned(), text(&config["digest"])),
            ("manifest".to_owned(), text(&manifest["digest"])),
        ]);
        for (at, digest) in layer_digests.into_iter().enumerate() {
            names.insert(format!("layer{at}"), digest);
        }

        let mut files: BTreeMap<String, Node> =
            self.blobs.0.into_iter().map(|(digest, bytes)| (blob_path(&digest), Node::File(bytes))).collect();
        files.insert("blobs/sha256".to_owned(), Node::Directory);
        files.insert("index.json".to_owned(), Node::File(index));
        files.insert("oci-layout".to_owned(), Node::File(br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()));
        for (part, node) in self.replaced {
            let path = match part {
                Part::Layer(at) => names.get(&format!("layer{at}")).map(|digest| blob_path(digest)),
                Part::Config => names.get("config").map(|digest| blob_path(digest)),
                Part::Manifest => names.get("manifest").map(|digest| blob_path(digest)),
                Part::IndexJson => Some("index.json".to_owned()),
                Part::OciLayout => Some("oci-layout".to_owned()),
            };
            match (path, node) {
                (Some(path), Some(node)) => files.insert(path, node),
                (Some(path), None) => files.remove(&path),
                (None, _) => None,
            };
        }
        if self.without_blobs {
            files.retain(|path, _| !path.starts_with("blobs/"));
        }
        files.extend(self.extra);
        Ok(Layout { files, names })
    }
}

/// The platform that a config says, if it says one.
fn platform_of(config: &[u8]) -> Option<Value> {
    let config: Value = serde_json::from_slice(config).ok()?;
    let (os, architecture) = (config.get("os")?.as_str()?, config.get("architecture")?.as_str()?);
    Some(json!({ "os": os, "architecture": architecture }))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Where a blob stands in a layout.
pub fn blob_path(digest: &str) -> String {
    format!("blobs/{}", digest.replacen(':', "/", 1))
}

/// A finished layout: what stands at which path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    files: BTreeMap<String, Node>,
    names: BTreeMap<String, String>,
}

impl Layout {
    /// These files, none of which has a name of its own.
    pub(crate) fn of(files: BTreeMap<String, Node>) -> Self {
        Self { files, names: BTreeMap::new() }
    }

    /// What stands where, by path relative to the layout.
    pub fn files(&self) -> &BTreeMap<String, Node> {
        &self.files
    }

    /// `text` with `{layer0}`, `{config}` and `{manifest}` replaced by those digests, without the
    /// algorithm: a path names them as well as a digest does.
    pub fn fill_in(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, digest)| {
            text.replace(&format!("{{{name}}}"), digest.trim_start_matches("sha256:"))
        })
    }

    /// Writes it into `dir`, which must not exist.
    ///
    /// # Errors
    /// As the file system has them.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir(dir)?;
        for (path, node) in &self.files {
            let path = dir.join(path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            match node {
                Node::File(bytes) => fs::write(&path, bytes)?,
                Node::Directory => fs::create_dir_all(&path)?,
                Node::Symlink(target) => symlink(target, &path)?,
                Node::Fifo => make_fifo(&path)?,
            }
        }
        Ok(())
    }
}

fn make_fifo(path: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    Ok(mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o644), 0)?)
}
