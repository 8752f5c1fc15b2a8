//! Items nested in a payload. Each level is written with the caller's rights on its own collection.

use std::collections::HashSet;

use palisade_data::{DataError, forbidden_action};
use serde_json::{Map, Value};
use sqlx::SqliteConnection;

use super::{Writer, payload, statements};
use crate::{
    filter::coerce,
    limits::MAXIMUM_DEPTH,
    permissions::Action,
    rows::key_text,
    schema::{Collection, Field, Relation},
};

/// What a one-to-many field's value asks for.
struct Changes {
    create: Vec<Map<String, Value>>,
    update: Vec<Map<String, Value>>,
    /// Keys in the list that stand by themselves: of items that have to exist.
    named: Vec<Value>,
    remove: Vec<Value>,
    /// The list is the whole list: items that point here and aren't in it are let go.
    complete: bool,
}

impl<'a> Writer<'a> {
    /// Writes objects in many-to-one fields, and puts their keys in place. Gives revisions.
    pub(super) async fn many_to_one(
        &mut self,
        connection: &mut SqliteConnection,
        collection: &Collection,
        payload: &mut Map<String, Value>,
        depth: usize,
    ) -> Result<Vec<i64>, DataError> {
        let mut revisions = Vec::new();
        let session = self.session;
        for (name, value) in payload.iter_mut() {
            let Value::Object(object) = &*value else { continue };
            let Some(Relation::ManyToOne { collection: related }) =
                collection.field(name).and_then(|field| field.relation.as_ref())
            else {
                continue;
            };
            let Some(related) = session.schema.collection(related) else { continue };
            deep_enough(depth)?;
            let object = object.clone();
            // An object with nothing but the key of an item only points there.
            let key = object.get(&related.primary_key).filter(|_| object.len() == 1).cloned();
            if let Some(key) = key
                && self.is_there(connection, related, &key).await?
            {
                *value = key;
                continue;
            }
            let (key, revision) = self.upsert(connection, related, object, depth + 1).await?;
            revisions.extend(revision);
            *value = key;
        }
        Ok(revisions)
    }

    /// Writes the lists in one-to-many fields for an item. Gives revisions.
    pub(super) async fn one_to_many(
        &mut self,
        connection: &mut SqliteConnection,
        collection: &Collection,
        parent: &Value,
        payload: &Map<String, Value>,
        depth: usize,
    ) -> Result<Vec<i64>, DataError> {
        let mut revisions = Vec::new();
        let session = self.session;
        for (name, value) in payload {
            let Some(field) = collection.field(name) else { continue };
            let Some(Relation::OneToMany { collection: related, field: column, deletes, .. }) =
                &field.relation
            else {
                continue;
            };
            let Some(related) = session.schema.collection(related) else { continue };
            deep_enough(depth)?;
            let mut changes = changes(field, related, value)?;
            self.refuse_strangers(connection, related, &changes.named).await?;
            let present = statements::children(connection, related, column, parent).await?;
            let here: HashSet<String> = present.iter().map(key_text).collect();
            if changes.complete {
                let kept: HashSet<String> = changes
                    .update
                    .iter()
                    .filter_map(|item| identity(related, item))
                    .chain(changes.named.iter().map(key_text))
                    .collect();
                changes.remove = present;
                changes.remove.retain(|key| !kept.contains(&key_text(key)));
            } else {
                // Only what belongs to this item can be taken away from it.
                changes.remove.retain(|key| here.contains(&key_text(key)));
            }
            for mut item in changes.create {
                item.insert(column.clone(), parent.clone());
                let written = self.create(connection, related, item, depth + 1).await?;
                revisions.extend(written.revision);
            }
            // What points here already is left to.
            let point = |key: &str, item: &mut Map<String, Value>| {
                if !here.contains(key) {
                    item.insert(column.clone(), parent.clone());
                }
            };
            for mut item in changes.update {
                let Some(identity) = identity(related, &item) else { continue };
                point(&identity, &mut item);
                // A list names what there is to be, "update" what there is.
                if changes.complete {
                    let (_, written) = self.upsert(connection, related, item, depth + 1).await?;
                    revisions.extend(written);
                } else if let Some(key) = item.shift_remove(&related.primary_key) {
                    let one = std::slice::from_ref(&key);
                    revisions.extend(self.update(connection, related, one, item, depth + 1).await?);
                }
            }
            for key in &changes.named {
                let mut item = Map::new();
                point(&key_text(key), &mut item);
                if !item.is_empty() {
                    let one = std::slice::from_ref(key);
                    revisions.extend(self.update(connection, related, one, item, depth + 1).await?);
                }
            }
            if changes.remove.is_empty() {
                continue;
            }
            if *deletes {
                self.delete(connection, related, &changes.remove).await?;
            } else {
                let free = Map::from_iter([(column.clone(), Value::Null)]);
                let remove = &changes.remove;
                revisions.extend(self.update(connection, related, remove, free, depth + 1).await?);
            }
        }
        Ok(revisions)
    }

