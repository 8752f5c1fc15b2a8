//! `/users/me`, `/policies/me/globals`, `/permissions/me`.

use palisade_data::{Caller, DataBackend, DataError, Operation, Query};
use serde_json::{Value, json};

use crate::Project;

/// Directus's refusal of a route to a caller who isn't signed in.
pub(super) fn forbidden() -> DataError {
    DataError::Forbidden("You don't have permission to access this.".into())
}

impl Project {
    /// `GET /users/me`: the caller's own user. Callers whose policies don't let them read it see
    /// its id.
    ///
    /// Errors: [`DataError::Forbidden`] for anonymous callers, and what the query gives.
    pub async fn users_me(&self, caller: &Caller, query: &Query) -> Result<Value, DataError> {
        let user = caller.accountability.user.as_deref().ok_or_else(forbidden)?;
        let operation = Operation::ReadItems {
            collection: "directus_users".into(),
            keys: Some(vec![user.into()]),
            query: query.clone(),
        };
        let unseen = || json!({ "id": user });
        match self.engine().execute(caller, &operation).await {
            Ok(outcome) => Ok(super::items::first(outcome.data).unwrap_or_else(unseen)),
            Err(DataError::Forbidden(_)) => Ok(unseen()),
            Err(error) => Err(error),
        }
    }

    /// `GET /policies/me/globals`: `{app_access, admin_access, enforce_tfa}`.
    ///
    /// Errors: [`DataError::Forbidden`] for anonymous callers.
    pub async fn policies_me_globals(&self, caller: &Caller) -> Result<Value, DataError> {
        let accountability = &caller.accountability;
        if accountability.user.is_none() {
            return Err(forbidden());
        }
        let policies =
            serde_json::to_string(&accountability.policies).map_err(DataError::internal)?;
        let enforce_tfa: bool = sqlx::query_scalar(
            "select exists (select 1 from directus_policies \
             where enforce_tfa and id in (select value from json_each(?1)))",
        )
        .bind(policies)
        .fetch_one(self.pool())
        .await
        .map_err(DataError::internal)?;
        Ok(json!({
            "app_access": accountability.app,
            "admin_access": accountability.admin,
            "enforce_tfa": enforce_tfa,
        }))
    }

    /// `GET /permissions/me`: collection → action → `{access, fields?, …}`.
    ///
    /// Errors: [`DataError::Forbidden`] for anonymous callers.
    pub async fn permissions_me(&self, caller: &Caller) -> Result<Value, DataError> {
        if caller.accountability.user.is_none() {
            return Err(forbidden());
        }
        self.engine().permissions_of(caller).await
    }
}
