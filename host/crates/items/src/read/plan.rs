//! Plans a read: which fields and relations, each checked, before anything is fetched.

use std::collections::BTreeSet;

use palisade_data::{DataError, Query};
use serde_json::{Map, Value};

use super::{
    root_limit, root_offset,
    search::Search,
    sort::{self, SortKey},
};
use crate::{
    engine::Session,
    filter::{FieldReference, Filter, FilterParser, Path, segments},
    limits::{MAXIMUM_NAMES, MAXIMUM_RELATIONS},
    permissions::{Action, FieldList, Uses},
    schema::{Collection, FieldType, Relation},
};

/// What stands under a key of an item.
#[derive(Debug)]
pub(crate) enum Content<'a> {
    /// A field's value, or a function of it.
    Value(FieldReference),
    /// A field whose value nobody gets: asterisks where there is one.
    Concealed(FieldReference),
    /// The item that a many-to-one field points to.
    One { field: String, node: Node<'a> },
    /// The items that point here with `column`; as bare primary keys where `flat`.
    Many { field: String, column: String, node: Node<'a>, flat: bool },
}

/// A key of an item and what stands under it.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) key: String,
    pub(crate) content: Content<'a>,
}

/// The plan for one collection at one place of a query.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) collection: &'a Collection,
    pub(crate) entries: Vec<Entry<'a>>,
    pub(crate) filter: Option<Filter>,
    pub(crate) search: Option<Search>,
    pub(crate) sort: Vec<SortKey>,
    pub(crate) limit: u64,
    pub(crate) offset: u64,
    /// Whether the query itself set a limit.
    pub(crate) limited: bool,
    /// Fields that are shown: item rules that grant none of them open nothing here.
    pub(crate) requested: BTreeSet<String>,
}

/// Parameters that a `deep` query takes, as messages have them.
const DEEP: &str = "_filter, _sort, _limit, _offset, _page, _search, _alias";

/// A key of the result while its paths are collected.
struct Slot {
    key: String,
    reference: FieldReference,
    /// Paths below a relation; empty: the field itself.
    below: Vec<String>,
    /// Whether the field is named by itself too.
    own: bool,
    /// Whether a wildcard brought it in, so that what may not be read is left out in silence.
    wild: bool,
}

/// Plans the nodes of one read.
pub(crate) struct Planner<'a, 'u> {
    session: &'a Session<'a>,
    uses: &'u mut Uses,
    relations: usize,
}

impl<'a, 'u> Planner<'a, 'u> {
    pub(crate) fn new(session: &'a Session<'a>, uses: &'u mut Uses) -> Self {
        Self { session, uses, relations: 0 }
    }

