//! Platforms in an index.

use serde_json::json;

use super::image::{CONFIG_TYPE, digest, simple};
use super::pointer::set;
use crate::validation::ValidationCase as Case;

const INDEX: &str = "image-index.md, Image Index Property Descriptions";
const VARIANTS: &str = "image-index.md, Platform Variants";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::invalid(
            ["index-platform-string", "a platform that is a string", INDEX, "It is an object."],
            "index-platform",
            |b| {
                simple(b);
                b.index(|x| set(x, "/manifests/0/platform", "linux/amd64"));
            },
        ),
        Case::invalid(
            ["platform-architecture", "a platform without an architecture", INDEX, "It is required."],
            "index-platform-architecture",
            |b| {
                simple(b);
                b.index(|x| set(x, "/manifests/0/platform", json!({ "os": "linux" })));
            },
        ),
        Case::invalid(
            [
                "platform-architecture-unknown",
                "an architecture that Go does not know",
                INDEX,
                "Values should be Go's.",
            ],
            "index-platform-config",
            |b| {
                simple(b);
                b.index(|x| {
                    set(x, "/manifests/0/platform", json!({ "os": "linux", "architecture": "x86_64" }))
                });
            },
        )
        .warned("index-platform-architecture-known"),
        Case::invalid(
            ["platform-os", "a platform whose os is a list", INDEX, "It is a string."],
            "index-platform-os",
            |b| {
                simple(b);
                b.index(|x| {
                    set(x, "/manifests/0/platform", json!({ "os": ["linux"], "architecture": "amd64" }))
                });
            },
        ),
        Case::odd(
            ["platform-os-unknown", "an os that Go does not know", INDEX, "Values should be Go's."],
            |b| {
                simple(b);
                b.config(|x| set(x, "/os", "Linux"));
                b.index(|x| {
                    set(x, "/manifests/0/platform", json!({ "os": "Linux", "architecture": "amd64" }))
                });
            },
        )
        .warned("index-platform-os-known")
        .warned("config-os-known"),
        Case::invalid(
            ["platform-os-version", "an os.version that is a number", INDEX, "It is a string."],
            "index-platform-os-version",
            |b| {
                simple(b);
                b.index(|x| {
                    set(
                        x,
                        "/manifests/0/platform",
                        json!({ "os": "linux", "architecture": "amd64", "os.version": 10 }),
                    )
                });
            },
        ),
        Case::invalid(
            ["platform-os-features", "os.features that are a string", INDEX, "They are an array."],
            "index-platform-os-features",
            |b| {
                simple(b);
                b.index(|x| {
                    set(
                        x,
                        "/manifests/0/platform",
                        json!({ "os": "linux", "architecture": "amd64", "os.features": "x" }),
                    )
                });
            },
        ),
        Case::odd(
            [
                "platform-windows-features",
                "a feature of Windows that is not listed",
                INDEX,
                "Values should be those of the specification.",
            ],
            |b| {
                simple(b);
                b.config(|x| set(x, "/os", "windows"));
                b.index(|x| {
                    set(
                        x,
                        "/manifests/0/platform",
                        json!({ "os": "windows", "architecture": "amd64", "os.features": ["directx"] }),
                    )
                });
            },
        )
        .warned("index-platform-windows-features"),
        Case::invalid(
            ["platform-variant", "a variant that is a number", INDEX, "It is a string."],
            "index-platform-variant",
            |b| {
                simple(b);
                b.index(|x| {
                    set(
                        x,
                        "/manifests/0/platform",
                        json!({ "os": "linux", "architecture": "amd64", "variant": 8 }),
                    )
                });
            },
        ),
        Case::odd(
            [
                "platform-variant-unknown",
                "a variant that is not in the table",
                VARIANTS,
                "Values should be those of the table.",
            ],
            |b| {
                simple(b);
                b.config(|x| set(x, "/architecture", "arm"));
                b.index(|x| {
                    set(
                        x,
                        "/manifests/0/platform",
                        json!({ "os": "linux", "architecture": "arm", "variant": "armhf" }),
                    )
                });
            },
        )
        .warned("index-platform-variant-known"),
        Case::odd(
            ["platform-features", "features of a platform", INDEX, "The member is reserved for the future."],
            |b| {
                simple(b);
                b.index(|x| {
                    set(
                        x,
                        "/manifests/0/platform",
                        json!({ "os": "linux", "architecture": "amd64", "features": ["sse4"] }),
                    )
                });
            },
        )
        .warned("index-platform-features"),
        Case::valid(["platform", "a platform", INDEX, "What the config says, too."], |b| {
            simple(b);
            b.index(|x| set(x, "/manifests/0/platform", json!({ "os": "linux", "architecture": "amd64" })));
        }),
        Case::invalid(
            [
                "platform-differs",
                "an arm64 platform for an amd64 config",
                INDEX,
                "The platform must be what the image is for.",
            ],
            "index-platform-config",
            |b| {
                simple(b);
                b.index(|x| {
                    set(x, "/manifests/0/platform", json!({ "os": "linux", "architecture": "arm64" }))
                });
            },
        ),
        Case::odd(
            [
                "platform-variant-differs",
                "another variant than the config's",
                INDEX,
                "They are two different machines.",
            ],
            |b| {
                simple(b);
                b.config(|x| {
                    set(x, "/architecture", "arm")?;
                    set(x, "/variant", "v6")
                });
                b.index(|x| {
                    set(
                        x,
                        "/manifests/0/platform",
                        json!({ "os": "linux", "architecture": "arm", "variant": "v7" }),
                    )
                });
            },
        )
        .warned("index-platform-variant-config"),
        Case::invalid(
            [
                "index-subject",
                "an index whose subject is a config",
                INDEX,
                "It is a descriptor of a manifest.",
            ],
            "index-subject",
            |b| {
                simple(b);
                b.index(|x| {
                    set(x, "/subject", json!({ "mediaType": CONFIG_TYPE, "digest": digest('1'), "size": 1 }))
                });
            },
        )
        .beyond_the_image(),
        Case::odd(
            ["index-with-layers", "an index that lists layers", INDEX, "Readers may take it for a manifest."],
            |b| {
                simple(b);
                b.index(|x| set(x, "/layers", json!([])));
            },
        )
        .warned("index-ambiguous"),
    ]
}
