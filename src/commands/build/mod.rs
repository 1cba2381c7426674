//! `build`: images from directories and tars.

mod report;
mod sources;

use std::time::Instant;

use ocidian_build::build::{MadeLayer, Maker, directory_layer, tar_layer};
use ocidian_build::mutate::Target;
use ocidian_build::{Carrier, Created, Image, Mutation, NewLayer};
use ocidian_content::{Cancel, Destination, Progress, Store};
use ocidian_image_layout::Options;
use ocidian_spec::{Annotations, Descriptor, Document, ImageIndex, MediaType, Platform, RawDocument};

use self::report::{BuiltImage, Report};
pub(super) use self::sources::options as scan_options;
use self::sources::{Plan, Source, plans};
use super::output::Output;
use super::{edit, mutate, open};
use crate::cli::Build;
use crate::epoch;
use crate::exit::Usage;
use crate::interrupt::Interrupt;
use crate::report::Voice;

pub(crate) fn run(args: &Build, voice: Voice) -> anyhow::Result<()> {
    let begun = Instant::now();
    let output = Output::of(&args.output.tag, args.base.as_ref())?;
    let made = output.made(&args.output)?;
    let interrupt = Interrupt::catch()?;
    let (progress, cancel) = (voice.progress(), interrupt.cancel());
    let built = build(args, &output, voice, &*progress, &cancel);
    drop(progress);
    let (root, images, notes) = built.map_err(|error| interrupt.explain(error))?;
    Report::new(&output, root.descriptor(), images, notes, begun.elapsed()).print(&made, voice)
}

/// What was built: the document to name, the images, and what a person should know.
type Built = (RawDocument, Vec<BuiltImage>, Vec<String>);

fn build(
    args: &Build,
    output: &Output,
    voice: Voice,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> anyhow::Result<Built> {
    let created = epoch::created(args.output.no_reproducible)?;
    // Before it makes anything, so that nothing is made for a command that cannot be right.
    let plans = plans(args, created.source_date_epoch)?;
    let (mutation, index_annotations) = mutation(args)?;
    if plans.len() < 2 && !index_annotations.is_empty() {
        let told = "an annotation on the index needs one: several --platform, each before its sources";
        return Err(Usage(told.to_owned()).into());
    }
    // Before the sources are read: the layout that it makes must not be taken for one of them.
    let destination = output.open(cancel)?;
    let plans = plans.into_iter().map(|plan| plan.avoiding(output.path())).collect::<Vec<_>>();
    let work = Work { args, destination: &*destination, mutation, created, voice, progress, cancel };
    let count = plans.iter().map(|plan| plan.sources.len()).sum();
    let (mut images, mut roots, mut notes, mut first) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for plan in &plans {
        let (root, image) = work.image(plan, first, count, &mut notes)?;
        first += plan.sources.len();
        roots.push((root, image.platform.clone()));
        images.push(image);
    }
    let root = match roots.pop() {
        // index.json is an index too, and says for what its images are.
        Some((only, platform)) if roots.is_empty() => {
            RawDocument::verify(only.bytes().to_vec(), described(only.descriptor(), platform))?
        }
        last => {
            let roots = roots.into_iter().chain(last);
            let children = roots.map(|(root, platform)| described(root.descriptor(), platform));
            index(children.collect(), index_annotations)?
        }
    };
    output.publish(destination, &root, cancel)?;
    Ok((root, images, notes))
}

/// What the flags say of config and annotations, those of the index apart.
fn mutation(args: &Build) -> anyhow::Result<(Mutation, Annotations)> {
    let annotations = args.documents.annotation.iter().map(mutate::annotation);
    let (of_index, others): (Vec<_>, Vec<_>) = annotations.partition(|(on, ..)| *on == Target::Index);
    let config = args.documents.config_file.as_deref().map(edit::read_file).transpose()?;
    let set = mutate::settings(&args.config);
    let of_index = of_index.into_iter().filter_map(|(_, key, value)| Some((key, value?)));
    Ok((Mutation { config, set, annotations: others, ..Mutation::default() }, of_index.collect()))
}

/// A manifest as the index lists it.
fn described(manifest: &Descriptor, platform: Platform) -> Descriptor {
    Descriptor { platform: Some(platform), ..manifest.clone() }
}

fn index(children: Vec<Descriptor>, annotations: Annotations) -> anyhow::Result<RawDocument> {
    let annotations = (!annotations.is_empty()).then_some(annotations);
    let bytes = ImageIndex { annotations, ..ImageIndex::new(children) }.to_json()?;
    let descriptor = Descriptor::of(MediaType::ImageIndex, &bytes);
    Ok(RawDocument::verify(bytes, descriptor)?)
}

/// All that building one image needs.
struct Work<'a> {
    args: &'a Build,
    destination: &'a dyn Destination,
    mutation: Mutation,
    created: Created,
    voice: Voice,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
}

