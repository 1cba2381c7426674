//! Which extended attributes are not the image's: those of the host, and the one that keeps a true owner.

/// The attribute in which an ordinary user keeps the owner that a file cannot be given.
pub const ROOTLESS: &[u8] = b"user.rootlesscontainers";

/// Names, or prefixes ending in `.`, that belong to the host.
const HOST_OWNED: &[&str] = &[
    "security.selinux",
    "security.ima",
    "security.evm",
    "system.nfs4_acl",
    "trusted.overlay.",
    "user.overlay.",
];

/// Whether an attribute belongs to the host: neither set on unpacking nor read on building, unless it is asked for.
pub fn is_host_owned(name: &[u8]) -> bool {
    HOST_OWNED.iter().any(|owned| {
        if owned.ends_with('.') { name.starts_with(owned.as_bytes()) } else { name == owned.as_bytes() }
    })
}

/// A protobuf message of two varints, fields 1 and 2; zeros are left out, as protobuf has it.
pub(crate) fn encode_owner(uid: u32, gid: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(12);
    for (tag, id) in [(0x08, uid), (0x10, gid)] {
        if id == 0 {
            continue;
        }
        bytes.push(tag);
        let mut rest = id;
        while rest >= 0x80 {
            bytes.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        bytes.push(rest as u8);
    }
    bytes
}

/// The owner that [`ROOTLESS`] keeps; `None` where the value is not one that can be.
pub fn decode_owner(value: &[u8]) -> Option<(u32, u32)> {
    let (mut uid, mut gid) = (0, 0);
    let mut rest = value;
    while let [tag, tail @ ..] = rest {
        let length = tail.iter().position(|byte| byte & 0x80 == 0)? + 1;
        let (digits, after) = tail.split_at(length);
        let mut id: u64 = 0;
        for byte in digits.iter().rev() {
            id = id.checked_mul(0x80)? | u64::from(byte & 0x7f);
        }
        let id = u32::try_from(id).ok().filter(|id| *id != u32::MAX)?;
        match tag {
            0x08 => uid = id,
            0x10 => gid = id,
            _ => return None,
        }
        rest = after;
    }
    Some((uid, gid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_protobuf_varints() {
        for ((uid, gid), bytes) in [
            ((0, 0), &[][..]),
            ((1, 0), &[0x08, 1]),
            ((0, 300), &[0x10, 0xac, 0x02]),
            ((1000, 100), &[0x08, 0xe8, 0x07, 0x10, 100]),
            ((u32::MAX - 1, 1), &[0x08, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0x10, 1]),
        ] {
            assert_eq!(encode_owner(uid, gid), bytes);
            assert_eq!(decode_owner(bytes), Some((uid, gid)));
        }
    }

    #[test]
    fn what_is_no_owner_is_none() {
        for bytes in [
            &[0x08][..],
            &[0x08, 0x80],
            &[0x18, 1],
            &[0x08, 0xff, 0xff, 0xff, 0xff, 0x0f],
            &[0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
            b"1000:100",
        ] {
            assert_eq!(decode_owner(bytes), None, "{bytes:?}");
        }
    }
}
