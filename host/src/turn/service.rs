//! Starts turns, for HTTP and for the command line alike: every check that a turn has to pass is
//! here, once.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use palisade_conversation::{ChatRequest, RequestedTool};
use palisade_data::{Caller, DataBackend};
use palisade_policy::{BuiltInTool, Gate, REGISTRY, Rules, ToolAccess, TurnFacts};
use palisade_provider::EgressClient;
use palisade_sandbox::{Sandbox, TurnIdentity, TurnPlace, TurnRequest, TurnSettings, TurnSetup};
use palisade_state::{FileHolder, LedgerEntry, LedgerKind, State, StateError};
use palisade_tools::{Library, ToolView};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{
    Provider, Providers, TurnStartError, TurnStream,
    attached::{Attaching, attach},
    executor::{Executor, PluginCalls, StreamProgress},
    gatekeeper::TurnGatekeeper,
    gateway::CallRecords,
    run::{RunRecord, gateway, run},
    stream::WRITES_AHEAD,
    untrusted::holds_text_from_outside,
};
use crate::settings::{ConfiguredSettings, EffectiveSettings, TOOL_RESULT_BYTES};

/// Language that the assistant is told where neither user nor project has one.
const DEFAULT_LANGUAGE: &str = "en-US";

/// Tools of components that are told to the model at once. Where there are more it finds them by
/// searching, so that a turn doesn't pay for what it doesn't use.
const PLUGINS_AT_ONCE: usize = 16;

/// Starts turns of one workspace. Cheap to clone.
#[derive(Clone)]
pub struct TurnService {
    pub(super) parts: Arc<Parts>,
}

pub(super) struct Parts {
    /// Turns that run or are being put on record.
    pub(super) running: TaskTracker,
    workspace: String,
    /// In place of the project's own name.
    project_name: Option<String>,
    configured: ConfiguredSettings,
    pub(super) sandbox: Sandbox,
    data: Arc<dyn DataBackend>,
    pub(super) state: State,
    pub(super) providers: Providers,
    tools: Library,
    egress: EgressClient,
}

