//! A layout directory that a verb is to change, and what is meant in it.

use ocidian_content::names;
use ocidian_content::{
    BlobSink, Cancel, Error, PlatformChoice, RefSource, Result, Role, Store, document, select,
};
use ocidian_image_layout::{LayoutDir, explicit, open};
use ocidian_spec::{Descriptor, Digest, ImageSource, Platform, RawDocument, RefName, Selector};

use super::inspect::named;
use crate::exit::Usage;
use crate::interrupt::Interrupt;

/// A layout, and which image in it.
pub(crate) struct Place {
    pub(crate) layout: LayoutDir,
    pub(crate) selector: Selector,
}

impl Place {
    /// Opens the layout that `source` names; every other form is refused for `verb`.
    pub(crate) fn open(source: &ImageSource, verb: &str) -> anyhow::Result<Self> {
        let refuse = |what: &str| {
            let told = format!(
                "{verb} changes layout directories, and {source} is {what}; copy it into a layout first"
            );
            anyhow::Error::from(Usage(told))
        };
        // Where nothing is, nothing is to be made either: what opening says is what is wrong.
        let found = explicit(source, None).map_err(|error| open(source).err().unwrap_or(error));
        match found? {
            ImageSource::Oci { path, select } => {
                let opened = LayoutDir::open(&path);
                // For a file there is a better word.
                let opened = opened.map_err(|error| open(source).err().unwrap_or(error));
                Ok(Self { layout: opened?, selector: select })
            }
            ImageSource::OciArchive { .. } => Err(refuse("an oci-archive")),
            ImageSource::DockerArchive { .. } => Err(refuse("a docker-archive")),
            ImageSource::Dir { .. } => Err(refuse("a flat directory")),
            ImageSource::Registry(_) | ImageSource::Bare(_) => Err(refuse("in a registry")),
        }
    }

    /// The same, but whoever writes to it stops, and takes away what was staged, once a signal came.
    pub(crate) fn stopped_by(self, interrupt: &Interrupt) -> Self {
        Self { layout: self.layout.with_cancel(interrupt.cancel()), ..self }
    }

    /// The tag that was typed, by the grammar for those who write.
    pub(crate) fn tag(&self, source: &ImageSource) -> anyhow::Result<RefName> {
        match &self.selector {
            Selector::Name(name) => {
                RefName::checked(name.as_str()).map_err(|error| Usage(error.to_string()).into())
            }
            _ => Err(Usage(format!("{source} has no tag; write oci:PATH:TAG")).into()),
        }
    }

    /// The document that is meant, verified: the whole of a multi-platform image unless there is a platform.
    pub(crate) fn document(&self, platform: Option<&Platform>) -> Result<RawDocument> {
        let store: &dyn Store = &self.layout;
        if let Some(platform) = platform {
            let chosen = select(store, &self.selector, &PlatformChoice::Exactly(platform.clone()))?;
            return Ok(chosen.manifest.document().clone());
        }
        document::raw(store, Role::Manifest, &meant(store, &self.selector)?)
    }

    /// What a name stands for, each digest once.
    pub(crate) fn standing(&self, name: &RefName) -> Result<Vec<Descriptor>> {
        let mut entries = self.layout.resolve(name)?;
        entries.dedup_by(|a, b| a.digest == b.digest);
        Ok(entries)
    }
}

/// Which image of its store a source names.
pub(crate) fn selector(source: &ImageSource) -> &Selector {
    match source {
        ImageSource::Oci { select, .. }
        | ImageSource::OciArchive { select, .. }
        | ImageSource::DockerArchive { select, .. } => select,
        _ => &Selector::Sole,
    }
}

/// A result in the store `target` as it can be named: by its name, else by its digest.
pub(crate) fn shown(target: &ImageSource, name: Option<&RefName>, root: &Digest) -> String {
    let select = match name {
        Some(name) => Selector::Name(name.clone()),
        None => Selector::Digest(root.clone()),
    };
    match target {
        ImageSource::Oci { path, .. } => ImageSource::Oci { path: path.clone(), select }.to_string(),
        ImageSource::OciArchive { path, .. } => {
            ImageSource::OciArchive { path: path.clone(), select }.to_string()
        }
        other => other.to_string(),
    }
}

/// The last step, after which nothing can be taken back: not begun once a signal came.
pub(crate) fn finish(sink: Box<dyn BlobSink + '_>, cancel: &Cancel) -> Result<()> {
    if cancel.is_cancelled() {
        return Err(Error::Cancelled);
    }
    sink.finish()
}

/// The one entry or descendant that `selector` names, before any platform is chosen.
pub(crate) fn meant(store: &dyn Store, selector: &Selector) -> Result<Descriptor> {
    if let Selector::Name(name) = selector {
        let entries = store.resolve(name)?;
        if entries.len() > 1 {
            return Err(several(store, &entries));
        }
    }
    named::find(store, selector)
}

fn several(store: &dyn Store, entries: &[Descriptor]) -> Error {
    let tell = |entry: &Descriptor| {
        let name = names::name_of(entry).map(|name| format!(":{name}"));
        let platform = entry.platform.as_ref().map(ToString::to_string);
        let about: Vec<String> = [name, platform].into_iter().flatten().collect();
        format!("@{} ({})", entry.digest, about.join(", "))
    };
    Error::Ambiguous { store: store.name(), candidates: entries.iter().map(tell).collect() }
}

/// Runs what reads, changes and writes until no other writer came between; after many times with the conflict.
pub(crate) fn retried<T>(attempt: impl FnMut() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let is_conflict = |error: &anyhow::Error| error.downcast_ref().is_some_and(Error::is_conflict);
    ocidian_content::retried(is_conflict, attempt).map_err(|error| match is_conflict(&error) {
        true => error.context("others keep changing it"),
        false => error,
    })
}
