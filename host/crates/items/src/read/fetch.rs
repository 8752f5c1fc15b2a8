//! Fetches the items of a planned node, and those related to them level by level.

use std::{future::Future, pin::Pin};

use palisade_data::DataError;
use sea_query::{
    CaseStatement, Expr, ExprTrait, Func, Order, Query as Sql, SelectStatement, Value as SqlValue,
    WindowStatement,
};
use serde_json::{Map, Value};
use sqlx::SqliteConnection;

use super::{
    nested, numbered,
    plan::{Content, Entry, Node},
    run,
};
use crate::{
    engine::Session,
    filter::{Composer, FieldReference, View},
    limits::MAXIMUM_RELATED_ITEMS,
    permissions::Action,
    rows,
    schema::FieldType,
};

/// Which items of a node's collection.
pub(crate) enum Selection {
    /// All that the query finds.
    All,
    /// Those with these primary keys.
    Keys(Vec<SqlValue>),
    /// Those with these primary keys, as targets of many-to-one fields: limits don't count.
    Targets(Vec<SqlValue>),
    /// Those that point to these keys with a column; limits count for each key.
    Children { column: String, keys: Vec<SqlValue> },
}

/// Related items that a read may still give.
pub(crate) struct Budget {
    left: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: MAXIMUM_RELATED_ITEMS }
    }
}

impl Budget {
    fn spend(&mut self, rows: usize) -> Result<(), DataError> {
        self.left = u64::try_from(rows)
            .ok()
            .and_then(|rows| self.left.checked_sub(rows))
            .ok_or_else(|| {
                DataError::InvalidQuery(format!(
                    "The query gives more than {MAXIMUM_RELATED_ITEMS} related items; limit them \
                     with \"deep\" and \"_limit\""
                ))
            })?;
        Ok(())
    }
}

/// A fetched item.
pub(crate) struct Fetched {
    pub(crate) key: Value,
    /// Whether the key may be used to find the item.
    pub(crate) seen: bool,
    /// The item it points to, for [`Selection::Children`].
    pub(crate) parent: Value,
    pub(crate) item: Map<String, Value>,
}

/// Fetched items, in order.
pub(crate) struct Items(pub(crate) Vec<Fetched>);

impl Items {
    pub(crate) fn into_values(self) -> Vec<Value> {
        self.0.into_iter().map(|fetched| Value::Object(fetched.item)).collect()
    }
}

/// Fetches a node. Boxed, because relations nest.
pub(crate) fn fetch<'f>(
    connection: &'f mut SqliteConnection,
    session: &'f Session<'_>,
    node: &'f Node<'_>,
    selection: &'f Selection,
    budget: &'f mut Budget,
) -> Pin<Box<dyn Future<Output = Result<Items, DataError>> + Send + 'f>> {
    Box::pin(async move {
        let rows = run(connection, &compose(session, node, selection)?).await?;
        if matches!(selection, Selection::Targets(_) | Selection::Children { .. }) {
            budget.spend(rows.len())?;
        }
        let width = node.entries.len();
        let mut items = Vec::with_capacity(rows.len());
        let mut links = vec![Vec::new(); width];
        for row in &rows {
            let mut item = Map::with_capacity(width);
            let seen = !rows::value(row, width + 1, FieldType::Text)?.is_null();
            for (index, (entry, links)) in node.entries.iter().zip(&mut links).enumerate() {
                let value = rows::value(row, index, kind(node, &entry.content))?;
                match &entry.content {
                    Content::Value(_) | Content::Concealed(_) => {
                        item.insert(entry.key.clone(), value);
                    }
                    // Without its key, an item's list can't be looked up.
                    Content::Many { .. } if !seen && !value.is_null() => {
                        item.insert(entry.key.clone(), Value::Array(Vec::new()));
                        links.push(Value::Null);
                    }
                    Content::One { .. } | Content::Many { .. } => {
                        // Keeps the key's place until the related items are there.
                        item.insert(entry.key.clone(), Value::Null);
                        links.push(value);
                    }
                }
            }
            let key = rows::value(row, width, node.collection.key_type())?;
            let parent = match selection {
                Selection::Children { .. } => rows::value(row, width + 2, FieldType::Text)?,
                _ => Value::Null,
            };
            items.push(Fetched { key, seen, parent, item });
        }
        drop(rows);
        let mut items = Items(items);
        for (entry, links) in node.entries.iter().zip(links) {
            nested::attach(connection, session, entry, links, &mut items, budget).await?;
        }
        Ok(items)
    })
}

