//! A number for many.

use std::time::Duration;

/// Where measurements lie.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spread {
    pub(super) median: Duration,
    /// 99 of 100 are at most this.
    pub(super) most_of_all: Duration,
    pub(super) most: Duration,
}

impl Spread {
    pub(super) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |part: usize| {
            let index = times.len().saturating_sub(1) * part / 100;
            times.get(index).copied().unwrap_or_default()
        };
        Self { median: at(50), most_of_all: at(99), most: at(100) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_found_in_any_order_and_in_nothing() {
        let spread = Spread::of((0..=100).rev().map(Duration::from_millis).collect());
        let found = [spread.median, spread.most_of_all, spread.most];
        assert_eq!(found.map(|time| time.as_millis()), [50, 99, 100]);
        assert_eq!(Spread::of(Vec::new()).most, Duration::ZERO);
    }
}
