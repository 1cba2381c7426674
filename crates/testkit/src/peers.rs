//! Other tools and this machine's abilities: what a test may need and not find.
//!
//! One rule for both: absent, the test prints `SKIPPED` with the reason and returns; under `CI=true`
//! it panics instead, so that a green run there has left nothing out.

use std::env;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run;
use crate::user::TestUser;

/// A tool found on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The name it was asked for by.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// The first line of what it says of its version, if it says anything.
    pub version: String,
}

impl Peer {
    /// Looks `name` up in `PATH`, then where administrators' tools live.
    pub fn find(name: &str) -> Option<Self> {
        let path = locate(name)?;
        let version = version_of(&path);
        Some(Self { name: name.to_owned(), path, version })
    }

    /// A command that runs it.
    pub fn command(&self) -> Command {
        Command::new(&self.path)
    }

    /// A command that runs a container runtime where its cgroup code works. crun refuses a machine
    /// whose version 1 hierarchy has a version 2 one with controllers beside it: for it that second
    /// one is unmounted, in a mount namespace of its own. (Removing the directory instead would
    /// detach the mount for everyone.) Needs root for crun on such a machine.
    pub fn runtime_command(&self) -> Command {
        self.behind(Command::new(&self.path))
    }

    /// As [`runtime_command`](Self::runtime_command), but run as `user`, by root.
    pub fn runtime_command_as(&self, user: &TestUser) -> Command {
        self.behind(user.command(&self.path))
    }

    fn behind(&self, inner: Command) -> Command {
        const UNIFIED: &str = "/sys/fs/cgroup/unified";
        let hybrid = std::fs::read_to_string(format!("{UNIFIED}/cgroup.controllers"))
            .is_ok_and(|controllers| !controllers.trim().is_empty());
        if self.name != "crun" || !hybrid {
            return inner;
        }
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "sh", "-euc"]);
        command.args([&format!("umount {UNIFIED}; exec \"$@\""), "sh"]);
        command.arg(inner.get_program()).args(inner.get_args());
        command
    }
}

fn locate(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = env::split_paths(&path).collect();
    places.extend(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from));
    places.into_iter().map(|place| place.join(name)).find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

fn version_of(path: &Path) -> String {
    let Ok(output) = run::output(Command::new(path).arg("--version")) else { return String::new() };
    let said = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
    let said = String::from_utf8_lossy(said);
    if output.status.success() { said.lines().next().unwrap_or_default().to_owned() } else { String::new() }
}

/// What a machine or a caller may or may not be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// The caller is root and may mount.
    Root,
    /// An ordinary user's namespace, ids mapped by `newuidmap`.
    UserNamespaces,
    /// Overlay mounts, by root.
    Overlay,
    /// A tmpfs of one's own, by root.
    Tmpfs,
    /// Cgroups in which a container runtime can run.
    Containers,
}

impl Capability {
    /// Whether it is there, or why not.
    pub fn check(self) -> Result<(), String> {
        let probe = |script: &str, what: &str| match run::script(script, &[]) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("{what}: {}", last_line(&error.to_string()))),
        };
        match self {
            Self::Root if rustix::process::geteuid().is_root() => {
                probe("unshare --mount true", "root may not mount here")
            }
            Self::Root => Err("this test needs root".to_owned()),
            Self::UserNamespaces => match TestUser::get() {
                Err(error) => Err(format!("no ordinary user: {error:#}")),
                Ok(user) => run::stdout(&mut user.namespace_command("true"))
                    .map(drop)
                    .map_err(|error| format!("no user namespaces: {}", last_line(&error.to_string()))),
            },
            Self::Tmpfs => probe(
                "d=$(mktemp -d); trap 'rmdir $d' EXIT; unshare --mount mount -t tmpfs tmpfs $d",
                "no tmpfs can be mounted",
            ),
            Self::Overlay => probe(
                "d=$(mktemp -d); trap 'rmdir $d' EXIT
                 unshare --mount sh -euc 'mount -t tmpfs tmpfs $1; cd $1; mkdir a b m
                 mount -t overlay overlay -o lowerdir=a:b m' sh $d",
                "no overlay can be mounted",
            ),
            Self::Containers => {
                let root = rustix::process::geteuid().is_root();
                let v2 = Path::new("/sys/fs/cgroup/cgroup.procs").exists();
                let v1 = Path::new("/sys/fs/cgroup/devices").exists();
                match (root, v1 || v2) {
                    (_, true) => Ok(()),
                    (_, false) => Err("no cgroups are mounted".to_owned()),
                }
            }
        }
    }
}

fn last_line(text: &str) -> &str {
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default()
}

/// The tool, or `None` after a visible word that `test` is skipped; a panic under `CI=true`.
pub fn need(test: &str, tool: &str) -> Option<Peer> {
    let peer = Peer::find(tool);
    if peer.is_none() {
        skip(test, &format!("{tool} is not installed"));
    }
    peer
}

/// Whether the machine can do it; if not, as [`need`].
pub fn able(test: &str, capability: Capability) -> bool {
    match capability.check() {
        Ok(()) => true,
        Err(reason) => {
            skip(test, &reason);
            false
        }
    }
}

/// Says that `test` is skipped and why; a panic under `CI=true`.
pub fn skip(test: &str, reason: &str) {
    let ci = env::var_os("CI").is_some_and(|value| value == OsStr::new("true"));
    assert!(!ci, "{test}: {reason}, and CI=true allows no skips");
    // Not eprintln: the test harness would keep that to itself when the test passes.
    let line = format!("SKIPPED {test}: {reason}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// The name of the test that this stands in, for [`need`] and [`able`].
#[macro_export]
macro_rules! this_test {
    () => {
        std::thread::current().name().unwrap_or(module_path!()).to_owned()
    };
}

/// Leaves the test, visibly, unless every tool named is installed:
/// `require!("umoci", "runc")`. Gives the [`Peer`]s in that order, as an array.
#[macro_export]
macro_rules! require {
    ($($tool:expr),+ $(,)?) => {
        [$(match $crate::peers::need(&$crate::this_test!(), $tool) {
            Some(peer) => peer,
            None => return,
        }),+]
    };
}

/// Leaves the test, visibly, unless the machine has every [`Capability`] named:
/// `require_able!(Root, Overlay)`.
#[macro_export]
macro_rules! require_able {
    ($($capability:ident),+ $(,)?) => {
        $(if !$crate::peers::able(&$crate::this_test!(), $crate::peers::Capability::$capability) {
            return;
        })+
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_is_found_and_nonsense_is_not() {
        assert!(Peer::find("sh").is_some_and(|peer| peer.path.is_absolute()));
        assert_eq!(Peer::find("no-such-tool-anywhere"), None);
    }

    #[test]
    fn an_argument_reaches_the_tool() {
        let peer = Peer::find("sh").unwrap();
        assert_eq!(run::stdout(peer.command().args(["-c", "echo hello"])).unwrap(), "hello\n");
    }
}
