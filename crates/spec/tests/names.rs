//! Whatever is read as a name is written as a text that reads as the same name.

use ocidian_spec::{Digest, ImageSource, Platform, RefName, Reference};
use proptest::prelude::*;

fn again<T>(text: &str) -> Result<(), TestCaseError>
where
    T: std::str::FromStr + ToString + PartialEq + std::fmt::Debug,
{
    if let Ok(name) = text.parse::<T>() {
        let written = name.to_string();
        let read = written.parse::<T>().ok();
        prop_assert_eq!(read.as_ref(), Some(&name), "{} was written as {}", text, written);
    }
    Ok(())
}

/// Texts that are nearly names: the parts and the separators of all grammars, in any order.
fn nearly() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[a-z0-9]{1,4}",
        1 => "[A-Za-z0-9_.-]{1,4}",
        3 => prop::sample::select(vec![":", "/", "@", ".", "-", "__", "//", "[::1]", "[", "]"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec![
            "oci:", "oci-archive:", "docker-archive:", "dir:", "docker://", "docker.io/", "index.docker.io/",
            "library/", "localhost", "localhost:5000/",
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "a+b:0123456789012345678901234567890123456789", "@a:b",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(part, 0..9).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn names_survive_writing(text in prop_oneof![9 => nearly(), 1 => any::<String>()]) {
        again::<Reference>(&text)?;
        again::<ImageSource>(&text)?;
        again::<RefName>(&text)?;
        again::<Platform>(&text)?;
        again::<Digest>(&text)?;
    }

    #[test]
    fn every_reference_of_the_grammar_is_read(
        registry in "([a-z0-9]{1,5}\\.[a-zA-Z0-9]([a-z0-9-]{0,5}[a-z0-9])?|localhost|\\[[0-9a-f]{1,4}::[0-9a-f]{1,4}\\])(:[1-9][0-9]{0,3})?",
        repository in "[a-z0-9]{1,5}((\\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}(/[a-z0-9]{1,5}((\\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}){0,3}",
        tag in prop::option::of("[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}"),
    ) {
        let text = format!("{registry}/{repository}{}", tag.as_ref().map(|t| format!(":{t}")).unwrap_or_default());
        let reference: Reference = text.parse().unwrap();
        prop_assert_eq!(reference.to_string(), text);
        prop_assert_eq!((reference.registry, reference.repository, reference.tag), (registry, repository, tag));
    }
}
