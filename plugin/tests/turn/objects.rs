//! Answers that are one JSON value, from a server that speaks Chat Completions.

use palisade_plugin::types::*;
use serde_json::{Value, json};

use crate::fake::*;

fn asks(schema: &Value) -> ObjectRequest {
    ObjectRequest {
        prompt: "Two tags for this article.".into(),
        schema: schema.to_string(),
        max_output_tokens: Some(500),
    }
}

fn tags() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["tags"],
        "properties": {"tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2}},
    })
}

fn with(capabilities: &[&str]) -> FakeHost {
    let mut host = FakeHost::new();
    host.endpoint.capabilities = capabilities.iter().map(ToString::to_string).collect();
    host
}

const ANSWER: &str = r#"{"tags": ["a", "b"]}"#;

fn answers(host: FakeHost) -> FakeHost {
    host.answers(&[text("{\"tags\": [\"a\""), text(", \"b\"]}"), finish("stop"), usage(40, 9)])
}

#[test]
fn a_value_streams_and_is_finished_when_it_fits() {
    let host = answers(FakeHost::new());
    assert_eq!(host.object(asks(&tags())).expect("a value"), ANSWER);
    insta::assert_json_snapshot!(host.request(0));
    let kinds: Vec<_> = host.chunks().into_iter().map(|mut chunk| chunk["type"].take()).collect();
    assert_eq!(kinds, ["start", "text-delta", "finish"]);
    assert_eq!(host.emitted.get(), 3, "what arrives together goes out together");
    let reported = host.reported.borrow();
    assert_eq!((reported[0].input_tokens, reported[0].output_tokens), (40, 9));
}

#[test]
fn a_value_goes_out_as_it_comes() {
    let body = stream(&[text("{\"tags\": [\"a\""), text(", \"b\"]}"), finish("stop")]);
    let first = body.find("\n\n").expect("an event") + 2;
    let host = FakeHost::new().answers_bytes(body.as_bytes(), &[first]);
    assert_eq!(host.object(asks(&tags())).expect("a value"), ANSWER);
    assert_eq!(host.emitted.get(), 4, "start, two pieces of text, finish");
}

#[test]
fn a_model_that_can_is_asked_natively_and_any_other_has_to_call() {
    for (capabilities, native) in
        [(&[][..], true), (&["images", "structured-output"], true), (&["images"], false)]
    {
        let host = answers(with(capabilities));
        host.object(asks(&tags())).expect("a value");
        let body = host.request(0);
        assert_eq!(body.get("response_format").is_some(), native);
        assert_eq!(body.get("tool_choice").is_some(), !native);
        assert_eq!(body.get("tools").is_some(), !native);
    }
}

#[test]
fn what_can_not_be_held_to_strictly_is_not_called_strict() {
    let mut schema = tags();
    schema["required"] = json!([]);
    let host = answers(FakeHost::new());
    host.object(asks(&schema)).expect("a value");
    assert_eq!(host.request(0)["response_format"]["json_schema"]["strict"], false);
}

#[test]
fn a_forced_call_gives_its_arguments() {
    let arguments = json!({"tags": ["a"]});
    let host = with(&["images"]).answers(&[
        text("Here you are."),
        call(0, "c1", "response", &arguments),
        call(1, "c2", "response", &json!({"tags": ["again"]})),
        finish("tool_calls"),
    ]);
    assert_eq!(host.object(asks(&tags())).expect("a value"), arguments.to_string());
    insta::assert_json_snapshot!(host.request(0));
}

#[test]
fn a_server_that_knows_no_forced_call_may_say_the_value() {
    let host = answers(with(&["images"]));
    assert_eq!(host.object(asks(&tags())).expect("a value"), ANSWER);
}

#[test]
fn the_smaller_limit_of_output_holds() {
    for (own, expected) in [(None, 500), (Some(300), 300), (Some(9_000), 500)] {
        let mut host = answers(FakeHost::new());
        host.endpoint.max_output_tokens = own;
        host.object(asks(&tags())).expect("a value");
        assert_eq!(host.request(0)["max_tokens"], expected);
    }
}

#[test]
fn what_does_not_fit_is_an_error_that_says_where() {
    let wrong: Vec<String> = [
        r#"{"tags": ["a", 7]}"#,
        r#"{"tags": ["a", "b", "c"]}"#,
        r#"{"title": "a"}"#,
        r#"```json {"tags": []} ```"#,
        r#"{"tags": []} {"tags": []}"#,
        r#"{"tags": ["#,
    ]
    .into_iter()
    .map(|said| {
        let host = FakeHost::new().answers(&[text(said), finish("stop")]);
        let error = host.object(asks(&tags())).expect_err(said);
        assert_eq!(error.code, "OUTPUT_INVALID");
        error.message
    })
    .collect();
    assert_eq!(
        wrong,
        [
            "The model's answer does not fit the schema: `tags[1]`: expected a string, found a \
             number.",
            "The model's answer does not fit the schema: `tags`: expected 2 or fewer elements.",
            "The model's answer does not fit the schema: `tags` is required. `title`: not known \
             here; there are `tags`.",
            "The model's answer is not one JSON value: expected value at line 1 column 1.",
            "The model's answer is not one JSON value: trailing characters at line 1 column 14.",
            "The model's answer is not one JSON value: EOF while parsing a list at line 1 column \
             10.",
        ]
    );
}

#[test]
fn nothing_goes_out_before_there_is_something_to_read() {
    let reasoning = delta(json!({"reasoning_content": "Hm."}));
    let host = FakeHost::new().answers(&[reasoning, text(" \n"), finish("stop")]);
    assert_eq!(host.object(asks(&tags())).expect_err("nothing").code, "OUTPUT_EMPTY");
    assert_eq!(host.chunks(), Vec::<Value>::new());
}

#[test]
fn a_filter_a_refusal_and_the_hosts_own_errors_have_their_codes() {
    let code = |host: FakeHost| host.object(asks(&tags())).expect_err("an error").code;
    let filtered = FakeHost::new().answers(&[text("{"), finish("content_filter")]);
    assert_eq!(code(filtered), "PROVIDER_CONTENT_FILTER");
    let refused = FakeHost::new().answers(&[delta(json!({"refusal": "No."})), finish("stop")]);
    assert_eq!(code(refused), "OUTPUT_REFUSED");
    let no_key = error(ErrorKind::Unavailable, "PROVIDER_KEY_MISSING", "No key.");
    assert_eq!(code(FakeHost::new().fails(no_key)), "PROVIDER_KEY_MISSING");
    let unusable = ObjectRequest { schema: "7".into(), ..asks(&tags()) };
    assert_eq!(FakeHost::new().object(unusable).expect_err("no schema").code, "INVALID_PAYLOAD");
}
