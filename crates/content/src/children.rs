//! Edits of a multi-platform index: one child a platform, since only the first of two would ever be chosen
//! (image-spec `image-index.md`: "the first matching entry SHOULD be used").
//!
//! An edit changes the child that it names, and what attests that child (BuildKit's attestations name the
//! manifest that they are about); everything else in the index, known or not, stays as it was.

use ocidian_spec::annotations::{DOCKER_REFERENCE_DIGEST, DOCKER_REFERENCE_TYPE};
use ocidian_spec::{Descriptor, Digest, ImageIndex, Platform};

use crate::error::{Error, Result};
use crate::platform;

/// What became of a child that was to be added.
#[derive(Debug, Clone, PartialEq)]
pub enum Added {
    /// It is new, and last.
    New,
    /// It was there already, for that platform. Annotations that it had not were added to it.
    Same,
    /// It stands where these stood, the first of them for the same platform; the others attested that one.
    Replaced(Vec<Descriptor>),
}

/// Which child of an index is meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Child {
    /// The one for that platform.
    Platform(Platform),
    /// The one of that digest.
    Digest(Digest),
}

/// The child that stands for just that platform.
pub fn standing_for<'a>(index: &'a ImageIndex, platform: &Platform) -> Option<&'a Descriptor> {
    index.manifests.iter().find(|child| child.platform.as_ref().is_some_and(|have| same(have, platform)))
}

/// Adds a child: in the place of the one for the same platform, else at the end. One without a platform, or for
/// `unknown`, as attestations are, is only ever the same as one of its digest.
pub fn add(index: &mut ImageIndex, child: Descriptor) -> Added {
    let known = child.platform.as_ref().filter(|platform| platform.os != "unknown");
    let at = index.manifests.iter().position(|have| match (known, &have.platform) {
        (Some(wanted), Some(platform)) => same(platform, wanted),
        (Some(_), None) => false,
        (None, _) => have.digest == child.digest,
    });
    let Some(place) = at.and_then(|at| index.manifests.get_mut(at)) else {
        index.manifests.push(child);
        return Added::New;
    };
    if place.digest == child.digest {
        if let Some(more) = child.annotations {
            place.annotations.get_or_insert_default().extend(more);
        }
        return Added::Same;
    }
    let mut gone = vec![std::mem::replace(place, child)];
    gone.extend(drop_attestations(index, &gone));
    Added::Replaced(gone)
}

/// The positions of the children that are meant, one for a platform and every one of a digest. `name` is the
/// index's, for messages. A platform without a variant means the one child of that architecture, whatever its variant.
///
/// # Errors
/// [`Error::PlatformNotFound`], [`Error::RefNotFound`]; [`Error::Ambiguous`] where several variants fit.
pub fn find(index: &ImageIndex, child: &Child, name: &str) -> Result<Vec<usize>> {
    let which = |fits: &dyn Fn(&Descriptor) -> bool| -> Vec<usize> {
        index.manifests.iter().enumerate().filter(|(_, child)| fits(child)).map(|(at, _)| at).collect()
    };
    match child {
        Child::Digest(digest) => {
            let found = which(&|child| child.digest == *digest);
            if found.is_empty() {
                let known = index.manifests.iter().map(|child| child.digest.to_string()).collect();
                let (name, store) = (digest.to_string(), name.to_owned());
                return Err(Error::RefNotFound { name, store, known });
            }
            Ok(found)
        }
        Child::Platform(wanted) => {
            let exact = which(&|child| child.platform.as_ref().is_some_and(|have| same(have, wanted)));
            let fits = |have: &Platform| platform::rank(wanted, have, false).is_some();
            let found = match exact.first() {
                Some(first) => vec![*first],
                None => which(&|child| child.platform.as_ref().is_some_and(fits)),
            };
            match found.len() {
                1 => Ok(found),
                0 => Err(Error::PlatformNotFound { wanted: wanted.to_string(), known: platforms(index) }),
                _ => {
                    let told = found.iter().filter_map(|at| index.manifests.get(*at)).map(tell).collect();
                    Err(Error::Ambiguous { store: name.to_owned(), candidates: told })
                }
            }
        }
    }
}

/// Removes the children at those positions, with what attests them. What is gone, in the index's order.
pub fn remove(index: &mut ImageIndex, positions: &[usize]) -> Vec<Descriptor> {
    let (mut gone, mut kept) = (Vec::new(), Vec::new());
    for (at, child) in std::mem::take(&mut index.manifests).into_iter().enumerate() {
        if positions.contains(&at) { gone.push(child) } else { kept.push(child) }
    }
    index.manifests = kept;
    gone.extend(drop_attestations(index, &gone));
    gone
}

/// Removes what attests manifests that are not in the index any more.
fn drop_attestations(index: &mut ImageIndex, gone: &[Descriptor]) -> Vec<Descriptor> {
    let left: Vec<String> = index.manifests.iter().map(|child| child.digest.to_string()).collect();
    let about = |child: &Descriptor| {
        let subject = child.annotation(DOCKER_REFERENCE_TYPE).and(child.annotation(DOCKER_REFERENCE_DIGEST));
        subject.is_some_and(|subject| {
            gone.iter().any(|gone| gone.digest.to_string() == subject)
                && !left.iter().any(|left| left == subject)
        })
    };
    index.manifests.extract_if(.., |child| about(child)).collect()
}

