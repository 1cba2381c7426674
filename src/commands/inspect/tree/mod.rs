//! `inspect --tree`: the whole graph that a name leads to, with what is absent or damaged marked.
//!
//! Everything is shown before anything is judged: a damaged document is a line of the tree, and only when the
//! tree is out does the command fail with it.

mod build;
mod draw;

use ocidian_content::Store;
use ocidian_image_layout::Opened;
use ocidian_spec::{Annotations, Descriptor, ImageSource, MediaType, Platform, Selector};
use serde::Serialize;

use super::named;
use crate::cli::Format;
use crate::report::{self, json};

/// A descriptor in the graph.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    role: Role,
    name: Option<String>,
    digest: String,
    media_type: MediaType,
    size: u64,
    artifact_type: Option<MediaType>,
    platform: Option<Platform>,
    created: Option<String>,
    annotations: Annotations,
    state: State,
    /// What is wrong, where the state is damaged.
    error: Option<String>,
    children: Vec<Node>,
}

/// What a node is to its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Role {
    Index,
    Manifest,
    Config,
    Layer,
    Referrer,
    /// A document of a type that is not looked into.
    Other,
}

/// Whether the store holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum State {
    /// It does; documents were verified, other blobs have the right size.
    Present,
    /// It does, and was shown before: the children are where it came first.
    Repeated,
    Absent,
    Damaged,
}

pub(super) fn run(source: &ImageSource, format: Format) -> anyhow::Result<()> {
    let Opened { store, selector, .. } = ocidian_image_layout::open(source)?;
    let store = store.as_ref();
    let roots = roots(store, &selector)?;
    let mut builder = build::Builder::new(store)?;
    let nodes = builder.roots(roots, selector == Selector::Sole)?;
    report::to_stdout(|out| match format {
        Format::Json => json::write(out, &nodes),
        Format::Text => draw::write(out, &store.name(), &nodes),
    })?;
    builder.finish()?;
    Ok(())
}

/// All that the store lists, or what was named.
fn roots(store: &dyn Store, selector: &Selector) -> anyhow::Result<Vec<Descriptor>> {
    if *selector == Selector::Sole {
        return Ok(store.list()?.into_iter().map(|(_, entry)| entry).collect());
    }
    if let Selector::Name(name) = selector {
        let resolved = store.resolve(name)?;
        if !resolved.is_empty() {
            return Ok(resolved);
        }
    }
    Ok(vec![named::find(store, selector)?])
}
