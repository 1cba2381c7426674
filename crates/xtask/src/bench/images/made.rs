//! Layers that no distribution has: one huge file, and very many small ones.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};

/// Numbers without a pattern, the same each time (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

/// A file of 1 GiB: seven parts noise, which does not compress, to three parts that do well.
struct Mixed {
    numbers: Numbers,
    block: Vec<u8>,
    at: usize,
    left: u64,
}

impl Read for Mixed {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() {
            self.at = 0;
            let noise = self.numbers.next() % 10 < 7;
            for word in self.block.chunks_exact_mut(8) {
                let number = self.numbers.next();
                let number =
                    if noise { number } else { number & 0x0303_0303_0303_0303 | 0x6060_6060_6060_6060 };
                word.copy_from_slice(&number.to_le_bytes());
            }
        }
        let here = self.block.len() - self.at;
        let n = usize::try_from(self.left).unwrap_or(usize::MAX).min(here).min(buf.len());
        buf[..n].copy_from_slice(&self.block[self.at..self.at + n]);
        self.at += n;
        self.left -= n as u64;
        Ok(n)
    }
}

/// One directory and one file.
pub(super) fn bigfile(to: &Path) -> Result<()> {
    const SIZE: u64 = 1 << 30;
    let mut builder = tar::Builder::new(BufWriter::new(File::create(to)?));
    directory(&mut builder, "data")?;
    let block = vec![0; 64 << 10];
    let at = block.len();
    let content = Mixed { numbers: Numbers(0x9e37_79b9_7f4a_7c15), block, at, left: SIZE };
    builder.append_data(&mut header(tar::EntryType::Regular, 0o644, SIZE), "data/big", content)?;
    Ok(builder.into_inner()?.flush()?)
}

/// 100,000 files of up to 3 KiB in 2,000 directories, their content pieces of `source`.
pub(super) fn manyfiles(source: &Path, to: &Path) -> Result<()> {
    let mut content = Vec::new();
    File::open(source)?.take(64 << 20).read_to_end(&mut content)?;
    let mut numbers = Numbers(0xd1b5_4a32_d192_ed03);
    let mut builder = tar::Builder::new(BufWriter::new(File::create(to)?));
    for outer in 0..40 {
        directory(&mut builder, &format!("d{outer:02}"))?;
        for inner in 0..50 {
            directory(&mut builder, &format!("d{outer:02}/e{inner:02}"))?;
            for file in 0..50 {
                let len = usize::try_from(numbers.next() % 3072)?;
                let at = usize::try_from(numbers.next() % (content.len() - len) as u64)?;
                let piece = content.get(at..at + len).context("a piece of the content")?;
                let path = format!("d{outer:02}/e{inner:02}/file-{file:02}.dat");
                builder.append_data(&mut header(tar::EntryType::Regular, 0o644, len as u64), path, piece)?;
            }
        }
    }
    Ok(builder.into_inner()?.flush()?)
}

fn directory<W: io::Write>(builder: &mut tar::Builder<W>, path: &str) -> Result<()> {
    Ok(builder.append_data(&mut header(tar::EntryType::Directory, 0o755, 0), path, io::empty())?)
}

fn header(kind: tar::EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(1_709_164_800);
    header.set_size(size);
    header
}
