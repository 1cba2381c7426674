//! gzip and zstd.
/// A decoder.
pub struct Decoder;
