//! Writers that are killed: at any moment, at each call that changes something, and those whose calls fail. The layout
//! is always whole, and holds what it held or what it was to hold. `OCIDIAN_STRESS_ROUNDS` says how often the first.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use ocidian_testkit::peers::Peer;
use ocidian_testkit::{require, run};

use crate::bin::{self, ocidian, ok};
use crate::layout_steps::{KINDS, Step, Steps};
use crate::whole::{Chance, Whole, check, leftovers, quick_place, rounds, stored};

fn whole(layout: &Path, step: &Step) -> Whole {
    check(layout).unwrap_or_else(|wrong| panic!("after {:?}: {wrong}", step.arguments))
}

/// Runs a step and kills it after so long; whether that came in time.
fn killed_after(step: &Step, time: Duration) -> bool {
    let mut command = ocidian();
    let mut child = command.arg("-q").args(&step.arguments).stdout(Stdio::null()).spawn().unwrap();
    std::thread::sleep(time);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(status.success() || status.signal() == Some(9), "{:?}: {status}", step.arguments);
    !status.success()
}

/// Runs a step of each kind to its end; how long each took, and what came of them.
fn undisturbed(
    steps: &mut Steps,
    layout: &Path,
    chance: &mut Chance,
    mut now: Whole,
) -> (Vec<Duration>, Whole) {
    let mut usual = Vec::new();
    for kind in 0..KINDS {
        let step = steps.step(kind, layout, chance, &now);
        let begun = Instant::now();
        ok(&step.arguments);
        usual.push(begun.elapsed());
        let after = whole(layout, &step);
        assert!(step.done(&now, &after), "{:?}", step.arguments);
        now = after;
    }
    (usual, now)
}

#[test]
fn a_writer_that_is_killed_leaves_what_was_or_what_was_to_be() {
    let place = quick_place();
    let (layout, mut chance) = (place.path().join("images"), Chance::new());
    let mut steps = Steps::new(&place.path().join("source"), &layout);
    let now = check(&layout).unwrap();
    let (usual, mut now) = undisturbed(&mut steps, &layout, &mut chance, now);
    let (mut killed, times) = (0, rounds(200));
    for _ in 0..times {
        let kind = chance.below(KINDS);
        let step = steps.step(kind, &layout, &mut chance, &now);
        let most = usual[kind as usize].as_micros() as u64;
        killed += u64::from(killed_after(&step, Duration::from_micros(chance.below(most))));
        let after = whole(&layout, &step);
        assert!(step.fits(&now, &after), "{:?}: {:?} became {:?}", step.arguments, now.tags, after.tags);
        assert_eq!(after.untagged, now.untagged, "{:?}", step.arguments);
        now = after;
    }
    assert!(killed * 10 > times, "only {killed} of {times} were killed in time");
    // Nothing is in the way of those who come after.
    let (_, now) = undisturbed(&mut steps, &layout, &mut chance, now);
    ok(["gc", "-q", "--grace", "0", layout.to_str().unwrap()]);
    assert_eq!(stored(&layout), now.reached);
    assert_eq!(leftovers(&layout), Vec::<String>::new());
}

/// Every call by which a layout can change.
const CHANGES: [&str; 13] = [
    "renameat",
    "renameat2",
    "fsync",
    "syncfs",
    "mkdir",
    "mkdirat",
    "linkat",
    "write",
    "ftruncate",
    "fchmod",
    "flock",
    "copy_file_range",
    "ioctl",
];
const REMOVALS: [&str; 3] = ["unlink", "unlinkat", "rmdir"];

/// A step done under strace, which lets something happen to the `n`-th call of that name in each thread.
struct Disturbed {
    output: Output,
    /// Whether there was such a call.
    hit: Option<String>,
}

fn disturbed(strace: &Peer, step: &Step, call: &str, happens: &str, n: u64, log: &Path) -> Disturbed {
    let mut command = strace.command();
    command.args(["-f", "-qq", "-e", &format!("trace={call}")]).arg("-o").arg(log);
    command.args(["-e", &format!("inject={call}:{happens}:when={n}")]);
    let output =
        command.arg(bin::path()).arg("-q").args(&step.arguments).stdin(Stdio::null()).output().unwrap();
    let said = std::fs::read_to_string(log).unwrap();
    let hit = said.lines().find(|line| {
        ["(INJECTED)", "killed by SIGKILL", "--- SIGTERM"].iter().any(|sign| line.contains(sign))
    });
    Disturbed { output, hit: hit.map(str::to_owned) }
}

