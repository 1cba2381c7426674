//! What was named: an image, a bundle or a directory.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use ocidian_build::diff::{self, Listing, Pair};
use ocidian_content::{Cancel, Progress, Role, document};
use ocidian_image_layout::Options;
use ocidian_spec::{Digest, ImageConfig, ImageSource, Kind, Platform, Raw, RawDocument, json};
use ocidian_unpack::{Image, UnpackedBundle};

use crate::commands::open::{Chosen, choose_of};
use crate::exit::Usage;
use crate::report::Voice;

/// One of the two that are compared.
pub(super) enum Side {
    Image(Box<ImageSide>),
    /// One of ours: it says whose files those are.
    Bundle(PathBuf, Box<UnpackedBundle>),
    /// One that another tool made.
    ForeignBundle(PathBuf),
    Directory(PathBuf),
}

/// An image with its documents.
pub(super) struct ImageSide {
    chosen: Chosen,
    index: Option<RawDocument>,
    config: Raw<ImageConfig>,
}

/// A document by its digest, and its bytes.
pub(super) type Bytes<'a> = (&'a Digest, &'a [u8]);

impl Side {
    pub(super) fn open(text: &OsStr, platform: Option<&Platform>, voice: Voice) -> anyhow::Result<Self> {
        let source = text.to_str().map(str::parse::<ImageSource>);
        let path = Path::new(text);
        // What begins with the prefix of a form is an image, whatever lies there.
        let bare = !matches!(&source, Some(Ok(source)) if !matches!(source, ImageSource::Bare(_)));
        if bare && path.is_dir() && !holds_images(path) {
            return Self::directory(path);
        }
        let source = match source {
            Some(source) => source.map_err(|error| Usage(error.to_string()))?,
            None => return Err(Usage(format!("{}: the name is not UTF-8", text.display())).into()),
        };
        let chosen = choose_of(&source, platform, &Options::default(), voice)?;
        let store = chosen.store.as_ref();
        let config = document::config(store, chosen.selection.manifest.value())?;
        let index = match chosen.selection.chain.first() {
            Some(first) if first.media_type.kind() == Kind::Index => {
                Some(document::raw(store, Role::Manifest, first)?)
            }
            _ => None,
        };
        Ok(Self::Image(Box::new(ImageSide { chosen, index, config })))
    }

    fn directory(path: &Path) -> anyhow::Result<Self> {
        let owned = path.to_owned();
        if path.join("ocidian.json").exists() {
            return Ok(Self::Bundle(owned, Box::new(UnpackedBundle::open(path)?)));
        }
        let bundle = path.join("config.json").is_file() && path.join("rootfs").is_dir();
        Ok(if bundle { Self::ForeignBundle(owned) } else { Self::Directory(owned) })
    }

    /// All of its files.
    pub(super) fn listing(&self, progress: &dyn Progress) -> anyhow::Result<Listing> {
        // Nothing is made, so a signal may end the process where it stands.
        let cancel = &Cancel::new();
        Ok(match self {
            Self::Image(image) => image.pair().listing(progress, cancel)?,
            Self::Bundle(_, bundle) => diff::bundle(bundle, cancel)?,
            Self::ForeignBundle(path) => diff::directory(&path.join("rootfs"), cancel)?,
            Self::Directory(path) => diff::directory(path, cancel)?,
        })
    }

    pub(super) fn is_rootless(&self) -> bool {
        matches!(self, Self::Bundle(_, bundle) if bundle.state().rootless())
    }

    /// A bundle's config.json; `None` of what is no bundle.
    pub(super) fn runtime_config(&self) -> anyhow::Result<Option<Vec<u8>>> {
        let (Self::Bundle(path, _) | Self::ForeignBundle(path)) = self else { return Ok(None) };
        let path = path.join("config.json");
        let most = json::DOCUMENT.size;
        let mut bytes = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(most as u64 + 1).read_to_end(&mut bytes))
            .with_context(|| format!("cannot read {}", path.display()))?;
        anyhow::ensure!(
            bytes.len() <= most,
            "{}: longer than the {most} bytes that are read",
            path.display()
        );
        Ok(Some(bytes))
    }
}

impl ImageSide {
    pub(super) fn pair(&self) -> Pair<'_> {
        let image = Image { manifest: &self.chosen.selection.manifest, config: &self.config };
        Pair { store: self.chosen.store.as_ref(), image }
    }

    /// Role, digest and bytes of each document, the outermost first.
    pub(super) fn documents(&self) -> [(&'static str, Option<Bytes<'_>>); 3] {
        let (manifest, config) = (&self.chosen.selection.manifest, &self.config);
        [
            ("index", self.index.as_ref().map(|index| (&index.descriptor().digest, index.bytes()))),
            ("manifest", Some((&manifest.descriptor().digest, manifest.bytes()))),
            ("config", Some((&config.descriptor().digest, config.bytes()))),
        ]
    }
}

/// Whether a directory looks like a layout, even a damaged one, or like skopeo's flat directory.
fn holds_images(path: &Path) -> bool {
    let has = |name: &str| path.join(name).is_file();
    has("oci-layout") || has("index.json") || (has("manifest.json") && has("version"))
}
