//! The order rules of the UI message stream, checked on every chunk of every test.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

#[derive(Default)]
pub(crate) struct Protocol {
    started: bool,
    in_step: bool,
    finished: bool,
    failed: bool,
    open_blocks: BTreeSet<String>,
    /// Calls of this turn, with their name and whether they are dynamic.
    calls: BTreeMap<String, (String, bool)>,
    inputs: BTreeSet<String>,
}

impl Protocol {
    pub(crate) fn accept(&mut self, chunk: &Value) {
        let kind = chunk["type"].as_str().expect("a type");
        let text = |name: &str| chunk[name].as_str().unwrap_or_default().to_owned();
        let dynamic = chunk["dynamic"] == true;
        let call = text("toolCallId");
        assert!(!self.failed, "{chunk} after an error");
        assert!(!self.finished || kind.starts_with("data-"), "{chunk} after the finish");
        assert_eq!(self.started, kind != "start", "start comes first and once: {chunk}");
        match kind {
            "start" => self.started = true,
            "start-step" => assert!(!std::mem::replace(&mut self.in_step, true)),
            "finish-step" => {
                assert!(std::mem::replace(&mut self.in_step, false));
                assert!(self.open_blocks.is_empty(), "a block is open at the end of its step");
            }
            "text-start" | "reasoning-start" => {
                assert!(self.in_step && self.open_blocks.insert(text("id")));
            }
            "text-delta" | "reasoning-delta" => {
                assert!(self.open_blocks.contains(&text("id")));
                assert!(!text("delta").is_empty(), "an empty delta");
            }
            "text-end" | "reasoning-end" => assert!(self.open_blocks.remove(&text("id"))),
            "tool-input-start" => {
                assert!(self.in_step && self.open_blocks.is_empty());
                let known = self.calls.insert(call.clone(), (text("toolName"), dynamic));
                assert!(known.is_none(), "the id {call} is used twice");
            }
            "tool-input-delta" => assert!(self.calls.contains_key(&call)),
            "tool-input-available" | "tool-input-error" => {
                assert_eq!(self.calls[&call], (text("toolName"), dynamic), "{chunk}");
                assert!(self.inputs.insert(call), "two inputs: {chunk}");
            }
            "tool-approval-request" | "tool-output-available" | "tool-output-denied" => {
                self.of_known_input(&call, chunk);
            }
            "tool-output-error" => {
                self.of_known_input(&call, chunk);
                if let Some((_, known)) = self.calls.get(&call) {
                    assert_eq!(*known, dynamic, "{chunk}");
                }
            }
            "finish" => {
                assert!(!self.in_step, "finish within a step");
                self.finished = true;
            }
            "error" => self.failed = true,
            "source-url" => assert!(self.in_step, "{chunk}"),
            "data-usage" => assert!(self.finished, "{chunk}"),
            _ => assert!(kind.starts_with("data-"), "{chunk}"),
        }
    }

    /// Outputs outside of a step belong to calls of the posted message.
    fn of_known_input(&self, call: &str, chunk: &Value) {
        assert!(!self.in_step || self.inputs.contains(call), "{chunk} without its input");
    }

    pub(crate) fn ended(&self) {
        assert!(self.failed || self.finished, "the stream has no end");
    }
}
