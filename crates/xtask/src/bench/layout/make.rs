//! The layout: images of twelve layers, of which five are shared with four others each.

use std::path::Path;

use anyhow::Result;
use ocidian_testkit::layout::Layout;
use serde_json::{Value, json};

/// Layers of each image that are in no other.
pub(in super::super) const OWN: u64 = 7;
/// Layers of each image that others have too.
const SHARED: u64 = 5;
/// Bytes of a layer.
const SIZE: usize = 4096;

/// What there is for so many images: of each a manifest, a config and its own layers, and as many shared layers as
/// images.
pub(in super::super) fn blobs(tags: u64) -> u64 {
    tags * (2 + OWN + 1)
}

/// Makes it in `path`, with so many images, each under a tag of its own.
pub(in super::super) fn layout(path: &Path, tags: u64) -> Result<()> {
    let layout = Layout::create(path)?;
    let media_type = "application/vnd.oci.image.layer.v1.tar";
    // What is in them nobody looks at here: noise, so that each has a digest of its own.
    let layer = |number: u64| layout.blob(media_type, &noise(number));
    let shared: Vec<Value> = (0..tags).map(layer).collect::<Result<_>>()?;
    let mut entries = Vec::new();
    for image in 0..tags {
        let common = (0..SHARED).map(|n| shared[((image * SHARED + n) % tags) as usize].clone());
        let own = (0..OWN).map(|n| layer(tags + image * OWN + n));
        let layers: Vec<Value> = common.map(Ok).chain(own).collect::<Result<_>>()?;
        entries.push(entry(&layout, image, &layers)?);
    }
    let index = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries,
    });
    Ok(std::fs::write(path.join("index.json"), serde_json::to_vec(&index)?)?)
}

fn entry(layout: &Layout, image: u64, layers: &[Value]) -> Result<Value> {
    let step = json!({ "created": "2024-01-01T00:00:00Z", "created_by": "RUN make something of it" });
    let config = json!({
        "created": "2024-01-01T00:00:00Z", "architecture": "amd64", "os": "linux",
        "config": { "Cmd": ["/bin/app"], "Labels": { "number": image.to_string() } },
        "rootfs": { "type": "layers", "diff_ids": layers.iter().map(|l| l["digest"].clone()).collect::<Vec<_>>() },
        "history": vec![step; layers.len()],
    });
    let config = layout.blob("application/vnd.oci.image.config.v1+json", &serde_json::to_vec(&config)?)?;
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let manifest = json!({ "schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers });
    let mut entry = layout.blob(media_type, &serde_json::to_vec(&manifest)?)?;
    entry["annotations"] = json!({ "org.opencontainers.image.ref.name": format!("v{image}") });
    Ok(entry)
}

/// Bytes that look random, always the same for the same number: xorshift.
fn noise(number: u64) -> Vec<u8> {
    let mut state = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut bytes = Vec::with_capacity(SIZE);
    while bytes.len() < SIZE {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_noise_of_its_own() {
        let all: std::collections::HashSet<Vec<u8>> = (0..16_000).map(noise).collect();
        assert_eq!(all.len(), 16_000);
    }
}
