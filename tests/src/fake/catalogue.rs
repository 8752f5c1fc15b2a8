//! Scenarios that are always there, as the model `scenario:NAME`.
//!
//! The tool calls are those of Palisade's built-in tools on the sample project `newsroom`.

use serde_json::{Value, json};

use super::{
    message::{MessageAnswer, Reasoning, Text, ToolCall},
    quirks::{Interruption, InterruptionKind, LineEnding, ToolIds, ToolIndexes, UsagePlace, Write},
    scenario::{Answer, ErrorAnswer, RawAnswer, Scenario},
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
    ("refusal", refusal),
    ("cut-short", || Scenario::of([finishing("length")])),
    ("filtered", || Scenario::of([finishing("content_filter")])),
    // Tools.
    ("read-articles", || with_tools([read("articles")])),
    ("two-reads", || with_tools([read("articles"), read("authors")])),
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

/// Tool calls, and a text once they are answered.
fn with_tools<const COUNT: usize>(calls: [ToolCall; COUNT]) -> Scenario {
    Scenario::of([Answer::tools(calls), closing()])
}

fn closing() -> Answer {
    Answer::text("That is done.")
}

fn read(collection: &str) -> ToolCall {
    ToolCall::new("items", read_arguments(collection))
}

fn read_arguments(collection: &str) -> Value {
    json!({"action": "read", "collection": collection, "query": {"fields": ["id"], "limit": 3}})
}

fn update(key: u32, title: &str) -> ToolCall {
    let arguments = json!({
        "action": "update", "collection": "articles", "keys": [key], "data": {"title": title},
    });
    ToolCall::new("items", arguments)
}

fn delete(key: u32) -> ToolCall {
    ToolCall::new("items", json!({"action": "delete", "collection": "articles", "keys": [key]}))
}

fn ask_user() -> ToolCall {
    let arguments = json!({"question": "Which article?", "options": ["The first", "The last"]});
    ToolCall::new("ask_user", arguments)
}

fn text_and_read() -> Scenario {
    let text = Text::Words("Let me look at the articles.".to_owned());
    let first = MessageAnswer {
        text: Some(text),
        tool_calls: vec![read("articles")],
        ..MessageAnswer::default()
    };
    Scenario::of([first.into(), closing()])
}

fn reasoning(field: &str) -> Answer {
    MessageAnswer {
        reasoning: Some(Reasoning {
            text: Text::Words("The user greets me, so I greet back.".to_owned()),
            field: field.to_owned(),
        }),
        text: Some(Text::Words("Hello to you.".to_owned())),
        ..MessageAnswer::default()
    }
    .into()
}

fn refusal() -> Scenario {
    let refusal = Some("I cannot help with that.".to_owned());
    Scenario::of([MessageAnswer { refusal, ..MessageAnswer::default() }.into()])
}

fn finishing(reason: &str) -> Answer {
    MessageAnswer {
        text: Some(Text::Words("This is as far as".to_owned())),
        finish_reason: Some(reason.to_owned()),
        ..MessageAnswer::default()
    }
    .into()
}

/// Two parallel reads that are written in an unusual way, and a text.
fn quirk(change: fn(&mut MessageAnswer)) -> Scenario {
    let mut first = MessageAnswer {
        tool_calls: vec![read("articles"), read("authors")],
        ..MessageAnswer::default()
    };
    let mut second = MessageAnswer {
        text: Some(Text::Words("Two reads, grüße und 你好.".to_owned())),
        ..MessageAnswer::default()
    };
    change(&mut first);
    change(&mut second);
    // What is about tool calls says nothing about an answer without any.
    if first.finish_reason.is_some() {
        second.finish_reason = None;
    }
    Scenario::of([first.into(), second.into()])
}

/// One event of a good 64 KiB.
fn long_event() -> Scenario {
    let long = "0123456789abcdef".repeat(4 * 1024);
    let text = Some(Text::Pieces(vec![long, " end".to_owned()]));
    Scenario::of([MessageAnswer { text, ..MessageAnswer::default() }.into()])
}

fn echo() -> Answer {
    Answer::Error(ErrorAnswer { status: 401, echo_authorization: true, ..ErrorAnswer::default() })
}

fn rate_limited(code: &str) -> Answer {
    Answer::Error(ErrorAnswer {
        status: 429,
        code: Some(code.to_owned()),
        headers: [("retry-after", "1"), ("retry-after-ms", "10")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..ErrorAnswer::default()
    })
}

fn context_length() -> Answer {
    Answer::Error(ErrorAnswer {
        status: 400,
        message: Some("This model's maximum context length is 8192 tokens.".to_owned()),
        code: Some("context_length_exceeded".to_owned()),
        ..ErrorAnswer::default()
    })
}

fn error_event() -> InterruptionKind {
    InterruptionKind::ErrorEvent { message: "The server stumbled at node 10.1.2.3.".to_owned() }
}

/// A text that is interrupted after some events.
fn broken(after: usize, what: InterruptionKind) -> Answer {
    MessageAnswer {
        text: Some(Text::Words("One two three four five six seven.".to_owned())),
        interruption: Some(Interruption { after, what }),
        ..MessageAnswer::default()
    }
    .into()
}

fn cut_in_tool_call() -> Scenario {
    let first = MessageAnswer {
        tool_calls: vec![read("articles")],
        interruption: Some(Interruption { after: 4, what: InterruptionKind::Cut }),
        ..MessageAnswer::default()
    };
    Scenario::of([first.into()])
}

fn only_done() -> Answer {
    Answer::Raw(RawAnswer { body: vec!["data: [DONE]\n\n".to_owned()], ..RawAnswer::default() })
}

fn html(status: u16) -> Answer {
    Answer::Raw(RawAnswer {
        status,
        content_type: Some("text/html".to_owned()),
        body: vec!["<!doctype html><html><body><h1>Bad gateway</h1></body></html>".to_owned()],
        ..RawAnswer::default()
    })
}

/// Port 9 is the discard service, where nobody listens; a client that follows would fail loudly.
fn redirect() -> Answer {
    Answer::Redirect { location: "http://127.0.0.1:9/v1/chat/completions".to_owned() }
}

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
