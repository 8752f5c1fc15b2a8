//! Answers and scenarios that the catalogue is made of.

use serde_json::{Value, json};

use crate::fake::{
    message::{Arguments, MessageAnswer, Reasoning, Text, ToolCall},
    quirks::{Interruption, InterruptionKind},
    scenario::{Answer, ErrorAnswer, RawAnswer, Scenario},
};

/// Tool calls, and a text once they are answered.
pub(super) fn with_tools<const COUNT: usize>(calls: [ToolCall; COUNT]) -> Scenario {
    Scenario::of([Answer::tools(calls), closing()])
}

pub(super) fn closing() -> Answer {
    Answer::text("That is done.")
}

pub(super) fn read(collection: &str) -> ToolCall {
    ToolCall::new("items", read_arguments(collection))
}

pub(super) fn read_arguments(collection: &str) -> Value {
    json!({"action": "read", "collection": collection, "query": {"fields": ["id"], "limit": 3}})
}

pub(super) fn update(key: u32, title: &str) -> ToolCall {
    let arguments = json!({
        "action": "update", "collection": "articles", "keys": [key], "data": {"title": title},
    });
    ToolCall::new("items", arguments)
}

pub(super) fn delete(key: u32) -> ToolCall {
    ToolCall::new("items", json!({"action": "delete", "collection": "articles", "keys": [key]}))
}

pub(super) fn ask_user() -> ToolCall {
    let arguments = json!({"question": "Which article?", "options": ["The first", "The last"]});
    ToolCall::new("ask_user", arguments)
}

pub(super) fn text_and_read() -> Scenario {
    let text = Text::Words("Let me look at the articles.".to_owned());
    let first = MessageAnswer {
        text: Some(text),
        tool_calls: vec![read("articles")],
        ..MessageAnswer::default()
    };
    Scenario::of([first.into(), closing()])
}

pub(super) fn reasoning(field: &str) -> Answer {
    MessageAnswer {
        reasoning: Some(Reasoning {
            field: field.to_owned(),
            ..Reasoning::new("The user greets me, so I greet back.")
        }),
        text: Some(Text::Words("Hello to you.".to_owned())),
        ..MessageAnswer::default()
    }
    .into()
}

pub(super) fn refusal() -> Scenario {
    let refusal = Some("I cannot help with that.".to_owned());
    Scenario::of([MessageAnswer { refusal, ..MessageAnswer::default() }.into()])
}

pub(super) fn finishing(reason: &str) -> Answer {
    MessageAnswer {
        text: Some(Text::Words("This is as far as".to_owned())),
        finish_reason: Some(reason.to_owned()),
        ..MessageAnswer::default()
    }
    .into()
}

/// Two parallel reads that are written in an unusual way, and a text.
pub(super) fn quirk(change: fn(&mut MessageAnswer)) -> Scenario {
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
pub(super) fn long_event() -> Scenario {
    let long = "0123456789abcdef".repeat(4 * 1024);
    let text = Some(Text::Pieces(vec![long, " end".to_owned()]));
    Scenario::of([MessageAnswer { text, ..MessageAnswer::default() }.into()])
}

pub(super) fn echo() -> Answer {
    Answer::Error(ErrorAnswer { status: 401, echo_authorization: true, ..ErrorAnswer::default() })
}

pub(super) fn rate_limited(code: &str) -> Answer {
    Answer::Error(ErrorAnswer {
        status: 429,
        code: Some(code.to_owned()),
        headers: [("retry-after", "1"), ("retry-after-ms", "10")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..ErrorAnswer::default()
    })
}

pub(super) fn context_length() -> Answer {
    Answer::Error(ErrorAnswer {
        status: 400,
        code: Some("context_length_exceeded".to_owned()),
        ..ErrorAnswer::default()
    })
}

pub(super) fn error_event() -> InterruptionKind {
    InterruptionKind::ErrorEvent { message: "The server stumbled at node 10.1.2.3.".to_owned() }
}

/// A text that is interrupted after some events.
pub(super) fn broken(after: usize, what: InterruptionKind) -> Answer {
    MessageAnswer {
        text: Some(Text::Words("One two three four five six seven.".to_owned())),
        interruption: Some(Interruption { after, what }),
        ..MessageAnswer::default()
    }
    .into()
}

pub(super) fn cut_in_tool_call() -> Scenario {
    let first = MessageAnswer {
        tool_calls: vec![read("articles")],
        interruption: Some(Interruption { after: 4, what: InterruptionKind::Cut }),
        ..MessageAnswer::default()
    };
    Scenario::of([first.into()])
}

pub(super) fn only_done() -> Answer {
    Answer::Raw(RawAnswer { body: vec!["data: [DONE]\n\n".to_owned()], ..RawAnswer::default() })
}

pub(super) fn html(status: u16) -> Answer {
    Answer::Raw(RawAnswer {
        status,
        content_type: Some("text/html".to_owned()),
        body: vec!["<!doctype html><html><body><h1>Bad gateway</h1></body></html>".to_owned()],
        ..RawAnswer::default()
    })
}

/// Port 9 is the discard service, where nobody listens; a client that follows would fail loudly.
pub(super) fn redirect() -> Answer {
    Answer::Redirect { location: "http://127.0.0.1:9/v1/chat/completions".to_owned() }
}

/// Two steps with reasoning and tools, whose reasoning must come back with them, and a text.
pub(super) fn reasoning_with_tools() -> Scenario {
    let step = |thought: &str, collection: &str| {
        Answer::from(MessageAnswer {
            reasoning: Some(Reasoning::new(thought)),
            tool_calls: vec![read(collection)],
            ..MessageAnswer::default()
        })
    };
    let steps = [
        step("The articles come first.", "articles"),
        step("Now their authors.", "authors"),
        closing(),
    ];
    Scenario { reasoning_must_return: true, ..Scenario::of(steps) }
}

/// A step with reasoning that nobody may read and a tool, and a text.
pub(super) fn reasoning_redacted() -> Scenario {
    let hidden = Reasoning { redacted: true, ..Reasoning::new("Not for everyone.") };
    let first = MessageAnswer {
        reasoning: Some(hidden),
        tool_calls: vec![read("articles")],
        ..MessageAnswer::default()
    };
    Scenario::of([first.into(), closing()])
}

/// A text that names the files of the request.
pub(super) fn seen_files() -> Scenario {
    let text = Some(Text::Words("I see ".to_owned()));
    let answer = MessageAnswer { text, names_files: true, ..MessageAnswer::default() };
    Scenario::of([answer.into()])
}

pub(super) fn object(value: Value) -> Scenario {
    let object = Some(Arguments::Json(value));
    Scenario::of([MessageAnswer { object, ..MessageAnswer::default() }.into()])
}

/// Structured output that the token limit cuts off.
pub(super) fn cut_object() -> Scenario {
    let answer = MessageAnswer {
        object: Some(Arguments::Verbatim("{\"title\":\"Harbour re".to_owned())),
        finish_reason: Some("length".to_owned()),
        ..MessageAnswer::default()
    };
    Scenario::of([answer.into()])
}
