//! What every command does with documents before it does anything else: digests, the scan of their
//! JSON, the types, and what a person typed.
#![allow(missing_docs, reason = "criterion's macros make public functions")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on panics")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ocidian_spec::json::{DOCUMENT, INDEX_JSON, scan};
use ocidian_spec::{Algorithm, Digest, Document, Hasher, ImageIndex, ImageManifest, ImageSource, Reference};

const HEX: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

fn hashing(c: &mut Criterion) {
    let bytes: Vec<u8> = (0..1 << 20).map(|i: u32| i.wrapping_mul(0x9e37_79b1).to_be_bytes()[0]).collect();
    let mut group = c.benchmark_group("hash");
    for algorithm in [Algorithm::Sha256, Algorithm::Sha512, Algorithm::Blake3] {
        for size in [64, 4 << 10, 1 << 20] {
            group.throughput(Throughput::Bytes(size as u64));
            group.bench_with_input(BenchmarkId::new(algorithm.as_str(), size), &bytes[..size], |b, bytes| {
                b.iter(|| {
                    let mut hasher = Hasher::new(&algorithm).unwrap();
                    hasher.update(black_box(bytes));
                    hasher.finish()
                });
            });
        }
    }
    group.finish();
}

fn digests(c: &mut Criterion) {
    let text = format!("sha256:{HEX}");
    let digest: Digest = text.parse().unwrap();
    c.bench_function("digest/parse", |b| b.iter(|| black_box(text.as_str()).parse::<Digest>().unwrap()));
    c.bench_function("digest/format", |b| b.iter(|| black_box(&digest).to_string()));
}

fn descriptor(media_type: &str) -> String {
    format!(r#"{{"mediaType":"{media_type}","digest":"sha256:{HEX}","size":12345678}}"#)
}

/// A manifest of that many layers.
fn manifest(layers: usize) -> String {
    let layer = descriptor("application/vnd.oci.image.layer.v1.tar+gzip");
    let layers = vec![layer; layers].join(",");
    let config = descriptor("application/vnd.oci.image.config.v1+json");
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    format!(r#"{{"schemaVersion":2,"mediaType":"{media_type}","config":{config},"layers":[{layers}]}}"#)
}

/// An index.json of that many tags.
fn index(tags: usize) -> String {
    let entry = |at: usize| {
        format!(
            r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{HEX}","size":555,"platform":{{"architecture":"amd64","os":"linux"}},"annotations":{{"org.opencontainers.image.ref.name":"tag-{at}"}}}}"#
        )
    };
    let entries: Vec<String> = (0..tags).map(entry).collect();
    format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(","))
}

fn documents(c: &mut Criterion) {
    let (manifest, index) = (manifest(10), index(10_000));
    let mut group = c.benchmark_group("json");
    group.throughput(Throughput::Bytes(manifest.len() as u64));
    group.bench_function("scan/manifest", |b| {
        b.iter(|| scan(black_box(manifest.as_bytes()), DOCUMENT, "a manifest").unwrap());
    });
    group.bench_function("parse/manifest", |b| {
        b.iter(|| ImageManifest::parse(black_box(manifest.as_bytes()), DOCUMENT).unwrap());
    });
    group.throughput(Throughput::Bytes(index.len() as u64));
    group.sample_size(20);
    group.bench_function("scan/index of 10,000", |b| {
        b.iter(|| scan(black_box(index.as_bytes()), INDEX_JSON, "index.json").unwrap());
    });
    group.bench_function("parse/index of 10,000", |b| {
        b.iter(|| ImageIndex::parse(black_box(index.as_bytes()), INDEX_JSON).unwrap());
    });
    group.finish();
}

fn references(c: &mut Criterion) {
    let reference = format!("registry.example.com:5000/team/project/app:v1.2.3@sha256:{HEX}");
    c.bench_function("reference/parse", |b| {
        b.iter(|| black_box(reference.as_str()).parse::<Reference>().unwrap());
    });
    c.bench_function("source/parse", |b| {
        b.iter(|| black_box("oci:/srv/images:debian").parse::<ImageSource>().unwrap());
    });
}

criterion_group!(benches, hashing, digests, documents, references);
criterion_main!(benches);
