//! From settings as written to a configuration that can be relied on.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use palisade_policy::ApprovalMode;
use palisade_provider::{AllowPrivate, DEMO_MODEL, EgressPolicy, ProviderKind, validate_base_url};
use palisade_state::KeySource;
use secrecy::ExposeSecret;
use url::Url;

use super::{
    BackendConfig, Config, ConfigError, DirectusConfig, LimitsConfig, ProviderConfig,
    WorkspaceConfig, defaults,
    file::{Written, WrittenDirectus, WrittenProvider, WrittenWorkspace},
    models,
    origins::Origins,
};
use crate::{
    models::ModelLists,
    settings::{MAXIMUM_STEPS, MAXIMUM_SYSTEM_PROMPT_BYTES},
};

/// What doesn't come from settings.
pub(super) struct Given {
    pub(super) file: Option<PathBuf>,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) key_source: Option<KeySource>,
    pub(super) models: ModelLists,
}

/// Checks all settings and fills in defaults.
pub(super) fn check(
    written: Written,
    given: Given,
    origins: &Origins,
) -> Result<Config, ConfigError> {
    let listen = match &written.listen {
        Some(text) => text.parse().map_err(|_| {
            origins.wrong("listen", "has to be an IP address and a port, such as 127.0.0.1:8090")
        })?,
        None => defaults::LISTEN,
    };
    let data_dir = given
        .data_dir
        .or_else(|| written.data_dir.map(PathBuf::from))
        .unwrap_or_else(|| defaults::DATA_DIR.into());
    let database_url = match written.database_url {
        Some(url) => database_url(url, origins)?,
        None => format!("sqlite://{}", data_dir.join(defaults::DATABASE_FILE).display()),
    };
    let master_key_file = written
        .master_key_file
        .map_or_else(|| data_dir.join(defaults::MASTER_KEY_FILE), PathBuf::from);
    let public_url = written.public_url.map(|text| public_url(&text, origins)).transpose()?;
    let backend = backend(written.workspace.backend.as_deref(), written.directus, origins)?;
    let workspace = workspace(written.workspace, origins)?;
    let egress = egress(&written.egress.allow_private, origins)?;
    let providers = match written.providers {
        Some(written) => providers(written, &egress, &given.models, origins)?,
        // Without a file nothing was decided yet, and the demo model sends nothing anywhere.
        None if given.file.is_none() => vec![demo(given.models)],
        None => Vec::new(),
    };
    let number =
        |path: &str, value, default, from, to| number(path, value, default, from, to, origins);
    let limits = LimitsConfig {
        turn_time: Duration::from_secs(u64::from(number(
            "limits.turn_seconds",
            written.limits.turn_seconds,
            defaults::TURN_SECONDS,
            1,
            3_600,
        )?)),
        guest_memory_mb: number(
            "limits.guest_memory_mb",
            written.limits.guest_memory_mb,
            defaults::GUEST_MEMORY_MB,
            8,
            1_024,
        )?,
        live_turns: number(
            "limits.live_turns",
            written.limits.live_turns,
            defaults::LIVE_TURNS,
            1,
            100_000,
        )?,
    };
    Ok(Config {
        file: given.file,
        listen,
        data_dir,
        database_url,
        key_source: given.key_source.unwrap_or_else(|| KeySource::File(master_key_file.clone())),
        master_key_file,
        public_url,
        workspace,
        backend,
        providers,
        egress,
        limits,
    })
}

fn database_url(url: String, origins: &Origins) -> Result<String, ConfigError> {
    let problem = if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        "names PostgreSQL, which this version doesn't have yet; use sqlite://…"
    } else if url.starts_with("sqlite:") {
        return Ok(url);
    } else {
        "has to begin with sqlite://"
    };
    Err(origins.wrong("database_url", problem))
}

fn web_address(path: &str, text: &str, origins: &Origins) -> Result<Url, ConfigError> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| {
            origins.wrong(path, "has to be an address that begins with http:// or https://")
        })
}

