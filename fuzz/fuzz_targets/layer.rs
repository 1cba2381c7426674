//! Any bytes as a layer's blob, through the whole way: thread, decompression, tar, changes.

#![no_main]

use std::io::{Cursor, Read};

use libfuzzer_sys::fuzz_target;
use ocidian_layer::compress::Decoder;
use ocidian_layer::tar::Limits;
use ocidian_layer::{Changeset, LayerStream};
use ocidian_spec::{Algorithm, Compression, Digest};

/// More than that of a bomb proves nothing.
const MOST: u64 = 4 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, blob)) = bytes.split_first() else { return };
    let compression = match first % 3 {
        0 => Compression::None,
        1 => Compression::Gzip,
        _ => Compression::Zstd,
    };
    let mut plain = Vec::new();
    let decoded = Decoder::new(blob, compression)
        .is_ok_and(|decoder| decoder.take(MOST).read_to_end(&mut plain).is_ok());
    if plain.len() as u64 == MOST {
        return;
    }
    let spawn = || LayerStream::spawn(Cursor::new(blob.to_vec()), compression, &Algorithm::Sha256);
    let Ok(stream) = spawn() else { return };
    match stream.finish() {
        Ok(summary) => assert_eq!(summary.diff_id.0, Digest::sha256(&plain)),
        Err(_) => assert!(!decoded),
    }
    let Ok(stream) = spawn() else { return };
    let mut changes = Changeset::new(stream, Limits { max_entries: 1000, max_bytes: Some(MOST) });
    while let Ok(Some(_)) = changes.next_change() {
        while let Ok(Some(_)) = changes.data() {}
    }
});
