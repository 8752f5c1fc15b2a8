//! Starts turns, for HTTP and for the command line alike: every check that a turn has to pass is
//! here, once.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use palisade_conversation::{ChatRequest, RequestError, RequestedTool};
use palisade_data::{Caller, DataBackend, DataError};
use palisade_policy::{BuiltInTool, Effect, Gate, Rules, ToolMode, TurnFacts};
use palisade_sandbox::{
    Endpoint, Sandbox, SandboxError, ToolDefinition, TurnIdentity, TurnOutcome, TurnPlace,
    TurnRequest, TurnSettings, TurnSetup,
};
use palisade_state::{FileHolder, Ledger, LedgerEntry, LedgerKind, State, StateError};
use serde_json::value::RawValue;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{
    Provider, Providers, TurnStream,
    attached::{Attaching, attach},
    executor::Executor,
    gatekeeper::TurnGatekeeper,
    gateway::{CallRecords, Gateway},
    stream::WRITES_AHEAD,
};
use crate::config::ModelFacts;
use crate::settings::{ConfiguredSettings, EffectiveSettings, TOOL_RESULT_BYTES};

/// Language that the assistant is told where neither user nor project has one.
const DEFAULT_LANGUAGE: &str = "en-US";

/// Why a turn can't be started.
#[derive(Debug, Error)]
pub enum TurnStartError {
    /// The caller isn't signed in or has no app access. 403.
    #[error("You don't have permission to access this.")]
    Forbidden,
    /// The request isn't one. 400.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// No provider has this id. 400.
    #[error("There is no provider \"{0}\"")]
    UnknownProvider(String),
    /// A file in the conversation isn't the caller's. 403; the text names it.
    #[error("{0}")]
    FileRefused(String),
    /// The workspace doesn't allow the model. 403, the same whether the model exists or not.
    #[error("Model not allowed for this provider")]
    ModelNotAllowed,
    /// No provider is configured, or none has an allowed model. 503.
    #[error("No provider with an allowed model is configured")]
    NoProvider,
    /// The provider has no key. 503.
    #[error("No API key configured for LLM provider")]
    NoKey(String),
    /// No place is free, or the component can't run. 503.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The state doesn't answer. 503.
    #[error(transparent)]
    State(#[from] StateError),
    /// The project doesn't answer. 503.
    #[error(transparent)]
    Data(#[from] DataError),
}

impl TurnStartError {
    /// Why, for the ledger. The name of a file may be content, so it isn't in there.
    fn reason(&self) -> String {
        match self {
            Self::FileRefused(_) => "A file id that is not the user's".into(),
            error => error.to_string(),
        }
    }
}

/// A model that a caller may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedModel {
    /// Provider id.
    pub provider: String,
    /// What is known about the model.
    pub facts: ModelFacts,
}

/// A tool that a caller may call.
#[derive(Debug, Clone)]
pub struct ListedTool {
    /// Name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of its arguments.
    pub input_schema: Box<RawValue>,
    /// Whether no call of it changes anything.
    pub read_only: bool,
    /// Whether a call of it may overwrite or remove data.
    pub destructive: bool,
    /// Whether a call of it may reach beyond the project.
    pub open_world: bool,
    /// The administrator's ceiling for this caller; `ask` where none is set.
    pub ceiling: ToolMode,
    /// Whether the client runs it.
    pub client_side: bool,
}

/// Starts turns of one workspace. Cheap to clone.
#[derive(Clone)]
pub struct TurnService {
    parts: Arc<Parts>,
}

struct Parts {
    /// Turns that run or are being put on record.
    running: TaskTracker,
    workspace: String,
    /// In place of the project's own name.
    project_name: Option<String>,
    configured: ConfiguredSettings,
    sandbox: Sandbox,
    data: Arc<dyn DataBackend>,
    state: State,
    providers: Providers,
}

impl std::fmt::Debug for TurnService {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TurnService")
            .field("workspace", &self.parts.workspace)
            .finish_non_exhaustive()
    }
}

