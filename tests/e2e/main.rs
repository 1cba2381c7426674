//! End-to-end tests: the built binary beside other tools, on real trees. One binary, because each
//! would link everything again; one module a subject.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics, in its helpers too")]

mod architecture;
mod bin;
mod build_images;
mod build_same;
mod build_trees;
mod cli_images;
mod cli_look;
mod cli_shell;
mod cli_unpack;
mod cli_usage;
mod conformance_validate;
mod conformance_verb;
mod copy_choice;
mod copy_convert;
mod copy_forms;
mod copy_images;
mod docs;
mod edit_append;
mod edit_layers;
mod edit_mutate;
mod fixtures;
mod found_images;
mod inspect_bad;
mod inspect_layers;
mod inspect_space;
mod inspect_tree;
mod layout_bad_input;
mod layout_full_disk;
mod layout_gc;
mod layout_index;
mod layout_init;
mod layout_killed;
mod layout_lossless;
mod layout_many_writers;
mod layout_new;
mod layout_rm;
mod layout_steps;
mod layout_tag;
mod repack_bundles;
mod repack_trees;
mod room;
mod store_reflink;
mod store_room;
mod unpack_attributes;
mod unpack_conformance;
mod unpack_limits;
mod unpack_mtree;
mod unpack_overlay;
mod unpack_peers;
mod unpack_rootless;
mod unpack_targets;
mod whole;
