//! image-spec's own examples, and image-spec's own words.

use std::path::{Path, PathBuf};

use ocidian_validate::{Level, Settings, Spec, Type, Version, rules};

use crate::{broken, broken_under};

fn examples() -> Vec<(PathBuf, Type)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/spec");
    let kind = |path: &Path| {
        let name = path.file_name()?.to_str()?.strip_suffix(".json")?;
        Some(match name.rsplit_once('.')?.1 {
            "descriptor" => Type::Descriptor,
            "index" if name.starts_with("image-layout") => Type::IndexJson,
            "index" => Type::Index(None),
            "manifest" => Type::Manifest(None),
            "config" => Type::Config,
            "layout" => Type::Layout,
            _ => return None,
        })
    };
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = files.filter_map(|path| kind(&path).map(|kind| (path, kind))).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn its_own_examples_break_nothing_but_what_it_says_should_not_be() {
    let examples = examples();
    assert_eq!(examples.len(), 13);
    for (path, document) in examples {
        let text = std::fs::read_to_string(&path).unwrap();
        let serious = |broken: std::collections::BTreeSet<&'static str>| -> Vec<&str> {
            broken.into_iter().filter(|id| rules::find(id).unwrap().level != Level::Note).collect()
        };
        assert_eq!(serious(broken(&text, &document)), [] as [&str; 0], "{}", path.display());
        let old = Settings { spec: Version(1, 0), ..Settings::default() };
        assert_eq!(
            serious(broken_under(&text, &document, old)),
            [] as [&str; 0],
            "{} as 1.0",
            path.display()
        );
    }
}

/// Every rule's sentence stands in the specification, in the section that it names. The texts are not shipped: where
/// `OCIDIAN_TEST_SPECS` names a directory with `image/` and `runtime/`, they are looked into.
#[test]
fn every_sentence_is_the_specifications() {
    let Some(dir) = std::env::var_os("OCIDIAN_TEST_SPECS") else {
        eprintln!("SKIPPED {}: OCIDIAN_TEST_SPECS names no directory of specifications", module_path!());
        return;
    };
    for rule in rules::all() {
        let (file, anchor) = rule.section.place.split_once('#').unwrap();
        let spec = match rule.section.spec {
            Spec::Image => "image",
            Spec::Runtime => "runtime",
        };
        let text = std::fs::read_to_string(Path::new(&dir).join(spec).join(file)).unwrap();
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(&text).contains(&words(rule.sentence)), "{}: {}", rule.id, rule.sentence);
        let slug = |heading: &str| {
            let heading = heading.rsplit('>').next().unwrap_or_default();
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.collect::<String>().trim().to_lowercase().replace(' ', "-").replace('_', "")
        };
        let headings =
            text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#'));
        let named = text.contains(&format!("<a name=\"{anchor}\""));
        let plain = |heading: &str| heading.split("](").next().unwrap_or_default().replace('[', "");
        let found =
            headings.into_iter().any(|heading| slug(heading) == anchor || slug(&plain(heading)) == anchor);
        assert!(named || found, "{}: no heading {anchor} in {file}", rule.id);
    }
}

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/validate.md")).unwrap()
}

#[test]
fn every_rule_that_the_page_names_exists_and_every_rule_is_named() {
    let page = page();
    let quoted: Vec<&str> = page.split('`').skip(1).step_by(2).collect();
    let areas: Vec<&str> = rules::AREAS.iter().map(|(area, ..)| *area).collect();
    let like_a_rule = |text: &&&str| {
        let (area, rest) = text.split_once('-').unwrap_or_default();
        areas.contains(&area)
            && !rest.is_empty()
            && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    for id in quoted.iter().filter(like_a_rule) {
        assert!(rules::find(id).is_some(), "docs/validate.md names {id}, which is no rule");
    }
    for rule in rules::all() {
        assert!(quoted.contains(&rule.id), "docs/validate.md does not name {}", rule.id);
    }
}

/// As the table shows a sentence: without links and marks.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("](").into_iter().chain(rest.find("][")).min() {
        let (before, after) = rest.split_at(at);
        let close = if after.starts_with("](") { ')' } else { ']' };
        out.push_str(before);
        rest = after.get(2..).unwrap().split_once(close).map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out.retain(|c| !matches!(c, '[' | ']' | '`' | '*' | '_' | '\\' | ' ' | '<' | '>'));
    out.replace("&lt;", "")
}

/// Every sentence with a keyword is in the table, where the texts are there to look into.
#[test]
fn every_sentence_with_a_keyword_is_in_the_table() {
    let Some(dir) = std::env::var_os("OCIDIAN_TEST_SPECS") else {
        eprintln!("SKIPPED {}: OCIDIAN_TEST_SPECS names no directory of specifications", module_path!());
        return;
    };
    let table = plain(&page());
    let mut sentences = 0;
    for file in [
        "descriptor",
        "image-layout",
        "manifest",
        "image-index",
        "layer",
        "config",
        "annotations",
        "considerations",
        "media-types",
    ] {
        let text = std::fs::read_to_string(Path::new(&dir).join(format!("image/{file}.md"))).unwrap();
        let outside = text.split("```").step_by(2).flat_map(str::lines);
        for line in outside.filter(|line| !line.starts_with('#')) {
            for sentence in line.split_inclusive(". ") {
                if ["MUST", "SHOULD", "REQUIRED", "SHALL"].iter().any(|word| sentence.contains(word)) {
                    let start = plain(
                        sentence.trim_start_matches(|c: char| !c.is_alphabetic() && c != '`' && c != '['),
                    );
                    let start: String = start.chars().take(60).collect();
                    assert!(table.contains(start.trim_end_matches(['.', ':'])), "{file}.md: {sentence}");
                    sentences += 1;
                }
            }
        }
    }
    assert!(sentences > 150, "{sentences}");
}
