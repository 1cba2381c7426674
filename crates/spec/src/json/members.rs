//! Members as raw text: what a type does not know, and objects whose values are nobody's business.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::read::Name;

/// Members that a type does not know (and nulls of those that it does), as raw JSON text.
///
/// Equal means equal text: `1.0` and `1` are two values here, as they would be in the bytes.
#[derive(Debug, Clone, Default)]
pub struct Members(pub BTreeMap<String, Box<RawValue>>);

impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self.0.iter().zip(&other.0).all(|((a, x), (b, y))| a == b && x.get() == y.get())
    }
}

impl Eq for Members {}

impl From<Members> for BTreeMap<String, Box<RawValue>> {
    fn from(members: Members) -> Self {
        members.0
    }
}

impl Deref for Members {
    type Target = BTreeMap<String, Box<RawValue>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Members {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Members {
    /// Adds a member, or returns `false` where there is one of that name already.
    pub(super) fn add(&mut self, name: String, value: Box<RawValue>) -> bool {
        self.0.insert(name, value).is_none()
    }

    /// Whether the member is there and is not null.
    pub(crate) fn has_value(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value.get() != "null")
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Members::default();
                while let Some(name) = map.next_key::<Name<'_>>()? {
                    let value = map.next_value()?;
                    if !members.add(name.to_string(), value) {
                        return Err(name.duplicate());
                    }
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Object)
    }
}
