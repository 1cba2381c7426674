//! Which platform fits which: GOOS and GOARCH exactly, variants by what a CPU of that variant runs.

use std::env::consts;

use ocidian_spec::Platform;

/// This machine's platform, in Go's words.
pub fn host() -> Platform {
    let os = match consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let little = cfg!(target_endian = "little");
    let architecture = match consts::ARCH {
        "x86_64" => "amd64",
        "x86" => "386",
        "aarch64" => "arm64",
        "powerpc64" if little => "ppc64le",
        "powerpc64" => "ppc64",
        "loongarch64" => "loong64",
        "mips64" if little => "mips64le",
        "mips" if little => "mipsle",
        other => other,
    };
    Platform::new(os, architecture)
}

/// How well `have` serves `wanted`: `None` not at all, else the lower the better. `runs` also takes the
/// variants that a CPU of the wanted one runs (an image for arm v6 on v7) and, unlike `!runs`, none above the
/// baseline where no variant is wanted: `linux/amd64` typed by a person means any variant, this machine does not.
pub fn rank(wanted: &Platform, have: &Platform, runs: bool) -> Option<u8> {
    if wanted.os != have.os || wanted.architecture != have.architecture {
        return None;
    }
    if wanted.os_version.is_some() && wanted.os_version != have.os_version {
        return None;
    }
    let (want, has) = (variant(wanted), variant(have));
    if want == has {
        return Some(0);
    }
    let below = number(want).zip(number(has)).and_then(|(want, has)| want.checked_sub(has));
    match below {
        Some(steps) if steps > 0 && (runs || wanted.variant.is_none()) => Some(steps),
        _ if wanted.variant.is_none() && !runs => Some(u8::MAX),
        _ => None,
    }
}

/// The variant with its defaults dropped or written out, so that equal CPUs compare equal.
fn variant(platform: &Platform) -> &str {
    match (platform.architecture.as_str(), platform.variant.as_deref().unwrap_or_default()) {
        ("arm64", "v8" | "8") | ("amd64", "v1") => "",
        ("arm", "" | "7") => "v7",
        ("arm", "6") => "v6",
        ("arm", "5") => "v5",
        (_, variant) => variant,
    }
}

fn number(variant: &str) -> Option<u8> {
    variant.strip_prefix('v')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_fit_as_their_cpus_do() {
        for (wanted, have, runs, expected) in [
            ("linux/amd64", "linux/amd64", true, Some(0)),
            ("linux/amd64", "linux/amd64/v1", true, Some(0)),
            ("linux/amd64", "linux/amd64/v3", true, None),
            ("linux/amd64", "linux/amd64/v3", false, Some(u8::MAX)),
            ("linux/arm64", "linux/arm64/v8", true, Some(0)),
            ("linux/arm64/v8", "linux/arm64", false, Some(0)),
            ("linux/arm", "linux/arm/v7", true, Some(0)),
            ("linux/arm", "linux/arm/v6", true, Some(1)),
            ("linux/arm", "linux/arm/v5", false, Some(2)),
            ("linux/arm/v6", "linux/arm/v7", true, None),
            ("linux/arm/v7", "linux/arm/v6", false, None),
            ("linux/arm/v7", "linux/arm/v6", true, Some(1)),
            ("linux/arm", "linux/arm64", false, None),
            ("linux/amd64", "windows/amd64", false, None),
        ] {
            let parse = |text: &str| text.parse::<Platform>().unwrap();
            assert_eq!(rank(&parse(wanted), &parse(have), runs), expected, "{wanted} {have} {runs}");
        }
    }
}
