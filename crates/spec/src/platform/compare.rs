//! Which platform stands for which, and which is the better of two.

use super::Platform;

impl Platform {
    /// The platform that this program was built for. A 32-bit ARM counts as `v7`: what the CPU
    /// really is, only the running system knows.
    pub fn host() -> Self {
        use std::env::consts::{ARCH, OS};
        let little = cfg!(target_endian = "little");
        let architecture = match ARCH {
            "x86" => "386",
            "powerpc" => "ppc",
            "powerpc64" if little => "ppc64le",
            "powerpc64" => "ppc64",
            "mips" | "mips32r6" if little => "mipsle",
            "mips64" | "mips64r6" if little => "mips64le",
            "loongarch64" => "loong64",
            other => other,
        };
        Self::new(OS, architecture).normalized()
    }

    /// The platform under its canonical names, so that equal platforms compare as equal: Go's names,
    /// in lower case; the variant that an architecture has anyway left out, but `v7` added to `arm`.
    pub fn normalized(&self) -> Self {
        let os = match self.os.to_ascii_lowercase() {
            os if os == "macos" => "darwin".to_owned(),
            os => os,
        };
        let written = self.variant.as_deref().unwrap_or_default().to_ascii_lowercase();
        let name = self.architecture.to_ascii_lowercase();
        let (architecture, variant) = match (name.as_str(), written.as_str()) {
            ("i386", _) => ("386", ""),
            ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
            ("x86_64" | "x86-64" | "amd64", variant) => ("amd64", variant),
            ("aarch64" | "arm64", "8" | "v8" | "v8.0") => ("arm64", ""),
            ("aarch64" | "arm64", "v9.0") => ("arm64", "v9"),
            ("aarch64" | "arm64", variant) => ("arm64", variant),
            ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
            ("armel", _) | ("arm", "6") => ("arm", "v6"),
            ("arm", "5") => ("arm", "v5"),
            ("arm", "8") => ("arm", "v8"),
            (architecture, variant) => (architecture, variant),
        };
        Self {
            architecture: architecture.to_owned(),
            os,
            variant: (!variant.is_empty()).then(|| variant.to_owned()),
            ..self.clone()
        }
    }

    /// Whether an image for this platform runs on `wanted`: [`Self::distance`] says how well.
    pub fn matches(&self, wanted: &Self) -> bool {
        self.distance(wanted).is_some()
    }

    /// Whether both are the same platform under whatever names, with no lesser CPU accepted.
    pub fn matches_exactly(&self, wanted: &Self) -> bool {
        self.distance(wanted) == Some(0)
    }

    /// How far an image for this platform is from what `wanted` asks for: 0 is just that, more is
    /// worse, and `None` does not run there. Of several, the least is best, and of equals the first
    /// (`image-index.md`: "the first matching entry SHOULD be used").
    ///
    /// As in containerd, a CPU runs what was built for lesser ones: `arm/v7` runs `v6` and `v5`,
    /// `amd64/v3` runs `v2`, `v1` and at last `386`, `arm64` runs 32-bit `arm` at last, and
    /// `arm64/v9.0` is `v8.5` and more. The version of the operating system counts on Windows, by
    /// its build; features count where `wanted` lists any: then the image may need no other.
    pub fn distance(&self, wanted: &Self) -> Option<u32> {
        let (image, wanted) = (self.normalized(), wanted.normalized());
        let unknown = |platform: &Self| platform.os == "unknown" || platform.architecture == "unknown";
        if unknown(&image) || unknown(&wanted) || image.os != wanted.os {
            return None;
        }
        if !version_fits(&image, &wanted) || !features_fit(&image, &wanted) {
            return None;
        }
        cpu_distance(&image, &wanted)
    }
}

/// On Windows the build (`major.minor.build`) must be the wanted one, where both say theirs.
fn version_fits(image: &Platform, wanted: &Platform) -> bool {
    fn build(version: &str) -> Vec<&str> {
        version.split('.').take(3).collect()
    }
    match (image.os.as_str(), &image.os_version, &wanted.os_version) {
        ("windows", Some(image), Some(wanted)) => {
            image.is_empty() || wanted.is_empty() || build(image) == build(wanted)
        }
        _ => true,
    }
}

