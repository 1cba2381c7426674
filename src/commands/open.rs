//! From what was typed to a store and one image in it: the same for every verb.

use ocidian_content::{PlatformChoice, Selection, Store, select};
use ocidian_image_layout::{Opened, Options, StoreKind};
use ocidian_spec::{ImageSource, Platform};

use crate::cli::ImageArgs;
use crate::report::Voice;

/// An image that was chosen, and the store that it is in.
pub(crate) struct Chosen {
    pub(crate) store: Box<dyn Store>,
    pub(crate) selection: Selection,
    /// The image as it can be named from anywhere, at any time.
    pub(crate) source: String,
}

/// Opens the store and chooses the image, telling the person what was chosen for them.
pub(crate) fn choose(args: &ImageArgs, voice: Voice) -> anyhow::Result<Chosen> {
    choose_of(&args.image, args.choice.platform.as_ref(), &Options::default(), voice)
}

/// As [`choose`]; no archive may decompress to more than `max_bytes`.
pub(crate) fn choose_within(
    args: &ImageArgs,
    max_bytes: Option<u64>,
    voice: Voice,
) -> anyhow::Result<Chosen> {
    choose_of(&args.image, args.choice.platform.as_ref(), &Options { max_bytes }, voice)
}

/// As [`choose`], from the parts.
pub(crate) fn choose_of(
    image: &ImageSource,
    platform: Option<&Platform>,
    options: &Options,
    voice: Voice,
) -> anyhow::Result<Chosen> {
    let Opened { store, selector, kind } = ocidian_image_layout::open_with(image, options)?;
    tracing::debug!(?kind, store = store.name(), ?selector, "opened");
    let selection = select(store.as_ref(), &selector, &choice(platform))?;
    let way: Vec<_> = selection.chain.iter().map(|descriptor| descriptor.digest.to_string()).collect();
    tracing::debug!(way = way.join(" > "), "chose");
    for note in &selection.notes {
        voice.note(note);
    }
    let source = source(kind, store.as_ref(), &selection);
    Ok(Chosen { store, selection, source })
}

/// What a `--platform` that may be absent asks for.
pub(crate) fn choice(platform: Option<&Platform>) -> PlatformChoice {
    platform.map_or(PlatformChoice::Host, |platform| PlatformChoice::Exactly(platform.clone()))
}

/// With the prefix of its form and an absolute path; by digest where the image has no name.
fn source(kind: StoreKind, store: &dyn Store, selection: &Selection) -> String {
    let prefix = match kind {
        StoreKind::OciArchive => "oci-archive",
        StoreKind::DockerArchive => "docker-archive",
        StoreKind::FlatDir => "dir",
        _ => "oci",
    };
    let path = store.name();
    let path = std::path::absolute(&path).map_or(path, |path| path.display().to_string());
    match (&selection.name, kind) {
        (Some(name), _) => format!("{prefix}:{path}:{name}"),
        (None, StoreKind::LayoutDir) => {
            format!("{prefix}:{path}@{}", selection.manifest.descriptor().digest)
        }
        (None, _) => format!("{prefix}:{path}"),
    }
}
