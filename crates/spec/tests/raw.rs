//! Nothing is parsed before its size and digest are right, and no document passes for another kind.

#![allow(clippy::unwrap_used, reason = "the helpers of these tests are tests too")]

use ocidian_spec::{
    Descriptor, Digest, Document, Error, ImageConfig, ImageIndex, ImageManifest, MediaType, Raw, RawDocument,
    json,
};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";

fn manifest(extra: &str) -> String {
    let config = serde_json::to_string(&Descriptor::empty()).unwrap();
    format!(r#"{{"schemaVersion":2{extra},"config":{config},"layers":[]}}"#)
}

fn of(media_type: &str, text: &str) -> Descriptor {
    Descriptor::of(media_type.parse().unwrap(), text.as_bytes())
}

#[test]
fn size_then_digest_then_parse() {
    let text = manifest("");
    let good = of(MANIFEST, &text);
    let raw = Raw::<ImageManifest>::verify(text.clone().into_bytes(), good.clone()).unwrap();
    assert_eq!(raw.bytes(), text.as_bytes());
    assert_eq!(raw.descriptor(), &good);

    let size = Descriptor { size: good.size + 1, ..good.clone() };
    let both = Descriptor { digest: Digest::sha256(b"other"), ..size.clone() };
    for lies in [size, both] {
        let error = Raw::<ImageManifest>::verify(text.clone().into_bytes(), lies).unwrap_err();
        assert!(matches!(error, Error::Size { .. }), "{error}");
    }
    let digest = Descriptor { digest: Digest::sha256(b"other"), ..good.clone() };
    let error = Raw::<ImageManifest>::verify(text.clone().into_bytes(), digest).unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }), "{error}");
    let unknown = Descriptor { digest: "x:y".parse().unwrap(), ..good };
    let error = Raw::<ImageManifest>::verify(text.into_bytes(), unknown).unwrap_err();
    assert!(matches!(error, Error::UnknownAlgorithm { .. }), "{error}");
    let error = Raw::<ImageManifest>::verify(b"{".to_vec(), of(MANIFEST, "{")).unwrap_err();
    assert!(matches!(error, Error::Document { .. }), "{error}");
}

#[test]
fn descriptor_and_document_agree() {
    let said = |media_type: &str| manifest(&format!(r#","mediaType":"{media_type}""#));
    let verify = |descriptor: &str, text: &str| {
        Raw::<ImageManifest>::verify(text.as_bytes().to_vec(), of(descriptor, text))
            .map_err(|e| e.to_string())
    };
    for (descriptor, text) in [
        (MANIFEST, manifest("")),
        (MANIFEST, said(MANIFEST)),
        (DOCKER, said(DOCKER)),
        (DOCKER, manifest("")),
        (MANIFEST, manifest(r#","mediaType":null,"manifests":null"#)),
    ] {
        verify(descriptor, &text).unwrap();
    }
    for (descriptor, text, wrong) in [
        (INDEX, manifest(""), "its descriptor says"),
        ("application/octet-stream", manifest(""), "its descriptor says"),
        (MANIFEST, said(DOCKER), "its mediaType is"),
        (MANIFEST, said(INDEX), "its mediaType is"),
        (MANIFEST, said(""), "its mediaType is"),
        (MANIFEST, manifest(r#","manifests":[]"#), "another kind of document"),
        (MANIFEST, manifest(r#","fsLayers":[]"#), "another kind of document"),
        // Readers that go by the members would still take it for an index.
        (MANIFEST, manifest(&format!(r#","mediaType":"{MANIFEST}","manifests":[]"#)), "another kind"),
    ] {
        let error = verify(descriptor, &text).unwrap_err();
        assert!(error.contains(wrong), "{text}: {error}");
    }
    let index = |extra: &str| {
        let text = format!(r#"{{"schemaVersion":2,"manifests":[]{extra}}}"#);
        let descriptor = of(INDEX, &text);
        Raw::<ImageIndex>::verify(text.into_bytes(), descriptor).map_err(|e| e.to_string())
    };
    index(r#","layers":null,"config":null"#).unwrap();
    for member in ["layers", "config"] {
        for said in ["".to_owned(), format!(r#","mediaType":"{INDEX}""#)] {
            let error = index(&format!(r#"{said},"{member}":[]"#)).unwrap_err();
            assert!(error.contains("another kind of document"), "{error}");
        }
    }
}

#[test]
fn only_schema_version_2_is_read() {
    let index = |version: &str| format!(r#"{{"schemaVersion":{version},"manifests":[]}}"#);
    ImageIndex::parse(index("2").as_bytes(), json::INDEX_JSON).unwrap();
    for version in ["0", "1", "3", "4294967295"] {
        let texts = [manifest("").replacen("\":2", &format!("\":{version}"), 1), index(version)];
        let manifest = ImageManifest::parse(texts[0].as_bytes(), json::DOCUMENT).unwrap_err();
        let index = ImageIndex::parse(texts[1].as_bytes(), json::INDEX_JSON).unwrap_err();
        for error in [manifest, index] {
            let wrong = format!("schemaVersion is {version}; only 2 is supported");
            assert!(error.to_string().contains(&wrong), "{error}");
        }
    }
    for version in ["-1", "2.0", "\"2\"", "null", "4294967298"] {
        assert!(ImageIndex::parse(index(version).as_bytes(), json::INDEX_JSON).is_err(), "{version}");
    }
}

#[test]
fn an_empty_config_is_no_image_config() {
    let empty = Descriptor::empty();
    assert!(RawDocument::verify(b"{}".to_vec(), empty.clone()).is_ok());
    let error = Raw::<ImageConfig>::verify(b"{}".to_vec(), empty.clone()).unwrap_err();
    assert!(error.to_string().contains(MediaType::Empty.as_str()), "{error}");
    assert_eq!(empty.embedded().unwrap().unwrap().bytes(), b"{}");
}