    /// Plans the whole query.
    pub(crate) fn root(
        &mut self,
        collection: &'a Collection,
        query: &Query,
    ) -> Result<Node<'a>, DataError> {
        self.node(collection, query, &Path::default())
    }

    fn node(
        &mut self,
        collection: &'a Collection,
        query: &Query,
        path: &Path,
    ) -> Result<Node<'a>, DataError> {
        let slots = self.slots(collection, query, path)?;
        let mut requested = BTreeSet::new();
        let mut named: BTreeSet<String> = BTreeSet::new();
        let mut entries = Vec::with_capacity(slots.len());
        for slot in slots {
            named.insert(slot.key.clone());
            let deep = query.deep.get(&slot.key);
            if let Some(content) = self.content(collection, &slot, deep, path)? {
                requested.insert(slot.reference.field.clone());
                entries.push(Entry { key: slot.key, content });
            }
        }
        for (key, deep) in query.deep.iter().filter(|(key, _)| !named.contains(*key)) {
            self.check_unused_deep(collection, key, deep, query, path)?;
        }
        let rights = &self.session.rights;
        let filter = match &query.filter {
            Some(filter) => Some(
                FilterParser::for_caller(&self.session.schema, rights, self.uses)
                    .parse(filter, collection, path)?,
            ),
            None => None,
        };
        let search = Search::plan(query.search.as_deref(), rights, collection, self.uses)?;
        let schema = &self.session.schema;
        let sort = sort::plan(&query.sort, schema, rights, collection, path, self.uses)?;
        let limit = root_limit(query);
        Ok(Node {
            collection,
            entries,
            filter,
            search,
            sort,
            limit,
            offset: root_offset(query, limit),
            limited: query.limit.is_some(),
            requested,
        })
    }

    /// Collects the paths of `fields` under the keys of the result.
    fn slots(
        &mut self,
        collection: &Collection,
        query: &Query,
        path: &Path,
    ) -> Result<Vec<Slot>, DataError> {
        if query.fields.len() > MAXIMUM_NAMES {
            return Err(invalid(format!("\"fields\" names more than {MAXIMUM_NAMES} fields")));
        }
        let everything = ["*".to_owned()];
        let fields: &[String] = if query.fields.is_empty() { &everything } else { &query.fields };
        let mut slots: Vec<Slot> = Vec::new();
        for name in fields {
            let parts = segments(name);
            let Some((first, below)) = parts.split_first() else { continue };
            let below = (!below.is_empty()).then(|| below.join("."));
            if first == "*" {
                self.wildcard(collection, below.as_ref(), &mut slots);
                continue;
            }
            if first.contains(':') {
                return Err(invalid(format!(
                    "\"{first}\" goes through a relation to several collections, which this \
                     project can't follow"
                )));
            }
            let aliased = alias(query, first)?;
            let reference = match aliased {
                Some(target) => FieldReference::plain(target),
                None => FieldReference::parse(first).map_err(DataError::InvalidQuery)?,
            };
            if !self.uses.show(&self.session.rights, collection, &reference.field, &path.name()) {
                continue;
            }
            let key = if aliased.is_some() { first.clone() } else { reference.key() };
            add(&mut slots, key, reference, below, false);
        }
        Ok(slots)
    }

    /// `*`: the fields that may be shown; with something below, their relations followed.
    fn wildcard(&mut self, collection: &Collection, below: Option<&String>, slots: &mut Vec<Slot>) {
        for field in &collection.fields {
            let shown = match field.relation {
                Some(Relation::OneToMany { .. }) => true,
                _ => field.is_column() && field.kind != FieldType::Binary,
            };
            let rights = &self.session.rights;
            if !shown || !rights.allows_field(collection, &field.name, Action::Read) {
                continue;
            }
            self.uses.touch(&collection.name, &field.name);
            let followed = match field.relation {
                Some(Relation::ManyToOne { .. } | Relation::OneToMany { .. }) => below.cloned(),
                _ => None,
            };
            // Directus reads `*.*` as the granted names and, where all are granted, each with what is
            // below: a name that is granted both ways stands for itself too.
            let rules = rights.rules(&collection.name, Action::Read).iter();
            let lists = rules.filter(|rule| rule.fields.contains(&field.name));
            let (all, named): (Vec<_>, Vec<_>) =
                lists.partition(|rule| rule.fields == FieldList::All);
            if followed.is_some() && !all.is_empty() && !named.is_empty() {
                add(slots, field.name.clone(), FieldReference::plain(&field.name), None, true);
            }
            add(slots, field.name.clone(), FieldReference::plain(&field.name), followed, true);
        }
    }

    /// What stands under a slot's key; none where it is left out or refused.
    fn content(
        &mut self,
        collection: &'a Collection,
        slot: &Slot,
        deep: Option<&Value>,
        path: &Path,
    ) -> Result<Option<Content<'a>>, DataError> {
        let reference = &slot.reference;
        let Some(field) = collection.field(&reference.field) else { return Ok(None) };
        if let Some(function) = reference.function {
            if field.secret || !function.suits(field) || !slot.below.is_empty() {
                return Err(invalid(format!(
                    "\"{}()\" can't be used on field \"{}\"",
                    function.name(),
                    field.name
                )));
            }
            if let Some(Relation::OneToMany { collection: related, .. }) = &field.relation {
                let path = path.then(&slot.key)?;
                if !self.uses.collection(&self.session.rights, related, &path.name()) {
                    return Ok(None);
                }
            }
            return Ok(Some(Content::Value(reference.clone())));
        }
        if field.secret {
            return Ok(Some(Content::Concealed(reference.clone())));
        }
        let rights = &self.session.rights;
        let related = match &field.relation {
            // The key of an item out of reach is shown where it is asked for.
            Some(Relation::ManyToOne { collection })
                if slot.own && !rights.allows(collection, Action::Read) =>
            {
                return Ok(Some(Content::Value(reference.clone())));
            }
            Some(Relation::ManyToOne { collection }) if !slot.below.is_empty() => collection,
            Some(Relation::OneToMany { collection, .. }) => collection,
            _ if slot.below.is_empty() => return Ok(Some(Content::Value(reference.clone()))),
            _ => {
                return Err(invalid(format!(
                    "Field \"{}\" isn't a relation that can be followed",
                    field.name
                )));
            }
        };
        let Some((node, flat)) = self.related(related, slot, deep, path)? else { return Ok(None) };
        let name = field.name.clone();
        Ok(Some(match &field.relation {
            Some(Relation::OneToMany { field: column, .. }) => {
                Content::Many { field: name, column: column.clone(), node, flat }
            }
            _ => Content::One { field: name, node },
        }))
    }

    /// The node behind a relation, and whether it gives bare keys.
    fn related(
        &mut self,
        related: &str,
        slot: &Slot,
        deep: Option<&Value>,
        path: &Path,
    ) -> Result<Option<(Node<'a>, bool)>, DataError> {
        self.relations += 1;
        if self.relations > MAXIMUM_RELATIONS {
            return Err(invalid(format!(
                "The query follows more than {MAXIMUM_RELATIONS} relations"
            )));
        }
        let path = path.then(&slot.key)?;
        let session = self.session;
        let rights = &session.rights;
        let readable = rights.allows(related, Action::Read);
        // As in Directus, a relation into a collection out of reach is left out without a word.
        if !readable {
            return Ok(None);
        }
        self.uses.collection(rights, related, &path.name());
        let Some(collection) = session.schema.collection(related) else { return Ok(None) };
        let flat = slot.below.is_empty();
        let key = &collection.primary_key;
        let readable = rights.allows_field(collection, key, Action::Read);
        if flat && slot.wild && !readable {
            return Ok(None);
        }
        let fields = if flat { vec![key.clone()] } else { slot.below.clone() };
        let query = deep_query(deep, fields, &slot.key)?;
        Ok(Some((self.node(collection, &query, &path)?, flat)))
    }

    /// A `deep` query for a relation that isn't read changes nothing, but is checked all the same.
    fn check_unused_deep(
        &mut self,
        collection: &'a Collection,
        key: &str,
        deep: &Value,
        query: &Query,
        path: &Path,
    ) -> Result<(), DataError> {
        let field = alias(query, key)?.unwrap_or(key);
        if !self.uses.show(&self.session.rights, collection, field, &path.name()) {
            return Ok(());
        }
        let relation = collection.field(field).and_then(|field| field.relation.as_ref());
        let (Some(Relation::ManyToOne { collection: related })
        | Some(Relation::OneToMany { collection: related, .. })) = relation
        else {
            return Err(invalid(format!("\"deep\" names \"{key}\", which isn't a relation")));
        };
        let slot = Slot {
            key: key.to_owned(),
            reference: FieldReference::plain(field),
            below: Vec::new(),
            own: true,
            wild: false,
        };
        self.related(related, &slot, Some(deep), path).map(drop)
    }
}

