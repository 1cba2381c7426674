//! What a layer's check gives back: diff_ids by several algorithms, links below, and a blob that cannot be read.

use std::io::{self, Cursor, Read};
use std::sync::Arc;

use ocidian_conformance::tar::{archive, file, hardlink};
use ocidian_conformance::{gzip, zstd};
use ocidian_layer::compress::WindowBudget;
use ocidian_spec::{Algorithm, Compression, DiffId, Digest, Hasher};
use ocidian_validate::findings::{Collected, Findings, MOST};
use ocidian_validate::layer::{Expected, ExpectedDiffId, Outcome, check};
use ocidian_validate::{Finding, Place, Settings, Subject};

fn checked(blob: impl Read + Send + 'static, expected: &Expected) -> (Outcome, Vec<Finding>) {
    let mut findings = Findings::new(Arc::new(Settings::default()), Subject::File("layer".to_owned()));
    let outcome = check(blob, expected, &WindowBudget::default(), &mut findings);
    let mut all = Collected::default();
    all.merge(0, findings);
    (outcome, all.into_parts().0)
}

fn digest(algorithm: &Algorithm, bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::new(algorithm).unwrap();
    hasher.update(bytes);
    hasher.finish()
}

#[test]
fn diff_ids_by_several_algorithms_are_compared_in_one_pass() {
    let tar = archive([file("a", "x".repeat(300_000))]);
    let id = |diff_id: Digest, pointer: &str| ExpectedDiffId {
        diff_id: DiffId(diff_id),
        subject: Subject::File("config".to_owned()),
        pointer: pointer.to_owned(),
    };
    let expected = |ids| Expected { diff_ids: ids, lowest: true, ..Expected::default() };
    for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
        for blob in [tar.clone(), gzip::member(&tar), zstd::frame(&tar)] {
            let right = |bytes: &[u8]| {
                vec![
                    id(digest(&algorithm, bytes), "/first"),
                    id(digest(&Algorithm::Sha256, bytes), "/sha256"),
                    id(digest(&Algorithm::Sha512, bytes), "/sha512"),
                ]
            };
            let (outcome, found) = checked(Cursor::new(blob.clone()), &expected(right(&tar)));
            assert!(outcome.blob.is_ok() && found.is_empty(), "{found:?}");
            let (_, found) = checked(Cursor::new(blob), &expected(right(b"other")));
            let places: Vec<_> = found.iter().map(|f| (f.rule.id, f.location.place.clone())).collect();
            let at = |pointer: &str| ("layer-diff-id", Place::Pointer(pointer.to_owned()));
            assert_eq!(places, [at("/first"), at("/sha256"), at("/sha512")]);
        }
    }
}

#[test]
fn links_to_lower_layers_are_given_back() {
    let tar = archive([file("a", "x"), hardlink("b", "a"), hardlink("c", "./etc/passwd")]);
    let (outcome, found) = checked(Cursor::new(tar), &Expected::default());
    let targets: Vec<_> = outcome.links_below.iter().map(|link| link.target.to_string()).collect();
    assert_eq!(targets, ["etc/passwd"]);
    assert_eq!(found.iter().map(|f| f.rule.id).collect::<Vec<_>>(), ["layer-hardlink-below"]);
}

#[test]
fn whatever_is_wrong_is_bounded() {
    let twice = (0..1000).map(|n| file(format!("f{}", n / 2), "")).collect::<Vec<_>>();
    let (_, found) = checked(Cursor::new(archive(twice)), &Expected::default());
    assert_eq!(found.len(), MOST);
    assert!(found.iter().all(|finding| finding.rule.id == "layer-duplicate"));
}

/// A blob that fails its own verification, or its disk, before its end.
struct Failing(Cursor<Vec<u8>>);

impl Read for Failing {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.0.read(out)? {
            0 => Err(io::Error::other("the blob is not what its digest says")),
            n => Ok(n),
        }
    }
}

#[test]
fn a_blob_that_cannot_be_read_is_its_readers_error_and_no_finding() {
    let tar = archive([file("a", "x")]);
    let cut = |bytes: &[u8]| bytes[..bytes.len() - 20].to_vec();
    for blob in
        [tar.clone(), cut(&gzip::member(&tar)), cut(&zstd::frame(&tar)), b"no tar".repeat(200), Vec::new()]
    {
        for compression in [None, Some(Compression::Gzip)] {
            let expected = Expected { compression, ..Expected::default() };
            let (outcome, found) = checked(Failing(Cursor::new(blob.clone())), &expected);
            let error = outcome.blob.unwrap_err();
            assert_eq!(error.to_string(), "the blob is not what its digest says");
            assert!(found.iter().all(|finding| finding.rule.id != "layer-compressed-stream"), "{found:?}");
        }
    }
}

#[test]
fn a_layer_is_decompressed_as_far_as_is_allowed() {
    let tar = archive([file("a", vec![0; 8 << 20]), file("a", "")]);
    let zeros = [archive([file("a", "")]), vec![0; 8 << 20]].concat();
    let (outcome, found) = checked(
        Cursor::new(gzip::member(&zeros)),
        &Expected { max_bytes: Some(1 << 20), ..Expected::default() },
    );
    assert!(outcome.blob.is_ok(), "{outcome:?}");
    assert_eq!(found.iter().map(|f| f.rule.id).collect::<Vec<_>>(), ["layer-tar"]);
    for (max_bytes, rule) in
        [(None, "layer-duplicate"), (Some(tar.len() as u64), "layer-duplicate"), (Some(1 << 20), "layer-tar")]
    {
        let blob = Cursor::new(gzip::member(&tar));
        let (outcome, found) = checked(blob, &Expected { max_bytes, ..Expected::default() });
        assert!(outcome.blob.is_ok());
        assert_eq!(found.iter().map(|f| f.rule.id).collect::<Vec<_>>(), [rule], "{max_bytes:?}");
    }
}
