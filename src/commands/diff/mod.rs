//! `diff`: what was found is data and decides the exit code; whatever stops the work is an error that never has code 1.

mod report;
mod side;
mod text;

use ocidian_build::diff::{Rules, compare, document, images};
use ocidian_content::Cancel;
use ocidian_spec::Digest;

use self::report::{Document, Report};
use self::side::{Bytes, ImageSide, Side};
use crate::cli::{Diff, Format};
use crate::exit::{Differ, NotCompared, Usage};
use crate::report::{self as out, Voice, json};

/// Compares what was named.
pub(crate) fn run(args: &Diff, voice: Voice) -> anyhow::Result<()> {
    let report = work(args, voice).map_err(|error| error.context(NotCompared))?;
    report.notes.iter().for_each(|note| voice.note(note));
    match args.format.format {
        Format::Json => out::to_stdout(|out| json::write(out, &report))?,
        Format::Text if voice.is_quiet() => {}
        Format::Text => out::to_stdout(|out| text::write(out, &report))?,
    }
    if report.same { Ok(()) } else { Err(Differ.into()) }
}

fn work(args: &Diff, voice: Voice) -> anyhow::Result<Report> {
    if args.a == "-" && args.b == "-" {
        return Err(Usage("standard input can be only one of the two".to_owned()).into());
    }
    let platform = args.choice.platform.as_ref();
    let (a, b) = (Side::open(&args.a, platform, voice)?, Side::open(&args.b, platform, voice)?);
    let limit = if args.all { usize::MAX } else { args.limit };
    let mut report = Report::new(limit);
    let mut rules = Rules { ignore: args.ignore.iter().map(|it| (*it).into()).collect(), ..Rules::default() };
    let progress = voice.progress();
    match (&a, &b) {
        (Side::Image(a), Side::Image(b)) if !args.only_files => {
            for document in documents(a, b)? {
                report.document(document);
            }
            let rules = (!args.no_files).then_some(&rules);
            // Nothing is made, so a signal may end the process where it stands.
            let found = images(a.pair(), b.pair(), rules, &*progress, &Cancel::new())?;
            found.layers.iter().for_each(|layer| report.layer(layer));
            if let Some(files) = &found.files {
                report.files(files);
            }
        }
        _ if args.no_files => {
            return Err(Usage("--no-files leaves nothing to compare but of two images".to_owned()).into());
        }
        _ => {
            rules.on_host = !matches!((&a, &b), (Side::Image(_), Side::Image(_)));
            rules.rootless = a.is_rootless() || b.is_rootless();
            if let (false, Some(a), Some(b)) = (args.only_files, a.runtime_config()?, b.runtime_config()?) {
                report.document(Document::compared("config.json", Some(digested(&a)), Some(digested(&b)))?);
            }
            report.files(&compare(&a.listing(&*progress)?, &b.listing(&*progress)?, &rules));
            let an_image = matches!((&a, &b), (Side::Image(_), _) | (_, Side::Image(_)));
            if an_image && !args.only_files {
                report.notes.push("not both are images, so files were compared and no layers".to_owned());
            }
        }
    }
    Ok(report)
}

fn documents(a: &ImageSide, b: &ImageSide) -> anyhow::Result<Vec<Document>> {
    let mut found = Vec::new();
    for ((role, a), (_, b)) in a.documents().into_iter().zip(b.documents()) {
        if a.is_some() || b.is_some() {
            let owned = |it: Option<Bytes<'_>>| it.map(|(digest, bytes)| (digest.clone(), bytes.to_vec()));
            found.push(Document::compared(role, owned(a), owned(b))?);
        }
    }
    Ok(found)
}

fn digested(bytes: &[u8]) -> (Digest, Vec<u8>) {
    (Digest::sha256(bytes), bytes.to_vec())
}

impl Document {
    fn compared(
        role: &'static str,
        a: Option<(Digest, Vec<u8>)>,
        b: Option<(Digest, Vec<u8>)>,
    ) -> anyhow::Result<Self> {
        use anyhow::Context as _;
        let verdict = match (&a, &b) {
            (Some((_, a)), Some((_, b))) => {
                Some(document::compare(a, b).with_context(|| format!("the {role} is no JSON"))?)
            }
            _ => None,
        };
        Ok(Self::new(role, a.map(|(digest, _)| digest), b.map(|(digest, _)| digest), verdict))
    }
}
