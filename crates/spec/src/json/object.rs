//! Objects of known members, read and written without loss. One table a type says it all.
//!
//! Derived serde would take the last of two members of one name, `#[serde(flatten)]` would turn
//! unknown numbers into `f64`, and both would drop a null. So a type declares its members once, in
//! [`object!`], each with what its absence and its null mean:
//!
//! - `required`: must be there and not null.
//! - `optional`: may be absent, or null, which is remembered in `other` and written again.
//! - `list`: must be there; null, which Go's writers make of an empty slice, reads as empty and is
//!   written as null until something is put in.
//!
//! `as Wire` names the type to read a member as, where it is not the field's own.

use serde::de::{Deserialize, Error, MapAccess};
use serde::ser::{Serialize, SerializeMap};
use serde_json::value::RawValue;

use super::members::Members;
use super::read::Name;

/// Declares a type that is a JSON object: the struct, and how it is read and written.
macro_rules! object {
    (
        $(#[$meta:meta])*
        pub struct $type:ident: $expected:literal {
            $(
                $(#[$doc:meta])*
                pub $field:ident: $ty:ty => $kind:ident $name:literal $(as $wire:ty)?,
            )*
        }
    ) => {
        $(#[$meta])*
        pub struct $type {
            $(
                $(#[$doc])*
                pub $field: $ty,
            )*
            /// Members that this crate does not know, and the nulls of those that it does. A field
            /// that is set wins over what stands here under its name.
            pub other: $crate::json::Members,
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let map = serde::Serializer::serialize_map(serializer, None)?;
                let mut object = $crate::json::Writer::new(map, &self.other);
                $($crate::json::$kind::write(&mut object, $name, &self.$field)?;)*
                object.finish(&[$($name),*])
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Object;

                impl<'de> serde::de::Visitor<'de> for Object {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<$type, A::Error> {
                        let mut object = $crate::json::Reader::new(map);
                        $(let mut $field = None;)*
                        while let Some(name) = object.next_name()? {
                            match name.as_str() {
                                $($name => object!(@read $kind, object, $name, $field $(, $wire)?),)*
                                _ => object.unknown(&name)?,
                            }
                        }
                        Ok($type {
                            $($field: $crate::json::$kind::finish::<_, A::Error>($name, $field)?,)*
                            other: object.other(),
                        })
                    }
                }

                deserializer.deserialize_map(Object)
            }
        }
    };
    (@read $kind:ident, $object:ident, $name:literal, $field:ident) => {
        $field = Some($crate::json::$kind::read(&mut $object, $name, $field.is_some())?)
    };
    (@read $kind:ident, $object:ident, $name:literal, $field:ident, $wire:ty) => {
        $field = Some($crate::json::$kind::read_as::<$wire, _, _>(&mut $object, $name, $field.is_some())?)
    };
}
pub(crate) use object;

/// An object being read.
pub(crate) struct Reader<A> {
    map: A,
    other: Members,
}

impl<'de, A: MapAccess<'de>> Reader<A> {
    pub(crate) fn new(map: A) -> Self {
        Self { map, other: Members::default() }
    }

    pub(crate) fn next_name(&mut self) -> Result<Option<Name<'de>>, A::Error> {
        self.map.next_key()
    }

    /// The value of a member that is known; its errors name the member.
    fn value<T: Deserialize<'de>>(&mut self, name: &'static str, seen: bool) -> Result<T, A::Error> {
        if seen {
            return Err(A::Error::custom(format_args!("duplicate name {name:?}")));
        }
        self.map.next_value().map_err(|e| A::Error::custom(format_args!("{name}: {e}")))
    }

    /// Remembers that a known member was null.
    fn null(&mut self, name: &str) {
        self.other.add(name.to_owned(), RawValue::NULL.to_owned());
    }

    /// Keeps a member that is not known.
    pub(crate) fn unknown(&mut self, name: &Name<'_>) -> Result<(), A::Error> {
        let value = self.map.next_value()?;
        if self.other.add(name.to_string(), value) { Ok(()) } else { Err(name.duplicate()) }
    }

    pub(crate) fn other(self) -> Members {
        self.other
    }
}

/// An object being written.
pub(crate) struct Writer<'a, M> {
    map: M,
    other: &'a Members,
}

