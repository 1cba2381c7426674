//! What the whole stream adds up to: its digests against the configs', and how it was compressed.

use ocidian_layer::compress::Framing;
use ocidian_spec::{Algorithm, Compression, Digest, Hasher};

use super::ExpectedDiffId;
use crate::finding::Place;
use crate::findings::Findings;
use crate::rules::layer as rules;

/// The window that every zstd decoder is asked to support: RFC 8878, section 3.1.1.1.2.
const COMMON_WINDOW: u64 = 8 << 20;

/// The algorithms by which a layer is to be hashed.
pub(super) struct Sums {
    pub(super) first: Algorithm,
    more: Vec<Algorithm>,
}

impl Sums {
    /// Those of the diff_ids, each once, as far as they are known; sha256 where there is none.
    pub(super) fn new(expected: &[ExpectedDiffId]) -> Self {
        let mut algorithms: Vec<Algorithm> = Vec::new();
        for expected in expected {
            let algorithm = expected.diff_id.0.algorithm();
            if !algorithms.contains(algorithm) && Hasher::new(algorithm).is_some() {
                algorithms.push(algorithm.clone());
            }
        }
        let mut algorithms = algorithms.into_iter();
        Self { first: algorithms.next().unwrap_or(Algorithm::Sha256), more: algorithms.collect() }
    }

    pub(super) fn others(&self) -> Vec<Hasher> {
        self.more.iter().filter_map(Hasher::new).collect()
    }
}

/// Compares the digests of the stream with what configs say.
pub(super) fn compare(expected: &[ExpectedDiffId], digests: &[Digest], findings: &mut Findings) {
    let layer = findings.subject().clone();
    for ExpectedDiffId { diff_id, subject, pointer } in expected {
        let place = Place::Pointer(pointer.clone());
        match digests.iter().find(|actual| actual.algorithm() == diff_id.0.algorithm()) {
            Some(actual) if *actual == diff_id.0 => {}
            Some(actual) => {
                let message = format!("{} is said here, but {layer} has {actual}", diff_id.0);
                findings.add_at(&rules::DIFF_ID, subject, place, message);
            }
            None => {
                let message = format!("{} cannot be computed: its algorithm is unknown", diff_id.0);
                findings.add_at(&rules::DIFF_ID_UNVERIFIED, subject, place, message);
            }
        }
    }
}

/// What is worth knowing of a compressed stream.
pub(super) fn framing(compression: Compression, framing: Framing, findings: &mut Findings) {
    let Framing { members, skippable, window, padding } = framing;
    if compression == Compression::Gzip && members > 1 {
        findings.add(&rules::GZIP_MEMBERS, Place::Whole, format!("it has {members} gzip members"));
    }
    if skippable > 0 {
        findings.add(&rules::ZSTD_SKIPPABLE, Place::Whole, format!("it has {skippable} skippable frames"));
    }
    if window > COMMON_WINDOW {
        let message = format!("it asks for a window of {window} bytes");
        findings.add(&rules::ZSTD_WINDOW, Place::Whole, message);
    }
    if padding > 0 {
        let message = format!("{padding} zeros follow the compressed stream");
        findings.add(&rules::COMPRESSED_PADDING, Place::Whole, message);
    }
}
