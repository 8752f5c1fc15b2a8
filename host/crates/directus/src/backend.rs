//! The project that a running Directus is.

use std::{net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use http::Method;
use moka::future::Cache;
use palisade_data::{
    Authenticator, Caller, Credential, DataBackend, DataError, Operation, Outcome, ProjectKind,
};
use palisade_provider::{
    AllowPrivate, EgressClient, EgressLimits, EgressPolicy, ProviderError, SystemLookup,
};
use serde_json::Value;
use url::Url;

use crate::{
    account::Accounts,
    rest::{Identity, Request, Rest, SUPPORTED_MAJORS},
    schema::Structures,
};

/// Node.js closes a connection that was idle for 5 s. One that is closed while a write is on its way
/// would leave it unknown what became of the write.
const IDLE_CONNECTION: Duration = Duration::from_secs(4);
/// How long the project's name is kept.
const NAME_KEPT: Duration = Duration::from_secs(300);

/// How to reach a Directus.
#[derive(Debug, Clone)]
pub struct DirectusOptions {
    /// Address of its API.
    pub url: Url,
    /// Address under which people open it, for links into Data Studio.
    pub public_url: Url,
    /// What imports of files from the web may reach.
    pub imports: EgressPolicy,
}

/// A running Directus, with its connections and what is kept for seconds.
pub struct Directus {
    pub(crate) rest: Rest,
    /// For files from the web.
    pub(crate) web: EgressClient,
    pub(crate) studio: Url,
    pub(crate) structures: Structures,
    pub(crate) accounts: Accounts,
    name: Cache<(), Arc<str>>,
}

impl std::fmt::Debug for Directus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Directus")
            .field("studio", &self.studio.as_str())
            .finish_non_exhaustive()
    }
}

impl Directus {
    /// A client for a Directus. Nothing is asked yet.
    ///
    /// Errors: [`ProviderError::Client`] if the system's root certificates can't be loaded.
    pub fn new(options: DirectusOptions) -> Result<Self, ProviderError> {
        // The administrator named this address, so it may be private; and no other.
        let own = options.url.host_str().and_then(|host| {
            let port = options.url.port_or_known_default()?;
            format!("{host}:{port}").parse::<AllowPrivate>().ok()
        });
        let limits = EgressLimits { idle_connection: IDLE_CONNECTION, ..EgressLimits::default() };
        let policy = EgressPolicy { allow_private: own.into_iter().collect() };
        let egress = EgressClient::with(policy, limits, Arc::new(SystemLookup))?;
        let rest = Rest::new(egress, options.url);
        Ok(Self {
            web: EgressClient::new(options.imports)?,
            studio: options.public_url,
            structures: Structures::new(rest.clone()),
            accounts: Accounts::new(rest.clone()),
            name: Cache::builder().max_capacity(1).time_to_live(NAME_KEPT).build(),
            rest,
        })
    }

    /// Whether Directus answers at its address.
    pub async fn ping(&self) -> Result<(), DataError> {
        self.rest.whole(Identity::default(), Request::read(["server", "ping"])).await.map(|_| ())
    }

    /// The version, as Directus tells those who are signed in.
    ///
    /// Errors: [`DataError`] of the request; None where it tells no version.
    pub async fn version(&self, credential: &Credential) -> Result<Option<String>, DataError> {
        let identity = Identity { credential: Some(credential), ip: None };
        let info = self.rest.data(identity, Request::read(["server", "info"])).await?;
        Ok(info.get("version").and_then(Value::as_str).map(str::to_owned))
    }

    /// Whether Palisade is tested with a version.
    pub fn supports(version: &str) -> bool {
        let major = version.split('.').next().and_then(|major| major.parse::<u64>().ok());
        major.is_some_and(|major| SUPPORTED_MAJORS.contains(&major))
    }

    /// The settings of Directus's own assistant, as far as the holder of a credential may read them:
    /// allowed models by kind of provider, system prompt, collection of prompts.
    ///
    /// Errors: [`DataError`] of the request.
    pub async fn assistant_settings(&self, credential: &Credential) -> Result<Value, DataError> {
        let identity = Identity { credential: Some(credential), ip: None };
        self.rest.data(identity, Request::read(["settings"])).await
    }
}

#[async_trait]
impl DataBackend for Directus {
    async fn execute(&self, caller: &Caller, operation: &Operation) -> Result<Outcome, DataError> {
        let result = match operation {
            Operation::Schema { collections } => self.schema(caller, collections.as_deref()).await,
            Operation::ReadItems { collection, keys, query } => {
                self.read_items(caller, collection, keys.as_deref(), query).await
            }
            Operation::CreateItems { collection, items, query } => {
                self.write_items(caller, Method::POST, collection, items, query).await
            }
            Operation::UpdateItems { collection, selection, payload, query } => {
                self.update_items(caller, collection, selection, payload, query).await
            }
            Operation::UpdateBatch { collection, items, query } => {
                self.write_items(caller, Method::PATCH, collection, items, query).await
            }
            Operation::DeleteItems { collection, selection } => {
                self.delete_items(caller, collection, selection).await
            }
            Operation::ImportFiles { files, query } => {
                self.import_files(caller, files, query).await
            }
            Operation::ReadAsset { id } => self.read_asset(caller, id).await,
            Operation::TriggerFlow(trigger) => self.trigger_flow(caller, trigger).await,
            Operation::Structure(operation) => self.structure(caller, operation).await,
        };
        if let Err(error) = &result
            && error.status() == 401
            && let Some(credential) = &caller.credential
        {
            self.accounts.forget(credential, caller.accountability.ip).await;
        }
        result
    }

    async fn project_name(&self) -> Result<String, DataError> {
        let look_up = async {
            let request = Request::read(["server", "info"]);
            let info = self.rest.data(Identity::default(), request).await.ok()?;
            let name = info.pointer("/project/project_name").and_then(Value::as_str)?;
            (!name.is_empty()).then(|| Arc::from(name))
        };
        // A name is for people; without it the turn goes on, and is told where Directus is missed.
        let name = self.name.optionally_get_with((), look_up).await;
        Ok(name.map_or_else(|| "Directus".to_owned(), |name| name.to_string()))
    }

    fn kind(&self) -> ProjectKind {
        ProjectKind::Directus
    }
}

#[async_trait]
impl Authenticator for Directus {
    async fn authenticate(
        &self,
        credential: &Credential,
        ip: Option<IpAddr>,
    ) -> Result<Caller, DataError> {
        self.accounts.find(credential, ip).await
    }

    async fn anonymous(&self, ip: Option<IpAddr>) -> Result<Caller, DataError> {
        let mut caller = Caller::default();
        caller.accountability.ip = ip;
        Ok(caller)
    }
}
