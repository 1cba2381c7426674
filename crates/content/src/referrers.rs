//! What refers to an image: signatures, SBOMs and the like, whose manifests name it as their `subject`.
//! distribution-spec "Listing Referrers"; image-spec `manifest.md`.
//!
//! A store on disk has no index of subjects, so every listed document is read once. One that is absent, or that
//! is no manifest or index, refers to nothing: a damaged stranger must not hide the others. What the operating system
//! refuses to read is an error, for a list that lacks a signature looks like a list that has none.

use std::collections::{BTreeMap, HashSet};

use ocidian_spec::{Descriptor, Digest, Document, ImageIndex, ImageManifest, Kind, MediaType, RefName};

use crate::document;
use crate::error::{Error, Result};
use crate::names;
use crate::store::{Role, Store};

/// Who refers to whom among what a store lists, read once for many questions.
#[derive(Debug, Clone, Default)]
pub struct Referrers {
    by_subject: BTreeMap<Digest, Vec<Descriptor>>,
    known: HashSet<(Digest, Digest)>,
    referrers: HashSet<Digest>,
}

impl Referrers {
    /// Reads every document that the store lists.
    pub fn read(store: &dyn Store) -> Result<Self> {
        let mut made = Self::default();
        for (_, entry) in store.list()? {
            if let Some((subject, referrer)) = subject(store, &entry)? {
                made.add(subject, referrer);
            }
        }
        Ok(made)
    }

    /// Those that name `subject`, each once, in the store's order.
    pub fn of(&self, subject: &Digest) -> &[Descriptor] {
        self.by_subject.get(subject).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether that document is one of them.
    pub fn has(&self, referrer: &Digest) -> bool {
        self.referrers.contains(referrer)
    }

    fn add(&mut self, subject: Digest, referrer: Descriptor) {
        if self.known.insert((subject.clone(), referrer.digest.clone())) {
            self.referrers.insert(referrer.digest.clone());
            self.by_subject.entry(subject).or_default().push(referrer);
        }
    }
}

/// The referrers of all those images: those that are listed, then those of the fallback tags.
pub fn scan(store: &dyn Store, subjects: &[Digest]) -> Result<Vec<Descriptor>> {
    let mut found = Referrers::read(store)?;
    let tags = tagged(store)?;
    for subject in subjects {
        let tag = fallback_tag(subject);
        let indexes = tag.as_ref().and_then(|tag| tags.get(tag)).map(Vec::as_slice).unwrap_or_default();
        for index in indexes.iter().filter(|entry| names::name_of(entry) == tag) {
            let list = intact::<ImageIndex>(store, index)?.map(|index| index.manifests);
            list.into_iter().flatten().for_each(|referrer| found.add(subject.clone(), referrer));
        }
    }
    Ok(subjects.iter().flat_map(|subject| found.of(subject)).cloned().collect())
}

/// Every entry whose name says by a digest what it is about, by the [`fallback_tag`] of that digest.
pub fn tagged(store: &dyn Store) -> Result<BTreeMap<RefName, Vec<Descriptor>>> {
    let mut tags: BTreeMap<RefName, Vec<Descriptor>> = BTreeMap::new();
    for (name, entry) in store.list()? {
        if let Some(about) = name.as_ref().and_then(about) {
            tags.entry(about).or_default().push(entry);
        }
    }
    Ok(tags)
}

/// The tag under which registries without a referrers API keep the list. distribution-spec "Referrers Tag
/// Schema": the digest, its algorithm cut to 32 characters and its encoded part to 64, with `-` for the colon and
/// for whatever a tag cannot hold.
pub fn fallback_tag(subject: &Digest) -> Option<RefName> {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '-' };
    let cut = |text: &str, most: usize| text.chars().take(most).map(allowed).collect::<String>();
    format!("{}-{}", cut(subject.algorithm().as_str(), 32), cut(subject.encoded(), 64)).parse().ok()
}

/// Whether a name has the form of a [`fallback_tag`] of a digest of a known algorithm.
pub fn is_fallback_tag(name: &RefName) -> bool {
    let hex = |text: &str| text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    name.as_str().split_once('-').is_some_and(|(algorithm, encoded)| {
        ["sha256", "sha512", "blake3"].contains(&algorithm) && hex(encoded)
    })
}

/// The [`fallback_tag`] of what such a name is about: of one itself, and of cosign's tags, which are one with `.sig`, `.att` or
/// `.sbom` behind it.
pub fn about(name: &RefName) -> Option<RefName> {
    let text = name.as_str();
    let tag =
        [".sig", ".att", ".sbom"].into_iter().find_map(|suffix| text.strip_suffix(suffix)).unwrap_or(text);
    tag.parse().ok().filter(is_fallback_tag)
}

/// The document, where it is there and is what its descriptor says.
fn intact<T: Document>(store: &dyn Store, entry: &Descriptor) -> Result<Option<T>> {
    match document::read::<T>(store, Role::Manifest, entry) {
        Ok(document) => Ok(Some(document.into_value())),
        Err(error @ Error::Io { .. }) => Err(error),
        Err(_) => Ok(None),
    }
}

