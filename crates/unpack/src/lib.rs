//! OCI changesets onto a root file system, and the runtime-spec bundle.
//!
//! Layers are hostile until proven otherwise: every blob is checked against its digest and its
//! diff_id, nothing is ever done by a path that the kernel resolves, and a failure leaves nothing.

mod apply;
pub mod bundle;
pub mod convert;
pub mod error;
mod host;
pub mod ids;
mod mtree;
mod namespace;
pub mod options;
mod process;
mod record;
mod staging;
mod state;
mod tree;
mod unpack;
mod warnings;

pub use bundle::bundle;
pub use error::{Error, Failure, Result};
pub use ids::{IdMap, IdMapError, IdRange};
pub use options::{Form, UnpackOptions};
pub use process::must_be_rootless;
pub use staging::is_leftover;
pub use unpack::{Image, Unpacked, rootfs};
