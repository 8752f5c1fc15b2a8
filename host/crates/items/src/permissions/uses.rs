//! Keeps book of the fields that an operation names, so that all of them are checked and put on
//! record, wherever they were named.

use std::collections::BTreeSet;

use palisade_data::{DataError, forbidden_collection, forbidden_fields};

use super::{Action, Rights};
use crate::schema::Collection;

/// What was named where, and what of it is refused.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    refused: Vec<Refusal>,
    /// Collections that the operation touches.
    pub(crate) collections: BTreeSet<String>,
    /// `collection.field` for each field that the operation touches.
    pub(crate) fields: BTreeSet<String>,
}

#[derive(Debug)]
struct Refusal {
    path: String,
    collection: String,
    /// Empty: the collection as a whole.
    fields: Vec<String>,
}

impl Uses {
    /// Names a collection for reading; false where that is refused.
    pub(crate) fn collection(&mut self, rights: &Rights, collection: &str, path: &str) -> bool {
        let allowed = rights.allows(collection, Action::Read);
        if allowed {
            self.collections.insert(collection.to_owned());
        } else {
            self.refuse_collection(collection, path);
        }
        allowed
    }

    /// Refuses a collection.
    pub(crate) fn refuse_collection(&mut self, collection: &str, path: &str) {
        self.refused.push(Refusal {
            path: path.to_owned(),
            collection: collection.to_owned(),
            fields: Vec::new(),
        });
    }

    /// Names a field whose value is to be shown; false where that is refused.
    pub(crate) fn show(
        &mut self,
        rights: &Rights,
        collection: &Collection,
        field: &str,
        path: &str,
    ) -> bool {
        let allowed = rights.allows_field(collection, field, Action::Read);
        self.note(allowed, collection, field, path)
    }

    /// Names a field by which items are found or ordered; false where that is refused.
    pub(crate) fn compare(
        &mut self,
        rights: &Rights,
        collection: &Collection,
        field: &str,
        path: &str,
    ) -> bool {
        let allowed = rights.allows_comparing(collection, field);
        self.note(allowed, collection, field, path)
    }

    /// Puts a field that was checked elsewhere on record.
    pub(crate) fn touch(&mut self, collection: &str, field: &str) {
        self.collections.insert(collection.to_owned());
        self.fields.insert(format!("{collection}.{field}"));
    }

    fn note(&mut self, allowed: bool, collection: &Collection, field: &str, path: &str) -> bool {
        if allowed {
            self.touch(&collection.name, field);
            return true;
        }
        let same = |refusal: &&mut Refusal| {
            refusal.path == path
                && refusal.collection == collection.name
                && !refusal.fields.is_empty()
        };
        match self.refused.iter_mut().find(same) {
            Some(refusal) if refusal.fields.iter().any(|known| known == field) => {}
            Some(refusal) => refusal.fields.push(field.to_owned()),
            None => self.refused.push(Refusal {
                path: path.to_owned(),
                collection: collection.name.clone(),
                fields: vec![field.to_owned()],
            }),
        }
        false
    }

    /// The refusal, if there is one: of a collection before one of fields.
    pub(crate) fn verdict(&self) -> Result<(), DataError> {
        if let Some(refusal) = self.refused.iter().find(|refusal| refusal.fields.is_empty()) {
            return Err(forbidden_collection(&refusal.collection, &refusal.path));
        }
        match self.refused.first() {
            Some(refusal) => {
                let fields: Vec<&str> = refusal.fields.iter().map(String::as_str).collect();
                Err(forbidden_fields(&fields, &refusal.collection, &refusal.path))
            }
            None => Ok(()),
        }
    }
}
