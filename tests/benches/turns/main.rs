//! What the sandbox costs: an instance for each turn, and each event of a provider on its way through
//! the guest.
//!
//! `event/natively` is the guest's own code compiled for this machine, without the host's encoding of
//! what it emits: the difference to `event/guest, read together` is the price of the sandbox, plus
//! that encoding.

mod guest;
mod native;
mod stream;

use std::{error::Error, process::ExitCode};

use criterion::{Criterion, Throughput};

use guest::Guest;
use stream::EVENTS;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("turns: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let guest = runtime.block_on(Guest::load())?;
    let mut criterion = Criterion::default().configure_from_args();

    // What doesn't work isn't measured.
    runtime.block_on(guest.check())?;
    native::check()?;

    criterion.bench_function("turn/empty", |bencher| {
        bencher.to_async(&runtime).iter(|| guest.empty_turn());
    });
    let mut event = criterion.benchmark_group("event");
    event.throughput(Throughput::Elements(EVENTS as u64));
    event.bench_function("guest, read together", |bencher| {
        bencher.to_async(&runtime).iter(|| guest.events_together());
    });
    event.bench_function("guest, read one by one", |bencher| {
        bencher.to_async(&runtime).iter(|| guest.events_one_by_one());
    });
    event.bench_function("natively", |bencher| bencher.iter(native::events));
    event.finish();
    criterion.final_summary();
    Ok(())
}
