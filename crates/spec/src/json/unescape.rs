//! What the text between two quotes stands for, one character at a time, so that names can be
//! compared as readers understand them: `"\u0061"` is `"a"`.

use std::str::Chars;

/// The characters of a JSON string whose escapes have been checked.
pub(super) struct Unescape<'a>(Chars<'a>);

impl<'a> Unescape<'a> {
    pub(super) fn new(checked: &'a str) -> Self {
        Self(checked.chars())
    }

    fn hex(&mut self) -> u32 {
        self.0.by_ref().take(4).fold(0, |n, c| n << 4 | c.to_digit(16).unwrap_or(0))
    }

    fn unicode(&mut self) -> char {
        let unit = self.hex();
        let code = if (0xd800..0xdc00).contains(&unit) {
            let _backslash_u = (self.0.next(), self.0.next());
            0x10000 + ((unit - 0xd800) << 10) + (self.hex() & 0x3ff)
        } else {
            unit
        };
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

impl Iterator for Unescape<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self.0.next()? {
            '\\' => Some(match self.0.next()? {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => self.unicode(),
                itself => itself,
            }),
            c => Some(c),
        }
    }
}
