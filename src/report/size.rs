//! Numbers for people. Exact ones are in the JSON.

/// Bytes in decimal units, as skopeo, docker and disk makers count: `2.2 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        // 999.95 would be shown as 1000.0.
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

/// A count with its noun, in the plural where English wants it: `1 layer`, `2 entries`.
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_decimal_and_never_a_thousand() {
        let table = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (2_220_094, "2.2 MB"),
            (u64::MAX, "18.4 EB"),
        ];
        for (given, expected) in table {
            assert_eq!(bytes(given), expected);
        }
    }

    #[test]
    fn nouns_agree_with_their_number() {
        assert_eq!(count(1, "layer", "layers"), "1 layer");
        assert_eq!(count(0, "layer", "layers"), "0 layers");
    }
}
