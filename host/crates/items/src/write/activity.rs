//! Puts writes on record: `directus_activity`, and `directus_revisions` for creates and updates.

use palisade_data::DataError;
use serde_json::{Map, Value};
use sqlx::SqliteConnection;

use crate::{engine::Session, permissions::Action, rows::key_text, schema::Collection};

/// What one write did to one item.
pub(super) struct Change<'c> {
    pub(super) action: Action,
    pub(super) key: &'c Value,
    /// The whole item afterwards, and what was set. None: no revision.
    pub(super) revision: Option<(Map<String, Value>, Map<String, Value>)>,
}

/// Records a change, as far as the collection's `accountability` says. Gives the revision's id.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    session: &Session<'_>,
    collection: &Collection,
    change: Change<'_>,
) -> Result<Option<i64>, DataError> {
    let kept = collection.accountability.as_deref();
    if !matches!(kept, Some("all" | "activity")) {
        return Ok(None);
    }
    let item = key_text(change.key);
    let activity = sqlx::query(
        "insert into directus_activity (action, \"user\", timestamp, ip, collection, item) \
         values (?, ?, ?, ?, ?, ?)",
    )
    .bind(change.action.name())
    .bind(session.caller.user.as_deref())
    .bind(session.values.now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
    .bind(session.caller.ip.map(|ip| ip.to_string()))
    .bind(&collection.name)
    .bind(&item)
    .execute(&mut *connection)
    .await
    .map_err(DataError::internal)?
    .last_insert_rowid();
    let Some((data, delta)) = change.revision.filter(|_| kept == Some("all")) else {
        return Ok(None);
    };
    let revision = sqlx::query(
        "insert into directus_revisions (activity, collection, item, data, delta) \
         values (?, ?, ?, ?, ?)",
    )
    .bind(activity)
    .bind(&collection.name)
    .bind(&item)
    .bind(Value::Object(data).to_string())
    .bind(Value::Object(delta).to_string())
    .execute(connection)
    .await
    .map_err(DataError::internal)?
    .last_insert_rowid();
    Ok(Some(revision))
}

/// Ties the revisions of nested items to that of the item they came with.
pub(super) async fn adopt(
    connection: &mut SqliteConnection,
    parent: Option<i64>,
    children: &[i64],
) -> Result<(), DataError> {
    let Some(parent) = parent else { return Ok(()) };
    for child in children {
        sqlx::query("update directus_revisions set parent = ? where id = ?")
            .bind(parent)
            .bind(child)
            .execute(&mut *connection)
            .await
            .map_err(DataError::internal)?;
    }
    Ok(())
}

/// What was set, as a revision keeps it: columns alone, secrets as asterisks.
pub(super) fn delta(collection: &Collection, payload: &Map<String, Value>) -> Map<String, Value> {
    payload
        .iter()
        .filter_map(|(name, value)| {
            let field = collection.field(name).filter(|field| field.is_column())?;
            let hidden = field.secret && !value.is_null();
            Some((name.clone(), if hidden { "**********".into() } else { value.clone() }))
        })
        .collect()
}
