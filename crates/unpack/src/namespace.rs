//! The user namespace that a bundle needs: none for root, the map that was asked for, or what an
//! ordinary user can have.
//!
//! An ordinary user is root inside. Where `/etc/subuid` and `/etc/subgid` give him ranges, and the
//! helpers that may use them (`newuidmap`, `newgidmap`) are there, these are the ids from 1 on.

use std::process::{Command, Stdio};

use ocidian_spec::runtime::IdMapping;

use crate::convert::UserNamespace;
use crate::ids::{IdMap, IdRange};
use crate::process::Identity;

/// The user namespace for a tree whose owners were mapped so; `rootless`, for one that an ordinary
/// user made.
pub fn user_namespace(ids: &IdMap, rootless: bool) -> Option<UserNamespace> {
    if rootless {
        return Some(rootless_namespace());
    }
    let mappings = |ranges: &[IdRange]| -> Vec<IdMapping> {
        let one = |range: &IdRange| mapping(range.container(), range.host(), range.size());
        if ranges.is_empty() { vec![mapping(0, 0, u32::MAX)] } else { ranges.iter().map(one).collect() }
    };
    let (uid, gid) = (ids.uid_ranges(), ids.gid_ranges());
    let mapped = !uid.is_empty() || !gid.is_empty();
    mapped.then(|| UserNamespace { uid: mappings(uid), gid: mappings(gid), rootless: false })
}

fn mapping(container_id: u32, host_id: u32, size: u32) -> IdMapping {
    IdMapping { container_id, host_id, size }
}

fn rootless_namespace() -> UserNamespace {
    let identity = Identity::of_caller();
    let mut namespace = UserNamespace::of_one(identity.uid, identity.gid);
    if identity.is_root() || !has_helpers() {
        return namespace;
    }
    let name = name_of_caller(identity.uid);
    let range = |path| subordinate(&crate::host::read_small(path).ok()?, name.as_deref(), identity.uid);
    if let (Some(uid), Some(gid)) = (range("/etc/subuid"), range("/etc/subgid")) {
        namespace.uid.push(mapping(1, uid.0, uid.1));
        namespace.gid.push(mapping(1, gid.0, gid.1));
    }
    namespace
}

/// The caller's login name: from `/etc/passwd`, else from whatever directory of users `id` asks.
///
/// Not by getpwuid, which loads the C library's modules for such directories: a statically linked
/// program gets those of another C library, and nothing else here needs any.
fn name_of_caller(uid: u32) -> Option<String> {
    let local = crate::host::read_small("/etc/passwd").ok();
    local.as_deref().and_then(|text| account(text, uid)).map(str::to_owned).or_else(|| {
        let mut id = Command::new("id");
        let output = id.arg("-un").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        let name = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
        Some(name.trim_end().to_owned()).filter(|name| !name.is_empty())
    })
}

/// The name that a passwd file has for a user. A line that ends within its third field may be cut
/// off there, so the fourth has to have begun.
fn account(passwd: &str, uid: u32) -> Option<&str> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (fields.next().is_some() && !name.is_empty() && number.parse() == Ok(uid)).then_some(name)
    })
}

fn has_helpers() -> bool {
    ["newuidmap", "newgidmap"].iter().all(|name| {
        ["/usr/bin/", "/bin/", "/usr/local/bin/"]
            .iter()
            .any(|dir| rustix::fs::access(format!("{dir}{name}"), rustix::fs::Access::EXEC_OK).is_ok())
    })
}

/// The first range of a user's, who stands there by name or number: start and count.
fn subordinate(text: &str, name: Option<&str>, uid: u32) -> Option<(u32, u32)> {
    let number = uid.to_string();
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let who = fields.next()?;
        if Some(who) != name && who != number {
            return None;
        }
        let start: u32 = fields.next()?.parse().ok()?;
        let count: u32 = fields.next()?.trim().parse().ok()?;
        (count > 0 && start.checked_add(count).is_some() && fields.next().is_none()).then_some((start, count))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_found_by_name_or_number_and_bad_lines_are_passed_over() {
        let text = "root:1:2\nme:x:1\nme:100000:65536:9\nme:4294967295:2\nme:100000:65536\n1000:5:6\n";
        assert_eq!(subordinate(text, Some("me"), 7), Some((100_000, 65_536)));
        assert_eq!(subordinate(text, None, 1000), Some((5, 6)));
        assert_eq!(subordinate(text, Some("you"), 8), None);
    }
    #[test]
    fn an_account_is_found_by_its_number_and_half_a_line_is_none() {
        let text = "root:x:0:0:root:/root:/bin/sh\n:x:7:7\nme\nme:x\n+::::::\nme:x:1000:1000::/:\nyou:x:100";
        assert_eq!(account(text, 0), Some("root"));
        assert_eq!(account(text, 1000), Some("me"));
        assert_eq!(account(text, 7), None);
        assert_eq!(account(text, 100), None);
    }
}
