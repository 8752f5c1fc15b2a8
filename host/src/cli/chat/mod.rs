//! `palisade chat`: a client of the assistant for the terminal, with approvals.

mod message;
mod remote;
mod session;
mod terminal;
mod transport;

use std::io::IsTerminal;

use async_trait::async_trait;
use futures_util::StreamExt;
use palisade_conversation::ChatRequest;
use palisade_data::{Caller, DataError};
use palisade_policy::ToolAccess;

use self::{
    session::{Answers, Session},
    transport::Chunks,
};
use super::{CliError, arguments::ChatArguments};
use crate::{
    app::App,
    config::Config,
    http::HttpError,
    turn::{TurnService, TurnStartError},
};

/// Where a conversation is sent.
#[async_trait]
trait Transport: Send + Sync {
    /// Posts a conversation and returns the chunks of the answer.
    async fn post(&self, body: Vec<u8>) -> Result<Chunks, CliError>;
}

/// Chats with a host at an address.
pub(super) async fn run_remote(arguments: ChatArguments) -> Result<(), CliError> {
    let transport = remote::Remote::new(&arguments)?;
    converse(&transport, &arguments).await
}

/// Chats with the embedded project of the data folder, in this process. Who can open the data folder
/// can read the project, so no password is asked for: the turn acts with the user's permissions.
pub(super) async fn run_local(config: Config, arguments: ChatArguments) -> Result<(), CliError> {
    let Some(email) = &arguments.user else {
        return Err(CliError::Usage(
            "say whom to act for, with --user EMAIL, or which host to ask, with --url URL".into(),
        ));
    };
    let app = App::open(config, None).await?;
    let Some(project) = app.backend.embedded() else {
        return Err(CliError::Usage(
            "--user acts in the embedded project; with a running Directus say --url URL --token TOKEN"
                .into(),
        ));
    };
    let caller = project.caller_by_email(email).await.map_err(|error| match error {
        DataError::InvalidCredentials => {
            CliError::Usage(format!("the project has no active user {email}"))
        }
        error => error.into(),
    })?;
    let local = Local { turns: app.turns.clone(), caller };
    let result = converse(&local, &arguments).await;
    app.close().await?;
    result
}

struct Local {
    turns: TurnService,
    caller: Caller,
}

#[async_trait]
impl Transport for Local {
    async fn post(&self, body: Vec<u8>) -> Result<Chunks, CliError> {
        // The same words as from a host elsewhere.
        let refused = |error: TurnStartError| CliError::Refused(HttpError::from(error).summary());
        let request = ChatRequest::parse(&body).map_err(|error| refused(error.into()))?;
        let stream = self
            .turns
            .start(self.caller.clone(), request, ToolAccess::Direct)
            .await
            .map_err(refused)?;
        Ok(transport::chunks(stream.map(Ok::<_, std::convert::Infallible>)))
    }
}

async fn converse(transport: &dyn Transport, arguments: &ChatArguments) -> Result<(), CliError> {
    let answers = match (arguments.answers.approve, arguments.answers.deny) {
        (true, _) => Answers::Approve,
        (_, true) => Answers::Deny,
        _ => Answers::Ask,
    };
    let mut session = Session::new(transport, arguments, answers);
    if !arguments.message.is_empty() {
        return session.ask(&arguments.message.join(" ")).await;
    }
    let prompt = std::io::stdin().is_terminal();
    if prompt {
        eprintln!("Ask something. An empty line or Ctrl-D ends the session.");
    }
    loop {
        if prompt {
            eprint!("\n> ");
        }
        match terminal::read_line()? {
            Some(line) if !line.trim().is_empty() => {
                // One answer that fails doesn't end a session with a person.
                match session.ask(line.trim()).await {
                    Err(error) if prompt => eprintln!("palisade: {error}"),
                    result => result?,
                }
            }
            _ => return Ok(()),
        }
    }
}
