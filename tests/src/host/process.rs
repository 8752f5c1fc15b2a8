//! Starting, asking and stopping a host.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
    time::{sleep, timeout},
};

use super::{Person, binary::palisade_binary, output::Output};
use crate::fake::{FakeOptions, FakeProvider, scenario_names};

/// Longest time for a command or for the host's start; an unoptimised build compiles its component.
const PATIENCE: Duration = Duration::from_secs(180);

/// How a host is started.
#[derive(Debug, Clone, Default)]
pub struct HostOptions {
    /// Lines for the configuration's `[workspace]` table.
    pub workspace: String,
    /// Models that are allowed besides the catalogue of the fake provider.
    pub models: Vec<String>,
    /// The provider's key; by default the one that the fake provider takes.
    pub key: Option<String>,
    /// Value of `RUST_LOG`; by default `info`.
    pub log: Option<String>,
}

/// A running host. It is killed when it is dropped.
pub struct Host {
    url: String,
    client: Client,
    folder: TempDir,
    output: Output,
    child: Child,
}

impl Host {
    /// Creates the sample project with [the people of the tests](Person::ALL), seals the provider's
    /// key, starts the host, and waits until it answers.
    ///
    /// Errors: those of the commands, with what they said.
    pub async fn start(provider: &FakeProvider, options: HostOptions) -> io::Result<Self> {
        // Fails if another test of this process was first, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let folder = tempfile::Builder::new().prefix("palisade-").tempdir()?;
        std::fs::write(folder.path().join("palisade.toml"), configuration(provider, &options))?;
        std::fs::create_dir(folder.path().join("data"))?;
        let run = |arguments: Vec<&'static str>, input: String| {
            let folder = folder.path().to_owned();
            async move { command(&folder, &arguments, &input).await }
        };
        run(vec!["keys", "create-master"], String::new()).await?;
        run(vec!["project", "init", "--sample", "newsroom"], String::new()).await?;
        for Person { email, password, token, options, .. } in Person::ALL {
            let mut arguments =
                vec!["project", "user", "add", email, "--password-stdin", "--token", token];
            arguments.extend_from_slice(options);
            run(arguments, format!("{password}\n")).await?;
        }
        let key = options.key.unwrap_or_else(|| FakeOptions::KEY.to_owned());
        run(vec!["keys", "set", "fake"], format!("{key}\n")).await?;

        let mut child = palisade(folder.path())?
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("RUST_LOG", options.log.as_deref().unwrap_or("info"))
            .stdin(Stdio::null())
            .spawn()?;
        let output = Output::default();
        if let Some(stream) = child.stdout.take() {
            output.collect(stream);
        }
        if let Some(stream) = child.stderr.take() {
            output.collect(stream);
        }
        let client = Client::builder().timeout(PATIENCE).build().map_err(io::Error::other)?;
        let mut host = Self { url: String::new(), client, folder, output, child };
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

    /// A chat request with one question for a model.
    pub fn ask(&self, model: &str, person: Option<Person>) -> RequestBuilder {
        self.request(Method::POST, "/ai/chat", person).json(&chat_body(model))
    }

    /// Runs a `palisade` command on the host's folder and gives its standard output.
    ///
    /// Errors: an exit code other than 0, with everything that the command said.
    pub async fn command(&self, arguments: &[&str], input: &str) -> io::Result<String> {
        command(self.folder.path(), arguments, input).await
    }

    /// Folder of databases, keys and caches.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Everything that the host wrote to its standard output and its log.
    pub fn log(&self) -> String {
        self.output.text()
    }

    /// Kills the host and waits for its end.
    pub async fn kill(&mut self) -> io::Result<()> {
        self.child.kill().await
    }
}

/// A chat request's body with one question.
pub fn chat_body(model: &str) -> Value {
    json!({
        "provider": "fake",
        "model": model,
        "messages": [
            {"id": "u1", "role": "user", "parts": [{"type": "text", "text": "What is there?"}]},
        ],
    })
}

fn palisade(folder: &Path) -> io::Result<Command> {
    let mut command = Command::new(palisade_binary()?);
    command
        .current_dir(folder)
        .args(["--config", "palisade.toml", "--data-dir", "data"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    Ok(command)
}

async fn command(folder: &Path, arguments: &[&str], input: &str) -> io::Result<String> {
    let mut child = palisade(folder)?.args(arguments).stdin(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that refuses at once closes its input before it has read it.
        drop(stdin.write_all(input.as_bytes()).await);
    }
    let output = timeout(PATIENCE, child.wait_with_output())
        .await
        .map_err(|_| io::Error::other(format!("palisade {arguments:?} didn't end")))??;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let error = String::from_utf8_lossy(&output.stderr);
    let status = output.status;
    Err(io::Error::other(format!("palisade {arguments:?} ended with {status}\n{said}{error}")))
}

fn configuration(provider: &FakeProvider, options: &HostOptions) -> String {
    let base_url = provider.base_url();
    let authority = base_url.trim_start_matches("http://").trim_end_matches("/v1");
    let models = scenario_names()
        .map(|name| format!("scenario:{name}"))
        .chain(options.models.iter().cloned())
        .collect::<Vec<_>>();
    let workspace = &options.workspace;
    format!(
        "[workspace]\n{workspace}\n\n[[providers]]\nid = \"fake\"\nkind = \"openai-compatible\"\n\
         base_url = \"{base_url}\"\nallowed_models = {models:?}\n\n[egress]\n\
         allow_private = [\"{authority}\"]\n"
    )
}

/// The address that a host prints once it listens.
fn announced_address(output: &str) -> Option<&str> {
    let start = output.find("127.0.0.1:")?;
    let rest = output.get(start..)?;
    let length = rest
        .find(|character: char| !(character.is_ascii_digit() || ".:".contains(character)))
        .unwrap_or(rest.len());
    rest.get(..length).map(|address| address.trim_end_matches(['.', ':']))
}
