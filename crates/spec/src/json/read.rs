//! How single values are read: without copying where text is parsed, without a second name in a
//! map, without a size that other readers could not hold.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Unexpected, Visitor};

/// A member's name, borrowed where it has no escapes.
pub(crate) struct Name<'de>(Cow<'de, str>);

impl Name<'_> {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The error for a second member of this name.
    pub(super) fn duplicate<E: Error>(&self) -> E {
        E::custom(format_args!("duplicate name {:?}", crate::error::clip(&self.0)))
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// Reads a string and parses it in place; `what` it should be is for the error.
pub(crate) fn text<'de, T, D>(deserializer: D, what: &'static str) -> Result<T, D::Error>
where
    T: FromStr<Err: fmt::Display>,
    D: Deserializer<'de>,
{
    struct Text<T>(&'static str, PhantomData<T>);

    impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Text(what, PhantomData))
}

/// A size in bytes: int64 in the specification, and never negative. image-spec `descriptor.md`.
pub(crate) struct Size(u64);

impl From<Size> for u64 {
    fn from(size: Size) -> Self {
        size.0
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Integer;

        impl Visitor<'_> for Integer {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size in bytes, an integer from 0 to 9223372036854775807")
            }

            fn visit_u64<E: Error>(self, size: u64) -> Result<Size, E> {
                match i64::try_from(size) {
                    Ok(_) => Ok(Size(size)),
                    Err(_) => Err(E::invalid_value(Unexpected::Unsigned(size), &self)),
                }
            }

            fn visit_i64<E: Error>(self, size: i64) -> Result<Size, E> {
                Err(E::invalid_value(Unexpected::Signed(size), &self))
            }
        }

        deserializer.deserialize_u64(Integer)
    }
}

/// A map of strings that refuses a second member of one name, where serde's would take the last.
pub(crate) struct UniqueMap(BTreeMap<String, String>);

impl From<UniqueMap> for BTreeMap<String, String> {
    fn from(map: UniqueMap) -> Self {
        map.0
    }
}

impl<'de> Deserialize<'de> for UniqueMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Strings;

        impl<'de> Visitor<'de> for Strings {
            type Value = UniqueMap;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueMap, A::Error> {
                let mut strings = BTreeMap::new();
                while let Some(name) = map.next_key::<Name<'_>>()? {
                    let value = map.next_value()?;
                    if strings.insert(name.to_string(), value).is_some() {
                        return Err(name.duplicate());
                    }
                }
                Ok(UniqueMap(strings))
            }
        }

        deserializer.deserialize_map(Strings)
    }
}
