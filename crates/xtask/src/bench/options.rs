//! What can be said after `cargo xtask bench`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use super::images;

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Verb {
    /// All of the following but `profile`
    All,
    /// Unpack images into bundles
    Unpack,
    /// Make an image of a directory
    Build,
    /// The same at each level of compression: size against time
    Levels,
    /// Put what was changed in a bundle into a layer
    Repack,
    /// Check images
    Validate,
    /// Copy an image to a layout and to archives
    Copy,
    /// List, inspect, tag and collect in a layout of many images
    Layout,
    /// Start, and unpack an image of 1 MB
    Start,
    /// How time and memory grow
    Scale,
    /// Compile with each candidate for the release profile, and compare what comes of it: half an hour or more, so
    /// only where it is named
    Profile,
}

impl Verb {
    /// As on the command line.
    pub(super) fn name(self) -> Result<String> {
        Ok(self.to_possible_value().context("a name")?.get_name().to_owned())
    }
}

/// What `all` stands for.
const VERBS: [Verb; 9] = [
    Verb::Unpack,
    Verb::Build,
    Verb::Levels,
    Verb::Repack,
    Verb::Validate,
    Verb::Copy,
    Verb::Layout,
    Verb::Start,
    Verb::Scale,
];

#[derive(Args)]
pub(crate) struct Options {
    /// What to measure
    #[arg(value_enum, default_value = "all")]
    verbs: Vec<Verb>,
    /// The smallest image, one round, two profiles: at most a minute a verb where all is compiled
    #[arg(long)]
    pub(super) quick: bool,
    /// How often each program runs [default: 3]
    #[arg(long, value_name = "N")]
    rounds: Option<NonZeroUsize>,
    /// Work below this directory; by default on a tmpfs of the benchmark's own (as root), or in /dev/shm
    #[arg(long, value_name = "DIR", conflicts_with = "ext4")]
    pub(super) dir: Option<PathBuf>,
    /// Work on an ext4 in a file, with its journal (as root)
    #[arg(long)]
    pub(super) ext4: bool,
    /// These images alone, with commas between them
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = PossibleValuesParser::new(images::NAMES))]
    pub(super) image: Vec<String>,
    /// Also write the results there
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Keep the results in docs/bench and write the pages from them
    #[arg(long, conflicts_with_all = ["image", "dir"])]
    pub(super) docs: bool,
    /// Instead, count the instructions of small commands; an error if they grew
    #[arg(long, exclusive = true)]
    pub(super) check: bool,
    /// Instead, count them and keep the counts as those to compare with
    #[arg(long, exclusive = true)]
    pub(super) record: bool,
}

impl Options {
    /// What is to be measured, each once.
    pub(super) fn verbs(&self) -> Vec<Verb> {
        let mut verbs = Vec::new();
        for verb in &self.verbs {
            let meant = if *verb == Verb::All { VERBS.to_vec() } else { vec![*verb] };
            let new = meant.into_iter().filter(|verb| !verbs.contains(verb)).collect::<Vec<_>>();
            verbs.extend(new);
        }
        verbs
    }

    /// How often each program runs.
    pub(super) fn rounds(&self) -> usize {
        self.rounds.map_or(if self.quick { 1 } else { 3 }, NonZeroUsize::get)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn parse(words: &str) -> std::result::Result<Options, String> {
        let words = std::iter::once("bench").chain(words.split_whitespace());
        Line::try_parse_from(words).map(|line| line.options).map_err(|error| error.to_string())
    }

    #[test]
    fn what_takes_half_an_hour_is_measured_only_where_it_is_named() {
        for (words, verbs, profile) in [
            ("", 9, false),
            ("all", 9, false),
            ("all profile", 10, true),
            ("profile", 1, true),
            ("unpack all", 9, false),
        ] {
            let found = parse(words).unwrap().verbs();
            assert_eq!((found.len(), found.contains(&Verb::Profile)), (verbs, profile), "{words}");
        }
    }

    #[test]
    fn images_and_verbs_are_told_apart() {
        let options = parse("--image debian,multi unpack --image bigfile").unwrap();
        assert_eq!(options.image, ["debian", "multi", "bigfile"]);
        assert!(options.verbs() == [Verb::Unpack]);
    }

    #[test]
    fn what_makes_no_sense_is_told_before_anything_is_done() {
        for (words, why) in [
            ("unpak", "'unpack'"),
            ("--rounds 0", "--rounds"),
            ("--rounds -1", "-1"),
            ("--image alpine", "manyfiles"),
            ("--ext4 --dir /tmp", "cannot be used with"),
            ("--docs --dir /tmp", "cannot be used with"),
            ("--docs --image debian", "cannot be used with"),
            ("--check unpack", "cannot be used with"),
        ] {
            let error = parse(words).err().unwrap_or_default();
            assert!(error.contains(why), "{words}: {error}");
        }
    }
}
