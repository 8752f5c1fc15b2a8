//! The process: started by `tests/directus/serve.mjs`, which installs Directus where it isn't yet.

use std::{path::Path, process::Stdio, time::Duration};

use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::error::ParityError;

/// How long one request may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// How long the start may take: the first one installs Directus from npm.
const START: Duration = Duration::from_secs(1_800);
const STOP: Duration = Duration::from_secs(20);

/// What the script prints when Directus answers.
#[derive(Deserialize)]
struct Ready {
    url: String,
    token: String,
    folder: String,
}

pub(super) struct Process {
    child: Child,
    pub(super) url: String,
    pub(super) token: String,
    pub(super) folder: String,
}

impl Process {
    pub(super) async fn start(version: &str) -> Result<Self, ParityError> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../directus/serve.mjs");
        // Its standard input is a pipe of ours: the script stops Directus when we end, however we do.
        let mut child = Command::new("node")
            .arg(script)
            .args(["--version", version])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let Some(output) = child.stdout.take() else {
            return Err(ParityError::Start("it has no output".to_owned()));
        };
        let mut lines = BufReader::new(output).lines();
        let line = timeout(START, lines.next_line())
            .await
            .map_err(|_| ParityError::Start("it took too long".to_owned()))??
            .ok_or_else(|| ParityError::Start("it ended; see above".to_owned()))?;
        let Ready { url, token, folder } = serde_json::from_str(&line)?;
        Ok(Self { child, url, token, folder })
    }

    pub(super) async fn stop(mut self) -> Result<(), ParityError> {
        drop(self.child.stdin.take());
        if timeout(STOP, self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }
}
