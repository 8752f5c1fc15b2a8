//! Approvals that were answered.

use super::Store;
use crate::StateError;

/// An answer to an approval.
pub(crate) struct Spend<'a> {
    /// Random part of the approval id.
    pub(crate) nonce: &'a [u8],
    pub(crate) workspace: &'a str,
    pub(crate) user: &'a str,
    /// Keyed digest of user, workspace, tool, tool call id and arguments.
    pub(crate) call: &'a [u8],
    /// `approved` or `denied`.
    pub(crate) answer: &'static str,
    /// When the approval was issued, milliseconds since 1970.
    pub(crate) issued_at: i64,
    /// When it expires.
    pub(crate) expires_at: i64,
    /// When it was answered.
    pub(crate) spent_at: i64,
}

impl Store {
    /// Records an answer, once. False: this approval, or another one for the same call that was
    /// issued before the answer to it, has been answered already.
    ///
    /// One statement, so that among any number of hosts one wins; the commit is on disk before this
    /// returns, so that a crash doesn't revive the approval.
    pub(crate) async fn spend(&self, spend: &Spend<'_>) -> Result<bool, StateError> {
        sqlx::query(
            "INSERT INTO palisade_approvals \
             (nonce, workspace, user_id, call, answer, expires_at, spent_at) \
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (SELECT 1 FROM palisade_approvals \
             WHERE workspace = ?2 AND call = ?4 AND spent_at >= ?8) ON CONFLICT (nonce) DO NOTHING",
        )
        .bind(spend.nonce)
        .bind(spend.workspace)
        .bind(spend.user)
        .bind(spend.call)
        .bind(spend.answer)
        .bind(spend.expires_at)
        .bind(spend.spent_at)
        .bind(spend.issued_at)
        .execute(&self.durable)
        .await
        .map(|done| done.rows_affected() == 1)
        .map_err(StateError::database("record the answer to an approval"))
    }

    /// Forgets at most `limit` answers to approvals that expired before `before`. How many.
    pub(crate) async fn purge_spends(&self, before: i64, limit: i64) -> Result<u64, StateError> {
        sqlx::query(
            "DELETE FROM palisade_approvals WHERE nonce IN (SELECT nonce FROM palisade_approvals \
             WHERE expires_at < ? ORDER BY expires_at LIMIT ?)",
        )
        .bind(before)
        .bind(limit)
        .execute(&self.durable)
        .await
        .map(|done| done.rows_affected())
        .map_err(StateError::database("forget expired approvals"))
    }
}
