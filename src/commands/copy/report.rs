//! What a copy did, for people and programs.

use std::io::{self, Write};
use std::time::Duration;

use ocidian_content::copy::{Absent, Copied, Why};
use ocidian_spec::{Descriptor, ImageSource, MediaType, Platform};
use serde::Serialize;

use super::Done;
use crate::cli::CopyArgs;
use crate::commands::made::Made;
use crate::commands::tag::told;
use crate::report::{Voice, escape, size};

/// How many absent or left out descriptors are told one by one.
const SHOWN: usize = 10;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    source: String,
    destination: String,
    images: Vec<Image>,
    copied: Tally,
    present: Tally,
    absent: Vec<Missing>,
    notes: Vec<String>,
    seconds: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    name: Option<String>,
    why: &'static str,
    source_digest: String,
    /// None where the destination keeps no manifests.
    digest: Option<String>,
    media_type: MediaType,
    size: u64,
    was: Vec<String>,
    kept: Vec<Child>,
    left_out: Vec<Child>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Child {
    digest: String,
    media_type: MediaType,
    size: u64,
    platform: Option<Platform>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Missing {
    #[serde(flatten)]
    child: Child,
    parent: Option<String>,
    dispensable: bool,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Tally {
    blobs: u64,
    bytes: u64,
}

impl Report {
    /// Gathers what there is to tell.
    pub(super) fn new(
        source: &ImageSource,
        destination: &ImageSource,
        done: Done,
        args: &CopyArgs,
        time: Duration,
    ) -> Self {
        let Done { report: done, was } = done;
        let mut images: Vec<Image> = done.roots.iter().map(Image::of).collect();
        if let Some(asked) = images.iter_mut().find(|image| image.why == "asked") {
            asked.was = was;
        }
        if args.uncompressed {
            images.iter_mut().for_each(|image| image.digest = None);
        }
        Self {
            source: source.to_string(),
            destination: destination.to_string(),
            images,
            copied: Tally { blobs: done.copied.blobs, bytes: done.copied.bytes },
            present: Tally { blobs: done.adopted.blobs, bytes: done.adopted.bytes },
            absent: done.absent.iter().map(Missing::of).collect(),
            notes: done.notes,
            seconds: time.as_secs_f64(),
        }
    }

    /// What is not as it was at the source to stderr, then the summary, or the JSON, to stdout.
    pub(super) fn print(&self, args: &CopyArgs, made: &Made<'_>, voice: Voice) -> anyhow::Result<()> {
        self.tell(args, voice);
        let asked = self.images.iter().filter(|image| image.why == "asked");
        let digests: Vec<&str> = asked.filter_map(|image| image.digest.as_deref()).collect();
        made.tell(voice, "the copy", &digests.join("\n"), self, |out| self.write(out))
    }

    fn tell(&self, args: &CopyArgs, voice: Voice) {
        self.notes.iter().for_each(|note| voice.note(note));
        if args.uncompressed {
            voice.note("layers are stored uncompressed and manifests are not; config digests are kept, manifest digests are not");
        }
        for image in &self.images {
            let Some(digest) = image.digest.as_ref().filter(|digest| **digest != image.source_digest) else {
                continue;
            };
            let mut told = format!("{} became {digest}", image.source_digest);
            if !image.left_out.is_empty() {
                told.push_str(&format!(", with {}", platforms(&image.kept)));
                let left = platforms(&image.left_out);
                told.push_str(&if left.is_empty() { String::new() } else { format!(", without {left}") });
            }
            voice.note(&told);
        }
        for (dispensable, what) in [(false, "which is left out"), (true, "which something refers to")] {
            let of_kind = self.absent.iter().filter(|missing| missing.dispensable == dispensable);
            // Platforms say more than digests; attestations have one that says nothing.
            let mut told: Vec<String> = of_kind.map(|missing| missing.child.tell()).collect();
            told.sort_by_key(|text| text.starts_with("unknown/"));
            if !told.is_empty() {
                let more = told.len().saturating_sub(SHOWN);
                told.truncate(SHOWN);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                voice.note(&format!("{} does not hold {}{more}, {what}", self.source, told.join(", ")));
            }
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for image in &self.images {
            let name = image.name.as_deref().map(|name| format!("{name}: ")).unwrap_or_default();
            let why = match image.why {
                "asked" => "",
                "referrer" => " (a referrer)",
                _ => " (a list of referrers)",
            };
            let digest = image.digest.as_deref().unwrap_or("no manifest");
            let told = told(&image.was, digest);
            writeln!(out, "{}{digest}{why}{told}", escape::text(&name))?;
        }
        let tally = |tally: &Tally| {
            format!("{}, {}", size::count(tally.blobs, "blob", "blobs"), size::bytes(tally.bytes))
        };
        write!(out, "{} copied to {}", tally(&self.copied), escape::text(&self.destination))?;
        if self.present.blobs > 0 {
            write!(out, "; {} there already", tally(&self.present))?;
        }
        writeln!(out)
    }
}

impl Image {
    fn of(copied: &Copied) -> Self {
        let children = |list: &[Descriptor]| list.iter().map(Child::of).collect();
        Self {
            name: copied.name.as_ref().map(ToString::to_string),
            why: match copied.why {
                Why::Asked => "asked",
                Why::Referrer => "referrer",
                Why::FallbackTag => "fallbackTag",
            },
            source_digest: copied.source.digest.to_string(),
            digest: Some(copied.descriptor.digest.to_string()),
            media_type: copied.descriptor.media_type.clone(),
            size: copied.descriptor.size,
            was: Vec::new(),
            kept: children(&copied.kept),
            left_out: children(&copied.left_out),
        }
    }
}

impl Child {
    fn of(descriptor: &Descriptor) -> Self {
        Self {
            digest: descriptor.digest.to_string(),
            media_type: descriptor.media_type.clone(),
            size: descriptor.size,
            platform: descriptor.platform.clone(),
        }
    }
}

/// The platforms that say something, each once.
fn platforms(children: &[Child]) -> String {
    let known = children.iter().filter_map(|child| child.platform.as_ref()).filter(|it| it.os != "unknown");
    let mut told: Vec<String> = known.map(ToString::to_string).collect();
    told.dedup();
    told.join(", ")
}

impl Child {
    /// For people: the platform, else the digest.
    fn tell(&self) -> String {
        self.platform.as_ref().map_or_else(|| self.digest.clone(), ToString::to_string)
    }
}

impl Missing {
    fn of(absent: &Absent) -> Self {
        Self {
            child: Child::of(&absent.descriptor),
            parent: absent.parent.as_ref().map(ToString::to_string),
            dispensable: absent.dispensable,
        }
    }
}
