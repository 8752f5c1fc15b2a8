//! Issues approvals and takes the answers, each once.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use jiff::Timestamp;
use thiserror::Error;

use super::{
    Binding,
    id::{Payload, Signer, approval_reference},
};
use crate::{
    StateError,
    store::{Spend, Store},
};

/// Answers between two clean-ups.
const PURGE_EVERY: u32 = 64;
/// Expired answers that one clean-up forgets: more than are added between two, so they don't pile up.
const PURGE_BATCH: i64 = 256;
/// How long an answer is kept after the approval expired. Clocks of hosts differ: one host must not
/// forget an answer while another still takes the approval for valid.
const PURGE_MARGIN_MILLISECONDS: i64 = 60 * 60 * 1000;

/// What the user answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The call may run, once.
    Approved,
    /// The call must not run.
    Denied,
}

impl Answer {
    fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Denied => "denied",
        }
    }
}

/// An answer that was accepted and is now spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeemed {
    /// The answer.
    pub answer: Answer,
    /// The approval id without its signature, for the ledger.
    pub reference: String,
}

/// Why an answer doesn't count. In each case the call must not run.
#[derive(Debug, Error)]
pub enum ApprovalRefusal {
    /// The id wasn't signed by this installation for exactly this user, workspace, tool, tool call
    /// id and these arguments.
    #[error("The approval doesn't belong to this call. Ask for the call again.")]
    Invalid,
    /// The answer came more than 15 minutes after the question.
    #[error("The approval has expired. Ask for the call again.")]
    Expired,
    /// The approval was answered before, or another one for the same call was.
    #[error("The approval has been used already. Ask for the call again.")]
    Spent,
    /// The answer could not be recorded.
    #[error("The answer to the approval could not be recorded. Try again later.")]
    Unavailable(#[source] StateError),
}

impl ApprovalRefusal {
    /// Stable code: `APPROVAL_INVALID`, `APPROVAL_EXPIRED`, `APPROVAL_SPENT` or
    /// `SERVICE_UNAVAILABLE`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid => "APPROVAL_INVALID",
            Self::Expired => "APPROVAL_EXPIRED",
            Self::Spent => "APPROVAL_SPENT",
            Self::Unavailable(_) => "SERVICE_UNAVAILABLE",
        }
    }
}

/// Signs approval ids and spends them. Issuing stores nothing: an approval that nobody answers leaves
/// no trace. Cheap to clone.
#[derive(Clone)]
pub struct ApprovalAuthority {
    signer: Signer,
    store: Store,
    answers: Arc<AtomicU32>,
}

impl ApprovalAuthority {
    pub(crate) fn new(key: &[u8; 32], store: Store) -> Self {
        Self { signer: Signer::new(key), store, answers: Arc::default() }
    }

    /// A new approval id for this call, at most 96 bytes of `A-Z a-z 0-9 - _ .`, valid for
    /// [`VALIDITY`](crate::VALIDITY) from `now`.
    ///
    /// Errors: [`StateError::Random`].
    pub fn issue(&self, binding: &Binding<'_>, now: Timestamp) -> Result<String, StateError> {
        Ok(self.signer.sign(&Payload::new(now)?, &self.signer.call(binding)))
    }

    /// Checks that an id was issued for this call and is still valid. Spends nothing: whether it was
    /// spent before, [`ApprovalAuthority::redeem`] alone finds out.
    ///
    /// Errors: [`ApprovalRefusal::Invalid`], [`ApprovalRefusal::Expired`].
    pub fn verify(
        &self,
        id: &str,
        binding: &Binding<'_>,
        now: Timestamp,
    ) -> Result<(), ApprovalRefusal> {
        self.authentic(id, &self.signer.call(binding), now).map(drop)
    }

    fn authentic(
        &self,
        id: &str,
        call: &[u8; 32],
        now: Timestamp,
    ) -> Result<Payload, ApprovalRefusal> {
        let payload = self.signer.verify(id, call).ok_or(ApprovalRefusal::Invalid)?;
        if now.as_millisecond() >= payload.expires_at {
            return Err(ApprovalRefusal::Expired);
        }
        Ok(payload)
    }

    /// Takes the answer to an approval.
    ///
    /// Of any number of answers to one approval, on any number of hosts, one is accepted, and it is
    /// on disk before this returns. A denial spends the approval like a consent does. An accepted
    /// answer also spends every other approval that was issued for the same call before it: a call
    /// that was asked about twice runs at most once, and a denial stays final.
    ///
    /// An unauthentic denial is refused too, as [`ApprovalRefusal::Invalid`]; the call doesn't run
    /// either way.
    pub async fn redeem(
        &self,
        id: &str,
        binding: &Binding<'_>,
        answer: Answer,
        now: Timestamp,
    ) -> Result<Redeemed, ApprovalRefusal> {
        let call = self.signer.call(binding);
        let payload = self.authentic(id, &call, now)?;
        let now = now.as_millisecond();
        let spend = Spend {
            nonce: &payload.nonce,
            workspace: binding.workspace,
            user: binding.user,
            call: &call,
            answer: answer.as_str(),
            issued_at: payload.issued_at(),
            expires_at: payload.expires_at,
            spent_at: now,
        };
        if !self.store.spend(&spend).await.map_err(ApprovalRefusal::Unavailable)? {
            return Err(ApprovalRefusal::Spent);
        }
        self.purge_now_and_then(now).await;
        Ok(Redeemed { answer, reference: approval_reference(id).unwrap_or_default().to_owned() })
    }

    async fn purge_now_and_then(&self, now: i64) {
        if !self.answers.fetch_add(1, Ordering::Relaxed).is_multiple_of(PURGE_EVERY) {
            return;
        }
        let before = now.saturating_sub(PURGE_MARGIN_MILLISECONDS);
        if let Err(error) = self.store.purge_spends(before, PURGE_BATCH).await {
            tracing::warn!(%error, "expired approvals could not be forgotten");
        }
    }
}
