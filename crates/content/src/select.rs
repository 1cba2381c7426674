//! From what a person typed to one image: by name or digest, then by platform.
//!
//! Only images are chosen. Attestations, artifacts and unknown media types in an index are passed over, and
//! so are children that a sparse store lists without holding them, unless nothing else is what was asked for.

use std::collections::HashSet;

use ocidian_spec::{Descriptor, Digest, ImageManifest, Kind, Platform, Raw, RefName, Selector};

use crate::document;
use crate::error::{Error, Result};
use crate::names;
use crate::platform;
use crate::store::{BlobSource, Role, Store};
use crate::survey::{Survey, is_attestation};

/// Which platform is wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum PlatformChoice {
    /// This machine's, where there is a choice.
    Host,
    /// That one and no other.
    Exactly(Platform),
}

impl PlatformChoice {
    fn wanted(&self) -> Platform {
        match self {
            Self::Host => Platform::host(),
            Self::Exactly(platform) => platform.clone(),
        }
    }

    fn rank(&self, have: &Platform) -> Option<u32> {
        platform::rank(&self.wanted(), have, *self == Self::Host)
    }
}

/// The image that was chosen.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The descriptors that led to it: the store's entry first, then nested indexes, the manifest's own last.
    pub chain: Vec<Descriptor>,
    /// Its manifest, verified.
    pub manifest: Raw<ImageManifest>,
    /// The name of the store's entry, where it has one.
    pub name: Option<RefName>,
    /// What a person should know about the choice.
    pub notes: Vec<String>,
}

/// Chooses one image of the store, by the rules of this module.
pub fn select(store: &dyn Store, selector: &Selector, platform: &PlatformChoice) -> Result<Selection> {
    let mut notes = Vec::new();
    let (survey, above) = candidates(store, selector)?;
    let chosen = choose(store, &survey, platform, *selector == Selector::Sole, &mut notes)?;

    let mut chain = above;
    chain.extend(survey.chain(chosen));
    let name = chain.first().and_then(names::name_of);
    let manifest = document::read(store, Role::Manifest, survey.descriptor(chosen))?;
    refuse_non_image(&manifest)?;
    Ok(Selection { chain, manifest, name, notes })
}

/// What the selector means, surveyed, and the chain above it.
fn candidates(store: &dyn Store, selector: &Selector) -> Result<(Survey, Vec<Descriptor>)> {
    match selector {
        Selector::Name(name) => {
            let roots = store.resolve(name)?;
            if roots.is_empty() {
                return Err(unknown_name(store, name.to_string())?);
            }
            Ok((Survey::of(store, roots)?, Vec::new()))
        }
        Selector::Sole => {
            let roots = store.list()?.into_iter().map(|(_, entry)| entry).collect();
            Ok((Survey::of(store, roots)?, Vec::new()))
        }
        Selector::Digest(digest) => {
            let mut above = find(store, digest)?;
            let Some(root) = above.pop() else {
                return Err(unknown_name(store, format!("@{digest}"))?);
            };
            Ok((Survey::of(store, vec![root])?, above))
        }
    }
}

/// The chain from an entry to whatever has that digest; empty where nothing has. Entries come first, so that
/// an image named there is found without reading anyone else's index.
pub(crate) fn find(store: &dyn Store, digest: &Digest) -> Result<Vec<Descriptor>> {
    let entries: Vec<Descriptor> = store.list()?.into_iter().map(|(_, entry)| entry).collect();
    if let Some(entry) = entries.iter().find(|entry| entry.digest == *digest) {
        return Ok(vec![entry.clone()]);
    }
    let survey = Survey::of(store, entries)?;
    Ok(survey.find(digest).map(|at| survey.chain(at)).unwrap_or_default())
}

