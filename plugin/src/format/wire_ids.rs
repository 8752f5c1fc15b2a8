//! Tool call ids as a provider takes them.
//!
//! The browser's id of a call is unique in its message; a provider wants back the id that it gave,
//! or at least one of a shape that it accepts.

use std::collections::{BTreeMap, BTreeSet};

/// The shape of ids that a provider accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdShape {
    /// `^[a-zA-Z0-9_-]{1,64}$`: OpenAI's rule, which nearly all others follow.
    Common,
    /// Exactly 9 of `[a-zA-Z0-9]`: Mistral.
    Nine,
}

impl IdShape {
    fn accepts(self, id: &str) -> bool {
        match self {
            Self::Common => {
                (1..=64).contains(&id.len())
                    && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
            }
            Self::Nine => id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        }
    }

    fn make(self, number: usize) -> String {
        match self {
            Self::Common => format!("call_{number}"),
            Self::Nine => format!("c{number:08}"),
        }
    }
}

/// The ids of one request.
#[derive(Debug)]
pub(super) struct WireIds {
    shape: IdShape,
    by_call: BTreeMap<String, String>,
    taken: BTreeSet<String>,
}

impl WireIds {
    pub(super) fn new(shape: IdShape) -> Self {
        Self { shape, by_call: BTreeMap::new(), taken: BTreeSet::new() }
    }

    /// The provider's id for a call: what the provider itself gave where that is known and free,
    /// else the call's own id where its shape fits, else a new one.
    pub(super) fn of_call(&mut self, id: &str, given: Option<&str>) -> String {
        if let Some(known) = self.by_call.get(id) {
            return known.clone();
        }
        let candidate = given
            .into_iter()
            .chain([id])
            .find(|candidate| self.shape.accepts(candidate) && !self.taken.contains(*candidate))
            .map(String::from);
        let wire_id = candidate.unwrap_or_else(|| {
            let mut number = self.by_call.len();
            loop {
                let made = self.shape.make(number);
                if !self.taken.contains(&made) {
                    return made;
                }
                number += 1;
            }
        });
        self.taken.insert(wire_id.clone());
        self.by_call.insert(id.into(), wire_id.clone());
        wire_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_their_call_fit_the_provider_and_never_meet() {
        let mut ids = WireIds::new(IdShape::Common);
        assert_eq!(ids.of_call("call_2", None), "call_2");
        assert_eq!(ids.of_call("own", Some("given")), "given");
        assert_eq!(ids.of_call("given", Some("given")), "call_3", "taken by another call");
        assert_eq!(ids.of_call("has spaces", None), "call_4");
        assert_eq!(ids.of_call("own", Some("given")), "given", "the same call again");

        let mut ids = WireIds::new(IdShape::Nine);
        assert_eq!(ids.of_call("D681PevKs", None), "D681PevKs");
        assert_eq!(ids.of_call("call_abc", None), "c00000001");
        assert_eq!(ids.of_call("call_abd", None), "c00000002");
    }
}
