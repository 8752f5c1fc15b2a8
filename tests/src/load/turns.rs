//! What a turn of 200 tokens costs the host, and how soon its first token is there.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::{
    client::{Client, Timing},
    exchange::{self, Model, PACE_MILLISECONDS, TOKENS},
    host::Host,
    installation::Installation,
    options::Options,
    provider::Provider,
    report::{Report, milliseconds},
    statistics::Spread,
};

/// Turns before the first measurement, so that connections stand and code is warm.
const WARM_UP: usize = 200;
/// Paced turns at a time.
const PACED_TOGETHER: usize = 50;

/// Questions that are asked one after another by each of some clients.
struct Work {
    address: SocketAddr,
    request: Vec<u8>,
    together: usize,
    turns: usize,
}

struct Done {
    first: Spread,
    whole: Spread,
    elapsed: Duration,
}

impl Work {
    async fn run(self) -> io::Result<Done> {
        let started = Instant::now();
        let each = self.turns.div_ceil(self.together);
        let (together, work) = (self.together, Arc::new(self));
        let mut clients = JoinSet::new();
        for _ in 0..together {
            clients.spawn(ask(Arc::clone(&work), each));
        }
        let mut timings = Vec::with_capacity(each * together);
        while let Some(client) = clients.join_next().await {
            timings.extend(client.map_err(io::Error::other)??);
        }
        Ok(Done {
            first: Spread::of(timings.iter().map(|timing| timing.first).collect()),
            whole: Spread::of(timings.iter().map(|timing| timing.whole).collect()),
            elapsed: started.elapsed(),
        })
    }
}

async fn ask(work: Arc<Work>, times: usize) -> io::Result<Vec<Timing>> {
    let mut client = Client::connect(work.address).await?;
    let mut timings = Vec::with_capacity(times);
    for _ in 0..times {
        timings.push(client.ask(&work.request).await?);
    }
    Ok(timings)
}

pub(super) async fn measure(
    installation: &Installation,
    provider: &Provider,
    options: &Options,
    report: &mut Report,
) -> io::Result<()> {
    installation.configure(None)?;
    let (host, _) = Host::start(installation).await?;
    let turns = |model, together, turns| Work {
        address: host.address,
        request: exchange::turn(host.address, model),
        together,
        turns,
    };
    turns(Model::Swift, 4, WARM_UP).run().await?;
    let one = costs(&host, turns(Model::Swift, 1, options.turns), "one at a time", report).await?;
    costs(&host, turns(Model::Swift, 8, options.turns), "eight at a time", report).await?;
    let own = Work {
        address: provider.address(),
        request: exchange::completion(provider.address(), Model::Swift),
        together: 1,
        turns: options.turns,
    };
    let own = own.run().await?;
    let row = |what: &str, host: Duration, own: Duration| {
        let over = milliseconds(host.saturating_sub(own));
        let (host, own) = (milliseconds(host), milliseconds(own));
        (format!("time to first token over the provider's own, {what}"), over, host, own)
    };
    for (what, target, host, own) in [
        ("median", Some("≤ 2 ms"), one.first.median, own.first.median),
        ("99 of 100", None, one.first.most_of_all, own.first.most_of_all),
    ] {
        let (what, over, host, own) = row(what, host, own);
        report.row(what, format!("{over} ({host} - {own})"), target);
    }
    let over = milliseconds(one.whole.median.saturating_sub(own.whole.median));
    let (whole, own) = (milliseconds(one.whole.median), milliseconds(own.whole.median));
    report.row(
        "whole turn over the provider's own, median",
        format!("{over} ({whole} - {own})"),
        None,
    );

    let pace = 1_000 / PACE_MILLISECONDS;
    let what = format!("{PACED_TOGETHER} at a time, {pace} tokens/s each");
    let paced = (options.turns / 4).max(PACED_TOGETHER);
    costs(&host, turns(Model::Paced, PACED_TOGETHER, paced), &what, report).await?;
    host.stop().await
}

/// Measures the processor time of the host alone: provider and clients are another process.
async fn costs(host: &Host, work: Work, what: &str, report: &mut Report) -> io::Result<Done> {
    let swift = work.together != PACED_TOGETHER;
    let turns = u32::try_from(work.turns).unwrap_or(u32::MAX).max(1);
    let before = host.process.cpu()?;
    let done = work.run().await?;
    let each = (host.process.cpu()? - before) / turns;
    let rate = f64::from(turns) / done.elapsed.as_secs_f64();
    report.row(
        format!("processor time of a {TOKENS}-token turn, {what}"),
        format!("{} ({rate:.0} turns/s)", milliseconds(each)),
        swift.then_some("≤ 1.5 ms"),
    );
    Ok(done)
}
