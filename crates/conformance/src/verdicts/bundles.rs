//! Runtime bundles: their files, and config.json as a whole.

use serde_json::json;

use super::pointer::{remove, set};
use crate::layout::Node;
use crate::validation::Conformity::{Invalid, Odd, Valid};
use crate::validation::ValidationCase as Case;

const BUNDLE: &str = "bundle.md, Filesystem Bundle";
const EXTENSIBILITY: &str = "config.md, Extensibility";
const VERSION: &str = "config.md, Specification version";
const ROOT: &str = "config.md, Root";
const PLATFORM: &str = "config.md, Platform-specific configuration";
const ANNOTATIONS: &str = "config.md, Annotations";
const HOSTNAME: &str = "config.md, Hostname";
const VM: &str = "config-vm.md, Virtual-machine-specific Container Configuration";
const WINDOWS: &str = "config-windows.md, LayerFolders";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::bundle(
            ["bundle", "a bundle", BUNDLE, "A config.json and the root file system that it names."],
            Valid,
            |_| {},
        ),
        Case::bundle(
            [
                "bundle-unknown-members",
                "members that nobody knows",
                EXTENSIBILITY,
                "Unknown properties must be ignored.",
            ],
            Valid,
            |b| b.config(|c| set(c, "/example", json!({ "a": [1, null] }))),
        ),
        Case::bundle(
            ["bundle-no-config", "a bundle without config.json", BUNDLE, "The file is required."],
            Invalid,
            |b| b.replace_config(None),
        )
        .breaks("bundle-config"),
        Case::bundle(
            ["bundle-config-directory", "a config.json that is a directory", BUNDLE, "It must be a file."],
            Invalid,
            |b| b.replace_config(Some(Node::Directory)),
        )
        .breaks("bundle-config"),
        Case::bundle(
            [
                "bundle-config-fifo",
                "a config.json that is a FIFO",
                BUNDLE,
                "Opened without looking it would block for ever.",
            ],
            Invalid,
            |b| b.replace_config(Some(Node::Fifo)),
        )
        .breaks("bundle-config"),
        Case::bundle(
            ["bundle-config-array", "a config.json that is an array", BUNDLE, "It must be an object."],
            Invalid,
            |b| b.replace_config(Some(Node::File(b"[]".to_vec()))),
        )
        .breaks("bundle-config"),
        Case::bundle(
            ["bundle-config-cut-off", "a config.json that is cut off", BUNDLE, "It must be JSON."],
            Invalid,
            |b| b.replace_config(Some(Node::File(br#"{"ociVersion": "1.0"#.to_vec()))),
        )
        .breaks("json-syntax"),
        Case::bundle(
            ["bundle-version", "a version of two numbers", VERSION, "Semantic versions have three."],
            Invalid,
            |b| b.config(|c| set(c, "/ociVersion", "1.2")),
        )
        .breaks("bundle-version"),
        Case::bundle(
            ["bundle-version-missing", "a document without a version", VERSION, "ociVersion is required."],
            Invalid,
            |b| b.config(|c| remove(c, "", "ociVersion")),
        )
        .breaks("bundle-version"),
        Case::bundle(
            [
                "bundle-version-pre-release",
                "a version with a suffix",
                VERSION,
                "Semantic versions may have one.",
            ],
            Valid,
            |b| b.config(|c| set(c, "/ociVersion", "1.0.2-dev+build.5")),
        ),
        Case::bundle(
            [
                "bundle-version-later",
                "a version that is not there yet",
                VERSION,
                "Later versions may mean something else.",
            ],
            Odd,
            |b| b.config(|c| set(c, "/ociVersion", "2.0.0")),
        )
        .noted("bundle-version-known"),
        Case::bundle(
            [
                "bundle-root-missing",
                "a document without a root",
                ROOT,
                "On other platforms than Windows it is required.",
            ],
            Invalid,
            |b| b.config(|c| remove(c, "", "root")),
        )
        .breaks("bundle-root"),
        Case::bundle(
            ["bundle-root-pathless", "a root without a path", ROOT, "The path is required."],
            Invalid,
            |b| b.config(|c| remove(c, "/root", "path")),
        )
        .breaks("bundle-root"),
        Case::bundle(
            [
                "bundle-rootfs-missing",
                "a root file system that is not there",
                ROOT,
                "A directory must exist at the path.",
            ],
            Invalid,
            |b| b.without_rootfs(),
        )
        .breaks("bundle-rootfs"),
        Case::bundle(
            [
                "bundle-rootfs-file",
                "a root file system that is a file",
                ROOT,
                "A directory must exist at the path.",
            ],
            Invalid,
            |b| {
                b.without_rootfs();
                b.extra("rootfs", Node::File(Vec::new()));
            },
        )
        .breaks("bundle-rootfs"),
        Case::bundle(
            [
                "bundle-root-name",
                "a root file system in another directory",
                ROOT,
                "It should be the conventional rootfs.",
            ],
            Odd,
            |b| {
                b.extra("tree", Node::Directory);
                b.config(|c| set(c, "/root/path", "tree"));
            },
        )
        .warned("bundle-root-name"),
        Case::bundle(
            [
                "bundle-two-platforms",
                "sections for Linux and Solaris",
                PLATFORM,
                "Each is for its own platform.",
            ],
            Odd,
            |b| b.config(|c| set(c, "/solaris", json!({}))),
        )
        .warned("bundle-platform"),
        Case::bundle(
            [
                "bundle-annotation-value",
                "an annotation that is a number",
                ANNOTATIONS,
                "Values must be strings.",
            ],
            Invalid,
            |b| b.config(|c| set(c, "/annotations/com.example.n", 1)),
        )
        .breaks("bundle-annotations"),
        Case::bundle(
            [
                "bundle-annotation-empty",
                "an annotation without a key",
                ANNOTATIONS,
                "Keys must not be empty.",
            ],
            Invalid,
            |b| b.config(|c| set(c, "/annotations/", "x")),
        )
        .breaks("bundle-annotations"),
        Case::bundle(
            [
                "bundle-annotation-key",
                "an annotation without a domain",
                ANNOTATIONS,
                "Keys should be in reverse domain notation.",
            ],
            Odd,
            |b| b.config(|c| set(c, "/annotations/maintainer", "x")),
        )
        .warned("bundle-annotation-key"),
        Case::bundle(
            ["bundle-hostname", "a host name that is a number", HOSTNAME, "It is a string."],
            Invalid,
            |b| b.config(|c| set(c, "/hostname", 7)),
        )
        .breaks("bundle-hostname"),
        Case::bundle(
            [
                "bundle-hostname-of-the-host",
                "a host name without a UTS namespace",
                HOSTNAME,
                "The host's own name would change.",
            ],
            Odd,
            |b| b.config(|c| set(c, "/linux/namespaces", json!([{ "type": "user" }]))),
        )
        .warned("bundle-hostname-namespace"),
        Case::bundle(
            ["bundle-vm-kernel", "a virtual machine without a kernel", VM, "The kernel is required."],
            Invalid,
            |b| b.config(|c| set(c, "/vm", json!({}))),
        )
        .breaks("bundle-vm"),
        Case::bundle(
            [
                "bundle-windows-layers",
                "a Windows section without layers",
                WINDOWS,
                "layerFolders is required.",
            ],
            Invalid,
            |b| b.config(|c| set(c, "/windows", json!({}))),
        )
        .breaks("bundle-windows"),
    ]
}
