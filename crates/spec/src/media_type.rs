//! Media types, with Docker's folded into the same kinds.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
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
