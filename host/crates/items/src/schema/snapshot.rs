//! A picture of the project's structure at one moment.

use std::collections::BTreeMap;

use serde_json::Value;

use super::FieldType;

/// How a field relates its collection to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relation {
    /// The column holds the primary key of an item of `collection`.
    ManyToOne {
        /// Related collection.
        collection: String,
    },
    /// Items of `collection` point here with their column `field`.
    OneToMany {
        /// Related collection.
        collection: String,
        /// Its many-to-one column.
        field: String,
        /// Its column that orders the items, where there is one.
        sort_field: Option<String>,
        /// Whether an item that is taken out of the list is deleted rather than set free.
        deletes: bool,
    },
    /// The column points into one of several collections. Never followed.
    ManyToAny,
}

/// A field of a collection.
#[derive(Debug, Clone)]
pub struct Field {
    /// Name.
    pub name: String,
    /// Type.
    pub kind: FieldType,
    /// Whether the column takes null.
    pub nullable: bool,
    /// The default as SQL text, where the column has one.
    pub default: Option<String>,
    /// Whether the database computes the value: a generated column.
    pub generated: bool,
    /// Whether the database numbers the items by this column.
    pub auto_increment: bool,
    /// Length limit in characters.
    pub max_length: Option<usize>,
    /// Directus's flags: `uuid`, `date-created`, `user-created`, `conceal`, ….
    pub special: Vec<String>,
    /// Note for people.
    pub note: Option<String>,
    /// Interface that Data Studio uses.
    pub interface: Option<String>,
    /// Options of the interface.
    pub options: Option<Value>,
    /// Whether a value has to be given.
    pub required: bool,
    /// Whether Data Studio lets people change the value. Not a permission.
    pub readonly: bool,
    /// Whether Data Studio shows the field. Not a permission.
    pub hidden: bool,
    /// Order among the fields.
    pub sort: Option<i64>,
    /// Filter that values must meet, and the message for those that don't.
    pub validation: Option<Value>,
    /// Message for a failed validation.
    pub validation_message: Option<String>,
    /// Relation, where there is one.
    pub relation: Option<Relation>,
    /// Whether the value is shown to nobody: passwords, tokens, concealed fields.
    pub secret: bool,
}

impl Field {
    /// Whether the field is a column of the table.
    pub fn is_column(&self) -> bool {
        self.kind != FieldType::Alias
    }

    /// Whether the project or the database fills the field by itself when an item is created.
    pub fn is_automatic(&self) -> bool {
        const FLAGS: [&str; 7] = [
            "uuid",
            "date-created",
            "date-updated",
            "user-created",
            "user-updated",
            "role-created",
            "role-updated",
        ];
        self.auto_increment || self.generated || FLAGS.iter().any(|flag| self.has_special(flag))
    }

    /// Whether `special` has a flag.
    pub fn has_special(&self, flag: &str) -> bool {
        self.special.iter().any(|special| special == flag)
    }
}

/// A collection: a registered table with one primary key column.
#[derive(Debug, Clone)]
pub struct Collection {
    /// Name, also of the table.
    pub name: String,
    /// Name of the primary key field.
    pub primary_key: String,
    /// Note for people.
    pub note: Option<String>,
    /// Template that shows an item.
    pub display_template: Option<String>,
    /// Icon.
    pub icon: Option<String>,
    /// Whether it holds at most one item.
    pub singleton: bool,
    /// Whether Data Studio hides it. Not a permission.
    pub hidden: bool,
    /// What is recorded of writes: `all` (activity and revisions), `activity` or nothing.
    pub accountability: Option<String>,
    /// Field that orders items.
    pub sort_field: Option<String>,
    /// Whether it is one of Directus's own.
    pub system: bool,
    /// Fields in the order that Directus gives them.
    pub fields: Vec<Field>,
    pub(crate) positions: BTreeMap<String, usize>,
}

impl Collection {
    /// A field by name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.positions.get(name).and_then(|position| self.fields.get(*position))
    }

    /// Type of the primary key.
    pub fn key_type(&self) -> FieldType {
        self.field(&self.primary_key).map_or(FieldType::Text, |field| field.kind)
    }

    pub(crate) fn index(&mut self) {
        self.positions = self
            .fields
            .iter()
            .enumerate()
            .map(|(position, field)| (field.name.clone(), position))
            .collect();
    }
}

/// All collections of a project.
#[derive(Debug, Clone, Default)]
pub struct SchemaSnapshot {
    pub(crate) collections: BTreeMap<String, Collection>,
}

impl SchemaSnapshot {
    /// A collection by name.
    pub fn collection(&self, name: &str) -> Option<&Collection> {
        self.collections.get(name)
    }

    /// All collections, by name.
    pub fn collections(&self) -> impl Iterator<Item = &Collection> {
        self.collections.values()
    }
}