impl<'a, M: SerializeMap> Writer<'a, M> {
    pub(crate) fn new(map: M, other: &'a Members) -> Self {
        Self { map, other }
    }

    fn value<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), M::Error> {
        self.map.serialize_entry(name, value)
    }

    /// Writes what `other` holds under a known name, if anything: the null that was read.
    fn remembered(&mut self, name: &'static str) -> Result<(), M::Error> {
        match self.other.get(name) {
            Some(value) => self.map.serialize_entry(name, value),
            None => Ok(()),
        }
    }

    /// Writes the members that are not `known`, by name, and ends the object.
    pub(crate) fn finish(mut self, known: &[&str]) -> Result<M::Ok, M::Error> {
        for (name, value) in self.other.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            self.map.serialize_entry(name, value)?;
        }
        self.map.end()
    }
}

fn missing<E: Error>(name: &'static str) -> E {
    E::custom(format_args!("{name} is missing"))
}

/// Members that must be there and not null.
pub(crate) mod required {
    use super::*;

    pub(crate) fn read<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
        object: &mut Reader<A>,
        name: &'static str,
        seen: bool,
    ) -> Result<T, A::Error> {
        object.value(name, seen)
    }

    pub(crate) fn read_as<'de, W: Deserialize<'de>, T: From<W>, A: MapAccess<'de>>(
        object: &mut Reader<A>,
        name: &'static str,
        seen: bool,
    ) -> Result<T, A::Error> {
        object.value::<W>(name, seen).map(T::from)
    }

    pub(crate) fn finish<T, E: Error>(name: &'static str, read: Option<T>) -> Result<T, E> {
        read.ok_or_else(|| missing(name))
    }

    pub(crate) fn write<M: SerializeMap, T: Serialize>(
        object: &mut Writer<'_, M>,
        name: &'static str,
        value: &T,
    ) -> Result<(), M::Error> {
        object.value(name, value)
    }
}

/// Members that may be absent or null.
pub(crate) mod optional {
    use super::*;

    pub(crate) fn read<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
        object: &mut Reader<A>,
        name: &'static str,
        seen: bool,
    ) -> Result<Option<T>, A::Error> {
        read_as::<T, T, A>(object, name, seen)
    }

    pub(crate) fn read_as<'de, W: Deserialize<'de>, T: From<W>, A: MapAccess<'de>>(
        object: &mut Reader<A>,
        name: &'static str,
        seen: bool,
    ) -> Result<Option<T>, A::Error> {
        let value = object.value::<Option<W>>(name, seen)?;
        if value.is_none() {
            object.null(name);
        }
        Ok(value.map(T::from))
    }

    pub(crate) fn finish<T, E: Error>(_: &'static str, read: Option<Option<T>>) -> Result<Option<T>, E> {
        Ok(read.flatten())
    }

    pub(crate) fn write<M: SerializeMap, T: Serialize>(
        object: &mut Writer<'_, M>,
        name: &'static str,
        value: &Option<T>,
    ) -> Result<(), M::Error> {
        match value {
            Some(value) => object.value(name, value),
            None => object.remembered(name),
        }
    }
}

/// Arrays that must be there, and may be null.
pub(crate) mod list {
    use super::*;

    pub(crate) fn read<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
        object: &mut Reader<A>,
        name: &'static str,
        seen: bool,
    ) -> Result<Vec<T>, A::Error> {
        optional::read(object, name, seen).map(Option::unwrap_or_default)
    }

    pub(crate) fn finish<T, E: Error>(name: &'static str, read: Option<Vec<T>>) -> Result<Vec<T>, E> {
        required::finish(name, read)
    }

    pub(crate) fn write<M: SerializeMap, T: Serialize>(
        object: &mut Writer<'_, M>,
        name: &'static str,
        value: &[T],
    ) -> Result<(), M::Error> {
        if value.is_empty() && object.other.contains_key(name) {
            return object.remembered(name);
        }
        object.value(name, value)
    }
}
