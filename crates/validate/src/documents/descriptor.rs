//! Descriptors. image-spec `descriptor.md`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ocidian_spec::{Hasher, MediaType};

use super::{annotations, platform};
use crate::finding::quote;
use crate::findings::Findings;
use crate::format;
use crate::json::Value;
use crate::json::schema::{Object, Presence, Shape, member};
use crate::rules::descriptor as rule;

use Presence::{Optional, Required};

/// A descriptor wherever it stands.
pub(super) static SHAPE: Shape = Shape::Object(&DESCRIPTOR);

pub(super) static DESCRIPTOR: Object = Object {
    what: "a descriptor",
    members: &[
        member("mediaType", Required, Shape::Format(format::media_type), &rule::MEDIA_TYPE),
        member(
            "digest",
            Required,
            Shape::Also(&Shape::Format(format::digest_grammar), algorithm),
            &rule::DIGEST,
        ),
        member("size", Required, Shape::Integer(0, i64::MAX as i128), &rule::SIZE),
        member("urls", Optional, Shape::Array(&URL, &rule::URLS), &rule::URLS),
        member(
            "annotations",
            Optional,
            Shape::Also(&annotations::MAP, annotations::check),
            &crate::rules::annotations::MAP,
        ),
        member("data", Optional, Shape::Format(base64), &rule::DATA),
        member("artifactType", Optional, Shape::Format(format::media_type), &rule::ARTIFACT_TYPE),
        member("platform", Optional, Shape::Object(&platform::PLATFORM), &crate::rules::index::PLATFORM),
    ],
    check: Some(whole),
};

static URL: Shape = Shape::Also(&Shape::Format(format::uri), scheme);

fn scheme(url: Value<'_>, findings: &mut Findings) {
    let text = url.as_str().unwrap_or_default();
    match format::uri_scheme(&text) {
        Some(scheme) if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") => {
            findings.add(&rule::URLS_SCHEME, url, format_args!("{} is neither http nor https", quote(&text)));
        }
        _ => {}
    }
}

fn algorithm(digest: Value<'_>, findings: &mut Findings) {
    let text = digest.as_str().unwrap_or_default();
    if format::digest_grammar(&text).is_err() {
        return;
    }
    if let Err(reason) = format::digest_registered(&text) {
        findings.add(&rule::DIGEST_REGISTERED, digest, format_args!("{} {reason}", quote(&text)));
    }
    match text.split_once(':') {
        Some((algorithm, _)) if algorithm != "sha256" => {
            findings.add(&rule::ALGORITHM, digest, format_args!("its algorithm is {}", quote(algorithm)));
        }
        _ => {}
    }
}

fn base64(text: &str) -> format::Check {
    match STANDARD.decode(text) {
        Ok(_) => Ok(()),
        Err(_) => Err("is not base64 with the standard alphabet and padding".to_owned()),
    }
}

/// What the members must be together.
fn whole(descriptor: Value<'_>, findings: &mut Findings) {
    let size = descriptor.get("size").and_then(Value::as_i128);
    let digest = descriptor.text("digest");
    if let Some(data) = descriptor.get("data")
        && let Some(bytes) = data.as_str().and_then(|text| STANDARD.decode(&*text).ok())
    {
        if size.is_some_and(|size| size != bytes.len() as i128) {
            findings.add(
                &rule::DATA_MISMATCH,
                data,
                format_args!("it is {} bytes long, and size says otherwise", bytes.len()),
            );
        } else if let Some(expected) = digest.as_deref().and_then(format::parse_digest)
            && let Ok(mut hasher) = Hasher::for_digest(&expected)
        {
            hasher.update(&bytes);
            let actual = hasher.finish();
            if actual != expected {
                findings.add(&rule::DATA_MISMATCH, data, format_args!("its digest is {actual}"));
            }
        }
    }
    let is_empty = descriptor.text("mediaType").is_some_and(|text| text == MediaType::Empty.as_str());
    if is_empty && let (Some(size), Some(digest)) = (size, digest) {
        const SHA256: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        let wrong = size != 2 || (digest.starts_with("sha256:") && digest != SHA256);
        if wrong {
            findings.add(
                &rule::EMPTY,
                descriptor,
                format_args!(
                    "it says {size} bytes and {}, and {{}} are 2 bytes and {SHA256}",
                    quote(&digest)
                ),
            );
        }
    }
}
