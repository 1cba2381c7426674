//! Rules about descriptors, wherever they stand. image-spec `descriptor.md`.

super::rules! {
    OBJECT: Error "descriptor-object" Image "manifest.md#image-manifest-property-descriptions" V1_0 {
        title: "what stands for a descriptor is an object",
        says: "Each item in the array MUST be a [descriptor](descriptor.md).",
        help: "Write an object with mediaType, digest and size.",
        good: r#"{"layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": "sha256:ec4b8955958665577945c89419d1af06b5f7636b4ac3da7f12184802ad867736", "size": 73109}]}"#,
        bad: r#"{"layers": ["sha256:ec4b8955958665577945c89419d1af06b5f7636b4ac3da7f12184802ad867736"]}"#,
    }
    MEDIA_TYPE: Error "descriptor-media-type" Image "descriptor.md#properties" V1_0 {
        title: "a descriptor has a media type by RFC 6838",
        says: "Values MUST comply with [RFC 6838][rfc6838], including the [naming requirements in its section 4.2][rfc6838-s4.2].",
        help: "Set mediaType to a type and a subtype of at most 127 characters each, without parameters.",
        good: r#"{"mediaType": "application/vnd.oci.image.manifest.v1+json"}"#,
        bad: r#"{"mediaType": "text/plain; charset=utf-8"}"#,
    }
    DIGEST: Error "descriptor-digest" Image "descriptor.md#digests" V1_0 {
        title: "a descriptor has a digest by the grammar",
        says: "A digest string MUST match the following [grammar](considerations.md#ebnf):",
        help: "Set digest to ALGORITHM:ENCODED, as `sha256sum` prints the second part.",
        good: r#"{"digest": "sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b"}"#,
        bad: r#"{"digest": "6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b"}"#,
    }
    DIGEST_REGISTERED: Error "descriptor-digest-registered" Image "descriptor.md#sha-256" V1_0 {
        title: "a digest of a registered algorithm has that algorithm's length, in lower-case hex",
        says: "When the _algorithm identifier_ is `sha256`, the _encoded_ portion MUST match `/[a-f0-9]{64}/`.",
        help: "Write the whole hash in lower case: 64 digits for sha256 and blake3, 128 for sha512.",
        good: r#"{"digest": "sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b"}"#,
        bad: r#"{"digest": "sha256:6C3C624B58DBBCD3C0DD82B4C53F04194D1247C6EEBDAAB7C610CF7D66709B3B"}"#,
    }
    ALGORITHM: Warning "descriptor-algorithm" Image "descriptor.md#registered-algorithms" V1_0 {
        title: "digests are by SHA-256",
        says: "While the _algorithm_ component of the digest string allows the use of a variety of cryptographic algorithms, compliant implementations SHOULD use [SHA-256](#sha-256).",
        help: "Use sha256, the one algorithm that every implementation must know.",
        good: r#"{"digest": "sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b"}"#,
        bad: r#"{"digest": "blake3:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b"}"#,
    }
    SIZE: Error "descriptor-size" Image "descriptor.md#properties" V1_0 {
        title: "a descriptor has a size: an integer from 0 to 2^63 - 1",
        says: "The size MUST NOT be negative.",
        help: "Set size to the number of bytes of the content as stored, as a JSON number without fraction or exponent.",
        good: r#"{"size": 7682}"#,
        bad: r#"{"size": "7682"}"#,
    }
    SIZE_MISMATCH: Error "descriptor-size-mismatch" Image "descriptor.md#properties" V1_0 {
        title: "content has the size that its descriptor says",
        says: "If the length of the retrieved content does not match the specified length, the content SHOULD NOT be trusted.",
        help: "Write the blob and its descriptor anew; one of the two is damaged or was exchanged.",
        good: "a blob of 7682 bytes, whose descriptor says 7682",
        bad: "a blob of 7681 bytes, whose descriptor says 7682",
    }
    DIGEST_MISMATCH: Error "descriptor-digest-mismatch" Image "descriptor.md#digest-calculations" V1_0 {
        title: "content has the digest that its descriptor says",
        says: "The _digest_ is confirmed as the content identifier by independently calculating the _digest_.",
        help: "Write the blob anew: it is damaged, or it was exchanged for another.",
        good: "a blob whose sha256 is that of its descriptor",
        bad: "a blob with one bit flipped",
    }
    URLS: Error "descriptor-urls" Image "descriptor.md#properties" V1_0 {
        title: "the urls of a descriptor are an array of URIs",
        says: "Each entry MUST conform to [RFC 3986][rfc3986].",
        help: "Write whole URIs with their scheme, and percent-encode what RFC 3986 does not let stand.",
        good: r#"{"urls": ["https://example.com/example-manifest"]}"#,
        bad: r#"{"urls": ["example.com/an example"]}"#,
    }
    URLS_SCHEME: Warning "descriptor-urls-scheme" Image "descriptor.md#properties" V1_0 {
        title: "the urls of a descriptor are http or https",
        says: "Entries SHOULD use the `http` and `https` schemes, as defined in [RFC 7230][rfc7230-s2.7].",
        help: "Serve the content over https too.",
        good: r#"{"urls": ["https://example.com/example-manifest"]}"#,
        bad: r#"{"urls": ["ftp://example.com/example-manifest"]}"#,
    }
    DATA: Error "descriptor-data" Image "descriptor.md#properties" V1_1 {
        title: "embedded data is base64",
        says: "Values MUST conform to the Base 64 encoding, as defined in [RFC 4648][rfc4648-s4].",
        help: "Encode with the standard alphabet, with padding and without line breaks.",
        good: r#"{"data": "e30=", "size": 2, "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}"#,
        bad: r#"{"data": "e30", "size": 2, "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}"#,
    }
    DATA_MISMATCH: Error "descriptor-data-mismatch" Image "descriptor.md#properties" V1_1 {
        title: "embedded data is the content that the descriptor names",
        says: "The decoded data MUST be identical to the referenced content and SHOULD be verified against the [`digest`](#digests) and `size` fields by content consumers.",
        help: "Embed the very bytes, or leave data out.",
        good: r#"{"data": "e30=", "size": 2, "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}"#,
        bad: r#"{"data": "e30K", "size": 2, "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}"#,
    }
    ARTIFACT_TYPE: Error "descriptor-artifact-type" Image "descriptor.md#properties" V1_1 {
        title: "the artifactType of a descriptor is a media type by RFC 6838",
        says: "If defined, the value MUST comply with [RFC 6838][rfc6838], including the [naming requirements in its section 4.2][rfc6838-s4.2], and MAY be registered with [IANA][iana].",
        help: "Set artifactType to a type and a subtype, or leave it out.",
        good: r#"{"artifactType": "application/vnd.example.sbom.v1"}"#,
        bad: r#"{"artifactType": "sbom"}"#,
    }
    ARTIFACT_TYPE_DIFFERS: Error "descriptor-artifact-type-differs" Image "descriptor.md#properties" V1_1 {
        title: "the artifactType of a descriptor is the one of the manifest that it names",
        says: "This is the value of the config descriptor `mediaType` when the descriptor references an [image manifest](manifest.md).",
        help: "Set it to the manifest's artifactType (as distribution-spec has it), or else to the media type of its config.",
        good: "artifactType application/vnd.example.sbom.v1, and so says the manifest",
        bad: "artifactType application/vnd.example.sbom.v1 for a manifest whose artifactType is application/vnd.example.chart.v1",
    }
    EMPTY: Error "descriptor-empty" Image "manifest.md#guidance-for-an-empty-descriptor" V1_1 {
        title: "a descriptor of the empty media type names the two bytes {}",
        says: "The blob payload is the most minimal content that is still a valid JSON object: `{}` (`size` of 2).",
        help: "Use the digest and the size of {}, or another media type.",
        good: r#"{"mediaType": "application/vnd.oci.empty.v1+json", "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "size": 2}"#,
        bad: r#"{"mediaType": "application/vnd.oci.empty.v1+json", "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "size": 0}"#,
    }
}
