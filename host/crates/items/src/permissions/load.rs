//! Permission rows as they are stored.

use std::collections::BTreeSet;

use palisade_data::DataError;
use sea_query::{Expr, ExprTrait, Order, Query, SqliteQueryBuilder};
use sea_query_sqlx::SqlxBinder;
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::Action;
use crate::rows::{json, list, text};

/// Names of the fields that a permission grants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FieldList {
    All,
    Names(BTreeSet<String>),
}

impl FieldList {
    pub(crate) fn contains(&self, field: &str) -> bool {
        match self {
            Self::All => true,
            Self::Names(names) => names.contains(field),
        }
    }

    fn of(names: Vec<String>) -> Self {
        if names.iter().any(|name| name == "*") {
            Self::All
        } else {
            Self::Names(names.into_iter().collect())
        }
    }

    /// As Directus writes it: a list, `["*"]` for all.
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Self::All => vec!["*".to_owned()],
            Self::Names(names) => names.iter().cloned().collect(),
        }
    }
}

/// A row of `directus_permissions`, before dynamic values are put in.
#[derive(Debug, Clone)]
pub(crate) struct PermissionRow {
    pub(crate) collection: String,
    pub(crate) action: Action,
    pub(crate) fields: FieldList,
    pub(crate) rule: Option<Value>,
    pub(crate) validation: Option<Value>,
    pub(crate) presets: Option<Value>,
}

impl PermissionRow {
    pub(crate) fn new(collection: &str, action: Action, fields: &[&str], rule: Value) -> Self {
        Self {
            collection: collection.to_owned(),
            action,
            fields: FieldList::of(fields.iter().map(|field| (*field).to_owned()).collect()),
            rule: meaningful(Some(rule)),
            validation: None,
            presets: None,
        }
    }
}

/// Null and `{}` say nothing; anything else counts.
fn meaningful(value: Option<Value>) -> Option<Value> {
    value.filter(|value| !value.is_null() && value.as_object().is_none_or(|map| !map.is_empty()))
}

/// Loads the rows of policies, in the order of the policies.
pub(crate) async fn load(
    connection: &mut SqliteConnection,
    policies: &[String],
) -> Result<Vec<PermissionRow>, DataError> {
    if policies.is_empty() {
        return Ok(Vec::new());
    }
    let (sql, values) = Query::select()
        .columns([
            "policy",
            "collection",
            "action",
            "fields",
            "permissions",
            "validation",
            "presets",
        ])
        .from("directus_permissions")
        .and_where(Expr::col("policy").is_in(policies.iter().map(String::as_str)))
        .order_by("id", Order::Asc)
        .build_sqlx(SqliteQueryBuilder);
    let rows = sqlx::query_with(AssertSqlSafe(sql), values)
        .fetch_all(connection)
        .await
        .map_err(DataError::internal)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let policy = text(&row, 0)?.unwrap_or_default();
        let position = policies.iter().position(|id| *id == policy).unwrap_or(policies.len());
        let Some(action) = text(&row, 2)?.as_deref().and_then(Action::parse) else { continue };
        found.push((
            position,
            PermissionRow {
                collection: text(&row, 1)?.unwrap_or_default(),
                action,
                fields: FieldList::of(list(&row, 3)?),
                rule: meaningful(json(&row, 4)?),
                validation: meaningful(json(&row, 5)?),
                presets: meaningful(json(&row, 6)?),
            },
        ));
    }
    found.sort_by_key(|(position, _)| *position);
    Ok(found.into_iter().map(|(_, row)| row).collect())
}

/// Presets of a row as an object.
pub(crate) fn preset_object(value: Option<&Value>) -> Map<String, Value> {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}
