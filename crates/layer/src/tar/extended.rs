//! Extended headers, `x`, `g`, `L` and `K`: what stands in front of an entry and says more about it.

use super::BLOCK;
use super::header::{Header, text};
use super::malformed;
use super::notes::{Notes, Oddity};
use super::pax::{MAX_EXTENDED, MAX_GLOBAL, Records, Scope};
use crate::error::Result;

/// Longest GNU long name: no path that a system call takes comes near.
const MAX_LONG_NAME: u64 = 64 << 10;
/// Most extended headers in front of one entry.
const MAX_HEADERS: u32 = 64;

/// What extended headers said about an entry to come.
#[derive(Default)]
pub(super) struct Extended {
    /// Offset of the first of them.
    pub(super) offset: Option<u64>,
    /// The content of an `x` header, and where it began.
    pub(super) pax: Option<(Vec<u8>, u64)>,
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    count: u32,
}

impl Extended {
    /// Whether the header is one of these.
    pub(super) fn is(header: &Header) -> bool {
        matches!(header.typeflag(), b'x' | b'g' | b'L' | b'K')
    }

    /// Takes note of an extended header; the size of its content, if that is one to read.
    pub(super) fn announce(&mut self, header: &Header) -> Result<u64> {
        self.offset.get_or_insert(header.offset());
        self.count += 1;
        if self.count > MAX_HEADERS {
            let reason = format!("an entry has more than {MAX_HEADERS} extended headers");
            return Err(malformed(header.offset(), reason));
        }
        let (what, max) = match header.typeflag() {
            b'x' => ("a PAX header", MAX_EXTENDED),
            b'g' => ("a global PAX header", MAX_GLOBAL),
            _ => ("a GNU long name", MAX_LONG_NAME),
        };
        let size = header.size()?;
        if size > max {
            let reason = format!("{what} has {size} bytes, but at most {max} are read");
            return Err(malformed(header.offset(), reason));
        }
        Ok(size)
    }

    /// Takes in the content of an extended header; that of a `g` goes to `globals`.
    pub(super) fn add(
        &mut self,
        header: &Header,
        content: Vec<u8>,
        globals: &mut Records,
        notes: &mut Notes,
    ) -> Result<()> {
        let offset = header.offset() + BLOCK as u64;
        let repeated = match header.typeflag() {
            b'g' => {
                globals.read(&content, Scope::Global, offset, notes)?;
                *globals = std::mem::take(globals).into_global();
                if globals.weight() > MAX_GLOBAL {
                    let reason = format!("global PAX headers hold more than {MAX_GLOBAL} bytes");
                    return Err(malformed(header.offset(), reason));
                }
                false
            }
            b'x' => self.pax.replace((content, offset)).is_some(),
            flag => {
                let name = text(&content).to_vec();
                if name.is_empty() {
                    let error = malformed(header.offset(), "a GNU long name is empty");
                    return notes.get_over(Oddity::EmptyName, error);
                }
                if self.pax.is_some() {
                    let order = || "a PAX header stands before a GNU long name for the same entry".to_owned();
                    notes.say(Oddity::Order, header.offset(), order);
                }
                let field = if flag == b'L' { &mut self.path } else { &mut self.link };
                field.replace(name).is_some()
            }
        };
        if repeated {
            let flag = header.typeflag().escape_ascii();
            let reason = format!("an extended header `{flag}` comes after another for the same entry");
            return notes.get_over(Oddity::Repeated, malformed(header.offset(), reason));
        }
        Ok(())
    }
}
