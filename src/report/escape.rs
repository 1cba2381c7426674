//! Text that came from an image, made safe for a terminal.
//!
//! Names, labels and history lines are whatever an image's author wrote: escape sequences that
//! repaint the screen, newlines that forge a line of our own, bidirectional overrides that show a
//! name backwards. All are shown escaped; nothing else is changed, so a backslash stays one.

use std::borrow::Cow;
use std::fmt::Write;

/// Characters that a terminal acts on, or that change how the text around them looks.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// `text` on one line, without anything that a terminal would act on.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) { push(&mut out, c) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// Bytes that are usually text, a file's name for instance: what is not UTF-8 is shown as `\xNN`.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(&text(chunk.valid()));
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

fn push(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        // C1 controls too: written as `\xNN` they would read as bytes that are not UTF-8.
        c if c.is_ascii() => {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        }
        c => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_on_is_escaped_and_nothing_else() {
        let table = [
            ("plain", "plain"),
            ("zażółć 漢字 🦀", "zażółć 漢字 🦀"),
            (r"C:\bin", r"C:\bin"),
            ("\x1b[2J", r"\x1b[2J"),
            ("a\nocidian: forged", r"a\nocidian: forged"),
            ("\r\t\0\x07\x7f", r"\r\t\x00\x07\x7f"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("a\u{202e}b", r"a\u{202e}b"),
            ("a\u{2028}b", r"a\u{2028}b"),
        ];
        for (given, expected) in table {
            assert_eq!(text(given), expected);
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_shown_in_hex() {
        assert_eq!(bytes(b"a\xff\xe6\xbc\x1b\xe6\xbc\xa2"), r"a\xff\xe6\xbc\x1b漢");
    }
}
