//! The body of a provider's answer, on its way to the guest.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{
    FutureExt, StreamExt,
    stream::{self, BoxStream},
};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::error::{CapabilityError, CapabilityErrorKind};

/// Time between two reads of an answer that is being shown. What arrives faster is gathered: nobody
/// reads a text that changes more often, and each way through the guest and to the client costs several
/// times what a further event on the same way does. The beginning of an answer is never held back, and
/// neither is a model that writes fewer than 500 pieces a second.
const PACE: Duration = Duration::from_millis(2);
/// How long a read that was held back takes pieces over from the connection's task, which decodes each
/// one only when it is asked for it.
const TAKE_OVER: Duration = Duration::from_millis(1);

/// A body that is read in steps.
pub(super) struct Body {
    arrivals: Arrivals,
    /// When the last read gave all that there was.
    given: Option<Instant>,
}

/// What has arrived, and where the rest comes from.
struct Arrivals {
    pieces: BoxStream<'static, Result<Bytes, CapabilityError>>,
    /// Bytes that arrived and didn't fit into the last read.
    rest: Bytes,
    end: Option<End>,
}

/// How a body ended. An error is given again on each further read: a body that broke off must never
/// look like one that is complete.
#[derive(Debug, Clone)]
enum End {
    Complete,
    Broken(CapabilityError),
}

impl Body {
    /// The body that has these pieces.
    pub(super) fn new(pieces: BoxStream<'static, Result<Bytes, CapabilityError>>) -> Self {
        Self { arrivals: Arrivals { pieces, rest: Bytes::new(), end: None }, given: None }
    }

    /// Waits for bytes, then takes along what is already there, up to `limit`. Empty at the end.
    /// `paced`: whether what comes faster than [`PACE`] waits for more, in the connection's buffers.
    ///
    /// Errors: that with which the body broke off, once all before it was given.
    pub(super) async fn read(
        &mut self,
        limit: usize,
        paced: bool,
    ) -> Result<Vec<u8>, CapabilityError> {
        self.arrivals.wait().await;
        let due = self.given.map(|given| given + PACE).filter(|due| paced && *due > Instant::now());
        let mut bytes = match due {
            Some(due) if self.arrivals.end.is_none() => self.gather(due, limit).await,
            _ => Vec::new(),
        };
        self.arrivals.take_ready(&mut bytes, limit);
        // A backlog is worked off without a pause.
        self.given = (bytes.len() < limit).then(Instant::now);
        match &self.arrivals.end {
            Some(End::Broken(error)) if bytes.is_empty() => Err(error.clone()),
            _ => Ok(bytes),
        }
    }

    /// Waits until `due` and takes over what has arrived by then.
    ///
    /// On a task of its own: the connection hands over one piece after another and wakes whoever waits
    /// for it each time, and to wake a turn means to enter its spans, its meter and its stack.
    async fn gather(&mut self, due: Instant, limit: usize) -> Vec<u8> {
        let mut arrivals = std::mem::replace(&mut self.arrivals, Arrivals::lost());
        let gathering = async move {
            sleep_until(due).await;
            let bytes = arrivals.take_over(limit).await;
            (arrivals, bytes)
        };
        // Dropping the turn stops it and closes the connection, as if it had been awaited here.
        match AbortOnDropHandle::new(tokio::spawn(gathering)).await {
            Ok((arrivals, bytes)) => {
                self.arrivals = arrivals;
                bytes
            }
            Err(error) => {
                tracing::error!(%error, "gathering a provider's answer ended without a result");
                Vec::new()
            }
        }
    }
}

impl Arrivals {
    /// What is left when nobody knows what arrived.
    fn lost() -> Self {
        let error = CapabilityError::new(
            CapabilityErrorKind::Unavailable,
            "PROVIDER_UNAVAILABLE",
            "The answer of the AI provider broke off.",
        );
        Self { pieces: stream::empty().boxed(), rest: Bytes::new(), end: Some(End::Broken(error)) }
    }

    /// Waits until there is something to take, or the end.
    async fn wait(&mut self) {
        while self.rest.is_empty() && self.end.is_none() {
            let item = self.pieces.next().await;
            self.accept(item);
        }
    }

    /// Takes pieces for as long as one comes after another, up to `limit` bytes.
    async fn take_over(&mut self, limit: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let taken = timeout(TAKE_OVER, async {
            while !self.take(&mut bytes, limit) {
                let item = self.pieces.next().await;
                self.accept(item);
            }
        });
        // Whether the time was up says nothing: what was taken over is in `bytes`.
        drop(taken.await);
        bytes
    }