fn public_url(text: &str, origins: &Origins) -> Result<Url, ConfigError> {
    let url = web_address("public_url", text, origins)?;
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !bare {
        let problem = "has to be scheme, host and port alone, such as https://ai.example.com";
        return Err(origins.wrong("public_url", problem));
    }
    Ok(url)
}

/// Bytes of the extension's secret at least.
const SECRET_BYTES: usize = 32;

fn backend(
    kind: Option<&str>,
    written: WrittenDirectus,
    origins: &Origins,
) -> Result<BackendConfig, ConfigError> {
    // What is written is checked, whether it is used or not.
    let address =
        |path, text: Option<String>| text.map(|text| web_address(path, &text, origins)).transpose();
    let url = address("directus.url", written.url)?;
    let public_url = address("directus.public_url", written.public_url)?;
    let too_short = written.extension_secret.as_ref().is_some_and(|secret| {
        #[expect(clippy::disallowed_methods, reason = "only the length is looked at")]
        let length = secret.expose_secret().len();
        length < SECRET_BYTES
    });
    if too_short {
        let problem = format!("has to have at least {SECRET_BYTES} characters");
        return Err(origins.wrong("directus.extension_secret", problem));
    }
    match kind {
        None | Some("embedded") => Ok(BackendConfig::Embedded),
        Some("directus") => Ok(BackendConfig::Directus(DirectusConfig {
            url: match url {
                Some(url) => url,
                None => web_address("directus.url", defaults::DIRECTUS_URL, origins)?,
            },
            public_url,
            extension_secret: written.extension_secret,
        })),
        Some(_) => {
            Err(origins.wrong("workspace.backend", "has to be \"embedded\" or \"directus\""))
        }
    }
}

fn workspace(written: WrittenWorkspace, origins: &Origins) -> Result<WorkspaceConfig, ConfigError> {
    match written.data_mode.as_deref() {
        None | Some("full") => {}
        // Served in full mode, values would leave that were meant to stay.
        Some("metadata-only") => {
            let problem = "is \"metadata-only\", which this version doesn't have yet; use \"full\"";
            return Err(origins.wrong("workspace.data_mode", problem));
        }
        Some(_) => {
            let problem = "has to be \"full\" (or \"metadata-only\", in a later version)";
            return Err(origins.wrong("workspace.data_mode", problem));
        }
    }
    let approvals = match written.approvals.as_deref() {
        None | Some("all") => ApprovalMode::All,
        Some("writes") => ApprovalMode::Writes,
        Some(_) => {
            return Err(origins.wrong("workspace.approvals", "has to be \"all\" or \"writes\""));
        }
    };
    let path = "workspace.max_steps";
    let max_steps =
        number(path, written.max_steps, defaults::MAX_STEPS, 1, MAXIMUM_STEPS, origins)?;
    let id = written.id.unwrap_or_else(|| defaults::WORKSPACE.to_owned());
    if !is_identifier(&id, 128) {
        return Err(origins.wrong("workspace.id", "has to be 1 to 128 of A-Z a-z 0-9 _ . -"));
    }
    if written.system_prompt.as_ref().is_some_and(|text| text.len() > MAXIMUM_SYSTEM_PROMPT_BYTES) {
        let problem = format!("has to have at most {MAXIMUM_SYSTEM_PROMPT_BYTES} bytes");
        return Err(origins.wrong("workspace.system_prompt", problem));
    }
    Ok(WorkspaceConfig {
        id,
        name: written.name,
        approvals,
        max_steps,
        system_prompt: written.system_prompt,
        locked: written.locked,
    })
}

