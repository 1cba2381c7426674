//! How it went, as a table and as JSON.

use std::fmt;

use serde_json::{Value, json};

/// How one case went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As the specification asks.
    Passed,
    /// Refused as it should be, but not well: another exit code, a message that does not say what
    /// or where, the target left behind.
    Flawed(Vec<String>),
    /// Accepted what must be refused, refused what is legal, made another tree, touched what is
    /// outside, crashed, or did not end.
    Failed(Vec<String>),
    /// Not run, and why.
    Skipped(String),
}

impl Verdict {
    /// Its name in the report.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Flawed(_) => "flawed",
            Self::Failed(_) => "failed",
            Self::Skipped(_) => "skipped",
        }
    }

    /// What is to be said about it.
    pub fn reasons(&self) -> &[String] {
        match self {
            Self::Passed => &[],
            Self::Flawed(reasons) | Self::Failed(reasons) => reasons,
            Self::Skipped(reason) => std::slice::from_ref(reason),
        }
    }
}

/// How one case went, and what the tool said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseReport {
    /// The case's id.
    pub id: &'static str,
    /// The case's title.
    pub title: &'static str,
    /// The heading of image-spec that it rests on.
    pub section: &'static str,
    /// How it went.
    pub verdict: Verdict,
    /// What the tool wrote to standard error, the first 64 KiB.
    pub message: String,
    /// Its peak memory in bytes, as far as it was seen; `None` if it was not run or ended at once.
    pub peak_memory: Option<u64>,
}

impl CaseReport {
    /// A report of which the outcome is still to be filled in.
    pub(super) fn new(id: &'static str, title: &'static str, section: &'static str) -> Self {
        Self { id, title, section, verdict: Verdict::Passed, message: String::new(), peak_memory: None }
    }
}

/// How all cases went. Displayed, it is a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The command that was run.
    pub tool: String,
    /// What was not compared, because an ordinary user cannot make it; empty for root.
    pub not_compared: &'static [&'static str],
    /// Each case, in the order of the run.
    pub cases: Vec<CaseReport>,
}

impl Report {
    /// How many cases went that way: `passed`, `flawed`, `failed` or `skipped`.
    pub fn count(&self, verdict: &str) -> usize {
        self.cases.iter().filter(|case| case.verdict.name() == verdict).count()
    }

    /// Whether no case failed or was flawed.
    pub fn is_clean(&self) -> bool {
        self.count("failed") == 0 && self.count("flawed") == 0
    }

    /// The report as JSON.
    pub fn to_json(&self) -> Value {
        let cases = self.cases.iter().map(|case| {
            json!({
                "id": case.id,
                "title": case.title,
                "section": case.section,
                "verdict": case.verdict.name(),
                "reasons": case.verdict.reasons(),
                "message": case.message,
                "peakMemory": case.peak_memory,
            })
        });
        json!({
            "tool": self.tool,
            "notCompared": self.not_compared,
            "passed": self.count("passed"),
            "flawed": self.count("flawed"),
            "failed": self.count("failed"),
            "skipped": self.count("skipped"),
            "cases": cases.collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.cases.iter().map(|case| case.id.len()).max().unwrap_or(0);
        for case in &self.cases {
            writeln!(f, "{:<7}  {:<width$}  {}", case.verdict.name(), case.id, case.title)?;
            for reason in case.verdict.reasons() {
                writeln!(f, "         {:<width$}  - {reason}", "")?;
            }
        }
        if !self.not_compared.is_empty() {
            writeln!(f, "not compared, for want of root's rights: {}", self.not_compared.join(", "))?;
        }
        if let Some(case) = self.cases.iter().max_by_key(|case| case.peak_memory)
            && let Some(peak) = case.peak_memory
        {
            writeln!(f, "peak memory: {} KiB ({})", peak / 1024, case.id)?;
        }
        writeln!(
            f,
            "{} passed, {} flawed, {} failed, {} skipped",
            self.count("passed"),
            self.count("flawed"),
            self.count("failed"),
            self.count("skipped")
        )
    }
}
