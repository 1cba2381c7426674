//! Rules about image indexes, `index.json` among them. image-spec `image-index.md`.

super::rules! {
    OBJECT: Error "index-object" Image "image-layout.md#content" V1_0 {
        title: "an index is a JSON object",
        says: "It MUST be an [image index](image-index.md) JSON object.",
        help: "Write an object with schemaVersion and manifests.",
        good: r#"{"schemaVersion": 2}"#,
        bad: r#"[]"#,
    }
    SCHEMA_VERSION: Error "index-schema-version" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "an index has schemaVersion 2",
        says: "For this version of the specification, this MUST be `2` to ensure backward compatibility with older versions of Docker.",
        help: "Set schemaVersion to the number 2.",
        good: r#"{"schemaVersion": 2}"#,
        bad: r#"{"schemaVersion": "2"}"#,
    }
    MEDIA_TYPE: Error "index-media-type" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "the mediaType of an index is that of an index",
        says: "When used, this field MUST contain the media type `application/vnd.oci.image.index.v1+json`.",
        help: "Set mediaType to what the descriptor of the index says: application/vnd.oci.image.index.v1+json.",
        good: r#"{"mediaType": "application/vnd.oci.image.index.v1+json"}"#,
        bad: r#"{"mediaType": "application/vnd.oci.image.manifest.v1+json"}"#,
    }
    MEDIA_TYPE_MISSING: Warning "index-media-type-missing" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "an index says its mediaType",
        says: "This property SHOULD be used and [remain compatible][matrix] with earlier versions of this specification and with other similar external formats.",
        help: "Add mediaType, so that the document cannot be taken for another kind.",
        good: r#"{"mediaType": "application/vnd.oci.image.index.v1+json"}"#,
        bad: "a document without mediaType",
    }
    ARTIFACT_TYPE: Error "index-artifact-type" Image "image-index.md#image-index-property-descriptions" V1_1 {
        title: "the artifactType of an index is a media type by RFC 6838",
        says: "If defined, the value MUST comply with [RFC 6838][rfc6838], including the [naming requirements in its section 4.2][rfc6838-s4.2], and MAY be registered with [IANA][iana].",
        help: "Set artifactType to a type and a subtype, or leave it out.",
        good: r#"{"artifactType": "application/vnd.example.set.v1"}"#,
        bad: r#"{"artifactType": "set"}"#,
    }
    MANIFESTS: Error "index-manifests" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "an index has an array of manifests",
        says: "While this property MUST be present, the size of the array MAY be zero.",
        help: "Add manifests, an empty array where there are none.",
        good: r#"{"manifests": []}"#,
        bad: r#"{"manifests": {}}"#,
    }
    MANIFEST_MEDIA_TYPE: Note "index-manifest-media-type" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "what an index lists is a manifest or an index",
        says: "Image indexes concerned with portability SHOULD use one of the above media types.",
        help: "Nothing, where it is on purpose: other media types are legal, and readers pass over them.",
        good: r#"{"manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:5b0bcabd1ed22e9fb1310cf6c2dec7cdef19f0ad69efa1f392e94a4333501270", "size": 7682}]}"#,
        bad: r#"{"manifests": [{"mediaType": "application/xml", "digest": "sha256:b3d63d132d21c3ff4c35a061adf23cf43da8ae054247e32faa95494d904a007e", "size": 7143}]}"#,
    }
    PLATFORM_MISSING: Warning "index-platform-missing" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "an image in an index has a platform",
        says: "This property SHOULD be present if its target is platform-specific.",
        help: "Add platform with the os and architecture that the image's config has; without it a reader has to fetch two blobs to choose.",
        good: "an entry with platform linux/amd64, for a manifest whose config says linux and amd64",
        bad: "an entry without platform, for a manifest whose config says linux and amd64",
    }
    PLATFORM: Error "index-platform" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "the platform of a manifest is an object",
        says: "This OPTIONAL property describes the minimum runtime requirements of the image.",
        help: "Write an object with architecture and os, or leave platform out.",
        good: r#"{"platform": {"architecture": "amd64", "os": "linux"}}"#,
        bad: r#"{"platform": "linux/amd64"}"#,
    }
    ARCHITECTURE: Error "index-platform-architecture" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "a platform has an architecture",
        says: "This REQUIRED property specifies the CPU architecture.",
        help: "Set architecture to a value of GOARCH, such as amd64.",
        good: r#"{"platform": {"architecture": "amd64", "os": "linux"}}"#,
        bad: r#"{"platform": {"architecture": 64, "os": "linux"}}"#,
    }
    ARCHITECTURE_KNOWN: Warning "index-platform-architecture-known" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "the architecture of a platform is one that Go knows",
        says: "Image indexes SHOULD use, and implementations SHOULD understand, values listed in the Go Language document for [`GOARCH`][go-environment2].",
        help: "Use Go's name: amd64 for x86_64, arm64 for aarch64, 386 for i386.",
        good: r#"{"platform": {"architecture": "amd64", "os": "linux"}}"#,
        bad: r#"{"platform": {"architecture": "x86_64", "os": "linux"}}"#,
    }
    OS: Error "index-platform-os" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "a platform has an os",
        says: "This REQUIRED property specifies the operating system.",
        help: "Set os to a value of GOOS, such as linux.",
        good: r#"{"platform": {"architecture": "amd64", "os": "linux"}}"#,
        bad: r#"{"platform": {"architecture": "amd64", "os": ["linux"]}}"#,
    }
    OS_KNOWN: Warning "index-platform-os-known" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "the os of a platform is one that Go knows",
        says: "Image indexes SHOULD use, and implementations SHOULD understand, values listed in the Go Language document for [`GOOS`][go-environment2].",
        help: "Use Go's name: linux, windows, darwin, freebsd.",
        good: r#"{"platform": {"architecture": "amd64", "os": "linux"}}"#,
        bad: r#"{"platform": {"architecture": "amd64", "os": "Linux"}}"#,
    }
    OS_VERSION: Error "index-platform-os-version" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "the os.version of a platform is a string",
        says: "This OPTIONAL property specifies the version of the operating system targeted by the referenced blob.",
        help: "Write the version as a string, or leave it out.",
        good: r#"{"platform": {"architecture": "amd64", "os": "windows", "os.version": "10.0.14393.1066"}}"#,
        bad: r#"{"platform": {"architecture": "amd64", "os": "windows", "os.version": 10}}"#,
    }
    OS_FEATURES: Error "index-platform-os-features" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "the os.features of a platform are an array of strings",
        says: "This OPTIONAL property specifies an array of strings, each specifying a mandatory OS feature.",
        help: "Write an array of strings, or leave it out.",
        good: r#"{"platform": {"architecture": "amd64", "os": "windows", "os.features": ["win32k"]}}"#,
        bad: r#"{"platform": {"architecture": "amd64", "os": "windows", "os.features": "win32k"}}"#,
    }
    WINDOWS_FEATURES: Warning "index-platform-windows-features" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "the os.features of a Windows platform are those that the specification lists",
        says: "When `os` is `windows`, image indexes SHOULD use, and implementations SHOULD understand the following values:",
        help: "Use win32k, the one value that is listed.",
        good: r#"{"platform": {"architecture": "amd64", "os": "windows", "os.features": ["win32k"]}}"#,
        bad: r#"{"platform": {"architecture": "amd64", "os": "windows", "os.features": ["directx"]}}"#,
    }
    VARIANT: Error "index-platform-variant" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "the variant of a platform is a string",
        says: "This OPTIONAL property specifies the variant of the CPU.",
        help: "Write a string such as v8, or leave it out.",
        good: r#"{"platform": {"architecture": "arm64", "os": "linux", "variant": "v8"}}"#,
        bad: r#"{"platform": {"architecture": "arm64", "os": "linux", "variant": 8}}"#,
    }
    VARIANT_KNOWN: Warning "index-platform-variant-known" Image "image-index.md#platform-variants" V1_0 {
        title: "the variant of a platform is one of the table",
        says: "Image indexes SHOULD use, and implementations SHOULD understand, `variant` values listed in the [Platform Variants](#platform-variants) table.",
        help: "Use v6, v7 or v8 for arm, v8 and later for arm64, v1 and later for amd64, power8 and later for ppc64le, rva20u64 and later for riscv64.",
        good: r#"{"platform": {"architecture": "arm", "os": "linux", "variant": "v7"}}"#,
        bad: r#"{"platform": {"architecture": "arm", "os": "linux", "variant": "armhf"}}"#,
    }
    FEATURES: Warning "index-platform-features" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "the features of a platform are left for the future",
        says: "This property is RESERVED for future versions of the specification.",
        help: "Leave features out: nothing says what it means.",
        good: r#"{"platform": {"architecture": "amd64", "os": "linux"}}"#,
        bad: r#"{"platform": {"architecture": "amd64", "os": "linux", "features": ["sse4"]}}"#,
    }
    PLATFORM_CONFIG: Error "index-platform-config" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "an image's config is for the platform that its descriptor says",
        says: "This OPTIONAL property describes the minimum runtime requirements of the image.",
        help: "Correct the one that is wrong: who chooses by the platform gets an image for another machine.",
        good: "platform linux/arm64 for a config with os linux and architecture arm64",
        bad: "platform linux/arm64 for a config with os linux and architecture amd64",
    }
    VARIANT_CONFIG: Warning "index-platform-variant-config" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "an image's config has the variant and os.version that its descriptor says, where both say one",
        says: "This OPTIONAL property describes the minimum runtime requirements of the image.",
        help: "Let both say the same; readers differ on which one they go by.",
        good: "platform linux/arm/v7 for a config with variant v7",
        bad: "platform linux/arm/v7 for a config with variant v6",
    }
    SUBJECT: Error "index-subject" Image "image-index.md#image-index-property-descriptions" V1_1 {
        title: "the subject of an index is the descriptor of a manifest or an index",
        says: "This OPTIONAL property specifies a [descriptor](descriptor.md) of another manifest.",
        help: "Name a manifest or an index, not a config or a layer; or leave subject out.",
        good: r#"{"subject": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:5b0bcabd1ed22e9fb1310cf6c2dec7cdef19f0ad69efa1f392e94a4333501270", "size": 7682}}"#,
        bad: r#"{"subject": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:5b0bcabd1ed22e9fb1310cf6c2dec7cdef19f0ad69efa1f392e94a4333501270", "size": 7682}}"#,
    }
    AMBIGUOUS: Warning "index-ambiguous" Image "image-index.md#image-index-property-descriptions" V1_0 {
        title: "an index has nothing that belongs to a manifest",
        says: "This property SHOULD be used and [remain compatible][matrix] with earlier versions of this specification and with other similar external formats.",
        help: "Remove config and layers: who reads the document as a manifest sees another image (CVE-2021-41190), and careful readers refuse it.",
        good: r#"{"manifests": []}"#,
        bad: r#"{"manifests": [], "layers": []}"#,
    }
}
