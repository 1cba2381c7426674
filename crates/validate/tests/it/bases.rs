//! A valid document of each type, to break one thing of.

use ocidian_validate::Type;
use serde_json::{Value, json};

const DIGEST: &str = "sha256:5b0bcabd1ed22e9fb1310cf6c2dec7cdef19f0ad69efa1f392e94a4333501270";

pub(crate) fn descriptor() -> Value {
    json!({
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": DIGEST,
        "size": 7682,
        "urls": ["https://example.com/example-manifest"],
        "annotations": { "com.example.key": "value" },
        "artifactType": "application/vnd.example.sbom.v1",
        "platform": {
            "architecture": "arm64", "os": "linux", "os.version": "1", "os.features": ["a"], "variant": "v8",
        },
    })
}

pub(crate) fn index() -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "artifactType": "application/vnd.example.set.v1",
        "manifests": [descriptor()],
        "subject": { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": DIGEST, "size": 1 },
        "annotations": { "com.example.key": "value" },
    })
}

pub(crate) fn manifest() -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": DIGEST, "size": 7023 },
        "layers": [
            { "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": DIGEST, "size": 32654 },
            { "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": DIGEST, "size": 16724 },
        ],
        "subject": { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": DIGEST, "size": 1 },
        "annotations": { "com.example.key": "value" },
    })
}

pub(crate) fn artifact() -> Value {
    let empty = json!({
        "mediaType": "application/vnd.oci.empty.v1+json",
        "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "size": 2,
        "data": "e30=",
    });
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": "application/vnd.example+type",
        "config": empty,
        "layers": [empty],
    })
}

pub(crate) fn config() -> Value {
    json!({
        "created": "2015-10-31T22:22:56.015925234Z",
        "author": "Alyssa P. Hacker <alyspdev@example.com>",
        "architecture": "arm64",
        "os": "linux",
        "os.version": "1",
        "os.features": ["a"],
        "variant": "v8",
        "config": {
            "User": "alice:users",
            "ExposedPorts": { "8080/tcp": {} },
            "Env": ["PATH=/bin", "FOO=bar"],
            "Entrypoint": ["/bin/my-app-binary"],
            "Cmd": ["--foreground"],
            "Volumes": { "/var/log": {} },
            "WorkingDir": "/home/alice",
            "Labels": { "com.example.key": "value" },
            "StopSignal": "SIGTERM",
            "Memory": 1, "MemorySwap": 2, "CpuShares": 3,
            "Healthcheck": { "Test": ["NONE"] },
        },
        "rootfs": { "type": "layers", "diff_ids": [DIGEST, DIGEST] },
        "history": [
            { "created": "2015-10-31T22:22:54Z", "author": "a", "created_by": "b", "comment": "c", "empty_layer": false },
            { "empty_layer": true },
            {},
        ],
    })
}

pub(crate) fn layout() -> Value {
    json!({ "imageLayoutVersion": "1.0.0" })
}

/// All of them.
pub(crate) fn all() -> Vec<(Type, Value)> {
    vec![
        (Type::Descriptor, descriptor()),
        (Type::Index(None), index()),
        (Type::IndexJson, index()),
        (Type::Manifest(None), manifest()),
        (Type::Manifest(None), artifact()),
        (Type::Config, config()),
        (Type::Layout, layout()),
    ]
}

#[test]
fn nothing_is_wrong_with_them() {
    for (document, base) in all() {
        assert_eq!(crate::broken(&base.to_string(), &document), [].into(), "{document:?}");
    }
}
