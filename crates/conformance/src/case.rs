//! A case: an image layout to unpack, and the outcome that the specification asks for.

use serde_json::{Value, json};

use crate::edit::CannotEdit;
use crate::layout::{Layout, LayoutBuilder, TAG};
use crate::tree::ExpectedEntry;

/// An image layout to unpack, and the outcome that the specification asks for.
pub struct Case {
    /// Its name: lower-case words joined by `-`, and the directory it is written to.
    pub id: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// The page and heading of image-spec that it rests on.
    pub section: &'static str,
    /// What is in it, and why the outcome is what it is.
    pub about: &'static str,
    /// Makes the layout.
    pub build: fn(&mut LayoutBuilder),
    /// The outcome.
    pub expect: Expectation,
    /// Limits that the tool is to be given; without a way to give them the case does not apply.
    pub limits: Option<Limits>,
}

/// Limits on what one unpacking may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of uncompressed layers, and of file content, in all layers together.
    pub max_bytes: u64,
    /// Entries in any one layer.
    pub max_entries: u64,
}

/// The outcome of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// The image is unpacked, and this is the tree: no entry more, none less.
    Tree(Vec<ExpectedEntry>),
    /// The image is refused, and nothing is left.
    Refused {
        /// How, which decides the exit code.
        kind: Refusal,
        /// What the error must contain: an entry's name, a digest, a place. `{layer0}`,
        /// `{config}` and `{manifest}` stand for those blobs' digests.
        needle: &'static [&'static str],
    },
}

/// Why an image is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is malformed, forbidden, or over a limit.
    Failed,
    /// A blob or name that is needed does not exist.
    NotFound,
    /// A digest, size or diff_id does not match the bytes.
    Verification,
}

impl Refusal {
    /// The exit code that tells it apart.
    pub fn exit_code(self) -> i32 {
        match self {
            Self::Failed => 1,
            Self::NotFound => 3,
            Self::Verification => 5,
        }
    }

    /// Its name in `cases.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::NotFound => "not-found",
            Self::Verification => "verification",
        }
    }
}

impl Case {
    /// A case that must be unpacked to that tree.
    pub(crate) fn legal(
        id: &'static str,
        title: &'static str,
        section: &'static str,
        about: &'static str,
        build: fn(&mut LayoutBuilder),
        tree: impl IntoIterator<Item = ExpectedEntry>,
    ) -> Self {
        let mut tree: Vec<_> = tree.into_iter().collect();
        tree.sort_by(|a, b| a.path.cmp(&b.path));
        Self { id, title, section, about, build, expect: Expectation::Tree(tree), limits: None }
    }

    /// A case that must be refused as malformed or forbidden.
    pub(crate) fn refused(
        id: &'static str,
        title: &'static str,
        section: &'static str,
        about: &'static str,
        build: fn(&mut LayoutBuilder),
        needle: &'static [&'static str],
    ) -> Self {
        let expect = Expectation::Refused { kind: Refusal::Failed, needle };
        Self { id, title, section, about, build, expect, limits: None }
    }

    /// The same, refused for another reason.
    pub(crate) fn refused_as(mut self, other: Refusal) -> Self {
        if let Expectation::Refused { kind, .. } = &mut self.expect {
            *kind = other;
        }
        self
    }

    /// The same, to be run under limits.
    pub(crate) fn under(self, max_bytes: u64, max_entries: u64) -> Self {
        Self { limits: Some(Limits { max_bytes, max_entries }), ..self }
    }

    /// The layout as data. The same bytes each time.
    ///
    /// # Errors
    /// [`CannotEdit`]: the case is wrong.
    pub fn layout(&self) -> Result<Layout, CannotEdit> {
        let mut builder = LayoutBuilder::default();
        (self.build)(&mut builder);
        builder.finish()
    }

    /// What the error must contain, the digests of `layout` filled in; empty for a legal case.
    pub fn needles(&self, layout: &Layout) -> Vec<String> {
        match &self.expect {
            Expectation::Tree(_) => Vec::new(),
            Expectation::Refused { needle, .. } => needle.iter().map(|text| layout.fill_in(text)).collect(),
        }
    }

    /// The case as `cases.json` has it; `layout` is its own.
    pub fn to_json(&self, layout: &Layout) -> Value {
        let mut json = json!({
            "id": self.id,
            "title": self.title,
            "section": self.section,
            "about": self.about,
            "path": format!("unpack/{}", self.id),
            "tag": TAG,
            "limits": self.limits.map(|l| json!({ "maxBytes": l.max_bytes, "maxEntries": l.max_entries })),
        });
        match &self.expect {
            Expectation::Tree(tree) => {
                json["verdict"] = "unpacked".into();
                json["exitCode"] = 0.into();
                json["tree"] = tree.iter().map(ExpectedEntry::to_json).collect();
            }
            Expectation::Refused { kind, .. } => {
                json["verdict"] = kind.name().into();
                json["exitCode"] = kind.exit_code().into();
                json["error"] = self.needles(layout).into();
            }
        }
        json
    }
}
