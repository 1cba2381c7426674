//! Content descriptors. image-spec `descriptor.md`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::annotations::Annotations;
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::json::{Size, UniqueMap, object};
use crate::media_type::MediaType;
use crate::platform::Platform;
use crate::raw::RawDocument;

object! {
    /// What a blob is, how large, and by which digest it is found and checked.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Descriptor: "a descriptor" {
        /// The blob's media type.
        pub media_type: MediaType => required "mediaType",
        /// The blob's digest.
        pub digest: Digest => required "digest",
        /// The blob's size in bytes; at most `i64::MAX`.
        pub size: u64 => required "size" as Size,
        /// Where else the blob may be downloaded.
        pub urls: Option<Vec<String>> => optional "urls",
        /// Annotations of the descriptor (not of what it points to).
        pub annotations: Option<Annotations> => optional "annotations" as UniqueMap,
        /// The content itself, in base64. See [`Descriptor::embedded`].
        pub data: Option<String> => optional "data",
        /// The platform, in an index.
        pub platform: Option<Platform> => optional "platform",
        /// The type of the artifact that it points to.
        pub artifact_type: Option<MediaType> => optional "artifactType",
    }
}

impl Descriptor {
    /// A descriptor of the three required members.
    pub fn new(media_type: MediaType, digest: Digest, size: u64) -> Self {
        Self {
            media_type,
            digest,
            size,
            urls: None,
            annotations: None,
            data: None,
            platform: None,
            artifact_type: None,
            other: Default::default(),
        }
    }

    /// The descriptor of these bytes, by sha256.
    pub fn of(media_type: MediaType, bytes: &[u8]) -> Self {
        Self::new(media_type, Digest::sha256(bytes), bytes.len() as u64)
    }

    /// The empty descriptor: of `{}`, for a config or layer that there is none of.
    /// image-spec `manifest.md`, "Guidance for an Empty Descriptor".
    pub fn empty() -> Self {
        Self { data: Some("e30=".to_owned()), ..Self::of(MediaType::Empty, b"{}") }
    }

    /// The annotation of that key, if there is one.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// The content embedded in `data`, verified, or `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Embedded`] where it is not base64 (RFC 4648, section 4) or, by its length alone,
    /// not of the descriptor's size; else as [`RawDocument::verify`].
    pub fn embedded(&self) -> Result<Option<RawDocument>> {
        let Some(data) = &self.data else { return Ok(None) };
        let wrong = |reason| Error::Embedded { digest: self.digest.clone(), reason };
        // Nothing is decoded that could not be right.
        if data.len() as u64 / 4 != self.size.div_ceil(3) {
            return Err(wrong("its length is not that of the descriptor's size"));
        }
        let bytes = STANDARD.decode(data).map_err(|_| wrong("it is not base64"))?;
        RawDocument::verify(bytes, self.clone()).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_data(data: &str) -> Descriptor {
        Descriptor { data: Some(data.to_owned()), ..Descriptor::empty() }
    }

    #[test]
    fn the_empty_descriptor_is_the_specifications() {
        let text = serde_json::to_string(&Descriptor::empty()).unwrap();
        let spec = r#"{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2,"data":"e30="}"#;
        assert_eq!(text, spec);
    }

    #[test]
    fn embedded_data_is_verified() {
        assert_eq!(Descriptor::empty().embedded().unwrap().unwrap().bytes(), b"{}");
        assert!(Descriptor { data: None, ..Descriptor::empty() }.embedded().unwrap().is_none());
        for (data, wrong) in [
            ("e30", "length"),           // no padding
            ("e30=\n", "base64"),        // something after it
            ("", "length"),              //
            ("e30=e30=", "length"),      // longer than the size
            ("e3 =", "base64"),          // not the alphabet
            ("e31=", "base64"),          // bits after the end
            ("fX0=", "does not match"),  // other content
            ("e30K", "is 3 bytes long"), // one byte more in as many groups
        ] {
            let error = with_data(data).embedded().unwrap_err().to_string();
            assert!(error.contains(wrong), "{data:?}: {error}");
        }
    }

    #[test]
    fn sizes_are_int64_and_never_negative() {
        let parse = |size: &str| {
            let digest = Digest::sha256(b"");
            let text = format!(r#"{{"mediaType":"a/b","digest":"{digest}","size":{size}}}"#);
            serde_json::from_str::<Descriptor>(&text).map(|d| d.size).map_err(|e| e.to_string())
        };
        for (text, size) in [("0", 0), ("7", 7), ("9223372036854775807", i64::MAX as u64)] {
            assert_eq!(parse(text), Ok(size));
        }
        for text in [
            "-1",
            "-0",
            "1.0",
            "1e3",
            "0.5",
            "9223372036854775808",
            "18446744073709551616",
            "null",
            "\"7\"",
            "[7]",
            "1e999",
            "-9223372036854775809",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with("size: "), "{text}: {error}");
        }
    }

    #[test]
    fn wrong_case_is_another_member() {
        let text =
            format!(r#"{{"mediaType":"a/b","digest":"{}","size":1,"Size":2,"SIZE":3}}"#, Digest::sha256(b""));
        let descriptor: Descriptor = serde_json::from_str(&text).unwrap();
        assert_eq!(descriptor.size, 1);
        assert_eq!(descriptor.other["Size"].get(), "2");
        assert_eq!(descriptor.other["SIZE"].get(), "3");
    }
}
