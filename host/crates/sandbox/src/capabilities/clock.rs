//! `palisade:host/clock`: time.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::{bindings::palisade::host::clock, state::TurnState};

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
}
