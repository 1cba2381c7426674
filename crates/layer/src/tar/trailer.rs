//! What stands at an archive's end. Real writers leave out or add much there; nothing of it is an error.

/// How an archive ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trailer {
    /// The blocks that say so.
    pub end_of_archive: EndOfArchive,
    /// Bytes that the last file's padding lacks.
    pub missing_padding: u64,
    /// Zero bytes after the end-of-archive blocks, up to the first other byte.
    pub zero_padding: u64,
    /// Offset of the first byte after the end that is not zero.
    pub garbage: Option<u64>,
}

/// The zero blocks at an archive's end. POSIX asks for two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndOfArchive {
    /// None.
    #[default]
    Missing,
    /// One.
    OneBlock,
    /// Two, as it should be.
    Complete,
}
