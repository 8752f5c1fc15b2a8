//! Operations on a project's data and what they give back.

use serde_json::{Map, Value};

use crate::{FileImport, FlowTrigger, Query, StructureOperation};

/// Which items a write is for.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one lives at a time, on its way to the backend")]
pub enum Selection {
    /// Items by primary key.
    Keys(Vec<Value>),
    /// All items that a query finds (its filter, search, sort and limit count).
    Query(Query),
}

/// One operation on a project's data.
///
/// Directus's own collections that behave like items (`directus_files`, `directus_folders`,
/// `directus_flows`, `directus_operations`) are read and written with the operations on items.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one lives at a time, on its way to the backend")]
pub enum Operation {
    /// Collections with their fields and relations, as far as the caller may read them. Without
    /// names: an overview of all collections. With names: these in full.
    Schema {
        /// Collections to describe in full.
        collections: Option<Vec<String>>,
    },
    /// Reads items by query, or by primary keys.
    ReadItems {
        /// Collection.
        collection: String,
        /// Primary keys. What the caller may not read is left out, as what doesn't exist is; a value
        /// that can't be a key is forbidden.
        keys: Option<Vec<Value>>,
        /// Fields, filter, paging and so on.
        query: Query,
    },
    /// Creates items.
    CreateItems {
        /// Collection.
        collection: String,
        /// One payload per item, at least one.
        items: Vec<Map<String, Value>>,
        /// Fields of the created items to give back.
        query: Query,
    },
    /// Gives the selected items the same new values.
    UpdateItems {
        /// Collection.
        collection: String,
        /// Which items.
        selection: Selection,
        /// New values.
        payload: Map<String, Value>,
        /// Fields of the updated items to give back.
        query: Query,
    },
    /// Gives each item, named by the primary key in its payload, values of its own.
    UpdateBatch {
        /// Collection.
        collection: String,
        /// One payload per item, each with the primary key.
        items: Vec<Map<String, Value>>,
        /// Fields of the updated items to give back.
        query: Query,
    },
    /// Deletes items.
    DeleteItems {
        /// Collection.
        collection: String,
        /// Which items.
        selection: Selection,
    },
    /// Fetches files from the web into the project.
    ImportFiles {
        /// What to fetch, at least one.
        files: Vec<FileImport>,
        /// Fields of the new files to give back.
        query: Query,
    },
    /// Reads an image or a sound, for the model to look at or listen to.
    ReadAsset {
        /// Id of the file.
        id: String,
    },
    /// Runs a flow with a manual trigger.
    TriggerFlow(FlowTrigger),
    /// Reads or changes collections, fields or relations.
    Structure(StructureOperation),
}

impl Operation {
    /// The collection that the operation is on, where it is on one.
    pub fn collection(&self) -> Option<&str> {
        match self {
            Self::Schema { .. } => None,
            Self::ImportFiles { .. } | Self::ReadAsset { .. } => Some("directus_files"),
            Self::TriggerFlow(trigger) => Some(&trigger.collection),
            Self::Structure(operation) => operation.collection(),
            Self::ReadItems { collection, .. }
            | Self::CreateItems { collection, .. }
            | Self::UpdateItems { collection, .. }
            | Self::UpdateBatch { collection, .. }
            | Self::DeleteItems { collection, .. } => Some(collection),
        }
    }

    /// Directus's word for what is done: `read`, `create`, `update` or `delete`; `trigger` for a
    /// flow.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Schema { .. } | Self::ReadItems { .. } | Self::ReadAsset { .. } => "read",
            Self::CreateItems { .. } | Self::ImportFiles { .. } => "create",
            Self::TriggerFlow(_) => "trigger",
            Self::Structure(operation) => operation.action(),
            Self::UpdateItems { .. } | Self::UpdateBatch { .. } => "update",
            Self::DeleteItems { .. } => "delete",
        }
    }

    /// Whether the operation changes nothing.
    pub fn is_read_only(&self) -> bool {
        self.action() == "read"
    }
}

/// What a grant runs, derived from the arguments that were authorised.
#[derive(Debug)]
pub enum GrantedAction {
    /// An operation on the project's data.
    Operation(Box<Operation>),
    /// A tool of a component.
    Plugin {
        /// The canonical arguments.
        arguments: String,
        /// Whether the call changes nothing.
        read_only: bool,
    },
}

impl GrantedAction {
    /// Whether it changes nothing.
    pub fn is_read_only(&self) -> bool {
        match self {
            Self::Operation(operation) => operation.is_read_only(),
            Self::Plugin { read_only, .. } => *read_only,
        }
    }
}

/// An image or a sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// IANA media type, `image/…` or `audio/…`.
    pub media_type: String,
    /// The bytes in base64 (RFC 4648, section 4, with padding).
    pub base64: String,
}

/// What an operation gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// The data, in Directus's shape (what its REST API has under `data`): an array of items for
    /// reads and writes, an array of primary keys for deletes and for writes in collections or with
    /// fields that the caller may not read, an object or array for the schema. Written items that the
    /// caller may not read are left out.
    pub data: Value,
    /// Items read, created, updated or deleted.
    pub items: usize,
    /// Collections that were touched, relations included, for the ledger.
    pub collections: Vec<String>,
    /// Fields that were read or written, as `collection.field`, for the ledger.
    pub fields: Vec<String>,
    /// Address of the one item's page in Data Studio, where there is one.
    pub link: Option<String>,
    /// The image or sound that was read.
    pub media: Option<Media>,
}