impl TurnService {
    /// Joins the parts that a turn needs. `project_name` replaces the project's own name.
    pub fn new(
        workspace: String,
        project_name: Option<String>,
        configured: ConfiguredSettings,
        sandbox: Sandbox,
        data: Arc<dyn DataBackend>,
        state: State,
        providers: Providers,
    ) -> Self {
        let running = TaskTracker::new();
        let parts =
            Parts { running, workspace, project_name, configured, sandbox, data, state, providers };
        Self { parts: Arc::new(parts) }
    }

    /// The sandbox, for health checks.
    pub fn sandbox(&self) -> &Sandbox {
        &self.parts.sandbox
    }

    /// Waits until no turn runs and all are on record, before the state is closed. Nobody may start
    /// turns any more.
    pub async fn finish(&self) {
        self.parts.running.close();
        self.parts.running.wait().await;
    }

    /// The configured providers.
    pub fn providers(&self) -> &Providers {
        &self.parts.providers
    }

    /// The settings that apply now.
    pub async fn settings(&self) -> Result<EffectiveSettings, StateError> {
        let parts = &self.parts;
        EffectiveSettings::load(&parts.state, &parts.workspace, &parts.configured).await
    }

    /// Starts a turn. It runs until its stream ends or is dropped.
    pub async fn start(
        &self,
        caller: Caller,
        request: ChatRequest,
    ) -> Result<TurnStream, TurnStartError> {
        let user = caller.accountability.user.clone();
        let started = self.try_start(caller, request).await;
        if let Err(
            error @ (TurnStartError::Forbidden
            | TurnStartError::ModelNotAllowed
            | TurnStartError::FileRefused(_)),
        ) = &started
            // Nobody can fill the ledger without an account.
            && user.is_some()
        {
            let row = LedgerEntry {
                user,
                outcome: "FORBIDDEN".into(),
                reason: Some(error.reason()),
                ..LedgerEntry::new(self.parts.workspace.clone(), LedgerKind::Refusal)
            };
            self.parts.state.ledger().append(row).await?;
        }
        started
    }

    async fn try_start(
        &self,
        caller: Caller,
        mut request: ChatRequest,
    ) -> Result<TurnStream, TurnStartError> {
        let user = invited(&caller)?.to_owned();
        request.refuse_reserved_names(&self.reserved_names())?;
        let chosen = async {
            let Parts { state, workspace, configured, .. } = &*self.parts;
            let (settings, keyed) =
                EffectiveSettings::load_for_turn(state, workspace, configured).await?;
            let (provider, model) = self.choose(&request, &settings)?;
            if provider.config.requires_key && !keyed.contains(&provider.config.id) {
                return Err(TurnStartError::NoKey(provider.config.id.clone()));
            }
            Ok::<_, TurnStartError>((settings, provider, model))
        };
        // Two databases, asked at the same time: the caller waits for the first token.
        let ((settings, provider, model), project_name) =
            tokio::try_join!(chosen, self.project_name())?;
        self.attach_files(&mut request, &user, provider)?;
        let place = self.parts.sandbox.admit().await?;

        let turn = Uuid::now_v7().to_string();
        let facts = TurnFacts {
            workspace: self.parts.workspace.clone(),
            turn: turn.clone(),
            user: user.clone(),
        };
        let row = LedgerEntry {
            turn: Some(turn.clone()),
            user: Some(user.clone()),
            ..LedgerEntry::new(self.parts.workspace.clone(), LedgerKind::Turn)
        };
        let ledger = self.parts.state.ledger().clone();
        let gate = Gate::open(
            facts,
            rules(&mut request, &settings, &caller),
            self.parts.state.approvals().clone(),
            ledger.clone(),
            request.approval_answers(),
        )
        .await?;
        let records = CallRecords::default();
        let (output, receiver) = mpsc::channel(WRITES_AHEAD);
        let setup = TurnSetup {
            identity: TurnIdentity {
                user_id: user,
                display_name: caller.display_name.clone(),
                roles: caller.accountability.roles.clone(),
                admin: caller.accountability.admin,
                language: caller.language.clone().unwrap_or_else(|| DEFAULT_LANGUAGE.into()),
                turn_id: turn,
                workspace: self.parts.workspace.clone(),
                project_name,
            },
            gatekeeper: Arc::new(TurnGatekeeper {
                gate,
                tools: self.callable_tools().map(|tool| tool.name.clone()).collect(),
                settings: TurnSettings {
                    max_steps: settings.max_steps,
                    system_prompt: settings.system_prompt,
                    tool_result_bytes: TOOL_RESULT_BYTES,
                },
            }),
            executor: Arc::new(Executor {
                data: Arc::clone(&self.parts.data),
                caller,
                ledger: ledger.clone(),
                row: row.clone(),
            }),
            provider: Arc::new(gateway(provider, model, &row, records.clone())),
            output,
            message_id: None,
        };
        self.parts.running.spawn(run(place, setup, request.into(), ledger, row, records));
        Ok(TurnStream(receiver))
    }

