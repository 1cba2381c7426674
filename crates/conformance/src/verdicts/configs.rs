//! Configs: what an image is for.

use serde_json::json;

use super::image::simple;
use super::pointer::{remove, set};
use crate::validation::ValidationCase as Case;

const CONFIG: &str = "config.md, Properties";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::valid(
            [
                "config-full",
                "a config that says all that can be said",
                CONFIG,
                "Each member as the specification has it.",
            ],
            |b| {
                simple(b);
                b.config(|x| {
                    set(x, "/created", "2015-10-31T22:22:56.015925234Z")?;
                    set(x, "/author", "Alyssa P. Hacker <alyspdev@example.com>")?;
                    set(
                        x,
                        "/history",
                        json!([
                        { "created": "2015-10-31T22:22:54.690851953Z", "created_by": "ADD file" },
                        { "created_by": "CMD [\"sh\"]", "empty_layer": true, "comment": "", "author": "x" },
                        ]),
                    )?;
                    set(
                        x,
                        "/config",
                        json!({
                        "User": "alice:1000",
                        "ExposedPorts": { "8080/tcp": {}, "53/udp": {}, "80": {} },
                        "Env": ["PATH=/bin", "EMPTY="],
                        "Entrypoint": ["/bin/app"],
                        "Cmd": [],
                        "Volumes": { "/var/log": {} },
                        "WorkingDir": "/home/alice",
                        "Labels": { "com.example.any": "any value" },
                        "StopSignal": "SIGRTMIN+3",
                        }),
                    )
                });
            },
        ),
        Case::invalid(
            ["config-array", "a config that is an array", CONFIG, "It must be an object."],
            "config-object",
            |b| {
                simple(b);
                b.config_bytes(|_| b"[]".to_vec());
            },
        ),
        Case::invalid(
            ["config-created", "a time that is not by RFC 3339", CONFIG, "created must be formatted so."],
            "config-created",
            |b| {
                simple(b);
                b.config(|x| set(x, "/created", "Sat Oct 31 22:22:56 2015"));
            },
        ),
        Case::invalid(
            ["config-created-month", "a time in the thirteenth month", CONFIG, "There is no such time."],
            "config-created",
            |b| {
                simple(b);
                b.config(|x| set(x, "/created", "2015-13-01T00:00:00Z"));
            },
        ),
        Case::valid(["config-created-offset", "a time with an offset", CONFIG, "RFC 3339 allows it."], |b| {
            simple(b);
            b.config(|x| set(x, "/created", "2015-10-31T22:22:56+02:00"));
        }),
        Case::invalid(
            ["config-author", "an author that is a list", CONFIG, "It is a string."],
            "config-author",
            |b| {
                simple(b);
                b.config(|x| set(x, "/author", json!(["x"])));
            },
        ),
        Case::invalid(
            ["config-architecture-missing", "a config without an architecture", CONFIG, "It is required."],
            "config-architecture",
            |b| {
                simple(b);
                b.config(|x| remove(x, "", "architecture"));
            },
        ),
        Case::odd(
            [
                "config-architecture-unknown",
                "an architecture that Go does not know",
                CONFIG,
                "Values should be Go's.",
            ],
            |b| {
                simple(b);
                b.config(|x| set(x, "/architecture", "aarch64"));
            },
        )
        .warned("config-architecture-known")
        .warned("index-platform-architecture-known"),
        Case::invalid(
            ["config-os-missing", "a config without an os", CONFIG, "It is required."],
            "config-os",
            |b| {
                simple(b);
                b.config(|x| remove(x, "", "os"));
            },
        ),
        Case::odd(
            ["config-os-unknown", "an os that Go does not know", CONFIG, "Values should be Go's."],
            |b| {
                simple(b);
                b.config(|x| set(x, "/os", "GNU/Linux"));
            },
        )
        .warned("config-os-known")
        .warned("index-platform-os-known"),
        Case::invalid(
            ["config-os-version", "an os.version that is a number", CONFIG, "It is a string."],
            "config-os-version",
            |b| {
                simple(b);
                b.config(|x| set(x, "/os.version", 10));
            },
        ),
        Case::invalid(
            ["config-os-features", "os.features that are a string", CONFIG, "They are an array."],
            "config-os-features",
            |b| {
                simple(b);
                b.config(|x| set(x, "/os.features", "win32k"));
            },
        ),
        Case::odd(
            [
                "config-windows-features",
                "a feature of Windows that is not listed",
                CONFIG,
                "Values should be those of the specification.",
            ],
            |b| {
                simple(b);
                b.config(|x| {
                    set(x, "/os", "windows")?;
                    set(x, "/os.features", json!(["directx"]))
                });
            },
        )
        .warned("config-windows-features"),
        Case::invalid(
            ["config-variant", "a variant that is a number", CONFIG, "It is a string."],
            "config-variant",
            |b| {
                simple(b);
                b.config(|x| set(x, "/variant", 8));
            },
        ),
        Case::odd(
            [
                "config-variant-unknown",
                "a variant that is not in the table",
                CONFIG,
                "Values should be those of the table.",
            ],
            |b| {
                simple(b);
                b.config(|x| {
                    set(x, "/architecture", "arm")?;
                    set(x, "/variant", "7")
                });
            },
        )
        .warned("config-variant-known"),
    ]
}
