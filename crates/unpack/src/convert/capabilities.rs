//! Capabilities: the set that Docker gives, with what the caller adds and drops.

use std::collections::BTreeSet;

use ocidian_spec::Members;
use ocidian_spec::runtime::{CAPABILITIES, Capabilities};

use super::flags::CapabilityFlag;

/// What images are tested with: Docker's set.
const DEFAULT: &[&str] = &[
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

/// The five sets for a process of user `uid`.
///
/// Root holds the whole set. Any other user could not use it, because exec clears it, so that user
/// gets as ambient ones those that the caller added by name, which is what adding them was for.
pub(super) fn sets(add: &[CapabilityFlag], drop: &[CapabilityFlag], uid: u32) -> Capabilities {
    let bounding = bounding(add, drop);
    let held: BTreeSet<_> = match uid {
        0 => bounding.clone(),
        _ => add.iter().filter_map(CapabilityFlag::one).filter(|name| bounding.contains(name)).collect(),
    };
    let ambient = if uid == 0 { BTreeSet::new() } else { held.clone() };
    let list = |set: BTreeSet<&str>| (!set.is_empty()).then(|| set.into_iter().map(str::to_owned).collect());
    Capabilities {
        bounding: list(bounding),
        effective: list(held.clone()),
        permitted: list(held),
        inheritable: list(ambient.clone()),
        ambient: list(ambient),
        other: Members::default(),
    }
}

/// `ALL` is the ground that single names stand on, wherever it is given; dropping it wins over
/// adding it, adding a name wins over dropping it.
fn bounding(add: &[CapabilityFlag], drop: &[CapabilityFlag]) -> BTreeSet<&'static str> {
    let mut set: BTreeSet<_> = if drop.contains(&CapabilityFlag::All) {
        BTreeSet::new()
    } else if add.contains(&CapabilityFlag::All) {
        CAPABILITIES.iter().map(|capability| capability.name).collect()
    } else {
        DEFAULT.iter().copied().collect()
    };
    for name in drop.iter().filter_map(CapabilityFlag::one) {
        set.remove(name);
    }
    set.extend(add.iter().filter_map(CapabilityFlag::one));
    set
}

#[cfg(test)]
mod tests {
    use ocidian_spec::runtime::Capability;

    use super::*;

    fn flags(names: &[&str]) -> Vec<CapabilityFlag> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn names_are_added_and_dropped() {
        type Case<'a> = (&'a [&'a str], &'a [&'a str], &'a [&'a str], &'a [&'a str]);
        let cases: &[Case<'_>] = &[
            (&[], &[], &["CAP_CHOWN", "CAP_KILL"], &["CAP_SYS_ADMIN"]),
            (&["SYS_ADMIN"], &["CAP_CHOWN"], &["CAP_SYS_ADMIN", "CAP_KILL"], &["CAP_CHOWN"]),
            (&["net_admin"], &["all"], &["CAP_NET_ADMIN"], &["CAP_CHOWN"]),
            (&["ALL"], &["KILL"], &["CAP_SYS_ADMIN"], &["CAP_KILL"]),
            (&["ALL", "KILL"], &["ALL"], &["CAP_KILL"], &["CAP_CHOWN"]),
            (&["KILL"], &["KILL"], &["CAP_KILL"], &[]),
        ];
        for (add, drop, with, without) in cases {
            let set = bounding(&flags(add), &flags(drop));
            assert!(with.iter().all(|name| set.contains(name)), "+{add:?} -{drop:?}: {set:?}");
            assert!(without.iter().all(|name| !set.contains(name)), "+{add:?} -{drop:?}: {set:?}");
        }
    }

    #[test]
    fn only_what_was_added_by_name_reaches_an_ordinary_user() {
        let root = sets(&flags(&["SYS_TIME"]), &[], 0);
        assert_eq!(root.effective, root.bounding);
        assert_eq!(root.ambient, None);
        let user = sets(&flags(&["SYS_TIME"]), &[], 1000);
        assert_eq!(user.bounding, root.bounding);
        for set in [user.effective, user.permitted, user.inheritable, user.ambient] {
            assert_eq!(set.unwrap(), ["CAP_SYS_TIME"]);
        }
        assert_eq!(sets(&[], &[], 1000).ambient, None);
        assert_eq!(sets(&[], &flags(&["ALL"]), 0).bounding, None);
    }

    #[test]
    fn the_default_has_capabilities_that_there_are() {
        assert!(DEFAULT.iter().all(|name| Capability::named(name).is_some()), "{DEFAULT:?}");
    }
}
