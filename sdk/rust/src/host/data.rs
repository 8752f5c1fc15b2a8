//! The project's data.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Error,
    content::{from_json, to_json},
};

/// The project's data, with exactly the permissions of the caller, and of the collections and actions
/// that were granted only. Each call is on record.
///
/// Errors are `denied` for what isn't granted or permitted, in the same words whether it exists or
/// not, and Directus's own otherwise, with Directus's code.
#[expect(clippy::missing_errors_doc, reason = "said once, at the trait")]
pub trait Data {
    /// [`describe`](Data::describe), as JSON text.
    fn describe_json(&self, collections: &[String]) -> Result<String, Error>;
    /// [`read`](Data::read), as JSON text.
    fn read_json(&self, collection: &str, query: &str) -> Result<String, Error>;
    /// [`create`](Data::create), as JSON text.
    fn create_json(&self, collection: &str, items: &str) -> Result<String, Error>;
    /// [`update`](Data::update), as JSON text.
    fn update_json(
        &self,
        collection: &str,
        keys: &[String],
        changes: &str,
    ) -> Result<String, Error>;
    /// Deletes the items with these keys, at most 500.
    fn delete(&self, collection: &str, keys: &[String]) -> Result<(), Error>;

    /// The fields of collections, with their types, as far as the caller may read them.
    fn describe<T: DeserializeOwned>(&self, collections: &[String]) -> Result<Vec<T>, Error> {
        from_json(&self.describe_json(collections)?)
    }

    /// Reads items. The query is Directus's: `fields`, `filter`, `sort`, `limit`, `offset`, `search`,
    /// `aggregate`, `groupBy`, `deep`, `alias`; `{}` for the first 100 items.
    fn read<T: DeserializeOwned>(
        &self,
        collection: &str,
        query: &impl Serialize,
    ) -> Result<Vec<T>, Error> {
        from_json(&self.read_json(collection, &to_json(query)?)?)
    }

    /// Creates items, at most 500, and gives them back as far as the caller may read them.
    fn create<T: DeserializeOwned>(
        &self,
        collection: &str,
        items: &[impl Serialize],
    ) -> Result<Vec<T>, Error> {
        from_json(&self.create_json(collection, &to_json(&items)?)?)
    }

    /// Changes the items with these keys, at most 500, and gives them back as far as the caller may
    /// read them.
    fn update<T: DeserializeOwned>(
        &self,
        collection: &str,
        keys: &[String],
        changes: &impl Serialize,
    ) -> Result<Vec<T>, Error> {
        from_json(&self.update_json(collection, keys, &to_json(changes)?)?)
    }
}
