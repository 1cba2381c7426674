//! What the documents show is run: every ```` ```console ```` block of README.md.
//!
//! A line that begins with `$ ` is a command for the shell, with `ocidian` in the path; the lines
//! up to the next are what it says on stdout. In them `...` stands for anything within a line, and
//! alone on a line for any number of lines. A command with no lines after it may say what it likes.
//! All blocks of a document run in one directory, one after the other, so that each can use what
//! an earlier one made; `testdata` is there as in the repository. A block opened with
//! ```` ```console,skip ```` is shown and not run.

use std::path::Path;
use std::process::Command;

/// A command and what it should say.
#[derive(Debug, PartialEq, Eq)]
struct Example {
    line: usize,
    command: String,
    expected: Vec<String>,
}

fn examples(text: &str) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    let mut inside = false;
    for (i, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if let Some(fence) = line.trim_start().strip_prefix("```") {
            inside = !inside && fence == "console";
        } else if inside && let Some(command) = line.trim_start().strip_prefix("$ ") {
            found.push(Example { line: i + 1, command: command.to_owned(), expected: Vec::new() });
        } else if inside && let Some(last) = found.last_mut() {
            // A command may be broken by a backslash.
            match last.command.strip_suffix('\\') {
                Some(first) if last.expected.is_empty() => {
                    last.command = format!("{first}{}", line.trim_start())
                }
                _ => last.expected.push(line.to_owned()),
            }
        }
    }
    for example in &mut found {
        while example.expected.last().is_some_and(String::is_empty) {
            example.expected.pop();
        }
    }
    found
}

/// Whether `lines` are what `expected` says, wildcards included.
fn agrees(expected: &[String], lines: &[&str]) -> bool {
    match (expected.split_first(), lines.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first.trim() == "..." => {
            (0..=lines.len()).any(|skipped| agrees(rest, &lines[skipped..]))
        }
        (Some((first, rest)), Some((line, others))) => line_agrees(first, line) && agrees(rest, others),
        _ => false,
    }
}

fn line_agrees(expected: &str, line: &str) -> bool {
    let mut parts = expected.split("...");
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

fn run_examples(document: &Path) {
    let text = std::fs::read_to_string(document).unwrap();
    let work = tempfile::tempdir().unwrap();
    let testdata = crate::bin::repository().join("testdata");
    std::os::unix::fs::symlink(testdata, work.path().join("testdata")).unwrap();
    let binary = crate::bin::path();
    let mut path = binary.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    for example in examples(&text) {
        let at = format!("{}:{}: {}", document.display(), example.line, example.command);
        let mut shell = Command::new("sh");
        shell.args(["-c", &example.command]).current_dir(work.path());
        shell.env("PATH", &path).env("NO_COLOR", "1").stdin(std::process::Stdio::null());
        let output = shell.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let heard = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{at}\n{}\n{said}{heard}", output.status);
        let lines: Vec<&str> = said.lines().map(str::trim_end).collect();
        let fine = example.expected.is_empty() || agrees(&example.expected, &lines);
        assert!(fine, "{at}\nexpected:\n{}\nbut it said:\n{said}", example.expected.join("\n"));
    }
}

#[test]
fn readme() {
    let readme = crate::bin::repository().join("README.md");
    if readme.exists() {
        run_examples(&readme);
    }
}

#[test]
fn a_block_is_read_as_it_says() {
    let text =
        "```sh\n$ no\n```\n```console\n$ echo a \\\n    b\na b\n\n$ true\n```\n```console,skip\n$ no\n```\n";
    let example = |line, command: &str, expected: &[&str]| Example {
        line,
        command: command.to_owned(),
        expected: expected.iter().map(|&line| line.to_owned()).collect(),
    };
    assert_eq!(examples(text), [example(5, "echo a b", &["a b"]), example(9, "true", &[])]);
}

#[test]
fn wildcards_stand_for_what_they_say() {
    let cases: [(&[&str], &[&str], bool); 9] = [
        (&["a"], &["a"], true),
        (&["a"], &["b"], false),
        (&["a"], &["a", "b"], false),
        (&["a", "..."], &["a", "b", "c"], true),
        (&["...", "c"], &["a", "b", "c"], true),
        (&["...", "c"], &["a"], false),
        (&["took ... s"], &["took 0.1 s"], true),
        (&["took ... s, ... left"], &["took 1 s, none left"], true),
        (&["took ... s"], &["took 0.1 ms."], false),
    ];
    for (expected, lines, outcome) in cases {
        let expected: Vec<String> = expected.iter().map(|&line| line.to_owned()).collect();
        assert_eq!(agrees(&expected, lines), outcome, "{expected:?} {lines:?}");
    }
}
