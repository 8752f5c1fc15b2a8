//! Creating an item, with what is nested in it.

use std::{future::Future, pin::Pin};

use palisade_data::DataError;
use serde_json::{Map, Value};
use sqlx::SqliteConnection;

use super::{
    Writer, Written,
    activity::{self, Change},
    payload, statements,
};
use crate::{permissions::Action, read::bound, schema::Collection};

impl<'a> Writer<'a> {
    /// Creates an item. Boxed, because payloads nest.
    pub(super) fn create<'f>(
        &'f mut self,
        connection: &'f mut SqliteConnection,
        collection: &'f Collection,
        payload: Map<String, Value>,
        depth: usize,
    ) -> Pin<Box<dyn Future<Output = Result<Written, DataError>> + Send + 'f>> {
        Box::pin(async move {
            self.count(1)?;
            let session = self.session;
            payload::check_fields(session, collection, Action::Create, &payload)?;
            let mut payload = payload::prepare(session, collection, Action::Create, payload)?;
            if collection.singleton {
                self.refuse_second(connection, collection).await?;
            }
            payload::fill(session, collection, Action::Create, &mut payload);
            for field in payload.keys() {
                self.uses.touch(&collection.name, field);
            }
            let mut nested = self.many_to_one(connection, collection, &mut payload, depth).await?;
            let values = statements::columns(collection, &payload)?;
            let key = statements::insert(connection, session, collection, &values).await?;
            nested.extend(self.one_to_many(connection, collection, &key, &payload, depth).await?);
            let stored = [bound(&key)];
            let items = statements::whole_items(connection, collection, &stored).await?;
            let data = items.into_iter().next().map(|(_, item)| item).unwrap_or_default();
            let change = Change {
                action: Action::Create,
                key: &key,
                revision: Some((data, activity::delta(collection, &payload))),
            };
            let revision = activity::record(connection, session, collection, change).await?;
            activity::adopt(connection, revision, &nested).await?;
            Ok(Written { key, revision })
        })
    }

    /// A singleton has one item, which is updated rather than created again.
    async fn refuse_second(
        &self,
        connection: &mut SqliteConnection,
        collection: &Collection,
    ) -> Result<(), DataError> {
        let mut select = sea_query::Query::select();
        select.column(collection.primary_key.clone()).from(collection.name.clone()).limit(1);
        if crate::read::run(connection, &select).await?.is_empty() {
            return Ok(());
        }
        Err(DataError::InvalidPayload(format!(
            "Collection \"{}\" holds one item, which exists already; update it",
            collection.name
        )))
    }
}
