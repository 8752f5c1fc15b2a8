//! `palisade:host/policy`: what the turn may do, and leave to do it.

use async_trait::async_trait;
use palisade_data::GrantedAction;
use wasmtime::component::Resource;

use super::DenyAll;
use crate::{TurnStop, bindings::palisade::host::policy, state::TurnState};

/// Calls that one `authorise` takes.
const CALLS: usize = 64;
/// Bytes of a tool call id.
const ID_BYTES: usize = 256;
/// Bytes of a tool name.
const TOOL_BYTES: usize = 128;
/// Bytes of a call's arguments.
const ARGUMENT_BYTES: usize = 1 << 20;

/// Settings of the workspace that shape a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnSettings {
    /// Provider calls that the turn may make, 1 to 50. The sandbox refuses a further one.
    pub max_steps: u32,
    /// Replaces the built-in system prompt.
    pub system_prompt: Option<String>,
    /// Bytes of one tool result that go to the model at most.
    pub tool_result_bytes: u32,
    /// Whether the model reaches the built-in tools through `search`, `execute` and `schema`.
    pub registry: bool,
}

/// A tool call that the model proposed, within the sizes that the interface allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// Id of the call, 1 to 256 bytes.
    pub id: String,
    /// Name of a built-in tool, at most 128 bytes; in the registry mode also `execute`.
    pub tool: String,
    /// The arguments as the guest gave them, at most 1 MiB. Not yet parsed.
    pub arguments: String,
}

/// Leave to run one tool call, once. Lives in the turn's resource table; the guest holds a handle that
/// it can neither make nor copy.
#[derive(Debug)]
pub struct Grant {
    /// Id of the tool call.
    pub tool_call_id: String,
    /// Name of the tool.
    pub tool: String,
    /// What runs.
    pub action: GrantedAction,
    /// The approval that was spent for it, where one was.
    pub approval_id: Option<String>,
}

/// A tool of a component, as the model is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginToolDefinition {
    /// Name, `component__tool`.
    pub name: String,
    /// What it does.
    pub description: String,
    /// How it is used.
    pub instructions: Option<String>,
    /// JSON Schema of its arguments.
    pub input_schema: String,
}

/// The host's decision on one tool call.
#[derive(Debug)]
pub enum Decision {
    /// The call may run now.
    Granted(Grant),
    /// The call may run once the caller approves it.
    ApprovalRequired {
        /// Signed id to show to the client.
        approval_id: String,
        /// Why the host asks, one sentence.
        reason: String,
    },
    /// The call will not run.
    Refused {
        /// `DENIED_BY_USER`, `APPROVAL_INVALID`, … See the WIT type `refusal`.
        code: String,
        /// One sentence for the model.
        message: String,
    },
}

/// Decides what a turn may do.
#[async_trait]
pub trait Gatekeeper: Send + Sync + 'static {
    /// Settings of the workspace.
    fn settings(&self) -> TurnSettings;

    /// Names of the built-in tools that the caller may use.
    fn tools(&self) -> Vec<String>;

    /// The tools of components that the caller may use.
    fn plugin_tools(&self) -> Vec<PluginToolDefinition>;

    /// Decides on tool calls, at most 64, and answers in their order, one decision for each.
    async fn authorise(&self, calls: Vec<ToolCall>) -> Vec<Decision>;
}

#[async_trait]
impl Gatekeeper for DenyAll {
    fn settings(&self) -> TurnSettings {
        TurnSettings { max_steps: 0, system_prompt: None, tool_result_bytes: 0, registry: false }
    }

    fn tools(&self) -> Vec<String> {
        Vec::new()
    }

    fn plugin_tools(&self) -> Vec<PluginToolDefinition> {
        Vec::new()
    }

    async fn authorise(&self, calls: Vec<ToolCall>) -> Vec<Decision> {
        calls.iter().map(|_| refused("FORBIDDEN", "Nothing may run here.")).collect()
    }
}

fn refused(code: &str, message: &str) -> Decision {
    Decision::Refused { code: code.into(), message: message.into() }
}

