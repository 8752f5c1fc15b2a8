//! Bringing the router to a listener.

use std::{io, net, time::Duration};

use axum::Router;
use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service;

use super::{Workers, auth::Peer};

/// Time for the headers of a request, also the next one on an idle connection.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// Read buffer of a connection at most, and with it the size of a request's headers.
const BUFFER_BYTES: usize = 64 * 1024;
/// Time for turns that run when the host is told to stop.
const DRAIN: Duration = Duration::from_secs(30);
/// Pause after an accept failed for want of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `shutdown` is cancelled, then lets running requests end, for 30 seconds at most.
///
/// Each connection is served by one of the workers. What a request began may outlive its connection
/// (a turn is put on record after its client left), so they have to be kept until that is over.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
    workers: Workers,
) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (router, shutdown) = (router.clone(), shutdown.clone());
                match stream.into_std() {
                    Ok(stream) => {
                        let place = workers.place();
                        let runtime = place.runtime.clone();
                        let serving = async move {
                            connection(stream, Peer(peer), router, shutdown).await;
                            drop(place);
                        };
                        connections.spawn_on(serving, &runtime);
                    }
                    Err(error) => tracing::error!(%error, "a connection could not be passed on"),
                }
            }
            Err(error) => wait_out(&error).await,
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(DRAIN, connections.wait()).await.is_err() {
        tracing::warn!(open = connections.len(), "some requests did not end in time");
    }
}

/// A client that left before it was accepted is nothing; running out of resources passes.
async fn wait_out(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "a connection could not be accepted");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

async fn connection(
    stream: net::TcpStream,
    peer: Peer,
    router: Router,
    shutdown: CancellationToken,
) {
    let stream = match TcpStream::from_std(stream) {
        Ok(stream) => stream,
        Err(error) => return tracing::error!(%error, "a connection could not be served"),
    };
    // Tokens are small and each is wanted at once.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.clone().call(request)
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = shutdown.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        // Clients leave in the middle of streams all the time.
        tracing::debug!(%error, "a connection ended early");
    }
}