fn features_fit(image: &Platform, wanted: &Platform) -> bool {
    match (&image.os_features, &wanted.os_features) {
        (Some(needed), Some(there)) => needed.iter().all(|feature| there.contains(feature)),
        _ => true,
    }
}

/// Farther than any variant of the same architecture.
const OTHER_ARCHITECTURE: u32 = 1 << 16;

fn cpu_distance(image: &Platform, wanted: &Platform) -> Option<u32> {
    if image.architecture == wanted.architecture && image.variant == wanted.variant {
        return Some(0);
    }
    match (image.architecture.as_str(), wanted.architecture.as_str()) {
        ("amd64", "amd64") => below(level(image, 1)?, level(wanted, 1)?),
        ("arm", "arm") => below(arm(image)?, arm(wanted)?),
        ("arm64", "arm64") => below_arm64(arm64(image)?, arm64(wanted)?),
        ("386", "amd64") if image.variant.is_none() => Some(OTHER_ARCHITECTURE),
        // Every 64-bit ARM that runs 32-bit programs at all runs those of v8.
        ("arm", "arm64") => arm64(wanted)
            .and(arm(image))
            .and_then(|image| 8_u32.checked_sub(image))
            .map(|distance| OTHER_ARCHITECTURE + distance),
        _ => None,
    }
}

fn below(image: u32, wanted: u32) -> Option<u32> {
    wanted.checked_sub(image)
}

/// `v3` is 3; no variant is `absent`. Two digits at most: no CPU has more.
fn level(platform: &Platform, absent: u32) -> Option<u32> {
    platform.variant.as_deref().map_or(Some(absent), |variant| number(variant.strip_prefix('v')?))
}

fn number(text: &str) -> Option<u32> {
    let short = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if short { text.parse().ok() } else { None }
}

/// 32-bit ARM, from v5 on as in containerd.
fn arm(platform: &Platform) -> Option<u32> {
    level(platform, 7).filter(|level| *level >= 5)
}

/// `v8.2` is (8, 2).
fn arm64(platform: &Platform) -> Option<(u32, u32)> {
    let variant = platform.variant.as_deref().unwrap_or("v8").strip_prefix('v')?;
    let (major, minor) = variant.split_once('.').unwrap_or((variant, "0"));
    Some((number(major)?, number(minor)?)).filter(|(major, _)| matches!(major, 8 | 9))
}

