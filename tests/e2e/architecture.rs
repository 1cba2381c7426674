//! Imports go one way, and a crate gains a dependency only on purpose: ARCHITECTURE.md's floors,
//! held by what Cargo itself says. Dev-dependencies are outside it.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package};

/// Every crate with its floor, from the binary (4) down to `spec` (0), and all that it may depend
/// on. A new dependency is added here and, with its reason, in deny.toml.
const CRATES: [(&str, u8, &[&str]); 9] = [
    (
        "ocidian",
        4,
        &[
            "anyhow",
            "clap",
            "clap_complete",
            "clap_mangen",
            "indicatif",
            "ocidian-conformance",
            "ocidian-build",
            "ocidian-content",
            "ocidian-image-layout",
            "ocidian-layer",
            "ocidian-spec",
            "ocidian-unpack",
            "ocidian-validate",
            "rustix",
            "serde",
            "serde_json",
            "signal-hook",
            "tracing",
            "tracing-subscriber",
        ],
    ),
    (
        "ocidian-validate",
        3,
        &[
            "base64",
            "ocidian-content",
            "ocidian-image-layout",
            "ocidian-layer",
            "ocidian-spec",
            "rustix",
            "serde",
            "serde_json",
            "thiserror",
        ],
    ),
    (
        "ocidian-build",
        3,
        &[
            "ocidian-content",
            "ocidian-layer",
            "ocidian-spec",
            "ocidian-unpack",
            "rustix",
            "serde_json",
            "thiserror",
        ],
    ),
    // The cases are over `spec` alone; the runner looks at what the program under test left behind.
    ("ocidian-conformance", 3, &["ocidian-spec", "rustix", "serde", "serde_json"]),
    (
        "ocidian-unpack",
        2,
        &[
            "nix",
            "ocidian-content",
            "ocidian-layer",
            "ocidian-spec",
            "rustix",
            "serde",
            "serde_json",
            "thiserror",
            "tracing",
        ],
    ),
    (
        "ocidian-image-layout",
        2,
        &[
            "ocidian-content",
            "ocidian-layer",
            "ocidian-spec",
            "rustix",
            "serde",
            "serde_json",
            "tempfile",
            "thiserror",
            "tracing",
        ],
    ),
    ("ocidian-layer", 1, &["flate2", "libdeflater", "ocidian-spec", "thiserror", "zstd"]),
    ("ocidian-content", 1, &["base64", "ocidian-spec", "serde_json", "thiserror", "tracing"]),
    ("ocidian-spec", 0, &["base64", "blake3", "ring", "serde", "serde_json", "sha2", "thiserror"]),
];

/// Crates that are never published and on no floor: nothing but tests may depend on them.
const CHORES: [&str; 2] = ["ocidian-testkit", "xtask"];

/// Pairs on neighbouring floors that must not see each other.
const STRANGERS: [(&str, &str); 6] = [
    ("ocidian-unpack", "ocidian-image-layout"),
    ("ocidian-unpack", "ocidian-distribution"),
    ("ocidian-distribution", "ocidian-unpack"),
    ("ocidian-build", "ocidian-image-layout"),
    ("ocidian-build", "ocidian-distribution"),
    ("ocidian-conformance", "ocidian-content"),
];

