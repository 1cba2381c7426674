//! `index annotate`: what an index says of itself, or of one of its images.

use ocidian_content::children as edit;
use ocidian_spec::{Annotations, Descriptor};

use super::change::Target;
use super::report::Changes;
use crate::cli::Annotate;
use crate::report::Voice;

pub(super) fn run(args: &Annotate, voice: Voice) -> anyhow::Result<()> {
    let target = Target::open(&args.index, "index annotate")?;
    let name = args.index.to_string();
    let report = target.change(&[], voice, |index| {
        let Some(child) = &args.child else {
            annotate(args, &mut index.annotations);
            return Ok(Changes::default());
        };
        let at = edit::find(index, child, &name)?;
        if let Some(platform) = &args.as_platform
            && let Some(other) = edit::standing_for(index, platform)
            && !at.iter().filter_map(|at| index.manifests.get(*at)).any(|child| child == other)
        {
            anyhow::bail!("the index has {} for {platform} already", other.digest);
        }
        let mut changes = Changes::default();
        for (_, child) in index.manifests.iter_mut().enumerate().filter(|(i, _)| at.contains(i)) {
            let before: Descriptor = child.clone();
            annotate(args, &mut child.annotations);
            if let Some(platform) = &args.as_platform {
                child.platform = Some(platform.clone());
            }
            if *child != before {
                changes.changed.push(child.clone());
            }
        }
        Ok(changes)
    })?;
    report.print(args.format.format, voice)
}

fn annotate(args: &Annotate, annotations: &mut Option<Annotations>) {
    if !args.annotation.is_empty() {
        annotations.get_or_insert_default().extend(args.annotation.iter().cloned());
    }
    if let Some(there) = annotations {
        let before = there.len();
        args.remove.iter().for_each(|key| drop(there.remove(key)));
        // An empty map that its author wrote stays one.
        if there.is_empty() && before > 0 {
            *annotations = None;
        }
    }
}
