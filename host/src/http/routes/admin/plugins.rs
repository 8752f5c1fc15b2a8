//! Components: what they ask for, what is granted to them, and their secrets. A secret goes in and is
//! never read back.

use axum::{Json, extract::State};
use http::StatusCode;
use palisade_tools::{Grant, Grants, LoadedPlugin, Plugin, PluginState, StoredGrant, full_name};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{actor, record};
use crate::{
    app::App,
    http::{
        HttpError,
        auth::Administrator,
        body::JsonBody,
        parameters::{PathParameters, QueryParameters},
    },
};

/// A secret to store.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSecret {
    value: String,
}

/// `GET /ai/admin/plugins`: the components in the tools folder.
pub(super) async fn list(
    State(app): State<App>,
    _: Administrator,
) -> Result<Json<Value>, HttpError> {
    app.turns.library().refresh().await?;
    let grants = Grants::load(&app.state, &app.config.workspace.id).await?;
    let mut listed = Vec::new();
    for plugin in app.turns.library().plugins() {
        listed.push(described(&app, &plugin, grants.by_name.get(&plugin.name)).await?);
    }
    Ok(Json(json!({ "data": listed })))
}

/// `GET /ai/admin/plugins/{name}`.
pub(super) async fn show(
    State(app): State<App>,
    _: Administrator,
    PathParameters([name]): PathParameters<1>,
) -> Result<Json<Value>, HttpError> {
    let plugin = app.turns.library().plugin(&name)?;
    let grants = Grants::load(&app.state, &app.config.workspace.id).await?;
    let data = described(&app, &plugin, grants.by_name.get(&plugin.name)).await?;
    Ok(Json(json!({ "data": data })))
}

/// `PUT /ai/admin/plugins/{name}/grant?digest=`: grants all or part of what a component asks for, in
/// place of what it had. `digest` is that of the component that was looked at; another one that lies
/// there meanwhile is refused.
pub(super) async fn grant(
    State(app): State<App>,
    Administrator(caller): Administrator,
    PathParameters([name]): PathParameters<1>,
    query: QueryParameters,
    JsonBody(grant): JsonBody<Grant>,
) -> Result<Json<Value>, HttpError> {
    let query = query.allow(&["digest"])?;
    let plugin = app.turns.library().plugin(&name)?;
    let workspace = &app.config.workspace.id;
    let grants = Grants::grant(
        &app.state,
        workspace,
        &plugin,
        grant,
        query.text("digest").as_deref(),
        actor(&caller)?,
    )
    .await?;
    record(&app, &caller, None, format!("tool granted: {name}")).await?;
    let data = described(&app, &plugin, grants.by_name.get(&name)).await?;
    Ok(Json(json!({ "data": data })))
}

/// `DELETE /ai/admin/plugins/{name}/grant`. A grant that is gone already is as good.
pub(super) async fn revoke(
    State(app): State<App>,
    Administrator(caller): Administrator,
    PathParameters([name]): PathParameters<1>,
) -> Result<StatusCode, HttpError> {
    let actor = actor(&caller)?;
    if Grants::revoke(&app.state, &app.config.workspace.id, &name, actor).await? {
        record(&app, &caller, None, format!("tool revoked: {name}")).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /ai/admin/plugins/{name}/secrets/{secret}`: `{value}`.
pub(super) async fn set_secret(
    State(app): State<App>,
    Administrator(caller): Administrator,
    PathParameters([name, secret]): PathParameters<2>,
    JsonBody(NewSecret { value }): JsonBody<NewSecret>,
) -> Result<StatusCode, HttpError> {
    asked_for(&app, &name, &secret)?;
    let (workspace, value) = (&app.config.workspace.id, SecretString::from(value));
    app.state.set_tool_secret(workspace, &name, &secret, value, actor(&caller)?).await?;
    record(&app, &caller, None, format!("secret set: {name}/{secret}")).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /ai/admin/plugins/{name}/secrets/{secret}`. A secret that is gone already is as good.
pub(super) async fn delete_secret(
    State(app): State<App>,
    Administrator(caller): Administrator,
    PathParameters([name, secret]): PathParameters<2>,
) -> Result<StatusCode, HttpError> {
    asked_for(&app, &name, &secret)?;
    if app.state.delete_tool_secret(&app.config.workspace.id, &name, &secret).await? {
        record(&app, &caller, None, format!("secret deleted: {name}/{secret}")).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A secret that no component asks for would lie there for nothing.
fn asked_for(app: &App, name: &str, secret: &str) -> Result<(), HttpError> {
    let plugin = app.turns.library().plugin(name)?;
    let asks = plugin
        .loaded
        .as_ref()
        .is_ok_and(|it| it.manifest.secrets.iter().any(|asked| asked.name == secret));
    match asks {
        true => Ok(()),
        false => Err(HttpError::not_found(&format!("/ai/admin/plugins/{name}/secrets/{secret}"))),
    }
}

async fn described(
    app: &App,
    plugin: &Plugin,
    stored: Option<&StoredGrant>,
) -> Result<Value, HttpError> {
    let state = plugin.state(stored);
    let loaded = match &plugin.loaded {
        Ok(loaded) => loaded,
        Err(reason) => {
            return Ok(json!({
                "name": plugin.name,
                "state": state,
                "reason": reason,
                "title": null,
                "version": "",
                "description": "",
                "digest": "",
                "asks": {"data": [], "http": [], "secrets": [], "kv": null, "identity": null},
                "granted": null,
                "secretsSet": [],
                "tools": [],
            }));
        }
    };
    let LoadedPlugin { manifest, component, pin } = loaded;
    let grant = stored.filter(|_| state == PluginState::Granted).map(|stored| &stored.grant);
    let secrets = app.state.list_tool_secrets(&app.config.workspace.id, &plugin.name).await?;
    let nothing = Grant::default();
    let tools: Vec<Value> = component
        .description()
        .iter()
        .map(|tool| {
            let effect = grant.unwrap_or(&nothing).effect(tool.annotations);
            json!({
                "name": full_name(&plugin.name, &tool.name),
                "title": tool.title,
                "description": tool.description,
                "inputSchema": tool.input_schema,
                "readOnly": effect.read_only,
                "destructive": effect.destructive,
                "openWorld": effect.open_world,
            })
        })
        .collect();
    Ok(json!({
        "name": plugin.name,
        "state": state,
        "reason": null,
        "title": manifest.component.title,
        "version": manifest.component.version,
        "description": manifest.component.description,
        "digest": pin.component,
        "bytes": component.facts().bytes,
        "imports": component.facts().imports,
        "asks": {
            "data": manifest.data,
            "http": manifest.http,
            "secrets": manifest.secrets,
            "kv": manifest.kv,
            "identity": manifest.identity,
        },
        "granted": stored.map(|stored| json!({
            "data": stored.grant.data,
            "http": stored.grant.http,
            "secrets": stored.grant.secrets,
            "kv": stored.grant.kv,
            "identity": stored.grant.identity,
            "at": stored.granted_at,
            "by": stored.granted_by,
        })),
        "secretsSet": secrets,
        "tools": tools,
    }))
}
