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
    let mut response = Response::new(Body::new(Events::new(stream)));
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
    /// Ends when the last write may be `SILENCE` ago. It isn't moved by each write, which would touch
    /// the timer for every token, but looked at again when it ends.
    timer: Pin<Box<Sleep>>,
    written: Instant,
}

impl<S> Events<S> {
    fn new(stream: S) -> Self {
        Self { stream, timer: Box::pin(sleep(SILENCE)), written: Instant::now() }
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
            let due = self.written + SILENCE;
            if due <= now {
                self.written = now;
                self.timer.as_mut().reset(now + SILENCE);
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

    #[tokio::test(start_paused = true)]
    async fn silence_is_filled_with_comments_and_nothing_else_is() {
        let (sender, receiver) = mpsc::channel(1);
        let mut events = Events::new(ReceiverStream::new(receiver));
        let start = Instant::now();
        let writer = tokio::spawn(async move {
            for event in ["data: 1\n\n", "data: 2\n\n"] {
                tokio::time::sleep(Duration::from_secs(10)).await;
                sender.send(Bytes::from(event)).await.expect("somebody reads");
            }
            tokio::time::sleep(Duration::from_secs(40)).await;
            drop(sender);
        });
        let mut seen = Vec::new();
        while let Some(bytes) = frame(&mut events).await {
            seen.push((start.elapsed().as_secs(), String::from_utf8_lossy(&bytes).into_owned()));
        }
        writer.await.expect("wrote");
        let expected =
            [(10, "data: 1\n\n"), (20, "data: 2\n\n"), (35, ": ping\n\n"), (50, ": ping\n\n")];
        assert_eq!(seen, expected.map(|(second, text)| (second, text.to_owned())));
    }
}
