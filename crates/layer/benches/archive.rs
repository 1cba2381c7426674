//! A layer's tar, read and written: what an entry costs before a file is touched.
#![allow(missing_docs, reason = "criterion's macros make public functions")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on panics")]

use std::hint::black_box;
use std::io;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ocidian_layer::tar::{Limits, Reader, Writer};
use ocidian_layer::{Change, Changeset};
use ocidian_testkit::layout::{self, Entry};

const ENTRIES: u64 = 10_000;

/// Small files, fifty a directory, with PAX records of that many extended attributes each.
fn archive(xattrs: usize) -> Vec<u8> {
    let entries: Vec<Entry> = (0..ENTRIES)
        .map(|at| {
            let directory = format!("usr/share/doc/package-{:03}", at / 50);
            if at % 50 == 0 {
                return Entry::directory(&directory);
            }
            let mut entry = Entry::file(&format!("{directory}/file-{at:05}.txt"), vec![b'x'; 100]);
            for number in 0..xattrs {
                entry = entry.with_xattr(&format!("user.attribute-{number}"), vec![b'v'; 40]);
            }
            entry.with_mtime(1_709_164_800)
        })
        .collect();
    layout::tar(&entries).unwrap()
}

fn reading(c: &mut Criterion) {
    let mut group = c.benchmark_group("tar");
    group.throughput(Throughput::Elements(ENTRIES)).sample_size(20);
    for (name, tar) in [("ustar", archive(0)), ("pax", archive(3))] {
        group.bench_function(format!("read/{name}"), |b| {
            b.iter(|| {
                let mut reader = Reader::new(black_box(tar.as_slice()), Limits::default());
                let mut entries = 0;
                while reader.next_entry().unwrap().is_some() {
                    entries += 1;
                }
                assert_eq!(entries, ENTRIES);
            });
        });
        group.bench_function(format!("changes/{name}"), |b| {
            b.iter(|| {
                let mut changes = Changeset::new(black_box(tar.as_slice()), Limits::default());
                while let Some(change) = changes.next_change().unwrap() {
                    black_box(change);
                    while changes.data().unwrap().is_some() {}
                }
            });
        });
    }
    group.finish();
}

fn writing(c: &mut Criterion) {
    let mut group = c.benchmark_group("tar");
    group.throughput(Throughput::Elements(ENTRIES)).sample_size(20);
    for (name, tar) in [("ustar", archive(0)), ("pax", archive(3))] {
        let mut changes = Changeset::new(tar.as_slice(), Limits::default());
        let mut all: Vec<(Change, Vec<u8>)> = Vec::new();
        while let Some(change) = changes.next_change().unwrap() {
            let mut content = Vec::new();
            while let Some(extent) = changes.data().unwrap() {
                content.extend_from_slice(extent.bytes);
            }
            all.push((change, content));
        }
        group.bench_function(format!("write/{name}"), |b| {
            b.iter(|| {
                let mut writer = Writer::new(io::sink());
                for (change, content) in &all {
                    writer.put(black_box(change)).unwrap();
                    writer.data(content).unwrap();
                }
                writer.finish().unwrap();
            });
        });
    }
    group.finish();
}

criterion_group!(benches, reading, writing);
criterion_main!(benches);
