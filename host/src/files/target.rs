//! The provider that a file is for.

use std::sync::Arc;

use palisade_provider::FileStorage;
use palisade_state::State;

use super::FileError;
use crate::{settings::EffectiveSettings, turn::Providers};

/// A provider that may be given a file now.
pub(super) struct Target {
    pub(super) provider: String,
    pub(super) region: Option<String>,
    pub(super) storage: Arc<dyn FileStorage>,
}

/// Checks that a provider is configured, takes files, is allowed, and has the key that it needs.
pub(super) async fn find(
    providers: &Providers,
    settings: &EffectiveSettings,
    state: &State,
    workspace: &str,
    id: &str,
) -> Result<Target, FileError> {
    let provider = providers
        .get(id)
        .ok_or_else(|| FileError::invalid(format!("There is no provider \"{id}\"")))?;
    let storage = provider.storage.clone().ok_or_else(|| {
        FileError::invalid(format!("File uploads are not supported for the provider \"{id}\""))
    })?;
    if settings.models_of(id).is_empty() {
        return Err(FileError::ProviderNotAllowed);
    }
    if provider.config.requires_key && state.key(workspace, id).await?.is_none() {
        return Err(FileError::NoKey(id.to_owned()));
    }
    Ok(Target { provider: id.to_owned(), region: provider.config.region.clone(), storage })
}