/// Which of the surveyed images it is.
fn choose(
    store: &dyn Store,
    survey: &Survey,
    choice: &PlatformChoice,
    sole: bool,
    notes: &mut Vec<String>,
) -> Result<usize> {
    let images = match survey.images() {
        [] => return Err(nothing_to_choose(store, survey)),
        [alone] => return lone(store, survey, *alone, choice, notes),
        several => several,
    };
    let mut found = Vec::with_capacity(images.len());
    for &at in images {
        if let Some(platform) = platform_of(store, survey.descriptor(at))? {
            found.push((at, platform));
        }
    }
    let all: Vec<usize> = found.iter().map(|(at, _)| *at).collect();
    if sole && survey.differently_named(&all) {
        return Err(ambiguous(store, survey, &found));
    }
    let mut fitting: Vec<(u32, usize)> =
        found.iter().filter_map(|(at, platform)| Some((choice.rank(platform.known()?)?, *at))).collect();
    fitting.sort_by_key(|(rank, _)| *rank); // stable: of equal ones the first stays first
    let mut held = Vec::new();
    for &(rank, at) in &fitting {
        if held.first().is_some_and(|(best, _)| *best < rank) {
            break;
        }
        if survey.holds(store, at)? {
            held.push((rank, at));
        }
    }
    if let Some(&(_, first)) = held.first() {
        // Of several that fit in one index the first is meant (image-index.md); between entries a person decides.
        if held.iter().any(|(_, at)| survey.root(*at) != survey.root(first)) {
            let held: HashSet<usize> = held.iter().map(|(_, at)| *at).collect();
            found.retain(|(at, _)| held.contains(at));
            return Err(ambiguous(store, survey, &found));
        }
        return Ok(first);
    }
    none_fits(store, survey, choice, &found, fitting.first().map(|(_, at)| *at), notes)
}

/// Nothing that the store holds fits: the one image that it does hold, or an error that says what there is.
fn none_fits(
    store: &dyn Store,
    survey: &Survey,
    choice: &PlatformChoice,
    found: &[(usize, Found)],
    absent: Option<usize>,
    notes: &mut Vec<String>,
) -> Result<usize> {
    let mut held = Vec::new();
    for (at, platform) in found {
        if survey.holds(store, *at)? {
            held.push((*at, platform));
        }
    }
    if let ([(alone, Found::Known(have))], PlatformChoice::Host) = (&held[..], choice) {
        notes.push(differs(have, &choice.wanted()));
        return Ok(*alone);
    }
    if let Some(at) = absent {
        return Err(Error::BlobNotFound {
            digest: survey.descriptor(at).digest.clone(),
            store: store.name(),
        });
    }
    let known = |of: &mut dyn Iterator<Item = &Found>| distinct(of.map(Found::text));
    let mut there = known(&mut held.iter().map(|(_, platform)| *platform));
    if there.is_empty() {
        there = known(&mut found.iter().map(|(_, platform)| platform));
    }
    Err(Error::PlatformNotFound { wanted: choice.wanted().to_string(), known: there })
}

/// An image that stands alone is taken whatever its platform, unless another one was asked for.
fn lone(
    store: &dyn Store,
    survey: &Survey,
    at: usize,
    choice: &PlatformChoice,
    notes: &mut Vec<String>,
) -> Result<usize> {
    if !survey.holds(store, at)? {
        let digest = survey.descriptor(at).digest.clone();
        return Err(Error::BlobNotFound { digest, store: store.name() });
    }
    let Some(found) = platform_of(store, survey.descriptor(at))? else {
        return Ok(at); // an artifact: the caller reads the manifest and says what it is
    };
    let rank = found.known().and_then(|have| choice.rank(have));
    match (choice, &found, rank) {
        (_, _, Some(_)) => Ok(at),
        (PlatformChoice::Exactly(wanted), ..) => {
            Err(Error::PlatformNotFound { wanted: wanted.to_string(), known: vec![found.text()] })
        }
        (PlatformChoice::Host, Found::Known(have), None) => {
            notes.push(differs(have, &choice.wanted()));
            Ok(at)
        }
        (PlatformChoice::Host, Found::Unknown, None) => Ok(at),
    }
}

