//! A running host and requests to it.

use std::{io, time::Duration};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use super::{Answer, OpenAnswer, Person, folder::PATIENCE, output::Output};

/// A running host. It is killed when it is dropped.
pub struct Host {
    url: String,
    client: Client,
    output: Output,
    child: Child,
}

impl Host {
    /// Starts a command that serves and waits until it answers.
    pub(super) async fn start(command: &mut Command) -> io::Result<Self> {
        // Fails if another test of this process was first, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        #[expect(clippy::disallowed_methods, reason = "a test's own client, on loopback")]
        let client = Client::builder().timeout(PATIENCE).build().map_err(io::Error::other)?;
        let mut child = command.spawn()?;
        let output = Output::default();
        if let Some(stream) = child.stdout.take() {
            output.collect(stream);
        }
        if let Some(stream) = child.stderr.take() {
            output.collect(stream);
        }
        let mut host = Self { url: String::new(), client, output, child };
        timeout(PATIENCE, host.answers())
            .await
            .map_err(|_| io::Error::other(format!("no answer:\n{}", host.output.text())))??;
        Ok(host)
    }

    async fn answers(&mut self) -> io::Result<()> {
        loop {
            if let Some(address) = announced_address(&self.output.text()) {
                self.url = format!("http://{address}");
                let ping = self.client.get(format!("{}/server/ping", self.url)).send().await;
                if ping.is_ok_and(|response| response.status().is_success()) {
                    return Ok(());
                }
            }
            if let Some(status) = self.child.try_wait()? {
                // What it said last may still be on its way through the pipe.
                sleep(Duration::from_millis(100)).await;
                let said = self.output.text();
                return Err(io::Error::other(format!("the host ended with {status}:\n{said}")));
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Address of the host, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A client that may be used with any address.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A request to a path of the host, as somebody or as nobody.
    pub fn request(&self, method: Method, path: &str, person: Option<Person>) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        match person {
            Some(person) => request.bearer_auth(person.token),
            None => request,
        }
    }

    /// Posts a chat request and reads the whole answer.
    ///
    /// Errors: those of the connection, and a stream that isn't one.
    pub async fn chat(&self, person: Person, body: &Value) -> io::Result<Answer> {
        Answer::to(self.request(Method::POST, "/ai/chat", Some(person)).json(body)).await
    }

    /// Posts a chat request and gives the answer as it arrives.
    ///
    /// Errors: those of the connection, and an answer that is no stream.
    pub async fn open(&self, person: Person, body: &Value) -> io::Result<OpenAnswer> {
        OpenAnswer::to(self.request(Method::POST, "/ai/chat", Some(person)).json(body)).await
    }

    /// Asks for a JSON document, as somebody, and gives status and body.
    ///
    /// Errors: those of the connection.
    pub async fn json(
        &self,
        method: Method,
        path: &str,
        person: Person,
        body: Option<&Value>,
    ) -> io::Result<(u16, Value)> {
        let request = self.request(method, path, Some(person));
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.map_err(io::Error::other)?;
        let status = response.status().as_u16();
        let text = response.text().await.map_err(io::Error::other)?;
        Ok((status, serde_json::from_str(&text).unwrap_or_default()))
    }

    /// Id of the process; none once it has ended.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Everything that the host wrote to its standard output and its log.
    pub fn log(&self) -> String {
        self.output.text()
    }

    /// Kills the host and waits for its end.
    ///
    /// Errors: those of the operating system.
    pub async fn kill(&mut self) -> io::Result<()> {
        self.child.kill().await
    }
}

/// The address that a host prints once it listens.
fn announced_address(output: &str) -> Option<&str> {
    let start = output.find("127.0.0.1:")?;
    let rest = output.get(start..)?;
    let length = rest.find(|next: char| !(next.is_ascii_digit() || ".:".contains(next)))?;
    rest.get(..length)
}
