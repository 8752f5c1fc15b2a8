//! Settings that can change at run time.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use palisade_data::{Caller, DataError};
use palisade_policy::{ApprovalMode, BuiltInTool, ToolCeiling, ToolMode};
use palisade_state::StateError;
use palisade_tools::{check_component_name, split_full_name};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{actor, record};
use crate::{
    app::App,
    config::Config,
    http::{HttpError, auth::Administrator, body::JsonBody},
    settings::{
        ConfiguredSettings, EffectiveSettings, MAXIMUM_STEPS, MAXIMUM_SYSTEM_PROMPT_BYTES,
        StoredSettings,
    },
};

/// Models that a provider may have allowed.
const MODELS_AT_MOST: usize = 500;
/// Roles that a tool may have ceilings for.
const ROLES_AT_MOST: usize = 500;
/// Bytes of a collection's name.
const COLLECTION_BYTES: usize = 255;
/// How often a change starts over because another one was faster.
const ATTEMPTS: u32 = 5;

/// What to change. A key that is left out stays; null goes back to the configuration's value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// The revision that the change was made for; refused if there is a newer one.
    #[serde(default)]
    revision: Option<u64>,
    #[serde(default, deserialize_with = "given")]
    approvals: Option<Option<ApprovalMode>>,
    #[serde(default, deserialize_with = "given")]
    max_steps: Option<Option<u32>>,
    #[serde(default, deserialize_with = "given")]
    system_prompt: Option<Option<String>>,
    #[serde(default)]
    allowed_models: BTreeMap<String, Option<Vec<String>>>,
    #[serde(default)]
    ceilings: BTreeMap<String, Option<CeilingChange>>,
    #[serde(default, deserialize_with = "given")]
    prompts_collection: Option<Option<String>>,
}

/// What to change in the ceiling of a tool.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CeilingChange {
    #[serde(default, deserialize_with = "given")]
    default: Option<Option<ToolMode>>,
    #[serde(default)]
    roles: BTreeMap<String, Option<ToolMode>>,
}

/// Tells a null from a key that isn't there.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// `GET /ai/admin/settings`.
pub(super) async fn show(
    State(app): State<App>,
    _: Administrator,
) -> Result<Json<Value>, HttpError> {
    let (revision, stored) = StoredSettings::load(&app.state, &app.config.workspace.id).await?;
    Ok(answer(&app.config.settings(), revision, stored))
}

/// `PATCH /ai/admin/settings`.
pub(super) async fn change(
    State(app): State<App>,
    Administrator(caller): Administrator,
    JsonBody(change): JsonBody<Change>,
) -> Result<Json<Value>, HttpError> {
    let (revision, stored) = apply(&app, &caller, &change).await?;
    Ok(answer(&app.config.settings(), revision, stored))
}

