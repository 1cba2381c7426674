//! The documents of image-spec, and the one of Docker's.

use ocidian_spec::{Digest, MediaType};
use proptest::prelude::*;

use crate::generate::{array, object, raw, string, strings, word};
use crate::tree::Tree;

fn digest() -> BoxedStrategy<Tree> {
    prop_oneof![string("sha256:[0-9a-f]{64}"), string("[a-z0-9]{1,5}(\\+[a-z]{1,3})?:[a-zA-Z0-9=_-]{1,20}")]
        .prop_filter("a known algorithm's digest has its length", |tree| match tree {
            Tree::String(text) => text.parse::<Digest>().is_ok(),
            _ => false,
        })
        .boxed()
}

fn platform() -> BoxedStrategy<Tree> {
    object(
        vec![("architecture", string("\\PC{0,5}")), ("os", string("[a-z]{0,5}"))],
        vec![],
        vec![
            ("os.version", string("[0-9.]{0,5}")),
            ("os.features", array(string("[a-z]{0,5}"))),
            ("variant", string("v[0-9]")),
        ],
    )
}

fn descriptor() -> BoxedStrategy<Tree> {
    let size = (0..=i64::MAX).prop_map(|size| Tree::Word(size.to_string())).boxed();
    object(
        vec![("mediaType", string("\\PC{0,9}")), ("digest", digest()), ("size", size)],
        vec![],
        vec![
            ("urls", array(string("\\PC{0,9}"))),
            ("annotations", strings()),
            ("data", string("[a-z=]{0,8}")),
            ("platform", platform()),
            ("artifactType", string("[a-z/]{0,9}")),
        ],
    )
}

pub(crate) fn manifest() -> BoxedStrategy<Tree> {
    let media_type = Just(Tree::String(MediaType::ImageManifest.to_string())).boxed();
    object(
        vec![("schemaVersion", word("2")), ("mediaType", media_type), ("config", descriptor())],
        vec![("layers", array(descriptor()))],
        vec![("artifactType", string("[a-z/]{0,9}")), ("subject", descriptor()), ("annotations", strings())],
    )
}

pub(crate) fn index() -> BoxedStrategy<Tree> {
    let media_type = Just(Tree::String(MediaType::ImageIndex.to_string())).boxed();
    object(
        vec![("schemaVersion", word("2")), ("mediaType", media_type)],
        vec![("manifests", array(descriptor()))],
        vec![("artifactType", string("[a-z/]{0,9}")), ("subject", descriptor()), ("annotations", strings())],
    )
}

pub(crate) fn config() -> BoxedStrategy<Tree> {
    let text = || string("\\PC{0,9}");
    let exec = object(
        vec![],
        vec![],
        vec![
            ("User", text()),
            ("ExposedPorts", raw()),
            ("Env", array(text())),
            ("Entrypoint", array(text())),
            ("Cmd", array(text())),
            ("Volumes", raw()),
            ("WorkingDir", text()),
            ("Labels", strings()),
            ("StopSignal", text()),
        ],
    );
    let history = object(
        vec![],
        vec![],
        vec![
            ("created", text()),
            ("author", text()),
            ("created_by", text()),
            ("comment", text()),
            ("empty_layer", word("true")),
        ],
    );
    let rootfs = object(vec![("type", text())], vec![("diff_ids", array(digest()))], vec![]);
    object(
        vec![("architecture", text()), ("os", text()), ("rootfs", rootfs)],
        vec![],
        vec![
            ("created", text()),
            ("author", text()),
            ("os.version", text()),
            ("os.features", array(text())),
            ("variant", text()),
            ("config", exec),
            ("history", array(history)),
        ],
    )
}

pub(crate) fn docker_archive() -> BoxedStrategy<Tree> {
    let text = || string("\\PC{0,9}");
    let image =
        object(vec![("Config", text())], vec![("Layers", array(text()))], vec![("RepoTags", array(text()))]);
    array(image)
}

pub(crate) fn layout() -> BoxedStrategy<Tree> {
    object(vec![("imageLayoutVersion", string("[0-9.]{0,5}"))], vec![], vec![])
}
