//! The configuration: what it may say, and the one line that each mistake gives.

#![expect(clippy::expect_used, reason = "what fails in a test's helper fails the test")]

use std::{ffi::OsString, fs, path::Path};

use palisade::config::{Config, LoadOptions};
use palisade_policy::ApprovalMode;
use palisade_provider::ProviderKind;
use palisade_state::KeySource;

/// Loads a file with this text, and these variables.
fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("palisade.toml");
    fs::write(&path, text).expect("written");
    let options = LoadOptions { file: Some(path), data_dir: None, environment: vars(variables) };
    Config::load(options)
        .map_err(|error| error.to_string().replace(&format!("{}/", folder.path().display()), ""))
}

fn vars(variables: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    variables.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn without_file(variables: &[(&str, &str)], data_dir: &Path) -> Config {
    let options = LoadOptions {
        file: None,
        data_dir: Some(data_dir.to_owned()),
        environment: vars(variables),
    };
    Config::load(options).expect("the defaults are good")
}

const COMPLETE: &str = r#"
listen = "0.0.0.0:9000"
data_dir = "data"
database_url = "sqlite://elsewhere/state.db"
master_key_file = "/run/secrets/master.key"
public_url = "https://ai.example.com"

[workspace]
id = "news"
name = "News"
backend = "embedded"
data_mode = "full"
approvals = "writes"
max_steps = 20
system_prompt = "Be brief."
locked = true

[directus]
url = "http://127.0.0.1:8055"

[[providers]]
id = "openai"
kind = "openai"
name = "OpenAI"
base_url = "https://api.openai.com/v1"
region = "us"
requires_key = true
allowed_models = ["gpt-5-mini"]
locked = true

[[providers.models]]
id = "gpt-5-mini"
name = "GPT-5 mini"
context = 400000
output = 128000
attachments = true
reasoning = true

[[providers]]
id = "local"
kind = "openai-compatible"
base_url = "http://127.0.0.1:9911/v1"

[egress]
allow_private = ["127.0.0.1:9911", "10.0.0.0/8"]

[limits]
turn_seconds = 60
guest_memory_mb = 32
live_turns = 100
"#;

#[test]
fn every_setting_can_be_written() {
    let config = load(COMPLETE, &[]).expect("accepted");
    assert_eq!(config.listen.to_string(), "0.0.0.0:9000");
    assert_eq!(config.data_dir, Path::new("data"));
    assert_eq!(config.database_url, "sqlite://elsewhere/state.db");
    assert_eq!(config.master_key_file, Path::new("/run/secrets/master.key"));
    assert_eq!(config.public_url.as_ref().map(url::Url::as_str), Some("https://ai.example.com/"));
    assert_eq!(config.workspace.id, "news");
    assert_eq!(config.workspace.name.as_deref(), Some("News"));
    assert_eq!(config.workspace.approvals, ApprovalMode::Writes);
    assert_eq!(config.workspace.max_steps, 20);
    assert!(config.workspace.locked);
    let openai = config.provider("openai").expect("configured");
    assert_eq!(openai.kind, ProviderKind::OpenAi);
    assert_eq!(openai.allowed_models, ["gpt-5-mini"]);
    assert!(openai.requires_key && openai.locked);
    assert_eq!(openai.models[0].context, Some(400_000));
    let local = config.provider("local").expect("configured");
    assert!(!local.requires_key && !local.locked);
    assert!(local.allowed_models.is_empty(), "no list of models allows none");
    assert_eq!(config.egress.allow_private.len(), 2);
    assert_eq!(config.limits.turn_time.as_secs(), 60);
    assert_eq!((config.limits.guest_memory_mb, config.limits.live_turns), (32, 100));
}

#[test]
fn nothing_has_to_be_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = without_file(&[], folder.path());
    assert_eq!(config.listen.to_string(), "127.0.0.1:8090");
    let expected = format!("sqlite://{}/palisade.db", folder.path().display());
    assert_eq!(config.database_url, expected);
    assert_eq!(config.master_key_file, folder.path().join("master.key"));
    assert_eq!(config.project_file(), folder.path().join("project.db"));
    assert_eq!(config.workspace.id, "main");
    assert_eq!(
        config.workspace.approvals,
        ApprovalMode::All,
        "everything asks unless said otherwise"
    );
    assert_eq!(config.workspace.max_steps, 10);
    assert_eq!(config.limits.turn_time.as_secs(), 300);
    assert!(config.egress.allow_private.is_empty());
    let kinds: Vec<_> = config.providers.iter().map(|provider| provider.kind).collect();
    assert_eq!(kinds, [ProviderKind::Demo], "only what sends nothing anywhere");
    let empty = load("", &[]).expect("accepted");
    assert!(empty.providers.is_empty(), "a file decides on the providers, also by naming none");
}