/// Whether both are one platform, under whatever names.
fn same(a: &Platform, b: &Platform) -> bool {
    let (a, b) = (a.normalized(), b.normalized());
    let what = |p: &Platform| (p.os.clone(), p.architecture.clone(), p.variant.clone());
    what(&a) == what(&b) && a.os_version == b.os_version && a.os_features == b.os_features
}

fn platforms(index: &ImageIndex) -> Vec<String> {
    index.manifests.iter().filter_map(|child| child.platform.as_ref()).map(ToString::to_string).collect()
}

fn tell(child: &Descriptor) -> String {
    let platform = child.platform.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("@{} {platform}", child.digest).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ocidian_spec::MediaType;

    fn child(n: u8, platform: &str) -> Descriptor {
        let mut child = Descriptor::new(MediaType::ImageManifest, Digest::sha256(&[n]), 1);
        child.platform = (!platform.is_empty()).then(|| platform.parse().unwrap());
        child
    }

    fn attestation(n: u8, of: &Descriptor) -> Descriptor {
        let mut child = child(n, "unknown/unknown");
        let about = [
            (DOCKER_REFERENCE_TYPE, "attestation-manifest".to_owned()),
            (DOCKER_REFERENCE_DIGEST, of.digest.to_string()),
        ];
        child.annotations = Some(about.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
        child
    }

    fn digests(index: &ImageIndex) -> Vec<Digest> {
        index.manifests.iter().map(|child| child.digest.clone()).collect()
    }

    #[test]
    fn a_platform_has_one_child_under_whatever_name() {
        let mut index = ImageIndex::new(vec![child(1, "linux/arm64/v8"), child(2, "linux/amd64")]);
        assert_eq!(add(&mut index, child(3, "linux/arm/v7")), Added::New);
        assert_eq!(add(&mut index, child(2, "linux/x86_64")), Added::Same);
        assert_eq!(
            add(&mut index, child(4, "linux/arm64")),
            Added::Replaced(vec![child(1, "linux/arm64/v8")])
        );
        assert_eq!(add(&mut index, child(5, "linux/arm/v6")), Added::New);
        let mut windows = child(6, "windows/amd64");
        windows.platform.as_mut().unwrap().os_version = Some("10.0.1".to_owned());
        assert_eq!(add(&mut index, windows), Added::New);
        assert_eq!(add(&mut index, child(7, "windows/amd64")), Added::New);
        assert_eq!(digests(&index), [4, 2, 3, 5, 6, 7].map(|n| Digest::sha256(&[n])));
    }

    #[test]
    fn one_image_may_stand_for_two_platforms_but_an_artifact_stands_once() {
        let mut index = ImageIndex::new(vec![child(1, "linux/amd64")]);
        assert_eq!(add(&mut index, child(1, "linux/386")), Added::New);
        assert_eq!(add(&mut index, child(2, "")), Added::New);
        assert_eq!(add(&mut index, child(2, "")), Added::Same);
        assert_eq!(index.manifests.len(), 3);
    }

    #[test]
    fn what_attests_a_child_goes_with_it_and_not_before() {
        let (a, b) = (child(1, "linux/amd64"), child(2, "linux/arm64"));
        let mut twice = a.clone();
        twice.platform = Some("linux/386".parse().unwrap());
        let of = |n: u8, child: &Descriptor| attestation(n, child);
        let mut index = ImageIndex::new(vec![a.clone(), twice, of(11, &a), b.clone(), of(12, &b)]);
        let Added::Replaced(gone) = add(&mut index, child(3, "linux/arm64")) else { panic!("not replaced") };
        assert_eq!(gone, [b.clone(), of(12, &b)]);
        assert_eq!(remove(&mut index, &[0]), std::slice::from_ref(&a));
        assert_eq!(remove(&mut index, &[0]).len(), 2);
        assert_eq!(digests(&index), [Digest::sha256(&[3])]);
    }

    #[test]
    fn a_child_is_found_by_digest_or_by_the_platform_that_is_meant() {
        let index = ImageIndex::new(vec![
            child(1, "linux/arm/v7"),
            child(2, "linux/arm/v6"),
            child(3, "linux/amd64/v2"),
            child(4, ""),
        ]);
        let of = |platform: &str| find(&index, &Child::Platform(platform.parse().unwrap()), "x");
        assert_eq!(of("linux/arm/v6").unwrap(), [1]);
        assert_eq!(of("linux/arm").unwrap(), [0], "v7 is what arm means");
        assert_eq!(of("linux/amd64").unwrap(), [2]);
        assert!(matches!(of("linux/arm/v5"), Err(Error::PlatformNotFound { known, .. }) if known.len() == 3));
        let by = |n: u8| find(&index, &Child::Digest(Digest::sha256(&[n])), "x");
        assert_eq!(by(4).unwrap(), [3]);
        assert!(matches!(by(9), Err(Error::RefNotFound { .. })));
        let several = ImageIndex::new(vec![child(1, "linux/amd64/v2"), child(2, "linux/amd64/v3")]);
        let error = find(&several, &Child::Platform("linux/amd64".parse().unwrap()), "x");
        assert!(matches!(error, Err(Error::Ambiguous { candidates, .. }) if candidates.len() == 2));
    }
}
