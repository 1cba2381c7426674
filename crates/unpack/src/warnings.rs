//! What a person should know though nothing failed: each kind once, with its first case and a count.

use std::collections::BTreeMap;

/// Warnings, gathered. A hundred thousand files on a file system without xattrs are one line.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    kinds: BTreeMap<String, (String, u64)>,
}

impl Warnings {
    /// Adds a case of `kind`, which happened at `path`.
    pub(crate) fn add(&mut self, kind: impl Into<String>, path: &[u8]) {
        let entry = self.kinds.entry(kind.into()).or_insert_with(|| (path.escape_ascii().to_string(), 0));
        entry.1 += 1;
    }

    /// One line a kind.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |(kind, (path, count)): (&String, &(String, u64))| match count {
            1 => format!("{kind} ({path})"),
            _ => format!("{kind} ({path} and {} more)", count - 1),
        };
        self.kinds.iter().map(line).collect()
    }
}
