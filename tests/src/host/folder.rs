//! A folder with a configuration, a project and sealed keys: everything that a host needs.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

use super::{Host, Person, binary::palisade_binary};
use crate::fake::{FakeOptions, FakeProvider, scenario_names};

/// Longest time for a command or for a host's start; an unoptimised build compiles its component.
pub(super) const PATIENCE: Duration = Duration::from_secs(180);

/// What is in a folder.
#[derive(Debug, Clone, Default)]
pub struct FolderOptions {
    /// Lines for the configuration's `[workspace]` table.
    pub workspace: String,
    /// Lines for the provider's `[[providers]]` table.
    pub provider: String,
    /// Further tables of the configuration.
    pub tables: String,
    /// Models that are allowed besides the catalogue of the fake provider.
    pub models: Vec<String>,
    /// Base URL of the provider in place of the fake provider's.
    pub base_url: Option<String>,
    /// What `[egress] allow_private` lists in place of the fake provider's address.
    pub allow_private: Option<Vec<String>>,
    /// The provider's key in place of the one that the fake provider takes.
    pub key: Option<String>,
}

/// A folder that hosts can be started on, removed when it is dropped.
#[derive(Debug)]
pub struct Folder {
    folder: TempDir,
}

impl Folder {
    /// Only the configuration: no master key, no project.
    ///
    /// Errors: those of the file system.
    pub fn empty(provider: &FakeProvider, options: &FolderOptions) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("palisade-").tempdir()?;
        let folder = Self { folder };
        folder.configure(provider, options)?;
        std::fs::create_dir(folder.data_dir())?;
        Ok(folder)
    }

    /// A folder with a master key, the sample project, [the people of the tests](Person::ALL) and the
    /// provider's key.
    ///
    /// Errors: those of the commands, with what they said.
    pub async fn prepare(provider: &FakeProvider, options: &FolderOptions) -> io::Result<Self> {
        let folder = Self::empty(provider, options)?;
        folder.command(&["keys", "create-master"], "").await?;
        folder.command(&["project", "init", "--sample", "newsroom"], "").await?;
        for Person { email, password, token, options, .. } in Person::ALL {
            let mut arguments =
                vec!["project", "user", "add", email, "--password-stdin", "--token", token];
            arguments.extend_from_slice(options);
            folder.command(&arguments, &format!("{password}\n")).await?;
        }
        let key = options.key.as_deref().unwrap_or(FakeOptions::KEY);
        folder.command(&["keys", "set", "fake"], &format!("{key}\n")).await?;
        Ok(folder)
    }

    /// Writes the configuration anew, for hosts and commands that are started from now on.
    ///
    /// Errors: those of the file system.
    pub fn configure(&self, provider: &FakeProvider, options: &FolderOptions) -> io::Result<()> {
        let path = self.folder.path().join("palisade.toml");
        std::fs::write(path, configuration(provider, options))
    }

    /// Starts a host and waits until it answers.
    ///
    /// Errors: a host that ends before, with what it said.
    pub async fn serve(&self) -> io::Result<Host> {
        self.serve_logging("info").await
    }

    /// Starts a host with this log filter and waits until it answers.
    ///
    /// Errors: as for [`Folder::serve`].
    pub async fn serve_logging(&self, log: &str) -> io::Result<Host> {
        let mut command = self.palisade()?;
        command.args(["serve", "--listen", "127.0.0.1:0"]).env("PALISADE_LOG", log);
        Host::start(command.stdin(Stdio::null())).await
    }

    /// Starts a host whose assistant is another component, and waits until it answers.
    ///
    /// Errors: as for [`Folder::serve`].
    pub async fn serve_plugin(&self, component: &Path) -> io::Result<Host> {
        let mut command = self.palisade()?;
        command.args(["serve", "--listen", "127.0.0.1:0", "--plugin"]).arg(component);
        Host::start(command.stdin(Stdio::null())).await
    }

    /// Runs a `palisade` command and gives its standard output.
    ///
    /// Errors: an exit code other than 0, with everything that the command said.
    pub async fn command(&self, arguments: &[&str], input: &str) -> io::Result<String> {
        let mut child = self.palisade()?.args(arguments).stdin(Stdio::piped()).spawn()?;
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

    /// All rows of the ledger, oldest first.
    ///
    /// Errors: those of the command, and a row that isn't JSON.
    pub async fn ledger(&self) -> io::Result<Vec<serde_json::Value>> {
        let rows = self.command(&["ledger", "export", "--format", "jsonl"], "").await?;
        rows.lines().map(|row| serde_json::from_str(row).map_err(io::Error::other)).collect()
    }

    /// Folder of databases, keys and caches.
    pub fn data_dir(&self) -> PathBuf {
        self.path().join("data")
    }

    /// The folder that configuration and data are in.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A `palisade` command on this folder, killed when its process is dropped.
    ///
    /// Errors: a binary that isn't there.
    pub fn palisade(&self) -> io::Result<Command> {
        let mut command = Command::new(palisade_binary()?);
        command
            .current_dir(self.path())
            .args(["--config", "palisade.toml", "--data-dir", "data"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Ok(command)
    }
}

fn configuration(provider: &FakeProvider, options: &FolderOptions) -> String {
    let base_url = options.base_url.as_deref().unwrap_or(provider.base_url());
    let models = scenario_names()
        .map(|name| format!("scenario:{name}"))
        .chain(options.models.iter().cloned())
        .collect::<Vec<_>>();
    let allow_private =
        options.allow_private.clone().unwrap_or_else(|| vec![provider.authority().to_owned()]);
    let FolderOptions { workspace, provider: lines, tables, .. } = options;
    format!(
        "[workspace]\n{workspace}\n\n[[providers]]\nid = \"fake\"\nkind = \"openai-compatible\"\n\
         base_url = {base_url:?}\nallowed_models = {models:?}\n{lines}\n\n[egress]\n\
         allow_private = {allow_private:?}\n\n{tables}\n"
    )
}
