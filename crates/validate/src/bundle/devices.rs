//! Devices of a container. runtime-spec `config-linux.md`, "Devices".

use std::collections::HashSet;

use super::formats::{absolute, one_of};
use super::linux::I64;
use super::process::U32;
use crate::finding::quote;
use crate::findings::Findings;
use crate::json::Value;
use crate::json::schema::{Object, Presence, Shape, member};
use crate::rules::bundle as rules;

use Presence::{Optional, Required};

pub(super) const DEVICES: Shape = Shape::Array(&Shape::Object(&DEVICE), &rules::DEVICES);

static DEVICE: Object = Object {
    what: "a device",
    members: &[
        member("type", Required, Shape::Format(kind), &rules::DEVICES),
        member("path", Required, Shape::Also(&Shape::String, path), &rules::DEVICES),
        member("major", Optional, I64, &rules::DEVICES),
        member("minor", Optional, I64, &rules::DEVICES),
        // The schema has 0777 as the most; the prose gives a device's whole mode, as runtimes write it.
        member("fileMode", Optional, U32, &rules::DEVICES),
        member("uid", Optional, U32, &rules::DEVICES),
        member("gid", Optional, U32, &rules::DEVICES),
    ],
    check: Some(numbers),
};

fn kind(text: &str) -> Result<(), String> {
    one_of(text, &["c", "b", "u", "p"])
}

fn path(value: Value<'_>, findings: &mut Findings) {
    let text = value.as_str().unwrap_or_default();
    if let Err(wrong) = absolute(&text) {
        findings.add(&rules::DEVICE_PATH, value, format!("{} {wrong}", quote(&text)));
    }
}

fn numbers(device: Value<'_>, findings: &mut Findings) {
    if device.text("type").is_some_and(|kind| kind == "p") {
        return;
    }
    for name in ["major", "minor"] {
        if device.get(name).is_none() {
            findings.add(&rules::DEVICE_NUMBER, device, format!("it has no {name} number"));
        }
    }
}

/// Devices that are there under several paths.
pub(super) fn repeated(list: Value<'_>, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for device in list.elements() {
        let number = |name: &str| device.get(name).and_then(Value::as_i128);
        if let (Some(kind), Some(major), Some(minor)) = (device.text("type"), number("major"), number("minor"))
            && kind != "p"
            // Unbuffered character devices are character devices.
            && !seen.insert((kind == "b", major, minor))
        {
            let message =
                format!("another device has the type {} and the numbers {major}:{minor}", quote(&kind));
            findings.add(&rules::DEVICE_REPEATED, device, message);
        }
    }
}
