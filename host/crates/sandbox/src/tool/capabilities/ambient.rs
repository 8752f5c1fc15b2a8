//! What every tool gets: `palisade:tool/progress`, `log`, `clock` and `random`.

use std::time::{SystemTime, UNIX_EPOCH};

use super::super::{
    ToolLogLevel,
    bindings::palisade::tool::{clock, log, progress, random},
    state::ToolState,
};
use crate::text::cut;

/// Bytes of a progress message.
const MESSAGE_BYTES: usize = 200;
/// Random bytes at a time.
const RANDOM_BYTES: usize = 4_096;

impl progress::Host for ToolState {
    fn report(&mut self, message: String, fraction: Option<f32>) -> wasmtime::Result<()> {
        self.count_call()?;
        let fraction = fraction.filter(|it| it.is_finite()).map(|it| it.clamp(0.0, 1.0));
        self.host.progress(cut(&message, MESSAGE_BYTES), fraction);
        Ok(())
    }
}

impl log::Host for ToolState {
    fn log(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        self.count_call()?;
        let level = match level {
            log::Level::Debug => ToolLogLevel::Debug,
            log::Level::Info => ToolLogLevel::Info,
            log::Level::Warn => ToolLogLevel::Warn,
            log::Level::Error => ToolLogLevel::Error,
        };
        if let Some(line) = self.log.admit(&message) {
            self.host.log(level, &line);
        }
        Ok(())
    }
}

impl clock::Host for ToolState {
    fn now(&mut self) -> wasmtime::Result<u64> {
        self.count_call()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
    }

    fn monotonic_now(&mut self) -> wasmtime::Result<u64> {
        self.count_call()?;
        Ok(u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

impl random::Host for ToolState {
    fn bytes(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        self.count_call()?;
        let mut bytes = vec![0; RANDOM_BYTES.min(count as usize)];
        getrandom::fill(&mut bytes)
            .map_err(|error| wasmtime::Error::msg(format!("no random numbers: {error}")))?;
        Ok(bytes)
    }
}
