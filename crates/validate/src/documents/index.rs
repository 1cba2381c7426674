//! Image indexes. image-spec `image-index.md`; `index.json`: `image-layout.md`.

use ocidian_spec::MediaType;

use super::manifest::{is_no_manifest, own_media_type};
use super::{annotations, descriptor};
use crate::finding::quote;
use crate::findings::Findings;
use crate::format;
use crate::json::schema::{Member, Object, Presence, Shape};
use crate::json::{Kind, Value};
use crate::rules::index as rule;

/// An index.
pub(super) static SHAPE: Shape = Shape::Object(&Object {
    what: "an image index",
    members: &[
        Member {
            name: "schemaVersion",
            presence: Presence::Required,
            shape: Shape::Integer(2, 2),
            rule: &rule::SCHEMA_VERSION,
        },
        Member {
            name: "mediaType",
            presence: Presence::Optional,
            shape: Shape::String,
            rule: &rule::MEDIA_TYPE,
        },
        Member {
            name: "artifactType",
            presence: Presence::Optional,
            shape: Shape::Format(format::media_type),
            rule: &rule::ARTIFACT_TYPE,
        },
        Member {
            name: "manifests",
            presence: Presence::Required,
            shape: Shape::Array(&ENTRY, &crate::rules::descriptor::OBJECT),
            rule: &rule::MANIFESTS,
        },
        Member {
            name: "subject",
            presence: Presence::Optional,
            shape: Shape::Also(&descriptor::SHAPE, subject),
            rule: &rule::SUBJECT,
        },
        Member {
            name: "annotations",
            presence: Presence::Optional,
            shape: Shape::Also(&annotations::MAP, annotations::check),
            rule: &crate::rules::annotations::MAP,
        },
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
    if let Some(media_type) = is_no_manifest(subject) {
        findings.add(
            &rule::SUBJECT,
            subject,
            format_args!("it names something of type {media_type}, which is no manifest"),
        );
    }
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
    own_media_type(
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