/// v9.0 grew out of v8.5, so v9.x runs what v8.(x + 5) runs.
fn below_arm64(image: (u32, u32), wanted: (u32, u32)) -> Option<u32> {
    match (image.0, wanted.0) {
        (8, 9) => below(image.1, wanted.1 + 5).map(|distance| distance + wanted.1 + 1),
        (image_major, wanted_major) if image_major == wanted_major => below(image.1, wanted.1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Platform {
        text.parse().unwrap()
    }

    #[test]
    fn other_names_for_the_same() {
        for (written, canonical) in [
            ("linux/x86_64", "linux/amd64"),
            ("Linux/AMD64/v1", "linux/amd64"),
            ("linux/x86-64/v2", "linux/amd64/v2"),
            ("linux/aarch64", "linux/arm64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/arm64/8", "linux/arm64"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/arm/6", "linux/arm/v6"),
            ("linux/armhf", "linux/arm/v7"),
            ("linux/armel", "linux/arm/v6"),
            ("linux/i386", "linux/386"),
            ("macos/arm64", "darwin/arm64"),
            ("linux/riscv64", "linux/riscv64"),
        ] {
            assert_eq!(parse(written).normalized().to_string(), canonical);
            assert!(parse(written).matches_exactly(&parse(canonical)));
        }
    }

    #[test]
    fn the_closest_is_best_and_greater_ones_do_not_run() {
        // Wanted, then what runs there, best first.
        for (wanted, best_first) in [
            ("linux/arm/v7", &["linux/arm", "linux/arm/v6", "linux/arm/v5"][..]),
            ("linux/arm/v8", &["linux/arm/v8", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5"]),
            ("linux/arm/v5", &["linux/arm/v5"]),
            ("linux/amd64", &["linux/amd64/v1", "linux/386"]),
            ("linux/amd64/v3", &["linux/amd64/v3", "linux/amd64/v2", "linux/amd64", "linux/386"]),
            (
                "linux/arm64",
                &["linux/arm64/v8", "linux/arm/v8", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5"],
            ),
            ("linux/arm64/v8.2", &["linux/arm64/v8.2", "linux/arm64/v8.1", "linux/arm64", "linux/arm/v8"]),
            (
                "linux/arm64/v9.1",
                &[
                    "linux/arm64/v9.1",
                    "linux/arm64/v9",
                    "linux/arm64/v8.6",
                    "linux/arm64/v8.5",
                    "linux/arm64",
                    "linux/arm",
                ],
            ),
            ("linux/386", &["linux/386"]),
            ("plan9/mips/odd", &["plan9/mips/odd"]),
        ] {
            let wanted = parse(wanted);
            let distances: Vec<_> = best_first.iter().map(|p| parse(p).distance(&wanted)).collect();
            assert_eq!(distances[0], Some(0), "{wanted}");
            assert!(distances.iter().all(Option::is_some), "{wanted}: {distances:?}");
            assert!(distances.windows(2).all(|pair| pair[0] < pair[1]), "{wanted}: {distances:?}");
        }
        for (image, wanted) in [
            ("linux/arm/v7", "linux/arm/v6"),
            ("linux/arm/v4", "linux/arm/v7"),
            ("linux/amd64/v2", "linux/amd64"),
            ("linux/amd64", "linux/386"),
            ("linux/arm64", "linux/arm/v8"),
            ("linux/arm64/v8.7", "linux/arm64/v9.1"),
            ("linux/arm64/v9", "linux/arm64/v8.9"),
            ("linux/amd64", "linux/arm64"),
            ("linux/amd64", "windows/amd64"),
            ("linux/amd64/v4000000000", "linux/amd64/v4000000001"),
            ("linux/amd64/v+2", "linux/amd64/v3"),
            ("linux/mips", "linux/mips/r6"),
            ("unknown/unknown", "unknown/unknown"),
            ("unknown/amd64", "unknown/amd64"),
            ("linux/unknown", "linux/unknown"),
        ] {
            let platform = |text: &str| {
                let mut parts = text.split('/').map(str::to_owned);
                let (os, architecture) = (parts.next().unwrap(), parts.next().unwrap());
                Platform { variant: parts.next(), ..Platform::new(os, architecture) }
            };
            assert!(!platform(image).matches(&platform(wanted)), "{image} on {wanted}");
        }
    }

    #[test]
    fn windows_versions_and_features() {
        let windows = |version: Option<&str>| Platform {
            os_version: version.map(str::to_owned),
            ..Platform::new("windows", "amd64")
        };
        let image = windows(Some("10.0.17763.1879"));
        assert!(image.matches(&windows(Some("10.0.17763.1"))));
        assert!(image.matches(&windows(None)));
        assert!(!image.matches(&windows(Some("10.0.20348.1"))));
        let features = |names: &[&str]| Platform {
            os_features: Some(names.iter().map(|name| (*name).to_owned()).collect()),
            ..windows(None)
        };
        assert!(features(&["win32k"]).matches(&windows(None)));
        assert!(features(&["win32k"]).matches(&features(&["x", "win32k"])));
        assert!(!features(&["win32k"]).matches(&features(&["x"])));
    }

    #[test]
    fn the_host_is_one_of_gos() {
        let host = Platform::host();
        assert!(host.matches_exactly(&host));
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        assert_eq!(host.to_string(), "linux/amd64");
    }

    #[test]
    fn text_is_os_architecture_variant() {
        for good in ["linux/amd64", "linux/arm/v7", "a.b/c-d/e_f"] {
            assert_eq!(parse(good).to_string(), good);
        }
        for bad in
            ["", "linux", "/", "linux/", "/amd64", "a/b/", "a/b/c/d", "a/b/c/", "linux /amd64", "a/*", "ä/b"]
        {
            assert!(bad.parse::<Platform>().is_err(), "{bad}");
        }
    }
}
