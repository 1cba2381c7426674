//! An ordinary user to be, for what must work without root.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::{cache, run};

const NAME: &str = "ocidian-test";

/// A user without rights, with a range of subordinate ids, and a directory of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestUser {
    /// Its name.
    pub name: String,
    /// Its user id.
    pub uid: u32,
    /// Its group id.
    pub gid: u32,
    /// The first of its subordinate user ids and how many there are.
    pub subuids: (u32, u32),
    /// The first of its subordinate group ids and how many there are.
    pub subgids: (u32, u32),
}

impl TestUser {
    /// The user, made now if root asks and it does not exist. Without root there is none: a test
    /// that then wants to be an ordinary user simply is one.
    pub fn get() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            bail!("only root can make the user {NAME} and become it");
        }
        let _lock = cache::lock("user")?;
        if lookup()?.is_none() {
            run::stdout(Command::new("useradd").args(["--create-home", "--shell", "/bin/sh", NAME]))?;
        }
        for file in ["/etc/subuid", "/etc/subgid"] {
            if subordinate(file)?.is_none() {
                let flag = if file.ends_with("uid") { "--add-subuids" } else { "--add-subgids" };
                run::stdout(Command::new("usermod").args([flag, "300000-365535", NAME]))?;
            }
        }
        let (uid, gid) = lookup()?.with_context(|| format!("useradd made no {NAME}"))?;
        let runtime = runtime_directory(uid);
        let prepare = "install -d -m 0700 -o \"$1\" -g \"$2\" \"$3\"";
        run::script(prepare, &[uid.to_string().as_ref(), gid.to_string().as_ref(), runtime.as_ref()])?;
        Ok(Self {
            name: NAME.to_owned(),
            uid,
            gid,
            subuids: subordinate("/etc/subuid")?.context("no range in /etc/subuid")?,
            subgids: subordinate("/etc/subgid")?.context("no range in /etc/subgid")?,
        })
    }

    /// A command run as the user, with an environment as after a login and its own directory for
    /// what runtimes keep.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", &self.uid.to_string(), "--regid", &self.gid.to_string()]);
        command.args(["--init-groups", "--reset-env", "--inh-caps=-all", "--"]);
        command.args(["env", &format!("XDG_RUNTIME_DIR={}", runtime_directory(self.uid))]);
        command.arg(program);
        command.current_dir("/");
        command
    }

    /// A command run as root of a namespace of the user's own, its subordinate ids mapped from 1 on.
    pub fn namespace_command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.command("unshare");
        command.args(["--user", "--map-root-user", "--map-auto", "--mount", "--"]).arg(program);
        command
    }

    /// A new directory that the user owns, below a temporary one that all may pass.
    pub fn directory(&self) -> Result<UserDirectory> {
        use std::os::unix::fs::PermissionsExt as _;
        let holder = tempfile::tempdir()?;
        std::fs::set_permissions(holder.path(), std::fs::Permissions::from_mode(0o755))?;
        let path = holder.path().join("home");
        std::fs::create_dir(&path)?;
        self.give(&path)?;
        Ok(UserDirectory { _holder: holder, path })
    }

    /// Makes the user the owner of `path` and, if it is a directory, of all that is below.
    pub fn give(&self, path: &Path) -> Result<()> {
        let owner = format!("{}:{}", self.uid, self.gid);
        run::stdout(Command::new("chown").args(["-hR", &owner]).arg(path)).map(drop)
    }
}

/// A directory that a [`TestUser`] owns; gone when dropped.
#[derive(Debug)]
pub struct UserDirectory {
    _holder: tempfile::TempDir,
    path: PathBuf,
}

impl UserDirectory {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Where programs that the user runs keep their state: there is no login that would make one.
fn runtime_directory(uid: u32) -> String {
    format!("/run/{NAME}-{uid}")
}

fn lookup() -> Result<Option<(u32, u32)>> {
    let passwd = std::fs::read_to_string("/etc/passwd").context("/etc/passwd")?;
    for line in passwd.lines() {
        let mut fields = line.split(':');
        if fields.next() == Some(NAME) {
            let mut fields = fields.skip(1);
            let mut number = || -> Result<u32> { Ok(fields.next().unwrap_or_default().parse()?) };
            return Ok(Some((number()?, number()?)));
        }
    }
    Ok(None)
}

fn subordinate(file: &str) -> Result<Option<(u32, u32)>> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    for line in text.lines() {
        let mut fields = line.split(':');
        if fields.next() == Some(NAME) {
            let mut number = || -> Result<u32> { Ok(fields.next().unwrap_or_default().parse()?) };
            return Ok(Some((number()?, number()?)));
        }
    }
    Ok(None)
}