#[test]
fn variables_win_over_the_file_and_the_data_folder_over_both() {
    let config = load(
        COMPLETE,
        &[
            ("PALISADE_LISTEN", "127.0.0.1:1"),
            ("PALISADE_WORKSPACE__MAX_STEPS", "7"),
            ("PALISADE_WORKSPACE__LOCKED", "false"),
            ("PALISADE_PROVIDERS__1__ALLOWED_MODELS", "a, b"),
            ("PALISADE_PROVIDERS__2__ID", "more"),
            ("PALISADE_PROVIDERS__2__KIND", "demo"),
            ("PALISADE_EGRESS__ALLOW_PRIVATE", "[\"127.0.0.1:9911\"]"),
            ("PALISADE_PUBLIC_URL", ""),
            ("PALISADE_BIN", "not a setting"),
            ("OTHER", "x"),
        ],
    )
    .expect("accepted");
    assert_eq!(config.listen.port(), 1);
    assert_eq!(config.workspace.max_steps, 7);
    assert!(!config.workspace.locked);
    assert_eq!(config.provider("local").expect("there").allowed_models, ["a", "b"]);
    assert_eq!(config.provider("more").expect("there").kind, ProviderKind::Demo);
    assert_eq!(config.egress.allow_private.len(), 1);
    assert!(config.public_url.is_some(), "an empty variable says nothing");

    let folder = tempfile::tempdir().expect("a folder");
    let config = without_file(&[("PALISADE_DATA_DIR", "/elsewhere")], folder.path());
    assert_eq!(config.data_dir, folder.path());
}

#[test]
fn a_file_in_the_data_folder_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("palisade.toml"), "listen = \"127.0.0.1:4\"").expect("written");
    let config = without_file(&[], folder.path());
    assert_eq!(config.listen.port(), 4);
    assert_eq!(config.file.as_deref(), Some(folder.path().join("palisade.toml").as_path()));
}

#[test]
fn the_master_key_may_be_in_the_environment_and_is_never_shown() {
    let config = load("", &[("PALISADE_MASTER_KEY", "c2VjcmV0")]).expect("accepted");
    assert!(matches!(config.key_source, KeySource::Environment { previous: None, .. }));
    assert!(!format!("{config:?}").contains("c2VjcmV0"));
    let config = load("", &[]).expect("accepted");
    assert!(matches!(config.key_source, KeySource::File(_)));
}