    /// The models that a caller may use.
    pub async fn models_for(&self, caller: &Caller) -> Result<Vec<ListedModel>, TurnStartError> {
        invited(caller)?;
        let settings = self.settings().await?;
        let listed = self.parts.providers.iter().flat_map(|provider| {
            settings.models_of(&provider.config.id).iter().map(|model| ListedModel {
                provider: provider.config.id.clone(),
                facts: provider.config.model_facts(model),
            })
        });
        Ok(listed.collect())
    }

    /// The tools that a caller may call.
    pub async fn tools_for(&self, caller: &Caller) -> Result<Vec<ListedTool>, TurnStartError> {
        invited(caller)?;
        let settings = self.settings().await?;
        let rules = Rules {
            approvals: settings.approvals,
            ceilings: settings.ceilings,
            roles: caller.accountability.roles.clone(),
            ..Rules::default()
        };
        let visible = self.callable_tools().filter(|tool| rules.is_visible(&tool.name));
        Ok(visible
            .map(|definition| {
                let effect = BuiltInTool::from_name(&definition.name)
                    .map_or(Effect::READ, BuiltInTool::strongest_effect);
                // What the client runs asks its user by itself.
                let unset = if definition.client_side { ToolMode::Always } else { ToolMode::Ask };
                ListedTool {
                    name: definition.name.clone(),
                    description: definition.description.clone(),
                    input_schema: definition.input_schema.clone(),
                    read_only: effect.read_only,
                    destructive: effect.destructive,
                    open_world: effect.open_world,
                    ceiling: rules.ceiling(&definition.name).unwrap_or(unset),
                    client_side: definition.client_side,
                }
            })
            .collect())
    }

    /// The component's tools that somebody can run: the host, or the client.
    fn callable_tools(&self) -> impl Iterator<Item = &ToolDefinition> {
        let definitions = self.parts.sandbox.tools().iter();
        definitions.filter(|tool| tool.client_side || BuiltInTool::from_name(&tool.name).is_some())
    }

