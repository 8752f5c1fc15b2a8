//! The response of an answer that is one JSON value: its text, as it comes.

use axum::{body::Body, response::Response};
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderValue, header};

use super::HttpError;
use crate::turn::{ObjectFailure, ObjectStream};

/// Answers with the text of an object.
///
/// The response waits for the first text, because until then a failure can still be told as one. A
/// failure after that breaks off the body, so that no client takes it for whole.
pub(super) async fn respond(mut text: ObjectStream) -> Result<Response, HttpError> {
    match text.next().await {
        Some(Ok(first)) => Ok(response(stream::iter([Ok(first)]).chain(text))),
        Some(Err(failure)) => Err(HttpError::NoAnswer(failure)),
        // The sandbox lets no answer of nothing pass as finished.
        None => Ok(response(stream::empty())),
    }
}

fn response(
    text: impl Stream<Item = Result<bytes::Bytes, ObjectFailure>> + Send + 'static,
) -> Response {
    let text = text.inspect(|piece| {
        if let Err(failure) = piece {
            tracing::warn!(code = failure.code, "an answer broke off");
        }
    });
    let mut response = Response::new(Body::from_stream(text));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        // nginx buffers answers otherwise.
        (http::HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
