//! Compression and decompression of a blob as it streams by: gzip and zstd.
//!
//! Only whole streams are read: one that is cut off, damaged or followed by anything but zeros is an error, so
//! that whoever has read to the end has read all that there was. Nothing is buffered beyond the decompressor's
//! window. What is written depends on nothing but the content, the compression and its level ([`Encoder`]).

mod ahead;
mod compressor;
mod encode;
mod gzip;
pub(crate) mod piece;
mod threads;
mod window;
mod zstd;

use std::io::{self, BufRead, ErrorKind, Read};

use flate2::Crc;
use ocidian_spec::Compression;

use self::ahead::Ahead;
pub(crate) use self::gzip::WINDOW as GZIP_WINDOW;
pub use self::window::{WINDOW_MAX, WindowBudget, zstd_window};
use crate::error::{Error, Result};

pub use compressor::{Compressor, UnknownCompressor};
pub use encode::Encoder;
pub use threads::Threads;

/// Magic numbers take that many bytes at most.
const MAGIC: usize = 4;

/// How a compressed stream is put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Framing {
    /// Gzip members, or zstd frames with content.
    pub members: u64,
    /// Zstd frames that decoders skip.
    pub skippable: u64,
    /// The largest window that a zstd frame asks for, in bytes.
    pub window: u64,
    /// Zeros after the last of them.
    pub padding: u64,
}

/// What the first bytes of a stream (four are enough) say about its compression.
pub fn sniff(start: &[u8]) -> Compression {
    match start {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Compression::Zstd,
        _ => Compression::None,
    }
}

/// The name of a compression as it stands in messages.
pub(crate) fn name(compression: Compression) -> &'static str {
    match compression {
        Compression::None => "uncompressed",
        Compression::Gzip => "gzip",
        Compression::Zstd => "zstd",
    }
}

/// Decompresses what it reads. Errors of its own arrive as [`Error::Compressed`] within an
/// [`io::Error`], those of the stream below as they are.
pub struct Decoder<R> {
    input: Ahead<R>,
    codec: Codec,
    compression: Compression,
    /// Uncompressed bytes so far.
    offset: u64,
    state: State,
    framing: Framing,
}

enum Codec {
    None,
    Gzip(gzip::Member),
    Zstd(zstd::Frame),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between members or frames.
    Boundary,
    /// Within one.
    Inside,
    /// All was read.
    End,
}

/// One step of a member or frame.
struct Step {
    consumed: usize,
    produced: usize,
    finished: bool,
}

impl<R: BufRead> Decoder<R> {
    /// Decompresses `inner`. Its first bytes are read at once; if they are no stream of that kind, the
    /// error says what they are instead.
    pub fn new(inner: R, compression: Compression) -> Result<Self> {
        Self::sharing(inner, compression, None)
    }

    /// The same, with windows out of a budget that others take from too.
    pub fn sharing(inner: R, compression: Compression, budget: Option<WindowBudget>) -> Result<Self> {
        let mut input = Ahead::new(inner);
        if compression != Compression::None {
            let start = input.peek(MAGIC)?;
            let found = sniff(start);
            if found != compression {
                let reason = mislabelled(compression, found, start);
                return Err(Error::Compressed { compression, offset: 0, reason });
            }
        }
        let codec = match compression {
            Compression::None => Codec::None,
            Compression::Gzip => Codec::Gzip(gzip::Member::new()),
            Compression::Zstd => Codec::Zstd(zstd::Frame::new(budget)?),
        };
        let framing = Framing::default();
        Ok(Self { input, codec, compression, offset: 0, state: State::Boundary, framing })
    }

    /// Goes on in the first member of a gzip stream, at the start of a block. `size` bytes of content came before,
    /// `crc` is their checksum and `window` the end of them.
    pub(crate) fn resume(inner: R, size: u64, crc: Crc, window: &[u8]) -> Result<Self> {
        Ok(Self {
            input: Ahead::new(inner),
            codec: Codec::Gzip(gzip::Member::rest(crc, window)?),
            compression: Compression::Gzip,
            offset: size,
            state: State::Inside,
            framing: Framing { members: 1, ..Framing::default() },
        })
    }

    /// How the stream is put together, as far as it was read.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// The stream below; what was read ahead of it is lost.
    pub fn into_inner(self) -> R {
        self.input.into_inner()
    }

    fn damaged(&self, reason: impl Into<String>) -> io::Error {
        let (compression, offset) = (self.compression, self.offset);
        io::Error::new(
            ErrorKind::InvalidData,
            Error::Compressed { compression, offset, reason: reason.into() },
        )
    }

    /// Whether another member or frame begins; zeros up to the end of the stream are none.
    fn begins(&mut self) -> io::Result<bool> {
        loop {
            let buf = self.input.fill()?;
            let len = buf.len();
            match buf.iter().position(|b| *b != 0) {
                Some(0) if self.framing.padding == 0 => return self.begin().map(|()| true),
                Some(_) => return Err(self.damaged("zeros after its end are followed by other bytes")),
                None if len == 0 => return Ok(false),
                None => self.framing.padding += len as u64,
            }
            self.input.consume(len);
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        if let Codec::Zstd(frame) = &mut self.codec {
            let start = self.input.peek(window::HEADER_MAX)?;
            if let Some(window) = zstd_window(start) {
                self.framing.window = self.framing.window.max(window);
                frame.begin(window)?;
            } else if sniff(start) == Compression::Zstd {
                self.framing.skippable += 1;
                return Ok(());
            }
        }
        self.framing.members += 1;
        Ok(())
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        if let Codec::None = self.codec {
            return self.input.read(out);
        }
        loop {
            if self.state == State::Boundary {
                self.state = if self.begins()? { State::Inside } else { State::End };
            }
            if self.state == State::End {
                return Ok(0);
            }
            let input = self.input.fill()?;
            let at_end = input.is_empty();
            let step = match &mut self.codec {
                Codec::Gzip(member) => member.step(input, out),
                Codec::Zstd(frame) => frame.step(input, out),
                Codec::None => return Ok(0),
            };
            let step = step.map_err(|reason| self.damaged(reason))?;
            self.input.consume(step.consumed);
            self.offset += step.produced as u64;
            if step.finished {
                self.state = State::Boundary;
            } else if step.produced == 0 && at_end {
                return Err(self.damaged("it is cut off"));
            } else if step.produced == 0 && step.consumed == 0 {
                return Err(self.damaged("it makes no progress"));
            }
            if step.produced > 0 {
                return Ok(step.produced);
            }
        }
    }
}

fn mislabelled(expected: Compression, found: Compression, start: &[u8]) -> String {
    let expected = name(expected);
    match found {
        _ if start.is_empty() => format!("labelled {expected}, but it is empty"),
        Compression::None => format!("labelled {expected}, but the bytes are not compressed so"),
        found => format!("labelled {expected}, but the bytes are {}", name(found)),
    }
}
