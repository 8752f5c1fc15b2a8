//! Tools and their ceilings.

use axum::{Json, extract::State};
use palisade_policy::{BuiltInTool, ToolCeiling};
use serde_json::{Value, json};

use super::settings::{self, CeilingChange, Change};
use crate::{
    app::App,
    http::{HttpError, auth::Administrator, body::JsonBody, parameters::PathParameters},
    settings::{EffectiveSettings, StoredSettings},
};

/// `GET /ai/admin/tools`: all tools that the host runs, those that are off included.
pub(super) async fn list(
    State(app): State<App>,
    _: Administrator,
) -> Result<Json<Value>, HttpError> {
    let settings = app.turns.settings().await?;
    let tools: Vec<_> =
        BuiltInTool::ALL.into_iter().map(|tool| described(&app, tool, &settings)).collect();
    Ok(Json(json!({ "data": tools })))
}

/// `GET /ai/admin/tools/{name}`.
pub(super) async fn show(
    State(app): State<App>,
    _: Administrator,
    PathParameters([name]): PathParameters<1>,
) -> Result<Json<Value>, HttpError> {
    let tool = named(&name)?;
    let settings = app.turns.settings().await?;
    Ok(Json(json!({ "data": described(&app, tool, &settings) })))
}

/// `PATCH /ai/admin/tools/{name}`: `{default, roles: {id: mode}}`, where null takes a ceiling away.
pub(super) async fn change(
    State(app): State<App>,
    Administrator(caller): Administrator,
    PathParameters([name]): PathParameters<1>,
    JsonBody(ceiling): JsonBody<CeilingChange>,
) -> Result<Json<Value>, HttpError> {
    let tool = named(&name)?;
    let change = Change::of_ceiling(tool.name(), ceiling);
    let (_, stored): (u64, StoredSettings) = settings::apply(&app, &caller, &change).await?;
    let settings = EffectiveSettings::join(&app.config.settings(), stored);
    Ok(Json(json!({ "data": described(&app, tool, &settings) })))
}

fn named(name: &str) -> Result<BuiltInTool, HttpError> {
    BuiltInTool::from_name(name)
        .ok_or_else(|| HttpError::not_found(&format!("/ai/admin/tools/{name}")))
}

fn described(app: &App, tool: BuiltInTool, settings: &EffectiveSettings) -> Value {
    let definition =
        app.turns.sandbox().tools().iter().find(|definition| definition.name == tool.name());
    let effect = tool.strongest_effect();
    let none = ToolCeiling::default();
    let ceiling = settings.ceilings.get(tool.name()).unwrap_or(&none);
    json!({
        "name": tool.name(),
        "description": definition.map(|definition| definition.description.as_str()),
        "source": "built-in",
        "readOnly": effect.read_only,
        "destructive": effect.destructive,
        "openWorld": effect.open_world,
        "ceiling": {"default": ceiling.default, "roles": ceiling.roles},
    })
}