/// The refusal of a call that no gatekeeper needs to see.
fn oversized(call: &policy::ToolCall) -> Option<Decision> {
    let reason = if call.id.is_empty() || call.id.len() > ID_BYTES {
        "The id of a tool call has 1 to 256 bytes."
    } else if call.tool.len() > TOOL_BYTES {
        "The name of a tool has at most 128 bytes."
    } else if call.arguments.len() > ARGUMENT_BYTES {
        "The arguments of a tool call have at most 1 MiB."
    } else {
        return None;
    };
    Some(refused("INVALID_PAYLOAD", reason))
}

impl policy::Host for TurnState {
    fn get_settings(&mut self) -> wasmtime::Result<policy::Settings> {
        self.meter.count_call()?;
        let settings = self.gatekeeper.settings();
        Ok(policy::Settings {
            max_steps: settings.max_steps,
            system_prompt: settings.system_prompt,
            tool_result_bytes: settings.tool_result_bytes,
            tool_mode: match settings.registry {
                true => policy::ToolMode::Registry,
                false => policy::ToolMode::Direct,
            },
        })
    }

    fn tools(&mut self) -> wasmtime::Result<Vec<String>> {
        self.meter.count_call()?;
        Ok(self.gatekeeper.tools())
    }

    fn plugin_tools(&mut self) -> wasmtime::Result<Vec<policy::PluginTool>> {
        self.meter.count_call()?;
        let tools = self.gatekeeper.plugin_tools().into_iter();
        Ok(tools
            .map(|tool| policy::PluginTool {
                name: tool.name,
                description: tool.description,
                instructions: tool.instructions,
                input_schema: tool.input_schema,
            })
            .collect())
    }

    #[tracing::instrument(level = "debug", skip_all, fields(calls = calls.len()))]
    async fn authorise(
        &mut self,
        calls: Vec<policy::ToolCall>,
    ) -> wasmtime::Result<Vec<policy::Decision>> {
        self.meter.count_call()?;
        if calls.len() > CALLS {
            return Err(TurnStop::CallSize.into());
        }
        let mut decisions: Vec<Option<Decision>> = calls.iter().map(oversized).collect();
        let ids: Vec<String> = calls.iter().map(|call| call.id.clone()).collect();
        let admitted: Vec<ToolCall> = calls
            .into_iter()
            .zip(&decisions)
            .filter(|(_, decision)| decision.is_none())
            .map(|(call, _)| ToolCall { id: call.id, tool: call.tool, arguments: call.arguments })
            .collect();
        let mut answers = self.gatekeeper.authorise(admitted).await.into_iter();
        for decision in decisions.iter_mut().filter(|decision| decision.is_none()) {
            *decision = answers.next();
        }
        decisions
            .into_iter()
            // A gatekeeper that left a call undecided didn't allow it.
            .map(|decision| {
                decision.unwrap_or_else(|| refused("FORBIDDEN", "The call wasn't allowed."))
            })
            .zip(ids)
            .map(|(decision, id)| self.hand_out(decision, id))
            .collect()
    }
}

impl TurnState {
    fn hand_out(
        &mut self,
        decision: Decision,
        tool_call_id: String,
    ) -> wasmtime::Result<policy::Decision> {
        Ok(match decision {
            Decision::Granted(grant) => policy::Decision::Granted(self.resources.push(grant)?),
            Decision::ApprovalRequired { approval_id, reason } => {
                self.stream.expect_question(approval_id.clone(), tool_call_id, reason.clone());
                policy::Decision::ApprovalRequired(policy::ApprovalRequest { approval_id, reason })
            }
            Decision::Refused { code, message } => {
                policy::Decision::Refused(policy::Refusal { code, message })
            }
        })
    }
}

impl policy::HostGrant for TurnState {
    fn tool_call_id(&mut self, grant: Resource<Grant>) -> wasmtime::Result<String> {
        self.meter.count_call()?;
        Ok(self.resources.get(&grant)?.tool_call_id.clone())
    }

    fn drop(&mut self, grant: Resource<Grant>) -> wasmtime::Result<()> {
        self.resources.delete(grant)?;
        Ok(())
    }
}
