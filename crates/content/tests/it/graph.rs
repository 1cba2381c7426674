//! Random graphs of documents, with what each of them names noted while they are made: the model that copying, collecting
//! and counting are compared with.

use std::collections::{BTreeMap, BTreeSet};

use ocidian_content::MemoryStore;
use ocidian_spec::{Descriptor, Digest, Document, ImageIndex, ImageManifest, MediaType};
use proptest::prelude::*;

use crate::named;

/// What to make; numbers choose among what was made before.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Layer,
    Manifest {
        config: usize,
        layers: Vec<usize>,
        subject: Option<usize>,
    },
    Index {
        children: Vec<usize>,
        subject: Option<usize>,
    },
    /// A document of an unknown type that mentions others.
    Unknown {
        mentions: Vec<usize>,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) steps: Vec<Step>,
    /// Which documents are entries; every other one named.
    pub(crate) entries: Vec<usize>,
    /// Which blobs are taken away again.
    pub(crate) absent: Vec<usize>,
}

pub(crate) fn recipe() -> impl Strategy<Value = Recipe> {
    let some = |most| prop::collection::vec(any::<usize>(), 0..most);
    let step = prop_oneof![
        2 => Just(Step::Layer),
        3 => (any::<usize>(), some(4), prop::option::weighted(0.2, any::<usize>()))
            .prop_map(|(config, layers, subject)| Step::Manifest { config, layers, subject }),
        2 => (some(4), prop::option::weighted(0.2, any::<usize>()))
            .prop_map(|(children, subject)| Step::Index { children, subject }),
        1 => some(3).prop_map(|mentions| Step::Unknown { mentions }),
    ];
    (prop::collection::vec(step, 1..24), some(5), some(3)).prop_map(|(steps, entries, absent)| Recipe {
        steps,
        entries,
        absent,
    })
}

pub(crate) struct Graph {
    pub(crate) store: MemoryStore,
    /// What each document names, but for its subject.
    names: BTreeMap<Digest, Vec<Digest>>,
    subjects: BTreeMap<Digest, Digest>,
    pub(crate) unknown: BTreeSet<Digest>,
    pub(crate) entries: Vec<Descriptor>,
    pub(crate) all: BTreeSet<Digest>,
    pub(crate) held: BTreeSet<Digest>,
}

impl Graph {
    pub(crate) fn make(recipe: &Recipe) -> Self {
        let store = MemoryStore::new();
        let mut blobs = vec![store.insert(MediaType::Other("a/b".to_owned()), b"first").unwrap()];
        let mut documents: Vec<Descriptor> = Vec::new();
        let (mut names, mut subjects, mut unknown) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let pick = |from: &[Descriptor], at: usize| from.get(at % from.len().max(1)).cloned();
        for (n, step) in recipe.steps.iter().enumerate() {
            let (made, named, subject) = match step {
                Step::Layer => {
                    let text = format!("layer {n}");
                    blobs.push(store.insert(MediaType::Other("a/b".to_owned()), text.as_bytes()).unwrap());
                    continue;
                }
                Step::Manifest { config, layers, subject } => {
                    let config = pick(&blobs, *config).unwrap();
                    let layers: Vec<_> = layers.iter().filter_map(|at| pick(&blobs, *at)).collect();
                    let subject = subject.and_then(|at| pick(&documents, at));
                    let named: Vec<Digest> =
                        layers.iter().chain([&config]).map(|blob| blob.digest.clone()).collect();
                    let mut manifest = ImageManifest::new(config, layers);
                    manifest.subject = subject.clone();
                    manifest.annotations = Some([("n".to_owned(), n.to_string())].into());
                    let bytes = manifest.to_json().unwrap();
                    (store.insert(MediaType::ImageManifest, &bytes).unwrap(), named, subject)
                }
                Step::Index { children, subject } => {
                    let children: Vec<_> = children.iter().filter_map(|at| pick(&documents, *at)).collect();
                    let subject = subject.and_then(|at| pick(&documents, at));
                    let named: Vec<Digest> = children.iter().map(|child| child.digest.clone()).collect();
                    let mut index = ImageIndex::new(children);
                    index.subject = subject.clone();
                    index.annotations = Some([("n".to_owned(), n.to_string())].into());
                    let bytes = index.to_json().unwrap();
                    (store.insert(MediaType::ImageIndex, &bytes).unwrap(), named, subject)
                }
                Step::Unknown { mentions } => {
                    let all: Vec<_> = documents.iter().chain(&blobs).cloned().collect();
                    let named: Vec<Digest> =
                        mentions.iter().filter_map(|at| pick(&all, *at)).map(|found| found.digest).collect();
                    let mentions = serde_json::to_string(&named).unwrap();
                    let text = format!("{{\"unknown\": {n}, \"mentions\": {mentions}}}\n");
                    let kind = MediaType::Other("application/x-unknown".to_owned());
                    let made = store.insert(kind, text.as_bytes()).unwrap();
                    unknown.insert(made.digest.clone());
                    (made, named, None)
                }
            };
            if let Some(subject) = subject {
                subjects.insert(made.digest.clone(), subject.digest);
            }
            names.insert(made.digest.clone(), named);
            documents.push(made);
        }
        let mut entries = Vec::new();
        for (n, at) in recipe.entries.iter().enumerate() {
            if let Some(entry) = pick(&documents, *at) {
                let entry = if n % 2 == 0 { named(entry, &format!("tag{n}")) } else { entry };
                store.push_entry(entry.clone());
                entries.push(entry);
            }
        }
        let all: BTreeSet<Digest> = blobs.iter().chain(&documents).map(|made| made.digest.clone()).collect();
        let mut held = all.clone();
        let everything: Vec<Digest> = all.iter().cloned().collect();
        for at in &recipe.absent {
            if let Some(digest) = everything.get(at % everything.len()) {
                held.remove(digest);
            }
        }
        let graph = Self { store, names, subjects, unknown, entries, all, held };
        graph.forget_absent();
        graph
    }

    fn forget_absent(&self) {
        use ocidian_content::BlobAdmin;
        for digest in self.all.difference(&self.held) {
            self.store.remove_blob(digest).unwrap();
        }
    }

    /// All that the digests lead to and the store holds; what is below something absent nobody can see.
    pub(crate) fn below(&self, roots: impl IntoIterator<Item = Digest>, subjects: bool) -> BTreeSet<Digest> {
        let mut seen = BTreeSet::new();
        let mut pending: Vec<Digest> = roots.into_iter().collect();
        while let Some(digest) = pending.pop() {
            if !self.held.contains(&digest) || !seen.insert(digest.clone()) {
                continue;
            }
            pending.extend(self.names.get(&digest).into_iter().flatten().cloned());
            pending.extend(self.subjects.get(&digest).filter(|_| subjects).cloned());
        }
        seen
    }

    pub(crate) fn roots(&self) -> Vec<Digest> {
        self.entries.iter().map(|entry| entry.digest.clone()).collect()
    }
}
