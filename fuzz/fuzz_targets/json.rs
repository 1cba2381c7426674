//! Any bytes as any document: what is read is written, and what was written reads as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ocidian_spec::json::Limits;
use ocidian_spec::{DockerArchiveManifest, Document, ImageConfig, ImageIndex, ImageLayout, ImageManifest};

const LIMITS: Limits = Limits { size: 1 << 20, depth: 64 };

fuzz_target!(|bytes: &[u8]| {
    round_trip::<ImageManifest>(bytes);
    round_trip::<ImageIndex>(bytes);
    round_trip::<ImageConfig>(bytes);
    round_trip::<ImageLayout>(bytes);
    round_trip::<Vec<DockerArchiveManifest>>(bytes);
});

fn round_trip<T: Document + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    let Ok(value) = T::parse(bytes, LIMITS) else { return };
    let written = value.to_json().expect("what was read can be written");
    // Numbers and nesting are kept as they were; names come out shorter or with `\u` escapes.
    let read = T::parse(&written, Limits { size: 8 << 20, ..LIMITS }).expect("what was written can be read");
    assert_eq!(read, value);
    assert_eq!(read.to_json().expect("as before"), written);
}
