//! `Config.User`, with names looked up in the image's own /etc/passwd and /etc/group.
//!
//! The two files are a stranger's: capped in size, read by lines that must be whole, never through
//! NSS. A number is always an id, never a name; what does not fit an id is refused.

use super::{ConvertError, ImageFiles};

const PASSWD: &str = "/etc/passwd";
const GROUP: &str = "/etc/group";
/// Bytes of either file; tens of thousands of users fit.
const FILE_CAP: u64 = 4 << 20;
/// Bytes of a line; a longer one counts for nothing.
const LINE_CAP: usize = 64 << 10;
/// As many supplementary groups as Linux takes.
const MAX_GROUPS: usize = 65_536;

/// As whom the process runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Supplementary groups, for a named user without a group only; sorted.
    pub(super) groups: Vec<u32>,
    /// The home directory, where it was wanted.
    pub(super) home: Option<String>,
}

/// Looks up `user`, of the form `USER[:GROUP]`; nothing stands for root.
pub(super) fn look_up(
    user: &str,
    wants_home: bool,
    files: &dyn ImageFiles,
    warnings: &mut Vec<String>,
) -> Result<Account, ConvertError> {
    let wrong = |reason: String| ConvertError::User { user: user.to_owned(), reason };
    let (name, group) = split(user).map_err(|reason| wrong(reason.to_owned()))?;
    let needs_line = matches!(name, Some(Who::Name(_))) || (name.is_some() && group.is_none());
    let passwd = match read(files, PASSWD) {
        _ if !needs_line && !wants_home => None,
        Err(error) if !needs_line => {
            warnings.push(format!("HOME is set to /: {error}"));
            None
        }
        read => read?,
    };
    let passwd = passwd.as_deref().unwrap_or_default();
    let line = match name.unwrap_or(Who::Id(0)) {
        Who::Id(uid) => users(passwd).find(|line| line.uid == uid).unwrap_or(UserLine::of(uid)),
        Who::Name(name) => users(passwd)
            .find(|line| line.name == name.as_bytes())
            .ok_or_else(|| wrong(format!("there is none of that name in the image's {PASSWD}")))?,
    };
    let mut account = Account { uid: line.uid, home: wants_home.then(|| line.home()), ..Account::default() };
    match (name, group) {
        (_, Some(Who::Id(gid))) => account.gid = gid,
        (_, Some(Who::Name(group))) => {
            let text = read(files, GROUP)?.unwrap_or_default();
            let line = groups(&text).find(|line| line.name == group.as_bytes());
            let missing = || wrong(format!("there is no group {group:?} in the image's {GROUP}"));
            account.gid = line.ok_or_else(missing)?.gid;
        }
        // Who is not named at all is root, and no more than that.
        (None, None) => {}
        (Some(Who::Id(_)), None) => account.gid = line.gid,
        (Some(Who::Name(name)), None) => {
            account.gid = line.gid;
            account.groups = supplementary(name, line.gid, &read(files, GROUP)?.unwrap_or_default());
            if account.groups.len() > MAX_GROUPS {
                account.groups.truncate(MAX_GROUPS);
                warnings
                    .push(format!("user {name:?} is in more than {MAX_GROUPS} groups; the rest is left out"));
            }
        }
    }
    Ok(account)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who<'a> {
    Id(u32),
    Name(&'a str),
}

impl<'a> Who<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self::Name(text));
        }
        id(text.as_bytes()).map(Self::Id).ok_or("an id must be below 4294967295")
    }
}

/// The parts of `USER[:GROUP]`.
fn split(text: &str) -> Result<(Option<Who<'_>>, Option<Who<'_>>), &'static str> {
    let (user, group) = match text.split_once(':') {
        Some(("", _)) => return Err("there is no user before the colon"),
        // As Docker has it, nothing after the colon is no group.
        Some((user, "")) => (user, None),
        Some((user, group)) => (user, Some(group)),
        None if text.is_empty() => return Ok((None, None)),
        None => (text, None),
    };
    if group.is_some_and(|group| group.contains(':')) {
        return Err("expected USER or USER:GROUP");
    }
    Ok((Some(Who::parse(user)?), group.map(Who::parse).transpose()?))
}

fn read(files: &dyn ImageFiles, path: &str) -> Result<Option<Vec<u8>>, ConvertError> {
    files.read(path, FILE_CAP).map_err(|source| ConvertError::File { path: path.to_owned(), source })
}

/// A line of passwd(5).
#[derive(Debug, Clone, Copy)]
struct UserLine<'a> {
    name: &'a [u8],
    uid: u32,
    gid: u32,
    home: &'a [u8],
}

impl UserLine<'_> {
    /// What stands for an id that has no line.
    fn of(uid: u32) -> Self {
        Self { name: b"", uid, gid: 0, home: b"" }
    }

    /// The home directory, or `/` where the line has none that a variable can hold.
    fn home(&self) -> String {
        match std::str::from_utf8(self.home) {
            Ok(home) if home.starts_with('/') => home.to_owned(),
            _ => "/".to_owned(),
        }
    }
}

/// The lines of a passwd file that are whole. Hand-written files often end before the shell.
fn users(text: &[u8]) -> impl Iterator<Item = UserLine<'_>> {
    lines(text).filter_map(|line| {
        let fields: Vec<_> = line.splitn(8, |b| *b == b':').collect();
        let [name, _, uid, gid, rest @ ..] = &fields[..] else { return None };
        if name.is_empty() || rest.len() > 3 {
            return None;
        }
        Some(UserLine { name, uid: id(uid)?, gid: id(gid)?, home: rest.get(1).copied().unwrap_or_default() })
    })
}

/// A line of group(5).
#[derive(Debug, Clone, Copy)]
struct GroupLine<'a> {
    name: &'a [u8],
    gid: u32,
    members: &'a [u8],
}

/// The lines of a group file that are whole.
fn groups(text: &[u8]) -> impl Iterator<Item = GroupLine<'_>> {
    lines(text).filter_map(|line| {
        let fields: Vec<_> = line.splitn(5, |b| *b == b':').collect();
        let [name, _, gid, rest @ ..] = &fields[..] else { return None };
        if name.is_empty() || rest.len() > 1 {
            return None;
        }
        Some(GroupLine { name, gid: id(gid)?, members: rest.first().copied().unwrap_or_default() })
    })
}

/// The groups that have `name` as a member, without the primary one.
fn supplementary(name: &str, primary: u32, text: &[u8]) -> Vec<u32> {
    let is_member = |line: &GroupLine<'_>| line.members.split(|b| *b == b',').any(|m| m == name.as_bytes());
    let mut gids: Vec<u32> = groups(text).filter(is_member).map(|line| line.gid).collect();
    gids.sort_unstable();
    gids.dedup();
    gids.retain(|gid| *gid != primary);
    gids
}

/// Lines without those that are comments, NIS's, or no text that a line can have.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|b| *b == b'\n').filter(|line| {
        line.len() <= LINE_CAP
            && !line.contains(&0)
            && !matches!(line.first(), None | Some(b'#' | b'+' | b'-'))
    })
}

/// Digits that make an id; `u32::MAX` stands for "none" to the kernel and is no id.
fn id(text: &[u8]) -> Option<u32> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok().filter(|id| *id != u32::MAX)
}

#[cfg(test)]
mod tests;
