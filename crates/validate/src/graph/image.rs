//! A manifest with its config: what each says of the other, and what descriptors say of both.

use ocidian_spec::{DiffId, MediaType, json};

use super::reference::{Edge, Part, Reference};
use super::{ExpectedDiffId, Walk};
use crate::documents::{self, Platform, Type};
use crate::error::Result;
use crate::finding::{Subject, quote};
use crate::findings::Findings;
use crate::format;
use crate::json::{Document, Kind, Value};
use crate::rules;
use crate::source::Source;

/// What a manifest turned out to be.
#[derive(Debug)]
pub(super) struct Summary {
    /// Its config's platform, where it is an image's.
    platform: Option<Platform>,
    /// What a descriptor's artifactType may be.
    artifact_types: Vec<String>,
}

impl Walk<'_> {
    /// Goes on from a manifest to its config and layers.
    pub(super) fn manifest(
        &mut self,
        own: &Reference,
        document: &Document,
        subject: &Subject,
        depth: usize,
    ) -> Result<()> {
        let root = document.root();
        let config = root
            .get("config")
            .and_then(|config| Reference::read(config, subject, Edge::Config, "/config".to_owned()));
        self.meet(config.clone(), depth)?;
        let layers: Vec<Option<Reference>> = root
            .get("layers")
            .into_iter()
            .flat_map(Value::elements)
            .enumerate()
            .map(|(at, layer)| Reference::read(layer, subject, Edge::Layer, format!("/layers/{at}")))
            .collect();
        for layer in &layers {
            self.meet(layer.clone(), depth)?;
        }
        self.stack(&layers);
        let config_type = config.as_ref().and_then(|config| config.media_type.as_ref());
        let texts =
            [root.text("artifactType").map(|text| text.into_owned()), config_type.map(MediaType::to_string)];
        let mut summary = Summary { platform: None, artifact_types: texts.into_iter().flatten().collect() };
        if let Some(config) = config.filter(|config| config.part == Part::Config)
            && let Some(config_document) = self.config(&config)?
        {
            let config_root = config_document.root();
            summary.platform = Platform::read(config_root);
            self.diff_ids(config_root, &Source::subject(&config.digest), own, &layers);
        }
        self.summaries.insert(own.digest.clone(), summary);
        self.subject(root, subject, depth)
    }

    /// Remembers which layers stand on which, whatever the config says of them.
    fn stack(&mut self, layers: &[Option<Reference>]) {
        for layer in layers.iter().skip(1).flatten().filter(|layer| matches!(layer.part, Part::Layer(_))) {
            self.layers.entry(layer.digest.clone()).or_default().upper = true;
        }
        let digests = layers.iter().map(|layer| layer.as_ref().map(|layer| layer.digest.clone()));
        self.stacks.extend(digests.collect::<Option<Vec<_>>>());
    }

    /// Reads a config; its findings are made the first time.
    fn config(&mut self, config: &Reference) -> Result<Option<Document>> {
        let Some(bytes) = self.bytes(config)? else { return Ok(None) };
        let subject = Source::subject(&config.digest);
        if self.seen.insert((config.digest.clone(), Part::Config)) {
            self.read += 1;
            self.findings.turn_to(subject);
            return Ok(documents::check(bytes, &Type::Config, &mut self.findings));
        }
        let mut said_before = self.findings.apart(subject);
        Ok(crate::json::parse(bytes, json::DOCUMENT, &mut said_before))
    }

    /// Counts the diff_ids against the layers, and remembers which layer should have which.
    fn diff_ids(
        &mut self,
        config: Value<'_>,
        subject: &Subject,
        own: &Reference,
        layers: &[Option<Reference>],
    ) {
        let list = config.get("rootfs").and_then(|rootfs| rootfs.get("diff_ids"));
        let Some(list) = list.filter(|list| list.kind() == Kind::Array) else { return };
        let count = list.elements().count();
        if count != layers.len() {
            let message = format_args!(
                "there are {count} diff_ids, and manifest {} has {} layers",
                own.digest,
                layers.len()
            );
            self.findings.add_at(&rules::config::DIFF_ID_COUNT, subject, list, message);
            return;
        }
        for (at, (layer, diff_id)) in layers.iter().zip(list.elements()).enumerate() {
            let Some(layer) = layer.as_ref().filter(|layer| matches!(layer.part, Part::Layer(_))) else {
                continue;
            };
            let layer = self.layers.entry(layer.digest.clone()).or_default();
            let Some(diff_id) = diff_id.as_str().and_then(|text| format::parse_digest(&text)) else {
                continue;
            };
            if layer.known.insert(diff_id.clone()) {
                // In the usual order of a list, so that a pointer need not be searched for a thousand times.
                let pointer = format!("/rootfs/diff_ids/{at}");
                layer.diff_ids.push(ExpectedDiffId {
                    diff_id: DiffId(diff_id),
                    subject: subject.clone(),
                    pointer,
                });
            }
        }
    }
}

/// Holds what a descriptor says against the manifest that it names.
pub(super) fn compare(reference: &Reference, summary: &Summary, findings: &mut Findings) {
    let from = &reference.from;
    if let Some(config) = &summary.platform {
        match &reference.platform {
            None if reference.edge == Some(Edge::Entry) && !reference.has_platform => {
                let message = format_args!("the image is for {config}, and its descriptor does not say so");
                findings.add_at(&rules::index::PLATFORM_MISSING, from, reference.place(), message);
            }
            None => {}
            Some(said) if said.os != config.os || said.architecture != config.architecture => {
                let message = format_args!("it says {said}, and the config {config}");
                findings.add_at(
                    &rules::index::PLATFORM_CONFIG,
                    from,
                    reference.place_of("platform"),
                    message,
                );
            }
            Some(said) => {
                for (name, said, config) in [
                    ("variant", &said.variant, &config.variant),
                    ("os.version", &said.os_version, &config.os_version),
                ] {
                    if let (Some(said), Some(config)) = (said, config)
                        && said != config
                    {
                        let message =
                            format_args!("it says {}, and the config {}", quote(said), quote(config));
                        let place = reference.place_of(&format!("platform/{name}"));
                        findings.add_at(&rules::index::VARIANT_CONFIG, from, place, message);
                    }
                }
            }
        }
    }
    if let Some(said) = &reference.artifact_type
        && !summary.artifact_types.iter().any(|it| it.chars().take(256).eq(said.chars()))
    {
        let is = summary.artifact_types.first().map(String::as_str).unwrap_or_default();
        let message = format_args!("it says {}, and the manifest is of type {}", quote(said), quote(is));
        findings.add_at(
            &rules::descriptor::ARTIFACT_TYPE_DIFFERS,
            from,
            reference.place_of("artifactType"),
            message,
        );
    }
}
