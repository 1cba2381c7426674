//! Every conformance case, by the binary itself.

use ocidian_conformance::cases;
use ocidian_conformance::runner::{Options, run_unpack};
use ocidian_testkit::require_able;

use crate::bin;
use crate::room::Room;

#[test]
fn every_case_ends_as_the_specification_asks() {
    require_able!(Root);
    let tool = format!(
        "{} unpack -q oci:{{layout}}:{{tag}} {{bundle}} [--max-bytes {{max_bytes}} --max-entries {{max_entries}}]",
        bin::path().display()
    );
    let run = move || {
        let room = Room::new();
        let options = Options { dir: room.path().to_owned(), ..Options::default() };
        run_unpack(&tool, &cases(), &options).unwrap()
    };
    // The runner looks at trees of a thousand levels, a call a level.
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(run).unwrap();
    let report = thread.join().unwrap();
    let other = report.cases.len() - report.count("passed");
    assert_eq!(other, 0, "{report}");
}
