//! How many turns run at a time, and who waits.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{Limits, SandboxError};

/// Memory mappings that one live turn takes (memory slot, tables, fibre stack and their guards),
/// measured with the pooling allocator and copy-on-write memory images.
const MAPPINGS_PER_TURN: u64 = 8;

/// Live turns at most where the kernel's limit on mappings is unknown.
const LIVE_TURNS_CEILING: u32 = 6_000;

/// How many turns a sandbox can serve. For `palisade doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// Turns that can run at the same time.
    pub live_turns: u32,
    /// What the configuration asked for.
    pub configured: u32,
    /// `vm.max_map_count`, where the system has it. When it is reached the process is aborted, so a
    /// quarter of it is left to the rest of the host.
    pub max_map_count: Option<u64>,
    /// Memory mappings that each live turn takes.
    pub mappings_per_turn: u64,
    /// Turns that run now.
    pub running: u32,
    /// Turns that wait for a place now.
    pub waiting: u32,
}

/// Turns that can run at the same time: as configured, but never so many that the process runs out
/// of memory mappings.
pub(crate) fn effective_live_turns(configured: u32, max_map_count: Option<u64>) -> u32 {
    let by_mappings = max_map_count.map_or(LIVE_TURNS_CEILING, |mappings| {
        u32::try_from(mappings / 4 * 3 / MAPPINGS_PER_TURN).unwrap_or(u32::MAX)
    });
    configured.clamp(1, by_mappings.max(1))
}

/// The kernel's limit on memory mappings of a process.
pub(crate) fn max_map_count() -> Option<u64> {
    fs::read_to_string("/proc/sys/vm/max_map_count").ok()?.trim().parse().ok()
}

/// First come, first served; bounded.
#[derive(Debug)]
pub(crate) struct Admission {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    live_turns: u32,
    configured: u32,
    max_map_count: Option<u64>,
    queue_length: usize,
    queue_wait: Duration,
}

impl Admission {
    pub(crate) fn new(limits: &Limits) -> Self {
        let max_map_count = max_map_count();
        let live_turns = effective_live_turns(limits.live_turns, max_map_count);
        Self {
            places: Arc::new(Semaphore::new(live_turns as usize)),
            waiting: AtomicUsize::new(0),
            live_turns,
            configured: limits.live_turns,
            max_map_count,
            queue_length: limits.queue_length as usize,
            queue_wait: limits.queue_wait,
        }
    }

    /// Turns that can run at the same time.
    pub(crate) fn live_turns(&self) -> u32 {
        self.live_turns
    }

    /// Takes a place, waiting for one in the order of arrival.
    pub(crate) async fn enter(&self) -> Result<OwnedSemaphorePermit, SandboxError> {
        // The semaphore is fair: with somebody in the queue this fails even if a place is free.
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        let busy =
            || SandboxError::Busy { retry_after: self.queue_wait.max(Duration::from_secs(1)) };
        let Some(_waiting) = Waiting::enter(&self.waiting, self.queue_length) else {
            return Err(busy());
        };
        match timeout(self.queue_wait, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(busy()),
        }
    }

    pub(crate) fn capacity(&self) -> Capacity {
        let free = u32::try_from(self.places.available_permits()).unwrap_or(u32::MAX);
        Capacity {
            live_turns: self.live_turns,
            configured: self.configured,
            max_map_count: self.max_map_count,
            mappings_per_turn: MAPPINGS_PER_TURN,
            running: self.live_turns.saturating_sub(free),
            waiting: u32::try_from(self.waiting.load(Ordering::Relaxed)).unwrap_or(u32::MAX),
        }
    }
}

/// A place in the queue; given back on drop, so that a caller who goes away leaves none behind.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicUsize, limit: usize) -> Option<Self> {
        count
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |waiting| {
                (waiting < limit).then_some(waiting + 1)
            })
            .ok()
            .map(|_| Self(count))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn live_turns_stay_clear_of_the_limit_on_mappings() {
        assert_eq!(effective_live_turns(2_000, Some(65_530)), 2_000);
        assert_eq!(effective_live_turns(9_000, Some(65_530)), 6_143);
        assert_eq!(effective_live_turns(2_000, Some(8_000)), 750);
        assert_eq!(effective_live_turns(9_000, None), LIVE_TURNS_CEILING);
        assert_eq!(effective_live_turns(20_000, Some(1_048_576)), 20_000);
        assert_eq!(effective_live_turns(0, Some(65_530)), 1, "a host without places is no host");
        assert_eq!(effective_live_turns(10, Some(4)), 1);
    }
}
