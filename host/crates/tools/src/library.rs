//! The components that are there now, and the tools that turns may use.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use palisade_policy::{Effect, PluginTool, PluginTools};
use palisade_sandbox::{ToolDescription, ToolRuntime};
use palisade_state::{State, StateError};
use serde_json::value::{RawValue, to_raw_value};
use tokio::{task::spawn_blocking, time::sleep};

use crate::{
    Grant, Grants, Plugin, PluginState, SourceEntry, ToolSource, ToolsError, full_name,
    plugin::LoadedPlugin,
};

/// Pause between two looks at the source.
const PAUSE: Duration = Duration::from_secs(1);

/// The components of one host. Cheap to clone.
#[derive(Clone)]
pub struct Library {
    inner: Arc<Inner>,
}

struct Inner {
    runtime: ToolRuntime,
    source: Arc<dyn ToolSource>,
    shelf: RwLock<Arc<Shelf>>,
    /// The last view that was made, and of what.
    view: Mutex<Option<Arc<ToolView>>>,
    /// One refresh at a time.
    refreshing: tokio::sync::Mutex<()>,
}

/// What lay in the source at one time.
#[derive(Debug, Default)]
struct Shelf {
    generation: u64,
    entries: Vec<SourceEntry>,
    plugins: BTreeMap<String, Arc<Plugin>>,
}

/// The tools that may be used, as they were at one time. A turn keeps the view that it began with, so
/// a component that is replaced meanwhile doesn't change under it.
#[derive(Debug, Default)]
pub struct ToolView {
    generation: u64,
    revision: u64,
    tools: BTreeMap<String, Arc<GrantedTool>>,
}

/// A tool that may be used.
#[derive(Debug, Clone)]
pub struct GrantedTool {
    /// Name of the component.
    pub component_name: String,
    /// The component.
    pub plugin: Arc<Plugin>,
    /// Which of its tools.
    pub description: ToolDescription,
    /// JSON Schema of its arguments.
    pub input_schema: Arc<RawValue>,
    /// What was granted to the component.
    pub grant: Arc<Grant>,
    /// What a call can do to the world.
    pub effect: Effect,
}

impl GrantedTool {
    /// The tools of a loaded component under a grant, by their full names.
    pub fn all_of(plugin: &Arc<Plugin>, grant: &Grant) -> Vec<(String, Arc<Self>)> {
        let Ok(loaded) = &plugin.loaded else { return Vec::new() };
        let grant = Arc::new(grant.clone());
        let tools = loaded.component.description().iter().filter_map(|description| {
            let tool = Self {
                component_name: plugin.name.clone(),
                plugin: Arc::clone(plugin),
                description: description.clone(),
                // A map with string keys always has a JSON text.
                input_schema: to_raw_value(&description.input_schema).ok()?.into(),
                effect: grant.effect(description.annotations),
                grant: Arc::clone(&grant),
            };
            Some((full_name(&plugin.name, &description.name), Arc::new(tool)))
        });
        tools.collect()
    }

    /// The component, loaded.
    ///
    /// Errors: [`ToolsError::Broken`], for a component that can't be used, which has no granted tools.
    pub fn loaded(&self) -> Result<&LoadedPlugin, ToolsError> {
        self.plugin.loaded.as_ref().map_err(|reason| ToolsError::Broken {
            name: self.component_name.clone(),
            reason: reason.clone(),
        })
    }
}

impl ToolView {
    /// A tool by its full name.
    pub fn get(&self, name: &str) -> Option<&Arc<GrantedTool>> {
        self.tools.get(name)
    }

    /// All tools by full name, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &GrantedTool)> {
        self.tools.iter().map(|(name, tool)| (name.as_str(), &**tool))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tools.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }
}

impl PluginTools for ToolView {
    fn find(&self, name: &str) -> Option<PluginTool<'_>> {
        let tool = self.tools.get(name)?;
        let loaded = tool.plugin.loaded.as_ref().ok()?;
        Some(PluginTool { effect: tool.effect, version: &loaded.pin.component })
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Library").field("shelf", &self.shelf()).finish_non_exhaustive()
    }
}

