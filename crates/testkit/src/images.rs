//! Real images: a Debian root file system with everything that ordinary and odd images have in
//! them, put in layouts by three writers that are not ours.
//!
//! The changes of each layer are shell scripts beside this file, run on a root directory; the
//! writer finds out by itself what changed. Packages come from wherever this machine's apt is told
//! to get them. All is cached: see [`crate::cache`].

mod recipe;
mod writers;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::peers::{Capability, Peer, able, need, skip};
use crate::{cache, run};

/// Who wrote the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// umoci, by `repack`.
    Umoci,
    /// skopeo, from buildah's by way of a docker-archive.
    Skopeo,
    /// buildah, by `commit` and `push`.
    Buildah,
}

impl Writer {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Umoci, Self::Skopeo, Self::Buildah];

    fn name(self) -> &'static str {
        match self {
            Self::Umoci => "umoci",
            Self::Skopeo => "skopeo",
            Self::Buildah => "buildah",
        }
    }

    fn tools(self) -> &'static [&'static str] {
        match self {
            Self::Umoci => &["umoci"],
            Self::Skopeo => &["skopeo"],
            Self::Buildah => &["buildah"],
        }
    }
}

/// How many layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One that holds the end result.
    One,
    /// One for each change, with whiteouts, type changes and links across them.
    Several,
}

/// An image in a layout directory. The directory is shared between tests: do not write to it.
#[derive(Debug, Clone)]
pub struct Image {
    /// The layout.
    pub layout: PathBuf,
    /// The tag.
    pub tag: String,
}

impl Image {
    /// As Ocidian and skopeo name it: `oci:PATH:TAG`.
    pub fn reference(&self) -> String {
        format!("oci:{}", self.umoci_reference())
    }

    /// As umoci names it: `PATH:TAG`.
    pub fn umoci_reference(&self) -> String {
        format!("{}:{}", self.layout.display(), self.tag)
    }

    /// Unpacks it with umoci into the bundle directory `bundle`, which must not exist; its root
    /// file system.
    pub fn umoci_unpack(&self, bundle: &Path) -> Result<PathBuf> {
        let mut command = Command::new("umoci");
        command.args(["unpack", "--image", &self.umoci_reference()]).arg(bundle);
        run::stdout(&mut command)?;
        Ok(bundle.join("rootfs"))
    }
}

/// The Debian image by `writer`; `None` after a visible word that `test` is skipped.
///
/// It runs `sh -c 'id; pwd'` as the named user `app` in `/srv/app`, with `GREETING=hello`.
pub fn debian(test: &str, writer: Writer, shape: Shape) -> Option<Image> {
    if !able(test, Capability::Root) {
        return None;
    }
    let mut versions = String::new();
    for tool in writer.tools().iter().chain(&["setfacl", "setfattr", "setcap"]) {
        let peer: Peer = need(test, tool)?;
        versions.push_str(&peer.version);
    }
    let source = match writer {
        Writer::Skopeo => debian(test, Writer::Buildah, shape)?.layout,
        Writer::Umoci | Writer::Buildah => debian_parts(test)?,
    };
    let name = format!("debian-{}-{}", writer.name(), if shape == Shape::One { "one" } else { "several" });
    let recipe = format!("{versions}\n{}\n{}", source.display(), recipe::text());
    let made = cache::item(&name, &recipe, |directory| writers::write(writer, shape, &source, directory));
    match made {
        Ok(directory) => Some(Image { layout: directory.join("layout"), tag: "latest".to_owned() }),
        Err(error) => panic!("{name}: {error:#}"),
    }
}

/// Where `debian.tar`, a minimal root file system, and a few packages to install are; `None` after
/// a visible word that `test` is skipped because this machine has no access to packages.
pub fn debian_parts(test: &str) -> Option<PathBuf> {
    if !able(test, Capability::Root) {
        return None;
    }
    need(test, "mmdebstrap")?;
    match cache::item("debian-parts", recipe::PARTS, |directory| {
        run::script(recipe::PARTS, &[directory.as_os_str()]).map(drop)
    }) {
        Ok(directory) => Some(directory),
        Err(error) => {
            skip(test, &format!("no Debian packages to be had: {error:#}"));
            None
        }
    }
}
