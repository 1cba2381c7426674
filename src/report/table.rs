//! Columns of text.

use std::io::{self, Write};

use super::escape;

/// Rows under a heading, each column as wide as its widest cell.
pub(crate) struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// A table with the names of its columns.
    pub(crate) fn new(heading: [&str; N]) -> Self {
        Self { rows: vec![heading.map(str::to_owned)] }
    }

    /// A table without a heading.
    pub(crate) fn plain() -> Self {
        Self { rows: Vec::new() }
    }

    /// Adds a row; its cells are escaped here, so that no caller can forget to.
    pub(crate) fn row(&mut self, cells: [&str; N]) {
        self.rows.push(cells.map(|cell| escape::text(cell).into_owned()));
    }

    /// Writes the table, each line after `indent`.
    pub(crate) fn write(&self, out: &mut impl Write, indent: &str) -> io::Result<()> {
        let mut widths = [0; N];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for row in &self.rows {
            let mut line = String::from(indent);
            for (width, cell) in widths.iter().zip(row) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_lines_do_not_end_in_blanks() {
        let mut table = Table::new(["TAG", "SIZE"]);
        table.row(["a\nb", "1 B"]);
        table.row(["latest", ""]);
        let mut out = Vec::new();
        table.write(&mut out, "> ").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "> TAG     SIZE\n> a\\nb    1 B\n> latest\n");
    }
}