/// Type of the cell that an entry is read from.
fn kind(node: &Node<'_>, content: &Content<'_>) -> FieldType {
    let of = |name: &str| node.collection.field(name).map_or(FieldType::Text, |field| field.kind);
    match content {
        Content::Value(reference) if reference.function.is_some() => FieldType::Integer,
        Content::Value(reference) => of(&reference.field),
        Content::Concealed(_) => FieldType::Text,
        Content::One { field, .. } => of(field),
        Content::Many { .. } => node.collection.key_type(),
    }
}

/// The statement for a node: one column per entry, then the primary key, then the same where it may be
/// used to look things up, then the parent's key.
fn compose(
    session: &Session<'_>,
    node: &Node<'_>,
    selection: &Selection,
) -> Result<SelectStatement, DataError> {
    let composer = Composer::new(&session.schema, &session.rights);
    let table = composer.alias();
    let collection = node.collection;
    let key = || Composer::column(&table, &collection.primary_key);
    let plain = |field: &str| {
        composer.value(collection, &table, &FieldReference::plain(field), View::Caller)
    };
    let mut select = Sql::select();
    select.from_as(collection.name.clone(), table.clone());
    for (number, entry) in node.entries.iter().enumerate() {
        let expression = match &entry.content {
            Content::Value(reference) => {
                composer.value(collection, &table, reference, View::Caller)
            }
            Content::Concealed(reference) => {
                let set = plain(&reference.field).is_not_null();
                CaseStatement::new().case(set, CONCEALED).into()
            }
            Content::One { field, .. } => plain(field),
            Content::Many { field, .. } => composer.anchor(collection, &table, field, View::Caller),
        };
        numbered(&mut select, number, expression);
    }
    let width = node.entries.len();
    numbered(&mut select, width, key());
    // As in Directus, a key that was asked for and is hidden can't be used to look things up; one that
    // wasn't asked for can.
    let shown = |field: &str, own: Expr| {
        let is_value =
            |entry: &Entry<'_>| entry.key == field && matches!(&entry.content, Content::Value(_));
        if node.entries.iter().any(is_value) { plain(field) } else { own }
    };
    numbered(&mut select, width + 1, shown(&collection.primary_key, key()));
    let visible = composer.visible(collection, &table, Action::Read, Some(&node.requested));
    select.and_where_option(visible);
    if let Some(filter) = &node.filter {
        select.and_where(composer.condition(filter, collection, &table, View::Caller));
    }
    if let Some(search) = &node.search {
        select.and_where(search.condition(&composer, collection, &table)?);
    }
    let mut order: Vec<(Expr, Order)> =
        node.sort.iter().map(|key| key.expression(&composer, collection, &table)).collect();
    // The order is always total: it never depends on how the database happens to find the items.
    order.push((key(), Order::Asc));
    match selection {
        Selection::All => {
            select.limit(node.limit).offset(node.offset);
        }
        Selection::Keys(keys) => {
            select.and_where(key().is_in(keys.iter().cloned()));
            if node.limited {
                select.limit(node.limit);
                select.offset(node.offset);
            }
        }
        Selection::Targets(keys) => {
            select.and_where(key().is_in(keys.iter().cloned()));
        }
        Selection::Children { column, keys } => {
            let pointer = (table.clone(), column.clone());
            select.and_where(Expr::col(pointer.clone()).is_in(keys.iter().cloned()));
            select.and_where(shown(column, Expr::col(pointer.clone())).is_not_null());
            numbered(&mut select, width + 2, Expr::col(pointer.clone()));
            return Ok(numbered_per_parent(select, pointer, order, node, width + 3));
        }
    }
    for (expression, direction) in order {
        select.order_by_expr(expression, direction);
    }
    Ok(select)
}

/// What a set secret reads as.
const CONCEALED: &str = "**********";

/// Numbers the children of each parent, and keeps those within the node's limits.
fn numbered_per_parent(
    mut select: SelectStatement,
    pointer: (String, String),
    order: Vec<(Expr, Order)>,
    node: &Node<'_>,
    number: usize,
) -> SelectStatement {
    let mut window = WindowStatement::partition_by(pointer);
    for (expression, direction) in order {
        window.order_by_expr(expression, direction);
    }
    let position = format!("c{number}");
    select.expr_window_as(Func::cust("row_number"), window, position.clone());
    let place = || Expr::col(position.clone());
    let bound = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let mut outer = Sql::select();
    outer
        .column(sea_query::Asterisk)
        .from_subquery(select, "w")
        .and_where(place().gt(bound(node.offset)))
        .and_where(place().lte(bound(node.offset.saturating_add(node.limit))))
        .order_by(position.clone(), Order::Asc)
        .limit(MAXIMUM_RELATED_ITEMS + 1);
    outer
}
