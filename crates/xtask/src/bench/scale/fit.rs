//! How a program's time grows with what it is given.

/// What one program took for each n, in growing order.
pub(crate) struct Series {
    pub(crate) program: String,
    /// n, seconds, bytes of memory.
    pub(crate) points: Vec<(u64, f64, u64)>,
}

/// How much worse than n log n a step may look on a machine that does other things too.
const NOISE: f64 = 1.25;
/// Runs that are shorter say more of starting than of growing.
const SECONDS: f64 = 0.05;

impl Series {
    /// The exponent that fits the upper three points best, by least squares of logarithms: below them, starting
    /// costs more than n does. Nothing of fewer than two.
    pub(crate) fn exponent(&self) -> Option<f64> {
        let upper = &self.points[self.points.len().saturating_sub(3)..];
        if upper.len() < 2 {
            return None;
        }
        let logs: Vec<(f64, f64)> = upper.iter().map(|(n, wall, _)| ((*n as f64).ln(), wall.ln())).collect();
        let mean = |value: fn(&(f64, f64)) -> f64| logs.iter().map(value).sum::<f64>() / logs.len() as f64;
        let (x, y) = (mean(|log| log.0), mean(|log| log.1));
        let (above, below) = logs.iter().fold((0.0, 0.0), |(above, below), log| {
            (above + (log.0 - x) * (log.1 - y), below + (log.0 - x).powi(2))
        });
        Some(above / below)
    }

    /// Whether no step up takes more than its part of n log n, but for noise.
    pub(crate) fn at_most_n_log_n(&self) -> bool {
        let cost = |n: u64| n as f64 * (n as f64 + 1.0).ln();
        self.points.windows(2).all(|pair| {
            let [(n, wall, _), (more, longer, _)] = pair else { return true };
            *longer < SECONDS || longer / wall.max(SECONDS / 10.0) <= cost(*more) / cost(*n) * NOISE
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(points: &[(u64, f64)]) -> Series {
        let points = points.iter().map(|(n, wall)| (*n, *wall, 0)).collect();
        Series { program: "p".to_owned(), points }
    }

    #[test]
    fn the_exponent_is_of_the_upper_points() {
        let linear = series(&[(10, 1.0), (100, 1.0), (1_000, 10.0), (10_000, 100.0)]);
        assert!((linear.exponent().unwrap() - 1.0).abs() < 1e-9);
        let square = series(&[(10, 1.0), (100, 100.0)]);
        assert!((square.exponent().unwrap() - 2.0).abs() < 1e-9);
        assert_eq!(series(&[(10, 1.0)]).exponent(), None);
    }

    #[test]
    fn a_square_is_worse_than_n_log_n_and_what_is_short_is_not_judged() {
        assert!(series(&[(10, 0.1), (100, 1.0), (1_000, 10.0)]).at_most_n_log_n());
        assert!(!series(&[(10, 0.1), (100, 1.0), (1_000, 100.0)]).at_most_n_log_n());
        assert!(series(&[(10, 0.000_1), (100, 0.04)]).at_most_n_log_n());
    }
}
