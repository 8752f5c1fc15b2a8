//! What tool components keep: values of their own, and secrets that they never see.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    State, StateError,
    keys::{check_key, check_name, check_workspace},
    store::ToolValues,
};

/// Bytes of a key at most.
pub const MAX_TOOL_KEY_BYTES: usize = 128;
/// Bytes of a value at most.
pub const MAX_TOOL_VALUE_BYTES: usize = 64 * 1024;
/// Keys that a list gives at most.
pub const MAX_TOOL_KEYS_LISTED: u32 = 1_000;
/// Characters of a secret at least: what comes back from elsewhere is searched for it, and shorter
/// ones occur by chance.
const SHORTEST_SECRET: usize = 8;
/// Purpose of the sealed records that are secrets of tools.
const SECRET_PURPOSE: &str = "tool-secret";

/// How much a component may store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToolQuota {
    /// Values at most.
    pub keys: u32,
    /// Bytes of all values and their keys at most.
    pub bytes: u64,
}

/// The values of one component in one workspace.
impl State {
    /// A value.
    ///
    /// Errors: [`StateError::Database`].
    pub async fn tool_value(
        &self,
        workspace: &str,
        component: &str,
        key: &str,
    ) -> Result<Option<Vec<u8>>, StateError> {
        self.store().tool_value(ToolValues { workspace, component }, key).await
    }

    /// Sets a value. False: the quota doesn't allow it, and nothing has changed.
    ///
    /// Errors: [`StateError::InvalidName`], [`StateError::Database`].
    pub async fn put_tool_value(
        &self,
        workspace: &str,
        component: &str,
        key: &str,
        value: &[u8],
        quota: ToolQuota,
    ) -> Result<bool, StateError> {
        check_workspace(workspace)?;
        check_name("component", component)?;
        if value.len() > MAX_TOOL_VALUE_BYTES || key.is_empty() || key.len() > MAX_TOOL_KEY_BYTES {
            return Ok(false);
        }
        let bounds = (i64::from(quota.keys), i64::try_from(quota.bytes).unwrap_or(i64::MAX));
        let now = Timestamp::now().as_millisecond();
        let of = ToolValues { workspace, component };
        self.store().put_tool_value(of, key, value, now, bounds).await
    }

    /// Removes a value, if there is one.
    ///
    /// Errors: [`StateError::Database`].
    pub async fn delete_tool_value(
        &self,
        workspace: &str,
        component: &str,
        key: &str,
    ) -> Result<(), StateError> {
        self.store().delete_tool_value(ToolValues { workspace, component }, key).await
    }

    /// The keys that begin with `prefix`, in order, at most [`MAX_TOOL_KEYS_LISTED`].
    ///
    /// Errors: [`StateError::Database`].
    pub async fn tool_keys(
        &self,
        workspace: &str,
        component: &str,
        prefix: &str,
    ) -> Result<Vec<String>, StateError> {
        let of = ToolValues { workspace, component };
        self.store().tool_keys(of, prefix, i64::from(MAX_TOOL_KEYS_LISTED)).await
    }

    /// Removes all that a component stored, and its secrets.
    ///
    /// Errors: [`StateError::Database`].
    pub async fn forget_tool(&self, workspace: &str, component: &str) -> Result<(), StateError> {
        self.store().clear_tool_values(ToolValues { workspace, component }).await?;
        for name in self.list_tool_secrets(workspace, component).await? {
            self.delete_tool_secret(workspace, component, &name).await?;
        }
        Ok(())
    }
}

/// The secrets of one component in one workspace: set and deleted, never read back by anybody but the
/// host itself.
impl State {
    /// Seals and stores a secret, in place of the one before: 8 to [`MAX_KEY_BYTES`](crate::MAX_KEY_BYTES) visible ASCII characters.
    ///
    /// Errors: as [`State::set_key`].
    #[expect(clippy::disallowed_methods, reason = "a secret of a tool is sealed here")]
    pub async fn set_tool_secret(
        &self,
        workspace: &str,
        component: &str,
        name: &str,
        secret: SecretString,
        actor: &str,
    ) -> Result<(), StateError> {
        check_workspace(workspace)?;
        let name = secret_name(component, name);
        check_name("secret", &name)?;
        let secret = secret.expose_secret().trim();
        check_key(secret)?;
        if secret.len() < SHORTEST_SECRET {
            return Err(StateError::InvalidKey("it is shorter than 8 characters"));
        }
        self.seal_value(workspace, SECRET_PURPOSE, &name, secret, actor).await.map(drop)
    }

    /// A secret, for the one place that puts it into a header. None: it isn't set.
    ///
    /// Errors: as [`State::key`].
    pub async fn tool_secret(
        &self,
        workspace: &str,
        component: &str,
        name: &str,
    ) -> Result<Option<SecretString>, StateError> {
        self.sealed_value(workspace, SECRET_PURPOSE, &secret_name(component, name)).await
    }

    /// Names of the secrets that are set.
    ///
    /// Errors: [`StateError::Database`].
    pub async fn list_tool_secrets(
        &self,
        workspace: &str,
        component: &str,
    ) -> Result<Vec<String>, StateError> {
        let prefix = secret_name(component, "");
        let records = self.store().sealed_of(workspace, SECRET_PURPOSE).await?;
        let names = records.iter().filter_map(|record| record.name.strip_prefix(&prefix));
        Ok(names.map(str::to_owned).collect())
    }

    /// Deletes a secret, on all hosts at once. Whether there was one.
    ///
    /// Errors: [`StateError::Database`].
    pub async fn delete_tool_secret(
        &self,
        workspace: &str,
        component: &str,
        name: &str,
    ) -> Result<bool, StateError> {
        let name = secret_name(component, name);
        let deleted = self.store().delete_sealed(workspace, SECRET_PURPOSE, &name).await?;
        if deleted {
            self.store().checkpoint().await;
        }
        Ok(deleted)
    }
}

/// Neither a component's name nor a secret's has a slash, so no two have the same record.
fn secret_name(component: &str, name: &str) -> String {
    format!("{component}/{name}")
}
