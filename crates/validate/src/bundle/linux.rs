//! The section for Linux: namespaces, mappings, and what is set up around them. runtime-spec `config-linux.md`.

use std::collections::HashSet;

use super::devices::{DEVICES, repeated};
use super::formats::{absolute, one_of};
use super::process::U32;
use super::resources::RESOURCES;
use super::seccomp::SECCOMP;
use crate::finding::quote;
use crate::findings::Findings;
use crate::json::Value;
use crate::json::schema::{Object, Presence, Shape, member};
use crate::rule::Rule;
use crate::rules::bundle as rules;

use Presence::{Optional, Required};

pub(super) const I64: Shape = Shape::Integer(i64::MIN as i128, i64::MAX as i128);
const STRINGS: Shape = Shape::Map(&Shape::String, &rules::LINUX);

pub(super) static LINUX: Object = Object {
    what: "a section for Linux",
    members: &[
        member("namespaces", Optional, Shape::Also(&NAMESPACES, once_each), &rules::NAMESPACES),
        member("uidMappings", Optional, ID_MAPPINGS, &rules::ID_MAPPINGS),
        member("gidMappings", Optional, ID_MAPPINGS, &rules::ID_MAPPINGS),
        member(
            "timeOffsets",
            Optional,
            Shape::Map(&Shape::Object(&TIME_OFFSET), &rules::LINUX),
            &rules::LINUX,
        ),
        member("devices", Optional, Shape::Also(&DEVICES, repeated), &rules::DEVICES),
        member("netDevices", Optional, Shape::Map(&Shape::Object(&NET_DEVICE), &rules::LINUX), &rules::LINUX),
        member("cgroupsPath", Optional, Shape::String, &rules::LINUX),
        member("resources", Optional, Shape::Object(&RESOURCES), &rules::RESOURCES),
        member("rootfsPropagation", Optional, Shape::Format(propagation), &rules::PROPAGATION),
        member("seccomp", Optional, Shape::Object(&SECCOMP), &rules::SECCOMP),
        member("sysctl", Optional, STRINGS, &rules::LINUX),
        member("maskedPaths", Optional, Shape::Also(&MASKED, masked), &rules::MASKED_PATHS),
        member("readonlyPaths", Optional, Shape::Also(&READONLY, readonly), &rules::READONLY_PATHS),
        member("mountLabel", Optional, Shape::String, &rules::LINUX),
        member("intelRdt", Optional, Shape::Object(&INTEL_RDT), &rules::INTEL_RDT),
        member("memoryPolicy", Optional, Shape::Object(&MEMORY_POLICY), &rules::LINUX),
        member("personality", Optional, Shape::Object(&PERSONALITY), &rules::PERSONALITY),
    ],
    check: None,
};

const NAMESPACES: Shape = Shape::Array(&Shape::Object(&NAMESPACE), &rules::NAMESPACES);

static NAMESPACE: Object = Object {
    what: "a namespace",
    members: &[
        member("type", Required, Shape::Format(namespace), &rules::NAMESPACES),
        member("path", Optional, Shape::Also(&Shape::String, namespace_path), &rules::NAMESPACES),
    ],
    check: None,
};

fn namespace(text: &str) -> Result<(), String> {
    one_of(text, &["mount", "pid", "network", "uts", "ipc", "user", "cgroup", "time"])
}

fn namespace_path(path: Value<'_>, findings: &mut Findings) {
    let text = path.as_str().unwrap_or_default();
    // Go's runtimes write an empty path for none.
    if !text.is_empty()
        && let Err(wrong) = absolute(&text)
    {
        findings.add(&rules::NAMESPACE_PATH, path, format!("{} {wrong}", quote(&text)));
    }
}

fn once_each(list: Value<'_>, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for namespace in list.elements() {
        if let Some(kind) = namespace.text("type")
            && !seen.insert(kind.clone().into_owned())
        {
            let message = format!("there is another namespace of type {}", quote(&kind));
            findings.add(&rules::NAMESPACE_REPEATED, namespace, message);
        }
    }
}

