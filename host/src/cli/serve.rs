//! `palisade serve`

use std::net::SocketAddr;

use palisade_project::{DemoLogin, DemoLogins};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use super::{CliError, arguments::ServeArguments, descriptors};
use crate::{
    app::App,
    config::Config,
    http::{self, Workers},
};

pub(super) async fn run(mut config: Config, arguments: ServeArguments) -> Result<(), CliError> {
    if let Some(listen) = &arguments.listen {
        config.listen = listen.parse().map_err(|_| {
            let problem = "is no IP address and port, such as 127.0.0.1:8090";
            CliError::Usage(format!("--listen {listen:?} {problem}"))
        })?;
    }
    descriptors::raise_limit(config.limits.live_turns);
    let app = App::open(config, arguments.plugin).await?;
    let demo = match app.backend.embedded() {
        Some(project) => project.has_demo_logins().await?,
        None => false,
    };
    let listen = app.config.listen;
    if demo && !listen.ip().is_loopback() {
        return Err(CliError::Usage(format!(
            "the project has the sample's published passwords, so it is not served on {listen}: \
             listen on 127.0.0.1, or make a project of your own"
        )));
    }
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| CliError::Connection(format!("{listen} can't be listened on: {error}")))?;
    let address = listener.local_addr()?;
    let shutdown = CancellationToken::new();
    let stopped = stop_on_signal(shutdown.clone())?;
    announce(address, &app.config, demo)?;
    let workers = Workers::start().map_err(CliError::Runtime)?;
    let watching = tokio::spawn(app.turns.library().clone().watch());
    http::serve(listener, http::router(app.clone()), shutdown, workers.clone()).await;
    watching.abort();
    app.close().await?;
    // Turns were put on record there until now.
    drop(workers);
    stopped.abort();
    Ok(())
}

/// Says where the host is, on standard output, for people and for programs that started it.
fn announce(address: SocketAddr, config: &Config, demo: bool) -> Result<(), CliError> {
    say!("Palisade listens on http://{address}");
    if !demo {
        return Ok(());
    }
    say!("\nDemo logins of the sample project (published: for loopback alone)");
    for DemoLogin { role, email, password, token } in DemoLogins::newsroom().0 {
        say!("  {role:<14} {email:<20} password {password:<21} token {token}");
    }
    say!(
        "\nIn another shell:\n  {} chat --data-dir {} --user editor@example.com \
         \"Which articles are drafts?\"",
        std::env::args().next().unwrap_or_else(|| "palisade".into()),
        config.data_dir.display()
    );
    Ok(())
}

/// SIGINT and SIGTERM stop the host in good order; a second one, at once.
fn stop_on_signal(shutdown: CancellationToken) -> Result<tokio::task::JoinHandle<()>, CliError> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(tokio::spawn(async move {
        for _ in 0..2 {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if shutdown.is_cancelled() {
                std::process::exit(1);
            }
            tracing::info!("stopping; running turns have 30 s to end");
            shutdown.cancel();
        }
    }))
}