    /// Refuses keys of items that don't exist, before anything of the list is written.
    async fn refuse_strangers(
        &self,
        connection: &mut SqliteConnection,
        collection: &Collection,
        keys: &[Value],
    ) -> Result<(), DataError> {
        for key in keys {
            if !self.is_there(connection, collection, key).await? {
                return Err(forbidden_action("update", &collection.name));
            }
        }
        Ok(())
    }

    async fn is_there(
        &self,
        connection: &mut SqliteConnection,
        collection: &Collection,
        key: &Value,
    ) -> Result<bool, DataError> {
        let Some(field) = collection.field(&collection.primary_key) else { return Ok(false) };
        let stored = payload::stored(collection, field, key)?;
        statements::exists(connection, collection, &stored).await
    }

    /// Updates the item that an object names by its key, or creates it.
    async fn upsert(
        &mut self,
        connection: &mut SqliteConnection,
        collection: &Collection,
        mut item: Map<String, Value>,
        depth: usize,
    ) -> Result<(Value, Vec<i64>), DataError> {
        let key = item.get(&collection.primary_key).filter(|key| !key.is_null()).cloned();
        let stored = match (&key, collection.field(&collection.primary_key)) {
            (Some(key), Some(field)) => Some(payload::stored(collection, field, key)?),
            _ => None,
        };
        let named = key.is_some();
        if let (Some(key), Some(stored)) = (key, stored)
            && statements::exists(connection, collection, &stored).await?
        {
            item.shift_remove(&collection.primary_key);
            let one = std::slice::from_ref(&key);
            let revisions = self.update(connection, collection, one, item, depth).await?;
            return Ok((key, revisions));
        }
        if named && !self.session.rights.allows(&collection.name, Action::Create) {
            // The same refusal as for an item that exists and may not be updated.
            return Err(forbidden_action("update", &collection.name));
        }
        let written = self.create(connection, collection, item, depth).await?;
        Ok((written.key, written.revision.into_iter().collect()))
    }
}

/// Reads a one-to-many value: a list of keys and objects, or `{create, update, delete}`.
fn changes(field: &Field, related: &Collection, value: &Value) -> Result<Changes, DataError> {
    let invalid = || {
        DataError::InvalidPayload(format!(
            "Field \"{}\" takes a list of keys and objects, or an object with the lists \"create\", \
             \"update\" and \"delete\"",
            field.name
        ))
    };
    let mut changes = Changes {
        create: Vec::new(),
        update: Vec::new(),
        named: Vec::new(),
        remove: Vec::new(),
        complete: false,
    };
    match value {
        Value::Null => changes.complete = true,
        Value::Array(values) => {
            changes.complete = true;
            for value in values {
                match value {
                    Value::Object(item) if identity(related, item).is_some() => {
                        changes.update.push(item.clone());
                    }
                    Value::Object(item) => changes.create.push(item.clone()),
                    key if coerce(key, related.key_type()).is_ok() => {
                        changes.named.push(key.clone());
                    }
                    _ => return Err(invalid()),
                }
            }
        }
        Value::Object(lists) => {
            for (name, list) in lists {
                let values = list.as_array().ok_or_else(invalid)?;
                for value in values {
                    match (name.as_str(), value) {
                        ("create", Value::Object(item)) => changes.create.push(item.clone()),
                        ("update", Value::Object(item)) if identity(related, item).is_some() => {
                            changes.update.push(item.clone());
                        }
                        ("delete", key) if coerce(key, related.key_type()).is_ok() => {
                            changes.remove.push(key.clone());
                        }
                        _ => return Err(invalid()),
                    }
                }
            }
        }
        _ => return Err(invalid()),
    }
    Ok(changes)
}

/// The key in an item as text.
fn identity(collection: &Collection, item: &Map<String, Value>) -> Option<String> {
    item.get(&collection.primary_key).filter(|key| !key.is_null()).map(key_text)
}

fn deep_enough(depth: usize) -> Result<(), DataError> {
    if depth >= MAXIMUM_DEPTH {
        return Err(DataError::InvalidPayload(format!(
            "Items are nested deeper than {MAXIMUM_DEPTH} levels"
        )));
    }
    Ok(())
}
