//! What is to be reached, as data, and whether it was.
//!
//! Ratios to what Debian 12 ships, on a tmpfs, each within one run. A goal whose rival is not here is not judged.

use super::report::{Report, Row};

/// What a program is to reach at a task.
struct Goal {
    verb: &'static str,
    task: &'static str,
    program: &'static str,
    what: What,
}

enum What {
    /// So many times as fast as another program.
    Faster(f64, &'static str),
    /// At most so many times the processor seconds of others together.
    Cpu(f64, &'static [&'static str]),
    /// At most so many MB of memory.
    Peak(f64),
    /// At most so many times the size of another's product.
    Size(f64, &'static str),
}

use What::{Cpu, Faster, Peak, Size};

const RAW: &str = "umoci raw unpack";
const SHELL: &str = "zcat | tar";
const FLOOR: &[&str] = &["floor: inflate, both hashes", "floor: create the files"];

const fn unpack(task: &'static str, what: What) -> Goal {
    Goal { verb: "unpack", task, program: "ocidian unpack", what }
}

const fn validate(task: &'static str, what: What) -> Goal {
    Goal { verb: "validate", task, program: "ocidian validate", what }
}

const fn build(task: &'static str, program: &'static str, what: What) -> Goal {
    Goal { verb: "build", task, program, what }
}

const fn start(task: &'static str) -> Goal {
    Goal { verb: "start", task, program: "ocidian", what: Faster(2.0, "umoci") }
}

const GZIP: &str = "sha256sum; gzip -dc, sha256sum";
const ZSTD: &str = "sha256sum; zstd -dcq, sha256sum";

/// All of them.
const GOALS: [Goal; 37] = [
    unpack("debian", Faster(4.2, RAW)),
    unpack("debian", Faster(1.0, SHELL)),
    unpack("debian", Cpu(1.15, FLOOR)),
    unpack("debian", Peak(32.0)),
    unpack("multi", Faster(5.2, RAW)),
    unpack("multi", Faster(1.0, SHELL)),
    unpack("multi", Cpu(1.15, FLOOR)),
    unpack("multi", Peak(32.0)),
    unpack("manyfiles", Faster(7.5, RAW)),
    unpack("manyfiles", Faster(1.0, SHELL)),
    unpack("manyfiles", Cpu(1.15, FLOOR)),
    unpack("manyfiles", Peak(32.0)),
    unpack("bigfile", Faster(4.0, RAW)),
    unpack("bigfile", Faster(1.0, SHELL)),
    unpack("bigfile", Cpu(1.15, FLOOR)),
    unpack("bigfile", Peak(32.0)),
    unpack("multi-zstd", Faster(1.3, "zstd -dc | tar")),
    unpack("multi-zstd", Peak(32.0)),
    build("gzip", "ocidian build", Faster(1.7, "umoci insert")),
    build("gzip", "ocidian build", Size(1.0, "umoci insert")),
    build("gzip", "ocidian build", Peak(64.0)),
    build("zstd", "ocidian build --compress zstd", Faster(1.9, "tar, zstd -3 -T2")),
    build("zstd", "ocidian build --compress zstd", Size(1.03, "tar, zstd -3 -T2")),
    build("zstd", "ocidian build --compress zstd", Peak(64.0)),
    Goal {
        verb: "repack",
        task: "one file changed",
        program: "ocidian repack",
        what: Faster(20.0, "umoci repack"),
    },
    validate("debian", Faster(4.5, GZIP)),
    validate("debian", Peak(64.0)),
    validate("multi", Faster(4.5, GZIP)),
    validate("multi", Peak(64.0)),
    validate("multi-zstd", Faster(4.5, ZSTD)),
    validate("multi-zstd", Peak(64.0)),
    validate("bigfile", Faster(4.5, GZIP)),
    validate("bigfile", Peak(64.0)),
    validate("manyfiles", Faster(4.5, GZIP)),
    validate("manyfiles", Peak(64.0)),
    start("say the version"),
    start("unpack 1 MB"),
];

/// A goal, and what was found.
pub(crate) struct Verdict {
    pub(crate) verb: String,
    pub(crate) task: String,
    pub(crate) program: String,
    /// What is to be reached, in words.
    pub(crate) goal: String,
    /// What was found, in the same unit; nothing where it was not measured.
    pub(crate) found: Option<String>,
    pub(crate) met: bool,
}

impl Verdict {
    /// For the row that it is about.
    pub(crate) fn short(&self) -> String {
        format!("{}: {}", self.goal, self.word())
    }

