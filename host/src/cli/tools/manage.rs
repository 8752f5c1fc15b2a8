//! Components in the data folder: add, list, look at, remove.

use std::path::Path;

use palisade_state::State;
use palisade_tools::{
    Grants, Library, Plugin, PluginState, ToolsError, check_component_name, permission_sheet,
};

use super::{arguments::SecretCommand, package};
use crate::{
    app::{load_tools, tool_folder},
    cli::{
        CliError,
        keys::{ACTOR, read_secret, record},
    },
    config::{Config, ConfigError},
};

/// State, components and grants of a data folder.
pub(super) struct Shelf {
    pub(super) state: State,
    pub(super) library: Library,
    pub(super) grants: Grants,
}

impl Shelf {
    pub(super) async fn open(config: &Config) -> Result<Self, CliError> {
        let state = State::open(&config.database_url, config.key_source.clone()).await?;
        let library = load_tools(config, &state).await?;
        let grants = Grants::load(&state, &config.workspace.id).await?;
        Ok(Self { state, library, grants })
    }

    /// The sheet of a component, with what is granted of it.
    pub(super) fn sheet(&self, plugin: &Plugin) -> String {
        let stored = self.grants.by_name.get(&plugin.name);
        permission_sheet(plugin, stored.map(|stored| &stored.grant))
    }
}

pub(super) async fn add(
    config: &Config,
    file: &Path,
    manifest: Option<&Path>,
) -> Result<(), CliError> {
    let packed = package::read(file, manifest)?;
    // Nothing is added that couldn't be used.
    let (_, plugin) = package::load(packed.clone()).await?;
    let folder = tool_folder(config);
    let shelf = Shelf::open(config).await?;
    let before = shelf.grants.by_name.get(&plugin.name);
    let state = plugin.state(before);
    folder.add(&packed)?;
    let digest = short(&plugin);
    record(
        &shelf.state,
        &config.workspace.id,
        "",
        &format!("tool added: {} {digest}", plugin.name),
    )
    .await?;
    say!("{}", permission_sheet(&plugin, before.map(|stored| &stored.grant)));
    match state {
        PluginState::Granted => say!("Added {}, as it was granted before. It is on.", plugin.name),
        PluginState::Changed => say!(
            "Added {}. It has changed since it was granted, so it is off until you grant it again:\n  \
             palisade tools grant {} --all",
            plugin.name,
            plugin.name
        ),
        _ => say!(
            "Added {}. It can do nothing yet. To grant all that it asks for:\n  palisade tools grant \
             {} --all",
            plugin.name,
            plugin.name
        ),
    }
    shelf.state.close().await?;
    Ok(())
}

pub(super) async fn list(config: &Config) -> Result<(), CliError> {
    let shelf = Shelf::open(config).await?;
    for plugin in shelf.library.plugins() {
        let state = match plugin.state(shelf.grants.by_name.get(&plugin.name)) {
            PluginState::New => "not granted",
            PluginState::Granted => "on",
            PluginState::Changed => "off: changed since it was granted",
            PluginState::Broken => "can't be used",
        };
        match &plugin.loaded {
            Ok(loaded) => {
                let tools = loaded.component.description();
                let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
                let version = &loaded.manifest.component.version;
                say!("{}\t{version}\t{state}\t{}", plugin.name, names.join(", "));
            }
            Err(reason) => say!("{}\t-\t{state}\t{reason}", plugin.name),
        }
    }
    shelf.state.close().await?;
    Ok(())
}

pub(super) async fn inspect(
    load: impl Fn() -> Result<Config, ConfigError>,
    what: &str,
    manifest: Option<&Path>,
) -> Result<(), CliError> {
    let is_name = check_component_name(what).is_ok() && !Path::new(what).exists();
    if !is_name {
        let (_, plugin) = package::load(package::read(Path::new(what), manifest)?).await?;
        say!("{}", permission_sheet(&plugin, None));
        return facts(&plugin);
    }
    let shelf = Shelf::open(&load()?).await?;
    let plugin = shelf.library.plugin(what)?;
    say!("{}", shelf.sheet(&plugin));
    facts(&plugin)?;
    shelf.state.close().await?;
    Ok(())
}

fn facts(plugin: &Plugin) -> Result<(), CliError> {
    let Ok(loaded) = &plugin.loaded else { return Ok(()) };
    let facts = loaded.component.facts();
    say!("Imports");
    for import in &facts.imports {
        say!("  {import}");
    }
    say!("\nSize    {} KiB", facts.bytes.div_ceil(1024));
    say!("Digest  {}", facts.digest);
    Ok(())
}

pub(super) async fn remove(config: &Config, name: &str) -> Result<(), CliError> {
    let state = State::open(&config.database_url, config.key_source.clone()).await?;
    let workspace = &config.workspace.id;
    let was_there = tool_folder(config).remove(name)?;
    let was_granted = Grants::revoke(&state, workspace, name, ACTOR).await?;
    state.forget_tool(workspace, name).await?;
    if !was_there && !was_granted {
        return Err(ToolsError::NoSuchTool(name.to_owned()).into());
    }
    record(&state, workspace, "", &format!("tool removed: {name}")).await?;
    say!("Removed {name}, what it stored, its secrets and its grant.");
    state.close().await?;
    Ok(())
}

pub(super) async fn secret(config: &Config, command: SecretCommand) -> Result<(), CliError> {
    let shelf = Shelf::open(config).await?;
    let workspace = &config.workspace.id;
    match command {
        SecretCommand::Set { name, secret } => {
            let plugin = shelf.library.plugin(&name)?;
            let asked: Vec<&str> = match &plugin.loaded {
                Ok(loaded) => {
                    loaded.manifest.secrets.iter().map(|asked| asked.name.as_str()).collect()
                }
                Err(_) => Vec::new(),
            };
            if !asked.contains(&secret.as_str()) {
                let problem = match asked.as_slice() {
                    [] => format!("{name} asks for no secret"),
                    asked => format!("{name} asks for the secrets {}", asked.join(", ")),
                };
                return Err(CliError::Usage(problem));
            }
            let value = read_secret("the secret")?;
            shelf.state.set_tool_secret(workspace, &name, &secret, value, ACTOR).await?;
            record(&shelf.state, workspace, "", &format!("secret set: {name}/{secret}")).await?;
            say!("Sealed the secret {secret} of {name}.");
        }
        SecretCommand::Delete { name, secret } => {
            if !shelf.state.delete_tool_secret(workspace, &name, &secret).await? {
                return Err(CliError::Usage(format!("{name} has no secret \"{secret}\"")));
            }
            record(&shelf.state, workspace, "", &format!("secret deleted: {name}/{secret}"))
                .await?;
            say!("Deleted the secret {secret} of {name}.");
        }
    }
    shelf.state.close().await?;
    Ok(())
}

/// The beginning of a component's digest.
fn short(plugin: &Plugin) -> String {
    let digest = plugin.loaded.as_ref().map(|loaded| loaded.pin.component.as_str());
    digest.unwrap_or_default().chars().take(12).collect()
}
