//! From flags to what the unpacking library takes: owners and the container's options.

use std::path::Path;

use anyhow::Context;
use ocidian_spec::runtime::NamespaceKind;
use ocidian_unpack::convert::{MountFlag, RuntimeOptions};
use ocidian_unpack::{IdMap, UnpackOptions, must_be_rootless};

use crate::cli::{Form, Ids, Namespace, RuntimeArgs, TreeArgs};
use crate::exit::Usage;
use crate::report::Voice;

/// Whose the files are to be.
pub(super) struct Owners {
    pub(super) map: IdMap,
    pub(super) rootless: bool,
}

/// Decides for whoever must be rootless, and says so.
pub(super) fn owners(args: &Ids, voice: Voice) -> anyhow::Result<Owners> {
    let map = IdMap::new(args.uid.clone(), args.gid.clone()).map_err(|error| Usage(error.to_string()))?;
    let forced = !args.rootless && must_be_rootless();
    if forced {
        voice.note(
            "rootless, as an ordinary user must be: files get your own ids, devices become empty files",
        );
    }
    Ok(Owners { map, rootless: args.rootless || forced })
}

/// What decides the tree.
pub(super) fn tree(args: &TreeArgs, owners: Owners) -> UnpackOptions {
    UnpackOptions {
        form: match args.form {
            Form::Rootfs => ocidian_unpack::Form::Rootfs,
            Form::Overlay => ocidian_unpack::Form::Overlay,
        },
        ids: owners.map,
        rootless: owners.rootless,
        keep_dirlinks: args.keep_dirlinks,
        xattrs: args.xattrs.clone(),
        max_bytes: args.max_bytes,
        max_entries: args.max_entries,
        mtree: args.mtree.clone(),
        writers: None,
    }
}

/// What decides `config.json`.
pub(super) fn runtime(args: &RuntimeArgs) -> anyhow::Result<RuntimeOptions> {
    let words = if args.rest.is_empty() { &args.args } else { &args.rest };
    Ok(RuntimeOptions {
        args: (!words.is_empty()).then(|| words.clone()),
        env: args.env.clone(),
        cwd: args.cwd.clone(),
        user: args.user.clone(),
        hostname: args.hostname.clone(),
        terminal: args.terminal,
        readonly: args.readonly,
        mounts: args.mounts.iter().cloned().map(absolute).collect::<anyhow::Result<_>>()?,
        no_volumes: args.no_volumes,
        cap_add: args.cap_add.clone(),
        cap_drop: args.cap_drop.clone(),
        new_privileges: args.new_privileges,
        hooks: args.hooks.clone(),
        annotations: args.annotations.iter().cloned().collect(),
        memory: args.memory,
        cpus: args.cpus,
        no_masked_paths: args.no_masked_paths,
        no_readonly_paths: args.no_readonly_paths,
        shared: args.shared.iter().copied().map(namespace).collect(),
        ..RuntimeOptions::default()
    })
}

/// A person's relative path counts from where it is typed; a runtime's, from the bundle.
fn absolute(mut mount: MountFlag) -> anyhow::Result<MountFlag> {
    let here = std::env::current_dir().context("the current directory")?;
    let here = here.to_str().map(Path::new).context("the current directory is not UTF-8")?;
    mount.map_bind_source(|source| here.join(source).to_string_lossy().into_owned());
    Ok(mount)
}

fn namespace(kind: Namespace) -> NamespaceKind {
    match kind {
        Namespace::Cgroup => NamespaceKind::Cgroup,
        Namespace::Ipc => NamespaceKind::Ipc,
        Namespace::Network => NamespaceKind::Network,
        Namespace::Pid => NamespaceKind::Pid,
        Namespace::Uts => NamespaceKind::Uts,
    }
}
