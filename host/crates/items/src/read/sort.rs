//! Sorting, through many-to-one fields and functions too.

use palisade_data::DataError;
use sea_query::{Expr, Order};

use crate::{
    filter::{Composer, FieldReference, Path, View, segments},
    limits::MAXIMUM_NAMES,
    permissions::{Rights, Uses},
    schema::{Collection, Relation, SchemaSnapshot},
};

/// One sort key.
#[derive(Debug, Clone)]
pub(crate) struct SortKey {
    hops: Vec<(String, String)>,
    field: FieldReference,
    descending: bool,
}

/// Plans sort keys; without any, the collection's sort field where the caller may sort by it.
pub(crate) fn plan(
    names: &[String],
    schema: &SchemaSnapshot,
    rights: &Rights,
    collection: &Collection,
    path: &Path,
    uses: &mut Uses,
) -> Result<Vec<SortKey>, DataError> {
    if names.len() > MAXIMUM_NAMES {
        return Err(DataError::InvalidQuery(format!(
            "\"sort\" names more than {MAXIMUM_NAMES} fields"
        )));
    }
    if names.is_empty() {
        let field = collection.sort_field.as_deref();
        return Ok(field
            .filter(|field| rights.allows_comparing(collection, field))
            .map(|field| SortKey {
                hops: Vec::new(),
                field: FieldReference::plain(field),
                descending: false,
            })
            .into_iter()
            .collect());
    }
    let mut keys = Vec::with_capacity(names.len());
    for name in names {
        let (descending, name) = match name.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, name.strip_prefix('+').unwrap_or(name)),
        };
        if let Some(key) = key(name, schema, rights, collection, path, uses)? {
            keys.push(SortKey { descending, ..key });
        }
    }
    Ok(keys)
}

/// One key; none where it is refused, which `uses` remembers.
fn key(
    name: &str,
    schema: &SchemaSnapshot,
    rights: &Rights,
    root: &Collection,
    path: &Path,
    uses: &mut Uses,
) -> Result<Option<SortKey>, DataError> {
    let segments = segments(name);
    let Some((last, relations)) = segments.split_last() else { return Ok(None) };
    let (mut collection, mut path, mut hops) = (root, path.clone(), Vec::new());
    for segment in relations {
        if !uses.compare(rights, collection, segment, &path.name()) {
            return Ok(None);
        }
        let Some(Relation::ManyToOne { collection: related }) =
            collection.field(segment).and_then(|field| field.relation.as_ref())
        else {
            return Err(DataError::InvalidQuery(format!(
                "Items can't be sorted through \"{segment}\": it doesn't point to one item"
            )));
        };
        path = path.then(segment)?;
        if !uses.collection(rights, related, &path.name()) {
            return Ok(None);
        }
        let Some(next) = schema.collection(related) else { return Ok(None) };
        hops.push((segment.clone(), related.clone()));
        collection = next;
    }
    let reference = FieldReference::parse(last).map_err(DataError::InvalidQuery)?;
    if !uses.compare(rights, collection, &reference.field, &path.name()) {
        return Ok(None);
    }
    let Some(field) = collection.field(&reference.field) else { return Ok(None) };
    match reference.function {
        Some(function) if !function.suits(field) => {
            return Err(DataError::InvalidQuery(format!(
                "\"{}()\" can't be used on field \"{}\"",
                function.name(),
                field.name
            )));
        }
        None if !field.is_column() => {
            return Err(DataError::InvalidQuery(format!(
                "Items can't be sorted by \"{}\": it holds a list of related items",
                field.name
            )));
        }
        _ => {}
    }
    if let (Some(_), Some(Relation::OneToMany { collection: related, .. })) =
        (reference.function, &field.relation)
        && !uses.collection(rights, related, &path.then(&field.name)?.name())
    {
        return Ok(None);
    }
    Ok(Some(SortKey { hops, field: reference, descending: false }))
}

impl SortKey {
    /// The expression to order by, seen by the caller.
    pub(crate) fn expression(
        &self,
        composer: &Composer<'_>,
        collection: &Collection,
        table: &str,
    ) -> (Expr, Order) {
        let expression =
            composer.through(collection, table, &self.hops, View::Caller, &|collection, table| {
                composer.value(collection, table, &self.field, View::Caller)
            });
        (expression, if self.descending { Order::Desc } else { Order::Asc })
    }
}
