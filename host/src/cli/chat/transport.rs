//! Where a question goes: to a host by HTTP, or to the embedded project in this process.

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream::BoxStream};
use serde_json::Value;

use crate::cli::CliError;

/// A stream of chunks, each one JSON text.
pub(super) type Chunks = BoxStream<'static, Result<String, CliError>>;

/// Cuts a stream of bytes into the chunks of its `data:` events. Ends at `[DONE]`; a stream that
/// ends without it is an error, because the answer may be cut.
pub(super) fn chunks<E: std::error::Error + Send + Sync + 'static>(
    bytes: impl Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static,
) -> Chunks {
    let state = (bytes, Vec::<u8>::new(), false);
    futures_util::stream::unfold(state, |(mut bytes, mut buffer, finished)| async move {
        if finished {
            return None;
        }
        loop {
            if let Some(end) = find_event_end(&buffer) {
                let event: Vec<u8> = buffer.drain(..end + 2).collect();
                let event = String::from_utf8_lossy(&event);
                let Some(data) = event.trim_end().strip_prefix("data: ") else { continue };
                if data == "[DONE]" {
                    return None;
                }
                return Some((Ok(data.to_owned()), (bytes, buffer, false)));
            }
            match bytes.next().await {
                Some(Ok(more)) => buffer.extend_from_slice(&more),
                Some(Err(error)) => {
                    let error = CliError::Connection(error.to_string());
                    return Some((Err(error), (bytes, buffer, true)));
                }
                None => return Some((Err(CliError::CutOff), (bytes, buffer, true))),
            }
        }
    })
    .boxed()
}

fn find_event_end(buffer: &[u8]) -> Option<usize> {
    buffer.windows(2).position(|pair| pair == b"\n\n")
}

/// The message of a Directus-shaped error body, else the body's beginning.
pub(super) fn error_message(status: u16, body: &str) -> String {
    let parsed: Option<Value> = serde_json::from_str(body).ok();
    let message = parsed.as_ref().and_then(|body| body["errors"][0]["message"].as_str());
    let code = parsed.as_ref().and_then(|body| body["errors"][0]["extensions"]["code"].as_str());
    match (message, code) {
        (Some(message), Some(code)) => format!("{status} {code}: {message}"),
        _ => format!("{status}: {}", body.chars().take(300).collect::<String>()),
    }
}
