//! Where the result of an edit goes, and under which name.

use std::path::Path;

use ocidian_build::Image;
use ocidian_content::{Cancel, Destination, Selection, Store, When, names};
use ocidian_image_layout::{CreateOptions, LayoutDir, create, explicit};
use ocidian_spec::annotations::CONTAINERD_IMAGE_NAME;
use ocidian_spec::{Descriptor, Digest, ImageSource, RefName, Selector};

use crate::cli::{EditArgs, ResultArgs};
use crate::commands::made::Made;
use crate::commands::place::{selector, shown};
use crate::exit::Usage;

/// Where the result goes.
pub(super) struct Place {
    /// The store, without a choice in it.
    target: ImageSource,
    name: Name,
}

/// Under which name.
enum Name {
    /// That of the image that is edited.
    Own,
    /// That one.
    Given(RefName),
    /// None.
    None,
}

impl Place {
    /// What the command line says.
    pub(super) fn of(args: &EditArgs) -> anyhow::Result<Self> {
        let image = &explicit(&args.image.image, None)?;
        if let ImageSource::Oci { path, .. } = image {
            // What is to be edited is there; only a result elsewhere may be the first of its layout.
            LayoutDir::open(path)?;
        }
        let Some(tag) = &args.result.tag else {
            if matches!(selector(image), Selector::Digest(_)) {
                let told = format!(
                    "{image} is named by its digest, which no edit keeps; name the result with --tag"
                );
                return Err(Usage(told).into());
            }
            return Ok(Self { target: image.clone(), name: Name::Own });
        };
        match tag {
            ImageSource::Bare(text) if !text.starts_with(['.', '/']) => {
                let name = RefName::checked(text).map_err(|error| Usage(format!("--tag: {error}")))?;
                Ok(Self { target: image.clone(), name: Name::Given(name) })
            }
            target => {
                let target = &explicit(target, None)?;
                let name = match selector(target) {
                    Selector::Name(name) => {
                        RefName::checked(name.as_str()).map_err(|error| Usage(format!("--tag: {error}")))?;
                        Name::Given(name.clone())
                    }
                    Selector::Sole => Name::None,
                    Selector::Digest(_) => {
                        let told = format!(
                            "--tag {target}: a result is named by a tag, its digest is not known yet"
                        );
                        return Err(Usage(told).into());
                    }
                };
                Ok(Self { target: target.clone(), name })
            }
        }
    }
}

/// What is to be put, and on which condition.
pub(super) struct Put {
    pub(super) name: Option<RefName>,
    pub(super) when: When,
    /// What the name stands for until then.
    pub(super) was: Vec<Digest>,
}

impl Place {
    /// Where on disk the result goes.
    pub(super) fn path(&self) -> Option<&Path> {
        path(&self.target)
    }

    /// How the result is to be told.
    pub(super) fn made<'a>(&self, args: &'a ResultArgs) -> Result<Made<'a>, Usage> {
        Made::new(&self.target, args.digestfile.as_deref(), args.format.format)
    }

    /// Opens where the result goes.
    pub(super) fn destination(&self, cancel: &Cancel) -> anyhow::Result<Box<dyn Destination>> {
        let options = CreateOptions { cancel: cancel.clone(), ..CreateOptions::default() };
        Ok(create(&self.target, &options)?)
    }

    /// What a given name stands for before anything of the image is read.
    pub(super) fn standing(&self) -> anyhow::Result<Vec<Descriptor>> {
        let (Name::Given(name), Some(path)) = (&self.name, path(&self.target)) else { return Ok(Vec::new()) };
        if path.symlink_metadata().is_err() {
            return Ok(Vec::new());
        }
        Ok(ocidian_image_layout::open(&self.target)?.store.resolve(name)?)
    }

    /// What to put for the image that was selected in `store`, given what [`standing`](Self::standing) said.
    pub(super) fn put(
        &self,
        store: &dyn Store,
        selection: &Selection,
        standing: &[Descriptor],
    ) -> anyhow::Result<Put> {
        match &self.name {
            Name::None => Ok(Put { name: None, when: When::Any, was: Vec::new() }),
            Name::Given(name) => {
                let was: Vec<Digest> = standing.iter().map(|entry| entry.digest.clone()).collect();
                let when = match was.as_slice() {
                    [] => When::Absent,
                    [one] => When::Is(one.clone()),
                    // One that is listed several times, for several platforms, becomes one.
                    _ => When::Any,
                };
                Ok(Put { name: Some(name.clone()), when, was })
            }
            Name::Own => {
                let entry = selection.chain.first().map_or(selection.manifest.descriptor(), |entry| entry);
                let Some(name) = &selection.name else {
                    let told =
                        format!("{} has no name that could move; name the result with --tag", entry.digest);
                    return Err(Usage(told).into());
                };
                // Of those that it stands for now: that they are other ones than before is for the put to find.
                let now = store.resolve(name)?;
                if now.iter().any(|one| now.first().is_some_and(|first| first.digest != one.digest)) {
                    let told = format!(
                        "{name} stands for several images, which would become one; name the result with --tag"
                    );
                    return Err(Usage(told).into());
                }
                let when = When::Is(entry.digest.clone());
                Ok(Put { name: Some(name.clone()), when, was: vec![entry.digest.clone()] })
            }
        }
    }

    /// The result as it can be named.
    pub(super) fn shown(&self, put: &Put, root: &Digest) -> String {
        shown(&self.target, put.name.as_ref(), root)
    }
}

/// Where the store is, where it is a file or a directory that can be read again.
fn path(source: &ImageSource) -> Option<&Path> {
    match source {
        ImageSource::Oci { path, .. }
        | ImageSource::OciArchive { path, .. }
        | ImageSource::DockerArchive { path, .. }
        | ImageSource::Dir { path } => Some(path.as_path()).filter(|path| *path != Path::new("-")),
        _ => None,
    }
}

/// A multi-platform image is edited one platform at a time, and a person says which.
pub(super) fn refuse_siblings(image: &Image, store: &dyn Store) -> anyhow::Result<()> {
    let images = image.siblings(store)?;
    if images > 1 {
        let told = format!(
            "{} is one of {images} images of a multi-platform one; say which to edit with --platform",
            image.descriptor.digest
        );
        return Err(Usage(told).into());
    }
    Ok(())
}

/// What is to be told where `image` has containerd's full name, which is right beside its old tag alone.
pub(in crate::commands) fn loses_full_name(image: &Descriptor, name: Option<&RefName>) -> Option<String> {
    let (name, full) = (name?, image.annotation(CONTAINERD_IMAGE_NAME)?);
    let kept = names::name_of(image).as_ref() == Some(name) || names::same(full, name.as_str());
    (!kept).then(|| {
        format!("the result is {name} and not {full} any more: containerd's name was for another tag")
    })
}
