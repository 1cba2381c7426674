//! Which platforms an entry of a store is for, as far as that can be told.

use ocidian_content::{Result, Role, Store, document};
use ocidian_spec::{Descriptor, ImageConfig, ImageIndex, ImageManifest, Kind, Platform, Raw};

/// The platforms of an entry: those of an index's children that the store holds, an image's by its descriptor
/// or its config. None where nothing says it, or what would say it is absent.
pub(crate) fn of(store: &dyn Store, entry: &Descriptor) -> Result<Vec<Platform>> {
    if let Some(platform) = &entry.platform {
        return Ok(vec![platform.clone()]);
    }
    match entry.media_type.kind() {
        Kind::Index | Kind::Manifest if store.stat(Role::Manifest, entry)?.is_none() => Ok(Vec::new()),
        Kind::Index => {
            let index: Raw<ImageIndex> = document::read(store, Role::Manifest, entry)?;
            let mut platforms = Vec::new();
            for child in &index.value().manifests {
                // BuildKit's attestations are for `unknown`.
                let platform = child.platform.as_ref().filter(|platform| platform.os != "unknown");
                if platform.is_some() && store.stat(Role::Manifest, child)?.is_some() {
                    platforms.extend(platform.cloned());
                }
            }
            Ok(platforms)
        }
        Kind::Manifest => {
            let manifest: Raw<ImageManifest> = document::read(store, Role::Manifest, entry)?;
            let manifest = manifest.value();
            let config = &manifest.config;
            if config.media_type.kind() != Kind::Config || store.stat(Role::Blob, config)?.is_none() {
                return Ok(Vec::new());
            }
            let config = document::config(store, manifest)?;
            Ok(vec![of_config(config.value())])
        }
        _ => Ok(Vec::new()),
    }
}

/// The platform that a config says its image is for.
pub(crate) fn of_config(config: &ImageConfig) -> Platform {
    let mut platform = Platform::new(config.os.clone(), config.architecture.clone());
    platform.variant.clone_from(&config.variant);
    platform.os_version.clone_from(&config.os_version);
    platform.os_features.clone_from(&config.os_features);
    platform
}
