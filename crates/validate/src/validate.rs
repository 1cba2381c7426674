//! A target from its files to its report.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use ocidian_content::{Cancel, Error as ContentError, Progress, Role, Store};
use ocidian_image_layout::raw::is_about_content;
use ocidian_image_layout::{LayoutFiles, Options, open_with};
use ocidian_layer::compress::WindowBudget;
use ocidian_spec::{Digest, ImageSource, Selector, json};

use crate::blobs::{self, Job, Shared};
use crate::documents::{self, Type};
use crate::error::{Error, Result};
use crate::finding::{Place, Subject};
use crate::findings::{Collected, Findings};
use crate::graph::{Part, Walk};
use crate::json::Document;
use crate::report::{Checked, Report};
use crate::rules;
use crate::settings::{Depth, Settings};
use crate::source::{Blob, Source};
use crate::target::{Layout, Target, layout_of, regular};
use crate::{bundle, layer, layout};

/// How a target is read.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// What is put up with when an archive is opened.
    pub options: &'a Options,
    /// Where progress goes.
    pub progress: &'a dyn Progress,
    /// A request to stop.
    pub cancel: &'a Cancel,
}

/// Validates a target.
///
/// # Errors
/// Only where the target could not be looked at: it is not there, or the system does not let it be read, or it is nothing
/// that can be validated. Whatever is wrong with it is in the report.
pub fn validate(target: &Target, settings: &Settings, environment: Environment<'_>) -> Result<Report> {
    let validation = Validation { settings: Arc::new(settings.clone()), environment };
    match target {
        Target::Images(source) => validation.images(source),
        Target::Document(path, document) => validation.document(path, document),
        Target::Layer(path) => validation.layer(path),
        Target::Bundle(path) => validation.bundle(path),
    }
}

struct Validation<'a> {
    settings: Arc<Settings>,
    environment: Environment<'a>,
}

