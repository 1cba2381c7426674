//! The old form of a docker-archive: `HEX.json` for a config, `HEX.tar` for an uncompressed layer by its diff_id,
//! `manifest.json` and `repositories`, and nothing else. Any Docker since 1.10 loads it.
//!
//! Layers are decompressed into files of their own first, and held against their diff_ids. Manifests are lost; a
//! config's digest, which is what Docker calls an image's id, is not.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};

use ocidian_content::entries::Edit;
use ocidian_content::{BlobSource, Error, Result, Role, document};
use ocidian_layer::compress::Decoder;
use ocidian_spec::{Algorithm, Compression, Descriptor, DiffId, Digest, Hasher, ImageManifest, Kind};

use crate::archive_sink::ArchiveSink;
use crate::docker_list::{DockerName, Images};
use crate::files::io_error;
use crate::staging::Staged;
use crate::tarball::{Content, Members};

/// The names that what has this digest may have.
pub(crate) fn names(digest: &Digest) -> Vec<String> {
    match digest.algorithm() {
        Algorithm::Sha256 => vec![config_name(digest), layer_name(digest)],
        _ => Vec::new(),
    }
}

fn config_name(digest: &Digest) -> String {
    format!("{}.json", digest.encoded())
}

fn layer_name(digest: &Digest) -> String {
    format!("{}.tar", digest.encoded())
}

/// Applies the edits, and puts in the members that they need.
pub(crate) fn apply(
    sink: &ArchiveSink,
    edits: Vec<Edit>,
    images: &mut Images,
    members: &mut Members,
) -> Result<()> {
    for edit in edits {
        match edit {
            Edit::Put { name, descriptor, when } => {
                let name = name.as_ref().map(DockerName::new).transpose()?;
                images.check(name.as_ref(), &when)?;
                let (config, layers) = image(sink, &descriptor, members)?;
                images.put(name.as_ref(), config, layers);
            }
            Edit::Remove { name, when } => {
                let name = DockerName::new(&name)?;
                images.remove(&name, &when, &sink.name())?;
            }
            Edit::Entry { .. } | Edit::Forget(_) => return Err(sink.wrong("it has names alone to go by")),
        }
    }
    Ok(())
}

/// Puts in the config and the layers of an image; their names.
fn image(sink: &ArchiveSink, root: &Descriptor, members: &mut Members) -> Result<(String, Vec<String>)> {
    let manifest = document::read::<ImageManifest>(sink, Role::Manifest, root)?.into_value();
    let config = document::config(sink, &manifest)?;
    let digest = &manifest.config.digest;
    let diff_ids = &config.value().rootfs.diff_ids;
    for named in std::iter::once(digest).chain(diff_ids.iter().map(|DiffId(digest)| digest)) {
        if *named.algorithm() != Algorithm::Sha256 {
            let reason = "the old form names everything by sha256; write without --uncompressed";
            return Err(sink.wrong(format!("{} has {named}, and {reason}", root.digest)));
        }
    }
    if diff_ids.len() != manifest.layers.len() {
        let (layers, ids) = (manifest.layers.len(), diff_ids.len());
        let reason = format!("it has {layers} layers, and its config {ids} diff_ids");
        return Err(Error::NotAnImage { digest: root.digest.clone(), reason });
    }
    let name = config_name(digest);
    if !members.has(&name) {
        members.insert_own(&name, Content::Bytes(config.bytes().to_vec()))?;
    }
    let mut layers = Vec::with_capacity(diff_ids.len());
    for (layer, DiffId(diff_id)) in manifest.layers.iter().zip(diff_ids) {
        let name = layer_name(diff_id);
        if !members.has(&name) {
            let staged = decompress(sink, layer, diff_id)?;
            members.insert_own(&name, Content::Staged(staged))?;
        }
        layers.push(name);
    }
    Ok((name, layers))
}

/// Writes a layer's tar to a file, if it is what the config says.
fn decompress(sink: &ArchiveSink, layer: &Descriptor, diff_id: &Digest) -> Result<Staged> {
    let Kind::Layer(compression) = layer.media_type.kind() else {
        let reason =
            format!("its layer {} is of the type {}, which is no tar", layer.digest, layer.media_type);
        return Err(Error::NotAnImage { digest: layer.digest.clone(), reason });
    };
    if compression == Compression::None
        && layer.digest == *diff_id
        && let Some(staged) = sink.staging.find(diff_id)
    {
        return Ok(staged);
    }
    let wrong = |source| Error::Blob { descriptor: Box::new(layer.clone()), source };
    let path = sink.staging.fresh_path();
    let file = File::create_new(&path).map_err(|e| io_error(&path, "create", e))?;
    let mut to = BufWriter::with_capacity(256 << 10, file);
    let mut hasher = Hasher::for_digest(diff_id)?;
    let damaged = |e: io::Error| match e.downcast::<ocidian_layer::Error>() {
        Ok(damaged) => Error::Store { store: format!("layer {}", layer.digest), reason: damaged.to_string() },
        Err(e) => Error::from_io(|| format!("decompress layer {}", layer.digest), e),
    };
    let blob = BufReader::with_capacity(256 << 10, sink.open(Role::Blob, layer)?);
    let mut from = Decoder::new(blob, compression).map_err(|e| damaged(io::Error::other(e)))?;
    let mut buffer = vec![0; 256 << 10];
    let mut size = 0;
    loop {
        if sink.options().cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let n = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(damaged(e)),
        };
        let chunk = buffer.get(..n).unwrap_or_default();
        hasher.update(chunk);
        to.write_all(chunk).map_err(|e| io_error(&path, "write", e))?;
        size += n as u64;
    }
    to.flush().map_err(|e| io_error(&path, "write", e))?;
    let actual = hasher.finish();
    if actual != *diff_id {
        return Err(wrong(ocidian_spec::Error::Mismatch { expected: diff_id.clone(), actual }));
    }
    Ok(Staged { path, size })
}
