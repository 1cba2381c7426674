//! What a person types for an image. One grammar for all verbs.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::{RefName, Reference};
use crate::digest::{Algorithm, Digest};
use crate::error::{Error, Result, clip};

/// Which image of a store is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// The only one.
    Sole,
    /// The one of that name.
    Name(RefName),
    /// The one of that digest.
    Digest(Digest),
}

/// What a person typed for an image, by the grammar that all verbs share. Text only: whether a
/// bare word is a path is for the caller to find out.
///
/// A path ends at the first `:`, as in skopeo, and all that follows is the tag, which may itself
/// hold `:`, `/` and `@`. `@DIGEST` counts only directly after the path, and only where it is a
/// digest: of a known algorithm, or of 32 characters at least, as in references. (By the grammar
/// alone, `me@home:latest` would end in the digest `home:latest`.)
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageSource {
    /// `oci:PATH[:TAG]`, `oci:PATH@DIGEST`
    Oci {
        /// The layout directory.
        path: PathBuf,
        /// Which image.
        select: Selector,
    },
    /// `oci-archive:FILE[:TAG]`, `oci-archive:FILE@DIGEST`
    OciArchive {
        /// The archive, or `-`.
        path: PathBuf,
        /// Which image.
        select: Selector,
    },
    /// `docker-archive:FILE[:NAME:TAG]`
    DockerArchive {
        /// The archive, or `-`.
        path: PathBuf,
        /// Which image.
        select: Selector,
    },
    /// `dir:PATH`
    Dir {
        /// The directory.
        path: PathBuf,
    },
    /// `docker://HOST/REPO[:TAG][@DIGEST]`
    Registry(Reference),
    /// Anything else.
    Bare(String),
}

impl FromStr for ImageSource {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |reason| Error::Reference { text: clip(text), reason };
        if text.is_empty() {
            return Err(wrong("write which image, for example oci:PATH:TAG"));
        }
        if let Some(reference) = text.strip_prefix("docker://") {
            return reference.parse().map(Self::Registry);
        }
        match text.split_once(':') {
            Some(("oci", rest)) => {
                let missing = "the path is missing: write oci:PATH[:TAG]";
                let (path, select) = path_and_image(rest, missing).map_err(wrong)?;
                Ok(Self::Oci { path, select })
            }
            Some(("oci-archive", rest)) => {
                let missing = "the file is missing: write oci-archive:FILE[:TAG]";
                let (path, select) = path_and_image(rest, missing).map_err(wrong)?;
                Ok(Self::OciArchive { path, select })
            }
            Some(("docker-archive", rest)) => {
                let missing = "the file is missing: write docker-archive:FILE[:NAME:TAG]";
                let (path, select) = path_and_name(rest, missing).map_err(wrong)?;
                Ok(Self::DockerArchive { path, select })
            }
            Some(("dir", "")) => Err(wrong("the path is missing: write dir:PATH")),
            Some(("dir", path)) => Ok(Self::Dir { path: path.into() }),
            _ => Ok(Self::Bare(text.to_owned())),
        }
    }
}

