//! Annotations, by `conversion.md`, "Annotation Fields": those that the config implies, then its
//! labels over them, then the caller's over both.

use ocidian_spec::{Annotations, ExecConfig, ImageConfig};

/// Keys that make a runtime act on the host: crun's own switches (one names a file of the host to
/// write), properties of the container's systemd unit, Kata's settings. An image has no say in
/// these; `conversion.md` lets a converter leave them out and wants it said.
const SWITCHES: &[&str] = &["run.oci.", "org.systemd.property.", "io.katacontainers."];

/// The document's annotations.
pub(super) fn convert(
    config: &ImageConfig,
    exec: &ExecConfig,
    own: &Annotations,
    warnings: &mut Vec<String>,
) -> Annotations {
    let mut all = implied(config, exec);
    for (key, value) in exec.labels.iter().flatten() {
        if key.is_empty() {
            warnings.push("a label without a name is left out".to_owned());
        } else if SWITCHES.iter().any(|prefix| key.starts_with(prefix)) {
            warnings.push(format!(
                "label {key:?} is left out: runtimes take orders by it; give it with --annotation if you trust it"
            ));
        } else {
            all.insert(key.clone(), value.clone());
        }
    }
    all.extend(own.clone());
    all
}

fn implied(config: &ImageConfig, exec: &ExecConfig) -> Annotations {
    let ports = exec.exposed_ports.as_ref().map(|ports| {
        let keys: Vec<_> = ports.keys().map(String::as_str).collect();
        keys.join(",")
    });
    let members = [
        ("os", Some(config.os.clone())),
        ("architecture", Some(config.architecture.clone())),
        ("variant", config.variant.clone()),
        ("os.version", config.os_version.clone()),
        ("os.features", config.os_features.as_ref().map(|features| features.join(","))),
        ("author", config.author.clone()),
        ("created", config.created.clone()),
        ("stopSignal", exec.stop_signal.clone()),
        ("exposedPorts", ports),
    ];
    let said = |(name, value): (&str, Option<String>)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some((format!("org.opencontainers.image.{name}"), value))
    };
    members.into_iter().filter_map(said).collect()
}
