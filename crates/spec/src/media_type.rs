//! Media types, with Docker's folded into the same kinds. image-spec `media-types.md`.
//!
//! Compared byte for byte: what a document says is a name to look up, not a text to interpret.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, clip};
use crate::json;

/// A media type. Known ones are variants; all others are kept as they were written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MediaType {
    /// `application/vnd.oci.image.index.v1+json`
    ImageIndex,
    /// `application/vnd.oci.image.manifest.v1+json`
    ImageManifest,
    /// `application/vnd.oci.image.config.v1+json`
    ImageConfig,
    /// `application/vnd.oci.image.layer.v1.tar` and its compressed forms.
    ImageLayer(Compression),
    /// `application/vnd.oci.image.layer.nondistributable.v1.tar` and its compressed forms.
    NondistributableLayer(Compression),
    /// `application/vnd.oci.empty.v1+json`
    Empty,
    /// `application/vnd.docker.distribution.manifest.list.v2+json`
    DockerManifestList,
    /// `application/vnd.docker.distribution.manifest.v2+json`
    DockerManifest,
    /// `application/vnd.docker.container.image.v1+json`
    DockerConfig,
    /// `application/vnd.docker.image.rootfs.diff.tar` and `….tar.gzip`
    DockerLayer(Compression),
    /// `application/vnd.docker.image.rootfs.foreign.diff.tar.gzip`
    DockerForeignLayer(Compression),
    /// Any other, as written.
    Other(String),
}

/// How a layer's tar is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Compression {
    /// Not at all.
    None,
    /// RFC 1952, of one or more members.
    Gzip,
    /// RFC 8478, of one or more frames.
    Zstd,
}

/// What a media type stands for, whoever defined it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An image index or a Docker manifest list.
    Index,
    /// An image manifest.
    Manifest,
    /// An image config.
    Config,
    /// A layer that this toolkit can read.
    Layer(Compression),
    /// The empty descriptor's.
    Empty,
    /// Opaque.
    Other,
}

const TABLE: &[(&str, MediaType)] = {
    use Compression::{Gzip, None, Zstd};
    use MediaType as M;
    &[
        ("application/vnd.oci.image.index.v1+json", M::ImageIndex),
        ("application/vnd.oci.image.manifest.v1+json", M::ImageManifest),
        ("application/vnd.oci.image.config.v1+json", M::ImageConfig),
        ("application/vnd.oci.image.layer.v1.tar", M::ImageLayer(None)),
        ("application/vnd.oci.image.layer.v1.tar+gzip", M::ImageLayer(Gzip)),
        ("application/vnd.oci.image.layer.v1.tar+zstd", M::ImageLayer(Zstd)),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar", M::NondistributableLayer(None)),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", M::NondistributableLayer(Gzip)),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", M::NondistributableLayer(Zstd)),
        ("application/vnd.oci.empty.v1+json", M::Empty),
        ("application/vnd.docker.distribution.manifest.list.v2+json", M::DockerManifestList),
        ("application/vnd.docker.distribution.manifest.v2+json", M::DockerManifest),
        ("application/vnd.docker.container.image.v1+json", M::DockerConfig),
        ("application/vnd.docker.image.rootfs.diff.tar", M::DockerLayer(None)),
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", M::DockerLayer(Gzip)),
        ("application/vnd.docker.image.rootfs.diff.tar.zstd", M::DockerLayer(Zstd)),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar", M::DockerForeignLayer(None)),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", M::DockerForeignLayer(Gzip)),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.zstd", M::DockerForeignLayer(Zstd)),
    ]
};

impl MediaType {
    /// The media type as text.
    pub fn as_str(&self) -> &str {
        if let Self::Other(text) = self {
            return text;
        }
        TABLE.iter().find(|(_, known)| known == self).map_or("", |(text, _)| text)
    }

    /// A media type that must be one by RFC 6838: what a person types.
    ///
    /// # Errors
    /// [`Error::MediaType`] where it is not [valid](Self::is_valid).
    pub fn checked(text: &str) -> Result<Self> {
        let media_type: Self = text.parse()?;
        if media_type.is_valid() { Ok(media_type) } else { Err(Error::MediaType { text: clip(text) }) }
    }

