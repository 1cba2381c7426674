//! The walk over the graph: every document read once in each part that it plays, and held against the others.
//!
//! Iterative, in the order of the descriptors, and within the limits of every walk here. Values are walked, not types,
//! so that a document with a fault still leads on to what it names.

mod image;
mod read;
mod reference;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use ocidian_content::walk::{Limits, VISITED};
use ocidian_content::{Cancel, Role};
use ocidian_spec::{Compression, Digest};

pub(crate) use self::reference::Part;
use self::reference::Reference;
use crate::documents::{self, Type};
use crate::error::Result;
use crate::finding::{Place, Subject};
use crate::findings::Findings;
use crate::json::{Document, Value};
use crate::layer::ExpectedDiffId;
use crate::rules;
use crate::source::{Blob, Source};

/// What a layer is used as.
#[derive(Debug, Default)]
pub(crate) struct LayerUse {
    pub(crate) compressions: Vec<Compression>,
    pub(crate) diff_ids: Vec<ExpectedDiffId>,
    /// The digests among them: a hostile layout gives a layer a hundred thousand.
    known: HashSet<Digest>,
    /// Whether some image has it above another layer.
    pub(crate) upper: bool,
}

/// What the walk found out.
pub(crate) struct Walk<'a> {
    source: &'a Source,
    cancel: &'a Cancel,
    pub(crate) findings: Findings,
    /// Whether names and kinds of all blobs are looked at elsewhere.
    listed: bool,
    limits: Limits,
    pending: VecDeque<(Reference, usize)>,
    seen: HashSet<(Digest, Part)>,
    /// Descriptors of manifests, to be held against what the manifests say.
    manifests: Vec<Reference>,
    summaries: HashMap<Digest, image::Summary>,
    /// Every blob that is named: what it is, and its size where it is held.
    pub(crate) blobs: BTreeMap<Digest, (Role, Option<u64>)>,
    /// Blobs whose content was hashed on the way.
    pub(crate) verified: HashSet<Digest>,
    pub(crate) layers: HashMap<Digest, LayerUse>,
    /// The layers of each image, the lowest first.
    pub(crate) stacks: Vec<Vec<Digest>>,
    met: u64,
    /// How many descriptors there may be: each root brings as many as one may lead to, up to what a store may.
    allowed: u64,
    documents: u64,
    /// Documents that were looked into.
    pub(crate) read: u64,
    stopped: bool,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(source: &'a Source, cancel: &'a Cancel, findings: Findings, listed: bool) -> Self {
        Self {
            source,
            cancel,
            findings,
            listed,
            limits: Limits::default(),
            pending: VecDeque::new(),
            seen: HashSet::new(),
            manifests: Vec::new(),
            summaries: HashMap::new(),
            blobs: BTreeMap::new(),
            verified: HashSet::new(),
            layers: HashMap::new(),
            stacks: Vec::new(),
            met: 0,
            allowed: 0,
            documents: 0,
            read: 0,
            stopped: false,
        }
    }

    /// Begins with the entry of that place in the `manifests` of a document.
    pub(crate) fn root(&mut self, (at, entry): (usize, Value<'_>), from: &Subject) -> Result<()> {
        self.allow_root();
        self.meet(Reference::read(entry, from, reference::Edge::Entry, format!("/manifests/{at}")), 0)
    }

    /// Begins with content that no document names.
    pub(crate) fn root_of(&mut self, digest: Digest, part: Part) -> Result<()> {
        self.allow_root();
        self.meet(Some(Reference::bare(digest, part)), 0)
    }

    /// A layout of ten thousand images is no hostile image.
    fn allow_root(&mut self) {
        self.allowed = (self.allowed + self.limits.descriptors).min(VISITED as u64);
    }

    /// Walks to the end of the graph, or to a limit.
    pub(crate) fn run(&mut self) -> Result<()> {
        while let Some((reference, depth)) = self.pending.pop_front() {
            if self.stopped {
                break;
            }
            if self.cancel.is_cancelled() {
                return Err(ocidian_content::Error::Cancelled.into());
            }
            self.enter(&reference, depth)?;
        }
        self.pending.clear();
        for reference in std::mem::take(&mut self.manifests) {
            if let Some(summary) = self.summaries.get(&reference.digest) {
                image::compare(&reference, summary, &mut self.findings);
            }
        }
        Ok(())
    }

    /// Takes note of a descriptor, and holds its size against the blob's.
    fn meet(&mut self, reference: Option<Reference>, depth: usize) -> Result<()> {
        if self.stopped {
            return Ok(());
        }
        self.met += 1;
        if self.met > self.allowed {
            self.stop(&format!("the graph has more than {} descriptors", self.allowed));
            return Ok(());
        }
        let Some(reference) = reference else { return Ok(()) };
        let held = self.held(&reference)?;
        if let (Some(held), Some(said)) = (held, reference.size)
            && held != said
        {
            let message = format_args!("it says {said} bytes, and {} has {held}", reference.digest);
            self.findings.add_at(
                &rules::descriptor::SIZE_MISMATCH,
                &reference.from,
                reference.place(),
                message,
            );
        }
        if let Part::Layer(compression) = reference.part {
            let layer = self.layers.entry(reference.digest.clone()).or_default();
            if !layer.compressions.contains(&compression) {
                layer.compressions.push(compression);
            }
        }
        if held.is_some() && reference.part.is_document() {
            if reference.part.is_manifest() {
                self.manifests.push(reference.clone());
            }
            if self.seen.insert((reference.digest.clone(), reference.part)) {
                self.pending.push_back((reference, depth));
            }
        }
        Ok(())
    }

    /// The size of a blob, `None` where it is not held; said once.
    fn held(&mut self, reference: &Reference) -> Result<Option<u64>> {
        if let Some((_, held)) = self.blobs.get(&reference.digest) {
            return Ok(*held);
        }
        let role = reference.part.role();
        let held = match self.source.open(role, &reference.digest)? {
            Blob::Held(_, size) => Some(size),
            Blob::Absent => {
                if !reference.embedded {
                    let message = format_args!("{} is not there", reference.digest);
                    self.findings.add_at(
                        &rules::layout::BLOB_ABSENT,
                        &reference.from,
                        reference.place(),
                        message,
                    );
                }
                None
            }
            Blob::Other(what) => {
                if !self.listed {
                    let message = format_args!("it is {what}, not a regular file");
                    let subject = Source::subject(&reference.digest);
                    self.findings.add_at(&rules::layout::BLOB_FILE, &subject, Place::Whole, message);
                }
                None
            }
        };
        self.blobs.insert(reference.digest.clone(), (role, held));
        Ok(held)
    }

    /// Looks into a document.
    fn enter(&mut self, reference: &Reference, depth: usize) -> Result<()> {
        let document = match &reference.part {
            Part::Index(_) => Type::Index(reference.media_type.clone()),
            Part::Manifest(_) => Type::Manifest(reference.media_type.clone()),
            Part::Config | Part::Layer(_) | Part::Opaque => return Ok(()),
        };
        let Some(bytes) = self.bytes(reference)? else { return Ok(()) };
        let subject = Source::subject(&reference.digest);
        self.findings.turn_to(subject.clone());
        let Some(document) = documents::check(bytes, &document, &mut self.findings) else { return Ok(()) };
        self.read += 1;
        if depth >= self.limits.depth {
            let message = format_args!(
                "it is more than {} levels deep; what it names is not looked at",
                self.limits.depth
            );
            self.findings.add(&rules::layout::LIMITS, Place::Whole, message);
            return Ok(());
        }
        match reference.part {
            Part::Index(_) => self.index(&document, &subject, depth + 1),
            _ => self.manifest(reference, &document, &subject, depth + 1),
        }
    }

    fn index(&mut self, document: &Document, subject: &Subject, depth: usize) -> Result<()> {
        let root = document.root();
        for (at, entry) in root.get("manifests").into_iter().flat_map(Value::elements).enumerate() {
            let pointer = format!("/manifests/{at}");
            self.meet(Reference::read(entry, subject, reference::Edge::Entry, pointer), depth)?;
        }
        self.subject(root, subject, depth)
    }

    fn subject(&mut self, root: Value<'_>, from: &Subject, depth: usize) -> Result<()> {
        match root.get("subject").filter(|_| self.findings.settings().covers(&rules::manifest::SUBJECT)) {
            Some(subject) => {
                let pointer = "/subject".to_owned();
                self.meet(Reference::read(subject, from, reference::Edge::Subject, pointer), depth)
            }
            None => Ok(()),
        }
    }

    /// Ends the walk: what lies behind is not looked at.
    fn stop(&mut self, message: &str) {
        if !self.stopped {
            let file = Subject::File(self.source.name());
            self.findings.add_at(&rules::layout::LIMITS, &file, Place::Whole, message);
            self.stopped = true;
        }
    }
}
