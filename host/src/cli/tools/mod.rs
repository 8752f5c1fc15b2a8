//! `palisade tools …`

mod arguments;
mod grant;
mod manage;
mod new;
mod package;
mod test;
mod test_host;

pub(super) use arguments::ToolsCommand;
pub(super) use new::NewError;

use super::CliError;
use crate::config::{Config, ConfigError};

/// Runs a command. What needs no host needs no configuration either.
pub(super) async fn run(
    load: impl Fn() -> Result<Config, ConfigError>,
    command: ToolsCommand,
) -> Result<(), CliError> {
    match command {
        ToolsCommand::New { name, language, folder, sdk } => {
            let folder = folder.unwrap_or_else(|| name.clone().into());
            let build = new::create(&name, language, &folder, sdk.as_deref())?;
            say!("Made {} in {}. Build it there with", name, folder.display());
            say!("  {build}");
            Ok(())
        }
        ToolsCommand::Test(arguments) => test::run(load, *arguments).await,
        ToolsCommand::Inspect { what, manifest } => {
            manage::inspect(load, &what, manifest.as_deref()).await
        }
        ToolsCommand::Add { file, manifest } => {
            manage::add(&load()?, &file, manifest.as_deref()).await
        }
        ToolsCommand::List => manage::list(&load()?).await,
        ToolsCommand::Grant(arguments) => grant::run(&load()?, arguments).await,
        ToolsCommand::Revoke { name } => grant::revoke(&load()?, &name).await,
        ToolsCommand::Remove { name } => manage::remove(&load()?, &name).await,
        ToolsCommand::Secret(command) => manage::secret(&load()?, command).await,
    }
}