/// The subject of a document, and the document as a list of referrers shows it.
fn subject(store: &dyn Store, entry: &Descriptor) -> Result<Option<(Digest, Descriptor)>> {
    let (subject, artifact_type, annotations) = match entry.media_type.kind() {
        Kind::Manifest => {
            let Some(manifest) = intact::<ImageManifest>(store, entry)? else { return Ok(None) };
            let kind = manifest.artifact_type.unwrap_or(manifest.config.media_type);
            (manifest.subject, Some(kind), manifest.annotations)
        }
        Kind::Index => {
            let Some(index) = intact::<ImageIndex>(store, entry)? else { return Ok(None) };
            (index.subject, index.artifact_type, index.annotations)
        }
        _ => return Ok(None),
    };
    let mut referrer = Descriptor::new(entry.media_type.clone(), entry.digest.clone(), entry.size);
    referrer.artifact_type = artifact_type.filter(|kind: &MediaType| kind.kind() != Kind::Empty);
    referrer.annotations = annotations;
    Ok(subject.map(|subject| (subject.digest, referrer)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStore;
    use ocidian_spec::annotations::REF_NAME;

    fn manifest(store: &MemoryStore, subject: Option<&Descriptor>, artifact: &str) -> Descriptor {
        let config = store.insert(MediaType::Empty, b"{}").unwrap();
        let mut made = ImageManifest::new(config, Vec::new());
        made.artifact_type = Some(MediaType::Other(artifact.to_owned()));
        made.subject = subject.cloned();
        store.insert(MediaType::ImageManifest, &serde_json::to_vec(&made).unwrap()).unwrap()
    }

    #[test]
    fn listed_manifests_and_the_fallback_tag_are_both_found() {
        let store = MemoryStore::new();
        let image = manifest(&store, None, "application/x-image");
        let signature = manifest(&store, Some(&image), "application/x-signature");
        let sbom = manifest(&store, Some(&image), "application/x-sbom");
        let other = manifest(&store, Some(&sbom), "application/x-signature");
        for entry in [&image, &signature, &other] {
            store.push_entry(entry.clone());
        }
        let listed = ImageIndex::new(vec![sbom.clone(), signature.clone()]);
        let mut index = store.insert(MediaType::ImageIndex, &serde_json::to_vec(&listed).unwrap()).unwrap();
        let tag = fallback_tag(&image.digest).unwrap();
        index.annotations = Some([(REF_NAME.to_owned(), tag.to_string())].into());
        store.push_entry(index);

        let found = scan(&store, std::slice::from_ref(&image.digest)).unwrap();
        let digests: Vec<_> = found.iter().map(|found| &found.digest).collect();
        assert_eq!(digests, [&signature.digest, &sbom.digest]);
        assert_eq!(found[0].artifact_type, Some(MediaType::Other("application/x-signature".to_owned())));
        assert_eq!(scan(&store, std::slice::from_ref(&signature.digest)).unwrap(), []);
    }

    #[test]
    fn a_damaged_stranger_does_not_hide_the_others() {
        let store = MemoryStore::new();
        let image = manifest(&store, None, "application/x-image");
        store.push_entry(Descriptor::new(MediaType::ImageManifest, Digest::sha256(b"absent"), 6));
        let wrong = Digest::sha256(b"wrong");
        store.insert_as(wrong.clone(), b"right");
        store.push_entry(Descriptor::new(MediaType::ImageIndex, wrong, 5));
        let signature = manifest(&store, Some(&image), "application/x-signature");
        store.push_entry(signature.clone());
        assert_eq!(scan(&store, std::slice::from_ref(&image.digest)).unwrap().len(), 1);
    }

    #[test]
    fn names_say_what_they_are_about() {
        let tag = fallback_tag(&Digest::sha256(b"x")).unwrap();
        for (name, says) in [
            (format!("{tag}"), true),
            (format!("{tag}.sig"), true),
            (format!("{tag}.sbom"), true),
            (format!("{tag}.0"), false),
            (format!("x{tag}"), false),
            (format!("{tag}0"), false),
            ("md5-0123".to_owned(), false),
            ("latest.sig".to_owned(), false),
        ] {
            let name = name.parse().unwrap();
            assert_eq!(about(&name), says.then(|| tag.clone()), "{name}");
            assert_eq!(is_fallback_tag(&name), name == tag);
        }
    }

    #[test]
    fn a_fallback_tag_is_a_tag_for_any_digest() {
        let hex = "a".repeat(128);
        for (digest, tag) in [
            (format!("sha256:{}", &hex[..64]), format!("sha256-{}", &hex[..64])),
            (format!("sha512:{hex}"), format!("sha512-{}", &hex[..64])),
            ("a+b.c:x=_-y".to_owned(), "a-b.c-x-_-y".to_owned()),
        ] {
            assert_eq!(fallback_tag(&digest.parse().unwrap()).unwrap().as_str(), tag);
        }
    }
}
