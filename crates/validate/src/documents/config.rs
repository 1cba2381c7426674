//! Image configs. image-spec `config.md`: "Any OPTIONAL field MAY also be set to null, which is equivalent to being absent."

use std::collections::HashSet;

use super::annotations;
use super::platform::{Rules, check_values};
use crate::finding::quote;
use crate::findings::Findings;
use crate::format;
use crate::json::schema::{Object, Presence, Shape, member};
use crate::json::{Kind, Value};
use crate::rule::Rule;
use crate::rules::config as rule;

use Presence::{Nullable, Required};

/// A config.
pub(super) static SHAPE: Shape = Shape::Object(&Object {
    what: "an image config",
    members: &[
        member("created", Nullable, Shape::Format(format::rfc3339), &rule::CREATED),
        member("author", Nullable, Shape::String, &rule::AUTHOR),
        member("architecture", Required, Shape::String, &rule::ARCHITECTURE),
        member("os", Required, Shape::String, &rule::OS),
        member("os.version", Nullable, Shape::String, &rule::OS_VERSION),
        member("os.features", Nullable, Shape::Array(&Shape::String, &rule::OS_FEATURES), &rule::OS_FEATURES),
        member("variant", Nullable, Shape::String, &rule::VARIANT),
        member("config", Nullable, Shape::Object(&EXECUTION), &rule::CONFIG),
        member("rootfs", Required, Shape::Object(&ROOTFS), &rule::ROOTFS),
        member("history", Nullable, Shape::Array(&HISTORY, &rule::HISTORY), &rule::HISTORY),
    ],
    check: None,
});

static EXECUTION: Object = Object {
    what: "an object",
    members: &[
        member("User", Nullable, Shape::String, &rule::USER),
        member("ExposedPorts", Nullable, Shape::Also(&SET_OF_PORTS, ports), &rule::EXPOSED_PORTS),
        member("Env", Nullable, Shape::Also(&ENV, env), &rule::ENV),
        member("Entrypoint", Nullable, Shape::Array(&Shape::String, &rule::ENTRYPOINT), &rule::ENTRYPOINT),
        member("Cmd", Nullable, Shape::Array(&Shape::String, &rule::CMD), &rule::CMD),
        member("Volumes", Nullable, Shape::Also(&SET_OF_VOLUMES, volumes), &rule::VOLUMES),
        member("WorkingDir", Nullable, Shape::Also(&Shape::String, working_dir), &rule::WORKING_DIR),
        member(
            "Labels",
            Nullable,
            Shape::Also(&annotations::MAP, annotations::check),
            &crate::rules::annotations::MAP,
        ),
        member("StopSignal", Nullable, Shape::Also(&Shape::String, stop_signal), &rule::STOP_SIGNAL),
        member("ArgsEscaped", Nullable, Shape::Also(&Shape::Bool, args_escaped), &rule::ARGS_ESCAPED),
        member("Memory", Nullable, INTEGER, &rule::RESERVED),
        member("MemorySwap", Nullable, INTEGER, &rule::RESERVED),
        member("CpuShares", Nullable, INTEGER, &rule::RESERVED),
        member("Healthcheck", Nullable, Shape::Map(&Shape::Any, &rule::RESERVED), &rule::RESERVED),
    ],
    check: None,
};

static ROOTFS: Object = Object {
    what: "an object",
    members: &[
        member("type", Required, Shape::Format(layers), &rule::ROOTFS_TYPE),
        member(
            "diff_ids",
            Required,
            Shape::Array(&Shape::Format(format::digest), &rule::DIFF_ID),
            &rule::DIFF_IDS,
        ),
    ],
    check: None,
};

static HISTORY: Shape = Shape::Object(&Object {
    what: "an object",
    members: &[
        member("created", Nullable, Shape::Format(format::rfc3339), &rule::HISTORY_CREATED),
        member("author", Nullable, Shape::String, &rule::HISTORY_MEMBER),
        member("created_by", Nullable, Shape::String, &rule::HISTORY_MEMBER),
        member("comment", Nullable, Shape::String, &rule::HISTORY_MEMBER),
        member("empty_layer", Nullable, Shape::Bool, &rule::HISTORY_MEMBER),
    ],
    check: None,
});