impl Validation<'_> {
    fn findings(&self, subject: Subject) -> Findings {
        Findings::new(Arc::clone(&self.settings), subject)
    }

    /// The report of what one collector found.
    fn report(&self, target: String, kind: &'static str, checked: Checked, findings: Findings) -> Report {
        let mut collected = Collected::default();
        collected.merge(0, findings);
        Report::new(target, kind, &self.settings, checked, collected)
    }

    fn document(&self, path: &Path, document: &Type) -> Result<Report> {
        let limits = if *document == Type::IndexJson { json::INDEX_JSON } else { json::DOCUMENT };
        let error = |e| Error::io(|| format!("read {}", path.display()), e);
        let mut bytes = Vec::new();
        regular(path)?.take(limits.size as u64 + 1).read_to_end(&mut bytes).map_err(error)?;
        let mut findings = self.findings(Subject::File(path.display().to_string()));
        let checked = Checked { documents: 1, bytes: bytes.len() as u64, ..Checked::default() };
        documents::check(bytes, document, &mut findings);
        Ok(self.report(path.display().to_string(), document.name(), checked, findings))
    }

    fn layer(&self, path: &Path) -> Result<Report> {
        let file = regular(path)?;
        let context = || format!("read {}", path.display());
        let bytes = file.metadata().map_err(|e| Error::io(context, e))?.len();
        let mut findings = self.findings(Subject::File(path.display().to_string()));
        // Its media type is not known, and what is below it neither.
        let expected =
            layer::Expected { max_bytes: self.environment.options.max_bytes, ..layer::Expected::default() };
        layer::check(file, &expected, &WindowBudget::default(), &mut findings)
            .blob
            .map_err(|e| Error::io(context, e))?;
        let checked = Checked { layers: 1, bytes, ..Checked::default() };
        Ok(self.report(path.display().to_string(), "layer", checked, findings))
    }

    fn bundle(&self, path: &Path) -> Result<Report> {
        let findings = bundle::check(path, &self.settings)
            .map_err(|e| Error::io(|| format!("open {}", path.display()), e))?;
        let checked = Checked { documents: 1, ..Checked::default() };
        Ok(self.report(path.display().to_string(), "runtime bundle", checked, findings))
    }

    fn images(&self, source: &ImageSource) -> Result<Report> {
        match layout_of(source)? {
            Some(layout) if layout.is_directory => {
                let files = LayoutFiles::of_directory(&layout.path)?;
                if layout.bare && !files.looks_like_a_layout() {
                    return match self.store(source) {
                        Err(Error::Content(error)) if is_about_content(&error) => Err(Error::Target {
                            target: files.name(),
                            reason: "it is neither an image layout nor a runtime bundle: it has no oci-layout, index.json or config.json".to_owned(),
                        }),
                        done => done,
                    };
                }
                self.layout(files, &layout)
            }
            Some(layout) => match LayoutFiles::of_archive(&layout.path, self.environment.options) {
                Ok(files) if layout.bare && !files.looks_like_a_layout() => self.store(source),
                Ok(files) => self.layout(files, &layout),
                Err(error) if is_about_content(&error) => Ok(self.unreadable(&layout, &error)),
                Err(error) => Err(error.into()),
            },
            None => self.store(source),
        }
    }

    /// An archive that contradicts itself, or stops too early.
    fn unreadable(&self, layout: &Layout, error: &ContentError) -> Report {
        let name = layout.path.display().to_string();
        let mut findings = self.findings(Subject::File(name.clone()));
        let message = error.to_string();
        let message = message.strip_prefix(&format!("{name}: ")).unwrap_or(&message);
        findings.add(&rules::layout::ARCHIVE, Place::Whole, message);
        self.report(name, "archive", Checked::default(), findings)
    }

    /// A layout: its files, then the graph, then the blobs.
    fn layout(&self, files: LayoutFiles, layout: &Layout) -> Result<Report> {
        let kind = if files.is_directory() { "image layout" } else { "image layout in an archive" };
        let mut findings = self.findings(layout::index_json());
        layout::marker(&files, &mut findings)?;
        let index = layout::index(&files, &mut findings)?;
        // Where one image is meant, nobody asked about the others' blobs.
        let whole = layout.select == Selector::Sole;
        let listed = if whole { layout::blobs(&files, &mut findings)? } else { Vec::new() };
        let source = Source::Files(files);
        let mut walk = Walk::new(&source, self.environment.cancel, findings, whole);
        self.roots(&mut walk, &source, index.as_ref(), &layout.select)?;
        walk.run()?;
        let unreferenced: Vec<_> =
            listed.iter().filter(|(digest, _)| !walk.blobs.contains_key(digest)).collect();
        if let [(first, _), ..] = unreferenced.as_slice() {
            let bytes: u64 = unreferenced.iter().map(|(_, size)| size).sum();
            let message = format_args!(
                "blobs that nothing names: {} of {bytes} bytes, {first} among them",
                unreferenced.len()
            );
            walk.findings.add_at(
                &rules::layout::BLOB_UNREFERENCED,
                &Subject::File("blobs".to_owned()),
                Place::Whole,
                message,
            );
        }
        for (digest, size) in &listed {
            walk.blobs.entry(digest.clone()).or_insert((Role::Blob, Some(*size)));
        }
        self.finish(walk, &source, kind, index.is_some())
    }

    /// The roots of a walk through a layout.
    fn roots(
        &self,
        walk: &mut Walk<'_>,
        source: &Source,
        index: Option<&Document>,
        select: &Selector,
    ) -> Result<()> {
        let Some(index) = index else { return Ok(()) };
        let from = layout::index_json();
        match select {
            Selector::Sole => layout::entries(index).try_for_each(|entry| walk.root(entry, &from)),
            Selector::Name(name) => {
                let entries = layout::entries_named(index, name.as_str());
                if entries.is_empty() {
                    let known = layout::known_names(index);
                    return Err(ContentError::RefNotFound {
                        name: name.to_string(),
                        store: source.name(),
                        known,
                    }
                    .into());
                }
                entries.into_iter().try_for_each(|entry| walk.root(entry, &from))
            }
            Selector::Digest(digest) => {
                let text = digest.to_string();
                match layout::entries(index)
                    .find(|(_, entry)| entry.text("digest").is_some_and(|it| it == text))
                {
                    Some(entry) => walk.root(entry, &from),
                    None => walk.root_of(digest.clone(), sniff(source, digest)?),
                }
            }
        }
    }

    /// A docker-archive or a flat directory.
    fn store(&self, source: &ImageSource) -> Result<Report> {
        let opened = match open_with(source, self.environment.options) {
            Ok(opened) => opened,
            Err(error)
                if is_about_content(&error)
                    && matches!(source, ImageSource::DockerArchive { path, .. } if path.is_file()) =>
            {
                let mut findings = self.findings(Subject::File(source.to_string()));
                findings.add(&rules::layout::ARCHIVE, Place::Whole, &error);
                return Ok(self.report(source.to_string(), "archive", Checked::default(), findings));
            }
            Err(error) => return Err(error.into()),
        };
        let roots = roots_of(opened.store.as_ref(), &opened.selector)?;
        let source = Source::Store(opened.store);
        let findings = self.findings(Subject::File(source.name()));
        let mut walk = Walk::new(&source, self.environment.cancel, findings, false);
        for digest in roots {
            let part = sniff(&source, &digest)?;
            walk.root_of(digest, part)?;
        }
        walk.run()?;
        self.finish(walk, &source, "images", true)
    }

    /// Reads the blobs that the walk did not, and sums up.
    fn finish(
        &self,
        mut walk: Walk<'_>,
        source: &Source,
        kind: &'static str,
        has_index: bool,
    ) -> Result<Report> {
        let mut jobs = Vec::new();
        let depth = self.settings.depth;
        for (digest, (role, size)) in &walk.blobs {
            let layer = walk.layers.remove(digest).filter(|_| depth == Depth::Layers);
            let (Some(size), false) = (*size, depth == Depth::Documents) else { continue };
            if walk.verified.contains(digest) && layer.is_none() {
                continue;
            }
            let layer = layer.unwrap_or_default();
            jobs.push(Job {
                digest: digest.clone(),
                role: *role,
                size,
                compressions: layer.compressions,
                diff_ids: layer.diff_ids,
                lowest: !layer.upper,
            });
        }
        let checked = Checked {
            documents: walk.read + if has_index { 2 } else { 0 },
            blobs: (walk.verified.len() + jobs.len()) as u64,
            layers: jobs.iter().filter(|job| !job.compressions.is_empty()).count() as u64,
            bytes: jobs.iter().map(|job| job.size).sum(),
        };
        let mut collected = Collected::default();
        collected.merge(0, walk.findings);
        let shared = Shared {
            source,
            settings: &self.settings,
            progress: self.environment.progress,
            cancel: self.environment.cancel,
            windows: WindowBudget::default(),
            max_bytes: self.environment.options.max_bytes,
        };
        blobs::read(&jobs, &walk.stacks, 1, &shared, &mut collected)?;
        Ok(Report::new(source.name(), kind, &self.settings, checked, collected))
    }
}

