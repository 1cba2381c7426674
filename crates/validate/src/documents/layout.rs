//! `oci-layout`. image-spec `image-layout.md`.

use crate::finding::quote;
use crate::findings::Findings;
use crate::json::Value;
use crate::json::schema::{Object, Presence, Shape, member};
use crate::rules::layout as rule;

use Presence::Required;

/// The one version there is.
const VERSION: &str = "1.0.0";

/// The marker of a layout.
pub(super) static SHAPE: Shape = Shape::Object(&Object {
    what: "an oci-layout",
    members: &[member("imageLayoutVersion", Required, Shape::Also(&Shape::String, version), &rule::VERSION)],
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
