//! A config's history, kept the way that Docker and umoci read it: one line a layer, in the layers' order, and
//! lines marked `empty_layer` between them for what made none.
//!
//! Readers count: where the lines that made a layer are as many as the layers, the one explains the other. An image
//! whose history does not add up was made so by someone else, and is not guessed at: it gets no more lines, and the
//! caller is told.

use ocidian_spec::{History, ImageConfig};

/// What a new line of history says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// The command or program that made the change.
    pub created_by: Option<String>,
    /// Who did.
    pub author: Option<String>,
    /// Anything else.
    pub comment: Option<String>,
    /// When; the image's own time where it says nothing.
    pub created: Option<String>,
}

impl Line {
    /// The line as the config has it.
    pub fn into_history(self, created: Option<&str>, made_layer: bool) -> History {
        History {
            created: self.created.or_else(|| created.map(str::to_owned)),
            author: self.author,
            created_by: self.created_by,
            comment: self.comment,
            // Readers take its absence for a layer; so does Docker's writer.
            empty_layer: (!made_layer).then_some(true),
            other: Default::default(),
        }
    }

    /// Whether it says anything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether the history explains each layer. That of an image without layers may be absent.
pub fn adds_up(config: &ImageConfig) -> bool {
    made_layers(config).count() == config.rootfs.diff_ids.len()
}

/// Appends a line; `false` where the history would not add up with it either, and was left alone. To be called
/// after the layer that it is about was added.
pub fn push(config: &mut ImageConfig, line: History) -> bool {
    let made = line.empty_layer != Some(true);
    let lines = made_layers(config).count() + usize::from(made);
    if lines != config.rootfs.diff_ids.len() {
        return false;
    }
    config.history.get_or_insert_default().push(line);
    true
}

/// The places in the history of the lines that made a layer.
pub fn made_layers(config: &ImageConfig) -> impl Iterator<Item = usize> {
    let lines = config.history.iter().flatten().enumerate();
    lines.filter(|(_, line)| line.empty_layer != Some(true)).map(|(at, _)| at)
}

/// Splits the history before the line of layer `at`, with the empty lines that stand directly before that line
/// above the cut: they came after the layer below. `None` where it does not add up.
pub fn split(config: &ImageConfig, at: usize) -> Option<(Vec<History>, Vec<History>)> {
    if !adds_up(config) {
        return None;
    }
    let lines = config.history.clone().unwrap_or_default();
    let cut = match at.checked_sub(1) {
        // After the line of the layer below, wherever that is.
        Some(below) => made_layers(config).nth(below)? + 1,
        None => 0,
    };
    let (below, above) = lines.split_at(cut.min(lines.len()));
    Some((below.to_vec(), above.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ocidian_spec::{DiffId, Digest, RootFs};

    fn config(layers: u8, history: Option<&str>) -> ImageConfig {
        let diff_ids = (0..layers).map(|n| DiffId(Digest::sha256(&[n]))).collect();
        let line = |c: char| History {
            created_by: Some(c.to_string()),
            empty_layer: c.is_lowercase().then_some(true),
            ..History::default()
        };
        ImageConfig {
            created: None,
            author: None,
            architecture: "amd64".to_owned(),
            os: "linux".to_owned(),
            os_version: None,
            os_features: None,
            variant: None,
            config: None,
            rootfs: RootFs::new(diff_ids),
            history: history.map(|text| text.chars().map(line).collect()),
            other: Default::default(),
        }
    }

    fn text(lines: &[History]) -> String {
        lines.iter().filter_map(|line| line.created_by.clone()).collect()
    }

    #[test]
    fn lines_that_make_layers_are_counted() {
        for (layers, history, adds) in [
            (0, None, true),
            (0, Some(""), true),
            (0, Some("ab"), true),
            (1, None, false),
            (2, Some("AbC"), true),
            (2, Some("A"), false),
            (1, Some("AB"), false),
        ] {
            assert_eq!(adds_up(&config(layers, history)), adds, "{layers} {history:?}");
        }
    }

    #[test]
    fn a_line_is_added_only_where_it_adds_up() {
        let line =
            |made| Line { created_by: Some("x".to_owned()), ..Line::default() }.into_history(None, made);
        let mut new = config(1, None);
        assert!(push(&mut new, line(true)));
        assert!(push(&mut new, line(false)));
        assert!(!push(&mut new, line(true)), "there is one layer");
        assert_eq!(text(&new.history.unwrap()), "xx");
        let mut old = config(2, None);
        assert!(!push(&mut old, line(true)));
        assert_eq!(old.history, None);
    }

    #[test]
    fn it_splits_where_a_layer_begins() {
        let three = config(3, Some("aBcdEfGh"));
        for (at, expected) in
            [(0, ("", "aBcdEfGh")), (1, ("aB", "cdEfGh")), (2, ("aBcdE", "fGh")), (3, ("aBcdEfG", "h"))]
        {
            let (below, above) = split(&three, at).unwrap();
            assert_eq!((text(&below).as_str(), text(&above).as_str()), expected);
        }
        assert_eq!(split(&three, 4), None);
        assert_eq!(split(&config(2, Some("A")), 1), None);
    }
}
