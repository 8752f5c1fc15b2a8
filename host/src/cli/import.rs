//! `palisade keys import-directus`: takes over what Directus's own assistant is set to.
//!
//! Directus gives no key back, and so nothing secret is read from it: the administrator pastes the
//! keys. Allowed models, the system prompt and the collection of prompts are read with the
//! administrator's token.

use palisade_data::Authenticator;
use palisade_directus::Directus;
use palisade_provider::ProviderKind;
use palisade_state::State;
use secrecy::SecretString;
use serde_json::Value;

use super::{CliError, keys};
use crate::{
    config::{BackendConfig, Config, ProviderConfig},
    settings::{MAXIMUM_SYSTEM_PROMPT_BYTES, StoredSettings},
};

/// The kinds of providers that Directus's settings know, and how their names begin there.
const KINDS: [(ProviderKind, &str); 4] = [
    (ProviderKind::OpenAi, "ai_openai"),
    (ProviderKind::Anthropic, "ai_anthropic"),
    (ProviderKind::Google, "ai_google"),
    (ProviderKind::OpenAiCompatible, "ai_openai_compatible"),
];

/// What Directus's settings say about one provider that is configured here.
struct Found<'a> {
    provider: &'a ProviderConfig,
    /// Whether Directus has a key for it.
    has_key: bool,
    models: Vec<String>,
}

pub(super) async fn run(config: &Config, state: &State) -> Result<(), CliError> {
    let BackendConfig::Directus(directus) = &config.backend else {
        return Err(CliError::Usage(
            "there is no Directus to import from: set workspace.backend = \"directus\" and \
             directus.url"
                .into(),
        ));
    };
    let token = keys::read_credential("the token of an administrator of Directus")?;
    let directus = Directus::new(directus.options(&config.egress))
        .map_err(|error| CliError::Connection(error.to_string()))?;
    // Others read some of the settings as well, and would take the rest for unset.
    if !directus.authenticate(&token, None).await?.accountability.admin {
        return Err(CliError::Usage("that token is not an administrator's".into()));
    }
    let settings = directus.assistant_settings(&token).await?;
    let found: Vec<Found<'_>> =
        KINDS.into_iter().filter_map(|(kind, name)| find(config, &settings, kind, name)).collect();
    import_settings(config, state, &settings, &found).await?;
    for Found { provider, .. } in found.iter().filter(|found| found.has_key) {
        match keys::read_optional_secret(&format!("the key of {}", provider.id))? {
            Some(key) => import_key(config, state, provider, key).await?,
            None => say!("Skipped the key of {}.", provider.id),
        }
    }
    Ok(())
}

/// What Directus says about a kind of provider. A kind that it uses and that isn't configured here
/// is named.
fn find<'a>(
    config: &'a Config,
    settings: &Value,
    kind: ProviderKind,
    name: &str,
) -> Option<Found<'a>> {
    let has_key = settings[format!("{name}_api_key")].is_string();
    let models = match kind {
        ProviderKind::OpenAiCompatible => {
            let entries = settings[format!("{name}_models")].as_array();
            entries.into_iter().flatten().filter_map(|entry| entry["id"].as_str()).collect()
        }
        _ => {
            let ids = settings[format!("{name}_allowed_models")].as_array();
            ids.into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>()
        }
    };
    if !has_key && models.is_empty() {
        return None;
    }
    let mut of_kind = config.providers.iter().filter(|provider| provider.kind == kind);
    match of_kind.clone().find(|provider| provider.id == kind.name()).or_else(|| of_kind.next()) {
        Some(provider) => {
            let models = models.into_iter().filter(|model| kind.accepts_model(model));
            Some(Found { provider, has_key, models: models.map(str::to_owned).collect() })
        }
        None => {
            eprintln!(
                "Directus uses {kind}, and no provider of this kind is configured here: add a \
                 [[providers]] table with kind = \"{kind}\", and run this again."
            );
            None
        }
    }
}

async fn import_settings(
    config: &Config,
    state: &State,
    settings: &Value,
    found: &[Found<'_>],
) -> Result<(), CliError> {
    let workspace = &config.workspace.id;
    let (revision, mut stored) = StoredSettings::load(state, workspace).await?;
    let before = stored.clone();
    for Found { provider, models, .. } in found {
        if provider.locked {
            say!("The models of {} are locked by the configuration.", provider.id);
        } else if !models.is_empty() {
            say!("Allowed models of {}: {}.", provider.id, models.join(", "));
            stored.allowed_models.insert(provider.id.clone(), models.clone());
        }
    }
    let text = |name: &str| settings[name].as_str().filter(|text| !text.trim().is_empty());
    match text("ai_system_prompt") {
        Some(_) if config.workspace.locked => {
            say!("The system prompt is locked by the configuration.");
        }
        Some(prompt) if prompt.len() > MAXIMUM_SYSTEM_PROMPT_BYTES => {
            say!("The system prompt is too long: at most {MAXIMUM_SYSTEM_PROMPT_BYTES} bytes.");
        }
        Some(prompt) => {
            say!("System prompt: {} characters.", prompt.chars().count());
            stored.system_prompt = Some(prompt.to_owned());
        }
        None => {}
    }
    if let Some(collection) = text("mcp_prompts_collection") {
        say!("Collection of prompts: {collection}.");
        stored.prompts_collection = Some(collection.to_owned());
    }
    if stored == before {
        say!("There are no settings to take over.");
        return Ok(());
    }
    let document = serde_json::to_value(&stored).map_err(palisade_data::DataError::internal)?;
    state.put_settings(workspace, revision, &document, keys::ACTOR).await?;
    keys::record(state, workspace, "", "settings imported from Directus").await
}

async fn import_key(
    config: &Config,
    state: &State,
    provider: &ProviderConfig,
    key: SecretString,
) -> Result<(), CliError> {
    let workspace = &config.workspace.id;
    let info = state.set_key(workspace, &provider.id, key, keys::ACTOR).await?;
    keys::record(state, workspace, &provider.id, "key set").await?;
    say!("Sealed the key {} of {}.", info.masked, provider.id);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, ffi::OsString};

    use serde_json::json;

    use super::*;
    use crate::config::LoadOptions;

    fn config() -> Config {
        let variables: BTreeMap<&str, &str> = [
            ("PALISADE_PROVIDERS__0__ID", "work"),
            ("PALISADE_PROVIDERS__0__KIND", "openai"),
            ("PALISADE_PROVIDERS__1__ID", "openai"),
            ("PALISADE_PROVIDERS__1__KIND", "openai"),
        ]
        .into();
        let environment =
            variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let folder = tempfile::tempdir().expect("a folder");
        let data_dir = Some(folder.path().to_owned());
        let options = LoadOptions { file: None, data_dir, environment: environment.collect() };
        Config::load(options).expect("a configuration")
    }

    #[test]
    fn a_provider_of_the_same_name_is_meant_before_others_of_its_kind() {
        let config = config();
        let settings = json!({
            "ai_openai_api_key": "**********",
            "ai_openai_allowed_models": ["gpt-5-mini", ""],
            "ai_anthropic_api_key": "**********",
        });
        let found = find(&config, &settings, ProviderKind::OpenAi, "ai_openai").expect("found");
        assert_eq!((found.provider.id.as_str(), found.has_key), ("openai", true));
        assert_eq!(found.models, ["gpt-5-mini"]);
        assert!(find(&config, &settings, ProviderKind::Anthropic, "ai_anthropic").is_none());
        assert!(find(&config, &settings, ProviderKind::Google, "ai_google").is_none());
    }
}
