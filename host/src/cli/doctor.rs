//! `palisade doctor`: checks what a host needs, and says what to do about each.

use std::io::Write;

use palisade_data::Credential;
use palisade_directus::Directus;
use palisade_project::Project;
use palisade_provider::EgressClient;
use palisade_state::State;

use super::CliError;
use crate::{
    app::load_sandbox,
    config::{BackendConfig, Config, DirectusConfig, LoadOptions},
};

/// Prints the checks as they are made.
#[derive(Debug, Default)]
struct Report {
    failed: usize,
}

impl Report {
    /// A reader that went away misses lines; the checks and the exit code are the same.
    fn line(&self, line: std::fmt::Arguments<'_>) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    fn good(&self, what: &str, detail: impl std::fmt::Display) {
        self.line(format_args!("ok    {what}: {detail}"));
    }

    fn note(&self, what: &str, detail: impl std::fmt::Display) {
        self.line(format_args!("note  {what}: {detail}"));
    }

    fn bad(&mut self, what: &str, detail: impl std::fmt::Display) {
        self.failed += 1;
        self.line(format_args!("FAIL  {what}: {detail}"));
    }
}

/// Checks. `token` is one of a Directus user: signed in, the doctor learns the version.
pub(super) async fn run(options: LoadOptions, token: Option<Credential>) -> Result<(), CliError> {
    let mut report = Report::default();
    match Config::load(options) {
        Err(error) => report.bad("configuration", error),
        Ok(config) => {
            match &config.file {
                Some(file) => report.good("configuration", file.display()),
                None => report.note("configuration", "no file; all settings have their defaults"),
            }
            if let Some(state) = check_state(&config, &mut report).await {
                match &config.backend {
                    BackendConfig::Embedded => check_project(&config, &mut report).await,
                    BackendConfig::Directus(directus) => {
                        check_directus(directus, &config, token, &mut report).await;
                    }
                }
                check_component(&config, &state, &mut report).await;
                check_providers(&config, &state, &mut report).await;
            }
        }
    }
    match report.failed {
        0 => Ok(()),
        failed => Err(CliError::Unhealthy(failed)),
    }
}

async fn check_state(config: &Config, report: &mut Report) -> Option<State> {
    // Looks first: a doctor makes nothing.
    match State::inspect(&config.database_url, config.key_source.clone()).await {
        Err(error) => {
            report.bad("master key and database", error);
            return None;
        }
        Ok(inspection) if !inspection.exists => {
            report.note("database", "not made yet; `palisade serve` makes it");
            return None;
        }
        Ok(inspection) => report.good("master key", format!("{} opens it", inspection.key_id)),
    }
    match State::open(&config.database_url, config.key_source.clone()).await {
        Ok(state) => {
            report.good("database", &config.database_url);
            Some(state)
        }
        Err(error) => {
            report.bad("database", error);
            None
        }
    }
}

async fn check_project(config: &Config, report: &mut Report) {
    let project = match Project::open(config.project_file()).await {
        Ok(project) => project,
        Err(error) => return report.bad("project", error),
    };
    match project.show().await {
        Ok(summary) => {
            let collections = summary.collections.len();
            report.good("project", format!("{}, {collections} collections", summary.name));
        }
        Err(error) => report.bad("project", error),
    }
    match project.has_demo_logins().await {
        Ok(true) => report.note(
            "logins",
            "the sample's published passwords are in use; serve this project on loopback alone",
        ),
        Ok(false) => {}
        Err(error) => report.bad("logins", error),
    }
}

async fn check_directus(
    directus: &DirectusConfig,
    config: &Config,
    token: Option<Credential>,
    report: &mut Report,
) {
    let client = match Directus::new(directus.options(&config.egress)) {
        Ok(client) => client,
        Err(error) => return report.bad("Directus", error),
    };
    if let Err(error) = client.ping().await {
        return report.bad("Directus", format!("no answer at {}: {error}", directus.url));
    }
    report.good("Directus", format!("answers at {}", directus.url));
    if directus.extension_secret.is_none() {
        report.note(
            "extension",
            "no directus.extension_secret, so nobody's address is known behind the extension",
        );
    }
    let Some(token) = token else {
        return report
            .note("Directus version", "tell a token with --token-stdin, and it is checked, too");
    };
    match client.version(&token).await {
        Ok(Some(version)) if Directus::supports(&version) => {
            report.good("Directus version", version);
        }
        Ok(Some(version)) => report.note(
            "Directus version",
            format!("{version}; Palisade is tested with 11 and 12, so expect surprises"),
        ),
        Ok(None) => report.bad("Directus version", "it tells none; is it older than 11?"),
        Err(error) => report.bad("Directus version", error),
    }
}

async fn check_component(config: &Config, state: &State, report: &mut Report) {
    let sandbox = match load_sandbox(config, state, None).await {
        Ok(sandbox) => sandbox,
        Err(error) => return report.bad("component", error),
    };
    report.good(
        "component",
        format!("{} ({:?})", sandbox.component_digest(), sandbox.image_origin()),
    );
    let capacity = sandbox.capacity();
    if capacity.live_turns < capacity.configured {
        let mappings = capacity.max_map_count.unwrap_or_default();
        report.note(
            "live turns",
            format!(
                "{} instead of {}: vm.max_map_count is {mappings}; raise it with sysctl",
                capacity.live_turns, capacity.configured
            ),
        );
    } else {
        report.good("live turns", capacity.live_turns);
    }
}

async fn check_providers(config: &Config, state: &State, report: &mut Report) {
    if let Err(error) = EgressClient::new(config.egress.clone()) {
        report.bad("HTTP client", error);
    }
    if config.providers.is_empty() {
        report.bad("providers", "none is configured; add a [[providers]] table");
    }
    for provider in &config.providers {
        let what = format!("provider {}", provider.id);
        match state.key(&config.workspace.id, &provider.id).await {
            Err(error) => report.bad(&what, error),
            Ok(None) if provider.requires_key => {
                report
                    .bad(&what, format!("no key; set it with: palisade keys set {}", provider.id));
            }
            Ok(_) if provider.allowed_models.is_empty() => {
                report.note(&what, "allowed_models is empty, so nobody can use it");
            }
            Ok(key) => {
                let key = if key.is_some() { "key set" } else { "needs no key" };
                report.good(&what, format!("{key}, {} models", provider.allowed_models.len()));
            }
        }
    }
}
