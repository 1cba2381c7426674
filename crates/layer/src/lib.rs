//! A layer as a stream: a strict tar reader, gzip and zstd, the diff_id, and the typed changeset.
//!
//! Reading a layer's changes:
//!
//! ```
//! use ocidian_layer::tar::Limits;
//! use ocidian_layer::{Change, Changeset, LayerStream};
//! use ocidian_spec::{Algorithm, Compression};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let mut builder = tar::Builder::new(Vec::new());
//! # let mut header = tar::Header::new_gnu();
//! # header.set_size(6);
//! # header.set_mode(0o644);
//! # builder.append_data(&mut header, "etc/motd", &b"hello\n"[..])?;
//! # let blob = std::io::Cursor::new(builder.into_inner()?);
//! // `blob` is any reader; a store's verifies itself.
//! let stream = LayerStream::spawn(blob, Compression::None, &Algorithm::Sha256)?;
//! let mut changes = Changeset::new(stream, Limits::default());
//! while let Some(change) = changes.next_change()? {
//!     match change {
//!         Change::Put(entry) => println!("put {} with mode {:o}", entry.path, entry.metadata.mode),
//!         Change::Whiteout(path) => println!("hide {path}"),
//!         Change::Opaque(path) => println!("hide what is below {path}"),
//!     }
//!     while let Some(extent) = changes.data()? {
//!         println!("{} bytes at {}", extent.bytes.len(), extent.offset);
//!     }
//! }
//! let (stream, _trailer) = changes.finish()?;
//! // Read to its end, the layer is verified: what is left is to compare this with the config.
//! println!("{}", stream.finish()?.diff_id);
//! # Ok(())
//! # }
//! ```

pub mod changeset;
pub mod compress;
pub mod entry;
pub mod error;
pub mod fingerprint;
pub mod path;
pub mod stream;
pub mod tar;
pub mod writer;

pub use changeset::{Change, Changeset};
pub use compress::{Compressor, Decoder, Encoder, Threads};
pub use entry::{Device, Entry, EntryKind, Metadata, Timestamp};
pub use error::{Error, Result};
pub use fingerprint::Fingerprints;
pub use path::EntryPath;
pub use stream::{LayerStream, LayerSummary};
pub use writer::LayerWriter;
