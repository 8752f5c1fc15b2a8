//! `/items/{collection}`, `/items/{collection}/{id}`, `/files`, `/roles`, `/users`.

use palisade_data::{Caller, DataBackend, DataError, Operation, Query, forbidden_collection};
use serde_json::Value;

use crate::Project;

/// The first of an array.
pub(super) fn first(data: Value) -> Option<Value> {
    match data {
        Value::Array(items) => items.into_iter().next(),
        _ => None,
    }
}

impl Project {
    /// `GET /items/{collection}`: an array of items.
    ///
    /// Errors: [`DataError::Forbidden`], also for collections that don't exist and for Directus's
    /// own, which have routes of theirs; [`DataError::InvalidQuery`].
    pub async fn items(
        &self,
        caller: &Caller,
        collection: &str,
        query: &Query,
    ) -> Result<Value, DataError> {
        if is_system(collection) {
            return Err(forbidden_collection(collection, "root"));
        }
        self.read(caller, collection, None, query).await
    }

    /// `GET /items/{collection}/{id}`: one item. The key is the last part of the path.
    ///
    /// Errors: as [`Self::items`]; an item that doesn't exist is forbidden like one that may not be
    /// read.
    pub async fn item(
        &self,
        caller: &Caller,
        collection: &str,
        key: &str,
        query: &Query,
    ) -> Result<Value, DataError> {
        let refused = || forbidden_collection(collection, "root");
        if is_system(collection) {
            return Err(refused());
        }
        let keys = Some(vec![Value::from(key)]);
        first(self.read(caller, collection, keys, query).await?).ok_or_else(refused)
    }

    /// `GET /files`: an array of files.
    ///
    /// Errors: as [`Self::items`].
    pub async fn files(&self, caller: &Caller, query: &Query) -> Result<Value, DataError> {
        self.read(caller, "directus_files", None, query).await
    }

    /// `GET /roles`: an array of roles.
    ///
    /// Errors: as [`Self::items`].
    pub async fn roles(&self, caller: &Caller, query: &Query) -> Result<Value, DataError> {
        self.read(caller, "directus_roles", None, query).await
    }

    /// `GET /users`: an array of users.
    ///
    /// Errors: as [`Self::items`].
    pub async fn users(&self, caller: &Caller, query: &Query) -> Result<Value, DataError> {
        self.read(caller, "directus_users", None, query).await
    }

    async fn read(
        &self,
        caller: &Caller,
        collection: &str,
        keys: Option<Vec<Value>>,
        query: &Query,
    ) -> Result<Value, DataError> {
        let operation =
            Operation::ReadItems { collection: collection.to_owned(), keys, query: query.clone() };
        Ok(self.engine().execute(caller, &operation).await?.data)
    }
}

/// Whether a collection is one of Directus's own, in any case of letters.
fn is_system(collection: &str) -> bool {
    collection.to_ascii_lowercase().starts_with("directus_")
}
