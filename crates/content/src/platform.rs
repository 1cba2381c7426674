//! Which image serves which choice: what a machine runs is not what a person means by a name.

use ocidian_spec::Platform;

/// How well `have` serves `wanted`: `None` not at all, else the lower the better. With `runs`, `wanted` is
/// a machine, and whatever its CPU runs will do. Without, it is what a person typed: another architecture
/// or a lesser variant than the one named is not that, and where none is named any variant is.
pub(crate) fn rank(wanted: &Platform, have: &Platform, runs: bool) -> Option<u32> {
    let distance = have.distance(wanted);
    if runs || distance == Some(0) {
        return distance;
    }
    let (want, has) = (wanted.normalized(), have.normalized());
    if wanted.variant.is_some() || (&want.os, &want.architecture) != (&has.os, &has.architecture) {
        return None;
    }
    Some(distance.unwrap_or(u32::MAX))
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
            ("linux/amd64", "linux/amd64/v3", false, Some(u32::MAX)),
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
