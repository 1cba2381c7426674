//! Filters of system calls. runtime-spec `config-linux.md`, "Seccomp".

use super::formats::one_of;
use super::process::{U32, U64};
use crate::findings::Findings;
use crate::json::Value;
use crate::json::schema::{Object, Presence, Shape, member};
use crate::rules::bundle as rules;

use Presence::{Optional, Required};

pub(super) static SECCOMP: Object = Object {
    what: "seccomp",
    members: &[
        member("defaultAction", Required, Shape::Format(action), &rules::SECCOMP),
        member("defaultErrnoRet", Optional, U32, &rules::SECCOMP),
        member(
            "architectures",
            Optional,
            Shape::Array(&Shape::Format(arch), &rules::SECCOMP),
            &rules::SECCOMP,
        ),
        member("flags", Optional, Shape::Array(&Shape::Format(flag), &rules::SECCOMP), &rules::SECCOMP),
        member("listenerPath", Optional, Shape::String, &rules::SECCOMP),
        member("listenerMetadata", Optional, Shape::String, &rules::SECCOMP),
        member("syscalls", Optional, Shape::Array(&Shape::Object(&RULE), &rules::SECCOMP), &rules::SECCOMP),
    ],
    check: Some(listener),
};

static RULE: Object = Object {
    what: "a rule of seccomp",
    members: &[
        member("names", Required, Shape::Also(&NAMES, names), &rules::SECCOMP),
        member("action", Required, Shape::Format(action), &rules::SECCOMP),
        member("errnoRet", Optional, U32, &rules::SECCOMP),
        member("args", Optional, Shape::Array(&Shape::Object(&ARGUMENT), &rules::SECCOMP), &rules::SECCOMP),
    ],
    check: None,
};

const NAMES: Shape = Shape::Array(&Shape::String, &rules::SECCOMP);

static ARGUMENT: Object = Object {
    what: "an argument of a rule",
    members: &[
        member("index", Required, U32, &rules::SECCOMP),
        member("value", Required, U64, &rules::SECCOMP),
        member("valueTwo", Optional, U64, &rules::SECCOMP),
        member("op", Required, Shape::Format(operator), &rules::SECCOMP),
    ],
    check: None,
};

fn names(list: Value<'_>, findings: &mut Findings) {
    if list.elements().next().is_none() {
        findings.add(&rules::SECCOMP_NAMES, list, "it names no system call");
    }
}

fn listener(seccomp: Value<'_>, findings: &mut Findings) {
    if let Some(metadata) = seccomp.get("listenerMetadata")
        && seccomp.get("listenerPath").is_none()
    {
        findings.add(&rules::SECCOMP_LISTENER, metadata, "there is no listenerPath");
    }
}

fn action(text: &str) -> Result<(), String> {
    const ACTIONS: &[&str] = &[
        "SCMP_ACT_KILL",
        "SCMP_ACT_KILL_PROCESS",
        "SCMP_ACT_KILL_THREAD",
        "SCMP_ACT_TRAP",
        "SCMP_ACT_ERRNO",
        "SCMP_ACT_TRACE",
        "SCMP_ACT_ALLOW",
        "SCMP_ACT_LOG",
        "SCMP_ACT_NOTIFY",
    ];
    one_of(text, ACTIONS)
}

fn operator(text: &str) -> Result<(), String> {
    const OPERATORS: &[&str] = &[
        "SCMP_CMP_NE",
        "SCMP_CMP_LT",
        "SCMP_CMP_LE",
        "SCMP_CMP_EQ",
        "SCMP_CMP_GE",
        "SCMP_CMP_GT",
        "SCMP_CMP_MASKED_EQ",
    ];
    one_of(text, OPERATORS)
}

fn flag(text: &str) -> Result<(), String> {
    const FLAGS: &[&str] = &[
        "SECCOMP_FILTER_FLAG_TSYNC",
        "SECCOMP_FILTER_FLAG_LOG",
        "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
    ];
    one_of(text, FLAGS)
}

fn arch(text: &str) -> Result<(), String> {
    const ARCHITECTURES: &[&str] = &[
        "X86",
        "X86_64",
        "X32",
        "ARM",
        "AARCH64",
        "LOONGARCH64",
        "M68K",
        "MIPS",
        "MIPS64",
        "MIPS64N32",
        "MIPSEL",
        "MIPSEL64",
        "MIPSEL64N32",
        "PPC",
        "PPC64",
        "PPC64LE",
        "S390",
        "S390X",
        "SH",
        "SHEB",
        "PARISC",
        "PARISC64",
        "RISCV64",
    ];
    match text.strip_prefix("SCMP_ARCH_").is_some_and(|name| ARCHITECTURES.contains(&name)) {
        true => Ok(()),
        false => Err("is no architecture of libseccomp (SCMP_ARCH_X86_64)".to_owned()),
    }
}
