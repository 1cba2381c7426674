//! Deflate (RFC 1951), decoded by code of our own, for what zlib cannot be asked: to begin in the middle of a
//! stream, where the 32 KiB before are not known yet, and to tell where blocks begin.
//!
//! What it accepts, what it decodes to and what it calls a fault are zlib's, bit for bit; tests hold it to that.

mod bits;
mod header;
mod huffman;
pub(crate) mod inflate;
pub(crate) mod sink;
pub(crate) mod starts;

/// What is wrong with a stream, in zlib's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("invalid block type")]
    BlockType,
    #[error("invalid stored block lengths")]
    StoredLength,
    #[error("too many length or distance symbols")]
    Symbols,
    #[error("invalid code lengths set")]
    CodeLengths,
    #[error("invalid bit length repeat")]
    Repeat,
    #[error("invalid code -- missing end-of-block")]
    NoEndOfBlock,
    #[error("invalid literal/lengths set")]
    Literals,
    #[error("invalid distances set")]
    Distances,
    #[error("invalid literal/length code")]
    LiteralCode,
    #[error("invalid distance code")]
    DistanceCode,
    #[error("invalid distance too far back")]
    TooFar,
    #[error("it is cut off")]
    CutOff,
}

#[cfg(test)]
mod tests;
