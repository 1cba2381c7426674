//! Who is measured, and what each is told to do.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use ocidian_testkit::peers::Peer;

use super::images::{Compression, Image};
use super::measure::{self, Cost};

/// The name of our own.
pub(crate) const OCIDIAN: &str = "ocidian unpack";
/// The name of the one whose tree ours is compared with.
pub(crate) const UMOCI: &str = "umoci unpack";
/// The name of the fair peer: the ratios are to it.
pub(crate) const FAIR: &str = "umoci raw unpack";

/// A program that can unpack.
pub(crate) struct Program {
    /// As the report calls it.
    pub(crate) name: &'static str,
    /// What it says of its version.
    pub(crate) version: String,
    /// A shell script: `$1` layout, `$2` destination, and the layers' files after them.
    script: String,
    reads: &'static [Compression],
}

const ANY: &[Compression] = &[Compression::Gzip, Compression::Zstd];

/// Ocidian and what there is of the others.
pub(crate) fn all(ocidian: &Path) -> Vec<Program> {
    let mut programs = vec![Program {
        name: OCIDIAN,
        version: format!("ocidian {}", env!("CARGO_PKG_VERSION")),
        script: format!("exec '{}' --quiet unpack \"oci:$1:latest\" \"$2\"", ocidian.display()),
        reads: ANY,
    }];
    let mut rival = |tool: &str, name, script: &str, reads| {
        if let Some(peer) = Peer::find(tool) {
            programs.push(Program { name, version: peer.version, script: script.to_owned(), reads });
        }
    };
    let gzip = &[Compression::Gzip];
    let zstd = &[Compression::Zstd];
    rival("umoci", UMOCI, "exec umoci unpack --image \"$1:latest\" \"$2\"", gzip);
    rival("umoci", FAIR, "exec umoci raw unpack --image \"$1:latest\" \"$2\"", gzip);
    rival(
        "buildah",
        "buildah from",
        "mkdir \"$2\"
         exec buildah --root \"$2/root\" --runroot \"$2/run\" --storage-driver overlay from --quiet \"oci:$1:latest\"",
        ANY,
    );
    // They check nothing and know no whiteouts: the floor that a shell reaches. What tar says of
    // layers that do not fit onto each other is part of that.
    let tar = "d=$2; shift 2; mkdir \"$d\"; for layer; do DECODE \"$layer\" | tar -C \"$d\" --numeric-owner -xpf - || true; done";
    rival("zcat", "zcat | tar", &tar.replace("DECODE", "zcat"), gzip);
    rival("zstd", "zstd -dc | tar", &tar.replace("DECODE", "zstd -dcq"), zstd);
    programs
}

impl Program {
    /// Whether it knows the image's compression.
    pub(crate) fn can_unpack(&self, image: &Image) -> bool {
        self.reads.contains(&image.compression)
    }

    /// Unpacks `image` to `destination` and tells what it cost.
    pub(crate) fn measure(&self, image: &Image, destination: &Path) -> Result<Cost> {
        let mut command = Command::new("sh");
        command.args(["-c", &self.script, "sh"]).arg(&image.layout).arg(destination).args(&image.layers);
        measure::cost(&command)
    }
}
