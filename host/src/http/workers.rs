//! Threads that serve, one for each processor but one.
//!
//! A turn is a few tasks that hand each other small pieces: the client's connection, the turn itself,
//! the connection to the provider. On one thread a hand-over is an entry in a queue; between threads
//! it is system calls and a switch, for each piece. So a connection stays with the thread that it was
//! given to, with everything that is done for it, and threads take no work from each other. What
//! computes for long gives way by itself (guests, at each epoch) or runs elsewhere (passwords,
//! compilers). The processor that is left over is for the databases' threads, the kernel and whatever
//! else is on the machine; one thread fewer also means that each has more to do when it wakes.

use std::{io, sync::Arc, thread};

use tokio::runtime::{Builder, Handle, Runtime};

/// The threads. Cheap to clone; they end with the last clone, and what still runs there with them.
#[derive(Debug, Clone)]
pub struct Workers(Arc<[Worker]>);

#[derive(Debug)]
struct Worker {
    /// Of one thread. None while it is shut down.
    runtime: Option<Runtime>,
    handle: Handle,
    /// A clone is held for each connection.
    connections: Arc<()>,
}

/// A connection's place with a worker, given back when it is dropped.
#[derive(Debug)]
pub(super) struct WorkerPlace {
    pub(super) runtime: Handle,
    _connection: Arc<()>,
}

impl Workers {
    /// Starts a thread for each processor that this process may use but one, at least one.
    ///
    /// Errors: those of the operating system, where it gives no more threads or file descriptors.
    pub fn start() -> io::Result<Self> {
        let processors = thread::available_parallelism()?.get();
        (0..processors.saturating_sub(1).max(1))
            .map(Worker::start)
            .collect::<io::Result<_>>()
            .map(Self)
    }

    /// A place with the worker that has the fewest connections.
    pub(super) fn place(&self) -> WorkerPlace {
        match self.0.iter().min_by_key(|worker| Arc::strong_count(&worker.connections)) {
            Some(worker) => WorkerPlace {
                runtime: worker.handle.clone(),
                _connection: Arc::clone(&worker.connections),
            },
            None => WorkerPlace { runtime: Handle::current(), _connection: Arc::default() },
        }
    }
}

impl Worker {
    /// The scheduler for several threads, with one: it runs the task that was woken last first, which
    /// is what pieces that are handed on want.
    fn start(number: usize) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name(format!("worker-{number}"))
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        Ok(Self { runtime: Some(runtime), handle, connections: Arc::new(()) })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Reads of files can't be cancelled, and nothing else is worth waiting for.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn connections_are_spread_and_stay_on_their_thread() {
        let workers =
            Workers((0..3).map(Worker::start).collect::<io::Result<_>>().expect("threads"));
        let places: Vec<_> = (0..6).map(|_| workers.place()).collect();
        let mut threads = Vec::new();
        for place in &places {
            let both = place.runtime.spawn(async {
                let first = thread::current().id();
                let second = tokio::spawn(async { thread::current().id() }).await;
                (first, second.expect("a task"))
            });
            let (first, second) = both.await.expect("a task");
            assert_eq!(first, second);
            threads.push(first);
        }
        for thread in &threads {
            assert_eq!(threads.iter().filter(|other| *other == thread).count(), 2);
        }
        // Who left makes room.
        let left = places.into_iter().next().expect("the first");
        let id = left.runtime.id();
        drop(left);
        assert_eq!(workers.place().runtime.id(), id);
    }

    #[tokio::test]
    async fn the_threads_end_with_the_last_clone() {
        let workers = Workers::start().expect("threads");
        let place = workers.clone().place();
        let forever = place.runtime.spawn(std::future::pending::<()>());
        drop(workers);
        assert!(forever.await.expect_err("stopped").is_cancelled());
    }
}
