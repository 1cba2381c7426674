//! Image manifests. image-spec `manifest.md`.

use ocidian_spec::{Kind as Type, MediaType};

use super::common::{self, media_type};
use super::{annotations, descriptor};
use crate::finding::quote;
use crate::findings::Findings;
use crate::format;
use crate::json::schema::{Object, Presence, Shape, member};
use crate::json::{Kind, Value};
use crate::rules::manifest as rule;

use Presence::{Optional, Required};

/// A manifest.
pub(super) static SHAPE: Shape = Shape::Object(&Object {
    what: "an image manifest",
    members: &[
        member("schemaVersion", Required, Shape::Integer(2, 2), &rule::SCHEMA_VERSION),
        member("mediaType", Optional, Shape::String, &rule::MEDIA_TYPE),
        member("artifactType", Optional, Shape::Format(format::media_type), &rule::ARTIFACT_TYPE),
        member("config", Required, Shape::Object(&descriptor::DESCRIPTOR), &rule::CONFIG),
        member(
            "layers",
            Required,
            Shape::Array(&descriptor::SHAPE, &crate::rules::descriptor::OBJECT),
            &rule::LAYERS,
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

/// What the tables cannot say. `said` is the media type in the manifest's descriptor.
pub(super) fn check(manifest: Value<'_>, said: Option<&MediaType>, findings: &mut Findings) {
    if manifest.kind() != Kind::Object {
        return;
    }
    common::own_media_type(
        manifest,
        said,
        &MediaType::ImageManifest,
        [&rule::MEDIA_TYPE, &rule::MEDIA_TYPE_MISSING],
        findings,
    );
    if let Some(member) = manifest.get("manifests").filter(|member| !member.is_null()) {
        findings.add(&rule::AMBIGUOUS, member, "the manifest has manifests, as an index does");
    }
    artifact(manifest, findings);
    layers(manifest, findings);
    annotations::note_ref_name(manifest.get("annotations"), findings);
    for part in manifest.get("layers").into_iter().flat_map(Value::elements).chain(manifest.get("config")) {
        annotations::note_ref_name(part.get("annotations"), findings);
    }
}

fn subject(subject: Value<'_>, findings: &mut Findings) {
    common::subject(subject, &rule::SUBJECT, findings);
}

fn layer_list(manifest: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    manifest.get("layers").into_iter().flat_map(Value::elements)
}

/// The rules for artifacts.
fn artifact(manifest: Value<'_>, findings: &mut Findings) {
    let Some(config) = manifest.get("config") else { return };
    let Some(config_type) = media_type(config) else { return };
    let artifact_type = manifest.get("artifactType").filter(|value| !value.is_null());
    match (config_type.kind(), artifact_type) {
        (Type::Empty, None) => {
            findings.add(
                &rule::ARTIFACT_TYPE_MISSING,
                manifest,
                "the config is empty, and there is no artifactType",
            );
        }
        (Type::Config, Some(artifact_type)) => {
            let is_layer = |layer| matches!(media_type(layer).map(|it| it.kind()), Some(Type::Layer(_)));
            if layer_list(manifest).next().is_some() && !layer_list(manifest).any(is_layer) {
                let of = artifact_type.as_str().unwrap_or_default();
                findings.add(
                    &rule::ARTIFACT_CONFIG,
                    config,
                    format_args!(
                        "the artifact of type {} has an image's config, and no layer of an image",
                        quote(&of)
                    ),
                );
            }
        }
        _ => {}
    }
    let mut layers = layer_list(manifest);
    if config_type.kind() != Type::Config
        && let (Some(only), None) = (layers.next(), layers.next())
        && only.get("size").and_then(Value::as_i128) == Some(0)
    {
        findings.add(&rule::ARTIFACT_LAYER, only, "the only layer has a size of 0");
    }
}

fn layers(manifest: Value<'_>, findings: &mut Findings) {
    if let Some(layers) = manifest.get("layers").filter(|layers| layers.kind() == Kind::Array)
        && layers.elements().next().is_none()
    {
        findings.add(&rule::LAYERS_EMPTY, layers, "there is no layer");
    }
    let config = manifest.get("config");
    let Some(config_type) = config.and_then(media_type) else { return };
    if let Some(config) = config.filter(|_| config_type == MediaType::DockerConfig) {
        findings.add(&rule::DOCKER_MEDIA_TYPE, config, format_args!("the config is of type {config_type}"));
    }
    for layer in layer_list(manifest) {
        let Some(it) = media_type(layer) else { continue };
        let deprecated = matches!(it, MediaType::NondistributableLayer(_) | MediaType::DockerForeignLayer(_));
        if deprecated {
            findings.add(
                &rule::LAYER_NONDISTRIBUTABLE,
                layer,
                format_args!("it is of type {it}, which is deprecated"),
            );
        } else if config_type.kind() == Type::Config && !matches!(it.kind(), Type::Layer(_)) {
            findings.add(
                &rule::LAYER_MEDIA_TYPE,
                layer,
                format_args!("it is of type {}, which is no layer's", quote(it.as_str())),
            );
        }
    }
}
