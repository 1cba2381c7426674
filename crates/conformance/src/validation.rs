//! A validation case: a layout or a runtime bundle, and what a validator is to say of it.

use serde_json::{Value, json};

use crate::bundle::BundleBuilder;
use crate::edit::CannotEdit;
use crate::layout::{Layout, LayoutBuilder, TAG};

/// A layout or a runtime bundle, and what a validator is to say of it.
pub struct ValidationCase {
    /// Its name: lower-case words joined by `-`, and the directory it is written to.
    pub id: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// The page and heading of the specification that it rests on.
    pub section: &'static str,
    /// What is in it, and why the verdict is what it is.
    pub about: &'static str,
    /// Makes it.
    pub build: Build,
    /// What is to be said of it.
    pub verdict: Conformity,
    /// What Ocidian's own validator finds: the rule's id and its level, for each rule that is broken. Another
    /// validator need not name the same rules, only come to the same verdict.
    pub findings: Vec<(&'static str, FindingLevel)>,
    /// Whether it is about more of the layout than the image that the tag names. A tool that is asked for that
    /// image alone need not see it.
    pub beyond_the_image: bool,
}

/// What is validated.
#[derive(Debug, Clone, Copy)]
pub enum Build {
    /// An image layout.
    Layout(fn(&mut LayoutBuilder)),
    /// A runtime bundle.
    Bundle(fn(&mut BundleBuilder)),
}

/// What a validator is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conformity {
    /// Nothing is wrong with it.
    Valid,
    /// Legal, however odd: a validator may warn, but must not refuse.
    Odd,
    /// One thing breaks the specification: a validator must refuse.
    Invalid,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingLevel {
    /// Legal, and worth knowing.
    Note,
    /// What should not be.
    Warning,
    /// What must not be.
    Error,
}

impl FindingLevel {
    /// Its name in `cases.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Conformity {
    /// Its name in `cases.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Odd => "odd",
            Self::Invalid => "invalid",
        }
    }

    /// The exit code of a validator that comes to it: 0, or 1 where it must refuse.
    pub fn exit_code(self) -> i32 {
        i32::from(self == Self::Invalid)
    }
}

impl Build {
    /// Its name in `cases.json`.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Layout(_) => "layout",
            Self::Bundle(_) => "bundle",
        }
    }
}

/// The words of a case: id, title, section, about.
pub(crate) type Words = [&'static str; 4];

impl ValidationCase {
    fn new([id, title, section, about]: Words, build: Build, verdict: Conformity) -> Self {
        Self { id, title, section, about, build, verdict, findings: Vec::new(), beyond_the_image: false }
    }

    /// A layout with which nothing is wrong.
    pub(crate) fn valid(words: Words, build: fn(&mut LayoutBuilder)) -> Self {
        Self::new(words, Build::Layout(build), Conformity::Valid)
    }

    /// A layout that is odd but legal.
    pub(crate) fn odd(words: Words, build: fn(&mut LayoutBuilder)) -> Self {
        Self::new(words, Build::Layout(build), Conformity::Odd)
    }

    /// A layout that breaks this rule.
    pub(crate) fn invalid(words: Words, rule: &'static str, build: fn(&mut LayoutBuilder)) -> Self {
        Self::new(words, Build::Layout(build), Conformity::Invalid).finding(rule, FindingLevel::Error)
    }

    /// A bundle of that verdict.
    pub(crate) fn bundle(words: Words, verdict: Conformity, build: fn(&mut BundleBuilder)) -> Self {
        Self::new(words, Build::Bundle(build), verdict)
    }

    /// The same, worth a note.
    pub(crate) fn noted(self, rule: &'static str) -> Self {
        self.finding(rule, FindingLevel::Note)
    }

    /// The same, worth a warning.
    pub(crate) fn warned(self, rule: &'static str) -> Self {
        self.finding(rule, FindingLevel::Warning)
    }

    /// The same, which breaks this rule.
    pub(crate) fn breaks(self, rule: &'static str) -> Self {
        self.finding(rule, FindingLevel::Error)
    }

    /// The same, about more than one image.
    pub(crate) fn beyond_the_image(self) -> Self {
        Self { beyond_the_image: true, ..self }
    }

    fn finding(mut self, rule: &'static str, level: FindingLevel) -> Self {
        self.findings.push((rule, level));
        self
    }

    /// The layout or bundle as data. The same bytes each time.
    ///
    /// # Errors
    /// [`CannotEdit`]: the case is wrong.
    pub fn files(&self) -> Result<Layout, CannotEdit> {
        match self.build {
            Build::Layout(build) => {
                let mut builder = LayoutBuilder::default();
                builder.with_platform();
                build(&mut builder);
                builder.finish()
            }
            Build::Bundle(build) => {
                let mut builder = BundleBuilder::default();
                build(&mut builder);
                builder.finish()
            }
        }
    }

    /// The case as `cases.json` has it.
    pub fn to_json(&self) -> Value {
        let finding = |(rule, level): &(&str, FindingLevel)| json!({ "rule": rule, "level": level.name() });
        let tag = matches!(self.build, Build::Layout(_)).then_some(TAG);
        json!({
            "id": self.id,
            "title": self.title,
            "section": self.section,
            "about": self.about,
            "kind": self.build.kind(),
            "path": format!("validate/{}", self.id),
            "tag": tag,
            "beyondTheImage": self.beyond_the_image,
            "verdict": self.verdict.name(),
            "exitCode": self.verdict.exit_code(),
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
        })
    }
}
