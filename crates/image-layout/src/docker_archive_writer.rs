//! Writing what `docker load`, `podman load`, skopeo and buildah read.
//!
//! In the new form it is a layout whose blobs `manifest.json` names too, so that no digest changes. Of an image of
//! several platforms `manifest.json` has one, this machine's; `index.json` has them all. Readers that go by
//! `manifest.json` decompress what they find, gzip or zstd, so nothing is converted. The old form has uncompressed
//! layers, named by diff_id, and no manifests. An archive that is added to keeps the form that it has.

use std::io::Read;
use std::path::Path;

use ocidian_content::entries::Edit;
use ocidian_content::{
    BlobSink, BlobSource, BlobWrite, Demands, Destination, Error, Expect, PlatformChoice, RefSink, RefSource,
    Result, Role, When, referrers, select,
};
use ocidian_spec::docker::DockerArchiveManifest;
use ocidian_spec::{
    Descriptor, Digest, ImageIndex, ImageManifest, Kind, RawDocument, RefName, Selector, json,
};

use crate::CreateOptions;
use crate::archive::Archive;
use crate::archive_sink::{ArchiveSink, layout_names};
use crate::docker_archive::MANIFEST_JSON;
use crate::docker_list::{DockerName, Images, Repositories, name_of, put_entry, remove_entry};
use crate::docker_old;
use crate::documents::{self, INDEX_JSON, OCI_LAYOUT};
use crate::edits::Edits;
use crate::oci_archive::index_of;
use crate::tarball::{Content, Members};

/// Names, tags and ids for readers from before there was a `manifest.json`.
pub(crate) const REPOSITORIES: &str = "repositories";

/// Images on their way into a docker-archive. The archive is written by `finish`, beside the one that is there,
/// which it then replaces; dropped unfinished, nothing has changed.
pub struct DockerArchiveWriter {
    sink: ArchiveSink,
    edits: Edits,
}

impl DockerArchiveWriter {
    /// Adds to the archive at `path`, or makes one; `-` is standard output. `options.uncompressed` asks for the old
    /// form.
    pub fn create(path: &Path, options: &CreateOptions) -> Result<Self> {
        let names = if options.uncompressed { docker_old::names } else { layout_names };
        let sink = ArchiveSink::new(path, names, options)?;
        Lists::of(&sink)?;
        Ok(Self { sink, edits: Edits::default() })
    }

    fn old(&self) -> bool {
        self.sink.options().uncompressed
    }
}

/// What an archive lists.
struct Lists {
    index: ImageIndex,
    images: Images,
}

impl Lists {
    /// What the archive that is added to lists, if it is of the form that is written.
    fn of(sink: &ArchiveSink) -> Result<Self> {
        let old = sink.options().uncompressed;
        let mut lists = Self { index: ImageIndex::new(Vec::new()), images: Images::default() };
        lists.images.repositories = old.then(Repositories::new);
        let Some(base) = sink.base() else { return Ok(lists) };
        match (base.has(OCI_LAYOUT), base.has(MANIFEST_JSON)) {
            (true, false) => return Err(sink.wrong("it is no docker-archive; add to it as oci-archive:")),
            (false, false) => {
                return Err(sink.wrong(format!("it has no {MANIFEST_JSON}, so it is no docker-archive")));
            }
            (true, true) if old => {
                let reason = "it is of the new form, of which --uncompressed is not; name another file";
                return Err(sink.wrong(reason));
            }
            (false, true) if !old => {
                let reason = "it is of the old form, to which only --uncompressed adds; name another file";
                return Err(sink.wrong(reason));
            }
            (true, true) => lists.index = index_of(base)?,
            (false, true) => {}
        }
        lists.images.list = parse(sink, base, MANIFEST_JSON)?.unwrap_or_default();
        if let Some(repositories) = parse(sink, base, REPOSITORIES)? {
            lists.images.repositories = Some(repositories);
        }
        Ok(lists)
    }
}

