//! The document of runtime-spec.

use proptest::prelude::*;

use crate::generate::{array, object, raw, string, strings, word};
use crate::tree::Tree;

fn text() -> BoxedStrategy<Tree> {
    string("\\PC{0,9}")
}

fn texts() -> BoxedStrategy<Tree> {
    array(text())
}

fn number<T: std::fmt::Display + Arbitrary + 'static>() -> BoxedStrategy<Tree> {
    any::<T>().prop_map(|number| Tree::Word(number.to_string())).boxed()
}

pub(crate) fn runtime_config() -> BoxedStrategy<Tree> {
    let root = object(vec![("path", text())], vec![], vec![("readonly", word("true"))]);
    let mount = object(
        vec![("destination", text())],
        vec![],
        vec![("type", text()), ("source", text()), ("options", texts())],
    );
    object(
        vec![("ociVersion", text())],
        vec![],
        vec![
            ("root", root),
            ("mounts", array(mount)),
            ("process", process()),
            ("hostname", text()),
            ("hooks", hooks()),
            ("annotations", strings()),
            ("linux", linux()),
        ],
    )
}

fn process() -> BoxedStrategy<Tree> {
    let user = object(
        vec![("uid", number::<u32>()), ("gid", number::<u32>())],
        vec![],
        vec![("umask", number::<u32>()), ("additionalGids", array(number::<u32>()))],
    );
    let sets = ["bounding", "effective", "inheritable", "permitted", "ambient"];
    let capabilities = object(vec![], vec![], sets.map(|set| (set, texts())).into());
    let limit = vec![("type", text()), ("soft", number::<u64>()), ("hard", number::<u64>())];
    object(
        vec![("cwd", text())],
        vec![],
        vec![
            ("terminal", word("false")),
            ("user", user),
            ("args", texts()),
            ("env", texts()),
            ("capabilities", capabilities),
            ("rlimits", array(object(limit, vec![], vec![]))),
            ("noNewPrivileges", word("true")),
        ],
    )
}

fn hooks() -> BoxedStrategy<Tree> {
    let hook = object(
        vec![("path", text())],
        vec![],
        vec![("args", texts()), ("env", texts()), ("timeout", number::<i64>())],
    );
    let stages = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];
    object(vec![], vec![], stages.map(|stage| (stage, array(hook.clone()))).into())
}

fn linux() -> BoxedStrategy<Tree> {
    let ids = ["containerID", "hostID", "size"].map(|name| (name, number::<u32>()));
    let mappings = array(object(ids.into(), vec![], vec![]));
    let kinds = ["pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"];
    let kind = prop::sample::select(kinds.to_vec()).prop_map(|kind| Tree::String(kind.to_owned()));
    let namespace = object(vec![("type", kind.boxed())], vec![], vec![("path", text())]);
    let device = object(
        vec![("type", text()), ("path", text())],
        vec![],
        vec![
            ("major", number::<i64>()),
            ("minor", number::<i64>()),
            ("fileMode", number::<u32>()),
            ("uid", number::<u32>()),
            ("gid", number::<u32>()),
        ],
    );
    object(
        vec![],
        vec![],
        vec![
            ("uidMappings", mappings.clone()),
            ("gidMappings", mappings),
            ("namespaces", array(namespace)),
            ("devices", array(device)),
            ("cgroupsPath", text()),
            ("resources", resources()),
            ("seccomp", raw()),
            ("rootfsPropagation", text()),
            ("maskedPaths", texts()),
            ("readonlyPaths", texts()),
        ],
    )
}

fn resources() -> BoxedStrategy<Tree> {
    let rule = object(
        vec![("allow", word("false"))],
        vec![],
        vec![("type", text()), ("major", number::<i64>()), ("minor", number::<i64>()), ("access", text())],
    );
    let cpu = vec![
        ("quota", number::<i64>()),
        ("period", number::<u64>()),
        ("shares", number::<u64>()),
        ("cpus", text()),
    ];
    object(
        vec![],
        vec![],
        vec![
            ("devices", array(rule)),
            ("memory", object(vec![], vec![], vec![("limit", number::<i64>())])),
            ("cpu", object(vec![], vec![], cpu)),
            ("pids", object(vec![("limit", number::<i64>())], vec![], vec![])),
        ],
    )
}