fn add(
    slots: &mut Vec<Slot>,
    key: String,
    reference: FieldReference,
    below: Option<String>,
    wild: bool,
) {
    match slots.iter_mut().find(|slot| slot.key == key) {
        Some(slot) => {
            slot.own |= below.is_none();
            slot.below.extend(below);
            slot.wild &= wild;
        }
        None => slots.push(Slot {
            key,
            reference,
            own: below.is_none(),
            below: below.into_iter().collect(),
            wild,
        }),
    }
}

/// The field that an alias stands for.
fn alias<'q>(query: &'q Query, name: &str) -> Result<Option<&'q str>, DataError> {
    match query.alias.get(name) {
        None => Ok(None),
        Some(Value::String(field)) if !field.contains(['.', '(', ':']) => Ok(Some(field)),
        Some(_) => Err(invalid(format!(
            "\"alias\" for \"{name}\" has to be the name of one field of the same collection"
        ))),
    }
}

/// The query for a related collection, from its part of `deep`.
fn deep_query(deep: Option<&Value>, fields: Vec<String>, name: &str) -> Result<Query, DataError> {
    let mut parameters = Map::new();
    let mut nested = Map::new();
    match deep {
        None | Some(Value::Null) => {}
        Some(Value::Object(object)) => {
            for (key, value) in object {
                match key.strip_prefix('_') {
                    Some("filter" | "sort" | "limit" | "offset" | "page" | "search" | "alias") => {
                        parameters.insert(key.trim_start_matches('_').to_owned(), value.clone());
                    }
                    Some(_) => {
                        return Err(invalid(format!(
                            "\"{key}\" can't be used in \"deep\" for \"{name}\"; there are {DEEP}"
                        )));
                    }
                    None => {
                        nested.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        Some(_) => return Err(invalid(format!("\"deep\" for \"{name}\" has to be an object"))),
    }
    let mut query = Query::from_json(&Value::Object(parameters))
        .map_err(|error| invalid(format!("In \"deep\" for \"{name}\": {error}")))?;
    query.fields = fields;
    query.deep = nested;
    Ok(query)
}

fn invalid(reason: impl Into<String>) -> DataError {
    DataError::InvalidQuery(reason.into())
}
