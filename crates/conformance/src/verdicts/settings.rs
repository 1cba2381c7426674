//! Configs: what a container is started with.

use serde_json::json;

use super::image::simple;
use super::pointer::set;
use crate::validation::ValidationCase as Case;

const CONFIG: &str = "config.md, Properties";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::invalid(
            ["config-config", "a config in the config that is a list", CONFIG, "It is an object."],
            "config-config",
            |b| {
                simple(b);
                b.config(|x| set(x, "/config", json!([])));
            },
        ),
        Case::invalid(
            ["config-user", "a user with two groups", CONFIG, "It is a user, or a user and a group."],
            "config-user",
            |b| {
                simple(b);
                b.config(|x| set(x, "/config/User", "alice:users:wheel"));
            },
        ),
        Case::invalid(
            ["config-exposed-ports", "exposed ports as a list", CONFIG, "They are an object of objects."],
            "config-exposed-ports",
            |b| {
                simple(b);
                b.config(|x| set(x, "/config/ExposedPorts", json!(["8080/tcp"])));
            },
        ),
        Case::odd(
            [
                "config-exposed-ports-key",
                "an exposed port by name",
                CONFIG,
                "Keys are port, port/tcp or port/udp.",
            ],
            |b| {
                simple(b);
                b.config(|x| set(x, "/config/ExposedPorts", json!({ "http": {} })));
            },
        )
        .warned("config-exposed-ports-key"),
        Case::invalid(
            ["config-env", "a variable without an equals sign", CONFIG, "Entries are VARNAME=VARVALUE."],
            "config-env",
            |b| {
                simple(b);
                b.config(|x| set(x, "/config/Env", json!(["PATH"])));
            },
        ),
        Case::odd(
            ["config-env-twice", "a variable that is set twice", CONFIG, "Which counts is up to the reader."],
            |b| {
                simple(b);
                b.config(|x| set(x, "/config/Env", json!(["A=1", "A=2"])));
            },
        )
        .warned("config-env-duplicate"),
        Case::invalid(
            ["config-entrypoint", "an entrypoint that is a string", CONFIG, "It is an array of strings."],
            "config-entrypoint",
            |b| {
                simple(b);
                b.config(|x| set(x, "/config/Entrypoint", "/bin/sh"));
            },
        ),
        Case::invalid(
            ["config-cmd", "a command that is a string", CONFIG, "It is an array of strings."],
            "config-cmd",
            |b| {
                simple(b);
                b.config(|x| set(x, "/config/Cmd", "-c"));
            },
        ),
        Case::valid(
            [
                "config-null-members",
                "null where a list would be",
                CONFIG,
                "As Go's encoder writes empty lists.",
            ],
            |b| {
                simple(b);
                b.config(|x| {
                    set(
                        x,
                        "/config",
                        json!({ "Entrypoint": null, "Cmd": null, "Env": null, "Volumes": null }),
                    )
                });
            },
        ),
        Case::invalid(
            ["config-volumes", "volumes as a list", CONFIG, "They are an object of objects."],
            "config-volumes",
            |b| {
                simple(b);
                b.config(|x| set(x, "/config/Volumes", json!(["/data"])));
            },
        ),
        Case::odd(
            [
                "config-volumes-path",
                "a volume at a relative path",
                CONFIG,
                "It would depend on where one stands.",
            ],
            |b| {
                simple(b);
                b.config(|x| set(x, "/config/Volumes", json!({ "data": {} })));
            },
        )
        .warned("config-volumes-path"),
        Case::invalid(
            ["config-working-dir", "a working directory that is a list", CONFIG, "It is a string."],
            "config-working-dir",
            |b| {
                simple(b);
                b.config(|x| set(x, "/config/WorkingDir", json!(["/"])));
            },
        ),
        Case::odd(
            [
                "config-working-dir-path",
                "a relative working directory",
                CONFIG,
                "A runtime's must be absolute.",
            ],
            |b| {
                simple(b);
                b.config(|x| set(x, "/config/WorkingDir", "srv"));
            },
        )
        .warned("config-working-dir-path"),
        Case::invalid(
            ["config-stop-signal", "a signal that is a number", CONFIG, "It is a string."],
            "config-stop-signal",
            |b| {
                simple(b);
                b.config(|x| set(x, "/config/StopSignal", 15));
            },
        ),
        Case::odd(
            ["config-stop-signal-name", "a signal in lower case", CONFIG, "Names are as SIGNAME."],
            |b| {
                simple(b);
                b.config(|x| set(x, "/config/StopSignal", "term"));
            },
        )
        .warned("config-stop-signal-name"),
        Case::invalid(
            ["config-args-escaped", "ArgsEscaped that is a string", CONFIG, "It is a boolean."],
            "config-args-escaped",
            |b| {
                simple(b);
                b.config(|x| set(x, "/config/ArgsEscaped", "true"));
            },
        ),
        Case::odd(["config-args-escaped-deprecated", "ArgsEscaped", CONFIG, "It is deprecated."], |b| {
            simple(b);
            b.config(|x| {
                set(x, "/os", "windows")?;
                set(x, "/config/ArgsEscaped", true)
            });
        })
        .noted("config-args-escaped-deprecated"),
        Case::invalid(
            ["config-reserved", "Memory that is a string", CONFIG, "It is an integer."],
            "config-reserved",
            |b| {
                simple(b);
                b.config(|x| set(x, "/config/Memory", "2g"));
            },
        ),
    ]
}