    /// Whether it is one by RFC 6838, section 4.2: two names of 127 characters at most. Documents
    /// hold others, which are kept all the same.
    pub fn is_valid(&self) -> bool {
        fn restricted_name(name: &str) -> bool {
            let legal = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
            name.len() <= 127
                && name.starts_with(|c: char| c.is_ascii_alphanumeric())
                && name.bytes().all(legal)
        }
        self.as_str().split_once('/').is_some_and(|(top, sub)| restricted_name(top) && restricted_name(sub))
    }

    /// What it stands for, Docker's types folded in.
    pub fn kind(&self) -> Kind {
        match self {
            Self::ImageIndex | Self::DockerManifestList => Kind::Index,
            Self::ImageManifest | Self::DockerManifest => Kind::Manifest,
            Self::ImageConfig | Self::DockerConfig => Kind::Config,
            Self::ImageLayer(c)
            | Self::NondistributableLayer(c)
            | Self::DockerLayer(c)
            | Self::DockerForeignLayer(c) => Kind::Layer(*c),
            Self::Empty => Kind::Empty,
            Self::Other(_) => Kind::Other,
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MediaType {
    type Err = Error;

    /// Takes any text: the grammar is for `validate` to judge, a reader must keep what it finds.
    fn from_str(text: &str) -> Result<Self> {
        Ok(TABLE
            .iter()
            .find(|(known, _)| *known == text)
            .map_or_else(|| Self::Other(text.to_owned()), |(_, m)| m.clone()))
    }
}

impl Serialize for MediaType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for MediaType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        json::text(deserializer, "a media type")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_has_a_name_of_its_own() {
        use MediaType::*;
        let mut all = vec![
            ImageIndex,
            ImageManifest,
            ImageConfig,
            Empty,
            DockerManifestList,
            DockerManifest,
            DockerConfig,
        ];
        for c in [Compression::None, Compression::Gzip, Compression::Zstd] {
            all.extend([ImageLayer(c), NondistributableLayer(c), DockerLayer(c), DockerForeignLayer(c)]);
        }
        assert_eq!(all.len(), TABLE.len());
        for media_type in all {
            assert!(media_type.is_valid(), "{media_type:?}");
            assert_eq!(media_type.as_str().parse(), Ok(media_type));
        }
    }

    #[test]
    fn kinds_fold_docker_in() {
        for (text, kind) in [
            ("application/vnd.docker.distribution.manifest.list.v2+json", Kind::Index),
            ("application/vnd.docker.distribution.manifest.v2+json", Kind::Manifest),
            ("application/vnd.docker.container.image.v1+json", Kind::Config),
            ("application/vnd.docker.image.rootfs.diff.tar.gzip", Kind::Layer(Compression::Gzip)),
            ("application/vnd.oci.image.layer.v1.tar+zstd", Kind::Layer(Compression::Zstd)),
            ("application/vnd.oci.empty.v1+json", Kind::Empty),
            ("application/vnd.oci.image.manifest.v1+JSON", Kind::Other),
            ("application/vnd.docker.distribution.manifest.v1+prettyjws", Kind::Other),
            ("", Kind::Other),
        ] {
            assert_eq!(text.parse::<MediaType>().unwrap().kind(), kind, "{text}");
        }
    }

    #[test]
    fn validity_is_rfc_6838s() {
        let longest = format!("a/{}", "b".repeat(127));
        for good in ["a/b", "application/x.y+json", "0/1", "a/b!#$&-^_.+", &longest] {
            assert!(MediaType::checked(good).is_ok(), "{good}");
        }
        let too_long = format!("{longest}b");
        for bad in
            ["", "a", "a/", "/b", "a/b/c", "a b/c", "a/b; c=d", "a/.b", "+a/b", "a/b*", "ä/b", &too_long]
        {
            assert!(MediaType::checked(bad).is_err(), "{bad}");
            assert_eq!(bad.parse::<MediaType>().unwrap().as_str(), bad);
        }
    }
}
