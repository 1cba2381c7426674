//! What a document of an unknown type needs, as far as anyone can tell who does not know the type: the digests that it
//! writes out, of what the source holds, and what those documents write out in turn. A collector keeps that
//! too, so a copy brings it along.

use std::collections::HashSet;

use ocidian_spec::{Descriptor, Digest, MediaType, json};

use super::transfer::Task;
use crate::document;
use crate::error::{Error, Result};
use crate::store::{BlobSource, Role};
use crate::walk::Limits;

/// The tasks for all that `root` mentions, what others need before them.
pub(super) fn by(source: &dyn BlobSource, root: &Descriptor) -> Result<Vec<Task>> {
    let limit = Limits::default().descriptors;
    let mut found: Vec<Task> = Vec::new();
    let mut seen: HashSet<Digest> = [root.digest.clone()].into();
    let mut pending = vec![(Role::Manifest, root.clone())];
    while let Some((role, descriptor)) = pending.pop() {
        if descriptor.size > json::DOCUMENT.size as u64 {
            continue;
        }
        let text = document::raw(source, role, &descriptor)?;
        let certainly = descriptor.digest == root.digest;
        if !certainly && !text.bytes().trim_ascii_start().first().is_some_and(|byte| b"{[".contains(byte)) {
            continue;
        }
        for digest in written(text.bytes()) {
            if !seen.insert(digest.clone()) {
                continue;
            }
            if seen.len() as u64 > limit {
                return Err(Error::Limit { what: "descriptors", limit });
            }
            if let Some(task) = held(source, digest)? {
                pending.push((task.role, task.descriptor.clone()));
                found.push(task);
            }
        }
    }
    found.reverse();
    Ok(found)
}

/// The blob of that digest, where the source has it, whatever it is there.
fn held(source: &dyn BlobSource, digest: Digest) -> Result<Option<Task>> {
    let octets = MediaType::Other("application/octet-stream".to_owned());
    let mut descriptor = Descriptor::new(octets, digest, 0);
    for role in [Role::Blob, Role::Manifest] {
        if let Some(size) = source.stat(role, &descriptor)? {
            descriptor.size = size;
            return Ok(Some(Task { role, descriptor }));
        }
    }
    Ok(None)
}

/// Every `algorithm:encoded` of a known algorithm in a text.
fn written(text: &[u8]) -> impl Iterator<Item = Digest> {
    let colons = text.iter().enumerate().filter(|(_, byte)| **byte == b':').map(|(at, _)| at);
    colons.filter_map(move |colon| {
        let hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let after = text.get(colon + 1..)?;
        let encoded = after.iter().take(128).take_while(|byte| hex(byte)).count();
        let before = text.get(..colon)?;
        let algorithm =
            ["sha256", "sha512", "blake3"].into_iter().find(|name| before.ends_with(name.as_bytes()))?;
        let encoded = std::str::from_utf8(after.get(..encoded)?).ok()?;
        format!("{algorithm}:{encoded}").parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_found_where_they_are_written_out() {
        let a = Digest::sha256(b"a");
        for text in
            [format!("{a}"), format!(r#"{{"blobSum":"{a}"}}"#), format!("name@{a} and sha256:abc :: {a}")]
        {
            assert!(written(text.as_bytes()).all(|found| found == a) && written(text.as_bytes()).count() > 0);
        }
        for text in
            ["", ":", "sha256:", "sha256:abc", &format!("md5:{}", a.encoded()), a.encoded(), &format!("{a}0")]
        {
            assert_eq!(written(text.as_bytes()).count(), 0, "{text}");
        }
    }
}
