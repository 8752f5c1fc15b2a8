//! Looking for pieces of secrets where there must be none.

use std::collections::HashSet;

/// Bytes of a piece. A masked key shows fewer characters in a row.
pub const PIECE: usize = 8;

/// All pieces of some secrets.
///
/// ```
/// use palisade_tests::pieces::Pieces;
///
/// let pieces = Pieces::of(["correct horse battery staple"]);
/// assert_eq!(pieces.find(b"a horse, a stable"), None);
/// assert_eq!(pieces.find(b"a horse battery"), Some(1));
/// ```
#[derive(Debug)]
pub struct Pieces {
    pieces: HashSet<[u8; PIECE]>,
    /// Whether a piece begins with these two bytes: most places are settled by this alone.
    beginnings: Vec<bool>,
}

impl Pieces {
    /// The pieces of secrets of at least [`PIECE`] bytes; shorter ones have none.
    pub fn of(secrets: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let mut pieces = HashSet::new();
        let mut beginnings = vec![false; 1 << 16];
        for secret in secrets {
            for piece in windows(secret.as_ref()) {
                if let Some(begins) = beginnings.get_mut(beginning(piece)) {
                    *begins = true;
                }
                pieces.insert(piece);
            }
        }
        Self { pieces, beginnings }
    }

    /// Where the first piece stands in `bytes`.
    pub fn find(&self, bytes: &[u8]) -> Option<usize> {
        let begins = |piece| self.beginnings.get(beginning(piece)).copied().unwrap_or_default();
        windows(bytes).position(|piece| begins(piece) && self.pieces.contains(&piece))
    }
}

fn windows(bytes: &[u8]) -> impl Iterator<Item = [u8; PIECE]> {
    bytes.array_windows::<PIECE>().copied()
}

fn beginning([first, second, ..]: [u8; PIECE]) -> usize {
    usize::from(first) << 8 | usize::from(second)
}
