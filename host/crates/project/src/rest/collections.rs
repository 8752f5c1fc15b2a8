//! `/collections`.

use palisade_data::{Caller, DataError};
use serde_json::{Map, Value, json};
use sqlx::FromRow;

use crate::Project;

/// Directus's own collections that a project has, without those that only hold secrets.
pub(super) const SYSTEM: [&str; 13] = [
    "directus_access",
    "directus_activity",
    "directus_collections",
    "directus_fields",
    "directus_files",
    "directus_folders",
    "directus_permissions",
    "directus_policies",
    "directus_relations",
    "directus_revisions",
    "directus_roles",
    "directus_settings",
    "directus_users",
];

/// A column of JSON text. What isn't JSON was put there by hand, and counts as nothing.
pub(super) fn json_of(text: Option<&str>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// A row of directus_collections.
#[derive(FromRow)]
struct CollectionRow {
    collection: String,
    icon: Option<String>,
    note: Option<String>,
    display_template: Option<String>,
    hidden: bool,
    singleton: bool,
    translations: Option<String>,
    archive_field: Option<String>,
    archive_app_filter: bool,
    archive_value: Option<String>,
    unarchive_value: Option<String>,
    sort_field: Option<String>,
    accountability: Option<String>,
    color: Option<String>,
    item_duplication_fields: Option<String>,
    sort: Option<i64>,
    group: Option<String>,
    collapse: String,
    preview_url: Option<String>,
    versioning: bool,
}

impl CollectionRow {
    fn into_value(self) -> Value {
        json!({
            "collection": self.collection,
            "meta": {
                "collection": self.collection,
                "icon": self.icon,
                "note": self.note,
                "display_template": self.display_template,
                "hidden": self.hidden,
                "singleton": self.singleton,
                "translations": json_of(self.translations.as_deref()),
                "archive_field": self.archive_field,
                "archive_app_filter": self.archive_app_filter,
                "archive_value": self.archive_value,
                "unarchive_value": self.unarchive_value,
                "sort_field": self.sort_field,
                "accountability": self.accountability,
                "color": self.color,
                "item_duplication_fields": json_of(self.item_duplication_fields.as_deref()),
                "sort": self.sort,
                "group": self.group,
                "collapse": self.collapse,
                "preview_url": self.preview_url,
                "versioning": self.versioning,
            },
            "schema": {"name": self.collection, "comment": null},
        })
    }
}

/// What a caller may read: all of it, or the collections and fields of the merged permissions.
pub(super) struct Readable {
    permissions: Option<Map<String, Value>>,
}

impl Readable {
    pub(super) async fn by(project: &Project, caller: &Caller) -> Result<Self, DataError> {
        if caller.accountability.admin {
            return Ok(Self { permissions: None });
        }
        match project.engine().permissions_of(caller).await? {
            Value::Object(permissions) => Ok(Self { permissions: Some(permissions) }),
            _ => Ok(Self { permissions: Some(Map::new()) }),
        }
    }

    pub(super) fn collection(&self, collection: &str) -> bool {
        let Some(permissions) = &self.permissions else {
            return true;
        };
        permissions
            .get(collection)
            .and_then(|actions| actions.get("read")?.get("access")?.as_str())
            .is_some_and(|access| access != "none")
    }

    pub(super) fn field(&self, collection: &str, field: &str) -> bool {
        let Some(permissions) = &self.permissions else {
            return true;
        };
        permissions
            .get(collection)
            .and_then(|actions| actions.get("read")?.get("fields")?.as_array())
            .is_some_and(|fields| fields.iter().any(|name| name == "*" || name == field))
    }
}

impl Project {
    /// `GET /collections`: the collections that the caller may read, as `{collection, meta,
    /// schema}`.
    pub async fn collections(&self, caller: &Caller) -> Result<Value, DataError> {
        let readable = Readable::by(self, caller).await?;
        let rows: Vec<CollectionRow> =
            sqlx::query_as("select * from directus_collections order by sort, collection")
                .fetch_all(self.pool())
                .await
                .map_err(DataError::internal)?;
        let own = rows
            .into_iter()
            .filter(|row| readable.collection(&row.collection))
            .map(CollectionRow::into_value);
        let system = SYSTEM.iter().filter(|name| readable.collection(name)).map(|name| {
            json!({
                "collection": name,
                "meta": {"collection": name, "system": true, "singleton": *name == "directus_settings"},
                "schema": {"name": name, "comment": null},
            })
        });
        Ok(own.chain(system).collect())
    }
}
