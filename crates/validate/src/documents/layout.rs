//! `oci-layout`. image-spec `image-layout.md`.

use crate::finding::quote;
use crate::findings::Findings;
use crate::json::Value;
use crate::json::schema::{Member, Object, Presence, Shape};
use crate::rules::layout as rule;

/// The one version there is.
const VERSION: &str = "1.0.0";

/// The marker of a layout.
pub(super) static SHAPE: Shape = Shape::Object(&Object {
    what: "an oci-layout",
    members: &[Member {
        name: "imageLayoutVersion",
        presence: Presence::Required,
        shape: Shape::Also(&Shape::String, version),
        rule: &rule::VERSION,
    }],
    check: None,
});

fn version(value: Value<'_>, findings: &mut Findings) {
    let text = value.as_str().unwrap_or_default();
    if text != VERSION {
        findings.add(
            &rule::VERSION_KNOWN,
            value,
            format_args!("it is {}, and {VERSION} is the only version", quote(&text)),
        );
    }
}
