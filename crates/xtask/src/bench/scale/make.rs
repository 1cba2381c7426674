//! Trees and images of a given size, the same each time.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use ocidian_testkit::layout::{Entry, Layer, simple};
use serde_json::json;

/// Files in a directory.
const EACH: u64 = 100;
/// Bytes in a file of the scale of bytes.
const PIECE: u64 = 10_000_000;

/// How many directories that many files are in.
pub(super) fn directories(files: u64) -> u64 {
    files.div_ceil(EACH)
}

/// So many small files.
pub(super) fn files(tree: &Path, n: u64) -> Result<()> {
    fs::create_dir(tree)?;
    for directory in 0..directories(n) {
        let path = tree.join(format!("directory-{directory:05}"));
        fs::create_dir(&path)?;
        for number in directory * EACH..n.min((directory + 1) * EACH) {
            fs::write(
                path.join(format!("file-{number:07}")),
                format!("This is the file number {number}.\n"),
            )?;
        }
    }
    Ok(())
}

/// How many files so many bytes are in.
pub(super) fn pieces(bytes: u64) -> u64 {
    bytes.div_ceil(PIECE)
}

/// So many bytes, of which a twentieth is noise; or holes that read as zeros.
pub(super) fn bytes(tree: &Path, n: u64, full: bool) -> Result<()> {
    const BLOCK: usize = 64 << 10;
    fs::create_dir(tree)?;
    let noise = noise(4 << 20);
    let text = "All work and no play makes this a very dull file. ".repeat(BLOCK / 50 + 1);
    for piece in 0..pieces(n) {
        let mut left = PIECE.min(n - piece * PIECE);
        let mut file = File::create(tree.join(format!("piece-{piece:05}")))?;
        if !full {
            file.set_len(left)?;
            continue;
        }
        let mut block = text.as_bytes()[..BLOCK].to_vec();
        let mut at = usize::try_from(piece)? * 7_919;
        while left > 0 {
            at = (at + 4_099) % (noise.len() - BLOCK / 20);
            block[..BLOCK / 20].copy_from_slice(&noise[at..at + BLOCK / 20]);
            let here = usize::try_from(left)?.min(BLOCK);
            file.write_all(&block[..here])?;
            left -= here as u64;
        }
    }
    Ok(())
}

/// An image of so many layers, each with 200 files of its own, 20 of the one below replaced, and one removed. The
/// entries that come of it, the root included.
pub(super) fn layers(path: &Path, n: u64) -> Result<u64> {
    const OWN: usize = 200;
    const SIZE: usize = 5_000;
    let noise = noise(1 << 20);
    let content = |seed: usize| {
        let at = seed * 7_919 % (noise.len() - SIZE / 3);
        let mut content = noise[at..at + SIZE / 3].to_vec();
        content.resize(SIZE, b' ');
        content
    };
    let mut made = Vec::new();
    for layer in 0..usize::try_from(n)? {
        let mut entries = vec![Entry::directory(&format!("layer-{layer:03}"))];
        for file in 0..OWN {
            entries
                .push(Entry::file(&format!("layer-{layer:03}/file-{file:03}"), content(layer * OWN + file)));
        }
        if let Some(below) = layer.checked_sub(1) {
            entries.push(Entry::directory(&format!("layer-{below:03}")));
            for file in 0..20 {
                entries.push(Entry::file(&format!("layer-{below:03}/file-{file:03}"), content(layer + file)));
            }
            entries.push(Entry::whiteout(&format!("layer-{below:03}/file-{:03}", OWN - 1)));
        }
        made.push(Layer::gzip(&entries)?);
    }
    simple(path, &json!({ "Cmd": ["/bin/true"] }), &made)?;
    Ok(1 + n * (1 + OWN as u64) - (n - 1))
}

/// Bytes without a pattern, always the same: xorshift.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut bytes = Vec::with_capacity(size);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_are_as_large_as_asked() {
        let work = tempfile::tempdir().unwrap();
        let count = |path: &Path| walkdir::WalkDir::new(path).into_iter().count() as u64;
        let (few, much) = (work.path().join("few"), work.path().join("much"));
        files(&few, 250).unwrap();
        assert_eq!(count(&few), 1 + 3 + 250);
        for full in [true, false] {
            bytes(&much, 25_000_000, full).unwrap();
            assert_eq!((count(&much), pieces(25_000_000)), (4, 3));
            assert_eq!(super::super::super::race::bytes_below(&much).unwrap(), 25_000_000);
            fs::remove_dir_all(&much).unwrap();
        }
    }
}
