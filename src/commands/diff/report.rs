//! What was found, for programs: every list as long as was asked for, with how many there are.

use ocidian_build::diff::{LayerDiff, LayerId, PathChange, PathDiff, Verdict};
use ocidian_spec::{DiffId, Digest, MediaType};
use serde::Serialize;
use serde_json::Value;

use crate::report::escape;

/// All that was found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) same: bool,
    pub(super) documents: Vec<Document>,
    pub(super) layers: Vec<Layer>,
    pub(super) files: Option<Paths>,
    pub(super) notes: Vec<String>,
    #[serde(skip)]
    limit: usize,
}

/// Two documents.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    pub(super) role: &'static str,
    pub(super) a: Option<Digest>,
    pub(super) b: Option<Digest>,
    pub(super) verdict: &'static str,
    pub(super) count: usize,
    pub(super) changes: Vec<Change>,
}

/// One value in a document. An absent value is not a null one.
#[derive(Debug, Serialize)]
pub(super) struct Change {
    pub(super) pointer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) a: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) b: Option<Value>,
}

/// Two layers of the same place.
#[derive(Debug, Serialize)]
pub(super) struct Layer {
    pub(super) a: Option<Blob>,
    pub(super) b: Option<Blob>,
    pub(super) verdict: &'static str,
    pub(super) causes: Vec<&'static str>,
    #[serde(flatten)]
    pub(super) paths: Paths,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blob {
    pub(super) digest: Digest,
    pub(super) media_type: MediaType,
    size: u64,
    diff_id: DiffId,
}

/// Paths that differ.
#[derive(Debug, Serialize)]
pub(super) struct Paths {
    pub(super) count: usize,
    pub(super) paths: Vec<Path>,
}

/// One path that differs.
#[derive(Debug, Serialize)]
pub(super) struct Path {
    pub(super) path: String,
    /// `only-a`, `only-b` or `changed`.
    pub(super) verdict: &'static str,
    /// What it is where only one has it.
    #[serde(rename = "type")]
    pub(super) kind: Option<&'static str>,
    pub(super) differences: Vec<Difference>,
}

#[derive(Debug, Serialize)]
pub(super) struct Difference {
    pub(super) what: &'static str,
    pub(super) a: String,
    pub(super) b: String,
}

impl Report {
    /// Nothing yet; of each list the first `limit` are kept.
    pub(super) fn new(limit: usize) -> Self {
        Self { same: true, documents: Vec::new(), layers: Vec::new(), files: None, notes: Vec::new(), limit }
    }

    pub(super) fn document(&mut self, mut document: Document) {
        self.same &= document.verdict == "same";
        document.changes.truncate(self.limit);
        self.documents.push(document);
    }

    pub(super) fn layer(&mut self, layer: &LayerDiff) {
        let verdict = match (&layer.a, &layer.b) {
            (Some(_), None) => "only-a",
            (None, _) => "only-b",
            (Some(_), Some(_)) if layer.causes.is_empty() => "same",
            (Some(_), Some(_)) => "changed",
        };
        self.same &= verdict == "same";
        self.layers.push(Layer {
            a: layer.a.as_ref().map(Blob::of),
            b: layer.b.as_ref().map(Blob::of),
            verdict,
            causes: layer.causes.iter().map(|cause| cause.name()).collect(),
            paths: Paths::of(&layer.paths, self.limit),
        });
    }

    pub(super) fn files(&mut self, paths: &[PathDiff]) {
        self.same &= paths.is_empty();
        self.files = Some(Paths::of(paths, self.limit));
    }
}

impl Document {
    /// `verdict` is `None` where only one has such a document.
    pub(super) fn new(
        role: &'static str,
        a: Option<Digest>,
        b: Option<Digest>,
        verdict: Option<Verdict>,
    ) -> Self {
        let (verdict, changes) = match verdict {
            None if a.is_some() => ("only-a", Vec::new()),
            None => ("only-b", Vec::new()),
            Some(Verdict::Same) => ("same", Vec::new()),
            Some(Verdict::Formatting) => ("formatting", Vec::new()),
            Some(Verdict::Changed(changes)) => ("changed", changes),
        };
        let changes: Vec<_> = changes
            .into_iter()
            .map(|change| Change { pointer: change.pointer, a: change.a, b: change.b })
            .collect();
        Self { role, a, b, verdict, count: changes.len(), changes }
    }
}

impl Blob {
    fn of(layer: &LayerId) -> Self {
        let (descriptor, diff_id) = (&layer.descriptor, layer.diff_id.clone());
        Self {
            digest: descriptor.digest.clone(),
            media_type: descriptor.media_type.clone(),
            size: descriptor.size,
            diff_id,
        }
    }
}

impl Paths {
    fn of(paths: &[PathDiff], limit: usize) -> Self {
        Self { count: paths.len(), paths: paths.iter().take(limit).map(Path::of).collect() }
    }
}

impl Path {
    fn of(found: &PathDiff) -> Self {
        let (verdict, kind, differences) = match &found.change {
            PathChange::OnlyA(kind) => ("only-a", Some(*kind), &[][..]),
            PathChange::OnlyB(kind) => ("only-b", Some(*kind), &[][..]),
            PathChange::Both(differences) => ("changed", None, &differences[..]),
        };
        let differences = differences.iter().map(|difference| Difference {
            what: difference.aspect.name(),
            a: escape::bytes(&difference.a),
            b: escape::bytes(&difference.b),
        });
        // From the root on, as a person says it.
        let path = format!("/{}", escape::bytes(&found.path));
        Self { path, verdict, kind, differences: differences.collect() }
    }
}
