//! Small layouts made by hand: a list of entries a layer, one image or several platforms.
//!
//! Deterministic: the same calls give the same bytes, so a fixture can be committed and checked.
//! Well-formed only; what is hostile or odd comes from the conformance cases.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use flate2::write::GzEncoder;
use ocidian_spec::Digest;
use serde_json::{Value, json};

/// An entry of a layer, built from one of its constructors and changed by the `with_` methods.
#[derive(Debug, Clone)]
pub struct Entry {
    path: String,
    kind: tar::EntryType,
    content: Vec<u8>,
    target: String,
    mode: u32,
    owner: (u64, u64),
    mtime: u64,
    device: (u32, u32),
    xattrs: Vec<(String, Vec<u8>)>,
}

impl Entry {
    fn new(path: &str, kind: tar::EntryType, mode: u32) -> Self {
        Self {
            path: path.to_owned(),
            kind,
            content: Vec::new(),
            target: String::new(),
            mode,
            owner: (0, 0),
            mtime: 0,
            device: (0, 0),
            xattrs: Vec::new(),
        }
    }

    /// A regular file, mode 0644.
    pub fn file(path: &str, content: impl Into<Vec<u8>>) -> Self {
        Self { content: content.into(), ..Self::new(path, tar::EntryType::Regular, 0o644) }
    }

    /// A directory, mode 0755.
    pub fn directory(path: &str) -> Self {
        Self::new(path, tar::EntryType::Directory, 0o755)
    }

    /// A symbolic link.
    pub fn symlink(path: &str, target: &str) -> Self {
        Self { target: target.to_owned(), ..Self::new(path, tar::EntryType::Symlink, 0o777) }
    }

    /// A hard link.
    pub fn hard_link(path: &str, target: &str) -> Self {
        Self { target: target.to_owned(), ..Self::new(path, tar::EntryType::Link, 0o644) }
    }

    /// A named pipe, mode 0644.
    pub fn fifo(path: &str) -> Self {
        Self::new(path, tar::EntryType::Fifo, 0o644)
    }

    /// A character device, mode 0666.
    pub fn char_device(path: &str, major: u32, minor: u32) -> Self {
        Self { device: (major, minor), ..Self::new(path, tar::EntryType::Char, 0o666) }
    }

    /// The whiteout that removes `path`.
    pub fn whiteout(path: &str) -> Self {
        let (parent, name) = match path.rsplit_once('/') {
            Some((parent, name)) => (format!("{parent}/"), name),
            None => (String::new(), path),
        };
        Self::file(&format!("{parent}.wh.{name}"), "")
    }

    /// The marker that hides what lower layers have in `directory`.
    pub fn opaque(directory: &str) -> Self {
        Self::file(&format!("{directory}/.wh..wh..opq"), "")
    }

    /// With that mode.
    pub fn with_mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// With that user and group id.
    pub fn with_owner(mut self, uid: u64, gid: u64) -> Self {
        self.owner = (uid, gid);
        self
    }

    /// Last changed so many seconds after 1970.
    pub fn with_mtime(mut self, seconds: u64) -> Self {
        self.mtime = seconds;
        self
    }

    /// With an extended attribute, as a PAX record.
    pub fn with_xattr(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.xattrs.push((name.to_owned(), value.into()));
        self
    }
}

/// The entries as a tar archive, in their order.
pub fn tar(entries: &[Entry]) -> Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for entry in entries {
        if !entry.xattrs.is_empty() {
            let records: Vec<(String, &[u8])> = entry
                .xattrs
                .iter()
                .map(|(name, value)| (format!("SCHILY.xattr.{name}"), value.as_slice()))
                .collect();
            let records = records.iter().map(|(key, value)| (key.as_str(), *value));
            builder.append_pax_extensions(records)?;
        }
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(entry.kind);
        header.set_mode(entry.mode);
        header.set_uid(entry.owner.0);
        header.set_gid(entry.owner.1);
        header.set_mtime(entry.mtime);
        header.set_size(entry.content.len() as u64);
        header.set_device_major(entry.device.0)?;
        header.set_device_minor(entry.device.1)?;
        if entry.target.is_empty() {
            builder.append_data(&mut header, &entry.path, entry.content.as_slice())
        } else {
            builder.append_link(&mut header, &entry.path, &entry.target)
        }
        .with_context(|| entry.path.clone())?;
    }
    Ok(builder.into_inner()?)
}

/// `bytes` as one gzip member without name and time.
pub fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// A layer ready to be put into an image.
#[derive(Debug, Clone)]
pub struct Layer {
    /// As it is stored.
    pub blob: Vec<u8>,
    /// Of the tar.
    pub diff_id: Digest,
    /// What `blob` is.
    pub media_type: String,
}

impl Layer {
    /// A gzip'd layer of those entries.
    pub fn gzip(entries: &[Entry]) -> Result<Self> {
        let tar = tar(entries)?;
        Ok(Self {
            blob: gzip(&tar)?,
            diff_id: Digest::sha256(&tar),
            media_type: "application/vnd.oci.image.layer.v1.tar+gzip".to_owned(),
        })
    }

