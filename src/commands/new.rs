//! `new`: an image without layers, the same wherever it is made.

use std::io::Write;

use anyhow::bail;
use ocidian_content::{BlobSink, Expect, RefSink, Role};
use ocidian_spec::{
    Algorithm, Descriptor, Document, ImageConfig, ImageManifest, MediaType, Platform, RawDocument, RootFs,
};
use serde::Serialize;

use super::place::{Place, finish, retried};
use super::tag::{condition, told};
use crate::cli::{Format, New};
use crate::epoch;
use crate::interrupt::Interrupt;
use crate::report::{self, Voice, escape, json};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    name: String,
    digest: String,
    media_type: MediaType,
    size: u64,
    platform: Platform,
    was: Vec<String>,
}

pub(crate) fn run(args: &New, voice: Voice) -> anyhow::Result<()> {
    let interrupt = Interrupt::catch()?;
    let place = Place::open(&args.image, "new")?.stopped_by(&interrupt);
    let name = place.tag(&args.image)?;
    let platform = args.platform.clone().unwrap_or_else(Platform::host);
    let config = config(&platform, epoch::source_date()?.map(report::time::rfc3339)).to_json()?;
    let manifest = {
        let config = Descriptor::of(MediaType::ImageConfig, &config);
        let mut manifest = ImageManifest::new(config, Vec::new());
        manifest.media_type = Some(MediaType::ImageManifest);
        manifest.to_json()?
    };
    // index.json is an index too, and says for what its images are.
    let platform_said = Some(platform.clone());
    let descriptor =
        Descriptor { platform: platform_said, ..Descriptor::of(MediaType::ImageManifest, &manifest) };
    let document = RawDocument::verify(manifest, descriptor.clone())?;
    let was = retried(|| {
        let (when, was) = condition(&place.standing(&name)?);
        if !was.is_empty() && !args.force {
            bail!("{name} stands for {} already; --force moves it", was.join(" and "));
        }
        let writer = place.layout.writer()?;
        let mut blob = writer.begin(Role::Blob, Expect::Hash(Algorithm::Sha256))?;
        blob.write_all(&config)?;
        blob.commit(None)?;
        writer.put(Some(&name), &document, when)?;
        finish(Box::new(writer), &interrupt.cancel())?;
        Ok(was)
    });
    let was = was.map_err(|error| interrupt.explain(error))?;
    let Descriptor { digest, media_type, size, .. } = descriptor;
    let (name, digest) = (name.to_string(), digest.to_string());
    let report = Report { name, digest, media_type, size, platform, was };
    match args.format.format {
        Format::Json => report::to_stdout(|out| json::write(out, &report)),
        Format::Text if voice.is_quiet() => Ok(()),
        Format::Text => report::to_stdout(|out| {
            let told = told(&report.was, &report.digest);
            writeln!(out, "{}: {}{told}", escape::text(&report.name), report.digest)
        }),
    }
}

/// A config that says for what the image is, and nothing else.
fn config(platform: &Platform, created: Option<String>) -> ImageConfig {
    ImageConfig {
        created,
        author: None,
        architecture: platform.architecture.clone(),
        os: platform.os.clone(),
        os_version: None,
        os_features: None,
        variant: platform.variant.clone(),
        config: None,
        rootfs: RootFs::new(Vec::new()),
        history: None,
        other: Default::default(),
    }
}
