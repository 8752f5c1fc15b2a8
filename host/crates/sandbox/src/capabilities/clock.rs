//! `palisade:host/clock`: time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::{bindings::palisade::host::clock, state::TurnState};

/// How long one `wait` takes at most.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

impl clock::Host for TurnState {
    fn now(&mut self) -> wasmtime::Result<u64> {
        self.meter.count_call()?;
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
    }

    fn monotonic_now(&mut self) -> wasmtime::Result<u64> {
        self.meter.count_call()?;
        Ok(u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    fn remaining(&mut self) -> wasmtime::Result<u64> {
        self.meter.count_call()?;
        let remaining = self.deadline.saturating_duration_since(Instant::now());
        Ok(u64::try_from(remaining.as_millis()).unwrap_or(u64::MAX))
    }

    async fn wait(&mut self, milliseconds: u32) -> wasmtime::Result<()> {
        self.meter.count_call()?;
        tokio::time::sleep(Duration::from_millis(milliseconds.into()).min(LONGEST_WAIT)).await;
        Ok(())
    }
}
