//! From the path of an entry to its directory: what the way down costs where it is kept, where it
//! changes with every entry, where it is long, and where it leads through symlinks; and what it costs
//! to remember which paths a layer has put.
//!
//! On the file system of the temporary directory (`TMPDIR=/dev/shm` leaves the disk out of it). The
//! files are empty, so that all the rest of an entry is the same in each.
#![allow(missing_docs, reason = "criterion's macros make public functions")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on panics")]
#![allow(clippy::disallowed_methods, reason = "the benchmark's own directories")]

use std::io::Cursor;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ocidian_content::BlobReader;
use ocidian_spec::{Compression, Descriptor, DiffId, Digest, MediaType};
use ocidian_testkit::layout::{self, Entry};
use ocidian_unpack::{Rootfs, UnpackOptions, must_be_rootless};

const FILES: usize = 1000;

/// A layer of empty files, `path` of each number.
fn layer(before: &[Entry], path: impl Fn(usize) -> String) -> Vec<u8> {
    let files = (0..FILES).map(|at| Entry::file(&path(at), ""));
    let entries: Vec<Entry> = before.iter().cloned().chain(files).collect();
    layout::tar(&entries).unwrap()
}

fn apply(rootfs: &mut Rootfs, layer: &[u8]) {
    let digest = Digest::sha256(layer);
    let media_type = MediaType::ImageLayer(Compression::None);
    let descriptor = Descriptor::new(media_type, digest.clone(), layer.len() as u64);
    let blob = BlobReader::new(Box::new(Cursor::new(layer.to_vec())), &descriptor).unwrap();
    rootfs.apply(blob, &DiffId(digest)).unwrap();
}

fn paths(c: &mut Criterion) {
    let deep = (0..20).map(|at| format!("level-{at}")).collect::<Vec<_>>().join("/");
    let far = deep.clone();
    let links: Vec<Entry> = (0..10).map(|at| Entry::symlink(&format!("link-{at}"), "real/place")).collect();
    let shapes = [
        ("one directory", layer(&[], |at| format!("usr/share/doc/file-{at}"))),
        ("another each time", layer(&[], |at| format!("usr/share/doc-{}/file-{at}", at % 100))),
        ("twenty deep", layer(&[], move |at| format!("{deep}/file-{at}"))),
        (
            "twenty deep and back",
            layer(
                &[],
                move |at| {
                    if at % 2 == 0 { format!("{far}/file-{at}") } else { format!("top/file-{at}") }
                },
            ),
        ),
        ("through a symlink", layer(&links, |at| format!("link-{}/file-{at}", at % 10))),
    ];
    let mut group = c.benchmark_group("paths");
    group.throughput(Throughput::Elements(FILES as u64)).sample_size(20);
    for (name, layer) in &shapes {
        group.bench_function(*name, |b| {
            b.iter_batched_ref(begin, |(rootfs, _place)| apply(rootfs, layer), BatchSize::PerIteration);
        });
    }
    // The second layer of an image remembers what it puts: whiteouts in it must not hide that.
    let (_, upper) = &shapes[0];
    let lower = layer(&[], |at| format!("etc/file-{at}"));
    group.bench_function("remembered", |b| {
        b.iter_batched_ref(
            || {
                let (mut rootfs, place) = begin();
                apply(&mut rootfs, &lower);
                (rootfs, place)
            },
            |(rootfs, _place)| apply(rootfs, upper),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// An empty tree and the place that it is in, which has to go after it.
fn begin() -> (Rootfs, tempfile::TempDir) {
    let place = tempfile::tempdir().unwrap();
    let options = UnpackOptions { rootless: must_be_rootless(), ..UnpackOptions::default() };
    let rootfs = Rootfs::begin(&place.path().join("rootfs"), options).unwrap();
    (rootfs, place)
}

criterion_group!(benches, paths);
criterion_main!(benches);
