//! The commands that are counted, over an image that is the same each time.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use ocidian_testkit::layout::{self, Entry, Layer};
use ocidian_testkit::run;
use serde_json::json;

/// How often each is counted.
const TIMES: usize = 3;

/// Counts all of them.
pub(super) fn all(binary: &Path) -> Result<BTreeMap<String, u64>> {
    let place = tempfile::tempdir()?;
    let place = place.path();
    write_image(&place.join("image"))?;
    // What is built is a tree that a fixed program wrote, so that it stays the same when ours changes.
    let tree = layout::tar(&entries())?;
    tar::Archive::new(tree.as_slice()).unpack(place.join("tree")).context("the tree to build of")?;

    let _one = OneProcessor::take()?;
    let commands: [(&str, &[&str]); 4] = [
        ("version", &["--version"]),
        ("validate", &["validate", "--quiet", "oci:image:latest"]),
        ("unpack", &["unpack", "--quiet", "oci:image:latest", "made"]),
        ("build", &["build", "--quiet", "--tag", "oci:made:latest", "tree"]),
    ];
    let mut counts = BTreeMap::new();
    for (name, arguments) in commands {
        // The least of a few: threads that wait for each other may execute more, never less.
        for _ in 0..TIMES {
            let count = count(binary, place, arguments)?;
            let least = counts.entry(name.to_owned()).or_insert(count);
            *least = count.min(*least);
            // `version` and `validate` make nothing.
            let _ = fs::remove_dir_all(place.join("made"));
        }
    }
    Ok(counts)
}

/// How many instructions the program executes, in all its threads.
fn count(binary: &Path, place: &Path, arguments: &[&str]) -> Result<u64> {
    let out = place.join("counts");
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--quiet", "--log-file=/dev/null"]);
    command.arg(format!("--callgrind-out-file={}", out.display())).arg(binary).args(arguments);
    // Relative names and no environment, so that where this runs and for whom makes no difference.
    command.current_dir(place).env_clear().env("SOURCE_DATE_EPOCH", "1709164800").env("LC_ALL", "C");
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    run::stdout(&mut command)?;
    let text = fs::read_to_string(&out).with_context(|| out.display().to_string())?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals:"));
    total.and_then(|total| total.trim().parse().ok()).context("callgrind gave no total")
}

/// Two layers, about a megabyte: files of text and of noise, links, and what the second removes.
fn write_image(path: &Path) -> Result<()> {
    let upper = [
        Entry::whiteout("d03/f01"),
        Entry::opaque("d05"),
        Entry::file("d05/new", text(99, 5000)),
        Entry::file("d07/f02", text(98, 9000)),
        Entry::directory("d08").with_mode(0o1777),
    ];
    let layers = [Layer::gzip(&entries())?, Layer::gzip(&upper)?];
    layout::simple(path, &json!({ "Cmd": ["/bin/true"], "Env": ["PATH=/bin"] }), &layers)
}

fn entries() -> Vec<Entry> {
    let mut entries = Vec::new();
    for directory in 0..20 {
        entries.push(Entry::directory(&format!("d{directory:02}")));
        for file in 0..20 {
            let path = format!("d{directory:02}/f{file:02}");
            let number = directory * 20 + file;
            entries.push(match file {
                17 => Entry::symlink(&path, "f00"),
                18 => Entry::hard_link(&path, &format!("d{directory:02}/f01")),
                19 => Entry::file(&path, noise(number, 4000)).with_mode(0o755),
                _ => Entry::file(&path, text(number, usize::try_from(number * 37 % 5000).unwrap_or(0))),
            });
        }
    }
    entries.into_iter().map(|entry| entry.with_mtime(1_709_164_800)).collect()
}

/// Bytes without a pattern, the same each time (xorshift64*).
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed * 2 + 1;
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes()[0]
    };
    (0..len).map(|_| next()).collect()
}

/// Words, so that it compresses as programs and documents do.
fn text(seed: u64, len: usize) -> Vec<u8> {
    const WORDS: [&str; 16] = [
        "layer", "index", "manifest", "config", "digest", "sha256", "blob", "the", "of", "and", "size",
        "root", "file", "{", "};\n", "0x00",
    ];
    let mut text = Vec::with_capacity(len + 16);
    for byte in noise(seed, len) {
        text.extend_from_slice(WORDS[usize::from(byte % 16)].as_bytes());
        text.push(b' ');
        if text.len() >= len {
            break;
        }
    }
    text.truncate(len);
    text
}

/// While it lives, what is started has one processor, so that no command has more threads on one
/// machine than on another.
struct OneProcessor(CpuSet);

impl OneProcessor {
    fn take() -> Result<Self> {
        let this = Pid::from_raw(0);
        let all = sched_getaffinity(this)?;
        let first = (0..CpuSet::count()).find(|one| all.is_set(*one).unwrap_or(false));
        let mut one = CpuSet::new();
        one.set(first.context("no processor")?)?;
        sched_setaffinity(this, &one)?;
        Ok(Self(all))
    }
}

impl Drop for OneProcessor {
    fn drop(&mut self) {
        // It was ours a moment ago; if it is no longer, one processor has to do.
        let _ = sched_setaffinity(Pid::from_raw(0), &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_is_the_same_each_time_and_small() {
        let (one, two) = (layout::tar(&entries()).unwrap(), layout::tar(&entries()).unwrap());
        assert_eq!(one, two);
        assert!((900_000..1_500_000).contains(&one.len()), "{}", one.len());
    }
}