pub(super) const ID_MAPPINGS: Shape = Shape::Array(&Shape::Object(&ID_MAPPING), &rules::ID_MAPPINGS);

static ID_MAPPING: Object = Object {
    what: "a mapping",
    members: &[
        member("containerID", Required, U32, &rules::ID_MAPPINGS),
        member("hostID", Required, U32, &rules::ID_MAPPINGS),
        member("size", Required, U32, &rules::ID_MAPPINGS),
    ],
    check: None,
};

static TIME_OFFSET: Object = Object {
    what: "a time offset",
    members: &[
        member("secs", Optional, I64, &rules::LINUX),
        member("nanosecs", Optional, U32, &rules::LINUX),
    ],
    check: None,
};

static NET_DEVICE: Object = Object {
    what: "a network device",
    members: &[member("name", Optional, Shape::String, &rules::LINUX)],
    check: None,
};

fn propagation(text: &str) -> Result<(), String> {
    one_of(text, &["private", "shared", "slave", "unbindable"])
}

const MASKED: Shape = Shape::Array(&Shape::String, &rules::MASKED_PATHS);
const READONLY: Shape = Shape::Array(&Shape::String, &rules::READONLY_PATHS);

fn masked(list: Value<'_>, findings: &mut Findings) {
    absolute_paths(list, &rules::MASKED_PATHS, findings);
}

fn readonly(list: Value<'_>, findings: &mut Findings) {
    absolute_paths(list, &rules::READONLY_PATHS, findings);
}

fn absolute_paths(list: Value<'_>, rule: &'static Rule, findings: &mut Findings) {
    for path in list.elements() {
        let Some(text) = path.as_str() else { continue };
        if let Err(wrong) = absolute(&text) {
            findings.add(rule, path, format!("{} {wrong}", quote(&text)));
        }
    }
}

static INTEL_RDT: Object = Object {
    what: "intelRdt",
    members: &[
        member("closID", Optional, Shape::String, &rules::INTEL_RDT),
        member(
            "schemata",
            Optional,
            Shape::Array(&Shape::Format(line), &rules::INTEL_RDT),
            &rules::INTEL_RDT,
        ),
        member("l3CacheSchema", Optional, Shape::String, &rules::INTEL_RDT),
        member("memBwSchema", Optional, Shape::Format(bandwidth), &rules::INTEL_RDT),
        member("enableMonitoring", Optional, Shape::Bool, &rules::INTEL_RDT),
    ],
    check: None,
};

fn line(text: &str) -> Result<(), String> {
    if text.contains('\n') { Err("has more than one line".to_owned()) } else { Ok(()) }
}

fn bandwidth(text: &str) -> Result<(), String> {
    line(text)?;
    if text.starts_with("MB:") { Ok(()) } else { Err("does not begin with MB:".to_owned()) }
}

static MEMORY_POLICY: Object = Object {
    what: "a memory policy",
    members: &[
        member("mode", Required, Shape::Format(memory_mode), &rules::LINUX),
        member("nodes", Optional, Shape::String, &rules::LINUX),
        member("flags", Optional, Shape::Array(&Shape::Format(memory_flag), &rules::LINUX), &rules::LINUX),
    ],
    check: None,
};

fn memory_mode(text: &str) -> Result<(), String> {
    const MODES: &[&str] = &[
        "MPOL_DEFAULT",
        "MPOL_BIND",
        "MPOL_INTERLEAVE",
        "MPOL_WEIGHTED_INTERLEAVE",
        "MPOL_PREFERRED",
        "MPOL_PREFERRED_MANY",
        "MPOL_LOCAL",
    ];
    one_of(text, MODES)
}

fn memory_flag(text: &str) -> Result<(), String> {
    one_of(text, &["MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"])
}

static PERSONALITY: Object = Object {
    what: "a personality",
    members: &[
        member("domain", Required, Shape::Format(domain), &rules::PERSONALITY),
        member("flags", Optional, Shape::Array(&Shape::String, &rules::PERSONALITY), &rules::PERSONALITY),
    ],
    check: None,
};

fn domain(text: &str) -> Result<(), String> {
    one_of(text, &["LINUX", "LINUX32"])
}
