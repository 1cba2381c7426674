//! The images that are measured on, made once and kept in `bench-cache` of the target directory.
//!
//! Every layer is compressed by `gzip -6` or `zstd -3`, whoever wrote the tar: what is measured is
//! reading what ordinary tools write.

mod made;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use ocidian_spec::Digest;
use ocidian_testkit::layout::Layout;
use ocidian_testkit::{cache, images, run};
use serde_json::{Value, json};

/// All of them.
pub(crate) const NAMES: [&str; 5] = ["debian", "multi", "multi-zstd", "bigfile", "manyfiles"];

const MULTI: &str = include_str!("images/multi.sh");

/// How an image's layers are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    /// `gzip -6`.
    Gzip,
    /// `zstd -3`.
    Zstd,
}

/// An image in a layout of its own, tagged `latest`.
pub(crate) struct Image {
    /// Its name.
    pub(crate) name: String,
    /// The layout directory.
    pub(crate) layout: PathBuf,
    /// Of all layers.
    pub(crate) compression: Compression,
    /// The layers' blobs from the lowest up.
    pub(crate) layers: Vec<PathBuf>,
}

impl Image {
    /// Reads it once, so that no program pays for the disk.
    pub(crate) fn warm(&self) -> Result<()> {
        for layer in &self.layers {
            std::io::copy(&mut File::open(layer)?, &mut std::io::sink())?;
        }
        Ok(())
    }
}

/// The image of that name, made if it is not in the cache.
pub(crate) fn make(name: &str) -> Result<Image> {
    let compression = if name == "multi-zstd" { Compression::Zstd } else { Compression::Gzip };
    let recipe = format!("{MULTI}\n{}\n{}", include_str!("images.rs"), include_str!("images/made.rs"));
    let directory = cache::item_in("bench-cache", name, &recipe, |work| {
        eprintln!("making the image {name}; this happens once");
        let tars = tars(name, work)?;
        write(&work.join("layout"), &tars, compression)?;
        for tar in tars.iter().filter(|tar| tar.starts_with(work)) {
            std::fs::remove_file(tar)?;
        }
        Ok(())
    })?;
    let layout = directory.join("layout");
    let layers = layer_blobs(&layout)?;
    Ok(Image { name: name.to_owned(), layout, compression, layers })
}

fn debian() -> Result<PathBuf> {
    images::debian_parts("bench").context("the images are made of Debian's packages")
}

/// The layers as tars, from the lowest up.
fn tars(name: &str, work: &Path) -> Result<Vec<PathBuf>> {
    let tar = work.join("layer.tar");
    match name {
        "debian" => return Ok(vec![debian()?.join("debian.tar")]),
        "bigfile" => made::bigfile(&tar)?,
        "manyfiles" => made::manyfiles(&debian()?.join("debian.tar"), &tar)?,
        "multi" | "multi-zstd" => return multi(work),
        _ => bail!("there is no image {name}; there are {}", NAMES.join(", ")),
    }
    Ok(vec![tar])
}

/// Both images of several layers have the same tars.
fn multi(work: &Path) -> Result<Vec<PathBuf>> {
    let parts = debian()?;
    let made = cache::item_in("bench-cache", "multi-by-umoci", MULTI, |directory| {
        run::script(MULTI, &[directory.as_os_str(), parts.as_os_str()]).map(drop)
    })?;
    let mut tars = Vec::new();
    for (i, blob) in layer_blobs(&made.join("layout"))?.iter().enumerate() {
        let tar = work.join(format!("layer-{i}.tar"));
        filter("gzip", &["-dc"], blob, &tar)?;
        tars.push(tar);
    }
    Ok(tars)
}

/// A layout of those layers, compressed.
fn write(layout: &Path, tars: &[PathBuf], compression: Compression) -> Result<()> {
    let mut layout = Layout::create(layout)?;
    let (program, arguments, media_type) = match compression {
        Compression::Gzip => ("gzip", ["-6nc", "-q"], "application/vnd.oci.image.layer.v1.tar+gzip"),
        Compression::Zstd => ("zstd", ["-3qc", "-T0"], "application/vnd.oci.image.layer.v1.tar+zstd"),
    };
    let (mut layers, mut diff_ids) = (Vec::new(), Vec::new());
    for tar in tars {
        let blob = layout.path().join("blob");
        filter(program, &arguments, tar, &blob)?;
        let digest = sha256(&blob)?;
        let size = blob.metadata()?.len();
        std::fs::rename(&blob, layout.path().join("blobs/sha256").join(digest.encoded()))?;
        layers.push(json!({ "mediaType": media_type, "digest": digest.to_string(), "size": size }));
        diff_ids.push(sha256(tar)?.to_string());
    }
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": { "Cmd": ["sh"] },
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    });
    let config = layout.blob("application/vnd.oci.image.config.v1+json", &serde_json::to_vec(&config)?)?;
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let manifest = json!({ "schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers });
    let manifest = layout.blob(media_type, &serde_json::to_vec(&manifest)?)?;
    layout.tag(&manifest, "latest")
}

fn filter(program: &str, arguments: &[&str], from: &Path, to: &Path) -> Result<()> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::from(File::open(from)?)).stdout(File::create(to)?);
    if !command.status().with_context(|| program.to_owned())?.success() {
        bail!("{program} failed on {}", from.display());
    }
    Ok(())
}

fn sha256(path: &Path) -> Result<Digest> {
    let said = run::stdout(Command::new("sha256sum").arg("-b").arg(path))?;
    let encoded = said.trim_start_matches('\\').split_whitespace().next().unwrap_or_default();
    Ok(format!("sha256:{encoded}").parse()?)
}

/// The layers' blobs of the one image in a layout.
fn layer_blobs(layout: &Path) -> Result<Vec<PathBuf>> {
    let blob = |descriptor: &Value| -> Result<PathBuf> {
        let digest: Digest = descriptor["digest"].as_str().context("a digest")?.parse()?;
        Ok(layout.join("blobs").join(digest.algorithm().as_str()).join(digest.encoded()))
    };
    let index: Value = serde_json::from_slice(&std::fs::read(layout.join("index.json"))?)?;
    let manifest: Value = serde_json::from_slice(&std::fs::read(blob(&index["manifests"][0])?)?)?;
    manifest["layers"].as_array().context("layers")?.iter().map(blob).collect()
}
