//! From an image's config to a runtime-spec document, by image-spec `conversion.md`.
//!
//! What the image says is kept to the letter; what it does not say is filled in as Docker would, so
//! that images run as their authors tested them; what the caller says wins over both. Annotations
//! of manifests and indexes are left alone, as `conversion.md` asks.
//!
//! Nothing is looked up on the host: users and groups are those of the image, read as hostile text.

mod annotations;
mod capabilities;
mod defaults;
mod env;
mod error;
mod flags;
mod options;
mod user;
mod volumes;

use std::io;

use ocidian_spec::runtime::{
    Cpu, Hooks, IdMapping, Linux, Memory, Namespace, NamespaceKind, OCI_VERSION, Process, Resources, Root,
    Spec, User,
};
use ocidian_spec::{ExecConfig, ImageConfig, Members};

pub use error::{ConvertError, FlagError};
pub use flags::{CapabilityFlag, Cpus, EnvFlag, HookFlag, HookStage, MountFlag};
pub use options::{RuntimeOptions, UserNamespace};

/// Files of the image whose config is converted. Paths are absolute ones of the image; links in
/// them, the last one too, are followed inside its root.
pub trait ImageFiles {
    /// A regular file's content; `None` where there is none of that name. More than `cap` bytes
    /// are an error.
    fn read(&self, path: &str, cap: u64) -> io::Result<Option<Vec<u8>>>;

    /// What is there; `None` where there is nothing.
    fn stat(&self, path: &str) -> io::Result<Option<Attributes>>;
}

/// What [`ImageFiles::stat`] finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attributes {
    /// Whether it is a directory.
    pub directory: bool,
    /// Permission bits, 0 to 0o7777.
    pub mode: u32,
    /// Owner, in the container's ids.
    pub uid: u32,
    /// Group, in the container's ids.
    pub gid: u32,
}

/// What a conversion makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// The document.
    pub spec: Spec,
    /// What the caller should know: what was left out and why, what may not run.
    pub warnings: Vec<String>,
    /// Where the image's volumes are mounted. What is written there is no part of the container's
    /// root file system, nor of an image made of it.
    pub volumes: Vec<String>,
}

/// Converts an image's config.
///
/// ```
/// use std::io;
/// use ocidian_unpack::convert::{Attributes, ImageFiles, RuntimeOptions, convert};
///
/// struct Empty;
/// impl ImageFiles for Empty {
///     fn read(&self, _: &str, _: u64) -> io::Result<Option<Vec<u8>>> { Ok(None) }
///     fn stat(&self, _: &str) -> io::Result<Option<Attributes>> { Ok(None) }
/// }
///
/// let config = serde_json::from_str(
///     r#"{"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": []},
///         "config": {"Cmd": ["/hello"]}}"#)?;
/// let converted = convert(&config, &Empty, &RuntimeOptions::default())?;
/// assert_eq!(converted.spec.process.unwrap().args.unwrap(), ["/hello"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn convert(
    config: &ImageConfig,
    files: &dyn ImageFiles,
    options: &RuntimeOptions,
) -> Result<Converted, ConvertError> {
    let nothing = ExecConfig::default();
    let exec = config.config.as_ref().unwrap_or(&nothing);
    let mut warnings = Vec::new();
    if !matches!(config.os.as_str(), "linux" | "") {
        warnings.push(format!("the image is for {}; its config.json is one for Linux", config.os));
    }
    let process = process(exec, files, options, &mut warnings)?;
    let annotations = annotations::convert(config, exec, &options.annotations, &mut warnings);
    let mut mounts = defaults::mounts(options);
    let (volumes, seeded) = volumes::convert(exec, files, options, &mut warnings)?;
    let mut own: Vec<_> =
        seeded.into_iter().chain(options.mounts.iter().map(|flag| flag.0.clone())).collect();
    mounts.retain(|mount| own.iter().all(|own| !same_place(&own.destination, &mount.destination)));
    // What is mounted deeper comes later, or it would be covered; equals stay in order.
    own.sort_by_key(|mount| depth(&mount.destination));
    mounts.extend(own);
    Ok(Converted {
        spec: Spec {
            oci_version: OCI_VERSION.to_owned(),
            root: Some(Root {
                path: options.root_path.clone(),
                readonly: options.readonly.then_some(true),
                other: Members::default(),
            }),
            mounts: Some(mounts),
            process: Some(process),
            hostname: hostname(options, &mut warnings)?,
            hooks: hooks(options),
            annotations: (!annotations.is_empty()).then_some(annotations),
            linux: Some(linux(options, &mut warnings)),
            other: Members::default(),
        },
        warnings,
        volumes,
    })
}

