//! The sandbox's gatekeeper, by way of the policy crate's gate.

use std::sync::Arc;

use async_trait::async_trait;
use palisade_policy::{Gate, GrantedCall, ProposedCall};
use palisade_sandbox::{Decision, Gatekeeper, Grant, PluginToolDefinition, ToolCall, TurnSettings};
use palisade_tools::ToolView;

/// The gate of one turn, as the sandbox asks it.
pub(super) struct TurnGatekeeper {
    pub(super) gate: Gate,
    pub(super) settings: TurnSettings,
    /// Names of the assistant's tools, those that the client runs included.
    pub(super) tools: Vec<String>,
    /// Tools of components.
    pub(super) plugins: Arc<ToolView>,
}

#[async_trait]
impl Gatekeeper for TurnGatekeeper {
    fn settings(&self) -> TurnSettings {
        self.settings.clone()
    }

    fn tools(&self) -> Vec<String> {
        self.tools.iter().filter(|tool| self.gate.is_visible(tool)).cloned().collect()
    }

    fn plugin_tools(&self) -> Vec<PluginToolDefinition> {
        let visible = self.plugins.iter().filter(|(name, _)| self.gate.is_visible(name));
        visible
            .map(|(name, tool)| PluginToolDefinition {
                name: name.to_owned(),
                description: tool.description.description.clone(),
                instructions: tool.description.instructions.clone(),
                input_schema: tool.input_schema.to_string(),
            })
            .collect()
    }

    async fn authorise(&self, calls: Vec<ToolCall>) -> Vec<Decision> {
        let count = calls.len();
        let proposed = calls
            .into_iter()
            .map(|call| ProposedCall { id: call.id, tool: call.tool, arguments: call.arguments })
            .collect();
        match self.gate.authorise(proposed).await {
            Ok(decisions) => decisions.into_iter().map(handed).collect(),
            // What can't be recorded must not happen.
            Err(error) => {
                tracing::error!(%error, "tool calls could not be decided on");
                (0..count).map(|_| unavailable()).collect()
            }
        }
    }
}

fn handed(decision: palisade_policy::Decision) -> Decision {
    match decision {
        palisade_policy::Decision::Granted(GrantedCall {
            tool_call_id,
            tool,
            action,
            approval_id,
        }) => Decision::Granted(Grant { tool_call_id, tool, action, approval_id }),
        palisade_policy::Decision::ApprovalRequired { approval_id, reason } => {
            Decision::ApprovalRequired { approval_id, reason: reason.to_owned() }
        }
        palisade_policy::Decision::Refused { code, message } => {
            Decision::Refused { code: code.to_owned(), message }
        }
    }
}

fn unavailable() -> Decision {
    Decision::Refused {
        code: "SERVICE_UNAVAILABLE".into(),
        message: "The host can't decide on tool calls at the moment. Try again later.".into(),
    }
}
