//! A layer decoded ahead in a thread of its own.
/// A layer being decoded.
pub struct LayerStream;