fn process(
    exec: &ExecConfig,
    files: &dyn ImageFiles,
    options: &RuntimeOptions,
    warnings: &mut Vec<String>,
) -> Result<Process, ConvertError> {
    let mut env = env::from_image(exec.env.as_deref().unwrap_or_default(), warnings);
    let wants_home = !env::has(&env, "HOME") && options.env.iter().all(|flag| flag.name() != "HOME");
    let wanted = options.user.as_deref().or(exec.user.as_deref()).unwrap_or_default();
    let account = user::look_up(wanted, wants_home, files, warnings)?;
    env::add_defaults(&mut env, account.home.as_deref(), options.terminal);
    env::edit(&mut env, &options.env);
    Ok(Process {
        terminal: options.terminal.then_some(true),
        capabilities: Some(capabilities::sets(&options.cap_add, &options.cap_drop, account.uid)),
        user: Some(ids(&account, wanted, options, warnings)),
        args: Some(without_nul("process.args", args(exec, options, warnings))?),
        env: Some(env),
        cwd: cwd(exec, options)?,
        rlimits: None,
        no_new_privileges: Some(!options.new_privileges),
        other: Members::default(),
    })
}

/// Entrypoint and Cmd, or what the caller wants instead of both.
fn args(exec: &ExecConfig, options: &RuntimeOptions, warnings: &mut Vec<String>) -> Vec<String> {
    if let Some(args) = options.args.as_ref().filter(|args| !args.is_empty()) {
        return args.clone();
    }
    let mut args = exec.entrypoint.clone().unwrap_or_default();
    args.extend(exec.cmd.iter().flatten().cloned());
    if args.is_empty() {
        warnings.push("the image has neither Entrypoint nor Cmd; the container will run \"sh\"".to_owned());
        args.push("sh".to_owned());
    }
    args
}

fn cwd(exec: &ExecConfig, options: &RuntimeOptions) -> Result<String, ConvertError> {
    let cwd = options.cwd.as_deref().or(exec.working_dir.as_deref()).unwrap_or_default();
    // The runtime wants it absolute; from where else than the root could it count?
    let cwd = if cwd.starts_with('/') { cwd.to_owned() } else { format!("/{cwd}") };
    without_nul("process.cwd", vec![cwd]).map(|mut cwd| cwd.remove(0))
}

/// The ids, and a warning where the user namespace has no place for them.
fn ids(account: &user::Account, wanted: &str, options: &RuntimeOptions, warnings: &mut Vec<String>) -> User {
    let mut user = User { uid: account.uid, gid: account.gid, ..User::default() };
    let mut groups = account.groups.clone();
    if let Some(namespace) = &options.user_namespace {
        if !namespace.has_uid(user.uid) || !namespace.has_gid(user.gid) {
            warnings.push(format!(
                "user {wanted:?} is {}:{}, which the user namespace does not map, so runtimes will refuse to start \
                 it; map it (an ordinary user needs ranges in /etc/subuid and /etc/subgid), or run as root inside \
                 with --user 0",
                user.uid, user.gid
            ));
        }
        // setgroups(2) is denied where an ordinary user mapped nothing but his own group.
        groups.retain(|gid| !namespace.rootless && namespace.has_gid(*gid));
    }
    user.additional_gids = (!groups.is_empty()).then_some(groups);
    user
}

