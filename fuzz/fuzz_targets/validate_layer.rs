//! Any bytes as a layer to validate: nothing panics, and what is found to be without an error can be read as one.

#![no_main]

use std::io::Cursor;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ocidian_layer::compress::WindowBudget;
use ocidian_layer::tar::Limits;
use ocidian_layer::{Changeset, LayerStream};
use ocidian_spec::{Algorithm, Compression};
use ocidian_validate::findings::{Collected, Findings};
use ocidian_validate::layer::{Expected, check};
use ocidian_validate::{Level, Settings, Subject};

/// More than that of a bomb proves nothing.
const MOST: u64 = 4 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, blob)) = bytes.split_first() else { return };
    let compression = match first % 3 {
        0 => Compression::None,
        1 => Compression::Gzip,
        _ => Compression::Zstd,
    };
    let spawn = || LayerStream::spawn(Cursor::new(blob.to_vec()), compression, &Algorithm::Sha256);
    let limits = Limits { max_bytes: Some(MOST), ..Limits::default() };
    let Ok(stream) = spawn() else { return };
    let mut changes = Changeset::new(stream, limits);
    let read = loop {
        match changes.next_change() {
            Ok(Some(_)) => {}
            Ok(None) => break changes.finish().is_ok(),
            Err(ocidian_layer::Error::Limit { .. }) => return,
            Err(_) => break false,
        }
    };
    let expected =
        Expected { compression: Some(compression), lowest: first & 0x80 == 0, ..Expected::default() };
    let mut findings = Findings::new(Arc::new(Settings::default()), Subject::File("layer".to_owned()));
    check(Cursor::new(blob.to_vec()), &expected, &WindowBudget::default(), &mut findings);
    let mut all = Collected::default();
    all.merge(0, findings);
    let errors = all.into_parts().0.iter().any(|finding| finding.rule.level == Level::Error);
    assert!(read || errors, "refused, but without an error");
});
