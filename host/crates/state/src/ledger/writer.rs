//! The task that writes ledger rows in batches, so that no turn waits for the disk.

use std::time::Duration;

use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep, timeout},
};

use super::LedgerEntry;
use crate::{StateError, store::Store};

/// Rows that may wait to be written. About a second's worth on a slow disk.
const QUEUE: usize = 1024;
/// Rows per transaction at most.
const BATCH: usize = 256;
/// How long rows wait for more, so that turns that end at about the same time share a transaction.
const GATHERING: Duration = Duration::from_millis(5);
/// How long a caller waits for room in the queue, or for a flush.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pause before a failed batch is tried again; doubled each time up to the second value.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Attempts after which rows are given up once nobody is left who could wait for them.
const LAST_ATTEMPTS: u32 = 5;

enum Command {
    Append(Box<LedgerEntry>),
    Flush(oneshot::Sender<Result<(), StateError>>),
}

pub(super) struct Writer {
    store: Store,
    queue: mpsc::Sender<Command>,
}

impl Writer {
    /// Starts the task. It ends, with everything written, when the writer is dropped.
    pub(super) fn start(store: Store) -> Self {
        let (queue, commands) = mpsc::channel(QUEUE);
        tokio::spawn(run(store.clone(), commands));
        Self { store, queue }
    }

    pub(super) async fn append(&self, entry: LedgerEntry) -> Result<(), StateError> {
        if self.store.is_closed() {
            return Err(StateError::LedgerUnavailable);
        }
        self.send(Command::Append(Box::new(entry.into_row()))).await
    }

    pub(super) async fn flush(&self) -> Result<(), StateError> {
        let (sender, written) = oneshot::channel();
        self.send(Command::Flush(sender)).await?;
        match timeout(PATIENCE, written).await {
            Ok(Ok(result)) => result,
            _ => Err(StateError::LedgerUnavailable),
        }
    }

    async fn send(&self, command: Command) -> Result<(), StateError> {
        match timeout(PATIENCE, self.queue.send(command)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(StateError::LedgerUnavailable),
        }
    }
}

async fn run(store: Store, mut commands: mpsc::Receiver<Command>) {
    let mut received = Vec::with_capacity(BATCH);
    let mut rows = Vec::with_capacity(BATCH);
    let mut flushes = Vec::new();
    while commands.recv_many(&mut received, BATCH).await > 0 {
        if !received.iter().any(|command| matches!(command, Command::Flush(_))) {
            sleep(GATHERING).await;
            while received.len() < BATCH
                && let Ok(command) = commands.try_recv()
            {
                received.push(command);
            }
        }
        for command in received.drain(..) {
            match command {
                Command::Append(entry) => rows.push(*entry),
                Command::Flush(sender) => flushes.push(sender),
            }
        }
        // A batch that fails is kept and tried again before anything newer: rows stay in order and
        // none is lost while the process lives.
        let (mut pause, mut attempts) = (FIRST_PAUSE, 0);
        while let Err(error) = store.append_ledger(&rows).await {
            tracing::error!(%error, source = ?error, rows = rows.len(), "ledger rows are not written yet");
            for flush in flushes.drain(..) {
                drop(flush.send(Err(StateError::LedgerUnavailable)));
            }
            attempts += 1;
            if store.is_closed() || (commands.is_closed() && attempts >= LAST_ATTEMPTS) {
                return;
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        rows.clear();
        for flush in flushes.drain(..) {
            drop(flush.send(Ok(())));
        }
    }
}
