//! The process: what is run, as whom, and with which limits. runtime-spec `config.md`, "Process".

use std::collections::HashSet;

use ocidian_spec::runtime::Capability;

use super::config::STRINGS_OF_PROCESS;
use super::formats::{absolute, one_of};
use crate::finding::quote;
use crate::findings::Findings;
use crate::json::schema::{Object, Presence, Shape, member};
use crate::json::{Kind, Value};
use crate::rules::bundle as rules;

use Presence::{Optional, Required};

pub(super) const U32: Shape = Shape::Integer(0, u32::MAX as i128);
pub(super) const U64: Shape = Shape::Integer(0, u64::MAX as i128);
pub(super) const I32: Shape = Shape::Integer(i32::MIN as i128, i32::MAX as i128);

pub(super) static PROCESS: Object = Object {
    what: "a process",
    members: &[
        member("terminal", Optional, Shape::Bool, &rules::PROCESS),
        member("consoleSize", Optional, Shape::Object(&CONSOLE), &rules::PROCESS),
        member("cwd", Required, Shape::Also(&Shape::String, cwd), &rules::CWD),
        member("env", Optional, Shape::Also(&STRINGS_OF_PROCESS, env), &rules::PROCESS),
        member("args", Optional, Shape::Array(&Shape::String, &rules::ARGS), &rules::ARGS),
        member("commandLine", Optional, Shape::String, &rules::PROCESS),
        member("user", Optional, Shape::Object(&USER), &rules::USER),
        member("capabilities", Optional, Shape::Object(&CAPABILITIES), &rules::CAPABILITIES),
        member("rlimits", Optional, Shape::Also(&RLIMITS, repeated_rlimits), &rules::RLIMITS),
        member("apparmorProfile", Optional, Shape::String, &rules::PROCESS),
        member("selinuxLabel", Optional, Shape::String, &rules::PROCESS),
        member("noNewPrivileges", Optional, Shape::Bool, &rules::PROCESS),
        member("oomScoreAdj", Optional, Shape::Integer(-1000, 1000), &rules::PROCESS),
        member("scheduler", Optional, Shape::Object(&SCHEDULER), &rules::SCHEDULER),
        member("ioPriority", Optional, Shape::Object(&IO_PRIORITY), &rules::IO_PRIORITY),
        member("execCPUAffinity", Optional, Shape::Object(&AFFINITY), &rules::PROCESS),
    ],
    check: None,
};

static CONSOLE: Object = Object {
    what: "a console's size",
    members: &[
        member("height", Required, U64, &rules::PROCESS),
        member("width", Required, U64, &rules::PROCESS),
    ],
    check: None,
};

static USER: Object = Object {
    what: "a user",
    members: &[
        member("uid", Optional, U32, &rules::USER),
        member("gid", Optional, U32, &rules::USER),
        member("umask", Optional, U32, &rules::USER),
        member("additionalGids", Optional, Shape::Array(&U32, &rules::USER), &rules::USER),
        member("username", Optional, Shape::String, &rules::USER),
    ],
    check: None,
};

fn cwd(value: Value<'_>, findings: &mut Findings) {
    let text = value.as_str().unwrap_or_default();
    // `C:\` is absolute, too; which platform it is for cannot be seen from here.
    let windows = text.get(1..3).is_some_and(|text| text == ":\\" || text == ":/");
    if let Err(wrong) = absolute(&text)
        && !windows
    {
        findings.add(&rules::CWD, value, format!("{} {wrong}", quote(&text)));
    }
}

fn env(list: Value<'_>, findings: &mut Findings) {
    for entry in list.elements() {
        let Some(text) = entry.as_str() else { continue };
        if text.find('=').is_none_or(|at| at == 0) {
            findings.add(&rules::ENV, entry, format!("{} has no name and equals sign", quote(&text)));
        }
    }
}

/// What a process must have everywhere but on Windows.
pub(super) fn posix(process: Value<'_>, findings: &mut Findings) {
    match process.get("args") {
        None => findings.add(&rules::ARGS, process, "it has no args"),
        Some(args) if args.kind() == Kind::Array && args.elements().next().is_none() => {
            findings.add(&rules::ARGS, args, "there is no argument");
        }
        Some(_) => {}
    }
    let Some(user) = process.get("user").filter(|user| user.kind() == Kind::Object) else { return };
    for name in ["uid", "gid"] {
        if user.get(name).is_none() {
            findings.add(&rules::USER, user, format!("it has no {name}"));
        }
    }
}

const CAPABILITY_SET: Shape = Shape::Array(&Shape::Also(&Shape::String, capability), &rules::CAPABILITIES);

static CAPABILITIES: Object = Object {
    what: "sets of capabilities",
    members: &[
        member("bounding", Optional, CAPABILITY_SET, &rules::CAPABILITIES),
        member("effective", Optional, CAPABILITY_SET, &rules::CAPABILITIES),
        member("inheritable", Optional, CAPABILITY_SET, &rules::CAPABILITIES),
        member("permitted", Optional, CAPABILITY_SET, &rules::CAPABILITIES),
        member("ambient", Optional, CAPABILITY_SET, &rules::CAPABILITIES),
    ],
    check: None,
};

