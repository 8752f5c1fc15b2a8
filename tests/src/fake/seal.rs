//! Reasoning state that a client must give back as it got it: opaque texts which the provider can check
//! without remembering that it issued them.

/// Makes the opaque text that vouches for `content`.
///
/// `purpose` begins the text, as each service's own texts have a beginning; `number` makes two texts for
/// the same content differ. All of it is made of characters that Base64 has too.
pub(super) fn seal(purpose: &str, number: u64, content: &str) -> String {
    let first = hash(0xcbf2_9ce4_8422_2325, &[purpose.as_bytes(), &number.to_be_bytes()]);
    let second = hash(first, &[content.as_bytes()]);
    format!("{purpose}{number:08x}{first:016x}{second:016x}")
}

/// Whether `sealed` is the text that was made for `content`.
pub(super) fn holds(purpose: &str, sealed: &str, content: &str) -> bool {
    sealed
        .strip_prefix(purpose)
        .and_then(|rest| rest.get(..8))
        .and_then(|number| u64::from_str_radix(number, 16).ok())
        .is_some_and(|number| seal(purpose, number, content) == sealed)
}

/// FNV-1a: this finds what a client changed by mistake, and nobody attacks a fake.
fn hash(start: u64, parts: &[&[u8]]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.iter());
    bytes.fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
