//! The response of a turn: server-sent events as AI SDK clients expect them.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderValue, header};
use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep};

use crate::turn::TurnStream;

/// Silence after which a comment is sent, so that no proxy takes the stream for dead.
const SILENCE: Duration = Duration::from_secs(15);
/// A comment of the event stream format, which clients skip.
const PING: Bytes = Bytes::from_static(b": ping\n\n");

/// Answers with a turn's stream. A client that goes away drops the body, and with it the turn.
pub(super) fn respond(stream: TurnStream) -> Response {
    let mut response = Response::new(Body::new(Events::new(stream, SILENCE)));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONNECTION, "keep-alive"),
        (http::HeaderName::from_static("x-vercel-ai-ui-message-stream"), "v1"),
        // nginx buffers answers otherwise.
        (http::HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A body of events with comments in silences.
struct Events<S> {
    stream: S,
    silence: Duration,
    /// Ends when the last write may be `silence` ago. It isn't moved by each write, which would touch
    /// the timer for every token, but looked at again when it ends.
    timer: Pin<Box<Sleep>>,
    written: Instant,
}

impl<S> Events<S> {
    fn new(stream: S, silence: Duration) -> Self {
        Self { stream, silence, timer: Box::pin(sleep(silence)), written: Instant::now() }
    }
}

impl<S: Stream<Item = Bytes> + Unpin> http_body::Body for Events<S> {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(next) = Pin::new(&mut self.stream).poll_next(context) {
            self.written = Instant::now();
            return Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))));
        }
        loop {
            ready!(self.timer.as_mut().poll(context));
            let now = Instant::now();
            let due = self.written + self.silence;
            if due <= now {
                self.written = now;
                let next = now + self.silence;
                self.timer.as_mut().reset(next);
                return Poll::Ready(Some(Ok(Frame::data(PING))));
            }
            self.timer.as_mut().reset(due);
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use tokio::sync::mpsc;
    use tokio_stream::wrappers::ReceiverStream;

    use super::*;

    async fn frame<S: Stream<Item = Bytes> + Unpin>(events: &mut Events<S>) -> Option<Bytes> {
        let frame = events.frame().await?.expect("never fails");
        Some(frame.into_data().expect("data"))
    }

    #[tokio::test]
    async fn silence_is_filled_with_comments_and_nothing_else_is() {
        let (sender, receiver) = mpsc::channel(2);
        let silence = Duration::from_millis(20);
        let mut events = Events::new(ReceiverStream::new(receiver), silence);
        for event in ["data: 1\n\n", "data: 2\n\n"] {
            sender.send(Bytes::from(event)).await.expect("somebody reads");
        }
        assert_eq!(frame(&mut events).await, Some(Bytes::from("data: 1\n\n")));
        assert_eq!(frame(&mut events).await, Some(Bytes::from("data: 2\n\n")));
        // Nobody writes: each frame is a comment, and there is one after the other.
        assert_eq!(frame(&mut events).await, Some(PING));
        assert_eq!(frame(&mut events).await, Some(PING));
        sender.send(Bytes::from("data: 3\n\n")).await.expect("somebody reads");
        assert_eq!(frame(&mut events).await, Some(Bytes::from("data: 3\n\n")));
        drop(sender);
        assert_eq!(frame(&mut events).await, None);
    }
}
