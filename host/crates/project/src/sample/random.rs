//! Numbers that look random and are the same every time: SplitMix64 (Steele, Lea, Flood 2014).

/// A seeded generator. For the sample's contents only, never for secrets.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    }

    /// A number below `end`; 0 where that is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next().checked_rem(end).unwrap_or_default()
    }

    /// Whether a chance of `percent` in a hundred came true.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the texts; empty where there is none.
    pub(super) fn pick(&mut self, texts: &[&'static str]) -> &'static str {
        let length = u64::try_from(texts.len()).unwrap_or_default();
        let index = usize::try_from(self.below(length)).unwrap_or_default();
        texts.get(index).copied().unwrap_or_default()
    }

    /// A UUID of version 4.
    pub(super) fn uuid(&mut self) -> String {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
    }
}
