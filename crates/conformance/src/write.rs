//! The cases as files, for a harness in any language.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::json;

use crate::case::Case;
use crate::validation::ValidationCase;

/// Writes the cases to `dir`: a layout or bundle in `unpack/ID` or `validate/ID` for each, and `cases.json`, which
/// describes them. The same bytes each time; `dir` must be empty or not exist.
///
/// `cases.json` is an object of two arrays. In both, a case has `id`, `title`, `section`, `about`, `path` (below
/// `dir`) and `tag`.
///
/// - In `unpack` it also has `limits` (or null), `verdict` (`unpacked`, `failed`, `not-found`, `verification`),
///   `exitCode`, and either `tree` (see [`ExpectedEntry::to_json`](crate::ExpectedEntry::to_json); bytes are escaped
///   by [`crate::tree::escape`]) or `error`, what the message must contain.
/// - In `validate` it also has `kind` (`layout`, `bundle`), `beyondTheImage` (whether a tool that is asked for the image
///   `tag` alone need not see it), `verdict` (`valid`, `odd`, `invalid`), `exitCode`, and
///   `findings`, which are Ocidian's own: `rule` and `level` (`error`, `warning`, `note`).
///
/// # Errors
/// As the file system has them, or that `dir` is not empty.
pub fn write_all(unpack: &[Case], validate: &[ValidationCase], dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    if fs::read_dir(dir)?.next().is_some() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the directory is not empty"));
    }
    let (mut unpacked, mut validated) = (Vec::new(), Vec::new());
    fs::create_dir(dir.join("unpack"))?;
    for case in unpack {
        let layout = case.layout()?;
        layout.write(&dir.join("unpack").join(case.id))?;
        unpacked.push(case.to_json(&layout));
    }
    fs::create_dir(dir.join("validate"))?;
    for case in validate {
        case.files()?.write(&dir.join("validate").join(case.id))?;
        validated.push(case.to_json());
    }
    let mut text = serde_json::to_string_pretty(&json!({ "unpack": unpacked, "validate": validated }))?;
    text.push('\n');
    fs::write(dir.join("cases.json"), text)
}
