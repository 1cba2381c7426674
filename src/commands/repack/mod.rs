//! `repack`: the changes of a bundle as a layer.

mod base;
mod report;

use std::time::Instant;

use ocidian_build::build::Maker;
use ocidian_build::repack::{Base, RepackOptions, repack};
use ocidian_build::{Carrier, Image, NewLayer};
use ocidian_content::{Cancel, Progress};
use ocidian_layer::EntryPath;
use ocidian_spec::{Document, ImageConfig, ImageManifest, ImageSource, Raw};
use ocidian_unpack::UnpackedBundle;

use self::report::Report;
use super::output::Output;
use crate::cli::Repack;
use crate::epoch;
use crate::exit::Usage;
use crate::interrupt::Interrupt;
use crate::report::Voice;

pub(crate) fn run(args: &Repack, voice: Voice) -> anyhow::Result<()> {
    let begun = Instant::now();
    let bundle = UnpackedBundle::open(&args.bundle)?;
    let source: ImageSource = match &args.base {
        Some(base) => base.clone(),
        None => bundle.state().source().parse()?,
    };
    let output = Output::of(&args.output.tag, Some(&source))?;
    let made = output.made(&args.output)?;
    let interrupt = Interrupt::catch()?;
    let (progress, cancel) = (voice.progress(), interrupt.cancel());
    let report = work(args, &bundle, (&source, &output), voice, &*progress, &cancel);
    drop(progress);
    let mut report = report.map_err(|error| interrupt.explain(error))?;
    report.took(begun.elapsed());
    report.print(&made, voice)
}

fn work(
    args: &Repack,
    bundle: &UnpackedBundle,
    (source, output): (&ImageSource, &Output),
    voice: Voice,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> anyhow::Result<Report> {
    let created = epoch::created(args.output.no_reproducible)?;
    let options = options(args, bundle, created.source_date_epoch)?;
    refuse_inside(bundle, output)?;
    let destination = output.open(cancel)?;
    let base = base::find(bundle, source, args.base.is_some(), voice)?;
    let mut image = Image::open(base.store.as_ref(), &base.selection)?;
    let (manifest, config) = (image.original().clone(), image.original_config().clone());
    let maker = Maker {
        sink: &*destination,
        compressor: args.output.layers.compress.unwrap_or_default(),
        threads: args.output.layers.threads(),
        docker: image.is_docker(),
        progress,
        cancel,
    };
    let unpacked = ocidian_unpack::Image { manifest: &manifest, config: &config };
    let compared_with = base.complete.then_some(Base { store: base.store.as_ref(), image: unpacked });
    let repacked = repack(bundle, compared_with, &options, &maker)?;
    if let Some(layer) = &repacked.layer {
        image.config.created = created.decide(image.config.created.as_deref(), layer.newest);
        let mut line = args.history.line();
        line.created_by.get_or_insert_with(|| "ocidian repack".to_owned());
        let line = line.into_history(image.config.created.as_deref(), true);
        image.push_layer(
            NewLayer { descriptor: layer.descriptor.clone(), diff_id: layer.diff_id.clone() },
            line,
        );
    }
    let mut notes = std::mem::take(&mut image.notes);
    let new_config = image.config.clone();
    let written = image.write(&*destination)?;
    let carrier = Carrier {
        source: base.store.as_ref(),
        sink: &*destination,
        complete: destination.demands().complete,
        progress,
        cancel,
    };
    carrier.blobs(&manifest.value().layers)?;
    notes.extend(output.loses_full_name(written.root.descriptor()));
    output.publish(destination, &written.root, cancel)?;
    let report = Report::new(output, written.root.descriptor(), &repacked, base.complete, notes);
    if let Some(renewal) = repacked.renewal {
        let new_config = match new_config == *config.value() {
            true => config.clone(),
            false => Raw::<ImageConfig>::verify(new_config.to_json()?, written.config)?,
        };
        let new_manifest: Raw<ImageManifest> = written.root.parse()?;
        let image = ocidian_unpack::Image { manifest: &new_manifest, config: &new_config };
        let shown = output.absolute(&new_manifest.descriptor().digest);
        bundle.publish(renewal, &shown, image).map_err(|error| {
            let error = anyhow::Error::from(error);
            error.context(format!("{shown} is done, but the bundle could not be refreshed"))
        })?;
    }
    Ok(report)
}

/// The image that is being made is not part of itself.
fn refuse_inside(bundle: &UnpackedBundle, output: &Output) -> anyhow::Result<()> {
    let rootfs = bundle.rootfs_path().canonicalize();
    let parent = output.path().and_then(|path| std::path::absolute(path).ok()?.parent()?.canonicalize().ok());
    if let (Ok(rootfs), Some(parent), Some(path)) = (rootfs, parent, output.path())
        && parent.starts_with(&rootfs)
    {
        anyhow::bail!("the destination {} is inside the bundle's tree; name one elsewhere", path.display());
    }
    Ok(())
}

fn options(args: &Repack, bundle: &UnpackedBundle, epoch: Option<i64>) -> anyhow::Result<RepackOptions> {
    let mask = |path: &String| {
        let mask =
            EntryPath::new(path.as_bytes()).map_err(|error| Usage(format!("--mask-path {path}: {error}")))?;
        if mask.is_root() {
            return Err(Usage(format!("--mask-path {path} leaves nothing to look at")));
        }
        Ok(mask)
    };
    let mut masks = args.changes.mask_path.iter().map(mask).collect::<Result<Vec<_>, _>>()?;
    // A volume that no path can be is mounted nowhere either.
    let volumes = bundle.state().volumes().iter().filter_map(|path| EntryPath::new(path.as_bytes()).ok());
    masks.extend(volumes.filter(|path| !path.is_root()));
    let (paranoid, xattrs) = (args.changes.paranoid, args.changes.xattrs.clone());
    Ok(RepackOptions { paranoid, masks, xattrs, epoch, renew: args.changes.refresh_bundle })
}