/// A list of the archive that is added to.
fn parse<T: serde::de::DeserializeOwned>(
    sink: &ArchiveSink,
    base: &Archive,
    name: &'static str,
) -> Result<Option<T>> {
    let Some(bytes) = base.read(name, json::DOCUMENT.size)? else { return Ok(None) };
    json::scan(&bytes, json::DOCUMENT, name).map_err(|e| sink.wrong(e.to_string()))?;
    serde_json::from_slice(&bytes).map(Some).map_err(|e| sink.wrong(format!("not a valid {name}: {e}")))
}

/// What is being written, with one image in its list: what choosing among its platforms looks at.
struct One<'a>(&'a ArchiveSink, &'a Descriptor);

impl BlobSource for One<'_> {
    fn stat(&self, role: Role, descriptor: &Descriptor) -> Result<Option<u64>> {
        self.0.stat(role, descriptor)
    }

    fn open_range(
        &self,
        role: Role,
        descriptor: &Descriptor,
        offset: u64,
        len: u64,
    ) -> Result<Box<dyn Read + Send>> {
        self.0.open_range(role, descriptor, offset, len)
    }

    fn name(&self) -> String {
        self.0.name()
    }
}

impl RefSource for One<'_> {
    fn resolve(&self, _: &RefName) -> Result<Vec<Descriptor>> {
        Ok(vec![self.1.clone()])
    }

    fn list(&self) -> Result<Vec<(Option<RefName>, Descriptor)>> {
        Ok(vec![(None, self.1.clone())])
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        referrers::scan(self, std::slice::from_ref(subject))
    }
}

/// The image that `manifest.json` has of a descriptor; `None` where that is no image and has no name, as what
/// refers to an image has none.
fn image_of(sink: &ArchiveSink, root: &Descriptor, named: bool) -> Result<Option<ImageManifest>> {
    let chosen = select(&One(sink, root), &Selector::Digest(root.digest.clone()), &PlatformChoice::Host);
    let manifest = match chosen {
        Ok(selection) => selection.manifest.into_value(),
        Err(Error::NotAnImage { .. } | Error::NoImage { .. }) if !named => return Ok(None),
        Err(Error::NotAnImage { digest, reason }) => {
            let reason = format!("{reason}; a docker-archive holds images only, an oci-archive: takes it");
            return Err(Error::NotAnImage { digest, reason });
        }
        Err(Error::PlatformNotFound { wanted, known }) => {
            let known = known.join(", ");
            return Err(sink.wrong(format!(
                "its {MANIFEST_JSON} can name one platform of an image, and of {} there is none for {wanted}; choose \
                 one by --platform: {known}",
                root.digest
            )));
        }
        Err(error) => return Err(error),
    };
    for part in std::iter::once(&manifest.config).chain(&manifest.layers) {
        if sink.stat(Role::Blob, part)?.is_none() {
            return Err(Error::BlobNotFound { digest: part.digest.clone(), store: sink.name() });
        }
    }
    Ok(Some(manifest))
}

/// Where a layout has a blob, as `manifest.json` names it.
fn member(descriptor: &Descriptor) -> String {
    documents::blob_path(&descriptor.digest).join("/")
}

fn docker_name(name: Option<&RefName>) -> Result<Option<DockerName>> {
    name.map(DockerName::new).transpose()
}

/// The edits applied, in the new form.
fn apply(sink: &ArchiveSink, edits: Vec<Edit>, lists: &mut Lists) -> Result<()> {
    let (store, Lists { index, images }) = (sink.name(), lists);
    for edit in edits {
        match edit {
            Edit::Put { name, descriptor, when } => {
                let name = docker_name(name.as_ref())?;
                put_entry(&mut index.manifests, name.as_ref(), &descriptor, when, &store)?;
                if let Some(image) = image_of(sink, &descriptor, name.is_some())? {
                    let layers = image.layers.iter().map(member).collect();
                    images.put(name.as_ref(), member(&image.config), layers);
                }
            }
            Edit::Remove { name, when } => {
                let name = DockerName::new(&name)?;
                remove_entry(&mut index.manifests, &name, &when, &store)?;
                images.untag(&name);
            }
            Edit::Entry { .. } | Edit::Forget(_) => return Err(sink.wrong("it has names alone to go by")),
        }
    }
    if images.list.is_empty() {
        return Err(sink.wrong(format!("there is no image that its {MANIFEST_JSON} could name")));
    }
    Ok(())
}

