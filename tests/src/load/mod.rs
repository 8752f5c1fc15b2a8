//! A load program: what a turn costs a host, how soon it answers, how much an idle one holds, and how
//! soon a host is ready.
//!
//! The host is a process of its own, in the release build, on a folder with the sample project and a
//! sealed provider key. Provider and clients are in the measuring process, over loopback. Both are as
//! small as they can be, because they share the machine with what they measure; every answer is
//! checked all the same.

mod client;
mod exchange;
mod host;
mod idle;
mod installation;
mod options;
mod process;
mod provider;
mod report;
mod statistics;
mod turns;

use std::io;

pub use options::{Options, Part};
pub use report::{Report, Row};

use installation::Installation;
use provider::Provider;

/// Measures what the options ask for. Progress goes to standard error.
///
/// Errors: a host that can't be started, and an answer that isn't what it has to be.
pub async fn measure(options: &Options) -> io::Result<Report> {
    process::raise_descriptor_limit();
    let provider = Provider::start().await?;
    let installation = Installation::prepare(&options.binary()?, &provider).await?;
    let mut report = Report::default();
    if options.includes(Part::Start) {
        eprintln!("start-up …");
        host::measure_starts(&installation, options, &mut report).await?;
    }
    if options.includes(Part::Turns) {
        eprintln!("turns …");
        turns::measure(&installation, &provider, options, &mut report).await?;
    }
    if options.includes(Part::Idle) {
        for count in &options.idle {
            eprintln!("{count} idle turns …");
            idle::measure(&installation, *count, &mut report).await?;
        }
    }
    Ok(report)
}
