//! What only OpenAI's Responses do, as the screen and the next request see it.

use palisade_plugin::types::*;
use serde_json::{Value, json};

use super::responses::{Responses, Script, usage};
use super::wire::{Called, Wire};
use crate::fake::*;

fn host(body: &str) -> FakeHost {
    let mut host = FakeHost::new().answers_bytes(body.as_bytes(), &[]);
    host.endpoint = Responses.endpoint();
    host
}

fn called(id: &'static str, name: &'static str, arguments: Value) -> Called {
    Called { id, name, arguments }
}

/// What a turn told the screen at last.
fn last(host: &FakeHost) -> Value {
    host.transcript(ask("Hi"));
    host.chunks().pop().expect("a chunk")
}

/// The items of the last turn's request, without what the user said.
fn items(host: &FakeHost, index: usize) -> Value {
    let body = host.request(index);
    let items = body["input"].as_array().expect("a list").iter();
    items.filter(|item| item["role"] != "user").cloned().collect()
}

#[test]
fn a_summary_of_several_parts_is_one_block_of_paragraphs() {
    let body = Script::new()
        .reasoning("rs_1", &[&["**Looking**\n\nFirst ", "this."], &["**Counting**\n\nThen that."]])
        .reasoning("rs_2", &[])
        .message("msg_1", &["Four."])
        .completed();
    insta::assert_snapshot!(host(&body).transcript(ask("2+2?")));
}

#[test]
fn pages_that_the_model_cites_are_sources() {
    let page = |url: &str, title: &str| json!({"type": "url_citation", "url": url, "title": title, "start_index": 0, "end_index": 4});
    let body = Script::new()
        .cited(
            "msg_1",
            &["It rains."],
            json!([
                page("https://weather.example/", "Weather"),
                page("https://weather.example/", "Weather"),
                page("https://rain.example/", ""),
            ]),
        )
        .completed();
    insta::assert_snapshot!(host(&body).transcript(ask("Weather?")));
}

#[test]
fn arguments_that_come_at_the_end_alone() {
    let mut script = Script::new();
    let item = |arguments: &str| {
        json!({"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_1",
               "name": "items", "arguments": arguments})
    };
    script.added(item(""));
    script.done(item(&read_articles().to_string()));
    let host = host(&script.completed()).answers_bytes(Responses.text().as_bytes(), &[]);
    insta::assert_snapshot!(host.transcript(ask("Which articles?")));
}

#[test]
fn a_call_that_the_limit_cuts_off_goes_back_as_what_it_is() {
    let mut script = Script::new().reasoning("rs_1", &[]);
    let item = |status: &str, arguments: &str| {
        json!({"id": "fc_1", "type": "function_call", "status": status, "call_id": "call_1",
               "name": "items", "arguments": arguments})
    };
    script.added(item("in_progress", ""));
    script.about("function_call_arguments.delta", "fc_1", json!({"delta": "{\"action\":"}));
    script.done(item("incomplete", "{\"action\":"));
    let details = json!({"reason": "max_output_tokens"});
    let body = script.end("incomplete", json!({"incomplete_details": details, "usage": usage()}));
    let host = host(&body).answers_bytes(Responses.text().as_bytes(), &[]);
    insta::assert_snapshot!(host.transcript(ask("Which articles?")));
    insta::assert_json_snapshot!(items(&host, 1));
}

#[test]
fn a_limit_or_a_filter_before_the_answer_is_an_error_that_says_so() {
    for (reason, failure) in
        [("max_output_tokens", "output limit"), ("content_filter", "content filter")]
    {
        let details = json!({"reason": reason});
        let body = Script::new()
            .reasoning("rs_1", &[&["Hm."]])
            .end("incomplete", json!({"incomplete_details": details, "usage": usage()}));
        let last = last(&host(&body));
        assert_eq!(last["type"], "error", "{reason}");
        assert!(last["errorText"].as_str().is_some_and(|text| text.contains(failure)), "{last}");
    }
}

#[test]
fn a_filter_in_the_answer_ends_it_in_good_order() {
    let details = json!({"reason": "content_filter"});
    let body = Script::new()
        .cut("msg_1", &["This is"])
        .end("incomplete", json!({"incomplete_details": details, "usage": usage()}));
    let host = host(&body);
    last(&host);
    let chunks = host.chunks();
    let finish = chunks.iter().find(|chunk| chunk["type"] == "finish").expect("an end");
    assert_eq!(finish["finishReason"], "content-filter");
}

#[test]
fn a_response_that_fails_is_an_error_of_its_kind() {
    let failed = |code: &str| {
        let error = json!({"code": code, "message": "Prose with sk-secret."});
        let host =
            host(&Script::new().message("msg_1", &["Hel"]).end("failed", json!({"error": error})));
        let transcript = host.transcript(ask("Hi"));
        assert!(!transcript.contains("sk-secret"), "{transcript}");
        host.chunks().pop().expect("a chunk")["errorText"].as_str().unwrap_or_default().to_owned()
    };
    for (code, words) in [
        ("server_error", "can't answer at the moment"),
        ("rate_limit_exceeded", "too many requests"),
        ("bio_policy", "content filter"),
        ("invalid_image", "did not accept the request"),
    ] {
        assert!(failed(code).contains(words), "{code}");
    }
}

/// A browser that stops an answer deletes the metadata of its reasoning, and one that shows a part of
/// a long conversation may leave the reasoning out: what it led to goes back without ids then.
#[test]
fn ids_stay_away_from_a_request_that_lost_their_reasoning() {
    let calls = [called("call_1", "items", read_articles()), called("call_2", "schema", json!({}))];
    let first = host(&Responses.reasoned_calls(&calls)).answers_bytes(
        Script::new()
            .reasoning("rs_2", &[&["I sum up."]])
            .message("msg_1", &["Done."])
            .completed()
            .as_bytes(),
        &[],
    );
    first.transcript(ask("Which articles?"));
    let posted = folded(&first.chunks());
    let replayed = |parts: Vec<Part>| {
        let host = host(&Responses.text());
        host.transcript(request(vec![user("Which articles?"), assistant(parts), user("And?")]));
        items(&host, 0)
    };
    insta::assert_json_snapshot!("nothing_is_lost", replayed(posted.clone()));
    let bare = posted.iter().cloned().map(|part| match part {
        Part::Reasoning(part) => Part::Reasoning(TextPart { provider_metadata: None, ..part }),
        part => part,
    });
    let without = posted.iter().filter(|part| !matches!(part, Part::Reasoning(_))).cloned();
    let lost = replayed(bare.collect());
    assert_eq!(lost, replayed(without.collect()));
    insta::assert_json_snapshot!("reasoning_is_lost", lost);
}
