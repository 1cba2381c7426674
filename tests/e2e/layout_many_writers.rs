//! Many processes that write to one layout at the same time, some killed or failing half way, beside a collector and
//! beside other tools. `OCIDIAN_STRESS_ROUNDS` says how often.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ocidian_testkit::{require, run};
use serde_json::{Value, json};

use crate::bin::{ocidian, ok};
use crate::cli_images::architectures;
use crate::whole::{Chance, Whole, check, images, leftovers, quick_place, rounds, stored};

/// Processes that run at the same time, by what they do.
const COPIES: usize = 24;
const TAGS: usize = 16;
const REMOVALS: usize = 8;
const FAILING: usize = 8;
const KILLED: usize = 8;

/// A process, and what is to be seen of it.
struct Writer {
    child: Child,
    what: String,
    /// The tag that it puts or removes.
    tag: String,
    becomes: Becomes,
    killed: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Becomes {
    /// The tag stands for that digest.
    There(String),
    /// The tag is there no more.
    Gone,
    /// The process fails, and there is no tag.
    Never,
}

fn spawn(arguments: &[String]) -> Child {
    let mut command = ocidian();
    command.args(["-q"]).args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What rounds have in common: a source that images are copied from.
struct Source {
    path: PathBuf,
    digests: Vec<String>,
}

impl Source {
    /// `img0` and so on; `bad0` and so on, whose last layer is damaged.
    fn new(path: PathBuf) -> Self {
        let good = (0..COPIES + KILLED).map(|n| format!("img{n}"));
        let names: Vec<String> = good.chain((0..FAILING).map(|n| format!("bad{n}"))).collect();
        let digests = images(&path, &names);
        for digest in &digests[COPIES + KILLED..] {
            let blob = |digest: &str| path.join("blobs").join(digest.replace(':', "/"));
            let manifest: Value = serde_json::from_slice(&fs::read(blob(digest)).unwrap()).unwrap();
            let layer = blob(manifest["layers"][2]["digest"].as_str().unwrap());
            let mut bytes = fs::read(&layer).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(layer, bytes).unwrap();
        }
        Self { path, digests }
    }

    fn image(&self, name: &str) -> String {
        format!("oci:{}:{name}", self.path.display())
    }

    /// The sixty-four, in an order of their own.
    fn start(&self, layout: &Path, base: &str, chance: &mut Chance) -> Vec<Writer> {
        let to = |tag: &str| format!("oci:{}:{tag}", layout.display());
        let copy = |from: String, tag: String, becomes, killed| {
            (vec!["copy".to_owned(), self.image(&from), to(&tag)], tag, becomes, killed)
        };
        let there = |n: usize| Becomes::There(self.digests[n].clone());
        let mut jobs = Vec::new();
        jobs.extend((0..COPIES).map(|n| copy(format!("img{n}"), format!("copy{n}"), there(n), false)));
        jobs.extend((0..FAILING).map(|n| copy(format!("bad{n}"), format!("bad{n}"), Becomes::Never, false)));
        jobs.extend(
            (0..KILLED / 2)
                .map(|n| copy(format!("img{}", COPIES + n), format!("killed{n}"), there(COPIES + n), true)),
        );
        let tag = |tag: String, killed| {
            let arguments = vec!["tag".to_owned(), to("base"), tag.clone()];
            (arguments, tag, Becomes::There(base.to_owned()), killed)
        };
        jobs.extend((0..TAGS).map(|n| tag(format!("tag{n}"), false)));
        jobs.extend((KILLED / 2..KILLED).map(|n| tag(format!("killed{n}"), true)));
        jobs.extend((0..REMOVALS).map(|n| {
            let tag = format!("old{n}");
            (vec!["rm".to_owned(), to(&tag)], tag, Becomes::Gone, false)
        }));
        assert_eq!(jobs.len(), 64);
        for at in (1..jobs.len()).rev() {
            jobs.swap(at, chance.below(at as u64 + 1) as usize);
        }
        let writer = |(arguments, tag, becomes, killed): (Vec<String>, String, Becomes, bool)| Writer {
            child: spawn(&arguments),
            what: arguments.join(" "),
            tag,
            becomes,
            killed,
        };
        jobs.into_iter().map(writer).collect()
    }
}

/// Collects again and again, as long as `on`; how often.
fn collect(layout: &Path, on: &AtomicBool) -> u64 {
    let mut times = 0;
    while on.load(Ordering::Relaxed) {
        ok(["gc", "-q", "--grace", "0", layout.to_str().unwrap()]);
        times += 1;
    }
    times
}

/// What one process left must be what it says that it did.
fn judge(writer: &mut Writer, whole: &Whole) {
    let what = &writer.what;
    let status = writer.child.wait().unwrap();
    let mut said = String::new();
    std::io::Read::read_to_string(writer.child.stderr.as_mut().unwrap(), &mut said).unwrap();
    let now = whole.tags.get(&writer.tag);
    match &writer.becomes {
        Becomes::Never => {
            assert!(!status.success() && now.is_none(), "{what}: {status}, {now:?}\n{said}");
        }
        // Killed in time it changed nothing; killed too late it had done its work.
        Becomes::There(digest) if writer.killed && !status.success() => {
            assert!(now.is_none_or(|now| now == digest), "{what}: {now:?}");
        }
        Becomes::There(digest) => {
            assert!(status.success(), "{what}: {status}\n{said}");
            assert_eq!(now, Some(digest), "{what}");
        }
        Becomes::Gone => assert!(status.success() && now.is_none(), "{what}: {status}, {now:?}\n{said}"),
    }
}

fn round(source: &Source, layout: &Path, chance: &mut Chance) {
    let mut names = vec!["base".to_owned()];
    names.extend((0..REMOVALS).map(|n| format!("old{n}")));
    let base = images(layout, &names).swap_remove(0);
    let on = AtomicBool::new(true);
    let (mut writers, collected) = std::thread::scope(|scope| {
        let collector = scope.spawn(|| collect(layout, &on));
        let mut writers = source.start(layout, &base, chance);
        let begun = Instant::now();
        for writer in writers.iter_mut().filter(|writer| writer.killed) {
            let at = Duration::from_millis(chance.below(150));
            std::thread::sleep(at.saturating_sub(begun.elapsed()));
            writer.child.kill().unwrap();
        }
        for writer in &mut writers {
            writer.child.wait().unwrap();
        }
        on.store(false, Ordering::Relaxed);
        (writers, collector.join().unwrap())
    });
    assert!(collected > 0);
    let whole = check(layout).unwrap();
    assert!(whole.tags.contains_key("base"));
    writers.iter_mut().for_each(|writer| judge(writer, &whole));
    // What the killed ones left is no more than a collector takes away.
    ok(["gc", "-q", "--grace", "0", layout.to_str().unwrap()]);
    assert_eq!(check(layout).unwrap(), whole);
    assert_eq!(stored(layout), whole.reached);
    assert_eq!(leftovers(layout), Vec::<String>::new());
}

#[test]
fn what_sixty_four_writers_wrote_is_there_whatever_became_of_the_others() {
    let place = quick_place();
    let source = Source::new(place.path().join("source"));
    let mut chance = Chance::new();
    for number in 0..rounds(20) {
        let layout = place.path().join(format!("round{number}"));
        round(&source, &layout, &mut chance);
        fs::remove_dir_all(layout).unwrap();
    }
}

#[test]
fn sixteen_additions_and_sixteen_edits_of_one_tag_all_show() {
    let place = quick_place();
    let layout = place.path().join("images");
    let names: Vec<String> = (0..17).map(|n| format!("p{n}")).collect();
    images(&layout, &names);
    let image = |tag: &str| format!("oci:{}:{tag}", layout.display());
    ok(["index", "create", &image("multi"), &image("p16")]);
    let here = format!("linux/{}", architectures().0);
    let addition = |n: usize| {
        let platform = format!("linux/other{n}");
        ["index", "add", "--as-platform", &platform, &image("multi"), &image(&format!("p{n}"))]
            .map(str::to_owned)
    };
    let edit = |n: usize| {
        let label = format!("k{n}=v{n}");
        ["mutate", "--platform", &here, &image("multi"), "--label", &label].map(str::to_owned)
    };
    let writers: Vec<Child> = (0..16).flat_map(|n| [spawn(&addition(n)), spawn(&edit(n))]).collect();
    for writer in writers {
        let output = writer.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    check(&layout).unwrap();
    let multi: Value = serde_json::from_str(&ok(["inspect", "--raw", &image("multi")])).unwrap();
    let mut platforms: Vec<String> = multi["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|child| child["platform"]["architecture"].as_str().unwrap().to_owned())
        .collect();
    platforms.sort();
    let mut expected: Vec<String> = (0..16).map(|n| format!("other{n}")).collect();
    expected.push(architectures().0.to_owned());
    expected.sort();
    assert_eq!(platforms, expected);
    let config = ok(["inspect", "--config", "--platform", &here, &image("multi")]);
    let config: Value = serde_json::from_str(&config).unwrap();
    for n in 0..16 {
        assert_eq!(config["config"]["Labels"][format!("k{n}")], json!(format!("v{n}")), "{config}");
    }
}

/// Starts ours while the lock of `index.json` is held, so that it cannot have read it yet, runs `foreign`, and lets
/// ours go on.
fn beside(layout: &Path, ours: &[String], foreign: &mut Command) -> Whole {
    let lock = layout.join(".ocidian-index.lock");
    let lock = File::options().read(true).write(true).create(true).truncate(false).open(lock).unwrap();
    lock.lock().unwrap();
    let mut child = spawn(ours);
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "it did not wait for the lock");
    run::stdout(foreign).unwrap();
    drop(lock);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    check(layout).unwrap()
}

#[test]
fn what_other_tools_wrote_before_ours_is_published_stays() {
    let [umoci, skopeo] = require!("umoci", "skopeo");
    let place = quick_place();
    let (source, layout) = (place.path().join("source"), place.path().join("images"));
    let digests = images(&source, &["one".to_owned(), "two".to_owned()]);
    let base = images(&layout, &["base".to_owned()]).swap_remove(0);
    let from = |tag: &str| format!("oci:{}:{tag}", source.display());
    let to = |tag: &str| format!("oci:{}:{tag}", layout.display());
    let plain = |tag: &str| format!("{}:{tag}", layout.display());

    let ours = ["tag", &to("base"), "ours1"].map(str::to_owned);
    let whole = beside(&layout, &ours, umoci.command().args(["tag", "--image", &plain("base"), "theirs1"]));
    assert_eq!([&whole.tags["ours1"], &whole.tags["theirs1"]], [&base; 2]);

    let ours = ["copy", &from("one"), &to("ours2")].map(str::to_owned);
    let whole = beside(&layout, &ours, skopeo.command().args(["copy", "-q", &from("two"), &to("theirs2")]));
    // skopeo compresses what it copies, so its digest is another one.
    assert_eq!(whole.tags["ours2"], digests[0]);
    assert_eq!(whole.tags.keys().collect::<Vec<_>>(), ["base", "ours1", "ours2", "theirs1", "theirs2"]);

    let ours = ["rm", &to("ours1")].map(str::to_owned);
    let whole = beside(&layout, &ours, umoci.command().args(["rm", "--image", &plain("theirs1")]));
    assert_eq!(whole.tags.keys().collect::<Vec<_>>(), ["base", "ours2", "theirs2"]);
}
