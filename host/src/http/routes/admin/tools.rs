//! Tools and their ceilings.

use axum::{Json, extract::State};
use palisade_policy::{BuiltInTool, Effect, ToolCeiling};
use palisade_tools::{Grants, full_name};
use serde_json::{Value, json};

use super::settings::{self, CeilingChange, Change};
use crate::{
    app::App,
    http::{HttpError, auth::Administrator, body::JsonBody, parameters::PathParameters},
    settings::{EffectiveSettings, StoredSettings},
};

/// A tool that ceilings may be set for.
struct Known {
    name: String,
    description: Option<String>,
    component: Option<String>,
    effect: Effect,
}

/// `GET /ai/admin/tools`: all tools that the host runs, those that are off included.
pub(super) async fn list(
    State(app): State<App>,
    _: Administrator,
) -> Result<Json<Value>, HttpError> {
    let settings = app.turns.settings().await?;
    let tools: Vec<_> = known(&app).await?.iter().map(|tool| described(tool, &settings)).collect();
    Ok(Json(json!({ "data": tools })))
}

/// `GET /ai/admin/tools/{name}`.
pub(super) async fn show(
    State(app): State<App>,
    _: Administrator,
    PathParameters([name]): PathParameters<1>,
) -> Result<Json<Value>, HttpError> {
    let tool = named(&app, &name).await?;
    let settings = app.turns.settings().await?;
    Ok(Json(json!({ "data": described(&tool, &settings) })))
}

/// `PATCH /ai/admin/tools/{name}`: `{default, roles: {id: mode}}`, where null takes a ceiling away.
pub(super) async fn change(
    State(app): State<App>,
    Administrator(caller): Administrator,
    PathParameters([name]): PathParameters<1>,
    JsonBody(ceiling): JsonBody<CeilingChange>,
) -> Result<Json<Value>, HttpError> {
    let tool = named(&app, &name).await?;
    let change = Change::of_ceiling(&tool.name, ceiling);
    let (_, stored): (u64, StoredSettings) = settings::apply(&app, &caller, &change).await?;
    let settings = EffectiveSettings::join(&app.config.settings(), stored);
    Ok(Json(json!({ "data": described(&tool, &settings) })))
}

async fn named(app: &App, name: &str) -> Result<Known, HttpError> {
    let mut known = known(app).await?.into_iter();
    known
        .find(|tool| tool.name == name)
        .ok_or_else(|| HttpError::not_found(&format!("/ai/admin/tools/{name}")))
}

/// The built-in tools, and those of all components that can be used, granted or not.
async fn known(app: &App) -> Result<Vec<Known>, HttpError> {
    let definitions = app.turns.sandbox().tools();
    let built_in = BuiltInTool::ALL.into_iter().map(|tool| Known {
        name: tool.name().to_owned(),
        description: definitions
            .iter()
            .find(|definition| definition.name == tool.name())
            .map(|definition| definition.description.clone()),
        component: None,
        effect: tool.strongest_effect(),
    });
    let mut known: Vec<Known> = built_in.collect();
    let grants = Grants::load(&app.state, &app.config.workspace.id).await?;
    for plugin in app.turns.library().plugins() {
        let Ok(loaded) = &plugin.loaded else { continue };
        let stored = grants.by_name.get(&plugin.name);
        let grant = stored.map(|stored| stored.grant.clone()).unwrap_or_default();
        known.extend(loaded.component.description().iter().map(|tool| Known {
            name: full_name(&plugin.name, &tool.name),
            description: Some(tool.description.clone()),
            component: Some(plugin.name.clone()),
            effect: grant.effect(tool.annotations),
        }));
    }
    Ok(known)
}

fn described(tool: &Known, settings: &EffectiveSettings) -> Value {
    let none = ToolCeiling::default();
    let ceiling = settings.ceilings.get(&tool.name).unwrap_or(&none);
    json!({
        "name": tool.name,
        "description": tool.description,
        "source": if tool.component.is_some() { "plugin" } else { "built-in" },
        "component": tool.component,
        "readOnly": tool.effect.read_only,
        "destructive": tool.effect.destructive,
        "openWorld": tool.effect.open_world,
        "ceiling": {"default": ceiling.default, "roles": ceiling.roles},
    })
}
