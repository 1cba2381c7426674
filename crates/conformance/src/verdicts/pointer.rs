//! Changing one value of a document by its JSON pointer, as most cases do.

use serde_json::Value;

use crate::edit::CannotEdit;

/// Sets the value at `pointer`, whose parent must be there.
pub(super) fn set(document: &mut Value, pointer: &str, value: impl Into<Value>) -> Result<(), CannotEdit> {
    let cannot = |needs| CannotEdit { pointer: pointer.to_owned(), needs };
    let (parent, name) = pointer.rsplit_once('/').ok_or_else(|| cannot("slash in the pointer"))?;
    match document.pointer_mut(parent) {
        Some(Value::Object(object)) => {
            object.insert(name.to_owned(), value.into());
        }
        Some(Value::Array(array)) => match name.parse::<usize>().ok().and_then(|at| array.get_mut(at)) {
            Some(element) => *element = value.into(),
            None => array.push(value.into()),
        },
        _ => return Err(cannot("object or array to set it in")),
    }
    Ok(())
}

/// Removes a member, which must be there, of the object at `pointer`.
pub(super) fn remove(document: &mut Value, pointer: &str, name: &str) -> Result<(), CannotEdit> {
    let object = document.pointer_mut(pointer).and_then(Value::as_object_mut);
    let removed = object.and_then(|object| object.remove(name));
    let cannot = || CannotEdit { pointer: format!("{pointer}/{name}"), needs: "such member to remove" };
    removed.map(drop).ok_or_else(cannot)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_there_is_changed() {
        let mut document = json!({ "a": { "b": 1 }, "c": [1] });
        set(&mut document, "/a/b", 2).unwrap();
        set(&mut document, "/a/new", "x").unwrap();
        set(&mut document, "/c/0", 5).unwrap();
        set(&mut document, "/c/9", 6).unwrap();
        remove(&mut document, "", "a").unwrap();
        assert_eq!(document, json!({ "c": [5, 6] }));
    }

    #[test]
    fn a_change_to_what_is_not_there_is_an_error_that_names_it() {
        let mut document = json!({ "a": 1 });
        for pointer in ["", "a", "/a/b", "/x/y"] {
            let error = set(&mut document, pointer, 2).unwrap_err();
            assert!(error.to_string().contains(&format!("{pointer:?}")), "{error}");
        }
        for (pointer, name) in [("", "b"), ("/a", "b"), ("/x", "y")] {
            let error = remove(&mut document, pointer, name).unwrap_err();
            assert!(error.to_string().contains(&format!("\"{pointer}/{name}\"")), "{error}");
        }
        assert_eq!(document, json!({ "a": 1 }));
    }
}
