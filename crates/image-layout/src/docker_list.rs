//! The lists of a docker-archive, as they are changed: `manifest.json`, the older `repositories`, and, in the new
//! form, `index.json` with the names that Docker and containerd write there. Whoever reads one of them sees what
//! whoever reads another sees; entries and members that are not about what changes stay.

use std::collections::BTreeMap;

use ocidian_content::entries::Edit;
use ocidian_content::{Error, Result, When, names};
use ocidian_spec::annotations::{CONTAINERD_IMAGE_NAME, REF_NAME};
use ocidian_spec::docker::DockerArchiveManifest;
use ocidian_spec::{Descriptor, Members, RefName, Reference};

/// A name as Docker has them: with a tag, and without a digest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DockerName {
    /// `docker.io/library/busybox:1`
    full: String,
    /// `busybox`
    repository: String,
    tag: String,
}

impl DockerName {
    /// Reads `NAME:TAG`. A tag is never made up.
    pub(crate) fn new(name: &RefName) -> Result<Self> {
        let wrong = |reason: &str| Error::Store {
            store: format!("the name {:?}", name.as_str()),
            reason: format!("{reason}; a docker-archive names images NAME:TAG, for example busybox:1.36"),
        };
        let reference: Reference =
            name.as_str().parse().map_err(|e: ocidian_spec::Error| wrong(&e.to_string()))?;
        let full = reference.to_string();
        let tag = match (reference.tag, reference.digest) {
            (Some(tag), None) => tag,
            (None, None) => return Err(wrong("it has no tag")),
            (_, Some(_)) => return Err(wrong("it has a digest")),
        };
        let path = reference.repository;
        let repository = match (reference.registry.as_str(), path.strip_prefix("library/")) {
            ("docker.io", Some(short)) if !short.contains('/') => short.to_owned(),
            ("docker.io", _) => path,
            (registry, _) => format!("{registry}/{path}"),
        };
        Ok(Self { full, repository, tag })
    }

    /// As people write it: `busybox:1`.
    pub(crate) fn familiar(&self) -> String {
        format!("{}:{}", self.repository, self.tag)
    }

    fn is(&self, text: &str) -> bool {
        // Two thousand names are each compared with each, and nearly all differ at the end.
        text.ends_with(&self.tag) && names::same(&self.full, text)
    }

    /// Whether an entry of `index.json` has this name.
    fn names(&self, entry: &Descriptor) -> bool {
        let name = entry.annotation(CONTAINERD_IMAGE_NAME).or_else(|| entry.annotation(REF_NAME));
        name.is_some_and(|name| self.is(name))
    }
}

/// `manifest.json`, and `repositories` where there is one.
#[derive(Debug, Default)]
pub(crate) struct Images {
    pub(crate) list: Vec<DockerArchiveManifest>,
    pub(crate) repositories: Option<Repositories>,
}

/// Repository, tag, and what old readers take for the image's id.
pub(crate) type Repositories = BTreeMap<String, BTreeMap<String, String>>;

impl Images {
    /// Which images have that name.
    fn named(&self, name: &DockerName) -> Vec<&DockerArchiveManifest> {
        self.list.iter().filter(|image| tags(image).iter().any(|tag| name.is(tag))).collect()
    }

    /// Takes the name away. An image that has no other goes with it.
    pub(crate) fn untag(&mut self, name: &DockerName) {
        self.list.retain_mut(|image| {
            let Some(tags) = &mut image.repo_tags else { return true };
            let before = tags.len();
            tags.retain(|tag| !name.is(tag));
            tags.len() == before || !tags.is_empty()
        });
        if let Some(repositories) = &mut self.repositories {
            repositories.retain(|repository, tags| {
                tags.retain(|tag, _| !name.is(&format!("{repository}:{tag}")));
                !tags.is_empty()
            });
        }
    }

    /// Puts an image, under a name or without one. One that is there already gets another name.
    pub(crate) fn put(&mut self, name: Option<&DockerName>, config: String, layers: Vec<String>) {
        if let Some(name) = name {
            self.untag(name);
            if let (Some(repositories), Some(top)) = (&mut self.repositories, layers.last()) {
                let id = top.strip_suffix(".tar").unwrap_or(top).rsplit('/').next().unwrap_or_default();
                let tags = repositories.entry(name.repository.clone()).or_default();
                tags.insert(name.tag.clone(), id.to_owned());
            }
        }
        let same = |image: &&mut DockerArchiveManifest| image.config == config && image.layers == layers;
        let familiar = name.map(DockerName::familiar);
        match self.list.iter_mut().find(same) {
            Some(image) => image.repo_tags.get_or_insert_default().extend(familiar),
            None => self.list.push(DockerArchiveManifest {
                config,
                repo_tags: Some(familiar.into_iter().collect()),
                layers,
                other: Members::default(),
            }),
        }
    }

    /// Removes a name, which must be there.
    pub(crate) fn remove(&mut self, name: &DockerName, when: &When, store: &str) -> Result<()> {
        if self.named(name).is_empty() {
            let known = self.list.iter().flat_map(tags).cloned().collect();
            return Err(Error::RefNotFound { name: name.familiar(), store: store.to_owned(), known });
        }
        if *when != When::Any {
            return Err(Error::Conflict { name: name.familiar() });
        }
        self.untag(name);
        Ok(())
    }

