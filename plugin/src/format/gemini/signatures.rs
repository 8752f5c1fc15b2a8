//! Thought signatures: opaque marks on parts of an answer that the model wants back on the very same
//! parts.
//!
//! A text streams in many parts, which are one block on the screen. The state of the block keeps which
//! piece of it came with a signature, so that the request can cut it there again.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The value that Google documents for calls that another model or provider made.
pub(super) const FOREIGN: &str = "skip_thought_signature_validator";

/// What is kept with a block of text or thoughts.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct BlockState<'a> {
    #[serde(borrow)]
    signed: Vec<Signed<'a>>,
}

/// A piece of a block that came as a part with a signature.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Signed<'a> {
    /// Bytes of the block before it.
    from: usize,
    /// Bytes of the block with it; the same as `from` for a part without text.
    to: usize,
    #[serde(borrow)]
    signature: Cow<'a, str>,
}

/// What is kept with a call.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct CallState<'a> {
    /// The id, where the provider gave one.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) signature: Option<Cow<'a, str>>,
}

impl CallState<'_> {
    /// The state as text; none where there is nothing to keep.
    pub(super) fn write(&self) -> Option<String> {
        let says_something = self.id.is_some() || self.signature.is_some();
        says_something.then(|| serde_json::to_string(self).ok()).flatten()
    }

    /// Reads what [`Self::write`] wrote. It was at the client and may be anything.
    pub(super) fn read(state: Option<&str>) -> CallState<'_> {
        state.and_then(|state| serde_json::from_str(state).ok()).unwrap_or_default()
    }
}

impl BlockState<'_> {
    /// The piece from one byte to another came with a signature.
    pub(super) fn sign(&mut self, from: usize, to: usize, signature: String) {
        self.signed.push(Signed { from, to, signature: signature.into() });
    }

    /// The state as text; none where nothing was signed. Leaves the state empty.
    pub(super) fn take(&mut self) -> Option<String> {
        let state = std::mem::take(self);
        (!state.signed.is_empty()).then(|| serde_json::to_string(&state).ok()).flatten()
    }
}

/// A piece of a block, with its signature where it has one.
pub(super) type Piece<'a> = (&'a str, Option<Cow<'a, str>>);

/// A block's text as the parts that it goes back in, each with its signature.
///
/// A state that doesn't fit the text is left out: signatures on other parts would be refused.
pub(super) fn parts<'a>(text: &'a str, state: Option<&'a str>) -> Vec<Piece<'a>> {
    let state: BlockState<'a> =
        state.and_then(|state| serde_json::from_str(state).ok()).unwrap_or_default();
    cut(text, state).unwrap_or_else(|| vec![(text, None)])
}

fn cut<'a>(text: &'a str, state: BlockState<'a>) -> Option<Vec<Piece<'a>>> {
    let (mut parts, mut done) = (Vec::new(), 0);
    for Signed { from, to, signature } in state.signed {
        let between = text.get(done..from)?;
        if !between.is_empty() {
            parts.push((between, None));
        }
        parts.push((text.get(from..to)?, Some(signature)));
        done = to;
    }
    let rest = text.get(done..)?;
    if !rest.is_empty() {
        parts.push((rest, None));
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_go_back_to_the_pieces_that_they_came_with() {
        let mut state = BlockState::default();
        state.sign(0, 3, "first\"".into());
        state.sign(6, 6, "last".into());
        let state = state.take().expect("a state");
        let parts = parts("Hé lo!", Some(&state));
        // The text has 7 bytes: "é" is two of them.
        assert_eq!(
            parts,
            [("Hé", Some("first\"".into())), (" lo", None), ("", Some("last".into())), ("!", None)]
        );
    }

    #[test]
    fn nothing_signed_is_nothing_kept() {
        assert_eq!(BlockState::default().take(), None);
        assert_eq!(CallState::default().write(), None);
        assert_eq!(parts("Hello", None), [("Hello", None)]);
        assert!(parts("", None).is_empty());
    }

    #[test]
    fn a_state_that_does_not_fit_is_left_out() {
        for state in [
            "null",
            "{\"signed\":[{\"from\":0,\"to\":99,\"signature\":\"s\"}]}",
            "{\"signed\":[{\"from\":3,\"to\":2,\"signature\":\"s\"}]}",
            "{\"signed\":[{\"from\":0,\"to\":2,\"signature\":\"s\"}]}",
        ] {
            assert_eq!(parts("Hé", Some(state)), [("Hé", None)], "{state}");
        }
        assert_eq!(CallState::read(Some("[]")), CallState::default());
    }
}
