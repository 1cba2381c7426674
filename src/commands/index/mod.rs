//! `index`: multi-platform images, made and changed in place.

mod annotate;
mod change;
mod children;
mod create;
mod report;

use ocidian_content::children::{self as edit, Added};
use ocidian_spec::{Descriptor, ImageIndex};

use crate::cli::{Index, IndexVerb, Remove};
use crate::exit::Usage;
use crate::report::Voice;
use children::Brought;
use report::Changes;

pub(crate) fn run(args: &Index, voice: Voice) -> anyhow::Result<()> {
    match &args.verb {
        IndexVerb::Create(args) => create::run(args, voice),
        IndexVerb::Add(args) => add(args, voice),
        IndexVerb::Rm(args) => remove(args, voice),
        IndexVerb::Annotate(args) => annotate::run(args, voice),
    }
}

fn add(args: &crate::cli::Add, voice: Voice) -> anyhow::Result<()> {
    let target = change::Target::open(&args.index, "index add")?;
    let brought: Vec<Brought> = args
        .images
        .iter()
        .map(|image| children::of(image, &args.platform, &target.place, voice))
        .collect::<Result<_, _>>()?;
    let mut added: Vec<Descriptor> = brought.iter().flat_map(|brought| brought.children.clone()).collect();
    if let Some(platform) = &args.as_platform {
        let [one] = added.as_mut_slice() else {
            let told =
                format!("--as-platform says what one image is for, and {} are to be added", added.len());
            return Err(Usage(told).into());
        };
        one.platform = Some(platform.clone());
    }
    for child in &mut added {
        let annotations = args.annotation.iter().cloned();
        if !args.annotation.is_empty() {
            child.annotations.get_or_insert_default().extend(annotations);
        }
    }
    let report = target.change(&brought, voice, |index| add_all(index, &added, args.no_clobber))?;
    report.print(args.format.format, voice)
}

/// Adds what was gathered to the index as it is now.
fn add_all(index: &mut ImageIndex, added: &[Descriptor], no_clobber: bool) -> anyhow::Result<Changes> {
    let mut changes = Changes::default();
    for child in added {
        let told = child.platform.as_ref().map(ToString::to_string).unwrap_or_default();
        match edit::add(index, child.clone()) {
            Added::New => changes.added.push(child.clone()),
            Added::Same if index.manifests.contains(child) => {}
            Added::Same => changes.changed.push(child.clone()),
            Added::Replaced(gone) => {
                let twice = gone.first().is_some_and(|gone| added.iter().any(|it| it.digest == gone.digest));
                if twice {
                    return Err(Usage(format!("two of the images are for {told}; an index has one")).into());
                }
                if let Some(gone) = gone.first().filter(|_| no_clobber) {
                    anyhow::bail!(
                        "the index has {} for {told} already, and --no-clobber was given",
                        gone.digest
                    );
                }
                changes.added.push(child.clone());
                changes.replaced.extend(gone);
            }
        }
    }
    Ok(changes)
}

fn remove(args: &Remove, voice: Voice) -> anyhow::Result<()> {
    let target = change::Target::open(&args.index, "index rm")?;
    let name = args.index.to_string();
    let report = target.change(&[], voice, |index| {
        let mut positions = Vec::new();
        for child in &args.children {
            positions.extend(edit::find(index, child, &name)?);
        }
        Ok(Changes { removed: edit::remove(index, &positions), ..Changes::default() })
    })?;
    report.print(args.format.format, voice)
}
