//! Deleting items.

use palisade_data::{DataError, forbidden_action};
use serde_json::Value;
use sqlx::SqliteConnection;

use super::{
    Writer,
    activity::{self, Change},
    statements,
};
use crate::{permissions::Action, read, schema::Collection};

impl<'a> Writer<'a> {
    /// Deletes items, all of which the caller must be allowed to delete.
    pub(super) async fn delete(
        &mut self,
        connection: &mut SqliteConnection,
        collection: &Collection,
        keys: &[Value],
    ) -> Result<(), DataError> {
        self.count(keys.len())?;
        let session = self.session;
        let refused = || forbidden_action("delete", &collection.name);
        if !session.rights.allows(&collection.name, Action::Delete) || collection.system {
            return Err(refused());
        }
        let stored = read::keys_under(connection, session, collection, keys, Action::Delete, None)
            .await?
            .ok_or_else(refused)?;
        if stored.is_empty() {
            return Ok(());
        }
        let items = statements::whole_items(connection, collection, &stored).await?;
        statements::remove(connection, session, collection, &stored).await?;
        self.uses.touch(&collection.name, &collection.primary_key);
        for (key, _) in items {
            let change = Change { action: Action::Delete, key: &key, revision: None };
            activity::record(connection, session, collection, change).await?;
        }
        Ok(())
    }
}
