//! The body of an answer, as long as it keeps coming.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, stream::BoxStream};
use tokio::time::{Instant, Sleep, sleep};

use super::EgressFailure;

/// Pieces of a body, with a limit to the wait for each.
///
/// There is one timer for all of them, which is set anew when a wait begins: an answer has hundreds
/// of pieces, and to make a timer and to take it back costs more than to pass one on.
pub(super) struct Pieces {
    /// None once the body has ended or failed.
    source: Option<BoxStream<'static, reqwest::Result<Bytes>>>,
    idle: Duration,
    /// When the wait that began last is over.
    limit: Pin<Box<Sleep>>,
    waiting: bool,
}

impl Pieces {
    /// The pieces of a body, none of which may take longer than `idle`.
    pub(super) fn new(source: BoxStream<'static, reqwest::Result<Bytes>>, idle: Duration) -> Self {
        Self { source: Some(source), idle, limit: Box::pin(sleep(idle)), waiting: false }
    }

    /// Waits: the time that nobody asks for a piece doesn't count.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !std::mem::replace(&mut self.waiting, true) {
            self.limit.as_mut().reset(Instant::now() + self.idle);
        }
        self.limit.as_mut().poll(context)
    }
}

impl Stream for Pieces {
    type Item = Result<Bytes, EgressFailure>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(source) = &mut self.source else { return Poll::Ready(None) };
        let failure = match source.as_mut().poll_next(context) {
            Poll::Ready(Some(Ok(bytes))) => {
                self.waiting = false;
                return Poll::Ready(Some(Ok(bytes)));
            }
            Poll::Ready(None) => None,
            Poll::Ready(Some(Err(error))) => {
                Some(EgressFailure::Failed(Box::new(error.without_url())))
            }
            Poll::Pending => match self.wait(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(()) => Some(EgressFailure::Timeout(self.idle)),
            },
        };
        self.source = None;
        Poll::Ready(failure.map(Err))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream};

    use super::*;

    const IDLE: Duration = Duration::from_secs(2);
    /// Three of them are more than that; one is less, on a busy machine too.
    const WAIT: Duration = Duration::from_millis(700);

    fn pieces(source: impl Stream<Item = &'static str> + Send + 'static) -> Pieces {
        Pieces::new(source.map(|piece| Ok(Bytes::from(piece))).boxed(), IDLE)
    }

    async fn late(piece: &'static str) -> &'static str {
        sleep(WAIT).await;
        piece
    }

    #[tokio::test]
    async fn each_piece_has_the_whole_time_and_the_last_wait_ends() {
        let slow = stream::iter(["a", "b", "c"]).then(late);
        let mut pieces = pieces(slow.chain(stream::pending()));
        for expected in ["a", "b", "c"] {
            assert_eq!(pieces.next().await.expect("a piece").expect("in time"), expected);
        }
        let ended = pieces.next().await.expect("an end");
        assert!(matches!(ended, Err(EgressFailure::Timeout(IDLE))), "{ended:?}");
        assert!(pieces.next().await.is_none(), "nothing follows a failure");
    }

    #[tokio::test]
    async fn time_in_which_nobody_asks_does_not_count() {
        let mut pieces = pieces(stream::iter(["a", "b"]).then(late));
        for expected in ["a", "b"] {
            sleep(IDLE).await;
            assert_eq!(pieces.next().await.expect("a piece").expect("in time"), expected);
        }
        assert!(pieces.next().await.is_none());
    }
}
