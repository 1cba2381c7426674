//! Any bytes as a tar: no harm, and the same entries however the stream is cut into buffers.

#![no_main]

use std::io::{BufRead, BufReader};

use libfuzzer_sys::fuzz_target;
use ocidian_layer::tar::{BLOCK, Limits, RawEntry, Reader, Trailer};

type Everything = (Vec<(RawEntry, Vec<u8>)>, Trailer);

fn read(stream: impl BufRead) -> Option<Everything> {
    let mut reader = Reader::new(stream, Limits { max_entries: 1000, ..Limits::default() });
    let mut entries = Vec::new();
    while let Some(entry) = reader.next_entry().ok()? {
        let (mut content, mut end) = (Vec::new(), 0);
        while let Some(extent) = reader.data().ok()? {
            assert!(extent.offset >= end, "extents are in order");
            end = extent.offset + extent.bytes.len() as u64;
            content.extend_from_slice(extent.bytes);
        }
        assert!(end <= entry.size, "content lies within the file");
        assert_eq!(content.len() as u64, entry.stored_size);
        entries.push((entry, content));
    }
    Some((entries, reader.finish().ok()?.1))
}

/// Makes every block's checksum right, else hardly any input would get beyond its first header.
fn seal(archive: &mut [u8]) {
    for block in archive.chunks_exact_mut(BLOCK).filter(|block| block[257..262] == *b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut archive = bytes.to_vec();
    seal(&mut archive);
    assert_eq!(read(&archive[..]), read(BufReader::with_capacity(97, &archive[..])));
});
