//! What the sandbox costs: an instance for each turn, and each event of a provider on its way through
//! the guest, for each wire format.
//!
//! `natively` is the guest's own code compiled for this machine, without the host's encoding of what it
//! emits: the difference to `guest` is the price of the sandbox, plus that encoding. `long` is an answer
//! ten times as long: an event in it costs no more, because nothing grows with the square of a stream.

mod guest;
mod native;
mod stream;

use std::{error::Error, process::ExitCode};

use criterion::{Criterion, Throughput};

use guest::Guest;
use stream::{EVENTS, WIRES};

/// Tokens of a long answer.
const LONG: usize = 10 * EVENTS;

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

    criterion.bench_function("turn/empty", |bencher| {
        bencher.to_async(&runtime).iter(|| guest.empty_turn());
    });
    for wire in &WIRES {
        // What doesn't work isn't measured.
        runtime.block_on(guest.check(wire))?;
        native::check(wire)?;
        let mut event = criterion.benchmark_group(format!("event/{}", wire.kind));
        for (length, tokens) in [("guest", EVENTS), ("guest, long", LONG)] {
            event.throughput(Throughput::Elements(tokens as u64));
            let provider = guest::provider(wire, tokens);
            event.bench_function(length, |bencher| {
                bencher.to_async(&runtime).iter(|| guest.answer(&provider));
            });
        }
        event.throughput(Throughput::Elements(EVENTS as u64));
        event.bench_function("natively", |bencher| bencher.iter(|| native::events(wire)));
        event.finish();
    }
    criterion.final_summary();
    Ok(())
}
