//! The tools that the tests compare with, from the distribution's packages.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::Result;
use ocidian_testkit::peers::Peer;

/// What a test may run, and the Debian package that has it.
const TOOLS: [(&str, &str); 25] = [
    ("umoci", "umoci"),
    ("skopeo", "skopeo"),
    ("buildah", "buildah"),
    ("runc", "runc"),
    ("crun", "crun"),
    ("bsdtar", "libarchive-tools"),
    ("mtree", "mtree-netbsd"),
    ("mmdebstrap", "mmdebstrap"),
    ("busybox", "busybox-static"),
    ("newuidmap", "uidmap"),
    ("zstd", "zstd"),
    ("pigz", "pigz"),
    ("igzip", "isal"),
    ("bsdcat", "libarchive-tools"),
    ("python3", "python3"),
    ("setfattr", "attr"),
    ("setfacl", "acl"),
    ("setcap", "libcap2-bin"),
    ("oci-image-tool", "oci-image-tool"),
    ("useradd", "passwd"),
    ("unshare", "util-linux"),
    ("mkfs.ext4", "e2fsprogs"),
    ("mkfs.xfs", "xfsprogs"),
    ("strace", "strace"),
    ("valgrind", "valgrind"),
];

/// Names of the tools that are not there.
pub(crate) fn missing() -> Vec<&'static str> {
    TOOLS.iter().filter(|(tool, _)| Peer::find(tool).is_none()).map(|(tool, _)| *tool).collect()
}

/// Installs what is missing, where this is root on a machine with apt-get. The tools that are
/// missing even then.
pub(crate) fn install() -> Result<Vec<&'static str>> {
    let lacking = missing();
    if lacking.is_empty() {
        println!("all {} tools are installed", TOOLS.len());
        return Ok(lacking);
    }
    if !nix::unistd::geteuid().is_root() || Peer::find("apt-get").is_none() {
        println!("not installed, and only root with apt-get could: {}", lacking.join(" "));
        return Ok(lacking);
    }
    let packages: BTreeSet<&str> =
        TOOLS.iter().filter(|(tool, _)| lacking.contains(tool)).map(|(_, package)| *package).collect();
    println!("installing {}", packages.iter().copied().collect::<Vec<_>>().join(" "));
    if !apt_get(&["install", "--no-install-recommends", "--no-upgrade"], &packages)? {
        apt_get(&["update"], &BTreeSet::new())?;
        if !apt_get(&["install", "--no-install-recommends", "--no-upgrade"], &packages)? {
            // One that this release does not have must not keep the others away.
            for package in &packages {
                let one = BTreeSet::from([*package]);
                apt_get(&["install", "--no-install-recommends", "--no-upgrade"], &one)?;
            }
        }
    }
    Ok(missing())
}

fn apt_get(verb: &[&str], packages: &BTreeSet<&str>) -> Result<bool> {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").stdin(std::process::Stdio::null());
    command.args(["--yes", "--quiet=2", "-o", "Dpkg::Use-Pty=0"]).args(verb).args(packages);
    Ok(command.status()?.success())
}
