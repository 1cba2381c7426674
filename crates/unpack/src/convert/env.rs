//! The environment: the image's to the letter, then defaults for what it lacks, then the caller's.

use super::flags::EnvFlag;

/// Where programs are looked for when the image does not say.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The image's variables in their order, without those that would keep a runtime from starting.
pub(super) fn from_image(env: &[String], warnings: &mut Vec<String>) -> Vec<String> {
    let (good, bad): (Vec<_>, Vec<_>) = env.iter().cloned().partition(|variable| {
        !variable.contains('\0') && variable.split_once('=').is_some_and(|(name, _)| !name.is_empty())
    });
    warnings
        .extend(bad.iter().map(|bad| format!("Env {bad:?} is left out: it is not of the form NAME=VALUE")));
    good
}

/// Whether there is a variable of that name.
pub(super) fn has(env: &[String], name: &str) -> bool {
    env.iter().any(|variable| is(variable, name))
}

/// Adds what a program may rely on and the image does not set.
pub(super) fn add_defaults(env: &mut Vec<String>, home: Option<&str>, terminal: bool) {
    let defaults = [("PATH", Some(PATH)), ("HOME", home), ("TERM", terminal.then_some("xterm"))];
    for (name, value) in defaults {
        if let Some(value) = value
            && !has(env, name)
        {
            env.push(format!("{name}={value}"));
        }
    }
}

/// Sets and removes what the caller wants. A variable that is set keeps its place.
pub(super) fn edit(env: &mut Vec<String>, edits: &[EnvFlag]) {
    for edit in edits {
        let name = edit.name();
        let place = env.iter().position(|variable| is(variable, name)).unwrap_or(env.len());
        env.retain(|variable| !is(variable, name));
        if let Some(value) = edit.value() {
            env.insert(place.min(env.len()), format!("{name}={value}"));
        }
    }
}

fn is(variable: &str, name: &str) -> bool {
    variable.strip_prefix(name).is_some_and(|rest| rest.starts_with('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(env: &[&str], edits: &[&str]) -> Vec<String> {
        let mut env: Vec<String> = env.iter().map(|s| (*s).to_owned()).collect();
        edit(&mut env, &edits.iter().map(|s| s.parse().unwrap()).collect::<Vec<_>>());
        env
    }

    #[test]
    fn edits_set_in_place_append_and_remove() {
        assert_eq!(edited(&["A=1", "B=2"], &["A=x"]), ["A=x", "B=2"]);
        assert_eq!(edited(&["A=1", "B=2", "A=3"], &["A="]), ["A=", "B=2"]);
        assert_eq!(edited(&["A=1"], &["C=a=b"]), ["A=1", "C=a=b"]);
        assert_eq!(edited(&["A=1", "AB=2"], &["A"]), ["AB=2"]);
        assert_eq!(edited(&["A=1"], &["A=2", "A", "A=3"]), ["A=3"]);
    }

    #[test]
    fn defaults_never_replace_what_the_image_sets() {
        let mut env = vec!["PATH=".to_owned(), "PATHS=x".to_owned()];
        add_defaults(&mut env, Some("/root"), false);
        assert_eq!(env, ["PATH=", "PATHS=x", "HOME=/root"]);
        let mut env = vec!["TERM=dumb".to_owned(), "HOME=/x".to_owned()];
        add_defaults(&mut env, Some("/root"), true);
        assert_eq!(env, ["TERM=dumb", "HOME=/x", &format!("PATH={PATH}")]);
    }

    #[test]
    fn what_no_runtime_takes_is_left_out_with_a_warning() {
        let given = ["A=1", "B", "=x", "", "C=\0", "A=2", "D="].map(str::to_owned);
        let mut warnings = Vec::new();
        assert_eq!(from_image(&given, &mut warnings), ["A=1", "A=2", "D="]);
        assert_eq!(warnings.len(), 4);
    }
}
