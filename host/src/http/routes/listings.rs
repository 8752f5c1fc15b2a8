//! What a caller may choose from.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::{
    app::App,
    http::{HttpError, auth::AppUser},
    models::Price,
    turn::{ListedModel, ListedTool},
};

/// Millionths in which prices are kept.
const MICROS: f64 = 1_000_000.0;

/// `GET /ai/models`: the models that the caller may use.
pub(super) async fn models(
    State(app): State<App>,
    AppUser(caller): AppUser,
) -> Result<Json<Value>, HttpError> {
    let models = app.turns.models_for(&caller).await?;
    let models: Vec<_> = models.into_iter().map(model).collect();
    Ok(Json(json!({ "data": models })))
}

fn model(ListedModel { provider, facts }: ListedModel) -> Value {
    json!({
        "provider": provider,
        "model": facts.id,
        "name": facts.name,
        "context": facts.context,
        "output": facts.output,
        "attachments": facts.attachments(),
        "reasoning": facts.reasoning,
        "capabilities": facts.capabilities,
        "price": facts.price.as_ref().map(price),
    })
}

/// What a million tokens cost. A call with a long input may cost more.
fn price(Price { rates, .. }: &Price) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "prices are far below 2^53 millionths")]
    let per_million = |rate: u64| rate as f64 / MICROS;
    json!({
        "currency": "USD",
        "input": per_million(rates.input),
        "cached": per_million(rates.cached),
        "output": per_million(rates.output),
    })
}

/// `GET /ai/tools`: the tools that the caller may call.
pub(super) async fn tools(
    State(app): State<App>,
    AppUser(caller): AppUser,
) -> Result<Json<Value>, HttpError> {
    let tools = app.turns.tools_for(&caller).await?;
    let tools: Vec<_> = tools.iter().map(tool).collect();
    Ok(Json(json!({ "data": tools })))
}

/// A tool as callers see it.
pub(super) fn tool(tool: &ListedTool) -> Value {
    json!({
        "name": tool.name,
        "description": tool.description,
        "inputSchema": tool.input_schema,
        "source": "built-in",
        "readOnly": tool.read_only,
        "destructive": tool.destructive,
        "openWorld": tool.open_world,
        "clientSide": tool.client_side,
        "ceiling": tool.ceiling,
    })
}
