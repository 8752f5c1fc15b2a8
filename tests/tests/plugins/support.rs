//! A component in this process, with what a call of it gets in a host.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use palisade_data::{Caller, DataBackend};
use palisade_project::{ImportFormat, ImportOptions, NewUser, Project, ProjectSettings};
use palisade_provider::{EgressClient, EgressPolicy};
use palisade_sandbox::{
    CacheOptions, ToolEnd, ToolFailure, ToolInvocation, ToolLimits, ToolRuntime,
};
use palisade_state::{
    KeySource, LedgerEntry, LedgerFilter, LedgerKind, LedgerOrder, MasterKey, State,
};
use palisade_tests::plugins::TestTool;
use palisade_tools::{
    DataAction, DataGrant, Grant, GrantedHost, GrantedTool, HttpGrant, KvGrant, LoadedPlugin,
    Plugin, Progress, SecretGrant, ToolCallFacts, pack,
};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const WORKSPACE: &str = "main";
const USER: &str = "admin@tests.example";

/// The probe and where it runs.
pub(crate) struct Bench {
    pub(crate) state: State,
    pub(crate) runtime: ToolRuntime,
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) egress: EgressClient,
    project: Project,
    caller: Caller,
    progress: Arc<Shown>,
    _folder: TempDir,
}

/// What the user was shown.
#[derive(Debug, Default)]
pub(crate) struct Shown(pub(crate) Mutex<Vec<String>>);

impl Progress for Shown {
    fn report(&self, _: &str, message: &str, _: Option<f32>) {
        self.0.lock().expect("a list").push(message.to_owned());
    }
}

/// A runtime with these limits. Tests share compiled images.
pub(crate) fn runtime(limits: ToolLimits) -> ToolRuntime {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tool-images");
    ToolRuntime::new(Some(CacheOptions { folder, key: [7; 32] }), limits).expect("a runtime")
}

/// The module of a tool with one text in place of another of the same length, wherever it stands.
pub(crate) fn replaced(tool: TestTool, from: &str, to: &str) -> Vec<u8> {
    in_place(std::fs::read(tool.module().expect("built")).expect("a module"), from, to)
}

