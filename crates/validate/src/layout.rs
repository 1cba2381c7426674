//! The files of a layout: `oci-layout`, `index.json`, and what is in `blobs`. image-spec `image-layout.md`.

use std::collections::HashMap;
use std::io::Read;

use ocidian_content::names;
use ocidian_image_layout::LayoutFiles;
use ocidian_image_layout::raw::{BlobFile, File, FileKind};
use ocidian_spec::annotations::{CONTAINERD_IMAGE_NAME, REF_NAME};
use ocidian_spec::{Digest, json};

use crate::documents::{self, Platform, Type};
use crate::error::{Error, Result};
use crate::finding::{Place, Subject, quote};
use crate::findings::Findings;
use crate::format;
use crate::json::{Document, Value};
use crate::rule::Rule;
use crate::rules::layout as rule;

const OCI_LAYOUT: &str = "oci-layout";
const INDEX_JSON: &str = "index.json";
/// Most files that are listed below `blobs`.
const MOST_FILES: usize = 500_000;

/// `index.json` as a subject.
pub(crate) fn index_json() -> Subject {
    Subject::File(INDEX_JSON.to_owned())
}

/// Checks `oci-layout`.
pub(crate) fn marker(files: &LayoutFiles, findings: &mut Findings) -> Result<()> {
    findings.turn_to(Subject::File(OCI_LAYOUT.to_owned()));
    if let Some(bytes) = file(files, OCI_LAYOUT, json::DOCUMENT.size, &rule::OCI_LAYOUT, findings)? {
        documents::check(bytes, &Type::Layout, findings);
    }
    Ok(())
}

/// Checks `index.json`, and returns it where it is one that can be walked.
pub(crate) fn index(files: &LayoutFiles, findings: &mut Findings) -> Result<Option<Document>> {
    findings.turn_to(index_json());
    let Some(bytes) = file(files, INDEX_JSON, json::INDEX_JSON.size, &rule::INDEX, findings)? else {
        return Ok(None);
    };
    let document = documents::check(bytes, &Type::IndexJson, findings);
    if let Some(document) = &document {
        refs(document, findings);
    }
    Ok(document)
}

/// A file that must be there; `limit` and one byte more, so that the parser says that it is too long.
fn file(
    files: &LayoutFiles,
    name: &str,
    limit: usize,
    rule: &'static Rule,
    findings: &mut Findings,
) -> Result<Option<Vec<u8>>> {
    let reader = match files.open(&[name])? {
        File::Absent => {
            findings.add(rule, Place::Whole, format_args!("there is no {name}"));
            return Ok(None);
        }
        File::Other(what) => {
            findings.add(rule, Place::Whole, format_args!("it is {what}, not a regular file"));
            return Ok(None);
        }
        File::Regular(reader, _) => reader,
    };
    let mut bytes = Vec::new();
    reader
        .take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| Error::io(|| format!("{}: read {name}", files.name()), e))?;
    Ok(Some(bytes))
}

/// Names that stand for several images which nothing tells apart.
fn refs(index: &Document, findings: &mut Findings) {
    let mut named: HashMap<String, Vec<(String, Option<Platform>)>> = HashMap::new();
    for (_, entry) in entries(index) {
        let Some(name) = entry.get("annotations").and_then(|annotations| annotations.text(REF_NAME)) else {
            continue;
        };
        let digest = entry.text("digest").unwrap_or_default().into_owned();
        let platform = entry.get("platform").and_then(Platform::read);
        let others = named.entry(name.clone().into_owned()).or_default();
        let clash = others.iter().find(|(other, others_platform)| {
            *other != digest
                && (platform.is_none() || others_platform.is_none() || platform == *others_platform)
        });
        if let Some((other, _)) = clash {
            let message = format_args!("{} stands for {} too", quote(&name), quote(other));
            findings.add(&rule::REF_DUPLICATE, entry, message);
        }
        // A hostile index gives a hundred thousand images one name: a few are enough to clash with.
        if others.len() < 64 {
            others.push((digest, platform));
        }
    }
}

/// An entry of `index.json` with its place among them.
pub(crate) type Entry<'a> = (usize, Value<'a>);

/// The entries of `index.json`.
pub(crate) fn entries(index: &Document) -> impl Iterator<Item = Entry<'_>> {
    index.root().get("manifests").into_iter().flat_map(Value::elements).enumerate()
}