fn hostname(options: &RuntimeOptions, warnings: &mut Vec<String>) -> Result<Option<String>, ConvertError> {
    if options.shares(NamespaceKind::Uts) {
        if options.hostname.is_some() {
            warnings.push(
                "the host name is left out: it takes a UTS namespace of the container's own".to_owned(),
            );
        }
        return Ok(None);
    }
    let name = options.hostname.clone().unwrap_or_else(|| defaults::HOSTNAME.to_owned());
    without_nul("hostname", vec![name]).map(|mut name| name.pop())
}

fn hooks(options: &RuntimeOptions) -> Option<Hooks> {
    let mut hooks = Hooks::default();
    for HookFlag { stage, hook } in &options.hooks {
        let list = match stage {
            HookStage::Prestart => &mut hooks.prestart,
            HookStage::CreateRuntime => &mut hooks.create_runtime,
            HookStage::CreateContainer => &mut hooks.create_container,
            HookStage::StartContainer => &mut hooks.start_container,
            HookStage::Poststart => &mut hooks.poststart,
            HookStage::Poststop => &mut hooks.poststop,
        };
        list.get_or_insert_default().push(hook.clone());
    }
    (!options.hooks.is_empty()).then_some(hooks)
}

fn linux(options: &RuntimeOptions, warnings: &mut Vec<String>) -> Linux {
    let own = |kind: &NamespaceKind| !options.shares(*kind);
    let mut kinds: Vec<_> = defaults::NAMESPACES.iter().copied().filter(own).collect();
    let mut linux = Linux { resources: resources(options, warnings), ..Linux::default() };
    if let Some(namespace) = &options.user_namespace {
        kinds.push(NamespaceKind::User);
        let mappings = |ranges: &[IdMapping]| Some(ranges.iter().copied().map(Into::into).collect());
        linux.uid_mappings = mappings(&namespace.uid);
        linux.gid_mappings = mappings(&namespace.gid);
    }
    let namespace = |kind| Namespace { kind, path: None, other: Members::default() };
    linux.namespaces = Some(kinds.into_iter().map(namespace).collect());
    linux.masked_paths = (!options.no_masked_paths).then(|| defaults::strings(defaults::MASKED_PATHS));
    linux.readonly_paths = (!options.no_readonly_paths).then(|| defaults::strings(defaults::READONLY_PATHS));
    linux
}

fn resources(options: &RuntimeOptions, warnings: &mut Vec<String>) -> Option<Resources> {
    let rootless = options.user_namespace.as_ref().is_some_and(|namespace| namespace.rootless);
    let limited = options.memory.is_some() || options.cpus.is_some();
    if rootless && limited {
        warnings.push(
            "--memory and --cpus take a cgroup that is delegated to the user who runs the bundle".to_owned(),
        );
    }
    let resources = Resources {
        // An ordinary user cannot set device rules, and his user namespace needs none.
        devices: (!rootless).then(defaults::device_rules),
        memory: options.memory.map(|bytes| Memory {
            limit: Some(i64::try_from(bytes).unwrap_or(i64::MAX)),
            other: Members::default(),
        }),
        cpu: options.cpus.map(|cpus| Cpu {
            quota: Some(cpus.quota()),
            period: Some(Cpus::PERIOD),
            ..Cpu::default()
        }),
        ..Resources::default()
    };
    (resources != Resources::default()).then_some(resources)
}

fn without_nul(member: &'static str, values: Vec<String>) -> Result<Vec<String>, ConvertError> {
    if values.iter().any(|value| value.contains('\0')) {
        return Err(ConvertError::Nul { member });
    }
    Ok(values)
}

/// The components of an absolute path, whatever slashes are between them.
fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|name| !matches!(*name, "" | "."))
}

fn same_place(a: &str, b: &str) -> bool {
    components(a).eq(components(b))
}

fn depth(path: &str) -> usize {
    components(path).count()
}

#[cfg(test)]
mod tests;