const INTEGER: Shape = Shape::Integer(i64::MIN as i128, i64::MAX as i128);
static ENV: Shape = Shape::Array(&Shape::Format(format::environment), &rule::ENV);
/// Objects whose values are objects, as Go writes a set.
static SET_OF_PORTS: Shape = Shape::Map(&Shape::Map(&Shape::Any, &rule::EXPOSED_PORTS), &rule::EXPOSED_PORTS);
static SET_OF_VOLUMES: Shape = Shape::Map(&Shape::Map(&Shape::Any, &rule::VOLUMES), &rule::VOLUMES);

static OF_CONFIGS: Rules = Rules {
    architecture: &rule::ARCHITECTURE_KNOWN,
    os: &rule::OS_KNOWN,
    variant: &rule::VARIANT_KNOWN,
    windows_features: &rule::WINDOWS_FEATURES,
};

fn layers(text: &str) -> format::Check {
    if text == "layers" { Ok(()) } else { Err("is not layers, the only type there is".to_owned()) }
}

fn ports(set: Value<'_>, findings: &mut Findings) {
    keys(set, format::port, &rule::EXPOSED_PORTS_KEY, findings);
}

fn volumes(set: Value<'_>, findings: &mut Findings) {
    keys(set, format::absolute_path, &rule::VOLUMES_PATH, findings);
}

fn keys(set: Value<'_>, format: fn(&str) -> format::Check, rule: &'static Rule, findings: &mut Findings) {
    for (name, value) in set.members() {
        if let Err(reason) = format(&name) {
            findings.add(rule, value, format_args!("{} {reason}", quote(&name)));
        }
    }
}

fn env(list: Value<'_>, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for entry in list.elements() {
        let Some(text) = entry.as_str() else { continue };
        let Some((name, _)) = text.split_once('=') else { continue };
        if !seen.insert(name.to_owned()) {
            findings.add(&rule::ENV_DUPLICATE, entry, format_args!("{} is set before", quote(name)));
        }
    }
}

fn working_dir(value: Value<'_>, findings: &mut Findings) {
    let text = value.as_str().unwrap_or_default();
    // Empty is how Docker writes that there is none.
    if !text.is_empty()
        && let Err(reason) = format::absolute_path(&text)
    {
        findings.add(&rule::WORKING_DIR_PATH, value, format_args!("{} {reason}", quote(&text)));
    }
}

fn stop_signal(value: Value<'_>, findings: &mut Findings) {
    let text = value.as_str().unwrap_or_default();
    if !text.is_empty()
        && let Err(reason) = format::signal(&text)
    {
        findings.add(&rule::STOP_SIGNAL_NAME, value, format_args!("{} {reason}", quote(&text)));
    }
}

fn args_escaped(value: Value<'_>, findings: &mut Findings) {
    findings.add(&rule::ARGS_ESCAPED_DEPRECATED, value, "ArgsEscaped is deprecated");
}

/// What the tables cannot say.
pub(super) fn check(config: Value<'_>, findings: &mut Findings) {
    if config.kind() != Kind::Object {
        return;
    }
    check_values(config, &OF_CONFIGS, findings);
    let execution = config.get("config");
    if let Some(user) = execution.and_then(|execution| execution.get("User"))
        && let Some(text) = user.as_str()
        && config.text("os").is_some_and(|os| os == "linux")
        && let Err(reason) = format::user(&text)
    {
        findings.add(&rule::USER, user, format_args!("{} {reason}", quote(&text)));
    }
    annotations::note_ref_name(execution.and_then(|execution| execution.get("Labels")), findings);
    history(config, findings);
}

/// Each step of the history but the empty ones stands for a layer.
fn history(config: Value<'_>, findings: &mut Findings) {
    let is_array = |value: &Value<'_>| value.kind() == Kind::Array;
    let Some(history) = config.get("history").filter(is_array) else { return };
    let Some(diff_ids) = config.get("rootfs").and_then(|rootfs| rootfs.get("diff_ids")).filter(is_array)
    else {
        return;
    };
    let empty = |step: &Value<'_>| step.get("empty_layer").is_some_and(|value| value.raw() == "true");
    let (all, empty) = (history.elements().count(), history.elements().filter(empty).count());
    let (steps, layers) = (all - empty, diff_ids.elements().count());
    let message =
        format_args!("it has {steps} steps with a layer ({all} in all), and there are {layers} diff_ids");
    if steps > layers {
        findings.add(&rule::HISTORY_EXCESS, history, message);
    } else if steps < layers && all > 0 {
        findings.add(&rule::HISTORY_MISSING, history, message);
    }
}
