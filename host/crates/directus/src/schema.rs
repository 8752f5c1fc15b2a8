//! The structure as a caller may see it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use moka::future::Cache;
use palisade_data::{Caller, DataError, Outcome, forbidden_collection};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::{
    Directus,
    rest::{Identity, IdentityDigest, Request, Rest},
};

/// How long what was read is kept. A change of the structure or of permissions that was made
/// elsewhere is noticed so late.
const KEPT: Duration = Duration::from_secs(30);
/// Permission sets whose structure is kept at most.
const MOST: u64 = 256;

/// Structures by permission set: who may see the same sees the same.
#[derive(Clone)]
pub(crate) struct Structures {
    rest: Rest,
    permissions: Cache<IdentityDigest, Arc<Permissions>>,
    structures: Cache<[u8; 32], Arc<Structure>>,
}

/// What `GET /permissions/me` says: collection → action → `{access, fields}`.
struct Permissions {
    digest: [u8; 32],
    by_collection: Map<String, Value>,
}

/// Collections with their fields and relations.
pub(crate) struct Structure {
    permissions: Arc<Permissions>,
    collections: BTreeMap<String, Collection>,
}

#[derive(Default)]
struct Collection {
    meta: Value,
    fields: Vec<Value>,
    primary_key: Option<String>,
    /// Field → (kind, related collection).
    relations: BTreeMap<String, (&'static str, String)>,
}

impl Structures {
    pub(crate) fn new(rest: Rest) -> Self {
        Self { rest, permissions: cache(), structures: cache() }
    }

    /// Forgets everything: the structure was changed.
    pub(crate) fn forget(&self) {
        self.structures.invalidate_all();
        self.permissions.invalidate_all();
    }

    pub(crate) async fn of(&self, caller: &Caller) -> Result<Arc<Structure>, DataError> {
        let identity = Identity::from(caller);
        let key = identity.digest();
        let permissions = match self.permissions.get(&key).await {
            Some(permissions) => permissions,
            None => {
                let request = Request::read(["permissions", "me"]);
                let read = Permissions::new(self.rest.data(identity, request).await?);
                let read = Arc::new(read);
                self.permissions.insert(key, Arc::clone(&read)).await;
                read
            }
        };
        if let Some(structure) = self.structures.get(&permissions.digest).await {
            return Ok(structure);
        }
        let (collections, fields, relations) = tokio::try_join!(
            self.rest.data(identity, Request::read(["collections"])),
            self.rest.data(identity, Request::read(["fields"])),
            self.rest.data(identity, Request::read(["relations"])),
        )?;
        let structure =
            Arc::new(Structure::new(Arc::clone(&permissions), collections, fields, &relations));
        self.structures.insert(permissions.digest, Arc::clone(&structure)).await;
        Ok(structure)
    }
}

fn cache<T: Send + Sync + 'static>() -> Cache<[u8; 32], Arc<T>> {
    Cache::builder().max_capacity(MOST).time_to_live(KEPT).build()
}

impl Permissions {
    fn new(data: Value) -> Self {
        let digest = Sha256::digest(data.to_string()).into();
        let by_collection = match data {
            Value::Object(by_collection) => by_collection,
            _ => Map::new(),
        };
        Self { digest, by_collection }
    }

    fn allows(&self, collection: &str, action: &str) -> bool {
        let access = self.by_collection.get(collection).and_then(|actions| actions.get(action));
        let access = access.and_then(|access| access.get("access")).and_then(Value::as_str);
        access.is_some_and(|access| access != "none")
    }

