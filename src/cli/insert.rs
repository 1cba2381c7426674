//! `insert`: a file or a directory at a path, and names hidden.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use ocidian_layer::EntryPath;

use super::build::FileArgs;
use super::compress::CompressArgs;
use super::edit::EditArgs;
use super::value;

/// Put a file or a directory into an image, as one new layer
///
/// SOURCE goes to PATH: a directory becomes the one at PATH and adds what is in it to what the image has there; a file
/// or a symlink becomes the one at PATH. Directories above PATH stay as the image has them. With --opaque what the image
/// has in PATH is hidden first, and --whiteout hides single paths, with or without a SOURCE.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ocidian insert oci:images:app site /srv/www
  ocidian insert oci:images:app app.conf /etc/app/app.conf --owner 0:0 --chmod 0644 --mtime 0
  ocidian insert oci:images:app site /srv/www --opaque -t fresh
  ocidian insert oci:images:app --whiteout /etc/machine-id --whiteout /var/cache/apt

JSON: as for `mutate`.

See also: `ocidian append` for tars, `ocidian build` for an image of directories, `ocidian squash` to drop what is hidden.")]
pub(crate) struct Insert {
    #[command(flatten)]
    pub(crate) edit: EditArgs,
    /// The file or directory
    #[arg(value_name = "SOURCE", requires = "place", value_hint = ValueHint::AnyPath)]
    pub(crate) source: Option<PathBuf>,
    /// Where in the image it goes
    #[arg(value_name = "PATH", value_parser = value::path)]
    pub(crate) place: Option<EntryPath>,
    /// Hide what the image has in the directory PATH
    #[arg(long, requires = "place", help_heading = "Files")]
    pub(crate) opaque: bool,
    /// Hide what the image has at a path; may be repeated
    #[arg(long, value_name = "PATH", value_parser = value::path, help_heading = "Files")]
    pub(crate) whiteout: Vec<EntryPath>,
    #[command(flatten)]
    pub(crate) files: FileArgs,
    #[command(flatten)]
    pub(crate) compress: CompressArgs,
}
