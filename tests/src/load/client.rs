//! A client of streams, on one connection that is kept.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use memchr::memmem;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::exchange::{TOKEN, TOKENS};

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// End of a chunked body (RFC 9112, section 7.1).
const LAST_CHUNK: &[u8] = b"\r\n0\r\n\r\n";
/// Bytes of an answer at most.
const LONGEST_ANSWER: usize = 4 << 20;

/// One connection.
pub(super) struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

/// How soon an answer came, from the moment its question was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    /// Its first token.
    pub(super) first: Duration,
    /// Its end.
    pub(super) whole: Duration,
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new() })
    }

    /// Asks and reads the whole answer, which has to be a stream with all of its tokens.
    pub(super) async fn ask(&mut self, request: &[u8]) -> io::Result<Timing> {
        let sent = Instant::now();
        self.send(request).await?;
        self.read_until(|received| memmem::find(received, TOKEN).is_some()).await?;
        let first = sent.elapsed();
        self.read_until(|received| received.ends_with(LAST_CHUNK)).await?;
        let whole = sent.elapsed();
        let found = memmem::find_iter(&self.received, TOKEN).count();
        if found == TOKENS {
            Ok(Timing { first, whole })
        } else {
            Err(self.wrong(&format!("{found} tokens instead of {TOKENS}")))
        }
    }

    /// Asks and reads as far as the first token.
    pub(super) async fn ask_first(&mut self, request: &[u8]) -> io::Result<()> {
        self.send(request).await?;
        self.read_until(|received| memmem::find(received, TOKEN).is_some()).await
    }

    /// Asks for something small and gives its status line.
    pub(super) async fn status_line(&mut self, request: &[u8]) -> io::Result<String> {
        self.send(request).await?;
        self.read_until(|received| received.contains(&b'\n')).await?;
        let line = self.received.split(|byte| *byte == b'\r').next().unwrap_or_default();
        Ok(String::from_utf8_lossy(line).into_owned())
    }

    async fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.received.clear();
        self.stream.write_all(request).await
    }

    async fn read_until(&mut self, enough: impl Fn(&[u8]) -> bool) -> io::Result<()> {
        let reading = async {
            while !enough(&self.received) {
                self.received.reserve(16 << 10);
                let read = self.stream.read_buf(&mut self.received).await?;
                let is_answer = self.received.starts_with(b"HTTP/1.1 200 ")
                    || self.received.len() < b"HTTP/1.1 200 ".len();
                if read == 0 || !is_answer || self.received.len() > LONGEST_ANSWER {
                    return Err(self.wrong("an answer that isn't the expected stream"));
                }
            }
            Ok(())
        };
        match timeout(PATIENCE, reading).await {
            Ok(result) => result,
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "an answer didn't come")),
        }
    }

    fn wrong(&self, problem: &str) -> io::Error {
        let end = self.received.len().min(2_000);
        let start = String::from_utf8_lossy(self.received.get(..end).unwrap_or_default());
        io::Error::other(format!("{problem}:\n{start}"))
    }
}
