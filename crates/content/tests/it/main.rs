//! The crate as its callers see it, over the store in memory.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod copy;
mod document;
mod gc;
mod graph;
mod memory;
mod reader;
mod select;
mod space;
mod walk;

use ocidian_content::MemoryStore;
use ocidian_spec::annotations::REF_NAME;
use ocidian_spec::{Descriptor, MediaType};

/// A config, one layer and a manifest of them; `platform` is `os/arch[/variant]`.
fn image(store: &MemoryStore, platform: &str) -> Descriptor {
    let parts: Vec<&str> = platform.split('/').collect();
    let variant = parts.get(2).map(|v| format!(r#","variant":"{v}""#)).unwrap_or_default();
    let config = format!(
        r#"{{"os":"{}","architecture":"{}"{variant},"rootfs":{{"type":"layers","diff_ids":[]}}}}"#,
        parts[0], parts[1]
    );
    manifest_of(store, MediaType::ImageConfig, config.as_bytes())
}

fn manifest_of(store: &MemoryStore, config_type: MediaType, config: &[u8]) -> Descriptor {
    let config = store.insert(config_type, config).unwrap();
    let layer = store.insert(MediaType::Other("application/x-layer".to_owned()), b"layer").unwrap();
    let text = format!(
        r#"{{"schemaVersion":2,"config":{},"layers":[{}]}}"#,
        serde_json::to_string(&config).unwrap(),
        serde_json::to_string(&layer).unwrap()
    );
    store.insert(MediaType::ImageManifest, text.as_bytes()).unwrap()
}

fn index(store: &MemoryStore, children: &[Descriptor]) -> Descriptor {
    let children: Vec<String> = children.iter().map(|c| serde_json::to_string(c).unwrap()).collect();
    let text = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, children.join(","));
    store.insert(MediaType::ImageIndex, text.as_bytes()).unwrap()
}

fn named(mut descriptor: Descriptor, name: &str) -> Descriptor {
    descriptor.annotations.get_or_insert_default().insert(REF_NAME.to_owned(), name.to_owned());
    descriptor
}

fn on(mut descriptor: Descriptor, platform: &str) -> Descriptor {
    descriptor.platform = Some(platform.parse().unwrap());
    descriptor
}
