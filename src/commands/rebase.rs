//! `rebase`: an image's own layers onto another base.

use ocidian_build::rebase::{Base, rebase};
use ocidian_build::{Carrier, Image};
use ocidian_content::{PlatformChoice, Selection, Store, document, select};
use ocidian_spec::{ImageConfig, ImageSource, Raw};

use super::edit;
use crate::cli::Rebase;
use crate::report::Voice;

pub(crate) fn run(args: &Rebase, voice: Voice) -> anyhow::Result<()> {
    edit::run(&args.edit, voice, |image, context| {
        let (old, new) = (Opened::of(&args.old_base, image)?, Opened::of(&args.new_base, image)?);
        rebase(image, old.base(), new.base(), &context.created)?;
        let carrier = Carrier {
            source: &*new.store,
            sink: context.sink,
            complete: true,
            progress: context.progress,
            cancel: context.cancel,
        };
        carrier.blobs(&new.selection.manifest.value().layers)?;
        Ok(())
    })
}

/// A base that was opened.
struct Opened {
    name: String,
    store: Box<dyn Store>,
    selection: Selection,
    config: Raw<ImageConfig>,
}

impl Opened {
    /// The base for the platform of the image.
    fn of(source: &ImageSource, image: &Image) -> anyhow::Result<Self> {
        let opened = ocidian_image_layout::open(source)?;
        let platform = PlatformChoice::Exactly(image.config.platform());
        let selection = select(&*opened.store, &opened.selector, &platform)?;
        let config = document::config(&*opened.store, selection.manifest.value())?;
        Ok(Self { name: source.to_string(), store: opened.store, selection, config })
    }

    fn base(&self) -> Base<'_> {
        Base {
            manifest: self.selection.manifest.value(),
            config: self.config.value(),
            digest: &self.selection.manifest.descriptor().digest,
            name: &self.name,
        }
    }
}