    fn allows_field(&self, collection: &str, action: &str, field: &str) -> bool {
        let fields = self.by_collection.get(collection).and_then(|actions| actions.get(action));
        let fields = fields.and_then(|access| access.get("fields")).and_then(Value::as_array);
        let named = |known: &Value| known == "*" || known == field;
        self.allows(collection, action) && fields.is_some_and(|fields| fields.iter().any(named))
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn array(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

impl Structure {
    fn new(
        permissions: Arc<Permissions>,
        collections: Value,
        fields: Value,
        relations: &Value,
    ) -> Self {
        let mut known: BTreeMap<String, Collection> = array(collections)
            .into_iter()
            // A folder of collections has no table.
            .filter(|entry| !entry["schema"].is_null())
            .filter_map(|mut entry| {
                let name = text(&entry, "/collection")?.to_owned();
                let meta = entry["meta"].take();
                Some((name, Collection { meta, ..Collection::default() }))
            })
            .collect();
        for field in array(fields) {
            let Some(collection) = text(&field, "/collection").and_then(|it| known.get_mut(it))
            else {
                continue;
            };
            if field.pointer("/schema/is_primary_key") == Some(&Value::Bool(true)) {
                collection.primary_key = text(&field, "/field").map(str::to_owned);
            }
            collection.fields.push(field);
        }
        for relation in relations.as_array().into_iter().flatten() {
            let (many, field) = (text(relation, "/collection"), text(relation, "/field"));
            let one = text(relation, "/related_collection");
            if let (Some(many), Some(field), Some(one)) = (many, field, one) {
                if let Some(collection) = known.get_mut(many) {
                    collection.relations.insert(field.into(), ("m2o", one.into()));
                }
                let back = text(relation, "/meta/one_field");
                if let (Some(back), Some(collection)) = (back, known.get_mut(one)) {
                    collection.relations.insert(back.into(), ("o2m", many.into()));
                }
            }
        }
        Self { permissions, collections: known }
    }

    /// Name of the primary key.
    pub(crate) fn primary_key(&self, collection: &str) -> Option<&str> {
        self.collections.get(collection)?.primary_key.as_deref()
    }

    /// Whether a collection has one item.
    pub(crate) fn is_singleton(&self, collection: &str) -> bool {
        let singleton = self.collections.get(collection).map(|known| &known.meta["singleton"]);
        singleton == Some(&Value::Bool(true))
    }

    fn usable(&self, collection: &str) -> bool {
        ["read", "create", "update"]
            .into_iter()
            .any(|action| self.permissions.allows(collection, action))
    }

    /// Collections that an overview names: the project's own, and those of Directus that they point
    /// to.
    fn overview(&self) -> Vec<&str> {
        let own = |name: &str| !name.starts_with("directus_");
        let pointed_to = |name: &str| {
            matches!(name, "directus_files" | "directus_folders")
                || self.collections.iter().any(|(from, collection)| {
                    own(from) && collection.relations.values().any(|(_, to)| to == name)
                })
        };
        let names = self.collections.keys().map(String::as_str);
        names.filter(|name| self.usable(name) && (own(name) || pointed_to(name))).collect()
    }

    fn shown_fields<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        let fields = self.collections.get(name).map_or(&[][..], |known| known.fields.as_slice());
        fields.iter().filter(move |field| {
            let field_name = text(field, "/field").unwrap_or_default();
            let presentation = field["schema"].is_null()
                && !self
                    .collections
                    .get(name)
                    .is_some_and(|known| known.relations.contains_key(field_name));
            !presentation
                && ["read", "create", "update"]
                    .into_iter()
                    .any(|action| self.permissions.allows_field(name, action, field_name))
        })
    }

    fn brief(&self, name: &str) -> Value {
        let fields: Vec<&str> =
            self.shown_fields(name).filter_map(|field| text(field, "/field")).collect();
        let meta = self.collections.get(name).map(|known| &known.meta);
        json!({
            "collection": name,
            "note": meta.map(|meta| &meta["note"]),
            "primary_key": self.primary_key(name),
            "fields": fields,
        })
    }

    fn in_full(&self, name: &str) -> Option<Value> {
        let known = self.collections.get(name)?;
        let mut described = Map::new();
        described.insert("collection".into(), name.into());
        described.insert("note".into(), known.meta["note"].clone());
        insert_translations(&mut described, &known.meta);
        described.insert("primary_key".into(), known.primary_key.clone().into());
        if let Some(template) = text(&known.meta, "/display_template") {
            described.insert("display_template".into(), template.into());
        }
        described.insert("singleton".into(), self.is_singleton(name).into());
        let fields: Vec<Value> =
            self.shown_fields(name).map(|field| self.field_in_full(known, field)).collect();
        described.insert("fields".into(), fields.into());
        let actions: Vec<&str> = ["read", "create", "update", "delete"]
            .into_iter()
            .filter(|action| self.permissions.allows(name, action))
            .collect();
        described.insert("actions".into(), actions.into());
        Some(described.into())
    }

    fn field_in_full(&self, collection: &Collection, field: &Value) -> Value {
        let (meta, schema) = (&field["meta"], &field["schema"]);
        let name = text(field, "/field").unwrap_or_default();
        let is = |value: &Value| value == &Value::Bool(true);
        let automatic = is(&schema["has_auto_increment"]) || is(&schema["is_generated"]);
        let no_null = schema["is_nullable"] == Value::Bool(false);
        let required =
            is(&meta["required"]) || (no_null && schema["default_value"].is_null() && !automatic);
        let mut described = Map::new();
        described.insert("field".into(), name.into());
        described.insert("type".into(), field["type"].clone());
        described.insert("required".into(), required.into());
        described.insert("readonly".into(), (is(&meta["readonly"]) || automatic).into());
        described.insert("note".into(), meta["note"].clone());
        insert_translations(&mut described, meta);
        described.insert("default".into(), schema["default_value"].clone());
        if let Some(choices) = meta.pointer("/options/choices").and_then(Value::as_array) {
            let values = choices.iter().map(|choice| match choice {
                Value::Object(choice) => choice.get("value").cloned().unwrap_or_default(),
                other => other.clone(),
            });
            described.insert("choices".into(), values.collect());
        }
        if let Some((kind, related)) = collection.relations.get(name)
            && self.permissions.allows(related, "read")
        {
            described.insert("relation".into(), json!({"type": kind, "collection": related}));
        }
        described.into()
    }
}

/// Names in other languages, by language.
fn insert_translations(described: &mut Map<String, Value>, meta: &Value) {
    let translations = meta["translations"].as_array().into_iter().flatten();
    let names: Map<String, Value> = translations
        .filter_map(|entry| {
            let language = text(entry, "/language")?;
            let translation = text(entry, "/translation")?;
            Some((language.to_owned(), translation.into()))
        })
        .collect();
    if !names.is_empty() {
        described.insert("translations".into(), names.into());
    }
}

impl Directus {
    /// Without names: an overview of the collections that the caller may use. With names: these in
    /// full. The shapes are those of the embedded project, with names in other languages.
    pub(crate) async fn schema(
        &self,
        caller: &Caller,
        names: Option<&[String]>,
    ) -> Result<Outcome, DataError> {
        let structure = self.structures.of(caller).await?;
        let (described, collections): (Vec<Value>, Vec<String>) = match names {
            None => structure
                .overview()
                .into_iter()
                .map(|name| (structure.brief(name), name.to_owned()))
                .unzip(),
            Some(names) => names
                .iter()
                .map(|name| {
                    let usable = structure.usable(name).then(|| structure.in_full(name)).flatten();
                    let described = usable.ok_or_else(|| forbidden_collection(name, "root"))?;
                    Ok((described, name.clone()))
                })
                .collect::<Result<Vec<_>, DataError>>()?
                .into_iter()
                .unzip(),
        };
        let fields = match names {
            None => Vec::new(),
            Some(_) => described.iter().flat_map(named_fields).collect(),
        };
        Ok(Outcome {
            items: described.len(),
            data: described.into(),
            collections,
            fields,
            ..Outcome::default()
        })
    }

    pub(crate) fn forget_structure(&self) {
        self.structures.forget();
    }

    /// Name of a collection's primary key, where the caller may see it.
    pub(crate) async fn primary_key(&self, caller: &Caller, collection: &str) -> Option<String> {
        if collection.starts_with("directus_") {
            return Some("id".into());
        }
        let structure = self.structures.of(caller).await.ok()?;
        structure.primary_key(collection).map(str::to_owned)
    }

    pub(crate) async fn is_singleton(
        &self,
        caller: &Caller,
        collection: &str,
    ) -> Result<bool, DataError> {
        if collection.starts_with("directus_") {
            return Ok(false);
        }
        Ok(self.structures.of(caller).await?.is_singleton(collection))
    }
}

fn named_fields(described: &Value) -> Vec<String> {
    let collection = text(described, "/collection").unwrap_or_default();
    let fields = described["fields"].as_array().into_iter().flatten();
    fields.filter_map(|field| Some(format!("{collection}.{}", text(field, "/field")?))).collect()
}
