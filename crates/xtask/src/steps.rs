//! Steps run one after the other, all of them, with a summary that says what failed, what was
//! skipped, and how each runner closed.

use std::io::{BufRead as _, BufReader, IsTerminal as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// What became of a step.
struct Done {
    name: &'static str,
    took: Duration,
    failure: Option<String>,
    closing: Vec<String>,
    skipped: Vec<String>,
}

/// The steps so far.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Done>,
}

impl Steps {
    /// Runs commands one after the other up to the first that fails.
    pub(crate) fn commands(&mut self, name: &'static str, commands: Vec<Command>) {
        self.step(name, |done| {
            for command in commands {
                println!("$ {}", typed(&command));
                let mut heard = Heard::default();
                let ok = watched(&command, &mut heard)?;
                done.closing.extend(heard.closing());
                done.skipped.append(&mut heard.skipped);
                if !ok {
                    bail!("{} failed", typed(&command));
                }
            }
            Ok(())
        });
    }

    /// Runs a function of this program.
    pub(crate) fn function(&mut self, name: &'static str, run: impl FnOnce() -> Result<Vec<String>>) {
        self.step(name, |done| {
            done.closing = run()?;
            Ok(())
        });
    }

    fn step(&mut self, name: &'static str, run: impl FnOnce(&mut Done) -> Result<()>) {
        println!("\n== {name}");
        let mut done =
            Done { name, took: Duration::ZERO, failure: None, closing: Vec::new(), skipped: Vec::new() };
        let start = Instant::now();
        if let Err(error) = run(&mut done) {
            println!("{name}: {error:#}");
            done.failure = Some(format!("{error:#}"));
        }
        done.took = start.elapsed();
        self.done.push(done);
    }

    /// Prints the summary; an error if a step failed.
    pub(crate) fn finish(self) -> Result<()> {
        println!("\n== summary");
        for done in &self.done {
            let verdict = if done.failure.is_some() { "FAILED" } else { "ok" };
            println!("{verdict:>6}  {:<10} {:>7.1} s", done.name, done.took.as_secs_f64());
            for line in &done.closing {
                println!("        {line}");
            }
            for line in &done.skipped {
                println!("        {line}");
            }
            if let Some(failure) = &done.failure {
                println!("        {failure}");
            }
        }
        let skipped: usize = self.done.iter().map(|done| done.skipped.len()).sum();
        if skipped > 0 {
            println!("{skipped} tests were skipped, see above");
        }
        let failed: Vec<&str> =
            self.done.iter().filter(|done| done.failure.is_some()).map(|done| done.name).collect();
        if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
    }
}

/// A command as a person would type it.
fn typed(command: &Command) -> String {
    let mut words: Vec<String> = command
        .get_envs()
        .filter_map(|(key, value)| Some(format!("{}={}", key.display(), value?.display())))
        .collect();
    let program = command.get_program();
    words.push(std::path::Path::new(program).file_name().unwrap_or(program).display().to_string());
    words.extend(command.get_args().map(|argument| argument.display().to_string()));
    words.join(" ")
}

/// What a command said that belongs in the summary.
#[derive(Default)]
struct Heard {
    /// How runners close: nextest, and cargo where it builds or documents.
    closing: Vec<String>,
    /// Passed, failed and ignored, over all test binaries that closed.
    tests: [u64; 3],
    binaries: usize,
    skipped: Vec<String>,
}

impl Heard {
    fn line(&mut self, text: &str) {
        if text.contains("Summary [") || text.contains("Finished") {
            self.closing.push(text.to_owned());
        }
        if let Some((_, counts)) = text.split_once("test result:") {
            self.binaries += 1;
            let words: Vec<&str> = counts.split([' ', ';']).collect();
            for (sum, what) in self.tests.iter_mut().zip(["passed", "failed", "ignored"]) {
                let number = words.windows(2).find(|pair| pair[1] == what).map(|pair| pair[0].parse::<u64>());
                *sum += number.and_then(Result::ok).unwrap_or(0);
            }
        }
        if let Some(at) = text.find("SKIPPED ") {
            let line = text[at..].to_owned();
            if !self.skipped.contains(&line) {
                self.skipped.push(line);
            }
        }
    }

    /// The lines for the summary. Under nextest each test is a process that closes by itself, and
    /// nextest has counted them already.
    fn closing(&self) -> Vec<String> {
        let mut lines = self.closing.clone();
        if self.binaries > 0 && !lines.iter().any(|line| line.contains("Summary [")) {
            let [passed, failed, ignored] = self.tests;
            let binaries = self.binaries;
            lines.push(format!("{passed} passed, {failed} failed, {ignored} ignored in {binaries} binaries"));
        }
        lines
    }
}

/// Runs a command with its output passed on and listened to.
fn watched(command: &Command, heard: &mut Heard) -> Result<bool> {
    // One pipe for both outputs keeps their order.
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$@\" 2>&1", "sh"]).arg(command.get_program()).args(command.get_args());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(key, value),
            None => shell.env_remove(key),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        shell.current_dir(directory);
    }
    if std::io::stdout().is_terminal() {
        shell.env("CARGO_TERM_COLOR", "always");
    }
    let mut child =
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("starting a command")?;
    let output = child.stdout.take().context("a pipe")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        heard.line(line.trim());
    }
    Ok(child.wait()?.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binaries_are_added_up_unless_nextest_did() {
        let mut heard = Heard::default();
        heard.line(
            "test result: ok. 24 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        );
        heard.line("test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 7 filtered out; finished in 8.24s");
        assert_eq!(heard.closing(), ["26 passed, 3 failed, 1 ignored in 2 binaries"]);
        heard.line("Summary [   3.342s] 29 tests run: 26 passed, 3 failed, 1 skipped");
        assert_eq!(heard.closing(), ["Summary [   3.342s] 29 tests run: 26 passed, 3 failed, 1 skipped"]);
    }

    #[test]
    fn a_skip_is_told_once_and_from_its_word_on() {
        let mut heard = Heard::default();
        heard.line("    SKIPPED readme: no network");
        heard.line("SKIPPED readme: no network");
        assert_eq!(heard.skipped, ["SKIPPED readme: no network"]);
    }
}
