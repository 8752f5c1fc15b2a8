//! Bodies that are written as a script says, and the watch over how they end.

use std::{collections::VecDeque, io, sync::Arc, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;

use super::{
    framing::Ending,
    quirks::Write,
    record::{Outcome, Records},
};

/// Watches an answer from its request to its end. Dropped before the end, it records that the client
/// left: hyper drops a handler or a body as soon as the connection is gone.
pub(super) struct Watch {
    records: Arc<Records>,
    number: u64,
    writes: usize,
    outcome: Outcome,
}

impl Watch {
    pub(super) fn new(records: Arc<Records>, number: u64) -> Self {
        Self { records, number, writes: 0, outcome: Outcome::ClientClosed }
    }

    /// Number of the request.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Ends the watch over an answer that is complete as it stands.
    pub(super) fn complete(mut self) {
        self.writes = 1;
        self.outcome = Outcome::Completed;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.records.ended(self.number, self.outcome, self.writes);
    }
}

/// Pauses of a body.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pace {
    /// Before the first write.
    pub(super) first: Duration,
    /// Between writes.
    pub(super) between: Duration,
}

impl Pace {
    pub(super) fn milliseconds(first: u64, between: u64) -> Self {
        Self { first: Duration::from_millis(first), between: Duration::from_millis(between) }
    }
}

/// Cuts events into writes.
pub(super) fn writes(events: Vec<String>, write: Write) -> VecDeque<Bytes> {
    let size = match write {
        Write::Event => return events.into_iter().map(Bytes::from).collect(),
        Write::Whole => usize::MAX,
        Write::Bytes(size) => size.max(1),
    };
    let mut rest = Bytes::from(events.concat());
    let mut writes = VecDeque::new();
    while !rest.is_empty() {
        writes.push_back(rest.split_to(size.min(rest.len())));
    }
    writes
}

/// A body of these writes, with this pace and this ending.
pub(super) fn body(writes: VecDeque<Bytes>, pace: Pace, ending: Ending, watch: Watch) -> Body {
    let state = Delivery { writes, pace, ending, watch };
    Body::from_stream(stream::unfold(Some(state), |state| async move { state?.next().await }))
}

struct Delivery {
    writes: VecDeque<Bytes>,
    pace: Pace,
    ending: Ending,
    watch: Watch,
}

impl Delivery {
    async fn next(mut self) -> Option<(io::Result<Bytes>, Option<Self>)> {
        let pause = if self.watch.writes == 0 { self.pace.first } else { self.pace.between };
        if pause.is_zero() {
            // Lets hyper flush, so that one write here is one write to the socket and so that what was
            // sent before a cut arrives.
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(pause).await;
        }
        if let Some(write) = self.writes.pop_front() {
            self.watch.writes += 1;
            return Some((Ok(write), Some(self)));
        }
        match self.ending {
            Ending::Complete => {
                self.watch.outcome = Outcome::Completed;
                None
            }
            Ending::Cut => {
                self.watch.outcome = Outcome::Cut;
                Some((Err(io::Error::other("the script cuts the connection here")), None))
            }
            Ending::Stall => std::future::pending().await,
        }
    }
}