impl BlobSink for DockerArchiveWriter {
    fn begin(&self, role: Role, expect: Expect) -> Result<Box<dyn BlobWrite>> {
        self.sink.begin(role, expect)
    }

    fn adopt(&self, role: Role, descriptor: &Descriptor, from: &dyn BlobSource) -> Result<bool> {
        self.sink.adopt(role, descriptor, from)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let old = self.old();
        let Self { sink, edits } = *self;
        sink.publish(|sink, mut members| {
            let mut lists = Lists::of(sink)?;
            if old {
                docker_old::apply(sink, edits.take(), &mut lists.images, &mut members)?;
            } else {
                apply(sink, edits.take(), &mut lists)?;
                sink.insert_blobs(&mut members)?;
                if sink.base().is_none() {
                    members.insert_own(OCI_LAYOUT, Content::Bytes(documents::LAYOUT.to_vec()))?;
                }
                let index = documents::write_index(&lists.index, &sink.name())?;
                members.insert_own(INDEX_JSON, Content::Bytes(index))?;
            }
            insert_lists(sink, &lists.images, &mut members)?;
            Ok(members)
        })
    }
}

fn insert_lists(sink: &ArchiveSink, images: &Images, members: &mut Members) -> Result<()> {
    let bytes = |list: serde_json::Result<Vec<u8>>| {
        list.map(Content::Bytes).map_err(|e| sink.wrong(format!("its lists cannot be written: {e}")))
    };
    let list: &Vec<DockerArchiveManifest> = &images.list;
    members.insert_own(MANIFEST_JSON, bytes(serde_json::to_vec(list))?)?;
    if let Some(repositories) = &images.repositories {
        members.insert_own(REPOSITORIES, bytes(serde_json::to_vec(repositories))?)?;
    }
    Ok(())
}

impl RefSink for DockerArchiveWriter {
    fn put(&self, name: Option<&RefName>, document: &RawDocument, when: When) -> Result<()> {
        docker_name(name)?; // said now, not after all is copied
        let descriptor = document.descriptor();
        if self.old() && descriptor.media_type.kind() == Kind::Index {
            let reason = "the old form holds one platform of an image; choose one by --platform";
            return Err(self.sink.wrong(format!("{} is an index, and {reason}", descriptor.digest)));
        }
        self.sink.document(document)?;
        self.edits.put(name, descriptor, when);
        Ok(())
    }

    fn put_entry(&self, document: &RawDocument, beside: bool) -> Result<()> {
        let name = name_of(document.descriptor());
        if let Some(name) = name.as_ref().filter(|_| beside) {
            let reason =
                format!("it holds one image of a name, and there are several {name:?}; copy one at a time");
            return Err(self.sink.wrong(reason));
        }
        self.put(name.as_ref(), document, When::Any)
    }

    fn remove(&self, name: &RefName, when: When) -> Result<()> {
        DockerName::new(name)?;
        self.edits.remove(name, when);
        Ok(())
    }

    fn forget(&self, digest: &Digest) -> Result<()> {
        Err(self.sink.wrong(format!("{digest} cannot be removed by its digest; remove its names")))
    }
}

impl Destination for DockerArchiveWriter {
    fn demands(&self) -> Demands {
        Demands { complete: self.old(), ..Demands::default() }
    }

    fn accepts(&self, name: &RefName) -> Result<()> {
        docker_name(Some(name)).map(drop)
    }

    fn accepts_entry(&self, entry: &Descriptor) -> Result<()> {
        docker_name(name_of(entry).as_ref()).map(drop)
    }
}
