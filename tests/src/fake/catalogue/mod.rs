//! Scenarios that are always there, as the model `scenario:NAME`.
//!
//! The tool calls are those of Palisade's built-in tools on the sample project `newsroom`. All scenarios
//! play in all protocols; what a quirk says of Chat Completions' chunks means nothing in the others.

mod answers;

use serde_json::json;

use self::answers::{
    ask_user, broken, closing, context_length, cut_in_tool_call, cut_object, delete, echo,
    error_event, finishing, html, long_event, object, only_done, quirk, rate_limited, read,
    reasoning, reasoning_redacted, reasoning_with_tools, redirect, refusal, seen_files,
    text_and_read, update, with_tools,
};
use super::{
    message::{MessageAnswer, Text, ToolCall},
    quirks::{InterruptionKind, LineEnding, ToolIds, ToolIndexes, UsagePlace, Write},
    scenario::{Answer, RawAnswer, Scenario},
};

/// The start of a model name that plays a scenario of the catalogue.
const PREFIX: &str = "scenario:";

/// The scenario of a model called `scenario:NAME`.
///
/// Besides [the names](scenario_names) there are `tokens-COUNT` and `tokens-COUNT-every-MILLISECONDS`,
/// which answer with that many one-word deltas (at most 100,000).
pub fn named_scenario(model: &str) -> Option<Scenario> {
    let name = model.strip_prefix(PREFIX)?;
    NAMED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, scenario)| scenario())
        .or_else(|| tokens(name))
}

/// The names of the catalogue.
pub fn scenario_names() -> impl Iterator<Item = &'static str> {
    NAMED.iter().map(|(name, _)| *name)
}

