//! The documents of image-spec, as tables of their members and what the tables cannot say.
//!
//! Everything here looks at one document alone. What needs two of them (a config and its manifest, a descriptor and
//! its content) is in `graph`.

mod annotations;
mod common;
mod config;
mod descriptor;
mod index;
mod layout;
mod manifest;
mod platform;

use ocidian_spec::{MediaType, json};

use crate::findings::Findings;
use crate::json::{Document, parse, schema};

pub(crate) use platform::Platform;

/// Which document a text is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// An image manifest, whose descriptor has that media type; `None` where there is no descriptor.
    Manifest(Option<MediaType>),
    /// An image index.
    Index(Option<MediaType>),
    /// The index that is a layout's `index.json`.
    IndexJson,
    /// An image config.
    Config,
    /// A descriptor on its own.
    Descriptor,
    /// `oci-layout`.
    Layout,
}

impl Type {
    /// In words.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Manifest(_) => "image manifest",
            Self::Index(_) | Self::IndexJson => "image index",
            Self::Config => "image config",
            Self::Descriptor => "descriptor",
            Self::Layout => "oci-layout",
        }
    }
}

/// Parses and checks one document. `None` where it is no JSON, so that there is nothing more to look at.
pub fn check(bytes: Vec<u8>, document: &Type, findings: &mut Findings) -> Option<Document> {
    let limits = if *document == Type::IndexJson { json::INDEX_JSON } else { json::DOCUMENT };
    let parsed = parse(bytes, limits, findings)?;
    let root = parsed.root();
    let (shape, rule) = match document {
        Type::Manifest(_) => (&manifest::SHAPE, &crate::rules::manifest::OBJECT),
        Type::Index(_) | Type::IndexJson => (&index::SHAPE, &crate::rules::index::OBJECT),
        Type::Config => (&config::SHAPE, &crate::rules::config::OBJECT),
        Type::Descriptor => (&descriptor::SHAPE, &crate::rules::descriptor::OBJECT),
        Type::Layout => (&layout::SHAPE, &crate::rules::layout::OCI_LAYOUT_OBJECT),
    };
    schema::check(root, shape, rule, findings);
    match document {
        Type::Manifest(said) => manifest::check(root, said.as_ref(), findings),
        Type::Index(said) => index::check(root, said.as_ref(), findings),
        Type::IndexJson => index::check_index_json(root, findings),
        Type::Config => config::check(root, findings),
        Type::Descriptor | Type::Layout => {}
    }
    Some(parsed)
}
