//! Changing one value of a document by its JSON pointer, as most cases do.

use serde_json::Value;

/// Sets the value at `pointer`, whose parent must be there.
///
/// # Panics
/// If it is not: a case is wrong then.
pub(super) fn set(document: &mut Value, pointer: &str, value: impl Into<Value>) {
    let Some((parent, name)) = pointer.rsplit_once('/') else { panic!("{pointer}: no pointer") };
    match document.pointer_mut(parent) {
        Some(Value::Object(object)) => {
            object.insert(name.to_owned(), value.into());
        }
        Some(Value::Array(array)) => match name.parse::<usize>().ok().and_then(|at| array.get_mut(at)) {
            Some(element) => *element = value.into(),
            None => array.push(value.into()),
        },
        _ => panic!("{parent}: no object or array"),
    }
}

/// Removes a member of the object at `pointer`.
///
/// # Panics
/// If it is not there: a case is wrong then.
pub(super) fn remove(document: &mut Value, pointer: &str, name: &str) {
    let object = document.pointer_mut(pointer).and_then(Value::as_object_mut);
    assert!(object.and_then(|object| object.remove(name)).is_some(), "{pointer}: no {name}");
}