    /// Takes what is there already, up to `limit` bytes in all.
    fn take_ready(&mut self, bytes: &mut Vec<u8>, limit: usize) {
        while !self.take(bytes, limit)
            && let Some(item) = self.pieces.next().now_or_never()
        {
            self.accept(item);
        }
    }

    /// Moves the last piece to `bytes`, as far as there is room. Whether that is all that a read gives.
    fn take(&mut self, bytes: &mut Vec<u8>, limit: usize) -> bool {
        let part = self.rest.split_to(self.rest.len().min(limit - bytes.len()));
        bytes.extend_from_slice(&part);
        bytes.len() == limit || self.end.is_some()
    }

    fn accept(&mut self, item: Option<Result<Bytes, CapabilityError>>) {
        match item {
            Some(Ok(bytes)) => self.rest = bytes,
            Some(Err(error)) => self.end = Some(End::Broken(error)),
            None => self.end = Some(End::Complete),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::Stream;
    use tokio::sync::{mpsc, oneshot};

    use super::*;

    fn body(pieces: impl Stream<Item = Result<Bytes, CapabilityError>> + Send + 'static) -> Body {
        Body::new(pieces.boxed())
    }

    fn cut_off() -> CapabilityError {
        CapabilityError::new(CapabilityErrorKind::Unavailable, "PROVIDER_CUT", "Cut.")
    }

    #[tokio::test]
    async fn a_read_takes_along_what_has_arrived() {
        let mut body = body(stream::iter(["ab", "", "cde", "f"].map(|part| Ok(part.into()))));
        assert_eq!(body.read(4, false).await.unwrap(), b"abcd");
        assert_eq!(body.read(100, false).await.unwrap(), b"ef");
        assert_eq!(body.read(100, false).await.unwrap(), b"");
        assert_eq!(body.read(100, false).await.unwrap(), b"", "the end stays the end");
    }

    #[tokio::test]
    async fn a_read_does_not_wait_for_more_than_it_has() {
        let pieces = stream::iter([Ok(Bytes::from("ab"))]).chain(stream::pending());
        assert_eq!(body(pieces).read(100, false).await.unwrap(), b"ab");
    }

    #[tokio::test]
    async fn what_comes_faster_than_the_pace_waits_for_more() {
        let (sender, mut receiver) = mpsc::channel(1);
        let connection = tokio::spawn(async move {
            for piece in ["ab", "cd", "ef"] {
                sender.send(Ok(Bytes::from(piece))).await.expect("somebody reads");
            }
            std::future::pending::<()>().await;
        });
        let mut body = body(stream::poll_fn(move |context| receiver.poll_recv(context)));
        assert_eq!(body.read(100, true).await.unwrap(), b"ab", "the first bytes at once");
        let before = Instant::now();
        assert_eq!(body.read(3, true).await.unwrap(), b"cde", "then together");
        assert!(before.elapsed() >= PACE);
        assert_eq!(body.read(3, true).await.unwrap(), b"f", "a backlog doesn't wait");
        connection.abort();
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_never_looks_complete() {
        for paced in [false, true] {
            let mut body = body(stream::iter([Ok(Bytes::from("ab")), Err(cut_off())]));
            assert_eq!(body.read(1, paced).await.unwrap(), b"a", "what arrived is given first");
            assert_eq!(body.read(100, paced).await.unwrap(), b"b");
            assert_eq!(body.read(100, paced).await.unwrap_err().code, "PROVIDER_CUT");
            assert_eq!(body.read(100, paced).await.unwrap_err().code, "PROVIDER_CUT");
        }
    }

    #[tokio::test]
    async fn a_read_that_is_given_up_closes_the_connection() {
        let (open, closed) = oneshot::channel::<()>();
        let pieces = stream::iter(["ab", "cd"]).chain(stream::once(async move {
            let _open = open;
            std::future::pending().await
        }));
        let mut body = body(pieces.map(|part| Ok(Bytes::from(part))));
        assert_eq!(body.read(3, true).await.unwrap(), b"abc");
        body.given = Some(Instant::now() + Duration::from_secs(3_600));
        assert!(body.read(100, true).now_or_never().is_none(), "it waits");
        drop(body);
        assert!(closed.await.is_err());
    }

    #[tokio::test]
    async fn a_connection_that_panics_breaks_the_body_off() {
        let pieces = stream::iter(["ab", "cd"]).chain(stream::once(async { panic!("a bug") }));
        let mut body = body(pieces.map(|part| Ok(Bytes::from(part))));
        assert_eq!(body.read(3, true).await.unwrap(), b"abc");
        body.given = Some(Instant::now());
        assert_eq!(body.read(100, true).await.unwrap_err().code, "PROVIDER_UNAVAILABLE");
        assert_eq!(body.read(100, true).await.unwrap_err().code, "PROVIDER_UNAVAILABLE");
    }
}
