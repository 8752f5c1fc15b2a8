//! What the gate puts on record.

use palisade_state::{LedgerEntry, LedgerKind, StateError};

use super::{Decision, Gate};
use crate::call::MeantCall;

/// What goes on record.
impl Gate {
    /// Refuses a tool in the same words whether it is off for this caller or doesn't exist.
    pub(super) async fn refuse_tool(
        &self,
        meant: &MeantCall,
        tool_call_id: &str,
    ) -> Result<Decision, StateError> {
        let message = format!("There is no tool \"{}\" for you to use.", meant.tool);
        self.refuse(&meant.tool, tool_call_id, "TOOL_DISABLED", message).await
    }

    pub(super) async fn refuse(
        &self,
        tool: &str,
        tool_call_id: &str,
        code: &'static str,
        message: String,
    ) -> Result<Decision, StateError> {
        self.record_refusal(tool, tool_call_id, None, code).await?;
        Ok(Decision::Refused { code, message })
    }

    pub(super) async fn record(
        &self,
        kind: LedgerKind,
        tool: &str,
        tool_call_id: &str,
        approval_id: &str,
    ) -> Result<(), StateError> {
        let entry = LedgerEntry {
            approval_id: Some(approval_id.to_owned()),
            ..self.entry(kind, tool, tool_call_id)
        };
        self.ledger.append(entry).await
    }

    pub(super) async fn record_refusal(
        &self,
        tool: &str,
        tool_call_id: &str,
        approval_id: Option<&str>,
        code: &str,
    ) -> Result<(), StateError> {
        let entry = LedgerEntry {
            approval_id: approval_id.map(str::to_owned),
            outcome: code.to_owned(),
            ..self.entry(LedgerKind::Refusal, tool, tool_call_id)
        };
        self.ledger.append(entry).await
    }

    fn entry(&self, kind: LedgerKind, tool: &str, tool_call_id: &str) -> LedgerEntry {
        LedgerEntry {
            turn: Some(self.facts.turn.clone()),
            user: Some(self.facts.user.clone()),
            tool: Some(tool.to_owned()),
            tool_call_id: Some(tool_call_id.to_owned()),
            ..LedgerEntry::new(self.facts.workspace.clone(), kind)
        }
    }
}