/// The bytes with one text in place of another of the same length, wherever it stands.
pub(crate) fn in_place(mut bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter_map(|(at, window)| (window == from.as_bytes()).then_some(at))
        .collect();
    assert!(!places.is_empty(), "{from}");
    for at in places {
        bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

/// A module as a file has it, packed and loaded.
pub(crate) async fn plugin(runtime: &ToolRuntime, tool: TestTool) -> Arc<Plugin> {
    let module = std::fs::read(tool.module().expect("built")).expect("a module");
    let packed = pack(&module, None).expect("packed");
    let name = packed.manifest.component.name.clone();
    let loaded = LoadedPlugin::load(runtime, packed).await.expect("loaded");
    Arc::new(Plugin { name, loaded: Ok(loaded) })
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(EgressClient::new(EgressPolicy::default()).expect("a client")).await
    }

    pub(crate) async fn with(egress: EgressClient) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let key = folder.path().join("master.key");
        MasterKey::create_file(&key).expect("a key");
        let url = format!("sqlite://{}", folder.path().join("palisade.db").display());
        let state = State::open(&url, KeySource::File(key)).await.expect("a state");
        let settings = ProjectSettings { name: "Test".into() };
        let project =
            Project::create(folder.path().join("project.db"), settings).await.expect("a project");
        let user = NewUser { admin: true, ..NewUser::new(USER) };
        project.add_user(user).await.expect("a user");
        for (collection, items) in [
            ("articles", json!([{"title": "One", "author": "A"}, {"title": "Two", "author": "B"}])),
            ("letters", json!([{"text": "Private"}])),
        ] {
            let text = items.to_string();
            let options = ImportOptions::default();
            project
                .import_reader(collection, text.as_bytes(), ImportFormat::Json, &options)
                .await
                .expect("items");
        }
        let caller = project.caller_by_email(USER).await.expect("a caller");
        let runtime = runtime(ToolLimits::default());
        let plugin = plugin(&runtime, TestTool::Probe).await;
        let progress = Arc::default();
        Self { state, runtime, plugin, egress, project, caller, progress, _folder: folder }
    }

    /// Has the probe try things, under a grant.
    pub(crate) async fn attempt(&self, grant: &Grant, deeds: Value) -> ToolEnd {
        self.attempt_as(&self.plugin.name, grant, deeds).await
    }

    /// The same, in the name of another component.
    pub(crate) async fn attempt_as(&self, component: &str, grant: &Grant, deeds: Value) -> ToolEnd {
        let tools = GrantedTool::all_of(&self.plugin, grant);
        let (full_name, tool) = tools.into_iter().next().expect("a tool");
        let tool =
            Arc::new(GrantedTool { component_name: component.to_owned(), ..(*tool).clone() });
        let loaded = tool.loaded().expect("loaded").clone();
        let facts = ToolCallFacts {
            row: LedgerEntry {
                tool: Some(full_name),
                ..LedgerEntry::new(WORKSPACE, LedgerKind::ToolCall)
            },
            tool_call_id: "call".into(),
            language: "de-DE".into(),
        };
        let host = GrantedHost::new(
            tool,
            facts,
            self.caller.clone(),
            Arc::clone(self.project.engine()) as Arc<dyn DataBackend>,
            self.state.clone(),
            self.egress.clone(),
            Arc::clone(&self.progress) as Arc<dyn Progress>,
        );
        let arguments = json!({ "deeds": deeds }).to_string();
        let call = ToolInvocation { id: "call".into(), tool: "try_it".into(), arguments };
        self.runtime.invoke(&loaded.component, Arc::new(host), call).await
    }

    /// The answers to what was tried, as text or JSON.
    pub(crate) async fn answers(&self, grant: &Grant, deeds: Value) -> Vec<Value> {
        let end = self.attempt(grant, deeds).await;
        let answer = end.result.unwrap_or_else(|failure| panic!("{}: {failure}", failure.code()));
        let answer: Value = serde_json::from_str(&answer.screen).expect("JSON");
        let parts = answer["content"].as_array().expect("parts").clone();
        let value = |part: Value| match part["type"].as_str() {
            Some("json") => part["json"].clone(),
            _ => part["text"].clone(),
        };
        parts.into_iter().map(value).collect()
    }

    /// Code and message of what went wrong.
    pub(crate) async fn failure(&self, grant: &Grant, deed: Value) -> (String, String) {
        let end = self.attempt(grant, json!([deed])).await;
        match end.result {
            Err(ToolFailure::Returned(error)) => (error.code.into_owned(), error.message),
            Err(failure) => (failure.code().to_owned(), failure.to_string()),
            Ok(answer) => panic!("it was done: {}", answer.screen),
        }
    }

    /// Ledger rows of a kind, oldest first.
    pub(crate) async fn rows(&self, kind: LedgerKind) -> Vec<LedgerEntry> {
        self.state.flush().await.expect("written");
        let filter = LedgerFilter {
            workspace: WORKSPACE.into(),
            kind: Some(kind),
            order: LedgerOrder::OldestFirst,
            ..LedgerFilter::default()
        };
        self.state.ledger().query(&filter).await.expect("rows").entries
    }

    /// What the user was shown.
    pub(crate) fn shown(&self) -> Vec<String> {
        self.progress.0.lock().expect("a list").clone()
    }
}

pub(crate) fn data(collection: &str, actions: &[DataAction]) -> Grant {
    let actions = actions.iter().copied().collect();
    Grant { data: vec![DataGrant { collection: collection.into(), actions }], ..Grant::default() }
}

pub(crate) fn storage() -> Grant {
    Grant { kv: Some(KvGrant { keys: 3, bytes: 10_000 }), ..Grant::default() }
}

/// The probe's first origin, somewhere else, and its secret.
pub(crate) fn http(origin: &str) -> Grant {
    let methods = ["GET", "POST"].map(str::to_owned).into();
    Grant {
        http: vec![HttpGrant { name: "first".into(), origin: origin.into(), methods }],
        secrets: vec![SecretGrant { name: "api-key".into(), origins: ["first".to_owned()].into() }],
        ..Grant::default()
    }
}

pub(crate) fn get(url: &str) -> Value {
    json!({"try": "http", "method": "GET", "url": url, "headers": [], "body": null})
}
