//! `palisade tools grant` and `revoke`.

use std::{collections::BTreeSet, str::FromStr};

use palisade_state::State;
use palisade_tools::{
    DataAction, DataGrant, Grant, Grants, HttpGrant, IdentityGrant, KvGrant, Manifest, SecretGrant,
    ToolsError,
};

use super::{arguments::GrantArguments, manage::Shelf};
use crate::{
    cli::{
        CliError,
        keys::{ACTOR, record},
    },
    config::Config,
};

pub(super) async fn run(config: &Config, arguments: GrantArguments) -> Result<(), CliError> {
    let mut shelf = Shelf::open(config).await?;
    let name = arguments.name.clone();
    let plugin = shelf.library.plugin(&name)?;
    let loaded = plugin
        .loaded
        .as_ref()
        .map_err(|reason| ToolsError::Broken { name: name.clone(), reason: reason.clone() })?;
    let grant = grant(&arguments, &loaded.manifest)?;
    let workspace = &config.workspace.id;
    shelf.grants = Grants::grant(&shelf.state, workspace, &plugin, grant, None, ACTOR).await?;
    record(&shelf.state, workspace, "", &format!("tool granted: {name}")).await?;
    say!("{}", shelf.sheet(&plugin));
    say!("{name} is on. A running host knows at once.");
    let set = shelf.state.list_tool_secrets(workspace, &name).await?;
    let granted = shelf.grants.by_name.get(&name).map(|stored| &stored.grant);
    for secret in granted.iter().flat_map(|grant| &grant.secrets) {
        if !set.contains(&secret.name) {
            say!("Set its secret with\n  palisade tools secret set {name} {}", secret.name);
        }
    }
    shelf.state.close().await?;
    Ok(())
}

pub(super) async fn revoke(config: &Config, name: &str) -> Result<(), CliError> {
    let state = State::open(&config.database_url, config.key_source.clone()).await?;
    let workspace = &config.workspace.id;
    if !Grants::revoke(&state, workspace, name, ACTOR).await? {
        return Err(CliError::Usage(format!("nothing was granted to a tool component \"{name}\"")));
    }
    record(&state, workspace, "", &format!("tool revoked: {name}")).await?;
    say!("{name} is off.");
    state.close().await?;
    Ok(())
}

/// What the arguments say. Whether it was asked for is checked where it is stored.
fn grant(arguments: &GrantArguments, manifest: &Manifest) -> Result<Grant, CliError> {
    let all = Grant::all_of(manifest);
    if arguments.all {
        return Ok(all);
    }
    let identity = arguments.identity.then_some(IdentityGrant {});
    let mut grant = Grant { identity, ..Grant::default() };
    for text in &arguments.data {
        grant.data.push(data(text)?);
    }
    for text in &arguments.http {
        let (name, origin) = match text.split_once('=') {
            Some((name, origin)) => (name, Some(origin)),
            None => (text.as_str(), None),
        };
        let asked = all.http.iter().find(|asked| asked.name == name);
        let asked = asked.ok_or_else(|| not_asked("origin", name))?;
        let origin = origin.unwrap_or(&asked.origin).trim_end_matches('/').to_owned();
        grant.http.push(HttpGrant { origin, ..asked.clone() });
    }
    for name in &arguments.secret {
        let asked = all.secrets.iter().find(|asked| asked.name == *name);
        let asked: &SecretGrant = asked.ok_or_else(|| not_asked("secret", name))?;
        grant.secrets.push(asked.clone());
    }
    if arguments.kv {
        let asked: KvGrant = all.kv.ok_or_else(|| not_asked("storage", "kv"))?;
        grant.kv = Some(asked);
    }
    Ok(grant)
}

fn data(text: &str) -> Result<DataGrant, CliError> {
    let wrong = || {
        CliError::Usage(format!(
            "--data {text:?} is not COLLECTION:ACTION[+ACTION…] with the actions read, create, \
             update and delete"
        ))
    };
    let (collection, actions) = text.rsplit_once(':').ok_or_else(wrong)?;
    let actions: Result<BTreeSet<DataAction>, _> =
        actions.split('+').map(DataAction::from_str).collect();
    let actions = actions.map_err(|_| wrong())?;
    Ok(DataGrant { collection: collection.to_owned(), actions })
}

fn not_asked(what: &str, name: &str) -> CliError {
    CliError::Usage(format!("the component asks for no {what} \"{name}\""))
}