impl Library {
    /// A library of what a source has. It is empty until the first [`Library::refresh`].
    pub fn new(runtime: ToolRuntime, source: Arc<dyn ToolSource>) -> Self {
        let inner = Inner {
            runtime,
            source,
            shelf: RwLock::default(),
            view: Mutex::default(),
            refreshing: tokio::sync::Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// What runs the calls.
    pub fn runtime(&self) -> &ToolRuntime {
        &self.inner.runtime
    }

    /// All components, by name.
    pub fn plugins(&self) -> Vec<Arc<Plugin>> {
        self.shelf().plugins.values().cloned().collect()
    }

    /// A component.
    ///
    /// Errors: [`ToolsError::NoSuchTool`].
    pub fn plugin(&self, name: &str) -> Result<Arc<Plugin>, ToolsError> {
        let shelf = self.shelf();
        let plugin = shelf.plugins.get(name).cloned();
        plugin.ok_or_else(|| ToolsError::NoSuchTool(name.chars().take(64).collect()))
    }

    /// Looks at the source and loads what is new there. What can't be loaded is there as broken.
    ///
    /// Errors: the source can't be read; what was loaded stays.
    pub async fn refresh(&self) -> Result<(), ToolsError> {
        let _one_at_a_time = self.inner.refreshing.lock().await;
        let source = Arc::clone(&self.inner.source);
        let listed = spawn_blocking(move || source.list()).await;
        let entries = listed
            .map_err(std::io::Error::other)
            .and_then(|listed| listed)
            .map_err(|source| ToolsError::Read { path: "tools".into(), source })?;
        let before = self.shelf();
        if before.entries == entries {
            return Ok(());
        }
        let mut plugins = BTreeMap::new();
        for entry in &entries {
            let known = before.plugins.get(&entry.name).filter(|_| before.entries.contains(entry));
            let plugin = match known {
                Some(plugin) => Arc::clone(plugin),
                None => Arc::new(self.load(&entry.name).await),
            };
            plugins.insert(entry.name.clone(), plugin);
        }
        let shelf = Shelf { generation: before.generation + 1, entries, plugins };
        *self.inner.shelf.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(shelf);
        Ok(())
    }

    /// Looks at the source once a second, for ever.
    pub async fn watch(self) {
        loop {
            sleep(PAUSE).await;
            if let Err(error) = self.refresh().await {
                tracing::warn!(%error, "the tools can't be looked at");
            }
        }
    }

    /// The tools that a workspace's turns may use now. `revision` is that of the grants as the caller
    /// read it; where it is the one of the last view, nothing else is read.
    ///
    /// Errors: those of the state.
    pub async fn view(
        &self,
        state: &State,
        workspace: &str,
        revision: u64,
    ) -> Result<Arc<ToolView>, StateError> {
        let shelf = self.shelf();
        let current = self.inner.view.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(view) = current
            && view.generation == shelf.generation
            && view.revision == revision
        {
            return Ok(view);
        }
        if shelf.plugins.is_empty() || revision == 0 {
            return Ok(Arc::default());
        }
        let view = Arc::new(view(&shelf, &Grants::load(state, workspace).await?));
        *self.inner.view.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&view));
        Ok(view)
    }

    fn shelf(&self) -> Arc<Shelf> {
        Arc::clone(&self.inner.shelf.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn load(&self, name: &str) -> Plugin {
        let loaded = self.try_load(name).await;
        match &loaded {
            Ok(loaded) => {
                let digest = &loaded.pin.component;
                tracing::info!(tool = name, digest, "a tool component was loaded");
            }
            Err(error) => tracing::warn!(tool = name, %error, "a tool component can't be used"),
        }
        Plugin { name: name.to_owned(), loaded: loaded.map_err(|error| error.to_string()) }
    }

    async fn try_load(&self, name: &str) -> Result<LoadedPlugin, ToolsError> {
        let (source, wanted) = (Arc::clone(&self.inner.source), name.to_owned());
        let packed = spawn_blocking(move || source.read(&wanted)).await.map_err(|error| {
            ToolsError::Broken { name: name.to_owned(), reason: error.to_string() }
        })??;
        LoadedPlugin::load(&self.inner.runtime, packed).await
    }
}

fn view(shelf: &Shelf, grants: &Grants) -> ToolView {
    let mut tools = BTreeMap::new();
    for plugin in shelf.plugins.values() {
        let stored = grants.by_name.get(&plugin.name);
        if let Some(stored) = stored
            && plugin.state(Some(stored)) == PluginState::Granted
        {
            tools.extend(GrantedTool::all_of(plugin, &stored.grant));
        }
    }
    ToolView { generation: shelf.generation, revision: grants.revision, tools }
}
