//! A runtime bundle: config.json against runtime-spec's schema and prose, and the root file system that it names.
//!
//! The tables are the schema; what the prose adds is in functions beside them. Members of every version from 1.0 to
//! 1.3 are known, whatever ociVersion says: unknown ones would be legal in any case.

mod config;
mod devices;
mod files;
mod formats;
mod linux;
mod process;
mod resources;
mod seccomp;

use std::io;
use std::path::Path;
use std::sync::Arc;

use ocidian_spec::json::DOCUMENT;

use crate::finding::{Place, Subject};
use crate::findings::Findings;
use crate::json::{Kind, parse, schema};
use crate::rules::{bundle as rules, json};
use crate::settings::Settings;

/// The file that makes a directory a bundle.
const CONFIG: &str = "config.json";

/// Checks the bundle in the directory `dir`.
///
/// # Errors
/// If the directory cannot be looked into. A file that is missing, or not what it should be, is a finding.
pub fn check(dir: &Path, settings: &Settings) -> io::Result<Findings> {
    let mut settings = settings.clone();
    // Limits of 2^64 - 1 are how a bundle says "none"; image-spec's advice on numbers is about images.
    settings.ignore.push(json::NUMBER.id.to_owned());
    let mut findings = Findings::new(Arc::new(settings), Subject::File(CONFIG.to_owned()));
    if !dir.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is no directory"));
    }
    let Some(bytes) = files::config(&dir.join(CONFIG), &mut findings)? else { return Ok(findings) };
    let Some(document) = parse(bytes, DOCUMENT, &mut findings) else { return Ok(findings) };
    let root = document.root();
    if root.kind() == Kind::Object {
        schema::check(root, &config::CONFIG, &rules::CONFIG, &mut findings);
        files::rootfs(dir, root, &mut findings);
    } else {
        let message = format!("it is {}, not an object", root.kind().as_str());
        findings.add(&rules::CONFIG, Place::Whole, message);
    }
    Ok(findings)
}
