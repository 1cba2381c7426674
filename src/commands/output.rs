//! Where the result of a verb goes that is told so: which store, and which name in it.

use std::path::Path;

use ocidian_content::{Cancel, Destination, When};
use ocidian_image_layout::{CreateOptions, create, explicit};
use ocidian_spec::{Descriptor, Digest, ImageSource, RawDocument, RefName, Selector};

use super::edit::place::loses_full_name;
use super::made::Made;
use super::place::{finish, selector, shown};
use crate::cli::OutputArgs;
use crate::exit::Usage;

/// A store, and a name in it.
pub(super) struct Output {
    target: ImageSource,
    name: Option<RefName>,
}

impl Output {
    /// What was typed. A bare tag is one in the layout of `like`.
    pub(super) fn of(tag: &ImageSource, like: Option<&ImageSource>) -> anyhow::Result<Self> {
        let wrong = |told: String| Usage(format!("--tag {tag}: {told}"));
        let checked = |name: &str| RefName::checked(name).map_err(|error| wrong(error.to_string()));
        match (tag, like) {
            (ImageSource::Bare(text), Some(like)) if !text.starts_with(['.', '/']) => {
                let name = checked(text)?;
                Ok(Self { target: explicit(like, None)?, name: Some(name) })
            }
            _ => {
                let target = explicit(tag, None)?;
                let name = match selector(&target) {
                    Selector::Name(name) => Some(checked(name.as_str())?),
                    Selector::Sole => None,
                    Selector::Digest(_) => {
                        let told = "a result is named by a tag, its digest is not known yet";
                        return Err(wrong(told.to_owned()).into());
                    }
                };
                Ok(Self { target, name })
            }
        }
    }

    /// How the result is to be told.
    pub(super) fn made<'a>(&self, args: &'a OutputArgs) -> Result<Made<'a>, Usage> {
        Made::new(&self.target, args.digestfile.as_deref(), args.format.format)
    }

    /// Opens it to be written.
    pub(super) fn open(&self, cancel: &Cancel) -> anyhow::Result<Box<dyn Destination>> {
        let options = CreateOptions { cancel: cancel.clone(), ..CreateOptions::default() };
        Ok(create(&self.target, &options)?)
    }

    /// Where it is on disk, or will be.
    pub(super) fn path(&self) -> Option<&Path> {
        match &self.target {
            ImageSource::Oci { path, .. }
            | ImageSource::OciArchive { path, .. }
            | ImageSource::DockerArchive { path, .. }
            | ImageSource::Dir { path } => Some(path),
            _ => None,
        }
    }

    /// What is to be told where the image had another full name.
    pub(super) fn loses_full_name(&self, image: &Descriptor) -> Option<String> {
        loses_full_name(image, self.name.as_ref())
    }

    /// Names the image and publishes it: the last step, not begun once a signal came.
    pub(super) fn publish(
        &self,
        destination: Box<dyn Destination>,
        root: &RawDocument,
        cancel: &Cancel,
    ) -> anyhow::Result<()> {
        destination.put(self.name.as_ref(), root, When::Any)?;
        Ok(finish(destination, cancel)?)
    }

    /// The result as it can be named from anywhere.
    pub(super) fn absolute(&self, root: &Digest) -> String {
        let mut target = self.target.clone();
        if let ImageSource::Oci { path, .. }
        | ImageSource::OciArchive { path, .. }
        | ImageSource::DockerArchive { path, .. }
        | ImageSource::Dir { path } = &mut target
            && let Ok(absolute) = std::path::absolute(&*path)
        {
            *path = absolute;
        }
        Self { target, name: self.name.clone() }.shown(root)
    }

    /// The result as it can be named.
    pub(super) fn shown(&self, root: &Digest) -> String {
        shown(&self.target, self.name.as_ref(), root)
    }
}