fn metadata() -> Metadata {
    // This platform's packages are there, because the tests were built; others' would be fetched.
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    MetadataCommand::new()
        .manifest_path(crate::bin::repository().join("Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .other_options(["--filter-platform".to_owned(), platform])
        .exec()
        .unwrap()
}

fn dependencies(package: &Package) -> BTreeSet<&str> {
    let counts = |kind| matches!(kind, DependencyKind::Normal | DependencyKind::Build);
    package.dependencies.iter().filter(|d| counts(d.kind)).map(|d| d.name.as_str()).collect()
}

#[test]
fn every_crate_has_a_floor() {
    let known: BTreeSet<&str> = CRATES.iter().map(|(name, ..)| *name).chain(CHORES).collect();
    let metadata = metadata();
    let found: BTreeSet<&str> = metadata.workspace_packages().iter().map(|p| p.name.as_str()).collect();
    assert_eq!(found, known, "a new crate gets a floor and a list of dependencies in this file");
}

#[test]
fn imports_go_down() {
    let floors: BTreeMap<&str, u8> = CRATES.iter().map(|(name, floor, _)| (*name, *floor)).collect();
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        let Some(floor) = floors.get(package.name.as_str()) else { continue };
        for name in dependencies(package) {
            if let Some(other) = floors.get(name) {
                // Neighbours on the two middle floors may see each other where no pair below says no.
                assert!(other < floor, "{} (floor {floor}) imports {name} (floor {other})", package.name);
            }
            assert!(!CHORES.contains(&name), "{} imports {name}, which is for tests", package.name);
        }
    }
}

#[test]
fn strangers_do_not_meet() {
    let metadata = metadata();
    for (name, stranger) in STRANGERS {
        for package in metadata.workspace_packages().iter().filter(|p| p.name.as_str() == name) {
            assert!(!dependencies(package).contains(stranger), "{name} must not know {stranger}");
        }
    }
}

#[test]
fn no_crate_gains_a_dependency_unnoticed() {
    let metadata = metadata();
    for (name, _, allowed) in CRATES {
        let package = metadata.workspace_packages().into_iter().find(|p| p.name.as_str() == name).unwrap();
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        let new: Vec<_> = dependencies(package).difference(&allowed).copied().collect();
        assert!(new.is_empty(), "{name} gained {new:?}: say why in deny.toml, then allow it here");
    }
}

#[test]
fn every_direct_dependency_has_its_reason() {
    let reasons = std::fs::read_to_string(crate::bin::repository().join("deny.toml")).unwrap();
    let named: BTreeSet<&str> =
        reasons.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).collect();
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        for dependency in package.dependencies.iter().filter(|d| d.path.is_none()) {
            let name = dependency.name.as_str();
            assert!(
                named.contains(name),
                "{} depends on {name}, of which deny.toml says nothing",
                package.name
            );
        }
    }
}

/// The first string on each line of deny.toml's `list` that begins with `prefix`.
fn listed(list: &str, prefix: &str) -> Vec<String> {
    let text = std::fs::read_to_string(crate::bin::repository().join("deny.toml")).unwrap();
    let (_, rest) = text.split_once(&format!("\n{list} = [\n")).unwrap();
    let (inside, _) = rest.split_once("\n]").unwrap();
    let begins = |line: &&str| line.trim_start().starts_with(prefix);
    let quoted = |line: &str| Some(line.split('"').nth(1)?.to_owned());
    inside.lines().filter(begins).filter_map(quoted).collect()
}

#[test]
fn licences_are_among_those_allowed() {
    let allowed = listed("allow", "\"");
    assert!(allowed.iter().any(|licence| licence == "MIT"), "{allowed:?}");
    for package in metadata().packages {
        let licence = package.license.as_deref().unwrap_or_default();
        // Enough of SPDX for what occurs: every conjunct needs one alternative that is allowed.
        let flat = licence.replace(['(', ')'], "").replace('/', " OR ");
        let fine = flat.split(" AND ").all(|alternatives| {
            alternatives.split(" OR ").any(|licence| allowed.iter().any(|one| one == licence.trim()))
        });
        assert!(fine, "{} is under {licence:?}", package.name);
    }
}

#[test]
fn nothing_banned_comes_in_and_all_from_one_source() {
    let banned = listed("deny", "{ crate = ");
    assert!(banned.iter().any(|name| name == "libz-sys"), "{banned:?}");
    let lock = std::fs::read_to_string(crate::bin::repository().join("Cargo.lock")).unwrap();
    let values = |key: &str| -> BTreeSet<String> {
        let prefix = format!("{key} = \"");
        let value = |line: &str| Some(line.strip_prefix(&prefix)?.trim_end_matches('"').to_owned());
        lock.lines().filter_map(value).collect()
    };
    let names = values("name");
    assert!(names.contains("flate2"));
    for name in &banned {
        assert!(!names.contains(name), "{name} has come in: deny.toml says why it must not");
    }
    let sources = values("source");
    assert!(sources.len() == 1 && sources.iter().all(|from| from.starts_with("registry+")), "{sources:?}");
}
