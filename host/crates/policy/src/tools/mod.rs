//! The built-in tools as the host sees them: what a call would do, and the operation it stands for.
//!
//! The guest describes tools to the model; the host alone derives effect and operation, from the
//! same canonical arguments that an approval binds. What runs is what was approved.

mod arguments;
mod files;
mod flows;
mod items;
mod structure;

use palisade_data::{Operation, ProjectKind, QueryError};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::Effect;

/// Items that one call may create, or name by key.
pub const MAXIMUM_ITEMS: usize = 500;

/// The tool of the registry mode that runs another: `{name, input}`.
pub const EXECUTE: &str = "execute";

/// Names that the registry mode gives to the model, none of which a client's tool may have.
pub const REGISTRY: [&str; 3] = ["search", EXECUTE, "schema"];

/// Why arguments can't be turned into an operation. The text is for the model.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ArgumentError {
    /// An argument is absent.
    #[error("\"{0}\" is required for action \"{1}\"")]
    Missing(&'static str, &'static str),
    /// An argument has the wrong shape.
    #[error("\"{0}\" has to be {1}")]
    Wrong(&'static str, &'static str),
    /// An argument that the tool doesn't have.
    #[error("\"{0}\" is not an argument of this tool")]
    Unknown(String),
    /// A collection of Directus's own, which has a tool of its own or none.
    #[error("\"items\" is for the project's own collections; Directus's have tools of their own")]
    SystemCollection,
    /// The query isn't one.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// A tool that the host implements with data operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BuiltInTool {
    /// Collections, fields, relations and notes.
    Schema,
    /// Create, read, update and delete items.
    Items,
    /// Read, update, delete and import files.
    Files,
    /// Create, read, update and delete folders.
    Folders,
    /// Look at an image, listen to a sound.
    Assets,
    /// Run a flow with a manual trigger.
    TriggerFlow,
    /// Create, read, update and delete flows.
    Flows,
    /// Create, read, update and delete the operations of flows.
    Operations,
    /// Create, read, update and delete collections.
    Collections,
    /// Create, read, update and delete fields.
    Fields,
    /// Create, read, update and delete relations.
    Relations,
}

impl BuiltInTool {
    /// All built-in tools, in the order in which they are listed.
    pub const ALL: [Self; 11] = [
        Self::Schema,
        Self::Items,
        Self::Files,
        Self::Folders,
        Self::Assets,
        Self::TriggerFlow,
        Self::Flows,
        Self::Operations,
        Self::Collections,
        Self::Fields,
        Self::Relations,
    ];

    /// The tool of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// Name, as the model and the client know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Items => "items",
            Self::Files => "files",
            Self::Folders => "folders",
            Self::Assets => "assets",
            Self::TriggerFlow => "trigger-flow",
            Self::Flows => "flows",
            Self::Operations => "operations",
            Self::Collections => "collections",
            Self::Fields => "fields",
            Self::Relations => "relations",
        }
    }

    /// Whether only administrators have the tool, as in Directus.
    pub fn is_for_administrators(self) -> bool {
        matches!(
            self,
            Self::Flows | Self::Operations | Self::Collections | Self::Fields | Self::Relations
        )
    }

    /// Whether a caller has the tool in a project of a kind.
    pub fn is_there(self, project: ProjectKind, administrator: bool) -> bool {
        let served = match project {
            ProjectKind::Embedded => matches!(self, Self::Schema | Self::Items),
            ProjectKind::Directus => true,
        };
        served && (administrator || !self.is_for_administrators())
    }

    /// The strongest effect that a call of this tool can have, for lists of tools.
    pub fn strongest_effect(self) -> Effect {
        match self {
            Self::Schema | Self::Assets => Effect::READ,
            Self::Items
            | Self::Folders
            | Self::Flows
            | Self::Operations
            | Self::Collections
            | Self::Fields
            | Self::Relations => Effect::DESTROY,
            Self::Files | Self::TriggerFlow => Effect { open_world: true, ..Effect::DESTROY },
        }
    }

    /// The operation that a call stands for. `arguments` is a JSON object.
    pub fn operation(self, arguments: &Map<String, Value>) -> Result<Operation, ArgumentError> {
        match self {
            Self::Schema => structure::schema(arguments),
            Self::Items => items::items(arguments),
            Self::Files => files::files(arguments),
            Self::Folders => items::rows("directus_folders", arguments),
            Self::Assets => files::asset(arguments),
            Self::TriggerFlow => flows::trigger(arguments),
            Self::Flows => items::rows("directus_flows", arguments),
            Self::Operations => items::rows("directus_operations", arguments),
            Self::Collections => structure::collections(arguments),
            Self::Fields => structure::fields(arguments),
            Self::Relations => structure::relations(arguments),
        }
    }
}

