//! The validation cases, by what they are about. Each names the heading that it rests on.

mod annotations;
mod bundles;
mod configs;
mod containers;
mod descriptors;
mod documents;
mod ends;
mod entries;
mod headers;
mod histories;
mod image;
mod indexes;
mod layouts;
mod links;
mod manifests;
mod platforms;
mod pointer;
mod processes;
mod settings;
mod stream;
mod whiteouts;

use crate::validation::ValidationCase;

/// All validation cases, sorted by id.
pub fn validation_cases() -> Vec<ValidationCase> {
    let mut all: Vec<ValidationCase> = [
        annotations::cases(),
        bundles::cases(),
        configs::cases(),
        containers::cases(),
        descriptors::cases(),
        documents::cases(),
        ends::cases(),
        entries::cases(),
        headers::cases(),
        histories::cases(),
        indexes::cases(),
        layouts::cases(),
        links::cases(),
        manifests::cases(),
        platforms::cases(),
        processes::cases(),
        settings::cases(),
        stream::cases(),
        whiteouts::cases(),
    ]
    .into_iter()
    .flatten()
    .collect();
    all.sort_by_key(|case| case.id);
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::validation::{Conformity, FindingLevel};
    use crate::{cases, write_all};

    #[test]
    fn ids_are_unique_sorted_and_file_names() {
        let all = validation_cases();
        let ids: Vec<_> = all.iter().map(|case| case.id).collect();
        let sorted: Vec<_> = ids.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        assert_eq!(ids, sorted);
        for id in ids {
            assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{id}");
        }
    }

    #[test]
    fn every_case_says_what_it_is_and_its_verdict_fits_what_is_found() {
        for case in validation_cases() {
            assert!(!case.title.is_empty(), "{}", case.id);
            assert!(case.section.contains(".md, "), "{}", case.id);
            assert!(case.about.ends_with('.'), "{}", case.id);
            let worst = case.findings.iter().map(|(_, level)| *level).max();
            match case.verdict {
                Conformity::Valid => assert_eq!(worst, None, "{}", case.id),
                Conformity::Odd => assert!(worst < Some(FindingLevel::Error), "{}", case.id),
                Conformity::Invalid => assert_eq!(worst, Some(FindingLevel::Error), "{}", case.id),
            }
        }
    }

    #[test]
    fn the_files_are_the_same_each_time() {
        for case in validation_cases() {
            assert!(case.files().unwrap() == case.files().unwrap(), "{}", case.id);
        }
    }

    #[test]
    fn all_can_be_written_with_their_description() {
        let dir = tempfile::tempdir().unwrap();
        let (unpack, validate) = (cases(), validation_cases());
        write_all(&unpack, &validate, dir.path()).unwrap();
        let text = std::fs::read(dir.path().join("cases.json")).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let of = |kind: &str| json[kind].as_array().unwrap().clone();
        assert_eq!((of("unpack").len(), of("validate").len()), (unpack.len(), validate.len()));
        for case in of("unpack").iter().chain(&of("validate")) {
            assert!(dir.path().join(case["path"].as_str().unwrap()).is_dir(), "{}", case["id"]);
        }
        for case in of("unpack") {
            assert_eq!(case["exitCode"] == 0, case["tree"].is_array(), "{}", case["id"]);
        }
        assert!(write_all(&unpack, &validate, dir.path()).is_err(), "a directory that is not empty");
    }
}
