//! Deadline and processor budget around a call into the guest.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};
use tokio::time::{Sleep, sleep};

use crate::error::TurnStop;

/// A poll that is over within this time is charged by the wall clock. The thread's processor time is
/// a system call, which for most polls would cost more than what they do.
const SHORT: Duration = Duration::from_micros(250);

/// How a supervised call ended, and what it used.
#[derive(Debug)]
pub(crate) struct Supervised<T> {
    /// The call's own result, or the limit that it met.
    pub(crate) result: Result<T, TurnStop>,
    /// Processor time that was spent inside the call, host functions included, or a little more.
    pub(crate) cpu: Duration,
}

/// Runs a call within a processor budget and a deadline.
///
/// The guest runs inside `poll`, so the thread's processor time that passes there is the turn's own:
/// waiting for a provider or a slow client costs nothing. A guest that spins is interrupted at each
/// epoch, which returns from `poll` and lets both limits be checked.
///
/// After a poll that wasn't short the next one is charged by the thread's processor time, others by
/// the wall clock, which is never less. So a guest can't hide what it uses, and a busy machine costs
/// a turn at most the one interruption that made a poll long.
pub(crate) async fn supervise<F: Future>(
    call: F,
    cpu_time: Duration,
    turn_time: Duration,
) -> Supervised<F::Output> {
    Supervision {
        call: Box::pin(call),
        deadline: Box::pin(sleep(turn_time)),
        budget: cpu_time,
        cpu: Duration::ZERO,
        after_long: false,
    }
    .await
}

struct Supervision<F> {
    call: Pin<Box<F>>,
    deadline: Pin<Box<Sleep>>,
    budget: Duration,
    cpu: Duration,
    /// Whether the last poll wasn't short.
    after_long: bool,
}

impl<F: Future> Future for Supervision<F> {
    type Output = Supervised<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let before = self.after_long.then(thread_cpu_time);
        let started = Instant::now();
        let polled = self.call.as_mut().poll(context);
        let passed = started.elapsed();
        self.cpu += match before {
            Some(before) => thread_cpu_time().saturating_sub(before),
            None => passed,
        };
        self.after_long = passed > SHORT;
        let result = match polled {
            Poll::Ready(output) => Ok(output),
            Poll::Pending if self.cpu > self.budget => Err(TurnStop::CpuTime),
            Poll::Pending => match self.deadline.as_mut().poll(context) {
                Poll::Ready(()) => Err(TurnStop::TurnTime),
                Poll::Pending => return Poll::Pending,
            },
        };
        Poll::Ready(Supervised { result, cpu: self.cpu })
    }
}

/// Processor time of this thread. `poll` runs on one thread from start to end.
fn thread_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}
