//! Labelled lines, for a summary of one thing.

use std::io::{self, Write};

use super::escape;

/// Where values begin; labels are shorter.
const INDENT: usize = 14;

/// Writes labelled lines. Values are escaped here, so that no caller can forget to.
pub(crate) struct Fields<'a, W> {
    out: &'a mut W,
}

impl<'a, W: Write> Fields<'a, W> {
    /// Writes to `out`.
    pub(crate) fn new(out: &'a mut W) -> Self {
        Self { out }
    }

    /// `Label:  value`
    pub(crate) fn one(&mut self, label: &str, value: &str) -> io::Result<()> {
        writeln!(self.out, "{:<INDENT$}{}", format!("{label}:"), escape::text(value))
    }

    /// [`one`](Self::one), where there is a value that says something.
    pub(crate) fn maybe(&mut self, label: &str, value: Option<&str>) -> io::Result<()> {
        value.filter(|value| !value.is_empty()).map_or(Ok(()), |value| self.one(label, value))
    }

    /// The label once, then a line a value; nothing where there are none.
    pub(crate) fn many<S: AsRef<str>>(
        &mut self,
        label: &str,
        values: impl IntoIterator<Item = S>,
    ) -> io::Result<()> {
        let mut values = values.into_iter();
        if let Some(first) = values.next() {
            self.one(label, first.as_ref())?;
        }
        for value in values {
            writeln!(self.out, "{:<INDENT$}{}", "", escape::text(value.as_ref()))?;
        }
        Ok(())
    }
}

/// The text, cut at `limit` characters with an ellipsis where it is longer.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_align_and_cannot_forge_a_line() {
        let mut out = Vec::new();
        let mut fields = Fields::new(&mut out);
        fields.one("User", "a\nDigest: forged").unwrap();
        fields.maybe("Author", Some("")).unwrap();
        fields.maybe("Author", None).unwrap();
        fields.many("Env", ["A=1", "B=\x1b[2J"]).unwrap();
        fields.many("Labels", [] as [&str; 0]).unwrap();
        let expected = "User:         a\\nDigest: forged\n\
                        Env:          A=1\n              B=\\x1b[2J\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(shortened("漢字漢字", 2), "漢字…");
        assert_eq!(shortened("漢字", 2), "漢字");
    }
}