    /// A layer of those entries, not compressed.
    pub fn plain(entries: &[Entry]) -> Result<Self> {
        let tar = tar(entries)?;
        Ok(Self {
            diff_id: Digest::sha256(&tar),
            blob: tar,
            media_type: "application/vnd.oci.image.layer.v1.tar".to_owned(),
        })
    }
}

/// A layout directory being written.
#[derive(Debug)]
pub struct Layout {
    path: PathBuf,
    index: Vec<Value>,
}

impl Layout {
    /// Begins a layout in `path`, which is made if it does not exist.
    pub fn create(path: &Path) -> Result<Self> {
        fs::create_dir_all(path.join("blobs/sha256"))?;
        fs::write(path.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
        let layout = Self { path: path.to_owned(), index: Vec::new() };
        layout.write_index()?;
        Ok(layout)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Stores a blob; its descriptor.
    pub fn blob(&self, media_type: &str, bytes: &[u8]) -> Result<Value> {
        let digest = Digest::sha256(bytes);
        fs::write(self.path.join("blobs/sha256").join(digest.encoded()), bytes)?;
        Ok(json!({ "mediaType": media_type, "digest": digest.to_string(), "size": bytes.len() }))
    }

    /// Stores an image for `os/architecture`; the manifest's descriptor, platform included.
    /// `config` is the member of that name, with `Cmd`, `Env` and so on.
    pub fn image(&self, platform: (&str, &str), config: &Value, layers: &[Layer]) -> Result<Value> {
        let diff_ids: Vec<String> = layers.iter().map(|layer| layer.diff_id.to_string()).collect();
        let history: Vec<Value> =
            layers.iter().map(|_| json!({ "created": "1970-01-01T00:00:00Z" })).collect();
        let document = json!({
            "created": "1970-01-01T00:00:00Z",
            "architecture": platform.1,
            "os": platform.0,
            "config": config,
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
            "history": history,
        });
        let config =
            self.blob("application/vnd.oci.image.config.v1+json", &serde_json::to_vec(&document)?)?;
        let layers: Vec<Value> =
            layers.iter().map(|layer| self.blob(&layer.media_type, &layer.blob)).collect::<Result<_>>()?;
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let manifest =
            json!({ "schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers });
        let mut descriptor = self.blob(media_type, &serde_json::to_vec(&manifest)?)?;
        descriptor["platform"] = json!({ "architecture": platform.1, "os": platform.0 });
        Ok(descriptor)
    }

    /// Stores an index over `manifests`; its descriptor.
    pub fn index(&self, manifests: &[Value]) -> Result<Value> {
        let media_type = "application/vnd.oci.image.index.v1+json";
        let index = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": manifests });
        self.blob(media_type, &serde_json::to_vec(&index)?)
    }

    /// Names what `descriptor` points to.
    pub fn tag(&mut self, descriptor: &Value, name: &str) -> Result<()> {
        let mut entry = descriptor.clone();
        entry["annotations"]["org.opencontainers.image.ref.name"] = json!(name);
        self.index.push(entry);
        self.write_index()
    }

    fn write_index(&self) -> Result<()> {
        let index = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": self.index,
        });
        Ok(fs::write(self.path.join("index.json"), serde_json::to_vec_pretty(&index)?)?)
    }
}

/// The shortest way to one image: `layers` for this machine's platform, tagged `latest`.
pub fn simple(path: &Path, config: &Value, layers: &[Layer]) -> Result<()> {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let mut layout = Layout::create(path)?;
    let image = layout.image(("linux", architecture), config, layers)?;
    layout.tag(&image, "latest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_calls_give_the_same_bytes() {
        let make = || {
            let directory = tempfile::tempdir().unwrap();
            let entries = [
                Entry::directory("etc"),
                Entry::file("etc/motd", "hello").with_xattr("user.a", b"1\n2".as_slice()),
                Entry::symlink("motd", "etc/motd"),
                Entry::whiteout("etc/old"),
                Entry::opaque("var"),
            ];
            simple(directory.path(), &json!({ "Cmd": ["x"] }), &[Layer::gzip(&entries).unwrap()]).unwrap();
            crate::tree::Snapshot::of(directory.path()).unwrap()
        };
        let ignore = crate::tree::Ignore::nothing().aspect(crate::tree::Aspect::Mtime);
        assert_eq!(crate::tree::diff(&make(), &make(), &ignore), []);
    }

    #[test]
    fn whiteouts_stand_beside_what_they_remove() {
        let bytes = tar(&[Entry::whiteout("a/b"), Entry::whiteout("c")]).unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let paths: Vec<_> =
            archive.entries().unwrap().map(|e| e.unwrap().path().unwrap().into_owned()).collect();
        assert_eq!(paths, [Path::new("a/.wh.b"), Path::new(".wh.c")]);
    }
}