/// What a store's selector means: every image that fits.
fn roots_of(store: &dyn Store, selector: &Selector) -> Result<Vec<Digest>> {
    let found: Vec<Digest> = match selector {
        Selector::Sole => store.list()?.into_iter().map(|(_, entry)| entry.digest).collect(),
        Selector::Name(name) => store.resolve(name)?.into_iter().map(|entry| entry.digest).collect(),
        Selector::Digest(digest) => vec![digest.clone()],
    };
    match selector {
        Selector::Name(name) if found.is_empty() => {
            let known =
                store.list()?.into_iter().filter_map(|(name, _)| name).map(|name| name.to_string()).collect();
            Err(ContentError::RefNotFound { name: name.to_string(), store: store.name(), known }.into())
        }
        _ => Ok(found),
    }
}

/// What a document is that nothing names: an index if it has manifests.
fn sniff(source: &Source, digest: &Digest) -> Result<Part> {
    let Blob::Held(reader, _) = source.open(Role::Manifest, digest)? else {
        return Err(ContentError::BlobNotFound { digest: digest.clone(), store: source.name() }.into());
    };
    let mut bytes = Vec::new();
    let context = || format!("{}: read {digest}", source.name());
    reader.take(json::DOCUMENT.size as u64 + 1).read_to_end(&mut bytes).map_err(|e| Error::io(context, e))?;
    let mut unsaid = Findings::new(Arc::default(), Source::subject(digest));
    let document = crate::json::parse(bytes, json::DOCUMENT, &mut unsaid);
    let is_index = document.is_some_and(|document| document.root().get("manifests").is_some());
    Ok(if is_index { Part::Index(false) } else { Part::Manifest(false) })
}
