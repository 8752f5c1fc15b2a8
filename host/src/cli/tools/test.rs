//! `palisade tools test`.

use std::{path::Path, sync::Arc};

use palisade_data::{Caller, DataBackend, DataError};
use palisade_project::{ImportOptions, NewUser, Project, ProjectSettings};
use palisade_provider::EgressClient;
use palisade_sandbox::{ToolInvocation, ToolRuntime};
use palisade_state::{KeySource, LedgerEntry, LedgerKind, MasterKey, State};
use palisade_tools::{
    Grant, GrantedHost, GrantedTool, Plugin, Progress, ToolCallFacts, permission_sheet,
};
use secrecy::SecretString;
use tempfile::TempDir;

use super::{
    arguments::TestArguments,
    package,
    test_host::{Responses, TestHost},
};
use crate::{
    cli::{CliError, keys::ACTOR},
    config::{Config, ConfigError},
};

/// Whom calls act for in a project that is made for the test: somebody who may do everything there,
/// so that what is refused was refused to the tool.
const TESTER: &str = "tester@example.com";
const WORKSPACE: &str = "test";

/// Where calls run.
struct Place {
    state: State,
    project: Project,
    caller: Caller,
    egress: EgressClient,
    _folder: TempDir,
}

pub(super) async fn run(
    load: impl Fn() -> Result<Config, ConfigError>,
    arguments: TestArguments,
) -> Result<(), CliError> {
    let packed = package::read(&arguments.file, arguments.manifest.as_deref())?;
    let (runtime, plugin) = package::load(packed).await?;
    let grant = match (&plugin.loaded, arguments.deny) {
        (Ok(loaded), false) => Grant::all_of(&loaded.manifest),
        _ => Grant::default(),
    };
    say!("{}", permission_sheet(&plugin, Some(&grant)));
    let responses = arguments.responses.as_deref().map(Responses::read).transpose()?;
    let calls = calls(&plugin, &arguments)?;
    let place = Place::open(load, &arguments).await?;
    for secret in &arguments.secret {
        place.set_secret(&plugin.name, secret).await?;
    }
    let mut responses = responses;
    let mut failed = 0;
    let tools = GrantedTool::all_of(&plugin, &grant);
    for (name, arguments) in calls {
        let tool = tools.iter().find(|(_, tool)| tool.description.name == name);
        let Some((full_name, tool)) = tool else { continue };
        let host = place.host(full_name, Arc::clone(tool));
        let answers = responses.take();
        let host = Arc::new(TestHost::new(host, answers));
        let succeeded = call(&runtime, &host, tool, &name, arguments).await?;
        failed += usize::from(!succeeded);
        responses = Arc::into_inner(host).and_then(TestHost::into_responses);
    }
    place.project.close().await;
    place.state.close().await?;
    match failed {
        0 => Ok(()),
        failed => Err(CliError::Usage(format!("{failed} of the calls failed"))),
    }
}

/// The calls that were asked for, else the first example of each tool.
fn calls(plugin: &Plugin, given: &TestArguments) -> Result<Vec<(String, String)>, CliError> {
    let Ok(loaded) = &plugin.loaded else { return Ok(Vec::new()) };
    let tools = loaded.component.description();
    if let (Some(name), Some(arguments)) = (&given.call, &given.arguments) {
        if !tools.iter().any(|tool| tool.name == *name) {
            let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
            let problem = format!("there is no tool {name:?}; there are {}", names.join(", "));
            return Err(CliError::Usage(problem));
        }
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(arguments)
            .map_err(|error| CliError::Usage(format!("--arguments: {error}")))?;
        return Ok(vec![(name.clone(), serde_json::Value::from(object).to_string())]);
    }
    let first = tools.iter().filter_map(|tool| {
        let example = tool.examples.first()?;
        Some((tool.name.clone(), serde_json::to_string(&example.arguments).ok()?))
    });
    let calls: Vec<_> = first.collect();
    match calls.is_empty() {
        true => Err(CliError::Usage(
            "the tool has no example to run: say --call TOOL --arguments JSON".into(),
        )),
        false => Ok(calls),
    }
}

