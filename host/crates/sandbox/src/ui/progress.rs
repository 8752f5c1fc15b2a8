//! How far a tool's call is, as an event between those of the guest.

use bytes::Bytes;
use serde::Serialize;

/// A data part that the client shows and doesn't keep.
#[derive(Serialize)]
struct Part<'a> {
    r#type: &'static str,
    id: &'a str,
    data: Progress<'a>,
    transient: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Progress<'a> {
    tool_call_id: &'a str,
    message: &'a str,
    fraction: Option<f32>,
}

/// A whole server-sent event, for the writer of a turn's stream: events of the guest are written whole
/// as well, so it may stand between any two writes.
pub fn progress_event(tool_call_id: &str, message: &str, fraction: Option<f32>) -> Bytes {
    let part = Part {
        r#type: "data-progress",
        id: tool_call_id,
        data: Progress { tool_call_id, message, fraction },
        transient: true,
    };
    // Strings and numbers always have a JSON text.
    let json = serde_json::to_string(&part).unwrap_or_default();
    format!("data: {json}\n\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_end_its_event() {
        let event = progress_event("c1", "a\n\ndata: [DONE]\n\n", Some(0.5));
        let text = std::str::from_utf8(&event).expect("text");
        assert_eq!(
            text,
            "data: {\"type\":\"data-progress\",\"id\":\"c1\",\"data\":{\"toolCallId\":\"c1\",\
             \"message\":\"a\\n\\ndata: [DONE]\\n\\n\",\"fraction\":0.5},\"transient\":true}\n\n"
        );
    }
}
