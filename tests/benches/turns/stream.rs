//! What the provider says: a thousand events of a hundred bytes.

/// Events of the answer that carry a token.
pub(crate) const EVENTS: usize = 1_000;
/// A question.
pub(crate) const QUESTION: &str = r#"{"messages":[{"id":"1","role":"user","parts":[{"type":"text","text":"Which articles are drafts?"}]}]}"#;
/// A conversation that waits for its user: there is nothing to do for a turn.
pub(crate) const WAITING: &str = r#"{"messages":[{"id":"1","role":"user","parts":[{"type":"text","text":"Delete article 3"}]},{"id":"2","role":"assistant","parts":[{"type":"step-start"},{"type":"tool-items","toolCallId":"c","state":"approval-requested","input":{"action":"delete","collection":"articles","keys":[3]},"approval":{"id":"a"}}]}]}"#;

/// One event, its blank line included.
const EVENT: &str = "data: {\"id\":\"chatcmpl-C7kPq2\",\"choices\":[{\"index\":0,\"delta\":\
                     {\"content\":\" word\"},\"logprobs\":null}]}\n\n";
const _: () = assert!(EVENT.len() == 100);
const END: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
                   data: [DONE]\n\n";

/// The events of an answer.
pub(crate) fn events() -> impl Iterator<Item = &'static str> {
    std::iter::repeat_n(EVENT, EVENTS).chain([END])
}
