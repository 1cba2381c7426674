//! Limits of a container's control group. runtime-spec `config-linux.md`, "Control groups" and what follows it.

use super::linux::I64;
use super::process::{U32, U64};
use crate::findings::Findings;
use crate::json::Value;
use crate::json::schema::{Member, Object, Presence, Shape, member};
use crate::rules::bundle as rules;

use Presence::{Optional, Required};

const U16: Shape = Shape::Integer(0, u16::MAX as i128);

const fn optional(name: &'static str, shape: Shape) -> Member {
    member(name, Optional, shape, &rules::RESOURCES)
}

const fn required(name: &'static str, shape: Shape) -> Member {
    member(name, Required, shape, &rules::RESOURCES)
}

const fn list(of: &'static Shape) -> Shape {
    Shape::Array(of, &rules::RESOURCES)
}

pub(super) static RESOURCES: Object = Object {
    what: "resources",
    members: &[
        optional("unified", Shape::Map(&Shape::String, &rules::RESOURCES)),
        optional("devices", list(&Shape::Object(&DEVICE))),
        optional("pids", Shape::Object(&PIDS)),
        optional("blockIO", Shape::Object(&BLOCK_IO)),
        optional("cpu", Shape::Object(&CPU)),
        optional("hugepageLimits", list(&Shape::Object(&HUGEPAGE))),
        optional("memory", Shape::Object(&MEMORY)),
        optional("network", Shape::Object(&NETWORK)),
        optional("rdma", Shape::Map(&Shape::Object(&RDMA), &rules::RESOURCES)),
    ],
    check: None,
};

static DEVICE: Object = Object {
    what: "a rule for devices",
    members: &[
        required("allow", Shape::Bool),
        optional("type", Shape::String),
        optional("major", I64),
        optional("minor", I64),
        optional("access", Shape::String),
    ],
    check: None,
};

static PIDS: Object = Object {
    what: "a limit of processes",
    // Since 1.3 it may be left out.
    members: &[optional("limit", I64)],
    check: None,
};

static BLOCK_IO: Object = Object {
    what: "blockIO",
    members: &[
        optional("weight", U16),
        optional("leafWeight", U16),
        optional("weightDevice", list(&Shape::Object(&WEIGHT))),
        optional("throttleReadBpsDevice", list(&Shape::Object(&THROTTLE))),
        optional("throttleWriteBpsDevice", list(&Shape::Object(&THROTTLE))),
        optional("throttleReadIOPSDevice", list(&Shape::Object(&THROTTLE))),
        optional("throttleWriteIOPSDevice", list(&Shape::Object(&THROTTLE))),
    ],
    check: None,
};

static WEIGHT: Object = Object {
    what: "a device's weight",
    members: &[
        required("major", I64),
        required("minor", I64),
        optional("weight", U16),
        optional("leafWeight", U16),
    ],
    check: Some(weight),
};

fn weight(value: Value<'_>, findings: &mut Findings) {
    if value.get("weight").is_none() && value.get("leafWeight").is_none() {
        findings.add(&rules::BLOCK_IO_WEIGHT, value, "it has neither weight nor leafWeight");
    }
}

static THROTTLE: Object = Object {
    what: "a device's limit",
    members: &[required("major", I64), required("minor", I64), required("rate", U64)],
    check: None,
};

static CPU: Object = Object {
    what: "cpu",
    members: &[
        optional("shares", U64),
        optional("quota", I64),
        optional("burst", U64),
        optional("period", U64),
        optional("realtimeRuntime", I64),
        optional("realtimePeriod", U64),
        optional("cpus", Shape::String),
        optional("mems", Shape::String),
        optional("idle", I64),
    ],
    check: None,
};

static HUGEPAGE: Object = Object {
    what: "a limit of huge pages",
    members: &[required("pageSize", Shape::Format(page_size)), required("limit", U64)],
    check: None,
};

/// `^[1-9][0-9]*[KMG]B$`
fn page_size(text: &str) -> Result<(), String> {
    let digits = ["KB", "MB", "GB"].iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or_default();
    let number = !digits.is_empty() && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    if number { Ok(()) } else { Err("is no page's size (2MB)".to_owned()) }
}

static MEMORY: Object = Object {
    what: "memory",
    members: &[
        optional("limit", I64),
        optional("reservation", I64),
        optional("swap", I64),
        optional("kernel", I64),
        optional("kernelTCP", I64),
        optional("swappiness", U64),
        optional("disableOOMKiller", Shape::Bool),
        optional("useHierarchy", Shape::Bool),
        optional("checkBeforeUpdate", Shape::Bool),
    ],
    check: None,
};

static NETWORK: Object = Object {
    what: "network",
    members: &[optional("classID", U32), optional("priorities", list(&Shape::Object(&PRIORITY)))],
    check: None,
};

static PRIORITY: Object = Object {
    what: "an interface's priority",
    members: &[required("name", Shape::String), required("priority", U32)],
    check: None,
};

static RDMA: Object = Object {
    what: "a limit of RDMA",
    members: &[optional("hcaHandles", U32), optional("hcaObjects", U32)],
    check: Some(rdma),
};

fn rdma(value: Value<'_>, findings: &mut Findings) {
    if value.get("hcaHandles").is_none() && value.get("hcaObjects").is_none() {
        findings.add(&rules::RDMA, value, "it has neither hcaHandles nor hcaObjects");
    }
}
