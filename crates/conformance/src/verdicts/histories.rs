//! Configs: the layers and how they came to be.

use serde_json::json;

use super::image::simple;
use super::pointer::{remove, set};
use crate::validation::ValidationCase as Case;

const CONFIG: &str = "config.md, Properties";
const DIFF_ID: &str = "config.md, Layer DiffID";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::invalid(
            ["config-rootfs-missing", "a config without a rootfs", CONFIG, "It is required."],
            "config-rootfs",
            |b| {
                simple(b);
                b.config(|x| remove(x, "", "rootfs"));
            },
        ),
        Case::invalid(
            ["config-rootfs-type", "a rootfs of another type than layers", CONFIG, "It must be layers."],
            "config-rootfs-type",
            |b| {
                simple(b);
                b.config(|x| set(x, "/rootfs/type", "layers+base"));
            },
        ),
        Case::invalid(
            ["config-diff-ids-null", "diff_ids that are null", CONFIG, "They are an array."],
            "config-diff-ids",
            |b| {
                simple(b);
                b.config(|x| set(x, "/rootfs/diff_ids", json!(null)));
            },
        ),
        Case::invalid(
            ["config-diff-id", "a diff_id without an algorithm", DIFF_ID, "It is a digest."],
            "config-diff-id",
            |b| {
                simple(b);
                b.config(|x| set(x, "/rootfs/diff_ids/0", "1".repeat(64)));
            },
        ),
        Case::invalid(
            ["config-diff-ids-few", "no diff_id for the layer", CONFIG, "There is one for each layer."],
            "config-diff-id-count",
            |b| {
                simple(b);
                b.config(|x| set(x, "/rootfs/diff_ids", json!([])));
            },
        ),
        Case::invalid(
            ["config-diff-ids-many", "two diff_ids for one layer", CONFIG, "There is one for each layer."],
            "config-diff-id-count",
            |b| {
                simple(b);
                b.config(|x| {
                    let first = x["rootfs"]["diff_ids"][0].clone();
                    set(x, "/rootfs/diff_ids/1", first)
                });
            },
        ),
        Case::invalid(
            ["config-history", "a history of strings", CONFIG, "It is an array of objects."],
            "config-history",
            |b| {
                simple(b);
                b.config(|x| set(x, "/history", json!(["ADD file"])));
            },
        ),
        Case::invalid(
            ["config-history-created", "a step's time that is a number", CONFIG, "It is a time by RFC 3339."],
            "config-history-created",
            |b| {
                simple(b);
                b.config(|x| set(x, "/history", json!([{ "created": 1446330174 }])));
            },
        ),
        Case::invalid(
            ["config-history-member", "a step's command as a list", CONFIG, "It is a string."],
            "config-history-member",
            |b| {
                simple(b);
                b.config(|x| set(x, "/history", json!([{ "created_by": ["ADD", "file"] }])));
            },
        ),
        Case::invalid(
            [
                "config-history-excess",
                "a history of more layers than there are",
                CONFIG,
                "Steps without a layer say empty_layer.",
            ],
            "config-history-excess",
            |b| {
                simple(b);
                b.config(|x| set(x, "/history", json!([{}, {}])));
            },
        ),
        Case::odd(
            [
                "config-history-missing",
                "a history of fewer layers than there are",
                CONFIG,
                "Each layer has its step.",
            ],
            |b| {
                simple(b);
                b.config(|x| set(x, "/history", json!([{ "empty_layer": true }])));
            },
        )
        .warned("config-history-missing"),
    ]
}
