//! Our own `validate` as one of the programs that the cases are for: its verdicts, and its memory.

use ocidian_conformance::layout::{LAYER_ZSTD, LayoutBuilder};
use ocidian_conformance::runner::{Options, run_validate};
use ocidian_conformance::validation::Build;
use ocidian_conformance::{Conformity, ValidationCase, tar, validation_cases, zstd};

use ocidian_testkit::require;

use crate::bin::{ok, path};
use crate::room::Room;

/// What no input may make the binary take, PERFORMANCE's bytes an entry aside.
const MOST: u64 = 256 << 20;

fn passes(tool: &str, cases: &[ValidationCase]) {
    let room = Room::new();
    let options = Options { dir: room.path().to_owned(), max_memory: Some(MOST), ..Options::default() };
    let report = run_validate(tool, cases, &options).unwrap();
    assert!(report.count("passed") > 0);
    assert_eq!(report.count("failed"), 0, "{report}");
}

#[test]
fn its_verdict_on_every_layout_is_the_cases() {
    passes(&format!("{} validate -q oci:{{layout}}", path().display()), &validation_cases());
}

#[test]
fn its_verdict_on_every_bundle_is_the_cases() {
    passes(&format!("{} validate -q --as bundle {{bundle}}", path().display()), &validation_cases());
}

#[test]
fn bundles_that_runtimes_make_are_right() {
    let room = Room::new();
    for (runtime, arguments) in
        [("runc", &["spec"][..]), ("runc", &["spec", "--rootless"]), ("crun", &["spec"])]
    {
        let [runtime] = require!(runtime);
        let bundle = room.path().join("bundle");
        std::fs::create_dir_all(bundle.join("rootfs")).unwrap();
        let made = runtime.command().args(arguments).current_dir(&bundle).status().unwrap();
        assert!(made.success(), "{arguments:?}");
        ok(["validate", "--strict", bundle.to_str().unwrap()]);
        std::fs::remove_dir_all(&bundle).unwrap();
    }
}

/// Three layers that each ask for 128 MiB of window, and fill it.
fn windows(b: &mut LayoutBuilder) {
    const BLOCKS: usize = 1100;
    const WINDOW_128_MIB: u8 = 17 << 3;
    for name in ["a", "b", "c"] {
        // The last two blocks of zeros end the archive.
        let size = u64::try_from(BLOCKS * (128 << 10) - 2 * tar::BLOCK).unwrap();
        let header = tar::Header::new(name.as_bytes(), b'0').octal(tar::SIZE, size);
        let (blob, plain) = zstd::zero_bomb_with_window(&header.bytes(), BLOCKS, WINDOW_128_MIB);
        b.layer_blob(LAYER_ZSTD, blob, &plain);
    }
}

#[test]
fn windows_of_layers_that_are_read_at_once_share_one_budget() {
    let case = ValidationCase {
        id: "windows",
        title: "three layers with windows of 128 MiB",
        section: "layer.md, +zstd Media Types",
        about: "Together they ask for more memory than there is to give.",
        build: Build::Layout(windows),
        verdict: Conformity::Odd,
        findings: Vec::new(),
        beyond_the_image: false,
    };
    passes(&format!("{} validate -q oci:{{layout}}", path().display()), &[case]);
}
