//! From what was typed to what is read: directories with their options, and tars.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use ocidian_build::build::TarSource;
use ocidian_build::ignore::Ignore;
use ocidian_build::scan::{Destination, ScanOptions};
use ocidian_layer::EntryPath;
use ocidian_spec::Platform;
use ocidian_unpack::IdMap;

use crate::cli::{Build, FileArgs, Group};
use crate::commands::edit;
use crate::exit::Usage;

/// What one image is made of.
pub(super) struct Plan {
    pub(super) platform: Option<Platform>,
    pub(super) sources: Vec<Source>,
}

/// What one layer is made of.
pub(super) enum Source {
    Directory { path: PathBuf, options: Box<ScanOptions> },
    Tar(TarSource),
}

impl Source {
    /// As it was typed, without its place.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Directory { path, .. } | Self::Tar(TarSource::File(path)) => path.display().to_string(),
            Self::Tar(TarSource::Stdin) => "-".to_owned(),
        }
    }
}

impl Plan {
    /// With the place that the image goes to, which cannot be part of it.
    pub(super) fn avoiding(mut self, destination: Option<&Path>) -> Self {
        let destination = destination.and_then(Destination::of);
        for source in &mut self.sources {
            if let Source::Directory { options, .. } = source {
                options.destination.clone_from(&destination);
            }
        }
        self
    }
}

/// All that is to be built.
pub(super) fn plans(args: &Build, epoch: Option<i64>) -> anyhow::Result<Vec<Plan>> {
    let options = options(&args.files, epoch)?;
    let mut stdin = 0;
    let plan = |Group { platform, sources }: &Group| {
        let sources = sources.iter().map(|typed| {
            let source = source(typed, &options, args.base.is_some())?;
            stdin += usize::from(matches!(source, Source::Tar(TarSource::Stdin)));
            if stdin > 1 {
                return Err(Usage("standard input can be read once".to_owned()).into());
            }
            Ok(source)
        });
        let sources = sources.collect::<anyhow::Result<_>>()?;
        Ok(Plan { platform: platform.clone(), sources })
    };
    args.groups.0.iter().map(plan).collect()
}

/// What holds for every directory.
pub(crate) fn options(args: &FileArgs, epoch: Option<i64>) -> anyhow::Result<ScanOptions> {
    let mut ignore = Ignore::default();
    if let Some(path) = &args.ignore_file {
        let text = edit::read_file(path)?;
        let text =
            String::from_utf8(text).map_err(|_| Usage(format!("{}: it is no text", path.display())))?;
        ignore.push_lines(&text).map_err(|error| Usage(format!("{}: {error}", path.display())))?;
    }
    for pattern in &args.exclude {
        ignore.push(pattern).map_err(|error| Usage(format!("--exclude: {error}")))?;
    }
    let ids = IdMap::new(args.uid_map.clone(), args.gid_map.clone());
    Ok(ScanOptions {
        ignore,
        ids: ids.map_err(|error| Usage(error.to_string()))?,
        rootless: args.rootless,
        owner: args.owner,
        chmod: args.chmod.clone(),
        mtime: args.mtime,
        epoch,
        xattrs: args.xattrs.clone(),
        ..ScanOptions::default()
    })
}

/// A source by what is there. What exists as it was typed is that, whatever colons it has.
fn source(typed: &OsStr, options: &ScanOptions, has_base: bool) -> anyhow::Result<Source> {
    if typed == "-" {
        return Ok(Source::Tar(TarSource::Stdin));
    }
    let (path, place) = match split(typed) {
        Some((path, place)) if Path::new(typed).symlink_metadata().is_err() => (path, Some(place)),
        _ => (typed, None),
    };
    let path = PathBuf::from(path);
    let shown = path.display();
    if path.is_dir() {
        let wrong = |error| Usage(format!("{}: {error}", Path::new(typed).display()));
        let place = EntryPath::new(place.unwrap_or_default()).map_err(wrong)?;
        // What is there in the base stays as it is; with no base the directory itself says what it is.
        let options = ScanOptions { place, root: !has_base, ..options.clone() };
        return Ok(Source::Directory { path, options: Box::new(options) });
    }
    if place.is_some() && path.exists() {
        return Err(Usage(format!("{shown} is no directory; a tar goes where its own paths say")).into());
    }
    Ok(Source::Tar(TarSource::File(path)))
}

/// `SRC:/DEST`, at the last colon before a slash.
fn split(typed: &OsStr) -> Option<(&OsStr, &[u8])> {
    let bytes = typed.as_bytes();
    let at = bytes.windows(2).rposition(|pair| pair == b":/")?;
    let (path, place) = bytes.split_at_checked(at)?;
    (!path.is_empty()).then_some((OsStr::from_bytes(path), place.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_follows_the_last_colon_before_a_slash() {
        for (typed, expected) in [
            ("a:/b", Some(("a", "/b"))),
            ("a:/b:/c", Some(("a:/b", "/c"))),
            ("a:b", None),
            ("a", None),
            (":/b", None),
            ("/a/b:/", Some(("/a/b", "/"))),
        ] {
            let found = split(OsStr::new(typed)).map(|(path, place)| (path.to_str().unwrap(), place));
            assert_eq!(found, expected.map(|(path, place): (&str, &str)| (path, place.as_bytes())));
        }
    }
}