/// Does each kind of step on a fresh copy of a layout, once for each call that it makes; `judge` gets what came of
/// it.
fn at_each_call(
    calls: &[&str],
    happens: &str,
    mut judge: impl FnMut(&Step, &Path, &Disturbed, &Whole, &Whole),
) {
    let [strace] = require!("strace");
    let place = quick_place();
    let (template, work) = (place.path().join("template"), place.path().join("work"));
    let mut steps = Steps::new(&place.path().join("source"), &template);
    let (before, mut chance) = (check(&template).unwrap(), Chance::new());
    let log: PathBuf = place.path().join("log");
    for kind in 0..KINDS {
        let mut hits = 0;
        for call in calls {
            for n in 1.. {
                let fresh = "rm -rf \"$2\"; cp -a \"$1\" \"$2\"";
                run::script(fresh, &[template.as_os_str(), work.as_os_str()]).unwrap();
                let step = steps.step(kind, &work, &mut chance, &before);
                let disturbed = disturbed(&strace, &step, call, happens, n, &log);
                let what = || format!("{:?}, {call} {n}: {:?}", step.arguments, disturbed.hit);
                let after = check(&work).unwrap_or_else(|wrong| panic!("{}: {wrong}", what()));
                if disturbed.hit.is_none() {
                    assert!(disturbed.output.status.success() && step.done(&before, &after), "{}", what());
                    break;
                }
                hits += 1;
                assert!(step.fits(&before, &after), "{}", what());
                assert_eq!(before.untagged, after.untagged, "{}", what());
                judge(&step, &work, &disturbed, &before, &after);
            }
        }
        assert!(hits > 0, "only {hits} calls of kind {kind} were met");
    }
}

#[test]
fn one_that_is_killed_at_any_of_its_calls_leaves_what_was_or_what_was_to_be() {
    let calls = [&CHANGES[..], &REMOVALS].concat();
    at_each_call(&calls, "signal=KILL", |step, layout, _, _, after| {
        // Whoever comes next goes on, and takes away what was left.
        ok(["gc", "-q", "--grace", "0", layout.to_str().unwrap()]);
        assert_eq!(whole(layout, step), *after);
        assert_eq!(stored(layout), after.reached);
        assert_eq!(leftovers(layout), Vec::<String>::new());
    });
}

#[test]
fn one_that_a_signal_stops_at_any_of_its_calls_ends_by_it_and_leaves_nothing() {
    at_each_call(&CHANGES, "signal=TERM", |step, layout, disturbed, before, after| {
        let Disturbed { output, hit } = disturbed;
        let said = String::from_utf8_lossy(&output.stderr);
        let what = format!("{:?}, {hit:?}: {}, {said}", step.arguments, output.status);
        assert_eq!(leftovers(layout), Vec::<String>::new(), "{what}");
        if output.status.success() {
            // It had come too far.
            assert!(step.done(before, after), "{what}");
        } else {
            // strace ends as what it watched did.
            assert_eq!(output.status.signal(), Some(15), "{what}");
        }
    });
}

#[test]
fn making_a_layout_or_an_empty_image_is_stopped_by_a_signal_without_leftovers() {
    let [strace] = require!("strace");
    let place = quick_place();
    let (made, log) = (place.path().join("made"), place.path().join("log"));
    let image = format!("oci:{}:empty", made.display());
    for arguments in [vec!["init".to_owned(), made.display().to_string()], vec!["new".to_owned(), image]] {
        let mut hits = 0;
        for call in CHANGES {
            for n in 1.. {
                let _ = std::fs::remove_dir_all(&made);
                if arguments[0] == "new" {
                    ok(["init", "-q", made.to_str().unwrap()]);
                }
                let mut command = strace.command();
                command.args(["-f", "-qq", "-e", &format!("trace={call}")]).arg("-o").arg(&log);
                command.args(["-e", &format!("inject={call}:signal=INT:when={n}")]).arg(bin::path());
                let status = command.args(&arguments).stdout(Stdio::null()).status().unwrap();
                let what = format!("{arguments:?}, {call} {n}: {status}");
                assert!(status.success() || status.signal() == Some(2), "{what}");
                assert_eq!(leftovers(place.path()), Vec::<String>::new(), "{what}");
                if made.exists() {
                    assert_eq!(leftovers(&made), Vec::<String>::new(), "{what}");
                    check(&made).unwrap_or_else(|wrong| panic!("{what}: {wrong}"));
                }
                if !std::fs::read_to_string(&log).unwrap().contains("--- SIGINT") {
                    break;
                }
                hits += 1;
            }
        }
        assert!(hits > 5, "{arguments:?}: only {hits} calls were met");
    }
}

#[test]
fn one_of_whose_calls_any_fails_says_so_and_leaves_what_was_or_what_was_to_be() {
    at_each_call(&CHANGES, "error=ENOSPC", |step, layout, disturbed, before, after| {
        let Disturbed { output, hit } = disturbed;
        let said = String::from_utf8_lossy(&output.stderr);
        let what = format!("{:?}, {hit:?}: {}, {said}", step.arguments, output.status);
        if output.status.success() {
            // There was another way.
            assert!(step.done(before, after), "{what}");
        } else {
            assert_eq!(output.status.code(), Some(1), "{what}");
            assert!(said.contains("No space left on device") && said.lines().count() == 1, "{what}");
        }
        assert_eq!(leftovers(layout), Vec::<String>::new(), "{what}");
    });
}
