//! Where a copy goes, and what is there already.

use ocidian_content::{self as content, Cancel, Store};
use ocidian_image_layout::{CreateOptions, create, open};
use ocidian_spec::annotations::CONTAINERD_IMAGE_NAME;
use ocidian_spec::{Descriptor, ImageSource, RefName, Reference, Selector};

use crate::cli::CopyArgs;
use crate::commands::made::is_stdout;
use crate::commands::place::selector;
use crate::exit::Usage;

/// Where a copy goes.
pub(super) struct Destination {
    /// As it was typed, in its form.
    pub(super) image: ImageSource,
    /// The name that was given.
    pub(super) name: Option<RefName>,
}

impl Destination {
    /// What was typed, if a copy can go there.
    pub(super) fn new(image: ImageSource, args: &CopyArgs) -> Result<Self, Usage> {
        let name = match selector(&image) {
            Selector::Sole => None,
            Selector::Name(_) if args.all_tags => {
                return Err(Usage(format!("--all-tags keeps all names; leave that of {image} out")));
            }
            Selector::Name(name) => {
                let checked = RefName::checked(name.as_str()).map_err(|error| Usage(error.to_string()))?;
                Some(checked)
            }
            Selector::Digest(_) => {
                let told = format!(
                    "{image}: a copy is put under a tag, its digest is what it is; write a tag or none"
                );
                return Err(Usage(told));
            }
        };
        if args.uncompressed && !matches!(image, ImageSource::DockerArchive { .. }) {
            return Err(Usage(format!("--uncompressed is for docker-archive:, and {image} is none")));
        }
        Ok(Self { image, name })
    }

    /// The name that an image gets here: the one that was typed, else that of its entry at the source, by which it is
    /// known as `own`. Docker's archives take only Docker's names, which containerd keeps beside the tag.
    pub(super) fn name_for(
        &self,
        own: Option<RefName>,
        entry: &Descriptor,
        notes: &mut Vec<String>,
    ) -> Option<RefName> {
        if self.name.is_some() {
            return self.name.clone();
        }
        if own.is_none() || !matches!(self.image, ImageSource::DockerArchive { .. }) {
            return own;
        }
        let full = entry.annotation(CONTAINERD_IMAGE_NAME).and_then(|name| name.parse().ok());
        let found = own.iter().chain(&full).find(|name| is_docker_name(name)).cloned();
        if let (None, Some(own)) = (&found, own) {
            notes.push(format!(
                "{own} is no name for a docker-archive, so the image has none there; write {}:NAME:TAG",
                self.image
            ));
        }
        found
    }

    /// Opens it for writing.
    pub(super) fn create(
        &self,
        args: &CopyArgs,
        cancel: &Cancel,
    ) -> content::Result<Box<dyn content::Destination>> {
        let options = CreateOptions {
            link: args.link,
            uncompressed: args.uncompressed,
            max_bytes: args.max_bytes,
            cancel: cancel.clone(),
        };
        create(&self.image, &options)
    }

    /// What is there now, where names can be looked up.
    pub(super) fn existing(&self) -> content::Result<Option<Box<dyn Store>>> {
        let path = match &self.image {
            ImageSource::Oci { path, .. } => path.join("oci-layout"),
            ImageSource::OciArchive { path, .. } | ImageSource::DockerArchive { path, .. } => path.clone(),
            _ => return Ok(None),
        };
        // An empty file is nothing yet, as one that `mktemp` made.
        let there = !is_stdout(&self.image) && path.metadata().is_ok_and(|metadata| metadata.len() > 0);
        if there { Ok(Some(open(&self.image)?.store)) } else { Ok(None) }
    }
}

/// Whether Docker could have given that name: with a tag, and without a digest.
fn is_docker_name(name: &RefName) -> bool {
    let reference = name.as_str().parse::<Reference>();
    reference.is_ok_and(|reference| reference.tag.is_some() && reference.digest.is_none())
}
