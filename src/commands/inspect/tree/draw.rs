//! The tree in text, a line a node.

use std::io::{self, Write};

use ocidian_spec::annotations::DOCKER_REFERENCE_TYPE;

use super::{Node, Role, State};
use crate::report::{escape, size};

/// Writes the store's name and the trees below it.
pub(super) fn write(out: &mut impl Write, store: &str, nodes: &[Node]) -> io::Result<()> {
    writeln!(out, "{}", escape::text(store))?;
    children(out, nodes, "")
}

fn children(out: &mut impl Write, nodes: &[Node], indent: &str) -> io::Result<()> {
    for (at, node) in nodes.iter().enumerate() {
        let last = at + 1 == nodes.len();
        let (branch, below) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        writeln!(out, "{indent}{branch}{}", escape::text(&line(node)))?;
        children(out, &node.children, &format!("{indent}{below}"))?;
    }
    Ok(())
}

fn line(node: &Node) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(node.name.clone());
    parts.push(kind(node));
    parts.push(node.digest.clone());
    parts.push(size::bytes(node.size));
    parts.extend(node.platform.as_ref().map(ToString::to_string));
    parts.extend(node.created.clone());
    parts.extend(match (node.state, &node.error) {
        (State::Present, _) => None,
        (State::Repeated, _) => Some("(shown above)".to_owned()),
        (State::Absent, _) => Some("ABSENT".to_owned()),
        (State::Damaged, error) => Some(format!("DAMAGED: {}", error.as_deref().unwrap_or_default())),
    });
    parts.join("  ")
}

/// What it is, with its type where that says more.
fn kind(node: &Node) -> String {
    let name = match node.role {
        Role::Index => "index",
        Role::Manifest => "manifest",
        Role::Config => "config",
        Role::Layer => "layer",
        Role::Referrer => "referrer",
        Role::Other => return node.media_type.to_string(),
    };
    match (node.annotations.get(DOCKER_REFERENCE_TYPE), &node.artifact_type) {
        (Some(reference), _) => format!("{name} ({reference})"),
        (None, Some(artifact)) => format!("{name} ({artifact})"),
        (None, None) => name.to_owned(),
    }
}
