//! Rules about image manifests, those of artifacts among them. image-spec `manifest.md`.

super::rules! {
    OBJECT: Error "manifest-object" Image "manifest.md#image-manifest" V1_0 {
        title: "a manifest is a JSON object",
        says: "This section defines the `application/vnd.oci.image.manifest.v1+json` [media type](media-types.md).",
        help: "Write an object with schemaVersion, config and layers.",
        good: r#"{"schemaVersion": 2}"#,
        bad: r#"[]"#,
    }
    SCHEMA_VERSION: Error "manifest-schema-version" Image "manifest.md#image-manifest-property-descriptions" V1_0 {
        title: "a manifest has schemaVersion 2",
        says: "For this version of the specification, this MUST be `2` to ensure backward compatibility with older versions of Docker.",
        help: "Set schemaVersion to the number 2.",
        good: r#"{"schemaVersion": 2}"#,
        bad: r#"{"schemaVersion": 1}"#,
    }
    MEDIA_TYPE: Error "manifest-media-type" Image "manifest.md#image-manifest-property-descriptions" V1_0 {
        title: "the mediaType of a manifest is that of a manifest",
        says: "When used, this field MUST contain the media type `application/vnd.oci.image.manifest.v1+json`.",
        help: "Set mediaType to what the descriptor of the manifest says: application/vnd.oci.image.manifest.v1+json.",
        good: r#"{"mediaType": "application/vnd.oci.image.manifest.v1+json"}"#,
        bad: r#"{"mediaType": "application/vnd.oci.image.index.v1+json"}"#,
    }
    MEDIA_TYPE_MISSING: Warning "manifest-media-type-missing" Image "manifest.md#image-manifest-property-descriptions" V1_0 {
        title: "a manifest says its mediaType",
        says: "This property SHOULD be used and [remain compatible](media-types.md#compatibility-matrix) with earlier versions of this specification and with other similar external formats.",
        help: "Add mediaType, so that the document cannot be taken for another kind.",
        good: r#"{"mediaType": "application/vnd.oci.image.manifest.v1+json"}"#,
        bad: "a document without mediaType",
    }
    ARTIFACT_TYPE: Error "manifest-artifact-type" Image "manifest.md#image-manifest-property-descriptions" V1_1 {
        title: "the artifactType of a manifest is a media type by RFC 6838",
        says: "If defined, the value MUST comply with [RFC 6838][rfc6838], including the [naming requirements in its section 4.2][rfc6838-s4.2], and MAY be registered with [IANA][iana].",
        help: "Set artifactType to a type and a subtype, or leave it out.",
        good: r#"{"artifactType": "application/vnd.example+type"}"#,
        bad: r#"{"artifactType": "example"}"#,
    }
    ARTIFACT_TYPE_MISSING: Error "manifest-artifact-type-missing" Image "manifest.md#image-manifest-property-descriptions" V1_1 {
        title: "a manifest with an empty config has an artifactType",
        says: "This MUST be set when `config.mediaType` is set to the [empty value](#guidance-for-an-empty-descriptor).",
        help: "Add artifactType: nothing else says what kind of artifact it is.",
        good: r#"{"artifactType": "application/vnd.example+type", "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "size": 2}}"#,
        bad: r#"{"config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "size": 2}}"#,
    }
    ARTIFACT_CONFIG: Error "manifest-artifact-config" Image "manifest.md#guidelines-for-artifact-usage" V1_1 {
        title: "an artifact does not have the config of an image",
        says: "When this is done, the `config.mediaType` value MUST be set to a value specific to the artifact type or the [empty value](#guidance-for-an-empty-descriptor).",
        help: "Use the empty descriptor for config, or a media type of your own.",
        good: r#"{"artifactType": "application/vnd.example+type", "config": {"mediaType": "application/vnd.example.config.v1+json"}, "layers": [{"mediaType": "application/vnd.example+type", "digest": "sha256:e258d248fda94c63753607f7c4494ee0fcbe92f1a76bfdac795c9d84101eb317", "size": 1234}]}"#,
        bad: r#"{"artifactType": "application/vnd.example+type", "layers": [{"mediaType": "application/vnd.example+type", "digest": "sha256:e258d248fda94c63753607f7c4494ee0fcbe92f1a76bfdac795c9d84101eb317", "size": 1234}]}"#,
    }
    ARTIFACT_LAYER: Warning "manifest-artifact-layer" Image "manifest.md#guidelines-for-artifact-usage" V1_1 {
        title: "an artifact's only layer is not of size 0",
        says: "If the artifact does not need layers, a single layer SHOULD be included with a non-zero size.",
        help: "Use the empty descriptor, whose two bytes every registry stores.",
        good: r#"{"artifactType": "application/vnd.example+type", "config": {"mediaType": "application/vnd.example.config.v1+json"}, "layers": [{"mediaType": "application/vnd.oci.empty.v1+json", "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "size": 2}]}"#,
        bad: r#"{"artifactType": "application/vnd.example+type", "config": {"mediaType": "application/vnd.example.config.v1+json"}, "layers": [{"mediaType": "application/vnd.example+type", "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "size": 0}]}"#,
    }
    CONFIG: Error "manifest-config" Image "manifest.md#image-manifest-property-descriptions" V1_0 {
        title: "a manifest has a config, which is a descriptor",
        says: "This REQUIRED property references a configuration object for a container, by digest.",
        help: "Add config; an artifact without one uses the empty descriptor.",
        good: r#"{"config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:b5b2b2c507a0944348e0303114d8d93aaaa081732b86451d9bce1f432a537bc7", "size": 7023}}"#,
        bad: r#"{"config": null}"#,
    }
    LAYERS: Error "manifest-layers" Image "manifest.md#image-manifest-property-descriptions" V1_0 {
        title: "a manifest has an array of layers",
        says: "Each item in the array MUST be a [descriptor](descriptor.md).",
        help: "Add layers, an array of descriptors.",
        good: r#"{"layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:ec4b8955958665577945c89419d1af06b5f7636b4ac3da7f12184802ad867736", "size": 73109}]}"#,
        bad: r#"{"layers": null}"#,
    }
    LAYERS_EMPTY: Error "manifest-layers-empty" Image "manifest.md#image-manifest-property-descriptions" V1_0 {
        title: "a manifest has at least one layer",
        says: "For portability, `layers` SHOULD have at least one entry.",
        help: "Add a layer; an artifact that needs none uses the empty descriptor. The sentence says SHOULD, but the schema of the specification (minItems) refuses the document.",
        good: r#"{"layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:ec4b8955958665577945c89419d1af06b5f7636b4ac3da7f12184802ad867736", "size": 73109}]}"#,
        bad: r#"{"layers": []}"#,
    }
    LAYER_MEDIA_TYPE: Warning "manifest-layer-media-type" Image "manifest.md#image-manifest-property-descriptions" V1_0 {
        title: "the layers of an image are of media types that are layers",
        says: "Manifests concerned with portability SHOULD use one of the above media types.",
        help: "Use application/vnd.oci.image.layer.v1.tar, with +gzip or +zstd; for an artifact, use another media type for the config.",
        good: r#"{"layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:ec4b8955958665577945c89419d1af06b5f7636b4ac3da7f12184802ad867736", "size": 73109}]}"#,
        bad: r#"{"layers": [{"mediaType": "application/x-tar", "digest": "sha256:ec4b8955958665577945c89419d1af06b5f7636b4ac3da7f12184802ad867736", "size": 73109}]}"#,
    }
    LAYER_NONDISTRIBUTABLE: Warning "manifest-layer-nondistributable" Image "layer.md#non-distributable-layers" V1_1 {
        title: "no layer is non-distributable",
        says: "Implementations SHOULD NOT produce new non-distributable layers.",
        help: "Use the ordinary media types of layers; the others are deprecated.",
        good: r#"{"layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:ec4b8955958665577945c89419d1af06b5f7636b4ac3da7f12184802ad867736", "size": 73109}]}"#,
        bad: r#"{"layers": [{"mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "digest": "sha256:ec4b8955958665577945c89419d1af06b5f7636b4ac3da7f12184802ad867736", "size": 73109}]}"#,
    }
    DOCKER_MEDIA_TYPE: Note "manifest-docker-media-type" Image "media-types.md#compatibility-matrix" V1_0 {
        title: "media types are OCI's and not Docker's",
        says: "This section shows where the OCI Image Specification is compatible with formats external to the OCI Image and different versions of this specification.",
        help: "Nothing, where every reader knows Docker's types; else convert the image.",
        good: r#"{"config": {"mediaType": "application/vnd.oci.image.config.v1+json"}}"#,
        bad: r#"{"config": {"mediaType": "application/vnd.docker.container.image.v1+json"}}"#,
    }
    SUBJECT: Error "manifest-subject" Image "manifest.md#image-manifest-property-descriptions" V1_1 {
        title: "the subject of a manifest is the descriptor of a manifest or an index",
        says: "This OPTIONAL property specifies a [descriptor](descriptor.md) of another manifest.",
        help: "Name a manifest or an index, not a config or a layer; or leave subject out.",
        good: r#"{"subject": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:5b0bcabd1ed22e9fb1310cf6c2dec7cdef19f0ad69efa1f392e94a4333501270", "size": 7682}}"#,
        bad: r#"{"subject": "sha256:5b0bcabd1ed22e9fb1310cf6c2dec7cdef19f0ad69efa1f392e94a4333501270"}"#,
    }
    AMBIGUOUS: Warning "manifest-ambiguous" Image "manifest.md#image-manifest-property-descriptions" V1_0 {
        title: "a manifest has nothing that belongs to an index",
        says: "This property SHOULD be used and [remain compatible](media-types.md#compatibility-matrix) with earlier versions of this specification and with other similar external formats.",
        help: "Remove manifests: who reads the document as an index sees another image (CVE-2021-41190), and careful readers refuse it.",
        good: r#"{"schemaVersion": 2}"#,
        bad: r#"{"manifests": []}"#,
    }
}
