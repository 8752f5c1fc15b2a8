//! The user's answers to approvals in a conversation.

use crate::{Approval, ChatRequest, Part, Role, ToolPart, ToolState};

/// An answer that stands in the conversation: a claim until the host verified it.
#[derive(Debug, Clone, Copy)]
pub struct ApprovalAnswer<'a> {
    /// Index of the message.
    pub message: usize,
    /// Index of the part in the message.
    pub part: usize,
    /// The call.
    pub tool: &'a ToolPart,
    /// The approval.
    pub approval: &'a Approval,
    /// Whether the call is approved; else denied.
    pub approved: bool,
    /// Whether the answer is for this request: it stands in the last step of the last message, and
    /// that is the assistant's. An answer elsewhere is history and runs nothing.
    pub current: bool,
}

impl ChatRequest {
    /// All calls in the state `approval-responded`, in order.
    pub fn approval_answers(&self) -> impl Iterator<Item = ApprovalAnswer<'_>> {
        let last = self.messages.len().saturating_sub(1);
        self.messages.iter().enumerate().flat_map(move |(message, posted)| {
            let open = message == last && posted.role == Role::Assistant;
            let last_step = if open { posted.last_step_index() } else { usize::MAX };
            posted.parts.iter().enumerate().filter_map(move |(part, content)| {
                let Part::Tool(tool) = content else {
                    return None;
                };
                if tool.state != ToolState::ApprovalResponded {
                    return None;
                }
                let approval = tool.approval.as_ref()?;
                let approved = approval.approved?;
                let current = part >= last_step;
                Some(ApprovalAnswer { message, part, tool, approval, approved, current })
            })
        })
    }
}
