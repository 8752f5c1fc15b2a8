//! Updating items, with what is nested in the payload.

use std::{collections::BTreeSet, future::Future, pin::Pin};

use palisade_data::{DataError, forbidden_action};
use sea_query::{ExprTrait, Query as Sql, Value as SqlValue};
use serde_json::{Map, Value};
use sqlx::SqliteConnection;

use super::{
    Writer,
    activity::{self, Change},
    payload, statements,
};
use crate::{filter::Composer, permissions::Action, read, rows, schema::Collection};

impl<'a> Writer<'a> {
    /// Updates items with the same payload; gives their revisions. Boxed, because payloads nest.
    pub(super) fn update<'f>(
        &'f mut self,
        connection: &'f mut SqliteConnection,
        collection: &'f Collection,
        keys: &'f [Value],
        payload: Map<String, Value>,
        depth: usize,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<i64>, DataError>> + Send + 'f>> {
        Box::pin(async move {
            self.count(keys.len())?;
            let session = self.session;
            let mut payload = payload;
            payload::check_fields(session, collection, Action::Update, &payload)?;
            // An item keeps its key, whatever the payload says.
            payload.shift_remove(&collection.primary_key);
            let named: BTreeSet<String> = payload.keys().cloned().collect();
            let Some(stored) = self.updatable(connection, collection, keys, &named).await? else {
                return Err(forbidden_action("update", &collection.name));
            };
            let mut payload = payload::prepare(session, collection, Action::Update, payload)?;
            if stored.is_empty() {
                return Ok(Vec::new());
            }
            payload::fill(session, collection, Action::Update, &mut payload);
            for field in payload.keys() {
                self.uses.touch(&collection.name, field);
            }
            let mut nested = self.many_to_one(connection, collection, &mut payload, depth).await?;
            let values = statements::columns(collection, &payload)?;
            statements::set(connection, session, collection, &stored, &values).await?;
            let items = statements::whole_items(connection, collection, &stored).await?;
            // In the order of the keys as text, as in Directus: of two that ask for the same item the
            // last gets it.
            let mut in_order: Vec<&Value> = keys.iter().collect();
            in_order.sort_by_cached_key(|key| rows::key_text(key));
            for key in in_order {
                nested
                    .extend(self.one_to_many(connection, collection, key, &payload, depth).await?);
            }
            let delta = activity::delta(collection, &payload);
            let mut revisions = Vec::with_capacity(items.len());
            for (key, item) in items {
                let change = Change {
                    action: Action::Update,
                    key: &key,
                    revision: Some((item, delta.clone())),
                };
                revisions.extend(activity::record(connection, session, collection, change).await?);
            }
            activity::adopt(connection, revisions.first().copied(), &nested).await?;
            Ok(revisions)
        })
    }

    /// The keys in stored form, if every item may be updated and each named field is granted on each
    /// of them; else none. An administrator's keys are taken as they are: of no item is no error.
    async fn updatable(
        &self,
        connection: &mut SqliteConnection,
        collection: &Collection,
        keys: &[Value],
        fields: &BTreeSet<String>,
    ) -> Result<Option<Vec<SqlValue>>, DataError> {
        let Some(stored) = read::stored_keys(collection, keys) else { return Ok(None) };
        if stored.is_empty() || self.session.rights.is_administrator() {
            return Ok(Some(stored));
        }
        let select = {
            let composer = Composer::new(&self.session.schema, &self.session.rights);
            let table = composer.alias();
            let key = Composer::column(&table, &collection.primary_key);
            let mut select = Sql::select();
            select
                .expr(key.clone().count())
                .from_as(collection.name.clone(), table.clone())
                .and_where(key.is_in(stored.iter().cloned()))
                .and_where_option(composer.visible(collection, &table, Action::Update, None));
            for field in fields {
                select.and_where_option(composer.granted(
                    collection,
                    &table,
                    field,
                    Action::Update,
                ));
            }
            select
        };
        let found = match read::run(connection, &select).await?.first() {
            Some(row) => rows::number(row, 0)?.unwrap_or(0),
            None => 0,
        };
        Ok((usize::try_from(found) == Ok(stored.len())).then_some(stored))
    }
}
