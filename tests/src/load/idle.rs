//! What a live turn holds that waits for its provider.

use std::{io, sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::sleep};

use super::{
    client::Client,
    exchange::{self, Model},
    host::{self, Host},
    installation::Installation,
    report::{Report, kilobytes},
};

/// Clients that open turns at a time.
const OPENING: u32 = 16;
/// Places for turns beside the idle ones.
const SPARE: u32 = 50;
/// Turns before the measurement, so that what the first ones allocate isn't counted.
const WARM_UP: usize = 100;
/// Time in which what was begun is done.
const SETTLE: Duration = Duration::from_secs(2);

pub(super) async fn measure(
    installation: &Installation,
    count: u32,
    report: &mut Report,
) -> io::Result<()> {
    installation.configure(Some(count + SPARE))?;
    let (host, _) = Host::start(installation).await?;
    let swift = exchange::turn(host.address, Model::Swift);
    let mut client = Client::connect(host.address).await?;
    for _ in 0..WARM_UP {
        client.ask(&swift).await?;
    }
    sleep(SETTLE).await;
    let before = host.process.memory()?;
    let held = hold(&host, count).await?;
    sleep(SETTLE).await;
    let after = host.process.memory()?;

    // A host that holds them still serves.
    host::ready(host.address).await?;
    client.ask(&swift).await?;
    let idle = host.process.cpu()?;
    sleep(SETTLE).await;
    let idle = (host.process.cpu()? - idle).as_secs_f64() / SETTLE.as_secs_f64() * 100.0;

    let each = |after: u64, before: u64| after.saturating_sub(before) / u64::from(count);
    report.row(
        format!("memory of a live idle turn, {count} held"),
        format!(
            "{} resident ({} with shared pages counted once)",
            kilobytes(each(after.resident, before.resident)),
            kilobytes(each(after.proportional, before.proportional)),
        ),
        Some("≤ 100 KB"),
    );
    report.row(
        format!("host with {count} idle turns"),
        format!("{} resident, {idle:.1} % of one processor", kilobytes(after.resident)),
        None,
    );
    drop(held);
    host.stop().await
}

/// Opens turns until that many wait for their second token.
async fn hold(host: &Host, count: u32) -> io::Result<Vec<Client>> {
    let request = Arc::new(exchange::turn(host.address, Model::Held));
    let mut opening = JoinSet::new();
    for client in 0..OPENING {
        let (address, request) = (host.address, Arc::clone(&request));
        let turns = count / OPENING + u32::from(client < count % OPENING);
        opening.spawn(async move {
            let mut held = Vec::new();
            for _ in 0..turns {
                let mut client = Client::connect(address).await?;
                client.ask_first(&request).await?;
                held.push(client);
            }
            io::Result::Ok(held)
        });
    }
    let mut held = Vec::new();
    while let Some(clients) = opening.join_next().await {
        held.extend(clients.map_err(io::Error::other)??);
    }
    Ok(held)
}
