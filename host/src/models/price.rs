//! What a call costs.

use palisade_sandbox::ProviderUsage;

/// Prices are per this many tokens.
const TOKENS: u128 = 1_000_000;

/// Prices of one kind of tokens each, in millionths of the currency per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Input that is neither read from nor written to a cache.
    pub input: u64,
    /// Input that is read from a cache.
    pub cached: u64,
    /// Input that is written to a cache.
    pub cache_write: u64,
    /// Output, reasoning included.
    pub output: u64,
}

/// What a model costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// The rates of a call.
    pub rates: Rates,
    /// The rates of a call with a long input.
    pub long: Option<LongPrice>,
}

/// What all tokens of a call cost whose input is long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongPrice {
    /// Input tokens that a call has to have more of, cached ones included.
    pub above: u64,
    /// The rates then.
    pub rates: Rates,
}

impl Price {
    /// The cost of a call in millionths of the currency, rounded up.
    pub fn cost_micros(&self, usage: &ProviderUsage) -> u64 {
        let rates = match &self.long {
            Some(long) if usage.input_tokens > long.above => &long.rates,
            _ => &self.rates,
        };
        // Counts are the provider's and may contradict each other.
        let cached = usage.cached_tokens.min(usage.input_tokens);
        let written = usage.cache_written_tokens.min(usage.input_tokens - cached);
        let plain = usage.input_tokens - cached - written;
        let sum: u128 = [
            (plain, rates.input),
            (cached, rates.cached),
            (written, rates.cache_write),
            (usage.output_tokens, rates.output),
        ]
        .into_iter()
        .map(|(tokens, rate)| u128::from(tokens) * u128::from(rate))
        .fold(0, u128::saturating_add);
        u64::try_from(sum.div_ceil(TOKENS)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: Rates =
        Rates { input: 3_000_000, cached: 300_000, cache_write: 3_750_000, output: 15_000_000 };

    fn cost(price: &Price, input: u64, cached: u64, written: u64, output: u64) -> u64 {
        price.cost_micros(&ProviderUsage {
            input_tokens: input,
            cached_tokens: cached,
            cache_written_tokens: written,
            output_tokens: output,
            reasoning_tokens: output,
        })
    }

    #[test]
    fn each_kind_of_tokens_has_its_rate() {
        let price = Price { rates: RATES, long: None };
        assert_eq!(cost(&price, 1_000_000, 0, 0, 0), 3_000_000);
        assert_eq!(cost(&price, 0, 0, 0, 1_000_000), 15_000_000, "reasoning isn't paid twice");
        assert_eq!(cost(&price, 1_000, 600, 300, 100), 300 + 180 + 1_125 + 1_500);
    }

    #[test]
    fn a_part_of_a_millionth_is_a_whole_one() {
        let cheap = Rates { input: 1, cached: 0, cache_write: 0, output: 0 };
        let price = Price { rates: cheap, long: None };
        assert_eq!(cost(&price, 0, 0, 0, 0), 0);
        assert_eq!(cost(&price, 1, 0, 0, 0), 1);
        assert_eq!(cost(&price, 1_000_000, 0, 0, 0), 1);
        assert_eq!(cost(&price, 1_000_001, 0, 0, 0), 2);
    }

    #[test]
    fn a_long_input_has_rates_of_its_own_for_the_whole_call() {
        let long = Rates { input: 6_000_000, output: 22_500_000, ..RATES };
        let price = Price { rates: RATES, long: Some(LongPrice { above: 200_000, rates: long }) };
        assert_eq!(cost(&price, 200_000, 0, 0, 1_000), 600_000 + 15_000);
        assert_eq!(cost(&price, 200_001, 0, 0, 1_000), 1_200_006 + 22_500);
        assert_eq!(cost(&price, 200_001, 200_001, 0, 0), 60_001, "cached input counts as well");
    }

    #[test]
    fn counts_that_contradict_each_other_neither_overflow_nor_go_below_zero() {
        let price = Price { rates: RATES, long: None };
        assert_eq!(cost(&price, 10, 20, 30, 0), 3);
        assert_eq!(cost(&price, u64::MAX, u64::MAX, u64::MAX, u64::MAX), u64::MAX);
    }
}
