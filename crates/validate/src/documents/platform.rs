//! Platforms, and the values that the specification takes from Go. image-spec `image-index.md`.

use std::fmt;

use crate::finding::quote;
use crate::findings::Findings;
use crate::json::schema::{Object, Presence, Shape, member};
use crate::json::{Kind, Value};
use crate::rule::Rule;
use crate::rules::index as rule;

use Presence::{Optional, Required};

/// `platform` of a descriptor.
pub(super) static PLATFORM: Object = Object {
    what: "a platform",
    members: &[
        member("architecture", Required, Shape::String, &rule::ARCHITECTURE),
        member("os", Required, Shape::String, &rule::OS),
        member("os.version", Optional, Shape::String, &rule::OS_VERSION),
        member("os.features", Optional, Shape::Array(&Shape::String, &rule::OS_FEATURES), &rule::OS_FEATURES),
        member("variant", Optional, Shape::String, &rule::VARIANT),
        member("features", Optional, Shape::Also(&Shape::Any, reserved), &rule::FEATURES),
    ],
    check: Some(values),
};

/// The rules about values, which differ by where the platform stands.
pub(super) struct Rules {
    pub(super) architecture: &'static Rule,
    pub(super) os: &'static Rule,
    pub(super) variant: &'static Rule,
    pub(super) windows_features: &'static Rule,
}

static OF_DESCRIPTORS: Rules = Rules {
    architecture: &rule::ARCHITECTURE_KNOWN,
    os: &rule::OS_KNOWN,
    variant: &rule::VARIANT_KNOWN,
    windows_features: &rule::WINDOWS_FEATURES,
};

fn reserved(value: Value<'_>, findings: &mut Findings) {
    findings.add(&rule::FEATURES, value, "features is reserved");
}

fn values(platform: Value<'_>, findings: &mut Findings) {
    check_values(platform, &OF_DESCRIPTORS, findings);
}

/// <https://go.dev/doc/install/source#environment>
const GOOS: [&str; 15] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "illumos",
    "ios",
    "js",
    "linux",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
];
const GOARCH: [&str; 14] = [
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le",
    "riscv64", "s390x", "wasm",
];

/// Checks `os`, `architecture`, `variant` and `os.features` of a platform, or of a config, which has them too.
pub(super) fn check_values(value: Value<'_>, rules: &Rules, findings: &mut Findings) {
    let unknown = |name: &str, known: &[&str], what: &str, rule, findings: &mut Findings| {
        if let Some(found) = value.get(name)
            && let Some(text) = found.as_str()
            && !known.contains(&&*text)
        {
            findings.add(rule, found, format_args!("{} is no value of {what}", quote(&text)));
        }
    };
    unknown("os", &GOOS, "GOOS", rules.os, findings);
    unknown("architecture", &GOARCH, "GOARCH", rules.architecture, findings);
    if let (Some(architecture), Some(variant)) = (value.text("architecture"), value.get("variant"))
        && let Some(text) = variant.as_str()
        && !variant_fits(&architecture, &text)
    {
        findings.add(
            rules.variant,
            variant,
            format_args!("{} is no variant of {architecture} in the table", quote(&text)),
        );
    }
    let features = value.get("os.features").filter(|features| features.kind() == Kind::Array);
    if let Some(features) = features.filter(|_| value.text("os").is_some_and(|os| os == "windows")) {
        for feature in features.elements() {
            if let Some(text) = feature.as_str().filter(|text| text != "win32k") {
                findings.add(rules.windows_features, feature, format_args!("{} is not listed", quote(&text)));
            }
        }
    }
}

/// The table "Platform Variants", whose rows go on: what looks like the values that are listed.
fn variant_fits(architecture: &str, variant: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit());
    let after = |prefix: &str| variant.strip_prefix(prefix).unwrap_or_default();
    match architecture {
        "arm" => matches!(variant, "v6" | "v7" | "v8"),
        "arm64" => {
            let (major, minor) = after("v").split_once('.').unwrap_or((after("v"), "0"));
            matches!(major, "8" | "9") && number(minor)
        }
        "amd64" => number(after("v")),
        "ppc64le" => number(after("power")),
        "riscv64" => after("rva").strip_suffix("u64").is_some_and(number),
        // Not in the table: values are implementation-defined.
        _ => true,
    }
}

/// What a descriptor or a config says of its platform; for comparing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Platform {
    pub(crate) os: String,
    pub(crate) architecture: String,
    pub(crate) variant: Option<String>,
    pub(crate) os_version: Option<String>,
}

impl Platform {
    /// Reads a platform, or a config. `None` where os or architecture are missing.
    pub(crate) fn read(value: Value<'_>) -> Option<Self> {
        let optional = |name| value.text(name).filter(|text| !text.is_empty()).map(|text| text.into_owned());
        Some(Self {
            os: value.text("os")?.into_owned(),
            architecture: value.text("architecture")?.into_owned(),
            variant: optional("variant"),
            os_version: optional("os.version"),
        })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quote(&format!("{}/{}", self.os, self.architecture)))
    }
}

#[cfg(test)]
mod tests {
    use super::variant_fits;

    #[test]
    fn the_table_of_variants() {
        for (architecture, variant, fits) in [
            ("arm", "v7", true),
            ("arm", "v5", false),
            ("arm", "7", false),
            ("arm64", "v8", true),
            ("arm64", "v8.1", true),
            ("arm64", "v9", true),
            ("arm64", "v7", false),
            ("arm64", "v8.", false),
            ("amd64", "v3", true),
            ("amd64", "", false),
            ("ppc64le", "power9", true),
            ("ppc64le", "9", false),
            ("riscv64", "rva22u64", true),
            ("riscv64", "rv64gc", false),
            ("mips", "softfloat", true),
        ] {
            assert_eq!(variant_fits(architecture, variant), fits, "{architecture} {variant}");
        }
    }
}
