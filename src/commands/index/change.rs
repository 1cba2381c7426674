//! A tagged index, read, changed and written as one step: where another writer came between, again from the start.

use ocidian_content::{Error, RefSink, Role, When, document};
use ocidian_spec::{
    Descriptor, Digest, Document, Hasher, ImageIndex, ImageSource, Kind, Raw, RawDocument, RefName,
};

use super::children::{Brought, bring};
use super::report::{Changes, Report};
use crate::commands::place::{Place, finish, meant, retried};
use crate::exit::Usage;
use crate::interrupt::Interrupt;
use crate::report::Voice;

/// The index that is to be changed.
pub(super) struct Target {
    pub(super) place: Place,
    name: RefName,
}

impl Target {
    /// Opens the layout; the index has to be named by its tag, because a digest cannot come to stand for something else.
    pub(super) fn open(source: &ImageSource, verb: &str) -> anyhow::Result<Self> {
        let place = Place::open(source, verb)?;
        let name = place.tag(source)?;
        Ok(Self { place, name })
    }

    /// Changes the index once it has what is brought, as often as it takes for nobody to come between.
    pub(super) fn change(
        &self,
        brought: &[Brought],
        voice: Voice,
        mut edit: impl FnMut(&mut ImageIndex) -> anyhow::Result<Changes>,
    ) -> anyhow::Result<Report> {
        let interrupt = Interrupt::catch()?;
        let (progress, cancel) = (voice.progress(), interrupt.cancel());
        let done = retried(|| {
            // The writer first: from here on nothing that is listed is collected.
            let writer = self.place.layout.clone().with_cancel(cancel.clone()).writer()?;
            let (entry, mut index) = self.read()?;
            let before = index.to_json()?;
            let changes = edit(&mut index)?;
            bring(brought, &self.place.layout, &writer, &*progress, &cancel)?;
            let bytes = index.to_json()?;
            let was = vec![entry.digest.to_string()];
            let report = |is: &Descriptor| {
                Report::new(self.name.as_str(), is, was.clone(), &changes, index.manifests.len())
            };
            // What no edit touched keeps its bytes, however its author wrote them.
            if bytes == before {
                return Ok(report(&entry));
            }
            let document = document_of(bytes, &entry)?;
            writer.put(Some(&self.name), &document, When::Is(entry.digest.clone()))?;
            finish(Box::new(writer), &cancel)?;
            Ok(report(document.descriptor()))
        });
        done.map_err(|error| interrupt.explain(error))
    }

    fn read(&self) -> anyhow::Result<(Descriptor, ImageIndex)> {
        let entry = meant(&self.place.layout, &self.place.selector)?;
        if entry.media_type.kind() != Kind::Index {
            let name = &self.name;
            let told = format!(
                "{name} is no multi-platform image (its media type is {}); `ocidian index create` makes one of it",
                entry.media_type
            );
            return Err(Usage(told).into());
        }
        let index: Raw<ImageIndex> = document::read(&self.place.layout, Role::Manifest, &entry)?;
        Ok((entry, index.into_value()))
    }
}

/// The new bytes under the entry's descriptor, all of whose other members stay.
fn document_of(bytes: Vec<u8>, entry: &Descriptor) -> Result<RawDocument, Error> {
    let mut hasher = Hasher::for_digest(&entry.digest)?;
    hasher.update(&bytes);
    let digest: Digest = hasher.finish();
    let descriptor = Descriptor { digest, size: bytes.len() as u64, data: None, ..entry.clone() };
    Ok(RawDocument::verify(bytes, descriptor)?)
}