    /// In a word.
    pub(crate) fn word(&self) -> &'static str {
        match (&self.found, self.met) {
            (None, _) => "not measured",
            (_, true) => "met",
            (_, false) => "not met",
        }
    }
}

/// What a report says of the goals of its verb, those that it does not touch included; nothing for one that is not
/// of a tmpfs.
pub(crate) fn judge(report: &Report) -> Vec<Verdict> {
    if report.kind != "tmpfs" {
        return Vec::new();
    }
    let own = GOALS.iter().filter(|goal| goal.verb == report.verb).map(|goal| goal.judge(report));
    own.chain(super::scale::judge(report)).collect()
}

impl Goal {
    fn judge(&self, report: &Report) -> Verdict {
        let row = |program: &str| report.row(self.task, program);
        let found = row(self.program).and_then(|own| self.what.found(own, &row));
        Verdict {
            verb: self.verb.to_owned(),
            task: self.task.to_owned(),
            program: self.program.to_owned(),
            goal: self.what.text(),
            found: found.map(|value| self.what.value(value)),
            met: found.is_some_and(|value| self.what.met(value)),
        }
    }
}

impl What {
    fn found<'a>(&self, own: &Row, row: &impl Fn(&str) -> Option<&'a Row>) -> Option<f64> {
        match self {
            Faster(_, than) => Some(row(than)?.median.wall / own.median.wall),
            Cpu(_, of) => {
                let sum: Option<f64> = of.iter().map(|name| Some(row(name)?.median.cpu())).sum();
                Some(own.median.cpu() / sum?)
            }
            Peak(_) => Some(own.median.peak as f64 / 1e6),
            Size(_, of) => Some(own.size? as f64 / row(of)?.size? as f64),
        }
    }

    /// By what is shown: 4.196 times is 4.20, and meets 4.2.
    fn met(&self, found: f64) -> bool {
        let found = (found * 100.0).round() / 100.0;
        match self {
            Faster(by, _) => found >= *by,
            Cpu(at_most, _) | Size(at_most, _) | Peak(at_most) => found <= *at_most,
        }
    }

    fn text(&self) -> String {
        match self {
            Faster(by, than) if *by == 1.0 => format!("as fast as `{than}`"),
            Faster(by, than) => format!("{by} times `{than}`"),
            Cpu(times, _) => format!("CPU {times} times the floor's"),
            Peak(megabytes) => format!("{megabytes} MB"),
            Size(times, of) if *times == 1.0 => format!("no larger than `{of}`"),
            Size(times, of) => format!("{times} times the size of `{of}`"),
        }
    }

    fn value(&self, found: f64) -> String {
        match self {
            Peak(_) => format!("{found:.1} MB"),
            _ => format!("{found:.2} times"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::report;
    use super::*;

    fn of<'a>(verdicts: &'a [Verdict], goal: &str) -> &'a Verdict {
        verdicts.iter().find(|verdict| verdict.task == "debian" && verdict.goal == goal).unwrap()
    }

    #[test]
    fn goals_are_met_missed_or_not_measured() {
        let found = report(
            "unpack",
            &[
                ("debian", "ocidian unpack", 1.0, 33_000_000),
                ("debian", RAW, 4.196, 1),
                ("debian", FLOOR[0], 0.5, 1),
                ("debian", FLOOR[1], 0.25, 1),
            ],
        );
        let verdicts = judge(&found);
        let met = of(&verdicts, "4.2 times `umoci raw unpack`");
        assert_eq!((met.word(), met.found.as_deref()), ("met", Some("4.20 times")));
        let memory = of(&verdicts, "32 MB");
        assert_eq!((memory.word(), memory.found.as_deref()), ("not met", Some("33.0 MB")));
        let processor = of(&verdicts, "CPU 1.15 times the floor's");
        assert_eq!((processor.word(), processor.found.as_deref()), ("not met", Some("1.33 times")));
        assert_eq!(of(&verdicts, "as fast as `zcat | tar`").short(), "as fast as `zcat | tar`: not measured");
    }

    #[test]
    fn goals_are_for_a_tmpfs() {
        let mut found = report("unpack", &[("debian", "ocidian unpack", 1.0, 1)]);
        found.kind = "ext4".to_owned();
        assert!(judge(&found).is_empty());
    }
}
