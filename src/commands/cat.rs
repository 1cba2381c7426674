//! `cat`: a file of an image, to stdout.

use std::io::{self, BufWriter, Write};
use std::os::unix::ffi::OsStrExt;

use anyhow::Context;

use super::{files, open};
use crate::cli::Cat;
use crate::report::Voice;

pub(crate) fn run(args: &Cat, voice: Voice) -> anyhow::Result<()> {
    let chosen = open::choose(&args.image, voice)?;
    files::with_tree(&chosen, voice, |_, tree| {
        let mut out = BufWriter::new(io::stdout().lock());
        tree.content(args.path.as_bytes(), &mut out)?;
        out.flush().context("stdout")
    })
}