/// `PATH@DIGEST`, else as [`path_and_name`].
fn path_and_image(text: &str, missing: &'static str) -> Result<(PathBuf, Selector), &'static str> {
    match path_and_digest(text) {
        Some(("", _)) => Err(missing),
        Some((path, digest)) => Ok((path.into(), Selector::Digest(digest))),
        None => path_and_name(text, missing),
    }
}

/// The path ends at the first colon, so the digest holds that colon: what stands between the last
/// `@` before it and the end of the text.
fn path_and_digest(text: &str) -> Option<(&str, Digest)> {
    let colon = text.find(':')?;
    let (path, _) = text.get(..colon)?.rsplit_once('@')?;
    let digest: Digest = text.get(path.len() + 1..)?.parse().ok()?;
    let known = !matches!(digest.algorithm(), Algorithm::Other(_));
    (known || digest.encoded().len() >= 32).then_some((path, digest))
}

/// `PATH[:NAME]`
fn path_and_name(text: &str, missing: &'static str) -> Result<(PathBuf, Selector), &'static str> {
    let (path, name) = text.split_once(':').map_or((text, None), |(path, name)| (path, Some(name)));
    if path.is_empty() {
        return Err(missing);
    }
    let select = match name.map(str::parse::<RefName>) {
        None => Selector::Sole,
        Some(Ok(name)) => Selector::Name(name),
        Some(Err(_)) => return Err("a colon, but no tag after it"),
    };
    Ok((path.into(), select))
}

impl fmt::Display for ImageSource {
    /// As it would be typed: what is read again is equal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (form, path, select) = match self {
            Self::Oci { path, select } => ("oci", path, select),
            Self::OciArchive { path, select } => ("oci-archive", path, select),
            Self::DockerArchive { path, select } => ("docker-archive", path, select),
            Self::Dir { path } => ("dir", path, &Selector::Sole),
            Self::Registry(reference) => return write!(f, "docker://{reference}"),
            Self::Bare(text) => return f.write_str(text),
        };
        write!(f, "{form}:{}", path.display())?;
        match select {
            Selector::Sole => Ok(()),
            Selector::Name(name) => write!(f, ":{name}"),
            Selector::Digest(digest) => write!(f, "@{digest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> ImageSource {
        text.parse().unwrap()
    }

    fn named(name: &str) -> Selector {
        Selector::Name(name.parse().unwrap())
    }

    #[test]
    fn a_path_ends_at_the_first_colon() {
        let digest = Digest::sha256(b"");
        let pinned = format!("img@{digest}");
        let twice = format!("a@b@{digest}");
        let tag = format!("img:x@{digest}");
        let tag_only = format!("x@{digest}");
        let other = "img@multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8";
        for (rest, path, select) in [
            ("img", "img", Selector::Sole),
            ("./a/b", "./a/b", Selector::Sole),
            ("img:latest", "img", named("latest")),
            ("img:a:b/c@d", "img", named("a:b/c@d")),
            ("img::", "img", named(":")),
            (&pinned, "img", Selector::Digest(digest.clone())),
            (&twice, "a@b", Selector::Digest(digest.clone())),
            (&tag, "img", named(&tag_only)),
            (other, "img", Selector::Digest(other[4..].parse().unwrap())),
            ("me@home", "me@home", Selector::Sole),
            ("me@home:latest", "me@home", named("latest")),
            ("img@sha256:beef", "img@sha256", named("beef")),
            ("-", "-", Selector::Sole),
        ] {
            let path = PathBuf::from(path);
            let expected = ImageSource::Oci { path: path.clone(), select: select.clone() };
            assert_eq!(parse(&format!("oci:{rest}")), expected);
            let expected = ImageSource::OciArchive { path, select };
            assert_eq!(parse(&format!("oci-archive:{rest}")), expected);
        }
    }

    #[test]
    fn the_other_forms() {
        let archive = |path: &str, select| ImageSource::DockerArchive { path: path.into(), select };
        assert_eq!(parse("docker-archive:a.tar"), archive("a.tar", Selector::Sole));
        assert_eq!(parse("docker-archive:a.tar:h:1/b:c"), archive("a.tar", named("h:1/b:c")));
        assert_eq!(parse("dir:a:b"), ImageSource::Dir { path: "a:b".into() });
        assert_eq!(parse("docker://busybox"), ImageSource::Registry("busybox".parse().unwrap()));
        for bare in ["./img", "img", "busybox:latest", "docker:cli", "ocix:y", ":", "Oci:x"] {
            assert_eq!(parse(bare), ImageSource::Bare(bare.to_owned()));
        }
    }

    #[test]
    fn an_error_says_what_to_write() {
        for (text, reason) in [
            ("", "for example oci:PATH:TAG"),
            ("oci:", "write oci:PATH[:TAG]"),
            ("oci::latest", "write oci:PATH[:TAG]"),
            (
                "oci:@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "write oci:PATH",
            ),
            ("oci:img:", "no tag"),
            ("oci-archive:", "write oci-archive:FILE[:TAG]"),
            ("docker-archive:", "write docker-archive:FILE[:NAME:TAG]"),
            ("docker-archive:x:", "no tag"),
            ("dir:", "write dir:PATH"),
            ("docker://", "repository is missing"),
            ("docker://A", "lower case"),
        ] {
            let error = text.parse::<ImageSource>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