    /// Whether `when` holds for the name of an image that is known by its config alone.
    pub(crate) fn check(&self, name: Option<&DockerName>, when: &When) -> Result<()> {
        let Some(name) = name else { return Ok(()) };
        let holds = match when {
            When::Any => true,
            When::Absent => self.named(name).is_empty(),
            When::Is(_) => false,
        };
        if holds { Ok(()) } else { Err(Error::Conflict { name: name.familiar() }) }
    }
}

fn tags(image: &DockerArchiveManifest) -> &[String] {
    image.repo_tags.as_deref().unwrap_or_default()
}

/// The name of an entry that is copied with all that it has.
pub(crate) fn name_of(entry: &Descriptor) -> Option<RefName> {
    let full = entry.annotation(CONTAINERD_IMAGE_NAME).and_then(|name| name.parse().ok());
    full.or_else(|| names::name_of(entry))
}

/// Puts an entry into `index.json` as Docker does.
pub(crate) fn put_entry(
    entries: &mut Vec<Descriptor>,
    name: Option<&DockerName>,
    descriptor: &Descriptor,
    when: When,
    store: &str,
) -> Result<()> {
    let Some(name) = name else {
        let edit = Edit::Put { name: None, descriptor: Box::new(descriptor.clone()), when };
        return edit.apply(entries, store);
    };
    let mut at = entries.iter().enumerate().filter(|(_, entry)| name.names(entry)).map(|(at, _)| at);
    let first = at.next();
    let holds = match &when {
        When::Any => true,
        When::Absent => first.is_none(),
        When::Is(digest) => {
            first.is_some()
                && entries.iter().filter(|entry| name.names(entry)).all(|entry| entry.digest == *digest)
        }
    };
    if !holds {
        return Err(Error::Conflict { name: name.familiar() });
    }
    let mut entry = descriptor.clone();
    let annotations = entry.annotations.get_or_insert_default();
    annotations.insert(CONTAINERD_IMAGE_NAME.to_owned(), name.full.clone());
    annotations.insert(REF_NAME.to_owned(), name.tag.clone());
    match first {
        Some(first) => {
            let mut at = 0;
            entries.retain(|entry| {
                at += 1;
                at <= first + 1 || !name.names(entry)
            });
            if let Some(place) = entries.get_mut(first) {
                *place = entry;
            }
        }
        None => entries.push(entry),
    }
    Ok(())
}

/// Removes the entries of that name.
pub(crate) fn remove_entry(
    entries: &mut Vec<Descriptor>,
    name: &DockerName,
    when: &When,
    store: &str,
) -> Result<()> {
    let found: Vec<&Descriptor> = entries.iter().filter(|entry| name.names(entry)).collect();
    if found.is_empty() {
        let known = entries.iter().filter_map(name_of).map(|name| name.to_string()).collect();
        return Err(Error::RefNotFound { name: name.familiar(), store: store.to_owned(), known });
    }
    let holds = match when {
        When::Any => true,
        When::Absent => false,
        When::Is(digest) => found.iter().all(|entry| entry.digest == *digest),
    };
    if !holds {
        return Err(Error::Conflict { name: name.familiar() });
    }
    entries.retain(|entry| !name.names(entry));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Result<DockerName> {
        DockerName::new(&text.parse().unwrap())
    }

    #[test]
    fn names_are_written_as_docker_writes_them() {
        for (text, familiar, full) in [
            ("busybox:1", "busybox:1", "docker.io/library/busybox:1"),
            ("library/busybox:1", "busybox:1", "docker.io/library/busybox:1"),
            ("index.docker.io/a/b:1", "a/b:1", "docker.io/a/b:1"),
            ("localhost/a:1", "localhost/a:1", "localhost/a:1"),
            ("h:5000/library/a:1", "h:5000/library/a:1", "h:5000/library/a:1"),
        ] {
            let name = name(text).unwrap();
            assert_eq!((name.familiar().as_str(), name.full.as_str()), (familiar, full));
        }
        let digest = ocidian_spec::Digest::sha256(b"");
        for (text, expected) in [
            ("latest", "it has no tag"),
            ("a/b", "it has no tag"),
            ("Upper:1", "lower case"),
            (&format!("a:1@{digest}"), "it has a digest"),
        ] {
            let error = name(text).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("NAME:TAG"), "{error}");
        }
    }

    #[test]
    fn a_name_that_moves_takes_along_what_has_no_other() {
        let mut images = Images { repositories: Some(Repositories::new()), ..Images::default() };
        let (a, b) = (name("a:1").unwrap(), name("b:1").unwrap());
        images.put(Some(&a), "c1".to_owned(), vec!["l1.tar".to_owned()]);
        images.put(Some(&b), "c1".to_owned(), vec!["l1.tar".to_owned()]);
        images.put(None, "c0".to_owned(), vec![]);
        assert_eq!(images.list.len(), 2);
        assert_eq!(tags(&images.list[0]), ["a:1", "b:1"]);
        images.put(Some(&a), "c2".to_owned(), vec!["l2.tar".to_owned()]);
        assert_eq!(tags(&images.list[0]), ["b:1"]);
        images.put(Some(&b), "c2".to_owned(), vec!["l2.tar".to_owned()]);
        assert_eq!(images.list.iter().map(|image| image.config.as_str()).collect::<Vec<_>>(), ["c0", "c2"]);
        let repositories = serde_json::to_string(&images.repositories).unwrap();
        assert_eq!(repositories, r#"{"a":{"1":"l2"},"b":{"1":"l2"}}"#);
        images.untag(&a);
        images.untag(&b);
        assert_eq!(images.list.len(), 1);
        assert_eq!(serde_json::to_string(&images.repositories).unwrap(), "{}");
    }
}
