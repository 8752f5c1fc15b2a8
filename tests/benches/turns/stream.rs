//! What providers say: a thousand events with a token each, as each kind of provider writes them.

/// Events of the answer that carry a token.
pub(crate) const EVENTS: usize = 1_000;
/// The token.
pub(crate) const TOKEN: &str = " word";
/// A question.
pub(crate) const QUESTION: &str = r#"{"messages":[{"id":"1","role":"user","parts":[{"type":"text","text":"Which articles are drafts?"}]}]}"#;
/// A conversation that waits for its user: there is nothing to do for a turn.
pub(crate) const WAITING: &str = r#"{"messages":[{"id":"1","role":"user","parts":[{"type":"text","text":"Delete article 3"}]},{"id":"2","role":"assistant","parts":[{"type":"step-start"},{"type":"tool-items","toolCallId":"c","state":"approval-requested","input":{"action":"delete","collection":"articles","keys":[3]},"approval":{"id":"a"}}]}]}"#;

/// How one kind of provider writes an answer.
pub(crate) struct Wire {
    /// The kind, as the configuration names it.
    pub(crate) kind: &'static str,
    /// What comes before the tokens.
    begin: &'static str,
    /// One event with a token, its blank line included.
    event: &'static str,
    /// What comes after them.
    end: &'static str,
}

/// All kinds that differ on the wire.
pub(crate) const WIRES: [Wire; 4] = [
    Wire {
        kind: "openai-compatible",
        begin: "",
        event: "data: {\"id\":\"chatcmpl-C7kPq2\",\"choices\":[{\"index\":0,\"delta\":\
                {\"content\":\" word\"},\"logprobs\":null}]}\n\n",
        end: "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
              data: [DONE]\n\n",
    },
    Wire {
        kind: "openai",
        begin: "data: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":\
                {\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[]}}\n\n",
        event: "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\
                \"sequence_number\":7,\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\
                \"delta\":\" word\",\"logprobs\":[],\"obfuscation\":\"k3Vq9\"}\n\n",
        end: "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\
              \"status\":\"completed\",\"output\":[]}}\n\n",
    },
    Wire {
        kind: "anthropic",
        begin: "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9}}}\n\n\
                data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":\
                {\"type\":\"text\",\"text\":\"\"}}\n\n",
        event: "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\
                \"delta\":{\"type\":\"text_delta\",\"text\":\" word\"}}\n\n",
        end: "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
              data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\
              \"usage\":{\"output_tokens\":1000}}\n\ndata: {\"type\":\"message_stop\"}\n\n",
    },
    Wire {
        kind: "google",
        begin: "",
        event: "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\" word\"}],\
                \"role\":\"model\"},\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":9,\
                \"candidatesTokenCount\":7,\"totalTokenCount\":16},\
                \"modelVersion\":\"bench-1\",\"responseId\":\"r1\"}\r\n\r\n",
        end: "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"},\
              \"finishReason\":\"STOP\",\"index\":0}]}\r\n\r\n",
    },
];

impl Wire {
    /// The events of an answer with so many tokens.
    pub(crate) fn events(&self, tokens: usize) -> impl Iterator<Item = &'static str> {
        let tokens = std::iter::repeat_n(self.event, tokens);
        [self.begin].into_iter().chain(tokens).chain([self.end]).filter(|event| !event.is_empty())
    }
}