/// A request that was let in.
pub(super) struct Admitted<'a> {
    pub(super) settings: EffectiveSettings,
    pub(super) identity: TurnIdentity,
    pub(super) provider: &'a Provider,
    pub(super) model: String,
    /// The tools of components that turns may use now.
    pub(super) plugins: Arc<ToolView>,
    /// A ledger row with workspace, turn and user.
    pub(super) row: LedgerEntry,
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
    #[expect(clippy::too_many_arguments, reason = "each part of a host is here once")]
    pub fn new(
        workspace: String,
        project_name: Option<String>,
        configured: ConfiguredSettings,
        sandbox: Sandbox,
        data: Arc<dyn DataBackend>,
        state: State,
        providers: Providers,
        tools: Library,
        egress: EgressClient,
    ) -> Self {
        let parts = Parts {
            running: TaskTracker::new(),
            workspace,
            project_name,
            configured,
            sandbox,
            data,
            state,
            providers,
            tools,
            egress,
        };
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

    /// The components, for administrators.
    pub fn library(&self) -> &Library {
        &self.parts.tools
    }

    /// The settings and the tools of components that apply now.
    pub(super) async fn settings_and_plugins(
        &self,
    ) -> Result<(EffectiveSettings, Arc<ToolView>), StateError> {
        let Parts { state, workspace, configured, tools, .. } = &*self.parts;
        let (settings, _, revision) =
            EffectiveSettings::load_for_turn(state, workspace, configured).await?;
        Ok((settings, tools.view(state, workspace, revision).await?))
    }

    /// Starts a turn in which the model reaches the tools by `access`. It runs until its stream ends
    /// or is dropped.
    pub async fn start(
        &self,
        caller: Caller,
        request: ChatRequest,
        access: ToolAccess,
    ) -> Result<TurnStream, TurnStartError> {
        let user = caller.accountability.user.clone();
        let started = self.try_start(caller, request, access).await;
        self.refusal_on_record(user, started).await
    }

    /// Puts on record that a start was refused, where it was.
    pub(super) async fn refusal_on_record<T>(
        &self,
        user: Option<String>,
        started: Result<T, TurnStartError>,
    ) -> Result<T, TurnStartError> {
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
        access: ToolAccess,
    ) -> Result<TurnStream, TurnStartError> {
        invited(&caller)?;
        let admitted =
            self.admit(&caller, request.provider.as_deref(), request.model.as_deref()).await?;
        let Admitted { settings, identity, provider, model, plugins, row } = admitted;
        let access = match plugins.len() {
            0..=PLUGINS_AT_ONCE => access,
            _ => ToolAccess::Registry,
        };
        request.refuse_reserved_names(&self.reserved_names(access, &plugins))?;
        self.attach_files(&mut request, &identity.user_id, provider)?;
        let place = self.place().await?;
        let facts = TurnFacts {
            workspace: identity.workspace.clone(),
            turn: identity.turn_id.clone(),
            user: identity.user_id.clone(),
        };
        let ledger = self.parts.state.ledger().clone();
        let gate = Gate::open(
            facts,
            Rules {
                access,
                user_modes: std::mem::take(&mut request.tool_modes),
                requested: requested(&request),
                untrusted: holds_text_from_outside(&request),
                plugins: Some(Arc::clone(&plugins) as _),
                ..self.rules(&settings, &caller)
            },
            self.parts.state.approvals().clone(),
            ledger.clone(),
            request.approval_answers(),
        )
        .await?;
        let calls = CallRecords::default();
        let (output, receiver) = mpsc::channel(WRITES_AHEAD);
        let calls_of_plugins = PluginCalls {
            runtime: self.parts.tools.runtime().clone(),
            tools: Arc::clone(&plugins),
            state: self.parts.state.clone(),
            egress: self.parts.egress.clone(),
            language: identity.language.clone(),
            progress: Arc::new(StreamProgress(output.clone())),
        };
        let setup = TurnSetup {
            identity,
            gatekeeper: Arc::new(TurnGatekeeper {
                gate,
                tools: self.callable_tools().map(|tool| tool.name.clone()).collect(),
                plugins,
                settings: TurnSettings {
                    max_steps: settings.max_steps,
                    system_prompt: settings.system_prompt,
                    tool_result_bytes: TOOL_RESULT_BYTES,
                    registry: access == ToolAccess::Registry,
                },
            }),
            executor: Arc::new(Executor {
                data: Arc::clone(&self.parts.data),
                caller,
                ledger: ledger.clone(),
                row: row.clone(),
                plugins: calls_of_plugins,
            }),
            provider: Arc::new(gateway(provider, model, &row, calls.clone())),
            output,
            message_id: None,
        };
        let request = TurnRequest::from(request);
        let record = RunRecord { ledger, row, calls };
        self.parts.running.spawn(async move {
            let outcome = run(place, setup, request.into()).await;
            record.write(outcome.as_ref()).await;
        });
        Ok(TurnStream(receiver))
    }

    /// Lets a request in: who asks, and which model answers. A place is taken by what passed all checks.
    pub(super) async fn admit(
        &self,
        caller: &Caller,
        provider: Option<&str>,
        model: Option<&str>,
    ) -> Result<Admitted<'_>, TurnStartError> {
        let user = invited(caller)?.to_owned();
        let chosen = async {
            let Parts { state, workspace, configured, tools, .. } = &*self.parts;
            let (settings, keyed, revision) =
                EffectiveSettings::load_for_turn(state, workspace, configured).await?;
            let (provider, model) = self.choose(provider, model, &settings)?;
            if provider.config.requires_key && !keyed.contains(&provider.config.id) {
                return Err(TurnStartError::NoKey(provider.config.id.clone()));
            }
            let plugins = tools.view(state, workspace, revision).await?;
            Ok::<_, TurnStartError>((settings, provider, model, plugins))
        };
        // Two databases, asked at the same time: the caller waits for the first token.
        let ((settings, provider, model, plugins), project_name) =
            tokio::try_join!(chosen, self.project_name())?;
        let turn = Uuid::now_v7().to_string();
        let row = LedgerEntry {
            turn: Some(turn.clone()),
            user: Some(user.clone()),
            ..LedgerEntry::new(self.parts.workspace.clone(), LedgerKind::Turn)
        };
        let identity = TurnIdentity {
            user_id: user,
            display_name: caller.display_name.clone(),
            roles: caller.accountability.roles.clone(),
            admin: caller.accountability.admin,
            language: caller.language.clone().unwrap_or_else(|| DEFAULT_LANGUAGE.into()),
            turn_id: turn,
            workspace: self.parts.workspace.clone(),
            project_name,
        };
        Ok(Admitted { settings, identity, provider, model, plugins, row })
    }

    /// A place under the cap on live turns, after those who came before.
    pub(super) async fn place(&self) -> Result<TurnPlace, TurnStartError> {
        Ok(self.parts.sandbox.admit().await?)
    }

    fn reserved_names<'a>(&'a self, access: ToolAccess, plugins: &'a ToolView) -> Vec<&'a str> {
        let mut names: Vec<&str> = BuiltInTool::ALL.into_iter().map(BuiltInTool::name).collect();
        if access == ToolAccess::Registry {
            names.extend(REGISTRY);
        }
        let definitions = self.parts.sandbox.tools().iter();
        names.extend(definitions.filter(|tool| !tool.client_side).map(|tool| tool.name.as_str()));
        names.extend(plugins.iter().map(|(name, _)| name));
        names
    }

    fn choose(
        &self,
        provider: Option<&str>,
        model: Option<&str>,
        settings: &EffectiveSettings,
    ) -> Result<(&Provider, String), TurnStartError> {
        let providers = &self.parts.providers;
        let provider = match provider {
            Some(id) => {
                providers.get(id).ok_or_else(|| TurnStartError::UnknownProvider(id.to_owned()))?
            }
            None => providers
                .iter()
                .find(|provider| !settings.models_of(&provider.config.id).is_empty())
                .ok_or(TurnStartError::NoProvider)?,
        };
        let allowed = settings.models_of(&provider.config.id);
        match model {
            Some(model) => allowed.iter().find(|allowed| *allowed == model),
            None => allowed.first(),
        }
        .map(|model| (provider, model.clone()))
        .ok_or(TurnStartError::ModelNotAllowed)
    }

    /// What bears on a caller's tool calls before a request says anything.
    pub(super) fn rules(&self, settings: &EffectiveSettings, caller: &Caller) -> Rules {
        Rules {
            approvals: settings.approvals,
            ceilings: settings.ceilings.clone(),
            roles: caller.accountability.roles.clone(),
            administrator: caller.accountability.admin,
            project: self.parts.data.kind(),
            ..Rules::default()
        }
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
pub(super) fn invited(caller: &Caller) -> Result<&str, TurnStartError> {
    caller.accountability.app_user().ok_or(TurnStartError::Forbidden)
}

/// The built-in tools that a request names; none: it leaves that to the host.
fn requested(request: &ChatRequest) -> Option<BTreeSet<String>> {
    let names = request.tools.as_ref()?.iter().filter_map(|tool| match tool {
        RequestedTool::BuiltIn(name) => Some(name.clone()),
        RequestedTool::Client(_) => None,
    });
    Some(names.collect())
}