/// A name and the scenario that it makes.
type Named = (&'static str, fn() -> Scenario);

const NAMED: &[Named] = &[
    ("hello", || Scenario::of([Answer::text("Hello from the fake provider.")])),
    ("reasoning", || Scenario::of([reasoning("reasoning_content")])),
    ("reasoning-short-name", || Scenario::of([reasoning("reasoning")])),
    ("reasoning-with-tools", reasoning_with_tools),
    ("reasoning-redacted", reasoning_redacted),
    ("refusal", refusal),
    ("cut-short", || Scenario::of([finishing("length")])),
    ("filtered", || Scenario::of([finishing("content_filter")])),
    ("failed", || Scenario::of([finishing("error")])),
    ("files", seen_files),
    // Structured output; the schema is that of an object with the text `title` and the texts `tags`.
    ("object", || object(json!({"title": "Harbour reopens", "tags": ["harbour", "city"]}))),
    ("object-invalid", || object(json!({"title": 7}))),
    ("object-cut", cut_object),
    // Tools.
    ("read-articles", || with_tools([read("articles")])),
    ("two-reads", || with_tools([read("articles"), read("authors")])),
    ("three-reads", || with_tools([read("articles"), read("authors"), read("pages")])),
    ("text-and-read", text_and_read),
    ("update-article", || with_tools([update(3, "Renamed by the assistant")])),
    ("two-updates", || with_tools([update(3, "Third, renamed"), update(4, "Fourth, renamed")])),
    ("read-and-update", || with_tools([read("articles"), update(3, "Renamed by the assistant")])),
    ("delete-article", || with_tools([delete(3)])),
    ("schema", || with_tools([ToolCall::new("schema", json!({}))])),
    ("ask-user", || with_tools([ask_user()])),
    ("endless-reads", || Scenario::of([Answer::tools([read("articles")])]).repeating()),
    ("unknown-tool", || with_tools([ToolCall::new("launch_rocket", json!({"target": "moon"}))])),
    ("broken-arguments", || {
        with_tools([ToolCall::verbatim("items", "{\"action\":\"read\",\"collection\":")])
    }),
    ("wrong-arguments", || {
        with_tools([ToolCall::new("items", json!({"action": "read", "collection": 7}))])
    }),
    ("reused-call-id", || {
        Scenario::of([
            Answer::tools([read("articles").with_id("call_again")]),
            Answer::tools([read("authors").with_id("call_again")]),
            closing(),
        ])
    }),
    // Ways of writing that servers in the field have.
    ("quirk-index-zero", || quirk(|answer| answer.tool_indexes = ToolIndexes::AllZero)),
    ("quirk-index-missing", || quirk(|answer| answer.tool_indexes = ToolIndexes::Missing)),
    ("quirk-index-zero-whole", || {
        quirk(|answer| {
            answer.tool_indexes = ToolIndexes::AllZero;
            answer.whole_tool_calls = true;
        })
    }),
    ("quirk-id-missing", || quirk(|answer| answer.tool_ids = ToolIds::Missing)),
    ("quirk-id-missing-whole", || {
        quirk(|answer| {
            answer.tool_ids = ToolIds::Missing;
            answer.tool_indexes = ToolIndexes::Missing;
            answer.whole_tool_calls = true;
        })
    }),
    ("quirk-id-each", || quirk(|answer| answer.tool_ids = ToolIds::Each)),
    ("quirk-id-text-null", || quirk(|answer| answer.tool_ids = ToolIds::TextNull)),
    ("quirk-id-same", || quirk(|answer| answer.tool_ids = ToolIds::Same)),
    ("quirk-whole-calls", || quirk(|answer| answer.whole_tool_calls = true)),
    ("quirk-interleaved", || quirk(|answer| answer.interleaved = true)),
    ("quirk-finish-stop", || quirk(|answer| answer.finish_reason = Some("stop".to_owned()))),
    ("quirk-null-fields", || quirk(|answer| answer.null_fields = true)),
    ("quirk-role-repeated", || quirk(|answer| answer.repeat_role = true)),
    ("quirk-no-choices-first", || quirk(|answer| answer.leading_empty_chunk = true)),
    ("quirk-usage-final-choice", || quirk(|answer| answer.usage = UsagePlace::FinalChoice)),
    ("quirk-usage-each-chunk", || quirk(|answer| answer.usage = UsagePlace::EveryChunk)),
    ("quirk-usage-null", || quirk(|answer| answer.usage = UsagePlace::NullEverywhere)),
    ("quirk-usage-never", || quirk(|answer| answer.usage = UsagePlace::Never)),
    ("quirk-no-done", || quirk(|answer| answer.without_done = true)),
    ("quirk-crlf", || quirk(|answer| answer.line_ending = LineEnding::CrLf)),
    ("quirk-cr", || quirk(|answer| answer.line_ending = LineEnding::Cr)),
    ("quirk-comments", || quirk(|answer| answer.comments = true)),
    ("quirk-no-space", || quirk(|answer| answer.without_space = true)),
    ("quirk-byte-by-byte", || quirk(|answer| answer.write = Write::Bytes(1))),
    ("quirk-one-write", || quirk(|answer| answer.write = Write::Whole)),
    ("quirk-empty-arguments", || with_tools([ToolCall::verbatim("schema", "")])),
    ("quirk-long-event", long_event),
    // Failures.
    ("error-400", || Scenario::of([Answer::error(400)])),
    ("error-401", || Scenario::of([Answer::error(401)])),
    ("error-401-echo", || Scenario::of([echo()])),
    ("error-429", || Scenario::of([rate_limited("rate_limit_exceeded")])),
    ("error-429-quota", || Scenario::of([rate_limited("insufficient_quota")])),
    ("error-500", || Scenario::of([Answer::error(500)])),
    ("error-503", || Scenario::of([Answer::error(503)])),
    ("error-529", || Scenario::of([Answer::error(529)])),
    ("error-context-length", || Scenario::of([context_length()])),
    ("error-event", || Scenario::of([broken(3, error_event())])),
    ("error-event-first", || Scenario::of([broken(0, error_event())])),
    ("malformed-event", || Scenario::of([broken(3, InterruptionKind::MalformedEvent)])),
    ("ends-early", || Scenario::of([broken(3, InterruptionKind::End)])),
    ("cut", || Scenario::of([broken(3, InterruptionKind::Cut)])),
    ("cut-in-tool-call", cut_in_tool_call),
    ("stall", || Scenario::of([broken(3, InterruptionKind::Stall)])),
    ("empty-stream", || Scenario::of([Answer::Raw(RawAnswer::default())])),
    ("only-done", || Scenario::of([only_done()])),
    ("html", || Scenario::of([html(200)])),
    ("html-502", || Scenario::of([html(502)])),
    ("redirect", || Scenario::of([redirect()])),
    ("hang", || Scenario::of([Answer::Hang])),
];

fn tokens(name: &str) -> Option<Scenario> {
    let rest = name.strip_prefix("tokens-")?;
    let (count, delay_ms) = match rest.split_once("-every-") {
        Some((count, delay)) => (count, delay.parse().ok()?),
        None => (rest, 0),
    };
    let tokens = count.parse::<usize>().ok().filter(|tokens| *tokens <= 100_000)?;
    let text = Some(Text::Tokens { tokens });
    Some(Scenario::of([MessageAnswer { text, delay_ms, ..MessageAnswer::default() }.into()]))
}
