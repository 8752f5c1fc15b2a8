//! The request around the conversation: provider, tools, modes, context, limits.

#![expect(clippy::expect_used, reason = "what fails in a test's helper fails the test")]

use palisade_conversation::{
    ATTACHMENTS_AT_MOST, ChatRequest, MESSAGES_AT_MOST, PARTS_AT_MOST, RequestedTool,
    TOOLS_AT_MOST, ToolMode, Trigger,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn parse(body: &Value) -> Result<ChatRequest, String> {
    ChatRequest::parse(body.to_string().as_bytes()).map_err(|error| error.to_string())
}

/// A good body with more keys.
fn body(more: Value) -> Value {
    let mut body = json!({
        "provider": "openai",
        "model": "gpt-5-mini",
        "messages": [{"id": "1", "role": "user", "parts": [{"type": "text", "text": "Hi"}]}],
    });
    let keys = more.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(keys);
    body
}

fn client_tool(name: &str) -> Value {
    json!({"name": name, "description": "d", "inputSchema": {"type": "object", "properties": {}}})
}

#[test]
fn the_body_of_a_plain_client_is_read() {
    let request = parse(&body(json!({
        "id": "chat-1", "trigger": "regenerate-message", "messageId": "m", "unknown": {"a": [1]},
    })))
    .expect("accepted");
    assert_eq!(request.provider.as_deref(), Some("openai"));
    assert_eq!(request.model.as_deref(), Some("gpt-5-mini"));
    assert_eq!(request.id.as_deref(), Some("chat-1"));
    assert_eq!(request.trigger, Some(Trigger::RegenerateMessage));
    assert_eq!(request.message_id.as_deref(), Some("m"));
    assert!(request.tools.is_none());
}

#[test]
fn the_body_of_data_studio_is_read() {
    let request = parse(&body(json!({
        "tools": ["items", "schema", client_tool("read-form-values-7"), client_tool("ask_user")],
        "toolApprovals": {"items": "always", "files": "ask", "flows": "disabled"},
        "context": {
            "page": {"path": "/content/articles/3", "collection": "articles", "item": 3},
            "attachments": [{"type": "item", "display": "An article",
                "data": {"collection": "articles", "key": 3}, "snapshot": {"title": "A"}}],
        },
    })))
    .expect("accepted");
    let names: Vec<_> = request.client_tools().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["read-form-values-7", "ask_user"]);
    let names: Vec<_> = request
        .tools
        .iter()
        .flatten()
        .filter_map(|tool| match tool {
            RequestedTool::BuiltIn(name) => Some(name.as_str()),
            RequestedTool::Client(_) => None,
        })
        .collect();
    assert_eq!(names, ["items", "schema"]);
    assert_eq!(request.tool_modes.get("items"), Some(&ToolMode::Always));
    assert_eq!(request.tool_modes.get("files"), Some(&ToolMode::Ask));
    assert_eq!(request.tool_modes.get("flows"), Some(&ToolMode::Disabled));
    let context = request.context.expect("a context");
    assert!(context.get().contains("/content/articles/3"));
}

