//! config.json itself: root, mounts, hooks, annotations, and sections for platforms. runtime-spec `config.md`.

use super::formats::{absolute, semver};
use super::linux::{ID_MAPPINGS, LINUX};
use super::process::PROCESS;
use crate::finding::quote;
use crate::findings::Findings;
use crate::json::Value;
use crate::json::schema::{Object, Presence, Shape, member};
use crate::rules::bundle as rules;

use Presence::{Optional, Required};

pub(super) const STRINGS_OF_PROCESS: Shape = Shape::Array(&Shape::String, &rules::PROCESS);

pub(super) static CONFIG: Shape = Shape::Object(&OBJECT);

static OBJECT: Object = Object {
    what: "a runtime's config",
    members: &[
        member("ociVersion", Required, Shape::Also(&Shape::Format(semver), known_version), &rules::VERSION),
        member("root", Optional, Shape::Object(&ROOT), &rules::ROOT),
        member("mounts", Optional, Shape::Array(&Shape::Object(&MOUNT), &rules::MOUNTS), &rules::MOUNTS),
        member("process", Optional, Shape::Object(&PROCESS), &rules::PROCESS),
        member("hostname", Optional, Shape::String, &rules::HOSTNAME),
        member("domainname", Optional, Shape::String, &rules::HOSTNAME),
        member("hooks", Optional, Shape::Object(&HOOKS), &rules::HOOKS),
        member("annotations", Optional, Shape::Also(&ANNOTATIONS, annotation_keys), &rules::ANNOTATIONS),
        member("linux", Optional, Shape::Object(&LINUX), &rules::LINUX),
        member("vm", Optional, Shape::Object(&VM), &rules::VM),
        member("windows", Optional, Shape::Object(&WINDOWS), &rules::WINDOWS),
    ],
    check: Some(document),
};

static ROOT: Object = Object {
    what: "a root",
    members: &[
        member("path", Required, Shape::String, &rules::ROOT),
        member("readonly", Optional, Shape::Bool, &rules::ROOT),
    ],
    check: None,
};

static MOUNT: Object = Object {
    what: "a mount",
    members: &[
        member("destination", Required, Shape::String, &rules::MOUNTS),
        member("type", Optional, Shape::String, &rules::MOUNTS),
        member("source", Optional, Shape::String, &rules::MOUNTS),
        member("options", Optional, Shape::Array(&Shape::String, &rules::MOUNTS), &rules::MOUNTS),
        member("uidMappings", Optional, ID_MAPPINGS, &rules::ID_MAPPINGS),
        member("gidMappings", Optional, ID_MAPPINGS, &rules::ID_MAPPINGS),
    ],
    check: Some(mount),
};

fn mount(mount: Value<'_>, findings: &mut Findings) {
    let mapped = [mount.get("uidMappings"), mount.get("gidMappings")];
    let Some(one) = mapped.iter().flatten().next() else { return };
    if mapped.iter().any(Option::is_none) {
        findings.add(&rules::MOUNT_MAPPINGS, *one, "the mapping of the other kind of ids is missing");
    }
    let options = mount.get("options");
    let mut options = options.iter().flat_map(|options| options.elements()).filter_map(Value::as_str);
    if !options.any(|option| option == "idmap" || option == "ridmap") {
        findings.add(&rules::MOUNT_IDMAP, *one, "the mount has neither the option idmap nor ridmap");
    }
}

const HOOK_LIST: Shape = Shape::Array(&Shape::Object(&HOOK), &rules::HOOKS);

static HOOKS: Object = Object {
    what: "hooks",
    members: &[
        member("prestart", Optional, Shape::Also(&HOOK_LIST, prestart), &rules::HOOKS),
        member("createRuntime", Optional, HOOK_LIST, &rules::HOOKS),
        member("createContainer", Optional, HOOK_LIST, &rules::HOOKS),
        member("startContainer", Optional, HOOK_LIST, &rules::HOOKS),
        member("poststart", Optional, HOOK_LIST, &rules::HOOKS),
        member("poststop", Optional, HOOK_LIST, &rules::HOOKS),
    ],
    check: None,
};

static HOOK: Object = Object {
    what: "a hook",
    members: &[
        member("path", Required, Shape::Also(&Shape::String, hook_path), &rules::HOOKS),
        member("args", Optional, Shape::Array(&Shape::String, &rules::HOOKS), &rules::HOOKS),
        member("env", Optional, Shape::Array(&Shape::String, &rules::HOOKS), &rules::HOOKS),
        member("timeout", Optional, Shape::Integer(1, i64::MAX as i128), &rules::HOOK_TIMEOUT),
    ],
    check: None,
};

fn prestart(hooks: Value<'_>, findings: &mut Findings) {
    if hooks.elements().next().is_some() {
        findings.add(&rules::HOOK_PRESTART, hooks, "there are prestart hooks");
    }
}

fn hook_path(path: Value<'_>, findings: &mut Findings) {
    let text = path.as_str().unwrap_or_default();
    if let Err(wrong) = absolute(&text) {
        findings.add(&rules::HOOK_PATH, path, format!("{} {wrong}", quote(&text)));
    }
}

