//! What is piped in, kept in an unnamed file: a target is read more than once, to find out what it is and to check it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::AsRawFd;

use ocidian_image_layout::Options;
use ocidian_image_layout::raw;
use ocidian_validate::{Report, Subject};

const STDIN: &str = "-";

/// Standard input, and the path by which it is opened again.
pub(super) struct Piped {
    path: String,
    /// Open for as long as the path is to lead to it.
    _file: File,
}

impl Piped {
    /// Reads standard input if that is what is meant.
    pub(super) fn read(target: &OsStr, options: &Options) -> anyhow::Result<Option<Self>> {
        if target != STDIN {
            return Ok(None);
        }
        let file = raw::stdin(options)?;
        Ok(Some(Self { path: format!("/proc/self/fd/{}", file.as_raw_fd()), _file: file }))
    }

    pub(super) fn path(&self) -> OsString {
        self.path.clone().into()
    }

    /// Gives what was found the name that the person gave.
    pub(super) fn rename(&self, report: &mut Report) {
        let name = |text: &mut String| {
            if *text == self.path {
                STDIN.clone_into(text);
            }
        };
        name(&mut report.target);
        for finding in &mut report.findings {
            if let Subject::File(path) = &mut finding.location.subject {
                name(path);
            }
        }
    }

    /// The error with that name.
    pub(super) fn rename_error(&self, error: &anyhow::Error) -> anyhow::Error {
        anyhow::anyhow!("{}", format!("{error:#}").replace(&self.path, STDIN))
    }
}
