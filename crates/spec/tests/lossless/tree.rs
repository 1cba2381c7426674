//! A JSON text as a tree that forgets nothing of it but its spaces and the order of its members.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// JSON whose numbers are text, so that comparing two of them compares every digit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    Object(BTreeMap<String, Tree>),
    Array(Vec<Tree>),
    String(String),
    /// A number, true, false or null.
    Word(String),
}

impl Tree {
    pub(crate) fn read(text: &str) -> Self {
        match text.as_bytes()[0] {
            b'{' => {
                let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap();
                Self::Object(members.into_iter().map(|(name, v)| (name, Self::read(v.get()))).collect())
            }
            b'[' => {
                let elements: Vec<&RawValue> = serde_json::from_str(text).unwrap();
                Self::Array(elements.into_iter().map(|v| Self::read(v.get())).collect())
            }
            b'"' => Self::String(serde_json::from_str(text).unwrap()),
            _ => Self::Word(text.to_owned()),
        }
    }

    /// With spaces wherever they may stand.
    pub(crate) fn write(&self, out: &mut String) {
        let (open, close) = match self {
            Self::Object(_) => ("{\n", " }"),
            Self::Array(_) => ("[ ", "\t]"),
            Self::String(text) => return out.push_str(&serde_json::to_string(text).unwrap()),
            Self::Word(word) => return out.push_str(word),
        };
        out.push_str(open);
        let mut first = true;
        let mut comma = |out: &mut String| {
            if !std::mem::take(&mut first) {
                out.push_str(" ,\r\n");
            }
        };
        match self {
            Self::Object(members) => members.iter().for_each(|(name, value)| {
                comma(out);
                out.push_str(&format!("{} : ", serde_json::to_string(name).unwrap()));
                value.write(out);
            }),
            Self::Array(elements) => elements.iter().for_each(|value| {
                comma(out);
                value.write(out);
            }),
            _ => {}
        }
        out.push_str(close);
    }

    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    pub(crate) fn members(&mut self) -> &mut BTreeMap<String, Tree> {
        match self {
            Self::Object(members) => members,
            other => panic!("no object: {other:?}"),
        }
    }
}