const ANNOTATIONS: Shape = Shape::Map(&Shape::String, &rules::ANNOTATIONS);

fn annotation_keys(annotations: Value<'_>, findings: &mut Findings) {
    for (key, value) in annotations.members() {
        if key.is_empty() {
            findings.add(&rules::ANNOTATIONS, value, "its key is empty");
        } else if !key.contains('.') {
            let message = format!("{} is no reversed domain name", quote(&key));
            findings.add(&rules::ANNOTATION_KEY, value, message);
        }
    }
}

fn known_version(version: Value<'_>, findings: &mut Findings) {
    let text = version.as_str().unwrap_or_default();
    let core = text.split(['-', '+']).next().unwrap_or_default();
    if semver(&text).is_ok() && !["1.0.", "1.1.", "1.2.", "1.3."].iter().any(|known| core.starts_with(known))
    {
        findings.add(&rules::VERSION_KNOWN, version, format!("{} is not known here", quote(&text)));
    }
}

static VM: Object = Object {
    what: "a virtual machine",
    members: &[
        member("hypervisor", Optional, Shape::Object(&VM_PATH), &rules::VM),
        member("kernel", Required, Shape::Object(&VM_PATH), &rules::VM),
        member("image", Optional, Shape::Object(&VM_IMAGE), &rules::VM),
    ],
    check: None,
};

static VM_PATH: Object = Object {
    what: "a part of a virtual machine",
    members: &[member("path", Required, Shape::Format(absolute), &rules::VM)],
    check: None,
};

static VM_IMAGE: Object = Object {
    what: "a virtual machine's image",
    members: &[
        member("path", Required, Shape::Format(absolute), &rules::VM),
        member("format", Required, Shape::String, &rules::VM),
    ],
    check: None,
};

static WINDOWS: Object = Object {
    what: "a section for Windows",
    members: &[member(
        "layerFolders",
        Required,
        Shape::Array(&Shape::String, &rules::WINDOWS),
        &rules::WINDOWS,
    )],
    check: None,
};

/// Whether the document is for Windows containers.
pub(super) fn is_windows(config: Value<'_>) -> bool {
    config.get("windows").is_some() && config.get("linux").is_none()
}

/// What the parts of the document say of each other.
fn document(config: Value<'_>, findings: &mut Findings) {
    let windows = is_windows(config);
    if !windows && config.get("root").is_none() {
        findings.add(&rules::ROOT, config, "there is no root");
    }
    match config.get("process") {
        None => findings.add(&rules::PROCESS_MISSING, config, "there is no process"),
        Some(process) if windows => {
            if process.get("args").is_none() && process.get("commandLine").is_none() {
                findings.add(&rules::ARGS, process, "it has neither args nor commandLine");
            }
        }
        Some(process) => super::process::posix(process, findings),
    }
    let sections = ["linux", "solaris", "freebsd", "zos", "windows"];
    let there: Vec<&str> = sections.into_iter().filter(|name| config.get(name).is_some()).collect();
    if there.len() > 1 && there != ["linux", "windows"] {
        findings.add(&rules::PLATFORM, config, format!("it has sections for {}", there.join(" and ")));
    }
    destinations(config, &there, findings);
    namespaces(config, findings);
}

/// Where mounts go, which each platform has its own rule for.
fn destinations(config: Value<'_>, platforms: &[&str], findings: &mut Findings) {
    if platforms.contains(&"windows") {
        return;
    }
    let linux = platforms.is_empty() || platforms.contains(&"linux");
    let rule = if linux { &rules::MOUNT_DESTINATION } else { &rules::MOUNT_ABSOLUTE };
    let mounts = config.get("mounts");
    for destination in mounts.iter().flat_map(|m| m.elements()).filter_map(|m| m.get("destination")) {
        let Some(text) = destination.as_str() else { continue };
        if let Err(wrong) = absolute(&text) {
            findings.add(rule, destination, format!("{} {wrong}", quote(&text)));
        }
    }
}

/// What only makes sense with a namespace.
fn namespaces(config: Value<'_>, findings: &mut Findings) {
    let Some(linux) = config.get("linux") else { return };
    let has = |kind: &str| {
        let list = linux.get("namespaces");
        list.iter().flat_map(|list| list.elements()).any(|ns| ns.text("type").is_some_and(|t| t == kind))
    };
    for name in ["hostname", "domainname"] {
        if let Some(value) = config.get(name)
            && value.as_str().is_some_and(|text| !text.is_empty())
            && !has("uts")
        {
            findings.add(&rules::HOSTNAME_NAMESPACE, value, "there is no namespace of type uts");
        }
    }
    for name in ["uidMappings", "gidMappings"] {
        if let Some(value) = linux.get(name)
            && value.elements().next().is_some()
            && !has("user")
        {
            findings.add(&rules::ID_MAPPINGS_UNUSED, value, "there is no namespace of type user");
        }
    }
}
