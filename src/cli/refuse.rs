//! A wrong command line, told in one line like every other error.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::Cli;
use crate::exit::Exit;
use crate::report;

/// Prints help or the version where that was asked for; else says what is wrong with the command
/// line and where its help is.
pub(crate) fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Whoever closed the pipe has read enough of the help.
        let _ = error.print();
        return Exit::Done.into();
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return Exit::Usage.into();
    }
    report::stderr_line(&one_line(error, std::env::args_os()));
    Exit::Usage.into()
}

fn one_line(error: &clap::Error, typed: impl Iterator<Item = OsString>) -> String {
    let rendered = error.render().to_string();
    let message = rendered.strip_prefix("error: ").unwrap_or(&rendered);
    let end = ["\nUsage:", "\nFor more information"].iter().filter_map(|mark| message.find(mark)).min();
    let mut line = String::new();
    for part in message[..end.unwrap_or(message.len())].lines().map(str::trim).filter(|l| !l.is_empty()) {
        if !line.is_empty() {
            let separator = if part.starts_with("tip: ") || part.starts_with('[') { "; " } else { " " };
            line.push_str(separator);
        }
        line.push_str(part);
    }
    format!("{line}; see `{} --help`", command(error, typed))
}

/// The command whose grammar was broken: `ocidian unpack`.
fn command(error: &clap::Error, typed: impl Iterator<Item = OsString>) -> String {
    if let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) {
        let usage = usage.to_string();
        let words = usage.split_whitespace().skip_while(|word| *word != "ocidian");
        let words: Vec<&str> =
            words.take_while(|w| w.starts_with(|c: char| c.is_ascii_lowercase())).collect();
        if !words.is_empty() {
            return words.join(" ");
        }
    }
    // For a bad value clap does not say; the verb is the first word that is one.
    let grammar = Cli::command();
    let verb = typed.skip(1).find_map(|word| grammar.find_subcommand(&word).map(clap::Command::get_name));
    verb.map_or_else(|| "ocidian".to_owned(), |verb| format!("ocidian {verb}"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn usage_errors_are_one_line_and_name_the_help() {
        let table: [(&[&str], &str); 4] = [
            (
                &["cat"],
                "the following required arguments were not provided: <IMAGE> <PATH>; see `ocidian cat --help`",
            ),
            (&["inspect", "oci:x", "--treee"], "tip: a similar argument exists: '--tree'"),
            (&["frobnicate"], "unrecognized subcommand 'frobnicate'; see `ocidian --help`"),
            (
                &["inspect", "oci:x", "--platform", "linux"],
                "for example linux/amd64; see `ocidian inspect --help`",
            ),
        ];
        for (args, expected) in table {
            let typed = || ["ocidian"].iter().chain(args);
            let error = Cli::try_parse_from(typed()).unwrap_err();
            let line = one_line(&error, typed().map(OsString::from));
            assert!(line.contains(expected), "{line}");
            assert!(!line.contains('\n'), "{line}");
        }
    }
}
