//! The bytes of a turn's stream.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::mpsc;

/// Writes that the turn may run ahead of the client.
pub(super) const WRITES_AHEAD: usize = 16;

/// The server-sent events of a turn, one item per write, ended by `data: [DONE]`. Dropping it stops
/// the turn and closes the connection to the provider.
#[derive(Debug)]
pub struct TurnStream(pub(super) mpsc::Receiver<Bytes>);

impl Stream for TurnStream {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.0.poll_recv(context)
    }
}
