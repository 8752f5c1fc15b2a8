//! The question for an object: what it may say, and the schema of its answer.

#![expect(clippy::expect_used, reason = "what fails in a test's helper fails the test")]

use palisade_conversation::{ObjectRequest, PROMPT_BYTES_AT_MOST, SCHEMA_BYTES_AT_MOST};
use serde_json::{Value, json};

fn parse(body: &Value) -> Result<ObjectRequest, String> {
    ObjectRequest::parse(body.to_string().as_bytes()).map_err(|error| error.to_string())
}

/// A good body with other keys.
fn body(more: Value) -> Value {
    let mut body = json!({
        "provider": "openai",
        "model": "gpt-5-mini",
        "prompt": "Translate \"Hello\".",
        "outputSchema": {"type": "object", "properties": {"text": {"type": "string"}}},
    });
    let keys = more.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(keys);
    body
}

/// The schema that comes of a posted one.
fn closed(schema: Value) -> Value {
    let request = parse(&body(json!({ "outputSchema": schema }))).expect("accepted");
    serde_json::from_str(request.schema.get()).expect("JSON")
}

#[test]
fn a_question_is_read() {
    let request = parse(&body(json!({"maxOutputTokens": 256, "unknown": [1]}))).expect("accepted");
    assert_eq!(request.provider.as_deref(), Some("openai"));
    assert_eq!(request.model.as_deref(), Some("gpt-5-mini"));
    assert_eq!(request.prompt, "Translate \"Hello\".");
    assert_eq!(request.max_output_tokens, Some(256));
    assert_eq!(
        serde_json::from_str::<Value>(request.schema.get()).expect("JSON"),
        json!({
            "type": "object",
            "properties": {"text": {"type": "string"}},
            "additionalProperties": false,
        })
    );
    let minimal = parse(&json!({"prompt": "Hi", "outputSchema": {"type": "object"}}));
    let minimal = minimal.expect("accepted");
    assert_eq!((minimal.provider, minimal.model, minimal.max_output_tokens), (None, None, None));
}

#[test]
fn every_object_of_the_schema_is_closed_wherever_it_stands() {
    let open = json!({"type": "object", "properties": {}});
    let shut = json!({"type": "object", "properties": {}, "additionalProperties": false});
    let schema = |inner: &Value, outer: bool| {
        let mut schema = json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {
                "enum": inner,
                "list": {"type": "array", "items": inner, "contains": inner},
                "pair": {"type": "array", "items": [inner, inner], "additionalItems": inner},
                "some": {"anyOf": [inner, {"allOf": [inner]}], "oneOf": [inner], "not": inner},
                "when": {"if": inner, "then": inner, "else": inner},
                "text": {"type": "string"},
            },
            "patternProperties": {"^x": inner},
            "dependencies": {"a": inner, "b": ["a"]},
            "definitions": {"a": inner},
            "$defs": {"b": inner},
            "elsewhere": {"c": inner},
        });
        if outer {
            schema["additionalProperties"] = false.into();
        }
        schema
    };
    assert_eq!(closed(schema(&open, false)), schema(&shut, true));
}

#[test]
fn an_object_schema_is_told_by_its_type_or_by_its_properties() {
    for (posted, is_object) in [
        (json!({"type": ["object", "null"]}), true),
        (json!({"type": "object", "additionalProperties": {"type": "string"}}), true),
        (json!({"properties": {"a": {"type": "string"}}}), true),
        (json!({"type": ["string", "null"]}), false),
        (json!({"$ref": "#"}), false),
        (json!(true), false),
    ] {
        let schema = closed(json!({"type": "object", "properties": {"p": posted}}));
        let found = schema["properties"]["p"].get("additionalProperties");
        assert_eq!(found, is_object.then_some(&json!(false)), "{posted}");
    }
}

#[test]
fn what_only_looks_like_a_schema_stays() {
    let value = json!({"type": "object"});
    let keywords = json!({
        "const": value, "default": value, "enum": [value], "examples": [value, [value]],
    });
    let schema = closed(json!({"type": "object", "properties": {"p": keywords}}));
    assert_eq!(schema["properties"]["p"], keywords);
}

macro_rules! refused {
    ($($name:ident: $body:expr;)+) => { $(
        #[test]
        fn $name() {
            insta::assert_snapshot!(stringify!($name), parse(&$body).expect_err("refused"));
        }
    )+ };
}

refused! {
    a_list_as_body: json!([]);
    a_null_provider: body(json!({"provider": null}));
    a_model_that_is_a_number: body(json!({"model": 5}));
    no_prompt: json!({"outputSchema": {"type": "object"}});
    an_empty_prompt: body(json!({"prompt": " "}));
    a_prompt_that_is_a_list: body(json!({"prompt": ["a"]}));
    a_long_prompt: body(json!({"prompt": "x".repeat(PROMPT_BYTES_AT_MOST + 1)}));
    no_schema: json!({"prompt": "Hi"});
    a_null_schema: body(json!({"outputSchema": null}));
    a_schema_of_a_list: body(json!({"outputSchema": {"type": "array"}}));
    a_schema_that_is_none: body(json!({"outputSchema": {"type": "object", "required": 1}}));
    a_schema_of_another_draft: body(json!({"outputSchema": {"type": "object", "$schema": "https://json-schema.org/draft/2020-12/schema"}}));
    a_schema_that_leads_away: body(json!({"outputSchema": {"type": "object", "properties": {"a": {"$ref": "http://169.254.169.254/"}}}}));
    a_long_schema: body(json!({"outputSchema": {"type": "object", "title": "x".repeat(SCHEMA_BYTES_AT_MOST)}}));
    too_few_tokens: body(json!({"maxOutputTokens": 255}));
    a_fraction_of_tokens: body(json!({"maxOutputTokens": 256.5}));
    negative_tokens: body(json!({"maxOutputTokens": -256}));
    tokens_as_text: body(json!({"maxOutputTokens": "256"}));
    null_tokens: body(json!({"maxOutputTokens": null}));
    tokens_beyond_all_measure: body(json!({"maxOutputTokens": 4_294_967_296_u64}));
}

#[test]
fn a_schema_that_is_nested_without_end_is_refused() {
    let depth = 10_000;
    let schema = format!("{}true{}", r#"{"type":"object","not":"#.repeat(depth), "}".repeat(depth));
    let body = format!(r#"{{"prompt":"Hi","outputSchema":{schema}}}"#);
    let error = ObjectRequest::parse(body.as_bytes()).expect_err("refused").to_string();
    assert!(error.contains("outputSchema") || error.contains("recursion"), "{error}");
}