#[test]
fn provider_and_model_may_be_left_out() {
    let mut posted = body(json!({}));
    posted.as_object_mut().expect("object").retain(|key, _| key == "messages");
    let request = parse(&posted).expect("accepted");
    assert_eq!((request.provider, request.model), (None, None));
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
    no_messages: json!({"provider": "openai", "model": "m"});
    null_messages: body(json!({"messages": null}));
    messages_that_are_an_object: body(json!({"messages": {}}));
    empty_messages: body(json!({"messages": []}));
    a_null_provider: body(json!({"provider": null}));
    a_model_that_is_a_number: body(json!({"model": 5}));
    null_tools: body(json!({"tools": null}));
    a_tool_that_is_a_number: body(json!({"tools": [1]}));
    a_client_tool_without_name: body(json!({"tools": [{"description": "d", "inputSchema": {"type": "object"}}]}));
    a_client_tool_without_schema: body(json!({"tools": [{"name": "n", "description": "d"}]}));
    a_client_tool_with_a_bad_name: body(json!({"tools": [client_tool("no spaces")]}));
    a_client_tool_with_a_long_name: body(json!({"tools": [client_tool(&"x".repeat(65))]}));
    two_client_tools_of_one_name: body(json!({"tools": [client_tool("n"), "items", client_tool("n")]}));
    a_schema_of_a_string: body(json!({"tools": [{"name": "n", "description": "d", "inputSchema": {"type": "string"}}]}));
    a_schema_that_is_none: body(json!({"tools": [{"name": "n", "description": "d", "inputSchema": {"type": "object", "properties": {"a": {"type": "wrong"}}}}]}));
    a_schema_of_an_unknown_dialect: body(json!({"tools": [{"name": "n", "description": "d", "inputSchema": {"$schema": "https://example.com/s", "type": "object"}}]}));
    a_schema_with_a_remote_reference: body(json!({"tools": [{"name": "n", "description": "d", "inputSchema": {"type": "object", "properties": {"a": {"$ref": "http://169.254.169.254/x"}}}}]}));
    a_mode_that_is_none: body(json!({"toolApprovals": {"items": "never"}}));
    null_modes: body(json!({"toolApprovals": null}));
    a_context_that_is_text: body(json!({"context": "x"}));
    an_attachment_of_unknown_type: body(json!({"context": {"attachments": [{"type": "x", "display": "d", "data": {}, "snapshot": {}}]}}));
    an_attachment_without_snapshot: body(json!({"context": {"attachments": [{"type": "item", "display": "d", "data": {}}]}}));
    the_third_message_is_wrong: body(json!({"messages": [
        {"id": "1", "role": "user", "parts": [{"type": "text", "text": "Hi"}]},
        {"id": "2", "role": "assistant", "parts": [{"type": "text", "text": "Hello"}]},
        {"id": "3", "role": "user", "parts": [{"type": "step-start"}, {"type": "text", "text": "Hi", "state": "open"}]},
    ]}));
}

