//! The binary under test.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Where the binary is. Cargo sets the variable where it builds the tests, a runner of archived
/// tests where it runs them.
pub(crate) fn path() -> PathBuf {
    match std::env::var_os("CARGO_BIN_EXE_ocidian") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(env!("CARGO_BIN_EXE_ocidian")),
    }
}

/// The repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A command that runs it: no stdin, no colours, nothing of the caller's that would change what
/// it does.
pub(crate) fn ocidian() -> Command {
    let mut command = Command::new(path());
    command.stdin(Stdio::null()).env("NO_COLOR", "1").env_remove("SOURCE_DATE_EPOCH");
    command
}

/// Runs it and gives what it said, whatever its exit code.
pub(crate) fn run(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
    ocidian().args(arguments).output().unwrap()
}

/// Runs it, which must succeed; its stdout.
pub(crate) fn ok(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> String {
    let output = run(arguments);
    assert!(
        output.status.success(),
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Runs it, which must fail with that code, one line that says so, and nothing on stdout; the line.
pub(crate) fn fails(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>, code: i32, says: &str) -> String {
    let arguments: Vec<_> = arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
    let output = run(&arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(said.starts_with("ocidian: ") && said.ends_with('\n'), "{arguments:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
    assert!(said.contains(says), "{arguments:?}: {said}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    said
}

/// Runs it with `--format json`, which must succeed; what it reports.
pub(crate) fn report(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> serde_json::Value {
    let arguments = arguments.into_iter().map(|argument| argument.as_ref().to_owned());
    serde_json::from_str(&ok(arguments.chain(["--format".into(), "json".into()]))).unwrap()
}

#[test]
fn it_says_its_name_and_refuses_nonsense() {
    assert!(ok(["--version"]).starts_with("ocidian "));
    assert_eq!(run(["no-such-verb"]).status.code(), Some(2));
}
