//! Ids of tool calls as the browser knows them.

use std::collections::BTreeSet;

/// Gives out ids that are unique in the posted conversation and in the turn.
///
/// Unique in the message is what the browser needs. The host also recognises the answer to an
/// approval by the call's id, so a provider that calls every first call `call_0` must not make a new
/// call look like an old one that the user has answered.
#[derive(Debug)]
pub(super) struct CallIds {
    taken: BTreeSet<String>,
    turn: String,
    made: usize,
}

impl CallIds {
    pub(super) fn new<'a>(turn_id: &str, posted: impl Iterator<Item = &'a str>) -> Self {
        let turn = turn_id.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
        Self { taken: posted.map(String::from).collect(), turn, made: 0 }
    }

    /// An id for a call: the provider's where it is of a usual shape and free, else a new one.
    pub(super) fn assign(&mut self, provider_id: Option<&str>) -> String {
        if let Some(id) = provider_id
            && is_usual(id)
            && self.taken.insert(id.into())
        {
            return id.into();
        }
        loop {
            self.made += 1;
            let id = format!("call_{}_{}", self.turn, self.made);
            if self.taken.insert(id.clone()) {
                return id;
            }
        }
    }
}

fn is_usual(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_given_once() {
        let mut ids = CallIds::new("0199-ab", ["call_0"].into_iter());
        assert_eq!(ids.assign(Some("call_1")), "call_1");
        assert_eq!(ids.assign(Some("call_1")), "call_0199ab_1", "twice in the turn");
        assert_eq!(ids.assign(Some("call_0")), "call_0199ab_2", "posted before");
        assert_eq!(ids.assign(None), "call_0199ab_3");
        assert_eq!(ids.assign(Some("<b>")), "call_0199ab_4", "of no usual shape");
        assert_eq!(ids.assign(Some(&"x".repeat(65))), "call_0199ab_5");
    }
}
