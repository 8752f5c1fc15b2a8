//! A Chat Completions provider that does next to nothing per request and writes each event by itself.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use memchr::memmem;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use super::exchange::{Model, PACE_MILLISECONDS, TOKENS};

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                      transfer-encoding: chunked\r\n\r\n";
const END: &[u8] = b"0\r\n\r\n";
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 4_096;

/// A provider on loopback. It stops listening when it is dropped.
pub(super) struct Provider {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Provider {
    pub(super) async fn start() -> io::Result<Self> {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let events: Arc<[Vec<u8>]> = events().into();
        Ok(Self { address, accepting: tokio::spawn(accept(listener, events)) })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, events: Arc<[Vec<u8>]>) {
    while let Ok((stream, _)) = listener.accept().await {
        let events = Arc::clone(&events);
        // A client that leaves in the middle ends its own connection only.
        tokio::spawn(async move { drop(serve(stream, &events).await) });
    }
}

/// The events of an answer, each as one chunk of the body: role, tokens, finish, usage, `[DONE]`.
fn events() -> Vec<Vec<u8>> {
    let event = |rest: String| {
        format!(
            r#"data: {{"id":"chatcmpl-C7kPq2Vx9LmRt4WzYb6Ns1Ed","object":"chat.completion.chunk","created":1790000000,"model":"load-1","system_fingerprint":"fp_3b9c1d7e",{rest}}}"#
        )
    };
    let delta = |delta: &str, finish: &str| {
        let rest =
            r#""choices":[{"index":0,"delta":DELTA,"logprobs":null,"finish_reason":FINISH}]"#;
        event(rest.replace("DELTA", delta).replace("FINISH", finish))
    };
    let first = delta(r#"{"role":"assistant","content":""}"#, "null");
    let tokens = (0..TOKENS).map(|n| delta(&format!(r#"{{"content":" word{}"}}"#, n % 10), "null"));
    let usage = event(format!(
        r#""choices":[],"usage":{{"prompt_tokens":900,"completion_tokens":{TOKENS},"total_tokens":{}}}"#,
        900 + TOKENS
    ));
    let last = [delta("{}", "\"stop\""), usage, "data: [DONE]".to_owned()];
    std::iter::once(first)
        .chain(tokens)
        .chain(last)
        .map(|line| format!("{:x}\r\n{line}\n\n\r\n", line.len() + 2).into_bytes())
        .collect()
}

async fn serve(mut stream: TcpStream, events: &[Vec<u8>]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(16 << 10);
    while let Some(model) = request(&mut stream, &mut buffer).await? {
        stream.write_all(HEAD).await?;
        // Role and first token are there at once: what comes later is the host's.
        let (start, rest) = events.split_at(2);
        for event in start {
            stream.write_all(event).await?;
        }
        let mut due = Instant::now();
        match model {
            Model::Held => {
                stream.read_u8().await?;
                return Ok(());
            }
            Model::Swift => {
                for event in rest {
                    stream.write_all(event).await?;
                }
            }
            Model::Paced => {
                for event in rest {
                    due += Duration::from_millis(PACE_MILLISECONDS);
                    sleep_until(due).await;
                    stream.write_all(event).await?;
                }
            }
        }
        stream.write_all(END).await?;
    }
    Ok(())
}

/// Reads a request and gives its model; none where the client closed the connection.
async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Model>> {
    buffer.clear();
    let mut whole = None;
    while whole.is_none_or(|whole| buffer.len() < whole) {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
        whole = length(buffer);
    }
    let named = |model: &Model| {
        memmem::find(buffer, format!("\"model\":\"{}\"", model.name()).as_bytes()).is_some()
    };
    Model::ALL
        .into_iter()
        .find(named)
        .map(Some)
        .ok_or_else(|| io::Error::other("a request for an unknown model"))
}

/// Length of head and body, once the head is there.
fn length(buffer: &[u8]) -> Option<usize> {
    let head = memmem::find(buffer, b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(buffer.get(..head)?).to_ascii_lowercase();
    let (_, after) = text.split_once("content-length:")?;
    let body: usize = after.lines().next()?.trim().parse().ok()?;
    Some(head + body)
}