    fn reserved_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = BuiltInTool::ALL.into_iter().map(BuiltInTool::name).collect();
        let definitions = self.parts.sandbox.tools().iter();
        names.extend(definitions.filter(|tool| !tool.client_side).map(|tool| tool.name.as_str()));
        names
    }

    fn choose(
        &self,
        request: &ChatRequest,
        settings: &EffectiveSettings,
    ) -> Result<(&Provider, String), TurnStartError> {
        let providers = &self.parts.providers;
        let provider = match &request.provider {
            Some(id) => {
                providers.get(id).ok_or_else(|| TurnStartError::UnknownProvider(id.clone()))?
            }
            None => providers
                .iter()
                .find(|provider| !settings.models_of(&provider.config.id).is_empty())
                .ok_or(TurnStartError::NoProvider)?,
        };
        let allowed = settings.models_of(&provider.config.id);
        match &request.model {
            Some(model) => allowed.iter().find(|allowed| *allowed == model),
            None => allowed.first(),
        }
        .map(|model| (provider, model.clone()))
        .ok_or(TurnStartError::ModelNotAllowed)
    }

    /// Checks the files in a conversation, once, before any guest runs.
    fn attach_files(
        &self,
        request: &mut ChatRequest,
        user: &str,
        provider: &Provider,
    ) -> Result<(), TurnStartError> {
        let attaching = Attaching {
            tokens: self.parts.state.files(),
            holder: FileHolder { user, workspace: &self.parts.workspace },
            provider: &provider.config.id,
            now: Timestamp::now(),
        };
        attach(request, attaching)
    }

    /// What the project is called: as configured, else as it says itself.
    async fn project_name(&self) -> Result<String, TurnStartError> {
        match &self.parts.project_name {
            Some(name) => Ok(name.clone()),
            None => Ok(self.parts.data.project_name().await?),
        }
    }
}

/// The id of a user who may use the assistant.
fn invited(caller: &Caller) -> Result<&str, TurnStartError> {
    caller.accountability.app_user().ok_or(TurnStartError::Forbidden)
}

fn rules(request: &mut ChatRequest, settings: &EffectiveSettings, caller: &Caller) -> Rules {
    let requested = request.tools.as_ref().map(|tools| {
        tools
            .iter()
            .filter_map(|tool| match tool {
                RequestedTool::BuiltIn(name) => Some(name.clone()),
                RequestedTool::Client(_) => None,
            })
            .collect::<BTreeSet<_>>()
    });
    Rules {
        approvals: settings.approvals,
        ceilings: settings.ceilings.clone(),
        user_modes: std::mem::take(&mut request.tool_modes),
        requested,
        roles: caller.accountability.roles.clone(),
    }
}

fn gateway(provider: &Provider, model: String, row: &LedgerEntry, records: CallRecords) -> Gateway {
    let config = &provider.config;
    let facts = config.model_facts(&model);
    Gateway {
        transport: Arc::clone(&provider.transport),
        kind: config.kind,
        row: LedgerEntry {
            provider: Some(config.id.clone()),
            model: Some(model.clone()),
            region: config.region.clone(),
            ..row.clone()
        },
        endpoint: Endpoint {
            provider: config.id.clone(),
            kind: config.kind.name().to_owned(),
            model,
            reasoning: facts.reasoning,
            max_output_tokens: facts.output,
            context_tokens: facts.context,
            capabilities: Vec::new(),
        },
        base_url: config.base_url.as_ref().map(ToString::to_string),
        records,
    }
}

/// Runs a turn until it ends or its client leaves, and puts both the calls and the end on record.
async fn run(
    place: TurnPlace,
    setup: TurnSetup,
    request: TurnRequest,
    ledger: Ledger,
    row: LedgerEntry,
    records: CallRecords,
) {
    let output = setup.output.clone();
    let outcome = tokio::select! {
        end = place.run(setup, request) => match end.outcome {
            TurnOutcome::Finished => "ok".to_owned(),
            TurnOutcome::Failed { code } => code,
            TurnOutcome::Stopped(stop) => stop.code().to_owned(),
        },
        // Dropping the turn's future drops the instance and the connection to the provider.
        () = output.closed() => "CLIENT_GONE".to_owned(),
    };
    drop(output);
    let end = LedgerEntry { outcome, ..super::fresh(&row, LedgerKind::Turn) };
    for row in records.take().into_iter().chain([end]) {
        if let Err(error) = ledger.append(row).await {
            tracing::error!(%error, "a turn could not be put on record");
        }
    }
}