/// What is known of an image's platform.
#[derive(Debug)]
pub(crate) enum Found {
    Known(Platform),
    /// Nothing says it, or what would say it is not in the store.
    Unknown,
}

impl Found {
    pub(crate) fn known(&self) -> Option<&Platform> {
        match self {
            Self::Known(platform) => Some(platform),
            Self::Unknown => None,
        }
    }

    fn text(&self) -> String {
        self.known().map_or_else(|| "one of unknown platform".to_owned(), ToString::to_string)
    }
}

/// The platform by the descriptor, else by the config; `None` for what turns out to be no image.
pub(crate) fn platform_of(store: &dyn BlobSource, descriptor: &Descriptor) -> Result<Option<Found>> {
    if let Some(platform) = &descriptor.platform {
        return Ok(Some(Found::Known(platform.clone())));
    }
    if store.stat(Role::Manifest, descriptor)?.is_none() {
        return Ok(Some(Found::Unknown));
    }
    let manifest: Raw<ImageManifest> = document::read(store, Role::Manifest, descriptor)?;
    let config = &manifest.value().config;
    if config.media_type.kind() != Kind::Config {
        return Ok(None);
    }
    if store.stat(Role::Blob, config)?.is_none() {
        return Ok(Some(Found::Unknown));
    }
    let config = document::config(store, manifest.value())?;
    let config = config.value();
    let mut platform = Platform::new(config.os.clone(), config.architecture.clone());
    platform.variant.clone_from(&config.variant);
    platform.os_version.clone_from(&config.os_version);
    Ok(Some(if platform.os.is_empty() { Found::Unknown } else { Found::Known(platform) }))
}

fn refuse_non_image(manifest: &Raw<ImageManifest>) -> Result<()> {
    let config = &manifest.value().config;
    let reason = if is_attestation(manifest.descriptor()) {
        "it attests another manifest".to_owned()
    } else if config.media_type.kind() != Kind::Config {
        match &manifest.value().artifact_type {
            Some(artifact) => {
                format!("it is an artifact of type {artifact} with a config of type {}", config.media_type)
            }
            None => format!("it is an artifact with a config of type {}", config.media_type),
        }
    } else {
        return Ok(());
    };
    Err(Error::NotAnImage { digest: manifest.descriptor().digest.clone(), reason })
}

fn nothing_to_choose(store: &dyn Store, survey: &Survey) -> Error {
    if let Some(digest) = survey.absent_index() {
        return Error::BlobNotFound { digest: digest.clone(), store: store.name() };
    }
    match survey.passed_over() {
        Some(other) if is_attestation(other) => Error::NotAnImage {
            digest: other.digest.clone(),
            reason: "it attests another manifest".to_owned(),
        },
        Some(other) => Error::NotAnImage {
            digest: other.digest.clone(),
            reason: format!("its media type is {}", other.media_type),
        },
        None => Error::NoImage { store: store.name() },
    }
}

fn ambiguous(store: &dyn Store, survey: &Survey, found: &[(usize, Found)]) -> Error {
    let candidates = found.iter().map(|(at, platform)| {
        let name = names::name_of(survey.entry(*at)).map(|name| format!(":{name}, ")).unwrap_or_default();
        format!("@{} ({name}{})", survey.descriptor(*at).digest, platform.text())
    });
    Error::Ambiguous { store: store.name(), candidates: candidates.collect() }
}

/// The error for a name that the store does not have.
pub(crate) fn unknown_name(store: &dyn Store, name: String) -> Result<Error> {
    let known = distinct(store.list()?.into_iter().filter_map(|(name, _)| name).map(|name| name.to_string()));
    Ok(Error::RefNotFound { name, store: store.name(), known })
}

fn differs(have: &Platform, wanted: &Platform) -> String {
    format!("the image is for {have}, not for this machine's {wanted}; no other is held")
}

/// Each once, in their order.
pub(crate) fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    texts.filter(|text| seen.insert(text.clone())).collect()
}