/// Runs a call and prints what became of it. Whether it gave an answer.
async fn call(
    runtime: &ToolRuntime,
    host: &Arc<TestHost>,
    tool: &GrantedTool,
    name: &str,
    arguments: String,
) -> Result<bool, CliError> {
    say!("Call {name} {arguments}");
    let call = ToolInvocation { id: "test".into(), tool: name.to_owned(), arguments };
    let end = runtime.invoke(&tool.loaded()?.component, Arc::clone(host) as _, call).await;
    for used in host.uses() {
        say!("  {used}");
    }
    match &end.result {
        Ok(answer) => say!("  answer   {}", answer.model.as_ref().unwrap_or(&answer.screen)),
        Err(failure) => say!("  failed   {}: {failure}", failure.code()),
    }
    say!(
        "  took     {:.1} ms ({:.1} ms computing), {} calls of the host, {} KiB of memory\n",
        end.usage.wall.as_secs_f64() * 1e3,
        end.usage.cpu.as_secs_f64() * 1e3,
        end.usage.host_calls,
        end.usage.peak_memory_bytes / 1024
    );
    Ok(end.result.is_ok())
}

impl Place {
    async fn open(
        load: impl Fn() -> Result<Config, ConfigError>,
        arguments: &TestArguments,
    ) -> Result<Self, CliError> {
        let folder = tempfile::tempdir().map_err(CliError::file("a temporary folder"))?;
        let key_file = folder.path().join("master.key");
        MasterKey::create_file(&key_file)?;
        let url = format!("sqlite://{}", folder.path().join("palisade.db").display());
        let state = State::open(&url, KeySource::File(key_file)).await?;
        let (project, email, egress) = match &arguments.user {
            Some(email) => {
                let config = load()?;
                let project = Project::open(config.project_file()).await?;
                (project, email.as_str(), config.egress)
            }
            None => {
                let project = project(folder.path(), &arguments.items).await?;
                let egress = load().map(|config| config.egress).unwrap_or_default();
                (project, TESTER, egress)
            }
        };
        let caller = project.caller_by_email(email).await.map_err(|error| match error {
            DataError::InvalidCredentials => {
                CliError::Usage(format!("the project has no active user {email}"))
            }
            error => error.into(),
        })?;
        let egress = EgressClient::new(egress)?;
        Ok(Self { state, project, caller, egress, _folder: folder })
    }

    async fn set_secret(&self, component: &str, text: &str) -> Result<(), CliError> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| CliError::Usage("--secret is given as NAME=VALUE".into()))?;
        let value = SecretString::from(value);
        Ok(self.state.set_tool_secret(WORKSPACE, component, name, value, ACTOR).await?)
    }

    fn host(&self, full_name: &str, tool: Arc<GrantedTool>) -> GrantedHost {
        let facts = ToolCallFacts {
            row: LedgerEntry {
                tool: Some(full_name.to_owned()),
                ..LedgerEntry::new(WORKSPACE, LedgerKind::ToolCall)
            },
            tool_call_id: "test".into(),
            language: self.caller.language.clone().unwrap_or_else(|| "en-US".into()),
        };
        GrantedHost::new(
            tool,
            facts,
            self.caller.clone(),
            Arc::clone(self.project.engine()) as Arc<dyn DataBackend>,
            self.state.clone(),
            self.egress.clone(),
            Arc::new(Terminal),
        )
    }
}

/// A project with the items of the given files.
async fn project(folder: &Path, items: &[String]) -> Result<Project, CliError> {
    let settings = ProjectSettings { name: "Test".into() };
    let project = Project::create(folder.join("project.db"), settings).await?;
    let user = NewUser { admin: true, ..NewUser::new(TESTER) };
    project.add_user(user).await?;
    for given in items {
        let (collection, file) = given
            .split_once('=')
            .ok_or_else(|| CliError::Usage("--items is given as COLLECTION=FILE".into()))?;
        project.import(collection, file, &ImportOptions::default()).await?;
    }
    Ok(project)
}

/// Shows progress on standard error, where it doesn't mix with the results.
struct Terminal;

impl Progress for Terminal {
    fn report(&self, _: &str, message: &str, fraction: Option<f32>) {
        match fraction {
            Some(fraction) => eprintln!("  {:>3.0} % {message}", fraction * 100.0),
            None => eprintln!("  … {message}"),
        }
    }
}