/// Applies a change to what is stored, and puts it on record. The new revision and settings.
pub(super) async fn apply(
    app: &App,
    caller: &Caller,
    change: &Change,
) -> Result<(u64, StoredSettings), HttpError> {
    change.check(&app.config)?;
    let actor = actor(caller)?;
    let mut attempts = ATTEMPTS;
    loop {
        attempts -= 1;
        let (revision, mut stored) =
            StoredSettings::load(&app.state, &app.config.workspace.id).await?;
        change.apply_to(&mut stored);
        let document = serde_json::to_value(&stored).map_err(DataError::internal)?;
        let expected = change.revision.unwrap_or(revision);
        match app.state.put_settings(&app.config.workspace.id, expected, &document, actor).await {
            Ok(revision) => {
                record(app, caller, None, format!("settings: {}", change.names())).await?;
                return Ok((revision, stored));
            }
            // A change that wasn't made for a certain revision fits the newer one as well.
            Err(StateError::SettingsConflict { .. })
                if change.revision.is_none() && attempts > 0 => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn answer(configured: &ConfiguredSettings, revision: u64, stored: StoredSettings) -> Json<Value> {
    let mut locked = Vec::new();
    if configured.workspace_locked {
        locked.extend(["approvals", "max_steps", "system_prompt"].map(str::to_owned));
    }
    let models = configured.providers.iter().filter(|(_, models)| models.locked);
    locked.extend(models.map(|(id, _)| format!("allowed_models.{id}")));
    let changed = json!(stored);
    let settings = EffectiveSettings::join(configured, stored);
    Json(json!({"data": {
        "revision": revision,
        "approvals": settings.approvals,
        "max_steps": settings.max_steps,
        "system_prompt": settings.system_prompt,
        "allowed_models": settings.allowed_models,
        "ceilings": settings.ceilings,
        "prompts_collection": settings.prompts_collection,
        "changed": changed,
        "locked": locked,
    }}))
}

impl Change {
    /// A change of one tool's ceiling.
    pub(super) fn of_ceiling(tool: &str, ceiling: CeilingChange) -> Self {
        Self {
            revision: None,
            approvals: None,
            max_steps: None,
            system_prompt: None,
            allowed_models: BTreeMap::new(),
            ceilings: [(tool.to_owned(), Some(ceiling))].into(),
            prompts_collection: None,
        }
    }

    fn check(&self, config: &Config) -> Result<(), HttpError> {
        let configured = config.settings();
        let wrong = |problem: String| Err(HttpError::invalid_payload(problem));
        let locked = |name: &str| {
            let text = format!("\"{name}\" is locked by the configuration file.");
            Err(DataError::Forbidden(text).into())
        };
        if configured.workspace_locked {
            for (name, changed) in [
                ("approvals", self.approvals.is_some()),
                ("max_steps", self.max_steps.is_some()),
                ("system_prompt", self.system_prompt.is_some()),
            ] {
                if changed {
                    return locked(name);
                }
            }
        }
        if let Some(Some(steps)) = self.max_steps
            && !(1..=MAXIMUM_STEPS).contains(&steps)
        {
            return wrong(format!("\"max_steps\" has to be from 1 to {MAXIMUM_STEPS}"));
        }
        if let Some(Some(prompt)) = &self.system_prompt
            && prompt.len() > MAXIMUM_SYSTEM_PROMPT_BYTES
        {
            let limit = MAXIMUM_SYSTEM_PROMPT_BYTES;
            return wrong(format!("\"system_prompt\" has to have at most {limit} bytes"));
        }
        for (id, models) in &self.allowed_models {
            let Some(provider) = config.provider(id) else {
                return wrong(format!("\"allowed_models\" names no provider by \"{id}\""));
            };
            if provider.locked {
                return locked(&format!("allowed_models.{id}"));
            }
            let models = models.as_deref().unwrap_or_default();
            let fits = |model: &String| provider.kind.accepts_model(model);
            if models.len() > MODELS_AT_MOST || !models.iter().all(fits) {
                return wrong(format!(
                    "\"allowed_models.{id}\" has to list at most {MODELS_AT_MOST} ids of models: {}",
                    provider.kind.model_name_rule()
                ));
            }
        }
        if let Some(Some(name)) = &self.prompts_collection
            && !(1..=COLLECTION_BYTES).contains(&name.len())
        {
            return wrong(format!(
                "\"prompts_collection\" has to be the name of a collection, of at most \
                 {COLLECTION_BYTES} bytes"
            ));
        }
        for (tool, ceiling) in &self.ceilings {
            let is_tool = BuiltInTool::from_name(tool).is_some()
                || split_full_name(tool)
                    .is_some_and(|(component, _)| check_component_name(component).is_ok());
            if !is_tool {
                return wrong(format!("\"ceilings\" names no tool by \"{tool}\""));
            }
            let Some(ceiling) = ceiling else { continue };
            let are_ids = ceiling.roles.keys().all(|role| Uuid::try_parse(role).is_ok());
            if ceiling.roles.len() > ROLES_AT_MOST || !are_ids {
                return wrong(format!(
                    "\"ceilings.{tool}.roles\" has to name at most {ROLES_AT_MOST} roles by their \
                     ids (UUIDs)"
                ));
            }
        }
        Ok(())
    }

    fn apply_to(&self, stored: &mut StoredSettings) {
        if let Some(approvals) = self.approvals {
            stored.approvals = approvals;
        }
        if let Some(max_steps) = self.max_steps {
            stored.max_steps = max_steps;
        }
        if let Some(system_prompt) = &self.system_prompt {
            stored.system_prompt.clone_from(system_prompt);
        }
        if let Some(prompts_collection) = &self.prompts_collection {
            stored.prompts_collection.clone_from(prompts_collection);
        }
        for (id, models) in &self.allowed_models {
            match models {
                Some(models) => stored.allowed_models.insert(id.clone(), models.clone()),
                None => stored.allowed_models.remove(id),
            };
        }
        for (tool, change) in &self.ceilings {
            let Some(change) = change else {
                stored.ceilings.remove(tool);
                continue;
            };
            let ceiling = stored.ceilings.entry(tool.clone()).or_default();
            change.apply_to(ceiling);
            if *ceiling == ToolCeiling::default() {
                stored.ceilings.remove(tool);
            }
        }
    }

    /// The names of what changes, for the ledger.
    fn names(&self) -> String {
        let mut names = Vec::new();
        for (name, changed) in [
            ("approvals", self.approvals.is_some()),
            ("max_steps", self.max_steps.is_some()),
            ("system_prompt", self.system_prompt.is_some()),
            ("prompts_collection", self.prompts_collection.is_some()),
        ] {
            if changed {
                names.push(name.to_owned());
            }
        }
        names.extend(self.allowed_models.keys().map(|id| format!("allowed_models.{id}")));
        names.extend(self.ceilings.keys().map(|tool| format!("ceilings.{tool}")));
        names.join(", ")
    }
}

impl CeilingChange {
    fn apply_to(&self, ceiling: &mut ToolCeiling) {
        if let Some(default) = self.default {
            ceiling.default = default;
        }
        for (role, mode) in &self.roles {
            match mode {
                Some(mode) => ceiling.roles.insert(role.clone(), *mode),
                None => ceiling.roles.remove(role),
            };
        }
    }
}
