//! `validate`: whether something is what the specifications say.

use std::ffi::OsString;

use clap::{Args, ValueEnum, ValueHint};
use ocidian_validate::{Depth, Version, rules};

use super::value;

/// Check a layout, an archive, an image, a document, a layer or a runtime bundle against the specifications
///
/// Every breach is shown, with the rule that it breaks, where it is, and the section of the specification. Legal things stay
/// legal: unknown members, media types and files, blobs that nothing names, blobs that are absent. Everything is
/// read, and nothing is changed.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").args(["target", "rules", "explain"]).required(true)), after_long_help = "\
Targets:
  IMAGE, as every verb takes it   a layout, an archive or skopeo's dir: all of it, or with a tag or digest one image
  a layer                         a file that is a tar and no archive of images, plain, gzip'd or zstd'd
  a runtime bundle                a directory with config.json
  one document                    a file, with --as
  -                               any of these but directories, piped in

Levels: an error breaks a MUST, a definition, a REQUIRED member, the schema or verification; a warning breaks a SHOULD,
or is what readers are known to disagree about; a note is legal and worth knowing.

Exit codes: 0 no errors; 1 errors, or with --strict warnings; 2 the target could not be looked at, for whatever reason.

Examples:
  ocidian validate oci:images
  ocidian validate --strict --format junit oci-archive:image.tar:v1 > report.xml
  ocidian validate --as manifest manifest.json
  ocidian validate --explain layer-diff-id

JSON: an object with `target`, `passed`, `errors`, `warnings`, `notes`, `checked`, and `findings`, each with `rule`, `level`,
`message`, where it is (`file` or `digest`, `pointer`, `entry`, `offset`) and the `section`; docs/json.md has all.

See also: docs/validate.md for every rule and what it rests on.")]
pub(crate) struct Validate {
    /// What to validate
    #[arg(value_name = "TARGET", value_hint = ValueHint::AnyPath)]
    pub(crate) target: Option<OsString>,
    /// Take TARGET for this, without looking
    #[arg(long = "as", value_enum, value_name = "KIND", requires = "target")]
    pub(crate) kind: Option<Kind>,
    /// How deep to look: the documents and the names and sizes of blobs, the digests of all blobs, or the layers too
    #[arg(long, value_enum, default_value_t = DepthArg::Layers, value_name = "DEPTH")]
    pub(crate) depth: DepthArg,
    /// Which version of image-spec counts
    #[arg(long, value_parser = version, default_value = "1.1", value_name = "1.0|1.1")]
    pub(crate) spec: Version,
    /// No archive and no layer may decompress to more than this
    #[arg(long, value_parser = value::size, value_name = "SIZE")]
    pub(crate) max_bytes: Option<u64>,
    /// Only these rules, with commas between
    #[arg(long, value_delimiter = ',', value_parser = rule, value_name = "RULE", help_heading = "Rules")]
    pub(crate) only: Vec<String>,
    /// Not these rules
    #[arg(long, value_delimiter = ',', value_parser = rule, value_name = "RULE", help_heading = "Rules")]
    pub(crate) ignore: Vec<String>,
    /// Warnings fail, too
    #[arg(long, help_heading = "Rules")]
    pub(crate) strict: bool,
    /// List the rules instead
    #[arg(long, help_heading = "Rules")]
    pub(crate) rules: bool,
    /// Explain one rule instead, with an example that keeps it and one that breaks it
    #[arg(long, value_parser = rule, value_name = "RULE", help_heading = "Rules")]
    pub(crate) explain: Option<String>,
    /// How to report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: ReportFormat,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// An image manifest
    Manifest,
    /// An image index
    Index,
    /// An image config
    Config,
    /// A descriptor
    Descriptor,
    /// An oci-layout
    Layout,
    /// A layer
    Layer,
    /// A runtime bundle
    Bundle,
}

/// How deep to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DepthArg {
    /// The documents, and the names and sizes of blobs
    Documents,
    /// And the digest of every blob
    Digests,
    /// And what is in the layers, with their diff_ids
    Layers,
}

impl From<DepthArg> for Depth {
    fn from(depth: DepthArg) -> Self {
        match depth {
            DepthArg::Documents => Self::Documents,
            DepthArg::Digests => Self::Digests,
            DepthArg::Layers => Self::Layers,
        }
    }
}

/// How a report of findings is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people; may change from version to version
    #[default]
    Text,
    /// For programs; members are added, never renamed or removed
    Json,
    /// JUnit's XML: a test case for each rule
    Junit,
    /// SARIF 2.1.0
    Sarif,
}

fn version(text: &str) -> Result<Version, &'static str> {
    match text {
        "1.0" => Ok(Version(1, 0)),
        "1.1" => Ok(Version(1, 1)),
        _ => Err("the versions that are known are 1.0 and 1.1"),
    }
}

fn rule(text: &str) -> Result<String, String> {
    if rules::find(text).is_some() {
        return Ok(text.to_owned());
    }
    let near = rules::near(text);
    let hint = if near.is_empty() {
        "--rules lists them".to_owned()
    } else {
        format!("did you mean {}?", near.join(", "))
    };
    Err(format!("there is no such rule; {hint}"))
}
