//! An image or a sound that a tool gave: how it goes to the model in each format, and what is said
//! where it doesn't.

use palisade_plugin::types::*;
use serde_json::{Value, json};

use super::scenarios::called;
use super::wire::Wire;
use super::{anthropic, chat_completions, gemini, responses};
use crate::fake::*;

const IMAGE: (&str, &str) = ("image/png", "iVBORw0KGgo=");
const SOUND: (&str, &str) = ("audio/mpeg", "SUQzBAA=");

/// The turn in which the model of this format and these capabilities calls `assets`, and `schema`
/// beside it.
fn host(wire: &impl Wire, capabilities: &[&str], (media_type, base64): (&str, &str)) -> FakeHost {
    let calls =
        [called("call_1", "assets", json!({"id": "f1"})), called("call_2", "schema", json!({}))];
    let mut host = FakeHost::new()
        .result("assets", Ok(&json!({"id": "f1", "type": media_type}).to_string()))
        .shows("assets", media_type, base64)
        .answers_bytes(wire.calls(&calls).as_bytes(), &[])
        .answers_bytes(wire.text().as_bytes(), &[]);
    host.permitted = vec!["schema", "assets"];
    host.endpoint = wire.endpoint();
    host.endpoint.capabilities = capabilities.iter().map(ToString::to_string).collect();
    host
}

/// The request after the call, and whether the sound or image is in it.
fn told(host: &FakeHost, base64: &str) -> (String, bool) {
    let transcript = host.transcript(ask("What is it?"));
    assert!(!transcript.contains(base64), "the screen gets what the host shows: {transcript}");
    let body = host.request(1).to_string();
    let holds = body.contains(base64);
    (body, holds)
}

fn snapshot(wire: &impl Wire, name: &str, host: &FakeHost) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_json_snapshot!(format!("{}__{name}__request_1", wire.name()), host.request(1));
    });
}

fn images(wire: &impl Wire) {
    let host = host(wire, &["images"], IMAGE);
    assert!(told(&host, IMAGE.1).1);
    snapshot(wire, "image", &host);
}

fn no_images(wire: &impl Wire) {
    let host = host(wire, &["images"], ("image/tiff", IMAGE.1));
    let (body, holds) = told(&host, IMAGE.1);
    assert!(!holds && body.contains("can't see images"), "{body}");
}

fn no_sounds(wire: &impl Wire) {
    let host = host(wire, &["images"], SOUND);
    let (body, holds) = told(&host, SOUND.1);
    assert!(!holds && body.contains("can't hear sounds"), "{body}");
}

/// A model of which nothing is known isn't given what it may refuse.
fn not_offered(wire: &impl Wire) {
    for capabilities in [&[][..], &["documents"]] {
        let host = host(wire, capabilities, IMAGE);
        let transcript = host.transcript(ask("What is it?"));
        assert!(!transcript.contains("→ authorise call_1"), "{transcript}");
        assert!(transcript.contains(r#"There is no tool \"assets\""#), "{transcript}");
        assert!(!host.request(0).to_string().contains("\"assets\""));
    }
}

macro_rules! every_format {
    ($($format:ident: $wire:expr;)+) => {$(
        mod $format {
            #[test]
            fn an_image_that_the_model_can_not_see_is_told() {
                super::no_images(&$wire);
            }

            #[test]
            fn a_sound_that_the_model_can_not_hear_is_told() {
                super::no_sounds(&$wire);
            }

            #[test]
            fn a_model_without_eyes_and_ears_has_no_tool_for_them() {
                super::not_offered(&$wire);
            }

            #[test]
            fn an_image_goes_with_its_result() {
                super::images(&$wire);
            }
        }
    )+};
}

every_format! {
    anthropic_messages: super::anthropic::Anthropic;
    openai_compatible: super::chat_completions::ChatCompletions;
    openai: super::responses::Responses;
    google: super::gemini::Gemini;
}

#[test]
fn a_sound_goes_with_its_result_where_the_format_has_a_place_for_it() {
    let wire = chat_completions::ChatCompletions;
    let chat = host(&wire, &["audio"], SOUND);
    assert!(told(&chat, SOUND.1).1);
    snapshot(&wire, "sound", &chat);
    let wire = gemini::Gemini;
    let google = host(&wire, &["audio", "thinking-level"], SOUND);
    assert!(told(&google, SOUND.1).1);
    snapshot(&wire, "sound", &google);
    for (body, holds) in [
        told(&host(&anthropic::Anthropic, &["images", "audio"], SOUND), SOUND.1),
        told(&host(&responses::Responses, &["images", "audio"], SOUND), SOUND.1),
    ] {
        assert!(!holds && body.contains("can't hear sounds"), "{body}");
    }
}

#[test]
fn an_image_stands_inside_of_its_result_since_gemini_3() {
    let wire = gemini::Gemini;
    let host = host(&wire, &["images", "thinking-level"], IMAGE);
    assert!(told(&host, IMAGE.1).1);
    snapshot(&wire, "image_within", &host);
}

#[test]
fn mistral_takes_no_words_of_the_user_after_a_result() {
    let mut host = host(&chat_completions::ChatCompletions, &["images"], IMAGE);
    host.endpoint.model = "pixtral-large".into();
    host.endpoint.provider = "mistral".into();
    let transcript = host.transcript(ask("What is it?"));
    assert!(transcript.contains(r#"There is no tool \"assets\""#), "{transcript}");
}

#[test]
fn through_the_registry_an_image_goes_the_same_way() {
    let wire = anthropic::Anthropic;
    let input = json!({"name": "assets", "input": {"id": "f1"}});
    let mut host = host(&wire, &["images"], IMAGE);
    host.settings.tool_mode = ToolMode::Registry;
    host.responses.borrow_mut().clear();
    let host = host
        .answers_bytes(wire.calls(&[called("call_1", "execute", input)]).as_bytes(), &[])
        .answers_bytes(wire.text().as_bytes(), &[]);
    assert!(told(&host, IMAGE.1).1);
}

#[test]
fn an_image_that_was_approved_goes_with_its_result() {
    let wire = responses::Responses;
    let host = host(&wire, &["images"], IMAGE);
    host.responses.borrow_mut().pop_front();
    let answered = tool("call_1", "assets", ToolState::ApprovalResponded, &json!({"id": "f1"}));
    let posted =
        request(vec![user("Look."), assistant(vec![Part::StepStart, Part::Tool(answered)])]);
    host.transcript(posted);
    let input = host.request(0)["input"].clone();
    let result = input.as_array().and_then(|items| items.last()).cloned().unwrap_or_default();
    let url = format!("data:{};base64,{}", IMAGE.0, IMAGE.1);
    assert_eq!(result["output"][1]["image_url"], Value::from(url));
}
