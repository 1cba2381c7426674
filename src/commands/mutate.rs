//! `mutate`: config, annotations and history.

use ocidian_build::Mutation;
use ocidian_build::mutate::{Field, Removals, Settings, Target};

use super::edit;
use crate::cli::value::{Annotation, On, Words};
use crate::cli::{Clear, ConfigArgs, Mutate};
use crate::report::Voice;

pub(crate) fn run(args: &Mutate, voice: Voice) -> anyhow::Result<()> {
    let mutation = mutation(args)?;
    edit::run(&args.edit, voice, |image, context| Ok(mutation.apply(image, &context.created)?))
}

fn mutation(args: &Mutate) -> anyhow::Result<Mutation> {
    let more = &args.more;
    let line = args.edit.history.line();
    Ok(Mutation {
        config: more.config_file.as_deref().map(edit::read_file).transpose()?,
        clear: more.clear.iter().map(|clear| field(*clear)).collect(),
        remove: Removals {
            env: more.unset_env.clone(),
            labels: more.unset_label.clone(),
            exposed_ports: more.unset_port.clone(),
            volumes: more.unset_volume.clone(),
        },
        set: settings(&args.config),
        platform: more.set_platform.clone(),
        created: more.created.clone(),
        annotations: more.unset_annotation.iter().chain(&more.annotation).map(annotation).collect(),
        history: (!line.is_empty()).then_some(line),
    })
}

/// The values that the flags set.
pub(super) fn settings(args: &ConfigArgs) -> Settings {
    let words = |words: &[Words]| {
        let all: Vec<String> = words.iter().flat_map(|words| words.0.clone()).collect();
        (!words.is_empty()).then_some(all)
    };
    Settings {
        entrypoint: words(&args.entrypoint),
        cmd: words(&args.cmd),
        env: args.env.clone(),
        user: args.user.clone(),
        working_dir: args.workdir.clone(),
        labels: args.label.clone(),
        exposed_ports: args.port.clone(),
        volumes: args.volume.clone(),
        stop_signal: args.stop_signal.clone(),
        author: args.author.clone(),
    }
}

/// As the library has it.
pub(super) fn annotation(annotation: &Annotation) -> (Target, String, Option<String>) {
    let target = match annotation.on {
        On::Manifest => Target::Manifest,
        On::ConfigDescriptor => Target::ConfigDescriptor,
        On::ManifestDescriptor => Target::ManifestDescriptor,
        On::Index => Target::Index,
    };
    (target, annotation.key.clone(), annotation.value.clone())
}

fn field(clear: Clear) -> Field {
    match clear {
        Clear::Entrypoint => Field::Entrypoint,
        Clear::Cmd => Field::Cmd,
        Clear::Env => Field::Env,
        Clear::User => Field::User,
        Clear::Workdir => Field::WorkingDir,
        Clear::Label => Field::Labels,
        Clear::Port => Field::ExposedPorts,
        Clear::Volume => Field::Volumes,
        Clear::StopSignal => Field::StopSignal,
        Clear::Author => Field::Author,
        Clear::Created => Field::Created,
        Clear::Annotation => Field::Annotations,
    }
}
