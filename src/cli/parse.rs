//! From words to a [`Cli`], with no more of the grammar than they need.
//!
//! Clap builds the whole tree of verbs before it looks at a word, which is two thirds of what a
//! short command executes. The grammar of the one verb that was named is enough to understand a
//! right command line; whatever that does not settle (help, anything wrong, no verb first) is left
//! to the whole grammar, so that every message is about all of it.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Args, Command, Error, FromArgMatches, Parser};

use super::*;

/// Adds a verb's own grammar to a command.
type Augment = fn(Command) -> Command;

/// The verbs and what each adds to a command. One that is missing here works, only later.
const VERBS: [(&str, Augment); 25] = [
    ("unpack", Unpack::augment_args),
    ("rootfs", Rootfs::augment_args),
    ("runtime-config", RuntimeConfig::augment_args),
    ("append", Append::augment_args),
    ("build", Build::augment_args),
    ("insert", Insert::augment_args),
    ("repack", Repack::augment_args),
    ("mutate", Mutate::augment_args),
    ("squash", Squash::augment_args),
    ("rebase", Rebase::augment_args),
    ("inspect", Inspect::augment_args),
    ("ls", Ls::augment_args),
    ("cat", Cat::augment_args),
    ("diff", Diff::augment_args),
    ("validate", Validate::augment_args),
    ("conformance", Conformance::augment_args),
    ("copy", CopyArgs::augment_args),
    ("init", Init::augment_args),
    ("new", New::augment_args),
    ("tag", Tag::augment_args),
    ("rm", Rm::augment_args),
    ("index", Index::augment_args),
    ("gc", Gc::augment_args),
    ("completion", Completion::augment_args),
    ("man", Man::augment_args),
];

/// What was typed, the program's own name first; an error that is not one asks for help or for the
/// version.
pub(crate) fn parse(words: &[OsString]) -> Result<Cli, Error> {
    match briefly(words) {
        Some(outcome) => outcome,
        None => Cli::try_parse_from(words),
    }
}

/// By the grammar of one verb, where that settles it.
fn briefly(words: &[OsString]) -> Option<Result<Cli, Error>> {
    let first = words.get(1)?.to_str()?;
    let root = Global::augment_args(Command::new("ocidian").version(env!("CARGO_PKG_VERSION")));
    if let ("--version" | "-V", 2) = (first, words.len()) {
        let asked = root.try_get_matches_from(words).err()?;
        return (asked.kind() == ErrorKind::DisplayVersion).then_some(Err(asked));
    }
    let (name, augment) = VERBS.iter().find(|(name, _)| *name == first)?;
    let matches = root.subcommand(augment(Command::new(*name))).try_get_matches_from(words).ok()?;
    Some(Ok(Cli::from_arg_matches(&matches).ok()?))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn each_verb_alone_has_the_grammar_that_it_has_among_the_others() {
        let whole = Cli::command();
        let names: Vec<&str> = whole.get_subcommands().map(Command::get_name).collect();
        assert_eq!(VERBS.map(|(name, _)| name).as_slice(), names);
        for ((name, augment), among) in VERBS.iter().zip(whole.get_subcommands()) {
            let alone = augment(Command::new(*name));
            let arguments = |of: &Command| format!("{:?}", of.get_arguments().collect::<Vec<_>>());
            assert_eq!(arguments(&alone), arguments(among), "{name}");
            let below = |of: &Command| format!("{:?}", of.get_subcommands().collect::<Vec<_>>());
            assert_eq!(below(&alone), below(among), "{name}");
        }
    }

    #[test]
    fn the_short_way_and_the_long_way_read_the_same() {
        for line in [
            "ocidian --version",
            "ocidian -V",
            "ocidian ls images",
            "ocidian ls --quiet images",
            "ocidian unpack --debug --platform linux/arm64 oci:images:debian bundle -- /bin/app -v",
            "ocidian build --platform linux/amd64 a --platform linux/arm64 b oci:images:app",
            "ocidian index add oci:images:app oci:images:other",
            "ocidian conformance list --format json",
            "ocidian --version ls images",
            "ocidian --quiet ls images",
            "ocidian -q -V",
            "ocidian unpack --version",
            "ocidian unpack --help",
            "ocidian unpack -h",
            "ocidian unpack oci:x",
            "ocidian ls --no-such-switch",
            "ocidian help unpack",
            "ocidian index",
            "ocidian unpac",
            "ocidian --help",
            "ocidian",
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let told = |outcome: Result<Cli, Error>| match outcome {
                Ok(cli) => format!("{cli:?}"),
                Err(error) => format!("{:?} {error}", error.kind()),
            };
            assert_eq!(told(parse(&words)), told(Cli::try_parse_from(&words)), "{line}");
        }
    }

    #[test]
    fn a_plain_command_line_takes_the_short_way() {
        for line in ["ocidian -V", "ocidian ls images", "ocidian validate --quiet oci:images:app"] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert!(briefly(&words).is_some(), "{line}");
        }
    }
}
