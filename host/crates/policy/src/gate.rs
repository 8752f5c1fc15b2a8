//! The gate of one turn: every tool call passes it, and nothing runs that it didn't grant.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use palisade_conversation::{ApprovalAnswer, ToolPart};
use palisade_data::Operation;
use palisade_state::{
    Answer, ApprovalAuthority, ApprovalRefusal, Binding, CanonicalArguments, Ledger, LedgerEntry,
    LedgerKind, StateError,
};

use crate::{BuiltInTool, Requirement, Rules, effect_of, requirement};

/// Who and what a turn is, for approvals and the ledger.
#[derive(Debug, Clone)]
pub struct TurnFacts {
    /// Workspace id.
    pub workspace: String,
    /// Turn id.
    pub turn: String,
    /// User id.
    pub user: String,
}

/// A tool call that the guest proposes.
#[derive(Debug, Clone)]
pub struct ProposedCall {
    /// Id of the call in the conversation.
    pub id: String,
    /// Name of a built-in tool.
    pub tool: String,
    /// The arguments as JSON text.
    pub arguments: String,
}

/// Leave to run one call, once. It holds the operation: nothing else can be run with it.
#[derive(Debug)]
pub struct GrantedCall {
    /// Id of the call.
    pub tool_call_id: String,
    /// The tool.
    pub tool: BuiltInTool,
    /// What runs.
    pub operation: Box<Operation>,
    /// The approval that was spent on it. The ledger cuts its signature off.
    pub approval_id: Option<String>,
}

/// The decision on a proposed call.
#[derive(Debug)]
pub enum Decision {
    /// It may run now.
    Granted(GrantedCall),
    /// The caller has to approve it first.
    ApprovalRequired {
        /// Signed id.
        approval_id: String,
        /// One sentence for the user.
        reason: &'static str,
    },
    /// It will not run.
    Refused {
        /// Stable code, see the WIT interface `policy`.
        code: &'static str,
        /// One sentence for the model; the user's own reason, which may be empty, for a denial.
        message: String,
    },
}

/// The gate of one turn.
pub struct Gate {
    facts: TurnFacts,
    rules: Rules,
    authority: ApprovalAuthority,
    ledger: Ledger,
    answers: BTreeMap<String, CurrentAnswer>,
    /// Ids of calls that were decided in this turn. No call is decided twice.
    decided: Mutex<BTreeSet<String>>,
}

/// An answer to one of the calls that this turn is about.
struct CurrentAnswer {
    approval_id: String,
    verdict: Verdict,
}

enum Verdict {
    /// Approved, as the client says: to be redeemed when the guest proposes the call.
    Claimed,
    /// Denied by the user, verified and spent.
    Denied(Option<String>),
    /// Not what the host signed, expired or spent before.
    Refused(ApprovalRefusal),
}

