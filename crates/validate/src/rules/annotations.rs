//! Rules about annotations, and labels, which follow them. image-spec `annotations.md`.

super::rules! {
    MAP: Error "annotation-map" Image "annotations.md#rules" V1_0 {
        title: "annotations are an object",
        says: "If there are no annotations then this property MUST either be absent or be an empty map.",
        help: "Write an object of strings, or leave annotations out; null is neither.",
        good: r#"{"annotations": {}}"#,
        bad: r#"{"annotations": null}"#,
    }
    VALUE: Error "annotation-value" Image "annotations.md#rules" V1_0 {
        title: "the value of an annotation is a string",
        says: "Annotations MUST be a key-value map where both the key and value MUST be strings.",
        help: "Write numbers, booleans and the like as strings.",
        good: r#"{"annotations": {"com.example.count": "1"}}"#,
        bad: r#"{"annotations": {"com.example.count": 1}}"#,
    }
    KEY: Warning "annotation-key" Image "annotations.md#rules" V1_0 {
        title: "the key of an annotation is in reverse domain notation",
        says: "Keys SHOULD be named using a reverse domain notation - e.g. `com.example.myKey`.",
        help: "Put a domain of yours before the key, in reverse.",
        good: r#"{"annotations": {"com.example.team": "blue"}}"#,
        bad: r#"{"annotations": {"team": "blue"}}"#,
    }
    RESERVED: Warning "annotation-reserved" Image "annotations.md#rules" V1_0 {
        title: "keys that begin with org.opencontainers are those of the specifications",
        says: "The prefix `org.opencontainers` is reserved for keys defined in Open Container Initiative (OCI) specifications and MUST NOT be used by other specifications and extensions.",
        help: "Look for a slip in the key, or use a domain of your own. (A warning, because a later version may define the key.)",
        good: r#"{"annotations": {"org.opencontainers.image.authors": "A"}}"#,
        bad: r#"{"annotations": {"org.opencontainers.image.author-email": "a@example.com"}}"#,
    }
    CREATED: Error "annotation-created" Image "annotations.md#pre-defined-annotation-keys" V1_0 {
        title: "org.opencontainers.image.created is a time by RFC 3339",
        says: "**org.opencontainers.image.created** date and time on which the image was built, conforming to [RFC 3339][rfc3339].",
        help: "Write it as `date -u +%Y-%m-%dT%H:%M:%SZ` does.",
        good: r#"{"annotations": {"org.opencontainers.image.created": "2023-01-02T03:04:05Z"}}"#,
        bad: r#"{"annotations": {"org.opencontainers.image.created": "2023-01-02 03:04:05"}}"#,
    }
    URL: Error "annotation-url" Image "annotations.md#pre-defined-annotation-keys" V1_0 {
        title: "org.opencontainers.image.url, documentation and source are URLs",
        says: "**org.opencontainers.image.url** URL to find more information on the image (string)",
        help: "Write the whole URL with its scheme; for a repository, the one that a browser or `git clone` takes.",
        good: r#"{"annotations": {"org.opencontainers.image.source": "https://github.com/opencontainers/image-spec"}}"#,
        bad: r#"{"annotations": {"org.opencontainers.image.source": "github.com/opencontainers/image-spec"}}"#,
    }
    LICENSES: Error "annotation-licenses" Image "annotations.md#pre-defined-annotation-keys" V1_0 {
        title: "org.opencontainers.image.licenses is an SPDX licence expression",
        says: "**org.opencontainers.image.licenses** License(s) under which contained software is distributed as an [SPDX License Expression][spdx-license-expression].",
        help: "Put AND, OR or WITH between identifiers of the SPDX list. (Whether an identifier is on the list is not checked.)",
        good: r#"{"annotations": {"org.opencontainers.image.licenses": "MIT OR Apache-2.0"}}"#,
        bad: r#"{"annotations": {"org.opencontainers.image.licenses": "MIT, Apache 2.0"}}"#,
    }
    REF_NAME: Warning "annotation-ref-name" Image "annotations.md#pre-defined-annotation-keys" V1_0 {
        title: "org.opencontainers.image.ref.name is a reference by the grammar",
        says: "Character set of the value SHOULD conform to alphanum of `A-Za-z0-9` and separator set of `-._:@/+`",
        help: "Use letters and digits, with one separator (or --) between them.",
        good: r#"{"annotations": {"org.opencontainers.image.ref.name": "v1.0.0-vendor.0"}}"#,
        bad: r#"{"annotations": {"org.opencontainers.image.ref.name": "my image"}}"#,
    }
    REF_NAME_PLACE: Note "annotation-ref-name-place" Image "annotations.md#pre-defined-annotation-keys" V1_0 {
        title: "org.opencontainers.image.ref.name stands on descriptors in index.json",
        says: "SHOULD only be considered valid when on descriptors on `index.json` within [image layout](image-layout.md).",
        help: "Nothing, or move it: elsewhere it names nothing.",
        good: "the annotation on an entry of index.json",
        bad: r#"{"annotations": {"org.opencontainers.image.ref.name": "latest"}}"#,
    }
    BASE_DIGEST: Error "annotation-base-digest" Image "annotations.md#pre-defined-annotation-keys" V1_1 {
        title: "org.opencontainers.image.base.digest is a digest",
        says: "**org.opencontainers.image.base.digest** [Digest](descriptor.md#digests) of the image this image is based on (string)",
        help: "Write the digest of the base image's manifest with its algorithm.",
        good: r#"{"annotations": {"org.opencontainers.image.base.digest": "sha256:5b0bcabd1ed22e9fb1310cf6c2dec7cdef19f0ad69efa1f392e94a4333501270"}}"#,
        bad: r#"{"annotations": {"org.opencontainers.image.base.digest": "5b0bcabd1ed2"}}"#,
    }
    BASE_NAME: Warning "annotation-base-name" Image "annotations.md#pre-defined-annotation-keys" V1_1 {
        title: "org.opencontainers.image.base.name is a full image reference",
        says: "This SHOULD be a fully qualified reference name, without any assumed default registry. (e.g., `registry.example.com/my-org/my-image:tag` instead of `my-org/my-image:tag`).",
        help: "Write the registry too: docker.io/library/debian:12.",
        good: r#"{"annotations": {"org.opencontainers.image.base.name": "docker.io/library/debian:12", "org.opencontainers.image.base.digest": "sha256:5b0bcabd1ed22e9fb1310cf6c2dec7cdef19f0ad69efa1f392e94a4333501270"}}"#,
        bad: r#"{"annotations": {"org.opencontainers.image.base.name": "debian:12", "org.opencontainers.image.base.digest": "sha256:5b0bcabd1ed22e9fb1310cf6c2dec7cdef19f0ad69efa1f392e94a4333501270"}}"#,
    }
    BASE_NAME_DIGEST: Warning "annotation-base-name-digest" Image "annotations.md#pre-defined-annotation-keys" V1_1 {
        title: "org.opencontainers.image.base.name comes with base.digest",
        says: "If the `image.base.name` annotation is specified, the `image.base.digest` annotation SHOULD be the digest of the manifest referenced by the `image.ref.name` annotation.",
        help: "Add org.opencontainers.image.base.digest: a name alone may mean another image tomorrow.",
        good: r#"{"annotations": {"org.opencontainers.image.base.name": "docker.io/library/debian:12", "org.opencontainers.image.base.digest": "sha256:5b0bcabd1ed22e9fb1310cf6c2dec7cdef19f0ad69efa1f392e94a4333501270"}}"#,
        bad: r#"{"annotations": {"org.opencontainers.image.base.name": "docker.io/library/debian:12"}}"#,
    }
}
