//! The clock of epoch interruption.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, Thread},
};

use wasmtime::{Engine, EngineWeak};

use crate::limits::TICK;

/// A thread that advances the engine's epoch while turns run and sleeps while none do.
#[derive(Debug)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

#[derive(Debug, Default)]
struct Shared {
    running: AtomicUsize,
    stopped: AtomicBool,
}

impl Ticker {
    /// Starts the thread. It ends when the ticker is dropped.
    pub(crate) fn start(engine: &Engine) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let handle = thread::Builder::new().name("sandbox-epoch".into()).spawn({
            let (shared, engine) = (Arc::clone(&shared), engine.weak());
            move || tick(&shared, &engine)
        })?;
        Ok(Self { shared, thread: handle.thread().clone() })
    }

    /// Keeps the epoch advancing until the guard is dropped.
    pub(crate) fn hold(&self) -> Ticking {
        if self.shared.running.fetch_add(1, Ordering::AcqRel) == 0 {
            self.thread.unpark();
        }
        Ticking(Arc::clone(&self.shared))
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// Keeps a [`Ticker`] ticking.
#[derive(Debug)]
pub(crate) struct Ticking(Arc<Shared>);

impl Drop for Ticking {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
    }
}

fn tick(shared: &Shared, engine: &EngineWeak) {
    while !shared.stopped.load(Ordering::Acquire) {
        if shared.running.load(Ordering::Acquire) == 0 {
            // An `unpark` between the check and here makes this return at once.
            thread::park();
            continue;
        }
        thread::sleep(TICK);
        match engine.upgrade() {
            Some(engine) => engine.increment_epoch(),
            None => return,
        }
    }
}
