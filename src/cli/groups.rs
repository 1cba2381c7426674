//! Sources in groups: each `--platform` begins one, so their order on the command line counts.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches, ValueHint};
use ocidian_spec::Platform;

/// What is built for one platform.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// `None`: this machine's, or the base's.
    pub(crate) platform: Option<Platform>,
    pub(crate) sources: Vec<OsString>,
}

/// All groups, in their order.
#[derive(Debug, Clone)]
pub(crate) struct Groups(pub(crate) Vec<Group>);

#[derive(Debug, Args)]
struct Flat {
    /// Directories and layer tars, one layer each, the lowest first; a directory may be put at a place in the image, as
    /// DIR:/opt/app; - is a tar on standard input
    #[arg(id = "sources", value_name = "DIR[:DEST]|TAR", required = true, value_hint = ValueHint::AnyPath)]
    sources: Vec<OsString>,
    /// What the image is for [default: this machine's, or the base's]. Given several times, each time before what is
    /// for that platform, it makes a multi-platform image
    #[arg(id = "platforms", long = "platform", value_name = "OS/ARCH[/VARIANT]")]
    platforms: Vec<Platform>,
}

impl Args for Groups {
    fn augment_args(command: Command) -> Command {
        Flat::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Flat::augment_args_for_update(command)
    }
}

impl FromArgMatches for Groups {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let Flat { sources, platforms } = Flat::from_arg_matches(matches)?;
        if platforms.len() < 2 {
            let platform = platforms.into_iter().next();
            return Ok(Self(vec![Group { platform, sources }]));
        }
        let places = |id: &str| matches.indices_of(id).into_iter().flatten().collect::<Vec<_>>();
        let (source_places, platform_places) = (places("sources"), places("platforms"));
        let mut groups: Vec<(usize, Group)> = platform_places
            .into_iter()
            .zip(platforms)
            .map(|(place, platform)| (place, Group { platform: Some(platform), sources: Vec::new() }))
            .collect();
        let wrong = |text: String| Err(Error::raw(ErrorKind::ValueValidation, text + "\n"));
        for (place, source) in source_places.into_iter().zip(sources) {
            match groups.iter_mut().rev().find(|(from, _)| *from < place) {
                Some((_, group)) => group.sources.push(source),
                None => {
                    let name = source.to_string_lossy().into_owned();
                    return wrong(format!(
                        "with several --platform, each comes before its sources: {name} has none"
                    ));
                }
            }
        }
        let groups: Vec<Group> = groups.into_iter().map(|(_, group)| group).collect();
        for (at, group) in groups.iter().enumerate() {
            let Some(platform) = &group.platform else { continue };
            if group.sources.is_empty() {
                return wrong(format!("nothing is given for --platform {platform}"));
            }
            let same = |other: &Group| other.platform.as_ref().is_some_and(|other| other == platform);
            if groups.iter().take(at).any(same) {
                return wrong(format!("--platform {platform} is given twice"));
            }
        }
        Ok(Self(groups))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        groups: Groups,
    }

    fn groups(line: &[&str]) -> Result<Vec<(String, Vec<String>)>, String> {
        let line = Line::try_parse_from(["x"].iter().chain(line)).map_err(|error| error.to_string())?;
        let text = |source: &OsString| source.to_string_lossy().into_owned();
        let group = |group: &Group| {
            let platform = group.platform.as_ref().map(ToString::to_string).unwrap_or_default();
            (platform, group.sources.iter().map(text).collect())
        };
        Ok(line.groups.0.iter().map(group).collect())
    }

    #[test]
    fn each_platform_has_what_follows_it() {
        let strings = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let one = |platform: &str, sources: &[&str]| (platform.to_owned(), strings(sources));
        for (line, expected) in [
            (&["a", "b"][..], vec![one("", &["a", "b"])]),
            (&["a", "--platform", "linux/arm64", "b"], vec![one("linux/arm64", &["a", "b"])]),
            (
                &["--platform=linux/amd64", "a", "--platform", "linux/arm64", "b", "c"],
                vec![one("linux/amd64", &["a"]), one("linux/arm64", &["b", "c"])],
            ),
        ] {
            assert_eq!(groups(line).unwrap(), expected);
        }
        for (line, reason) in [
            (&["a", "--platform=x/y", "b", "--platform=x/z", "c"][..], "a has none"),
            (&["--platform=x/y", "--platform=x/z", "c"], "nothing is given for --platform x/y"),
            (&["--platform=x/y", "a", "--platform=x/y", "b"], "given twice"),
            (&["--platform=x"], "x"),
            (&[], "required"),
        ] {
            let error = groups(line).unwrap_err();
            assert!(error.contains(reason), "{line:?}: {error}");
        }
    }
}
