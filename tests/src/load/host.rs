//! A running host, and how soon it runs.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout},
    time::timeout,
};

use super::{
    client::Client,
    exchange,
    installation::Installation,
    options::Options,
    process::Process,
    report::{Report, milliseconds},
    statistics::Spread,
};

/// Longest wait for a host.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a host prints before its address.
const ANNOUNCEMENT: &str = "Palisade listens on http://";

/// A running host. It is killed when it is dropped.
pub(super) struct Host {
    pub(super) address: SocketAddr,
    pub(super) process: Process,
    child: Child,
    /// Kept, so that the host can go on writing.
    _output: BufReader<ChildStdout>,
}

impl Host {
    /// Starts a host and waits until it answers; how long that took.
    pub(super) async fn start(installation: &Installation) -> io::Result<(Self, Duration)> {
        let started = Instant::now();
        let starting = async {
            let mut child = installation.serve()?.spawn()?;
            let output = child.stdout.take().ok_or_else(|| io::Error::other("no output"))?;
            let mut output = BufReader::new(output);
            let mut line = String::new();
            output.read_line(&mut line).await?;
            let address = line.trim().strip_prefix(ANNOUNCEMENT);
            let address = address.and_then(|address| address.parse().ok()).ok_or_else(|| {
                io::Error::other(format!("the host didn't start:\n{}", installation.log()))
            })?;
            ready(address).await?;
            let process = Process(child.id().unwrap_or_default());
            io::Result::Ok(Self { address, process, child, _output: output })
        };
        let host = timeout(PATIENCE, starting)
            .await
            .map_err(|_| io::Error::other("the host isn't ready"))??;
        Ok((host, started.elapsed()))
    }

    /// Stops the host and waits for its end.
    pub(super) async fn stop(mut self) -> io::Result<()> {
        self.child.kill().await
    }
}

/// Asks whether the host is ready, which it has to be once it says where it listens.
pub(super) async fn ready(address: SocketAddr) -> io::Result<()> {
    let mut client = Client::connect(address).await?;
    let status = client.status_line(&exchange::ping(address)).await?;
    if status.starts_with("HTTP/1.1 200") {
        return Ok(());
    }
    Err(io::Error::other(format!("/server/ping answers {status:?}")))
}

/// Measures start-up: from the start of the process until `/server/ping` answers.
pub(super) async fn measure_starts(
    installation: &Installation,
    options: &Options,
    report: &mut Report,
) -> io::Result<()> {
    for (what, target, cached) in [
        ("ready, compiled image cached", "≤ 300 ms", true),
        ("ready, first time", "≤ 1,500 ms", false),
    ] {
        let mut times = Vec::with_capacity(options.starts);
        if cached {
            // Fills the cache.
            Host::start(installation).await?.0.stop().await?;
        }
        for _ in 0..options.starts {
            if !cached {
                installation.forget_images()?;
            }
            let (host, time) = Host::start(installation).await?;
            times.push(time);
            host.stop().await?;
        }
        let spread = Spread::of(times);
        report.row(
            what,
            format!("{} (slowest {})", milliseconds(spread.median), milliseconds(spread.most)),
            Some(target),
        );
    }
    Ok(())
}
