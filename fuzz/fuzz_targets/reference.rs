//! Any text as any name: what is read is written as a text that reads as the same.
#![no_main]

use std::fmt::Debug;
use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use ocidian_spec::{Digest, ImageSource, MediaType, Platform, RefName, Reference};

fuzz_target!(|text: &str| {
    round_trip::<Reference>(text);
    round_trip::<ImageSource>(text);
    round_trip::<RefName>(text);
    round_trip::<Platform>(text);
    round_trip::<MediaType>(text);
    round_trip::<Digest>(text);
    if let Ok(platform) = text.parse::<Platform>() {
        assert_eq!(platform.normalized().normalized(), platform.normalized());
        let _ = platform.distance(&Platform::host());
    }
});

fn round_trip<T: FromStr + ToString + PartialEq + Debug>(text: &str) {
    if let Ok(name) = text.parse::<T>() {
        assert_eq!(name.to_string().parse::<T>().ok(), Some(name));
    }
}
