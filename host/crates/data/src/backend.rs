//! The traits that a project implements.

use std::net::IpAddr;

use async_trait::async_trait;

use crate::{Caller, Credential, DataError, Operation, Outcome};

/// Where a project's data lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProjectKind {
    /// In the host's own database. Serves the schema and items.
    #[default]
    Embedded,
    /// In a running Directus. Serves all operations.
    Directus,
}

/// A project's data.
#[async_trait]
pub trait DataBackend: Send + Sync + 'static {
    /// Runs one operation with exactly the caller's permissions.
    ///
    /// A write is all or nothing. Errors are Directus's; a refusal doesn't tell whether the thing
    /// exists.
    async fn execute(&self, caller: &Caller, operation: &Operation) -> Result<Outcome, DataError>;

    /// Name of the project, for people.
    async fn project_name(&self) -> Result<String, DataError>;

    /// What kind of project this is.
    fn kind(&self) -> ProjectKind;
}

/// Finds out who a credential belongs to.
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// The caller behind a credential, from the address `ip`.
    ///
    /// Errors: [`DataError::InvalidCredentials`] for a credential that nobody has,
    /// [`DataError::TokenExpired`] for one that was good.
    async fn authenticate(
        &self,
        credential: &Credential,
        ip: Option<IpAddr>,
    ) -> Result<Caller, DataError>;

    /// The caller that a request without a credential has: Directus's public policies apply.
    async fn anonymous(&self, ip: Option<IpAddr>) -> Result<Caller, DataError>;
}
