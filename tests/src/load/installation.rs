//! A folder with everything that a host needs.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
};

use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, process::Command};

use super::{
    exchange::{Model, PERSON_TOKEN, PROVIDER_KEY},
    provider::Provider,
};

/// Folder, configuration, sample project, one person and a sealed provider key.
pub(super) struct Installation {
    folder: TempDir,
    binary: PathBuf,
    provider: SocketAddr,
}

impl Installation {
    pub(super) async fn prepare(binary: &Path, provider: &Provider) -> io::Result<Self> {
        let installation = Self {
            folder: tempfile::Builder::new().prefix("palisade-load-").tempdir()?,
            binary: binary.to_owned(),
            provider: provider.address(),
        };
        installation.configure(None)?;
        fs::create_dir(installation.path("data"))?;
        installation.run(&["keys", "create-master"], "").await?;
        installation.run(&["project", "init", "--sample", "newsroom"], "").await?;
        let person = ["project", "user", "add", "load@tests.example", "--password-stdin"];
        let rights = ["--token", PERSON_TOKEN, "--policy", "editor"];
        installation.run(&[&person[..], &rights].concat(), "6RtYw8Zb2XqKe4Nm\n").await?;
        installation.run(&["keys", "set", "load"], &format!("{PROVIDER_KEY}\n")).await?;
        Ok(installation)
    }

    /// Writes the configuration, with the default number of live turns or another.
    pub(super) fn configure(&self, live_turns: Option<u32>) -> io::Result<()> {
        let provider = self.provider;
        let models = Model::ALL.map(Model::name);
        let limits =
            live_turns.map(|turns| format!("[limits]\nlive_turns = {turns}\n")).unwrap_or_default();
        let configuration = format!(
            "[[providers]]\nid = \"load\"\nkind = \"openai-compatible\"\n\
             base_url = \"http://{provider}/v1\"\nallowed_models = {models:?}\n\n\
             [egress]\nallow_private = [\"{provider}\"]\n\n{limits}"
        );
        fs::write(self.path("palisade.toml"), configuration)
    }

    /// The command line of a host, with its log in a file, as a service has it.
    pub(super) fn serve(&self) -> io::Result<Command> {
        let mut command = self.command();
        command.args(["serve", "--listen", "127.0.0.1:0"]).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(fs::File::create(self.path("host.log"))?);
        Ok(command)
    }

    /// What the last host wrote to its log.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.path("host.log")).unwrap_or_default()
    }

    /// Removes compiled images, as if the host had never run.
    pub(super) fn forget_images(&self) -> io::Result<()> {
        fs::remove_dir_all(self.path("data").join("cache"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .current_dir(self.folder.path())
            .args(["--config", "palisade.toml", "--data-dir", "data"])
            .kill_on_drop(true);
        command
    }

    async fn run(&self, arguments: &[&str], input: &str) -> io::Result<()> {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that refuses at once closes its input before it has read it.
            drop(stdin.write_all(input.as_bytes()).await);
        }
        let output = child.wait_with_output().await?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(io::Error::other(format!("palisade {arguments:?} failed:\n{said}")))
    }
}
