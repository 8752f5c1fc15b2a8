//! `palisade keys …`

use std::io::{self, IsTerminal};

use palisade_data::Credential;
use palisade_state::{KeySource, LedgerEntry, LedgerKind, MasterKey, State};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{CliError, arguments::KeysCommand};
use crate::config::Config;

/// Whom the state names as the one who changed a key: there is no user at a command line.
pub(super) const ACTOR: &str = "command line";

pub(super) async fn run(config: Config, command: KeysCommand) -> Result<(), CliError> {
    if let KeysCommand::CreateMaster = command {
        return create_master(&config);
    }
    let state = State::open(&config.database_url, config.key_source.clone()).await?;
    let workspace = &config.workspace.id;
    match command {
        KeysCommand::CreateMaster => {}
        KeysCommand::ImportDirectus => super::import::run(&config, &state).await?,
        KeysCommand::Set { provider } => {
            if config.provider(&provider).is_none() {
                let known: Vec<&str> =
                    config.providers.iter().map(|provider| provider.id.as_str()).collect();
                return Err(CliError::Usage(format!(
                    "there is no provider \"{provider}\" in the configuration; there are: {}",
                    known.join(", ")
                )));
            }
            let key = read_secret("the key")?;
            let info = state.set_key(workspace, &provider, key, ACTOR).await?;
            record(&state, workspace, &provider, "key set").await?;
            say!("Sealed the key {} of {provider}.", info.masked);
        }
        KeysCommand::List => {
            for key in state.list_keys(workspace).await? {
                say!(
                    "{}\t{}\tset {} by {}\tmaster key {}",
                    key.provider,
                    key.masked,
                    key.updated_at,
                    key.updated_by,
                    key.key_id
                );
            }
        }
        KeysCommand::Delete { provider } => {
            if !state.delete_key(workspace, &provider).await? {
                let problem = format!("there is no key of a provider \"{provider}\"");
                return Err(CliError::Usage(problem));
            }
            record(&state, workspace, &provider, "key deleted").await?;
            say!("Deleted the key of {provider}.");
        }
        KeysCommand::RotateMaster { new_key_file } => {
            let new = MasterKey::read_file(&new_key_file)?;
            let id = new.key_id();
            state.rotate_master(new).await?;
            record(&state, workspace, "", "master key rotated").await?;
            say!("Everything is sealed under the master key {id} now.");
            match &config.key_source {
                KeySource::File(path) => say!("{} holds it.", path.display()),
                KeySource::Environment { .. } => say!(
                    "Set PALISADE_MASTER_KEY to it for all hosts, and PALISADE_MASTER_KEY_PREVIOUS \
                     to the old one until all have restarted."
                ),
            }
        }
    }
    state.close().await?;
    Ok(())
}

fn create_master(config: &Config) -> Result<(), CliError> {
    match &config.key_source {
        KeySource::File(path) => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(CliError::file(folder))?;
            }
            let key = MasterKey::create_file(path)?;
            say!("Created the master key {} in {}.", key.key_id(), path.display());
            say!("Keep a copy of it in a safe place: without it the sealed keys are lost.");
            Ok(())
        }
        KeySource::Environment { .. } => {
            Err(CliError::Usage("PALISADE_MASTER_KEY is set, so no file is used".into()))
        }
    }
}

/// Puts a change at the command line on record.
pub(super) async fn record(
    state: &State,
    workspace: &str,
    provider: &str,
    what: &str,
) -> Result<(), CliError> {
    let provider = Some(provider.to_owned()).filter(|provider| !provider.is_empty());
    let row = LedgerEntry {
        provider,
        reason: Some(format!("{what} at the command line")),
        ..LedgerEntry::new(workspace, LedgerKind::Administration)
    };
    Ok(state.ledger().append(row).await?)
}

/// Reads a token from the first line of standard input.
pub(super) fn read_credential(what: &str) -> Result<Credential, CliError> {
    let secret = read_secret(what)?;
    #[expect(clippy::disallowed_methods, reason = "one wrapper of a secret for another")]
    let credential = Credential::new(secret.expose_secret());
    Ok(credential)
}

/// Reads a secret from the first line of standard input: never from an argument, which other users
/// of the machine could see.
pub(super) fn read_secret(what: &str) -> Result<SecretString, CliError> {
    if io::stdin().is_terminal() {
        eprintln!("Type or paste {what} and press Enter (it is shown as you type):");
    }
    read_line()?.ok_or_else(|| {
        CliError::Usage(format!("{what} is read from standard input, which is empty"))
    })
}

/// Reads a secret from the next line of standard input; none for an empty line.
pub(super) fn read_optional_secret(what: &str) -> Result<Option<SecretString>, CliError> {
    if io::stdin().is_terminal() {
        eprintln!("Paste {what} and press Enter (it is shown as you type), or only press Enter:");
    }
    read_line()
}

fn read_line() -> Result<Option<SecretString>, CliError> {
    let mut line = Zeroizing::new(String::new());
    io::stdin().read_line(&mut line)?;
    let secret = line.trim_end_matches(['\r', '\n']);
    Ok((!secret.is_empty()).then(|| SecretString::from(secret)))
}