/// The entries of `index.json` of that name; all of their platforms.
pub(crate) fn entries_named<'a>(index: &'a Document, name: &str) -> Vec<Entry<'a>> {
    let annotation = |entry: Value<'a>, key| entry.get("annotations").and_then(|map| map.text(key));
    let tagged = |entry: &Entry<'a>| annotation(entry.1, REF_NAME).is_some_and(|text| text == name);
    let tagged: Vec<_> = entries(index).filter(tagged).collect();
    if !tagged.is_empty() {
        return tagged;
    }
    let by_containerd = |entry: &Entry<'a>| {
        annotation(entry.1, CONTAINERD_IMAGE_NAME).is_some_and(|text| names::same(&text, name))
    };
    entries(index).filter(by_containerd).collect()
}

/// The names that there are, each once.
pub(crate) fn known_names(index: &Document) -> Vec<String> {
    let mut known = Vec::new();
    for (_, entry) in entries(index) {
        let annotations = entry.get("annotations");
        let name = [REF_NAME, CONTAINERD_IMAGE_NAME].into_iter().find_map(|key| annotations?.text(key));
        if let Some(name) = name.filter(|name| known.len() < 1000 && !known.contains(&name.to_string())) {
            known.push(name.into_owned());
        }
    }
    known
}

/// Checks the names and kinds of what is in `blobs`; the blobs among it, with their sizes.
pub(crate) fn blobs(files: &LayoutFiles, findings: &mut Findings) -> Result<Vec<(Digest, u64)>> {
    findings.turn_to(Subject::File("blobs".to_owned()));
    match files.blobs_directory()? {
        Some(FileKind::Directory) => {}
        None => {
            // A tar need not list directories, and one of an empty layout often does not.
            if files.is_directory() {
                findings.add(&rule::BLOBS, Place::Whole, "there is no blobs");
            }
            return Ok(Vec::new());
        }
        Some(FileKind::Regular(_)) => {
            findings.add(&rule::BLOBS, Place::Whole, "it is a regular file, not a directory");
            return Ok(Vec::new());
        }
        Some(FileKind::Other(what)) => {
            findings.add(&rule::BLOBS, Place::Whole, format_args!("it is {what}, not a directory"));
            return Ok(Vec::new());
        }
    }
    let Some(list) = files.blobs(MOST_FILES)? else {
        findings.add(
            &rule::LIMITS,
            Place::Whole,
            format_args!("it holds more than {MOST_FILES} files; none was looked at"),
        );
        return Ok(Vec::new());
    };
    Ok(list.iter().filter_map(|blob| named(blob, findings)).collect())
}

/// Checks one name. The blob, if it is one.
fn named(blob: &BlobFile, findings: &mut Findings) -> Option<(Digest, u64)> {
    let subject = Subject::File(format!("blobs/{}", quoted_path(&blob.path)));
    let mut wrong = |rule, message: &dyn std::fmt::Display| {
        findings.add_at(rule, &subject, Place::Whole, message);
        None
    };
    let Some((algorithm, encoded)) = blob.path.split_once('/') else {
        return match blob.kind {
            FileKind::Directory => match format::digest_grammar(&format!("{}:0", blob.path)) {
                Ok(()) => None,
                Err(_) => wrong(
                    &rule::BLOB_NAME,
                    &"its name is no algorithm's: lower-case letters and digits with `+._-` between",
                ),
            },
            FileKind::Regular(_) => {
                wrong(&rule::BLOB_FILE, &"it is a regular file, where each algorithm has a directory")
            }
            FileKind::Other(what) => {
                wrong(&rule::BLOB_FILE, &format_args!("it is {what}, where each algorithm has a directory"))
            }
        };
    };
    let FileKind::Regular(size) = blob.kind else {
        let what = if let FileKind::Other(what) = blob.kind { what } else { "a directory" };
        return wrong(&rule::BLOB_FILE, &format_args!("it is {what}, not a regular file"));
    };
    let digest = format!("{algorithm}:{encoded}");
    match (format::digest(&digest), format::parse_digest(&digest)) {
        (Ok(()), Some(digest)) => Some((digest, size)),
        // Said of the directory.
        (Err(_), _) if format::digest_grammar(&format!("{algorithm}:0")).is_err() => None,
        (Err(_), _) => wrong(
            &rule::BLOB_NAME,
            &format_args!("its name is not the second part of a digest by {algorithm}"),
        ),
        (Ok(()), None) => wrong(&rule::BLOB_NAME, &"its name is too long"),
    }
}

/// A path for a person: without control characters.
fn quoted_path(path: &str) -> String {
    path.chars().take(300).flat_map(char::escape_debug).collect()
}