/// The effect of an operation. Updates overwrite, so they count as destructive like deletes; what a
/// flow does nobody can tell beforehand.
pub fn effect_of(operation: &Operation) -> Effect {
    match operation {
        Operation::TriggerFlow(_) => Effect { open_world: true, ..Effect::DESTROY },
        Operation::ImportFiles { .. } => Effect { open_world: true, ..Effect::ADD },
        operation => match operation.action() {
            "read" => Effect::READ,
            "create" => Effect::ADD,
            _ => Effect::DESTROY,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn items(arguments: Value) -> Result<Operation, ArgumentError> {
        BuiltInTool::Items.operation(arguments.as_object().expect("an object"))
    }

    #[test]
    fn each_action_has_its_effect() {
        for (arguments, effect) in [
            (json!({"action": "read", "collection": "a"}), Effect::READ),
            (json!({"action": "create", "collection": "a", "data": {"b": 1}}), Effect::ADD),
            (
                json!({"action": "update", "collection": "a", "keys": [1], "data": {"b": 1}}),
                Effect::DESTROY,
            ),
            (json!({"action": "delete", "collection": "a", "keys": [1]}), Effect::DESTROY),
        ] {
            let operation = items(arguments).expect("an operation");
            assert_eq!(effect_of(&operation), effect, "{operation:?}");
        }
    }

    #[test]
    fn structured_arguments_may_come_as_text() {
        let plain = items(json!({"action": "update", "collection": "a", "keys": [3],
            "data": {"title": "x"}}));
        let text = items(json!({"action": "update", "collection": "a", "keys": "[3]",
            "data": "{\"title\":\"x\"}"}));
        assert!(plain.is_ok());
        assert_eq!(plain, text);
    }

    #[test]
    fn a_write_without_a_target_is_refused() {
        for arguments in [
            json!({"action": "update", "collection": "a", "data": {"b": 1}}),
            json!({"action": "update", "collection": "a", "data": {"b": 1}, "query": {"limit": 5}}),
            json!({"action": "update", "collection": "a", "data": {"b": 1}, "keys": []}),
            json!({"action": "delete", "collection": "a"}),
            json!({"action": "delete", "collection": "a", "query": {"filter": {"id": {"_gt": 0}}}}),
            json!({"action": "delete", "collection": "a", "keys": [null]}),
            json!({"action": "create", "collection": "a"}),
            json!({"action": "create", "collection": "a", "data": [1]}),
            json!({"action": "drop", "collection": "a"}),
            json!({"action": "read", "collection": ""}),
            json!({"action": "read", "collection": "a", "sudo": true}),
        ] {
            assert!(items(arguments.clone()).is_err(), "{arguments}");
        }
    }

    #[test]
    fn an_empty_list_of_collections_is_the_overview() {
        let operation = BuiltInTool::Schema
            .operation(json!({"keys": []}).as_object().expect("an object"))
            .expect("an operation");
        assert_eq!(operation, Operation::Schema { collections: None });
    }
}
