//! Operations on a project's structure and flows, in Directus's terms.

use serde_json::{Map, Value};

/// One operation on collections, fields or relations. Only administrators may do these in Directus,
/// and only a running Directus takes them.
#[derive(Debug, Clone, PartialEq)]
pub enum StructureOperation {
    /// Collections with their settings; all of them without names.
    ReadCollections {
        /// Names.
        names: Option<Vec<String>>,
    },
    /// Makes collections, each with its fields.
    CreateCollections {
        /// One definition per collection, as `POST /collections` takes them.
        definitions: Vec<Map<String, Value>>,
    },
    /// Changes the settings of collections, each named by `collection` in its definition.
    UpdateCollections {
        /// One definition per collection.
        definitions: Vec<Map<String, Value>>,
    },
    /// Removes collections with all their items.
    DeleteCollections {
        /// Names, at least one.
        names: Vec<String>,
    },
    /// Fields of a collection; of all collections without one.
    ReadFields {
        /// Collection.
        collection: Option<String>,
        /// One field of it.
        field: Option<String>,
    },
    /// Adds fields to a collection.
    CreateFields {
        /// Collection.
        collection: String,
        /// One definition per field, as `POST /fields/{collection}` takes them.
        definitions: Vec<Map<String, Value>>,
    },
    /// Changes fields of a collection, each named by `field` in its definition.
    UpdateFields {
        /// Collection.
        collection: String,
        /// One definition per field.
        definitions: Vec<Map<String, Value>>,
    },
    /// Removes a field with all its values.
    DeleteField {
        /// Collection.
        collection: String,
        /// Field.
        field: String,
    },
    /// Relations of a collection; all of them without one.
    ReadRelations {
        /// Collection.
        collection: Option<String>,
        /// The relation of one field of it.
        field: Option<String>,
    },
    /// Makes a relation.
    CreateRelation {
        /// The definition, as `POST /relations` takes it.
        definition: Map<String, Value>,
    },
    /// Changes a relation.
    UpdateRelation {
        /// Collection of the field that points.
        collection: String,
        /// The field that points.
        field: String,
        /// What changes.
        definition: Map<String, Value>,
    },
    /// Removes a relation; the field stays.
    DeleteRelation {
        /// Collection of the field that points.
        collection: String,
        /// The field that points.
        field: String,
    },
}

impl StructureOperation {
    /// Directus's word for what is done: `read`, `create`, `update` or `delete`.
    pub fn action(&self) -> &'static str {
        match self {
            Self::ReadCollections { .. } | Self::ReadFields { .. } | Self::ReadRelations { .. } => {
                "read"
            }
            Self::CreateCollections { .. }
            | Self::CreateFields { .. }
            | Self::CreateRelation { .. } => "create",
            Self::UpdateCollections { .. }
            | Self::UpdateFields { .. }
            | Self::UpdateRelation { .. } => "update",
            Self::DeleteCollections { .. }
            | Self::DeleteField { .. }
            | Self::DeleteRelation { .. } => "delete",
        }
    }

    /// The collection that the operation is on, where it is on one.
    pub fn collection(&self) -> Option<&str> {
        match self {
            Self::ReadFields { collection, .. } | Self::ReadRelations { collection, .. } => {
                collection.as_deref()
            }
            Self::CreateFields { collection, .. }
            | Self::UpdateFields { collection, .. }
            | Self::DeleteField { collection, .. }
            | Self::UpdateRelation { collection, .. }
            | Self::DeleteRelation { collection, .. } => Some(collection),
            _ => None,
        }
    }
}

/// A file to import from the web.
#[derive(Debug, Clone, PartialEq)]
pub struct FileImport {
    /// Address, `http` or `https`.
    pub url: String,
    /// Fields of the file's row: `title`, `folder`, `description`, ….
    pub file: Map<String, Value>,
}

/// A run of a flow with a manual trigger.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowTrigger {
    /// Id of the flow.
    pub flow: String,
    /// Collection that the flow is run on.
    pub collection: String,
    /// Primary keys of the items that it is run on; may be empty where the flow allows that.
    pub keys: Vec<Value>,
    /// Values that the flow asks for.
    pub data: Map<String, Value>,
    /// Query parameters for the flow.
    pub query: Map<String, Value>,
    /// Headers for the flow. Never credentials: the caller's own is attached.
    pub headers: Map<String, Value>,
}