impl Work<'_> {
    /// Builds one image, whose sources are the `first`th of `count` and those after it.
    fn image(
        &self,
        plan: &Plan,
        first: usize,
        count: usize,
        notes: &mut Vec<String>,
    ) -> anyhow::Result<(RawDocument, BuiltImage)> {
        let base = self
            .args
            .base
            .as_ref()
            .map(|base| open::choose_of(base, plan.platform.as_ref(), &Options::default(), self.voice));
        let base = base.transpose()?;
        let mut image = match &base {
            Some(chosen) => Image::open(chosen.store.as_ref(), &chosen.selection)?.alone(),
            None => Image::scratch(&plan.platform.clone().unwrap_or_else(Platform::host))?,
        };
        let kept = image.manifest.layers.clone();
        let made = self.layers(plan, image.is_docker(), first, count)?;
        let newest = made.iter().filter_map(|layer| layer.newest).max();
        image.config.created = self.created.decide(image.config.created.as_deref(), newest);
        for layer in &made {
            notes.extend(layer.warnings.iter().cloned());
            let mut line = self.args.history.line();
            // Neither the names of the sources nor where they are: those are not part of what was built.
            line.created_by.get_or_insert_with(|| "ocidian build".to_owned());
            let line = line.into_history(image.config.created.as_deref(), true);
            let new = NewLayer { descriptor: layer.descriptor.clone(), diff_id: layer.diff_id.clone() };
            image.push_layer(new, line);
        }
        self.mutation.apply(&mut image, &self.created)?;
        notes.append(&mut image.notes);
        let platform = image.config.platform();
        let written = image.write(self.destination)?;
        if let Some(chosen) = &base {
            self.carry(chosen.store.as_ref(), &kept)?;
        }
        let (manifest, config) = (written.manifest.digest, written.config.digest);
        let layers = plan.sources.iter().zip(made).map(|(source, layer)| (source.name(), layer)).collect();
        Ok((written.root, BuiltImage::new(platform, manifest, config, layers)))
    }

    fn layers(
        &self,
        plan: &Plan,
        docker: bool,
        first: usize,
        count: usize,
    ) -> anyhow::Result<Vec<MadeLayer>> {
        let output = &self.args.output;
        let maker = Maker {
            sink: self.destination,
            compressor: output.layers.compress.unwrap_or_default(),
            threads: output.layers.threads(),
            docker,
            progress: self.progress,
            cancel: self.cancel,
        };
        let layer = |(at, source): (usize, &Source)| match source {
            Source::Directory { path, options } => directory_layer(&maker, path, options, first + at, count),
            Source::Tar(tar) => tar_layer(&maker, tar, first + at, count),
        };
        plan.sources.iter().enumerate().map(|source| Ok(layer(source)?)).collect()
    }

    /// Brings the base's own layers along.
    fn carry(&self, store: &dyn Store, layers: &[Descriptor]) -> anyhow::Result<()> {
        let carrier = Carrier {
            source: store,
            sink: self.destination,
            complete: self.destination.demands().complete,
            progress: self.progress,
            cancel: self.cancel,
        };
        Ok(carrier.blobs(layers)?)
    }
}