impl Gate {
    /// Opens the gate of a turn and settles the posted answers that run nothing: a denial is spent
    /// at once, so that it stays final whatever becomes of the turn; an approval that stands in an
    /// older step or message is put on record as a refusal.
    pub async fn open<'a>(
        facts: TurnFacts,
        rules: Rules,
        authority: ApprovalAuthority,
        ledger: Ledger,
        answers: impl Iterator<Item = ApprovalAnswer<'a>> + Send,
    ) -> Result<Self, StateError> {
        let mut gate = Self {
            facts,
            rules,
            authority,
            ledger,
            answers: BTreeMap::new(),
            decided: Mutex::default(),
        };
        for answer in answers {
            gate.settle(answer).await?;
        }
        Ok(gate)
    }

    /// Whether the caller may use a tool in this turn. Leave to run one is [`Gate::authorise`]'s.
    pub fn is_visible(&self, tool: &str) -> bool {
        self.rules.is_visible(tool)
    }

    /// Decides on calls, in order.
    pub async fn authorise(&self, calls: Vec<ProposedCall>) -> Result<Vec<Decision>, StateError> {
        let mut decisions = Vec::with_capacity(calls.len());
        for call in calls {
            decisions.push(self.decide(call).await?);
        }
        Ok(decisions)
    }

    async fn settle(&mut self, answer: ApprovalAnswer<'_>) -> Result<(), StateError> {
        let (call, approval) = (answer.tool, answer.approval);
        if !answer.current {
            if answer.approved {
                self.record_refusal(
                    &call.tool_name,
                    &call.tool_call_id,
                    Some(&approval.id),
                    "APPROVAL_STALE",
                )
                .await?;
            }
            return Ok(());
        }
        let settled = match answer.approved {
            // Spent when the guest proposes the call; an answer that can't become a grant is refused
            // here, whatever the guest makes of the call.
            true => self.verify(call, &approval.id).map(|()| Verdict::Claimed),
            false => self
                .redeem_denial(call, &approval.id)
                .await
                .map(|()| Verdict::Denied(approval.reason.clone())),
        };
        let verdict = match settled {
            Ok(verdict) => verdict,
            Err(refusal) => {
                let (tool, id) = (&call.tool_name, &call.tool_call_id);
                self.record_refusal(tool, id, Some(&approval.id), refusal.code()).await?;
                Verdict::Refused(refusal)
            }
        };
        self.answers.insert(
            call.tool_call_id.clone(),
            CurrentAnswer { approval_id: approval.id.clone(), verdict },
        );
        Ok(())
    }

    async fn decide(&self, call: ProposedCall) -> Result<Decision, StateError> {
        if !self.decided().insert(call.id.clone()) {
            return self.refuse(&call, "FORBIDDEN", "This call was decided before.".into()).await;
        }
        let Some(tool) =
            BuiltInTool::from_name(&call.tool).filter(|tool| self.rules.is_visible(tool.name()))
        else {
            // The same words whether the tool is off for this caller or doesn't exist.
            let message = format!("There is no tool \"{}\" for you to use.", call.tool);
            return self.refuse(&call, "TOOL_DISABLED", message).await;
        };
        let arguments = match CanonicalArguments::parse(&call.arguments) {
            Ok(arguments) => arguments,
            Err(error) => return Ok(invalid(error)),
        };
        let operation = match tool.operation(arguments.value()) {
            Ok(operation) => Box::new(operation),
            Err(error) => return Ok(invalid(error)),
        };
        if let Some(answer) = self.answers.get(&call.id) {
            return self.decide_answered(&call, tool, &arguments, operation, answer).await;
        }
        let effect = effect_of(&operation);
        match requirement(
            effect,
            self.rules.approvals,
            self.rules.user_mode(tool.name()),
            self.rules.ceiling(tool.name()),
        ) {
            Requirement::Run => Ok(Decision::Granted(GrantedCall {
                tool_call_id: call.id,
                tool,
                operation,
                approval_id: None,
            })),
            Requirement::Ask(reason) => {
                let approval_id = self
                    .authority
                    .issue(&self.binding(tool.name(), &call.id, &arguments), Timestamp::now())?;
                self.record(LedgerKind::ApprovalRequested, tool.name(), &call.id, &approval_id)
                    .await?;
                Ok(Decision::ApprovalRequired { approval_id, reason: reason.sentence() })
            }
            Requirement::Disabled => {
                let message = format!("There is no tool \"{}\" for you to use.", call.tool);
                self.refuse(&call, "TOOL_DISABLED", message).await
            }
        }
    }

    async fn decide_answered(
        &self,
        call: &ProposedCall,
        tool: BuiltInTool,
        arguments: &CanonicalArguments,
        operation: Box<Operation>,
        answer: &CurrentAnswer,
    ) -> Result<Decision, StateError> {
        match &answer.verdict {
            Verdict::Denied(reason) => Ok(Decision::Refused {
                code: "DENIED_BY_USER",
                message: reason.clone().unwrap_or_default(),
            }),
            Verdict::Refused(refusal) => Ok(refused_approval(refusal)),
            Verdict::Claimed => {
                let binding = self.binding(tool.name(), &call.id, arguments);
                let now = Timestamp::now();
                match self
                    .authority
                    .redeem(&answer.approval_id, &binding, Answer::Approved, now)
                    .await
                {
                    Ok(_) => {
                        let kind = LedgerKind::ApprovalGranted;
                        self.record(kind, tool.name(), &call.id, &answer.approval_id).await?;
                        Ok(Decision::Granted(GrantedCall {
                            tool_call_id: call.id.clone(),
                            tool,
                            operation,
                            approval_id: Some(answer.approval_id.clone()),
                        }))
                    }
                    Err(refusal) => {
                        let approval = Some(answer.approval_id.as_str());
                        self.record_refusal(&call.tool, &call.id, approval, refusal.code()).await?;
                        Ok(refused_approval(&refusal))
                    }
                }
            }
        }
    }

    fn verify(&self, call: &ToolPart, approval_id: &str) -> Result<(), ApprovalRefusal> {
        let arguments = posted_arguments(call)?;
        let binding = self.binding(&call.tool_name, &call.tool_call_id, &arguments);
        self.authority.verify(approval_id, &binding, Timestamp::now())
    }

    async fn redeem_denial(
        &self,
        call: &ToolPart,
        approval_id: &str,
    ) -> Result<(), ApprovalRefusal> {
        let arguments = posted_arguments(call)?;
        let binding = self.binding(&call.tool_name, &call.tool_call_id, &arguments);
        self.authority.redeem(approval_id, &binding, Answer::Denied, Timestamp::now()).await?;
        let kind = LedgerKind::ApprovalDenied;
        self.record(kind, &call.tool_name, &call.tool_call_id, approval_id)
            .await
            .map_err(ApprovalRefusal::Unavailable)
    }

    fn binding<'a>(
        &'a self,
        tool: &'a str,
        tool_call_id: &'a str,
        arguments: &'a CanonicalArguments,
    ) -> Binding<'a> {
        Binding {
            user: &self.facts.user,
            workspace: &self.facts.workspace,
            tool,
            tool_call_id,
            arguments,
        }
    }

    fn decided(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.decided.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What goes on record.
impl Gate {
    async fn refuse(
        &self,
        call: &ProposedCall,
        code: &'static str,
        message: String,
    ) -> Result<Decision, StateError> {
        self.record_refusal(&call.tool, &call.id, None, code).await?;
        Ok(Decision::Refused { code, message })
    }

    async fn record(
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

    async fn record_refusal(
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

/// Arguments that have no canonical form can't have been signed.
fn posted_arguments(call: &ToolPart) -> Result<CanonicalArguments, ApprovalRefusal> {
    let arguments = call.input.as_ref().map_or("", |input| input.get());
    CanonicalArguments::parse(arguments).map_err(|_| ApprovalRefusal::Invalid)
}

fn invalid(error: impl std::fmt::Display) -> Decision {
    Decision::Refused { code: "INVALID_PAYLOAD", message: error.to_string() }
}

fn refused_approval(refusal: &ApprovalRefusal) -> Decision {
    Decision::Refused { code: refusal.code(), message: refusal.to_string() }
}
