//! Image indexes. image-spec `image-index.md`; `index.json`: `image-layout.md`.

use ocidian_spec::MediaType;

use super::{annotations, common, descriptor};
use crate::finding::quote;
use crate::findings::Findings;
use crate::format;
use crate::json::schema::{Object, Presence, Shape, member};
use crate::json::{Kind, Value};
use crate::rules::index as rule;

use Presence::{Optional, Required};

/// An index.
pub(super) static SHAPE: Shape = Shape::Object(&Object {
    what: "an image index",
    members: &[
        member("schemaVersion", Required, Shape::Integer(2, 2), &rule::SCHEMA_VERSION),
        member("mediaType", Optional, Shape::String, &rule::MEDIA_TYPE),
        member("artifactType", Optional, Shape::Format(format::media_type), &rule::ARTIFACT_TYPE),
        member(
            "manifests",
            Required,
            Shape::Array(&ENTRY, &crate::rules::descriptor::OBJECT),
            &rule::MANIFESTS,
        ),
        member("subject", Optional, Shape::Also(&descriptor::SHAPE, subject), &rule::SUBJECT),
        member(
            "annotations",
            Optional,
            Shape::Also(&annotations::MAP, annotations::check),
            &crate::rules::annotations::MAP,
        ),
    ],
    check: None,
});

static ENTRY: Shape = Shape::Also(&descriptor::SHAPE, entry);

fn entry(entry: Value<'_>, findings: &mut Findings) {
    if let Some(text) = entry.text("mediaType")
        && text != MediaType::ImageManifest.as_str()
        && text != MediaType::ImageIndex.as_str()
    {
        findings.add(&rule::MANIFEST_MEDIA_TYPE, entry, format_args!("it is of type {}", quote(&text)));
    }
}

fn subject(subject: Value<'_>, findings: &mut Findings) {
    common::subject(subject, &rule::SUBJECT, findings);
}

/// What the tables cannot say. `said` is the media type in the index's descriptor.
pub(super) fn check(index: Value<'_>, said: Option<&MediaType>, findings: &mut Findings) {
    whole(index, said, findings);
    // Without a descriptor it may well be an index.json, where names belong.
    if said.is_some() {
        for entry in index.get("manifests").into_iter().flat_map(Value::elements) {
            annotations::note_ref_name(entry.get("annotations"), findings);
        }
    }
}

/// As [`check`], where names belong.
pub(super) fn check_index_json(index: Value<'_>, findings: &mut Findings) {
    whole(index, None, findings);
}

fn whole(index: Value<'_>, said: Option<&MediaType>, findings: &mut Findings) {
    if index.kind() != Kind::Object {
        return;
    }
    common::own_media_type(
        index,
        said,
        &MediaType::ImageIndex,
        [&rule::MEDIA_TYPE, &rule::MEDIA_TYPE_MISSING],
        findings,
    );
    for name in ["config", "layers"] {
        if let Some(member) = index.get(name).filter(|member| !member.is_null()) {
            findings.add(&rule::AMBIGUOUS, member, format_args!("the index has {name}, as a manifest does"));
        }
    }
    annotations::note_ref_name(index.get("annotations"), findings);
}