fn egress(written: &[String], origins: &Origins) -> Result<EgressPolicy, ConfigError> {
    let allow_private = written
        .iter()
        .enumerate()
        .map(|(index, text)| {
            text.parse::<AllowPrivate>().map_err(|error| {
                let path = format!("egress.allow_private[{index}]");
                origins.wrong(&path, format!("can't be used: {error}"))
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(EgressPolicy { allow_private })
}

fn providers(
    written: Vec<WrittenProvider>,
    egress: &EgressPolicy,
    lists: &ModelLists,
    origins: &Origins,
) -> Result<Vec<ProviderConfig>, ConfigError> {
    let mut ids = BTreeSet::new();
    let mut providers = Vec::with_capacity(written.len());
    for (index, written) in written.into_iter().enumerate() {
        let path = format!("providers[{index}]");
        let provider = provider(written, &path, egress, lists, origins)?;
        if !ids.insert(provider.id.clone()) {
            return Err(origins.wrong(&format!("{path}.id"), "is taken by another provider"));
        }
        providers.push(provider);
    }
    Ok(providers)
}

fn provider(
    written: WrittenProvider,
    path: &str,
    egress: &EgressPolicy,
    lists: &ModelLists,
    origins: &Origins,
) -> Result<ProviderConfig, ConfigError> {
    let wrong = |key: &str, problem: &str| origins.wrong(&format!("{path}.{key}"), problem);
    let id = written.id.ok_or_else(|| wrong("id", "is missing"))?;
    if !is_identifier(&id, 64) {
        return Err(wrong("id", "has to be 1 to 64 of A-Z a-z 0-9 _ . -"));
    }
    let kind = written.kind.ok_or_else(|| wrong("kind", "is missing"))?;
    let kind: ProviderKind = kind.parse().map_err(|_| {
        let kinds: Vec<_> =
            ProviderKind::ALL.into_iter().map(|kind| format!("\"{kind}\"")).collect();
        wrong("kind", &format!("has to be one of {}", kinds.join(", ")))
    })?;
    let base_url = base_url(written.base_url.as_deref(), kind, egress)
        .map_err(|problem| wrong("base_url", &problem))?;
    for (index, model) in written.allowed_models.iter().enumerate() {
        if !kind.accepts_model(model) {
            let key = format!("allowed_models[{index}]");
            let problem = format!("has to be the id of a model: {}", kind.model_name_rule());
            return Err(wrong(&key, &problem));
        }
    }
    let models = written
        .models
        .into_iter()
        .enumerate()
        .map(|(index, model)| models::entry(model, &format!("{path}.models[{index}]"), origins))
        .collect::<Result<_, _>>()?;
    Ok(ProviderConfig {
        requires_key: written.requires_key.unwrap_or_else(|| kind.requires_key()),
        id,
        kind,
        name: written.name,
        base_url,
        region: written.region,
        allowed_models: written.allowed_models,
        locked: written.locked,
        models,
        lists: lists.clone(),
    })
}

fn base_url(
    written: Option<&str>,
    kind: ProviderKind,
    egress: &EgressPolicy,
) -> Result<Option<Url>, String> {
    let text = match (written, kind.default_base_url()) {
        (Some(_), _) if !kind.is_remote() => {
            return Err(format!("makes no sense for the kind \"{kind}\", which has no address"));
        }
        (Some(text), _) | (None, Some(text)) => text,
        (None, None) if kind.is_remote() => {
            return Err(format!("is missing; the kind \"{kind}\" has no default"));
        }
        (None, None) => return Ok(None),
    };
    let url = Url::parse(text)
        .map_err(|_| "has to be an address, such as https://api.openai.com/v1".to_owned())?;
    validate_base_url(&url, egress).map_err(|error| format!("can't be used: {error}"))?;
    Ok(Some(url))
}

fn demo(lists: ModelLists) -> ProviderConfig {
    ProviderConfig {
        id: defaults::DEMO_PROVIDER.to_owned(),
        kind: ProviderKind::Demo,
        name: None,
        base_url: None,
        region: None,
        requires_key: false,
        allowed_models: vec![DEMO_MODEL.to_owned()],
        locked: false,
        models: Vec::new(),
        lists,
    }
}

fn number(
    path: &str,
    value: Option<i64>,
    default: u32,
    from: u32,
    to: u32,
    origins: &Origins,
) -> Result<u32, ConfigError> {
    let Some(value) = value else { return Ok(default) };
    u32::try_from(value)
        .ok()
        .filter(|value| (from..=to).contains(value))
        .ok_or_else(|| origins.wrong(path, format!("has to be a whole number from {from} to {to}")))
}

fn is_identifier(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}