#[test]
fn broken_json_is_refused_with_its_place() {
    for (name, text) in [
        ("cut", &br#"{"messages": [{"id"#[..]),
        ("trailing", br#"{"messages": []} x"#),
        ("repeated_key", br#"{"messages": [{"id":"1","role":"user","role":"system","parts":[{"type":"step-start"}]}]}"#),
        ("not_utf8", b"{\"messages\": \"\xff\"}"),
        ("empty", b""),
    ] {
        let error = ChatRequest::parse(text).expect_err("refused");
        insta::assert_snapshot!(format!("broken_json_{name}"), error);
    }
}

#[test]
fn limits_hold_exactly() {
    let part = || json!({"type": "step-start"});
    let message = |parts: usize| json!({"id": "1", "role": "user", "parts": vec![part(); parts]});
    let attachment = || json!({"type": "item", "display": "", "data": {}, "snapshot": {}});
    type Case<'a> = (&'a str, usize, &'a dyn Fn(usize) -> Value);
    let cases: [Case<'_>; 4] = [
        ("messages", MESSAGES_AT_MOST, &|count| json!({"messages": vec![message(1); count]})),
        ("messages[0].parts", PARTS_AT_MOST, &|count| json!({"messages": [message(count)]})),
        ("tools", TOOLS_AT_MOST, &|count| {
            json!({"tools": (0..count).map(|index| client_tool(&format!("t{index}")))
                .collect::<Vec<_>>()})
        }),
        (
            "context.attachments",
            ATTACHMENTS_AT_MOST,
            &|count| json!({"context": {"attachments": vec![attachment(); count]}}),
        ),
    ];
    for (place, limit, make) in cases {
        parse(&body(make(limit))).expect("the limit itself is allowed");
        let error = parse(&body(make(limit + 1))).expect_err("one more isn't");
        assert_eq!(error, format!("\"{place}\" has more than {limit} entries"));
    }
}

#[test]
fn a_client_tool_may_not_take_a_built_in_name() {
    let request = parse(&body(json!({"tools": ["items", client_tool("schema")]}))).expect("parsed");
    let error = request.refuse_reserved_names(&["items", "schema"]).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "\"tools[1].name\" \"schema\" is the name of a built-in tool; choose another"
    );
    request.refuse_reserved_names(&["items"]).expect("a name in the list isn't a client tool");
}

#[test]
fn only_answers_in_the_last_step_of_the_last_message_are_current() {
    let answer = |id: &str, approved: bool| {
        json!({"type": "tool-items", "toolCallId": id, "state": "approval-responded", "input": {},
            "approval": {"id": format!("a-{id}"), "approved": approved}})
    };
    let assistant = json!([
        {"id": "1", "role": "assistant", "parts": [answer("old", true)]},
        {"id": "2", "role": "assistant", "parts": [
            answer("earlier-step", true), {"type": "step-start"}, answer("yes", true),
            {"type": "tool-items", "toolCallId": "open", "state": "approval-requested",
                "input": {}, "approval": {"id": "a"}},
            answer("no", false)]},
    ]);
    let found = |messages: &Value| {
        let request = parse(&body(json!({"messages": messages}))).expect("accepted");
        request
            .approval_answers()
            .map(|answer| {
                let id = answer.tool.tool_call_id.clone();
                (id, answer.message, answer.part, answer.approved, answer.current)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found(&assistant),
        [
            ("old".into(), 0, 0, true, false),
            ("earlier-step".into(), 1, 0, true, false),
            ("yes".into(), 1, 2, true, true),
            ("no".into(), 1, 4, false, true),
        ]
    );
    let mut followed = assistant.clone();
    followed
        .as_array_mut()
        .expect("list")
        .push(json!({"id": "3", "role": "user", "parts": [{"type": "text", "text": "Hi"}]}));
    assert!(found(&followed).iter().all(|(.., current)| !current));
    let mut claimed = assistant;
    claimed[1]["role"] = "user".into();
    assert!(found(&claimed).iter().all(|(.., current)| !current), "a user can't hold a call");
}

/// JSON made of the words of the protocol, so that it gets past the first checks.
fn protocol_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "messages",
        "parts",
        "id",
        "role",
        "user",
        "assistant",
        "type",
        "text",
        "tool-items",
        "dynamic-tool",
        "toolCallId",
        "toolName",
        "state",
        "input-available",
        "approval-responded",
        "output-error",
        "errorText",
        "approval",
        "approved",
        "reason",
        "input",
        "output",
        "data-x",
        "step-start",
        "providerMetadata",
        "context",
        "attachments",
        "tools",
        "toolApprovals",
        "inputSchema",
        "name",
        "description",
        "always",
        "object",
        "$ref",
        "#",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 96, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6).prop_map(|entries| {
                Value::Object(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = ChatRequest::parse(&bytes);
    }

    #[test]
    fn no_json_makes_the_parser_panic(
        messages in protocol_json(),
        part in protocol_json(),
        tools in protocol_json(),
        context in protocol_json(),
    ) {
        let _ = parse(&body(json!({"messages": messages})));
        let mut call = json!({"type": "tool-x", "toolCallId": "c"});
        if let (Value::Object(call), Value::Object(more)) = (&mut call, part) {
            call.extend(more);
        }
        let posted = json!([{"id": "", "role": "assistant", "parts": [call]}]);
        let _ = parse(&body(json!({"messages": posted})));
        let _ = parse(&body(json!({"tools": tools, "context": context})));
    }

    #[test]
    fn a_cut_body_is_an_error(cut in 1usize..200) {
        let text = body(json!({"tools": ["items"]})).to_string();
        let end = text.len().saturating_sub(cut);
        prop_assert!(ChatRequest::parse(&text.as_bytes()[..end]).is_err());
    }
}
