//! Archives made byte by byte, so that a test can hold what no writer would write.

use ocidian_layer::tar::{Limits, RawEntry, Reader, Trailer};
use ocidian_layer::{Change, Changeset, Error, Result};

/// The two blocks that end an archive.
pub(crate) const END: [u8; 1024] = [0; 1024];

/// A header block under construction.
#[derive(Clone)]
pub(crate) struct Header(pub(crate) [u8; 512]);

impl Header {
    pub(crate) fn new(typeflag: u8, name: &str) -> Self {
        let mut block = [0; 512];
        block[156] = typeflag;
        block[257..265].copy_from_slice(b"ustar\x0000");
        Self(block)
            .put(0, name.as_bytes())
            .put(100, b"0000644\0")
            .put(108, b"0001750\0")
            .put(116, b"0000144\0")
            .put(136, b"00000000005\0")
            .size(0)
    }

    pub(crate) fn file(name: &str, size: u64) -> Self {
        Self::new(b'0', name).size(size)
    }

    /// Writes `bytes` at a place.
    pub(crate) fn put(mut self, at: usize, bytes: &[u8]) -> Self {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    pub(crate) fn size(self, size: u64) -> Self {
        self.put(124, format!("{size:011o}\0").as_bytes())
    }

    pub(crate) fn link(self, target: &str) -> Self {
        self.put(157, target.as_bytes())
    }

    pub(crate) fn gnu(self) -> Self {
        self.put(257, b"ustar  \0")
    }

    pub(crate) fn v7(self) -> Self {
        self.put(257, &[0; 8])
    }

    /// With its checksum; `signed` sums bytes as old writers did.
    pub(crate) fn sealed(self, signed: bool) -> Vec<u8> {
        let block = self.put(148, b"        ");
        let sum: i64 = block.0.iter().map(|b| if signed { i64::from(*b as i8) } else { i64::from(*b) }).sum();
        block.put(148, format!("{sum:06o}\0 ").as_bytes()).0.to_vec()
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        self.sealed(false)
    }

    /// With content and its padding, whatever the size says.
    pub(crate) fn with(self, content: &[u8]) -> Vec<u8> {
        [self.bytes(), padded(content)].concat()
    }
}

pub(crate) fn padded(content: &[u8]) -> Vec<u8> {
    let mut padded = content.to_vec();
    padded.resize(content.len().next_multiple_of(512), 0);
    padded
}

/// A file with content.
pub(crate) fn file(name: &str, content: &[u8]) -> Vec<u8> {
    Header::file(name, content.len() as u64).with(content)
}

/// A PAX record.
pub(crate) fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut len = rest + 1;
    while len != rest + len.to_string().len() {
        len = rest + len.to_string().len();
    }
    [len.to_string().as_bytes(), b" ", key.as_bytes(), b"=", value, b"\n"].concat()
}

/// An extended header (`x` or `g`) of records.
pub(crate) fn pax(typeflag: u8, records: &[(&str, &[u8])]) -> Vec<u8> {
    let content: Vec<u8> = records.iter().flat_map(|(key, value)| record(key, value)).collect();
    pax_raw(typeflag, &content)
}

pub(crate) fn pax_raw(typeflag: u8, content: &[u8]) -> Vec<u8> {
    Header::new(typeflag, "pax").size(content.len() as u64).with(content)
}

/// A GNU long name (`L`) or long link (`K`).
pub(crate) fn long(typeflag: u8, name: &str) -> Vec<u8> {
    let content = [name.as_bytes(), b"\0"].concat();
    Header::new(typeflag, "././@LongLink").gnu().size(content.len() as u64).with(&content)
}

/// Every entry with its content as (offset, bytes), and the trailer.
pub(crate) type Everything = (Vec<(RawEntry, Vec<(u64, Vec<u8>)>)>, Trailer);

pub(crate) fn read(archive: &[u8]) -> Result<Everything> {
    read_within(archive, Limits::default())
}

pub(crate) fn read_within(archive: &[u8], limits: Limits) -> Result<Everything> {
    let mut reader = Reader::new(archive, limits);
    let mut entries = Vec::new();
    while let Some(entry) = reader.next_entry()? {
        let mut content = Vec::new();
        while let Some(extent) = reader.data()? {
            content.push((extent.offset, extent.bytes.to_vec()));
        }
        entries.push((entry, content));
    }
    Ok((entries, reader.finish()?.1))
}

/// The one entry of an archive made of `parts`.
pub(crate) fn one(parts: &[&[u8]]) -> RawEntry {
    let (mut entries, _) = read(&[&parts.concat(), &END[..]].concat()).unwrap();
    assert_eq!(entries.len(), 1);
    entries.remove(0).0
}

/// The names in an archive made of `parts`.
pub(crate) fn names(parts: &[&[u8]]) -> Result<Vec<String>> {
    let (entries, _) = read(&[&parts.concat(), &END[..]].concat())?;
    Ok(entries.into_iter().map(|(entry, _)| String::from_utf8(entry.path).unwrap()).collect())
}

/// Why an archive made of `parts` is refused, and where.
pub(crate) fn refusal(parts: &[&[u8]]) -> (u64, String) {
    match read(&[&parts.concat(), &END[..]].concat()) {
        Err(Error::Tar { offset, reason }) => (offset, reason),
        other => panic!("not refused: {other:?}"),
    }
}

/// The changes of a layer made of `parts`.
pub(crate) fn changes(parts: &[&[u8]]) -> Result<Vec<Change>> {
    let archive = [&parts.concat(), &END[..]].concat();
    let mut changeset = Changeset::new(&archive[..], Limits::default());
    std::iter::from_fn(|| changeset.next_change().transpose()).collect()
}
