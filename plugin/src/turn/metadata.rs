//! What Palisade keeps in the provider metadata of parts, under its own name: what a provider wants
//! back with a part, and who wants it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::types::Endpoint;

#[derive(Serialize, Deserialize)]
struct Metadata {
    palisade: Mark,
}

/// The mark of one part.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Mark {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// Where reasoning belongs in a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// The provider's own id of a tool call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// As the wire format wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<Box<RawValue>>,
}

/// What a posted part's metadata says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// The provider's own id of a tool call, whichever provider gave it.
    pub(super) id: Option<String>,
    /// Where reasoning belongs; none where another provider or model gave it, to which alone it says
    /// anything.
    pub(super) place: Option<String>,
    /// What the turn's provider wants back; none where another provider or model gave it.
    pub(super) state: Option<String>,
}

/// Metadata of reasoning.
pub(super) fn of_reasoning(endpoint: &Endpoint, place: &str, state: Option<&str>) -> String {
    write(Mark { place: Some(place.into()), ..mark(endpoint, state) })
}

/// Metadata of text; none where nothing is kept with it.
pub(super) fn of_text(endpoint: &Endpoint, state: Option<&str>) -> Option<String> {
    state.map(|state| write(mark(endpoint, Some(state))))
}

/// Metadata of a tool call; none where nothing is kept with it.
pub(super) fn of_call(
    endpoint: &Endpoint,
    id: Option<&str>,
    state: Option<&str>,
) -> Option<String> {
    let mark = match state {
        Some(_) => mark(endpoint, state),
        None => Mark::default(),
    };
    let id = id.map(String::from);
    (id.is_some() || mark.state.is_some()).then(|| write(Mark { id, ..mark }))
}

/// Reads a part's metadata. It comes from the client and may be anything.
pub(super) fn read(metadata: Option<&str>, endpoint: &Endpoint) -> Kept {
    let Some(Metadata { palisade: mark }) =
        metadata.and_then(|metadata| serde_json::from_str(metadata).ok())
    else {
        return Kept::default();
    };
    let own = mark.provider.as_ref() == Some(&endpoint.provider)
        && mark.model.as_ref() == Some(&endpoint.model);
    Kept {
        id: mark.id,
        place: mark.place.filter(|_| own),
        state: mark.state.filter(|_| own).map(|state| state.get().to_owned()),
    }
}

fn mark(endpoint: &Endpoint, state: Option<&str>) -> Mark {
    Mark {
        provider: Some(endpoint.provider.clone()),
        model: Some(endpoint.model.clone()),
        state: state.and_then(|state| RawValue::from_string(state.into()).ok()),
        ..Mark::default()
    }
}

fn write(palisade: Mark) -> String {
    // Strings and raw JSON can't fail to serialise.
    serde_json::to_string(&Metadata { palisade }).unwrap_or_else(|_| "{}".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(model: &str) -> Endpoint {
        Endpoint {
            provider: "acme".into(),
            kind: "openai".into(),
            model: model.into(),
            reasoning: false,
            max_output_tokens: None,
            context_tokens: None,
            capabilities: Vec::new(),
        }
    }

    #[test]
    fn what_was_kept_comes_back_unmodified() {
        let state = r#"{"b": 1.0,  "a":"\u00e9"}"#;
        let metadata = of_reasoning(&endpoint("m"), "summary", Some(state));
        let kept = read(Some(&metadata), &endpoint("m"));
        assert_eq!(kept.state.as_deref(), Some(state));
        assert_eq!(kept.place.as_deref(), Some("summary"));
        let metadata = of_call(&endpoint("m"), Some("call_1"), Some(state)).expect("metadata");
        let kept = read(Some(&metadata), &endpoint("m"));
        assert_eq!((kept.id.as_deref(), kept.state.as_deref()), (Some("call_1"), Some(state)));
    }

    #[test]
    fn another_model_gets_nothing_but_ids() {
        let metadata = of_call(&endpoint("m"), Some("call_1"), Some("{}")).expect("metadata");
        let kept = read(Some(&metadata), &endpoint("other"));
        assert_eq!(kept, Kept { id: Some("call_1".into()), ..Kept::default() });
    }

    #[test]
    fn anything_else_says_nothing() {
        for metadata in [None, Some("null"), Some("{}"), Some(r#"{"palisade":{"id":7}}"#)] {
            assert_eq!(read(metadata, &endpoint("m")), Kept::default(), "{metadata:?}");
        }
    }
}
