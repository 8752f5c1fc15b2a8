//! Providers and their keys. A key goes in and is never read back.

use axum::{Json, extract::State};
use http::StatusCode;
use palisade_state::KeyInfo;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{actor, record};
use crate::{
    app::App,
    config::ProviderConfig,
    http::{HttpError, auth::Administrator, body::JsonBody, parameters::PathParameters},
};

const PROVIDERS: &str = "/ai/admin/providers";

/// A key to store.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewKey {
    key: String,
}

/// `GET /ai/admin/providers`.
pub(super) async fn list(
    State(app): State<App>,
    _: Administrator,
) -> Result<Json<Value>, HttpError> {
    let keys = app.state.list_keys(&app.config.workspace.id).await?;
    let settings = app.turns.settings().await?;
    let providers: Vec<Value> = app
        .config
        .providers
        .iter()
        .map(|provider| {
            let key = keys.iter().find(|key| key.provider == provider.id);
            json!({
                "id": provider.id,
                "kind": provider.kind,
                "name": provider.name,
                "baseUrl": provider.base_url,
                "region": provider.region,
                "requiresKey": provider.requires_key,
                "allowedModels": settings.allowed_models.get(&provider.id),
                "locked": provider.locked,
                "key": reading(key),
            })
        })
        .collect();
    Ok(Json(json!({ "data": providers })))
}

/// `GET /ai/admin/providers/{id}/key`: whether there is one, masked.
pub(super) async fn key(
    State(app): State<App>,
    _: Administrator,
    PathParameters([id]): PathParameters<1>,
) -> Result<Json<Value>, HttpError> {
    let provider = configured(&app, &id)?;
    let keys = app.state.list_keys(&app.config.workspace.id).await?;
    let key = keys.iter().find(|key| key.provider == provider.id);
    Ok(Json(json!({ "data": reading(key) })))
}

/// `PUT /ai/admin/providers/{id}/key`.
pub(super) async fn set_key(
    State(app): State<App>,
    Administrator(caller): Administrator,
    PathParameters([id]): PathParameters<1>,
    JsonBody(NewKey { key }): JsonBody<NewKey>,
) -> Result<Json<Value>, HttpError> {
    let provider = configured(&app, &id)?;
    let key = SecretString::from(key);
    let stored =
        app.state.set_key(&app.config.workspace.id, &provider.id, key, actor(&caller)?).await?;
    record(&app, &caller, Some(&provider.id), "key set".into()).await?;
    Ok(Json(json!({ "data": reading(Some(&stored)) })))
}

/// `DELETE /ai/admin/providers/{id}/key`. A key that is gone already is as good.
pub(super) async fn delete_key(
    State(app): State<App>,
    Administrator(caller): Administrator,
    PathParameters([id]): PathParameters<1>,
) -> Result<StatusCode, HttpError> {
    let provider = configured(&app, &id)?;
    if app.state.delete_key(&app.config.workspace.id, &provider.id).await? {
        record(&app, &caller, Some(&provider.id), "key deleted".into()).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /ai/admin/providers/{id}/test`: puts a small question to the provider's first allowed model,
/// as a turn of the administrator.
pub(super) async fn test(
    State(app): State<App>,
    Administrator(caller): Administrator,
    PathParameters([id]): PathParameters<1>,
) -> Result<Json<Value>, HttpError> {
    let provider = app
        .config
        .provider(&id)
        .ok_or_else(|| HttpError::not_found(&format!("{PROVIDERS}/{id}/test")))?;
    let settings = app.turns.settings().await?;
    let Some(model) = settings.models_of(&provider.id).first() else {
        let problem = format!("provider \"{id}\" has no allowed model; allow one first");
        return Err(HttpError::invalid_payload(problem));
    };
    let time = app.turns.probe(caller, &provider.id, model).await?.map_err(HttpError::NoAnswer)?;
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Ok(Json(json!({"data": {"ok": true, "model": model, "milliseconds": milliseconds}})))
}

fn configured<'a>(app: &'a App, id: &str) -> Result<&'a ProviderConfig, HttpError> {
    app.config.provider(id).ok_or_else(|| HttpError::not_found(&format!("{PROVIDERS}/{id}/key")))
}

fn reading(key: Option<&KeyInfo>) -> Value {
    match key {
        None => json!({ "set": false }),
        Some(key) => json!({
            "set": true,
            "masked": key.masked,
            "keyId": key.key_id,
            "updatedAt": key.updated_at,
            "updatedBy": key.updated_by,
        }),
    }
}
