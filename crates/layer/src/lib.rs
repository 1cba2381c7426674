//! A layer as a stream: a strict tar reader, gzip and zstd, the diff_id, and the typed changeset.

pub mod changeset;
pub mod compress;
pub mod entry;
pub mod error;
pub mod path;
pub mod stream;
pub mod tar;

pub use changeset::{Change, Changeset};
pub use compress::Decoder;
pub use entry::{Device, Entry, EntryKind, Metadata, Timestamp};
pub use error::{Error, Result};
pub use path::EntryPath;
pub use stream::LayerStream;
