//! A document as a list of its values in the order of the text.
//!
//! A tree of maps would lose what a validator has to see (duplicate names, the text of numbers) and, of a hostile
//! text of 64 MiB, take a gigabyte. Here a value costs 20 bytes, and [`MOST_VALUES`] are kept.

use std::borrow::Cow;
use std::ops::Range;

use ocidian_spec::json::Events;

use crate::finding::Place;

/// The most values of a document that are looked at: twice what 100,000 descriptors with platforms and annotations have.
pub(super) const MOST_VALUES: usize = 2 << 20;

/// The most bytes of a pointer, but for its last step: a document may be 512 levels deep with names of any length.
const LONGEST_POINTER: usize = 2000;
/// No name, no parent.
const NONE: u32 = u32::MAX;

/// A document that was parsed. Its text is well-formed JSON, but names may be there twice.
#[derive(Debug)]
pub struct Document {
    text: String,
    nodes: Vec<Node>,
    complete: bool,
}

/// Offsets into the text; it is at most 4 GiB long.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// Where the quote before its name stands.
    name: u32,
    start: u32,
    end: u32,
    parent: u32,
    /// The first value that is not within it.
    next: u32,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{}`
    Object,
    /// `[]`
    Array,
    /// `""`
    String,
    /// `0`
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

impl Kind {
    /// With its article, for messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::Array => "an array",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "a boolean",
            Self::Null => "null",
        }
    }
}

/// Collects the values of a text that is being scanned.
#[derive(Debug, Default)]
pub(super) struct Builder {
    nodes: Vec<Node>,
    open: Vec<u32>,
    /// Objects and arrays that are open and were not kept.
    unkept: usize,
    name: Option<u32>,
    complete: bool,
    pub(super) duplicates: Vec<u32>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self { complete: true, ..Self::default() }
    }

    pub(super) fn finish(self, text: String) -> Document {
        Document { text, nodes: self.nodes, complete: self.complete }
    }

    /// Adds a value; its index, unless there are too many already.
    fn add(&mut self, start: usize, end: usize) -> Option<u32> {
        let name = self.name.take().unwrap_or(NONE);
        if self.nodes.len() >= MOST_VALUES || self.unkept > 0 {
            self.complete = false;
            return None;
        }
        let index = self.nodes.len() as u32;
        let parent = self.open.last().copied().unwrap_or(NONE);
        self.nodes.push(Node { name, start: start as u32, end: end as u32, parent, next: index + 1 });
        Some(index)
    }
}

impl Events for Builder {
    fn open(&mut self, at: usize, _: bool) {
        match self.add(at, at) {
            Some(index) => self.open.push(index),
            None => self.unkept += 1,
        }
    }

    fn close(&mut self, end: usize) {
        if self.unkept > 0 {
            self.unkept -= 1;
            return;
        }
        let next = self.nodes.len() as u32;
        if let Some(node) = self.open.pop().and_then(|index| self.nodes.get_mut(index as usize)) {
            node.end = end as u32;
            node.next = next;
        }
    }

    fn name(&mut self, name: Range<usize>) {
        self.name = Some(name.start as u32);
    }

    fn scalar(&mut self, value: Range<usize>) {
        self.add(value.start, value.end);
    }

    fn duplicate(&mut self, at: usize) -> bool {
        // More than this are not worth a message each.
        if self.duplicates.len() < 10_000 {
            self.duplicates.push(at as u32);
        }
        true
    }
}

impl Document {
    /// The outermost value.
    pub fn root(&self) -> Value<'_> {
        Value { document: self, index: 0 }
    }

    /// Whether all of its values were kept.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every value, in the order of the text.
    pub fn values(&self) -> impl Iterator<Item = Value<'_>> {
        (0..self.nodes.len() as u32).map(|index| Value { document: self, index })
    }

    /// The value whose name begins at that offset.
    pub(super) fn named_at(&self, offset: u32) -> Option<Value<'_>> {
        // A member's value is the first that begins behind its name.
        let index = self.nodes.partition_point(|node| node.start < offset);
        let node = self.nodes.get(index)?;
        (node.name == offset).then_some(Value { document: self, index: index as u32 })
    }
}

/// A value of a document.
#[derive(Debug, Clone, Copy)]
pub struct Value<'a> {
    document: &'a Document,
    index: u32,
}

impl<'a> Value<'a> {
    fn node(self) -> Node {
        let none = Node { name: NONE, start: 0, end: 0, parent: NONE, next: self.index + 1 };
        self.document.nodes.get(self.index as usize).copied().unwrap_or(none)
    }

    /// As it stands in the text.
    pub fn raw(self) -> &'a str {
        let node = self.node();
        self.document.text.get(node.start as usize..node.end as usize).unwrap_or_default()
    }

    /// What it is.
    pub fn kind(self) -> Kind {
        match self.raw().as_bytes().first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') => Kind::Null,
            _ => Kind::Number,
        }
    }

    /// Whether it is `null`.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// A string's characters.
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        (self.kind() == Kind::String).then(|| unquote(self.raw()))
    }

    /// An integer, if it is one without fraction and exponent, and fits.
    pub fn as_i128(self) -> Option<i128> {
        (self.kind() == Kind::Number).then(|| self.raw().parse().ok()).flatten()
    }

    /// The name of the member that it is.
    pub fn name(self) -> Option<Cow<'a, str>> {
        let node = self.node();
        if node.name == NONE {
            return None;
        }
        // Between the name and the value there are a colon and spaces.
        let before = self.document.text.get(node.name as usize..node.start as usize)?;
        Some(unquote(before.trim_end_matches([' ', '\t', '\r', '\n']).strip_suffix(':')?.trim_end()))
    }

    /// The values directly within it, in their order.
    pub fn children(self) -> impl Iterator<Item = Value<'a>> {
        let end = self.node().next;
        let mut index = self.index + 1;
        std::iter::from_fn(move || {
            let child = (index < end).then_some(Value { index, ..self })?;
            index = child.node().next;
            Some(child)
        })
    }

    /// The members of an object, with their names, duplicates included.
    pub fn members(self) -> impl Iterator<Item = (Cow<'a, str>, Value<'a>)> {
        self.children().filter_map(|child| Some((child.name()?, child)))
    }

    /// The elements of an array.
    pub fn elements(self) -> impl Iterator<Item = Value<'a>> {
        self.children().filter(|child| child.node().name == NONE)
    }

    /// The member of that name; the last one, as most readers have it.
    pub fn get(self, name: &str) -> Option<Value<'a>> {
        self.members().filter(|(other, _)| other == name).last().map(|(_, value)| value)
    }

    /// The string of that name.
    pub fn text(self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name)?.as_str()
    }

    /// Where it is (RFC 6901).
    pub fn pointer(self) -> String {
        let mut steps = Vec::new();
        let mut at = self;
        while at.node().parent != NONE {
            let parent = Value { index: at.node().parent, ..at };
            steps.push(match at.name() {
                Some(name) => clip(name.replace('~', "~0").replace('/', "~1")),
                None => parent.children().take_while(|child| child.index < at.index).count().to_string(),
            });
            at = parent;
        }
        let mut pointer = String::new();
        for step in steps.iter().rev() {
            if pointer.len() > LONGEST_POINTER {
                pointer.push_str("/…");
                break;
            }
            pointer.push('/');
            pointer.push_str(step);
        }
        pointer
    }
}

/// Findings take a value for a place: its pointer, which costs something, is made only for those that are kept.
impl From<Value<'_>> for Place {
    fn from(value: Value<'_>) -> Self {
        Self::Pointer(value.pointer())
    }
}

/// A string without its quotes and escapes.
fn unquote(quoted: &str) -> Cow<'_, str> {
    let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(quoted);
    if inner.contains('\\') {
        return Cow::Owned(serde_json::from_str(quoted).unwrap_or_else(|_| inner.to_owned()));
    }
    Cow::Borrowed(inner)
}

/// A step of a pointer that a person can still read.
fn clip(step: String) -> String {
    match step.char_indices().nth(200) {
        None => step,
        Some((end, _)) => format!("{}…", step.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ocidian_spec::json;

    fn document(text: &str) -> Document {
        let mut builder = Builder::new();
        json::scan_with(text.as_bytes(), json::DOCUMENT, &mut builder).unwrap();
        builder.finish(text.to_owned())
    }

    #[test]
    fn values_have_names_texts_and_places() {
        let document =
            document(r#" { "a\u0062" : [ 1 , { "x/~" : "\n" } , null ] ,"b":true , "c":{}, "b":-1.50 } "#);
        let root = document.root();
        let shown: Vec<_> = document.values().map(|v| (v.pointer(), v.kind(), v.raw())).collect();
        assert_eq!(shown.len(), 9);
        assert_eq!(shown[2], ("/ab/0".to_owned(), Kind::Number, "1"));
        assert_eq!(shown[4], ("/ab/1/x~1~0".to_owned(), Kind::String, r#""\n""#));
        assert_eq!(shown[5], ("/ab/2".to_owned(), Kind::Null, "null"));
        assert_eq!(root.get("b").unwrap().raw(), "-1.50");
        assert_eq!(root.get("ab").unwrap().elements().count(), 3);
        assert_eq!(root.get("ab").unwrap().elements().nth(1).unwrap().text("x/~").unwrap(), "\n");
        let names: Vec<_> = root.members().map(|(name, _)| name.into_owned()).collect();
        assert_eq!(names, ["ab", "b", "c", "b"]);
        assert_eq!(root.get("none").map(Value::raw), None);
        assert!(document.is_complete());
    }

    #[test]
    fn duplicates_are_found_by_where_they_stand() {
        let text = r#"{"a":{"n":1,"\u006e":2},"a":3}"#;
        let mut builder = Builder::new();
        json::scan_with(text.as_bytes(), json::DOCUMENT, &mut builder).unwrap();
        let duplicates = builder.duplicates.clone();
        let document = builder.finish(text.to_owned());
        let found: Vec<_> = duplicates.iter().map(|at| document.named_at(*at).unwrap().raw()).collect();
        assert_eq!(found, ["2", "3"]);
        assert_eq!(document.named_at(duplicates[0]).unwrap().pointer(), "/a/n");
    }

    #[test]
    fn only_so_many_values_are_kept_and_the_rest_of_the_text_is_still_scanned() {
        let text = format!("[{}[[0]]]", "0,".repeat(MOST_VALUES));
        let document = document(&text);
        assert!(!document.is_complete());
        assert_eq!(document.values().count(), MOST_VALUES);
        assert_eq!(document.root().raw().len(), text.len());
    }
}