fn capability(value: Value<'_>, findings: &mut Findings) {
    let text = value.as_str().unwrap_or_default();
    if Capability::named(&text).is_none() {
        findings.add(&rules::CAPABILITY, value, format!("{} is none that Linux has", quote(&text)));
    }
}

const RLIMITS: Shape = Shape::Array(&Shape::Object(&RLIMIT), &rules::RLIMITS);

static RLIMIT: Object = Object {
    what: "a resource limit",
    members: &[
        member("type", Required, Shape::Format(rlimit), &rules::RLIMITS),
        member("soft", Required, U64, &rules::RLIMITS),
        member("hard", Required, U64, &rules::RLIMITS),
    ],
    check: Some(soft_and_hard),
};

fn rlimit(text: &str) -> Result<(), String> {
    let name = text.strip_prefix("RLIMIT_").unwrap_or_default();
    let names = [
        "AS",
        "CORE",
        "CPU",
        "DATA",
        "FSIZE",
        "LOCKS",
        "MEMLOCK",
        "MSGQUEUE",
        "NICE",
        "NOFILE",
        "NPROC",
        "RSS",
        "RTPRIO",
        "RTTIME",
        "SIGPENDING",
        "STACK",
        // FreeBSD's and Solaris's own.
        "KQUEUES",
        "NPTS",
        "PIPEBUF",
        "SBSIZE",
        "SWAP",
        "UMTXP",
        "VMEM",
    ];
    if names.contains(&name) { Ok(()) } else { Err("is no limit of getrlimit(2)".to_owned()) }
}

fn soft_and_hard(limit: Value<'_>, findings: &mut Findings) {
    let number = |name: &str| limit.get(name).and_then(Value::as_i128);
    if let (Some(soft), Some(hard)) = (number("soft"), number("hard"))
        && soft > hard
    {
        findings.add(&rules::RLIMIT_SOFT, limit, format!("soft is {soft}, hard {hard}"));
    }
}

fn repeated_rlimits(list: Value<'_>, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for limit in list.elements() {
        if let Some(kind) = limit.text("type")
            && !seen.insert(kind.into_owned())
        {
            findings.add(&rules::RLIMIT_REPEATED, limit, "there is another limit of this type");
        }
    }
}

static SCHEDULER: Object = Object {
    what: "a scheduler",
    members: &[
        member("policy", Required, Shape::Format(policy), &rules::SCHEDULER),
        member("nice", Optional, I32, &rules::SCHEDULER),
        member("priority", Optional, I32, &rules::SCHEDULER),
        member("flags", Optional, Shape::Array(&Shape::Format(flag), &rules::SCHEDULER), &rules::SCHEDULER),
        member("runtime", Optional, U64, &rules::SCHEDULER),
        member("deadline", Optional, U64, &rules::SCHEDULER),
        member("period", Optional, U64, &rules::SCHEDULER),
    ],
    check: None,
};

fn policy(text: &str) -> Result<(), String> {
    const POLICIES: &[&str] = &[
        "SCHED_OTHER",
        "SCHED_FIFO",
        "SCHED_RR",
        "SCHED_BATCH",
        "SCHED_ISO",
        "SCHED_IDLE",
        "SCHED_DEADLINE",
    ];
    one_of(text, POLICIES)
}

fn flag(text: &str) -> Result<(), String> {
    const FLAGS: &[&str] = &[
        "SCHED_FLAG_RESET_ON_FORK",
        "SCHED_FLAG_RECLAIM",
        "SCHED_FLAG_DL_OVERRUN",
        "SCHED_FLAG_KEEP_POLICY",
        "SCHED_FLAG_KEEP_PARAMS",
        "SCHED_FLAG_UTIL_CLAMP_MIN",
        "SCHED_FLAG_UTIL_CLAMP_MAX",
    ];
    one_of(text, FLAGS)
}

static IO_PRIORITY: Object = Object {
    what: "an I/O priority",
    members: &[
        member("class", Required, Shape::Format(io_class), &rules::IO_PRIORITY),
        member("priority", Required, Shape::Integer(0, 7), &rules::IO_PRIORITY),
    ],
    check: None,
};

fn io_class(text: &str) -> Result<(), String> {
    one_of(text, &["IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"])
}

static AFFINITY: Object = Object {
    what: "a CPU affinity",
    members: &[
        member("initial", Optional, Shape::Format(cpus), &rules::PROCESS),
        member("final", Optional, Shape::Format(cpus), &rules::PROCESS),
    ],
    check: None,
};

fn cpus(text: &str) -> Result<(), String> {
    match text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b',' | b' ' | b'-')) {
        true => Ok(()),
        false => Err("is no list of CPUs".to_owned()),
    }
}
