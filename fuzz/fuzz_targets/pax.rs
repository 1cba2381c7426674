//! Any bytes as the content of an extended header in front of an empty file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ocidian_layer::tar::{BLOCK, Limits, Reader};

fn header(typeflag: u8, size: usize) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[..4].copy_from_slice(b"name");
    block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    block[156] = typeflag;
    block[257..265].copy_from_slice(b"ustar\x0000");
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fuzz_target!(|content: &[u8]| {
    for typeflag in *b"xg" {
        let padding = content.len().next_multiple_of(BLOCK) - content.len();
        let archive =
            [&header(typeflag, content.len())[..], content, &[0; BLOCK][..padding], &header(b'0', 0)];
        let archive = archive.concat();
        let mut reader = Reader::new(&archive[..], Limits::default());
        let Ok(Some(entry)) = reader.next_entry() else { continue };
        assert!(entry.mtime.nanoseconds < 1_000_000_000);
        assert!(!entry.path.contains(&0) && !entry.link.contains(&0));
        let mut names: Vec<_> = entry.xattrs.iter().map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), entry.xattrs.len(), "names are not repeated");
    }
});
