//! The gate of one turn: every tool call passes it, and nothing runs that it didn't grant.

mod record;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::Timestamp;
use palisade_conversation::ApprovalAnswer;
use palisade_data::GrantedAction;
use palisade_state::{
    Answer, ApprovalAuthority, ApprovalRefusal, Binding, Ledger, LedgerKind, StateError,
};

use crate::{
    ArgumentError, BuiltInTool, Effect, Requirement, Rules, call::MeantCall, effect_of,
    modes::guarded, requirement,
};

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
    /// Name of a tool, or `execute` in the registry mode.
    pub tool: String,
    /// The arguments as JSON text.
    pub arguments: String,
}

/// Leave to run one call, once. It holds what runs: nothing else can be run with it.
#[derive(Debug)]
pub struct GrantedCall {
    /// Id of the call.
    pub tool_call_id: String,
    /// Name of the tool.
    pub tool: String,
    /// What runs.
    pub action: GrantedAction,
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
    /// Whether there is text in the conversation that outsiders could write.
    untrusted: AtomicBool,
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
            untrusted: AtomicBool::new(rules.untrusted),
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
        let arguments = call.input.as_ref().map_or("", |input| input.get());
        // Arguments that have no canonical form can't have been signed.
        let meant = MeantCall::read(self.rules.access, &call.tool_name, arguments)
            .map_err(|_| ApprovalRefusal::Invalid);
        let tool = meant.as_ref().map_or(call.tool_name.as_str(), |meant| &meant.tool).to_owned();
        let id = &call.tool_call_id;
        if !answer.current {
            if answer.approved {
                self.record_refusal(&tool, id, Some(&approval.id), "APPROVAL_STALE").await?;
            }
            return Ok(());
        }
        let settled = match (meant, answer.approved) {
            (Err(refusal), _) => Err(refusal),
            // Spent when the guest proposes the call; an answer that can't become a grant is refused
            // here, whatever the guest makes of the call.
            (Ok(meant), true) => self
                .authority
                .verify(
                    &approval.id,
                    &self.binding(&meant, &self.bound(&meant), id),
                    Timestamp::now(),
                )
                .map(|()| Verdict::Claimed),
            (Ok(meant), false) => self
                .redeem_denial(&meant, id, &approval.id)
                .await
                .map(|()| Verdict::Denied(approval.reason.clone())),
        };
        let verdict = match settled {
            Ok(verdict) => verdict,
            Err(refusal) => {
                self.record_refusal(&tool, id, Some(&approval.id), refusal.code()).await?;
                Verdict::Refused(refusal)
            }
        };
        self.answers
            .insert(id.clone(), CurrentAnswer { approval_id: approval.id.clone(), verdict });
        Ok(())
    }

    async fn decide(&self, call: ProposedCall) -> Result<Decision, StateError> {
        if !self.decided().insert(call.id.clone()) {
            let message = "This call was decided before.".into();
            return self.refuse(&call.tool, &call.id, "FORBIDDEN", message).await;
        }
        let meant = match MeantCall::read(self.rules.access, &call.tool, &call.arguments) {
            Ok(meant) => meant,
            Err(error) => return Ok(invalid(error)),
        };
        let (effect, action) = match self.action(&meant) {
            Ok(Some(action)) => action,
            Ok(None) => return self.refuse_tool(&meant, &call.id).await,
            Err(error) => return Ok(invalid(error)),
        };
        if let Some(answer) = self.answers.get(&call.id) {
            return self.decide_answered(call.id, &meant, action, answer).await;
        }
        let required = requirement(
            effect,
            self.rules.approvals,
            self.rules.user_mode(&meant.tool),
            self.rules.ceiling(&meant.tool),
        );
        let required = match self.untrusted.load(Ordering::Acquire) {
            true => guarded(required, effect),
            false => required,
        };
        match required {
            Requirement::Run => Ok(self.grant(call.id, meant.tool, action, None)),
            Requirement::Ask(reason) => {
                let bound = self.bound(&meant);
                let binding = self.binding(&meant, &bound, &call.id);
                let approval_id = self.authority.issue(&binding, Timestamp::now())?;
                self.record(LedgerKind::ApprovalRequested, &meant.tool, &call.id, &approval_id)
                    .await?;
                Ok(Decision::ApprovalRequired { approval_id, reason: reason.sentence() })
            }
            Requirement::Disabled => self.refuse_tool(&meant, &call.id).await,
        }
    }

    /// What a call would do, and run. None: the caller has no such tool.
    fn action(&self, meant: &MeantCall) -> Result<Option<(Effect, GrantedAction)>, ArgumentError> {
        if !self.rules.is_visible(&meant.tool) {
            return Ok(None);
        }
        if let Some(tool) = BuiltInTool::from_name(&meant.tool) {
            let operation = tool.operation(meant.arguments.value())?;
            let effect = effect_of(&operation);
            return Ok(Some((effect, GrantedAction::Operation(Box::new(operation)))));
        }
        let plugins = self.rules.plugins.as_ref();
        Ok(plugins.and_then(|plugins| plugins.find(&meant.tool)).map(|plugin| {
            let arguments = meant.arguments.as_str().to_owned();
            let read_only = plugin.effect.read_only;
            (plugin.effect, GrantedAction::Plugin { arguments, read_only })
        }))
    }

    fn grant(
        &self,
        tool_call_id: String,
        tool: String,
        action: GrantedAction,
        approval_id: Option<String>,
    ) -> Decision {
        // What a component answers is text from outside, from here on.
        if matches!(action, GrantedAction::Plugin { .. }) {
            self.untrusted.store(true, Ordering::Release);
        }
        Decision::Granted(GrantedCall { tool_call_id, tool, action, approval_id })
    }

    async fn decide_answered(
        &self,
        tool_call_id: String,
        meant: &MeantCall,
        action: GrantedAction,
        answer: &CurrentAnswer,
    ) -> Result<Decision, StateError> {
        match &answer.verdict {
            Verdict::Denied(reason) => Ok(Decision::Refused {
                code: "DENIED_BY_USER",
                message: reason.clone().unwrap_or_default(),
            }),
            Verdict::Refused(refusal) => Ok(refused_approval(refusal)),
            Verdict::Claimed => {
                let bound = self.bound(meant);
                let binding = self.binding(meant, &bound, &tool_call_id);
                let now = Timestamp::now();
                match self
                    .authority
                    .redeem(&answer.approval_id, &binding, Answer::Approved, now)
                    .await
                {
                    Ok(_) => {
                        let kind = LedgerKind::ApprovalGranted;
                        self.record(kind, &meant.tool, &tool_call_id, &answer.approval_id).await?;
                        let approval_id = Some(answer.approval_id.clone());
                        Ok(self.grant(tool_call_id, meant.tool.clone(), action, approval_id))
                    }
                    Err(refusal) => {
                        let approval = Some(answer.approval_id.as_str());
                        self.record_refusal(&meant.tool, &tool_call_id, approval, refusal.code())
                            .await?;
                        Ok(refused_approval(&refusal))
                    }
                }
            }
        }
    }

    async fn redeem_denial(
        &self,
        meant: &MeantCall,
        tool_call_id: &str,
        approval_id: &str,
    ) -> Result<(), ApprovalRefusal> {
        let bound = self.bound(meant);
        let binding = self.binding(meant, &bound, tool_call_id);
        self.authority.redeem(approval_id, &binding, Answer::Denied, Timestamp::now()).await?;
        self.record(LedgerKind::ApprovalDenied, &meant.tool, tool_call_id, approval_id)
            .await
            .map_err(ApprovalRefusal::Unavailable)
    }

    /// What an approval names as its tool: for a component's, with the version that was there when it
    /// was asked for.
    fn bound<'a>(&self, meant: &'a MeantCall) -> Cow<'a, str> {
        let plugins = self.rules.plugins.as_ref();
        match plugins.and_then(|plugins| plugins.find(&meant.tool)) {
            Some(plugin) => Cow::Owned(format!("{}@{}", meant.tool, plugin.version)),
            None => Cow::Borrowed(&meant.tool),
        }
    }

    fn binding<'a>(
        &'a self,
        meant: &'a MeantCall,
        bound: &'a str,
        tool_call_id: &'a str,
    ) -> Binding<'a> {
        Binding {
            user: &self.facts.user,
            workspace: &self.facts.workspace,
            tool: bound,
            tool_call_id,
            arguments: &meant.arguments,
        }
    }

    fn decided(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.decided.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn invalid(error: impl std::fmt::Display) -> Decision {
    Decision::Refused { code: "INVALID_PAYLOAD", message: error.to_string() }
}

fn refused_approval(refusal: &ApprovalRefusal) -> Decision {
    Decision::Refused { code: refusal.code(), message: refusal.to_string() }
}