#[test]
fn mistakes_are_told_in_one_line_that_names_the_place() {
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("lisen = \"127.0.0.1:1\"", &[]),
        ("\n\n[workspace]\ndata_mod = \"full\"", &[]),
        ("[[providers]]\nid = \"a\"\nkind = \"demo\"\nkey = \"sk-1\"", &[]),
        ("[telemetry]\nzzz = 1", &[]),
        ("listen = 8090", &[]),
        ("listen = \"localhost\"", &[]),
        ("listen = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:2\"", &[]),
        ("listen = ", &[]),
        ("public_url = \"ai.example.com\"", &[]),
        ("public_url = \"https://ai.example.com/path\"", &[]),
        ("database_url = \"postgres://db/palisade\"", &[]),
        ("database_url = \"mysql://db/palisade\"", &[]),
        ("[workspace]\nbackend = \"strapi\"", &[]),
        ("[directus]\nurl = \"cms.example.com\"", &[]),
        ("[directus]\nextension_secret = \"short\"", &[]),
        ("[workspace]\ndata_mode = \"metadata-only\"", &[]),
        ("[workspace]\napprovals = \"none\"", &[]),
        ("[workspace]\nmax_steps = 0", &[]),
        ("[workspace]\nmax_steps = 51", &[]),
        ("[workspace]\nmax_steps = \"ten\"", &[]),
        ("[workspace]\nid = \"a b\"", &[]),
        ("workspace = 1", &[]),
        ("providers = {}", &[]),
        ("[[providers]]\nkind = \"demo\"", &[]),
        ("[[providers]]\nid = \"a\"", &[]),
        ("[[providers]]\nid = \"a\"\nkind = \"azure\"", &[]),
        ("[[providers]]\nid = \"a\"\nkind = \"google\"\nallowed_models = [\"models/x\"]", &[]),
        ("[[providers]]\nid = \"a\"\nkind = \"openai-compatible\"", &[]),
        ("[[providers]]\nid = \"a\"\nkind = \"demo\"\nbase_url = \"https://example.com\"", &[]),
        ("[[providers]]\nid = \"a\"\nkind = \"openai\"\nbase_url = \"http://example.com/v1\"", &[]),
        ("[[providers]]\nid = \"a\"\nkind = \"openai\"\nbase_url = \"https://10.0.0.1/v1\"", &[]),
        (
            "[[providers]]\nid = \"a\"\nkind = \"openai\"\nbase_url = \"https://me:pw@example.com\"",
            &[],
        ),
        (
            "[[providers]]\nid = \"a\"\nkind = \"demo\"\n[[providers]]\nid = \"a\"\nkind = \"demo\"",
            &[],
        ),
        ("[[providers]]\nid = \"a\"\nkind = \"demo\"\nallowed_models = [\"\"]", &[]),
        ("[[providers]]\nid = \"a\"\nkind = \"demo\"\nallowed_models = \"x\"", &[]),
        ("[[providers]]\nid = \"a\"\nkind = \"demo\"\n[[providers.models]]\nname = \"x\"", &[]),
        ("[egress]\nallow_private = [\"ok.example\", \"http://x\"]", &[]),
        ("[limits]\nlive_turns = 0", &[]),
        ("", &[("PALISADE_WORKSPACE__DTA_MODE", "full")]),
        ("", &[("PALISADE_WORKSPACE__MAX_STEPS", "many")]),
        ("", &[("PALISADE_WORKSPACE__MAX_STEPS", "500")]),
        ("", &[("PALISADE_WORKSPACE", "x")]),
        ("", &[("PALISADE_LISTEN__PORT", "1")]),
        ("", &[("PALISADE_PROVIDERS__1__ID", "x")]),
        ("", &[("PALISADE_PROVIDERS__FIRST__ID", "x")]),
    ];
    let mut report = String::new();
    for (text, variables) in cases {
        let error = load(text, variables).expect_err("refused");
        assert!(!error.contains('\n'), "more than one line: {error}");
        report.push_str(&error);
        report.push('\n');
    }
    insta::assert_snapshot!(report);
}

/// The list of a test, and a configuration that names it.
fn with_list(list: &str, more: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("models.toml");
    fs::write(&path, list).expect("written");
    load(&format!("models_file = {:?}\n{more}", path.display().to_string()), &[])
        .map_err(|error| error.replace(&format!("{}/", folder.path().display()), ""))
}

#[test]
fn a_model_has_the_facts_of_its_provider_then_of_your_list_then_of_the_built_in_one() {
    let list = r#"
        [[models]]
        kind = "openai"
        ids = ["gpt-5-mini*"]
        context = 200_000
        output = 1_000
        [[models]]
        kind = "openai-compatible"
        ids = ["our-*"]
        capabilities = ["images"]
        price = { input = 1, output = 2.5, cached = 0.1, long = { above = 1000, input = 2, output = 5 } }
    "#;
    let providers = r#"
        [[providers]]
        id = "openai"
        kind = "openai"
        [[providers.models]]
        id = "gpt-5-mini"
        output = 500
        [[providers]]
        id = "local"
        kind = "openai-compatible"
        base_url = "https://models.example/v1"
        [[providers.models]]
        id = "our-small"
        price = { input = 0, output = 0 }
    "#;
    let config = with_list(list, providers).expect("accepted");
    let facts = |provider: &str, model: &str| {
        config.provider(provider).expect("configured").model_facts(model)
    };
    let mini = facts("openai", "gpt-5-mini");
    assert_eq!((mini.output, mini.context), (Some(500), Some(200_000)));
    assert_eq!(mini.name.as_deref(), Some("GPT-5 mini"), "what nobody else says");
    assert!(mini.reasoning && mini.attachments());
    assert_eq!(mini.price.map(|price| price.rates.input), Some(250_000));

    let ours = facts("local", "our-large");
    assert_eq!(ours.capabilities, ["images"]);
    let price = ours.price.expect("a price");
    assert_eq!((price.rates.input, price.rates.cached), (1_000_000, 100_000));
    assert_eq!(price.rates.cache_write, 1_000_000, "what other input costs");
    let long = price.long.expect("a price for long inputs");
    assert_eq!((long.above, long.rates.output), (1_000, 5_000_000));
    assert_eq!(facts("local", "our-small").price.map(|price| price.rates.output), Some(0));
    assert_eq!(facts("local", "gpt-5-mini").context, None, "a model of another kind");
}

#[test]
fn mistakes_in_a_list_are_told_in_one_line_that_names_the_place() {
    let entry = "[[models]]\nkind = \"openai\"\nids = [\"a\"]\n";
    let mut report = String::new();
    for list in [
        "models = 1".to_owned(),
        "[[model]]\nid = \"a\"".to_owned(),
        "[[models]]\nids = [\"a\"]".to_owned(),
        "[[models]]\nkind = \"azure\"\nids = [\"a\"]".to_owned(),
        "[[models]]\nkind = \"openai\"".to_owned(),
        "[[models]]\nkind = \"openai\"\nids = []".to_owned(),
        format!("{entry}\ncontxt = 1"),
        format!("{entry}context = 0"),
        format!("{entry}output = \"many\""),
        format!("{entry}capabilities = [\"images\", \"smell\"]"),
        format!("{entry}price = {{ input = 1.0 }}"),
        format!("{entry}price = {{ output = 1.0 }}"),
        format!("{entry}price = {{ input = -1.0, output = 1.0 }}"),
        format!("{entry}price = {{ input = 0.0000001, output = 1.0 }}"),
        format!("{entry}price = {{ input = \"1\", output = 1.0 }}"),
        format!("{entry}price = {{ input = 1, output = 1, long = {{ input = 2, output = 2 }} }}"),
        format!("{entry}price = {{ input = 1, output = 1, currency = \"EUR\" }}"),
        format!("{entry}{entry}kind ="),
    ] {
        let error = with_list(&list, "").expect_err(&list);
        assert!(!error.contains('\n'), "more than one line: {error}");
        report.push_str(&error);
        report.push('\n');
    }
    insta::assert_snapshot!(report);
    let missing = load("models_file = \"/nonexistent/models.toml\"", &[]).expect_err("refused");
    assert!(missing.starts_with("/nonexistent/models.toml: "), "{missing}");
}

#[test]
fn a_file_that_was_asked_for_has_to_be_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("missing.toml");
    let options = LoadOptions { file: Some(path.clone()), ..LoadOptions::default() };
    let error = Config::load(options).expect_err("refused").to_string();
    assert!(error.starts_with(&path.display().to_string()), "{error}");
}
