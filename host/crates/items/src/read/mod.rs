//! Reading items: plan and check first, then fetch level by level.

mod aggregate;
mod fetch;
mod nested;
mod plan;
mod search;
mod sort;

use std::collections::BTreeSet;

use palisade_data::{DataError, Outcome, Query, forbidden_action, forbidden_collection};
use sea_query::{Expr, ExprTrait, Query as Sql, SelectStatement, SqliteQueryBuilder};
use sea_query_sqlx::SqlxBinder;
use serde_json::Value;
use sqlx::{AssertSqlSafe, SqliteConnection, sqlite::SqliteRow};

pub(crate) use fetch::{Budget, Selection, fetch};
pub(crate) use nested::bound;
pub(crate) use plan::Planner;

use crate::{
    engine::Session,
    filter::{Composer, coerce},
    limits::{DEFAULT_LIMIT, MAXIMUM_ITEMS, MAXIMUM_LIST},
    permissions::{Action, Uses},
    rows,
    schema::Collection,
};

/// Reads items, or those of the items of `keys` that the caller may read.
pub(crate) async fn read_items(
    connection: &mut SqliteConnection,
    session: &Session<'_>,
    collection: &str,
    keys: Option<&[Value]>,
    query: &Query,
) -> Result<Outcome, DataError> {
    let mut uses = Uses::default();
    let known = session.schema.collection(collection);
    let Some(known) = known.filter(|_| session.rights.allows(collection, Action::Read)) else {
        return Err(forbidden_collection(collection, "root"));
    };
    uses.collection(&session.rights, collection, "root");
    let mut query = session.with_dynamic_values(query)?;
    if let Some(keys) = keys {
        few_enough(keys)?;
        // The page of a read by keys is all of them, where the query doesn't set another.
        query.limit = query.limit.filter(|limit| *limit != 0).or(i64::try_from(keys.len()).ok());
    }
    let data = if query.aggregate.is_empty() && query.group.is_empty() {
        let node = Planner::new(session, &mut uses).root(known, &query)?;
        uses.verdict()?;
        let selection = match keys {
            Some(keys) => Selection::Keys(
                stored_keys(known, keys).ok_or_else(|| forbidden_action("read", collection))?,
            ),
            None => Selection::All,
        };
        let mut budget = Budget::default();
        fetch(connection, session, &node, &selection, &mut budget).await?.into_values()
    } else {
        if keys.is_some() {
            return Err(DataError::InvalidQuery(
                "\"aggregate\" and \"groupBy\" can't be used with keys; filter by the primary key \
                 instead"
                    .into(),
            ));
        }
        aggregate::aggregate(connection, session, known, &query, &mut uses).await?
    };
    Ok(Outcome {
        items: data.len(),
        data: Value::Array(data),
        collections: uses.collections.into_iter().collect(),
        fields: uses.fields.into_iter().collect(),
        ..Outcome::default()
    })
}

/// The keys in stored form if the caller may perform the action on the item of each, else none.
pub(crate) async fn keys_under(
    connection: &mut SqliteConnection,
    session: &Session<'_>,
    collection: &Collection,
    keys: &[Value],
    action: Action,
    requested: Option<&BTreeSet<String>>,
) -> Result<Option<Vec<sea_query::Value>>, DataError> {
    few_enough(keys)?;
    let Some(stored) = stored_keys(collection, keys) else { return Ok(None) };
    // An administrator's keys are taken as they are: of no item is no error.
    if stored.is_empty() || session.rights.is_administrator() {
        return Ok(Some(stored));
    }
    let composer = Composer::new(&session.schema, &session.rights);
    let table = composer.alias();
    let mut select = Sql::select();
    select
        .expr(Composer::column(&table, &collection.primary_key).count())
        .from_as(collection.name.clone(), table.clone())
        .and_where(Composer::column(&table, &collection.primary_key).is_in(stored.iter().cloned()))
        .and_where_option(composer.visible(collection, &table, action, requested));
    let rows = run(connection, &select).await?;
    let count = match rows.first() {
        Some(row) => rows::number(row, 0)?.unwrap_or(0),
        None => 0,
    };
    Ok((usize::try_from(count) == Ok(stored.len())).then_some(stored))
}

fn few_enough(keys: &[Value]) -> Result<(), DataError> {
    if keys.len() > MAXIMUM_LIST {
        return Err(DataError::InvalidQuery(format!("There are more than {MAXIMUM_LIST} keys")));
    }
    Ok(())
}

/// Keys in stored form, each once; none where one of them can't be a key, and so is of nothing.
pub(crate) fn stored_keys(
    collection: &Collection,
    keys: &[Value],
) -> Option<Vec<sea_query::Value>> {
    let mut unique = BTreeSet::new();
    let mut stored = Vec::with_capacity(keys.len());
    for key in keys {
        let value = coerce(key, collection.key_type()).ok()?;
        if unique.insert(format!("{value:?}")) {
            stored.push(value);
        }
    }
    Some(stored)
}

/// Items that a query may give at the root.
pub(crate) fn root_limit(query: &Query) -> u64 {
    match query.limit {
        None => DEFAULT_LIMIT,
        Some(limit) => {
            u64::try_from(limit).map_or(MAXIMUM_ITEMS, |limit| Ord::min(limit, MAXIMUM_ITEMS))
        }
    }
}

/// Items to skip.
pub(crate) fn root_offset(query: &Query, limit: u64) -> u64 {
    let offset = match query.page {
        // All items are one page.
        Some(_) if query.limit == Some(-1) => 0,
        Some(page) => page.saturating_sub(1).saturating_mul(limit),
        None => query.offset.unwrap_or(0),
    };
    // SQLite counts in signed numbers.
    Ord::min(offset, i64::MAX.unsigned_abs())
}

/// Runs a composed statement.
pub(crate) async fn run(
    connection: &mut SqliteConnection,
    select: &SelectStatement,
) -> Result<Vec<SqliteRow>, DataError> {
    let (sql, values) = select.build_sqlx(SqliteQueryBuilder);
    sqlx::query_with(AssertSqlSafe(sql), values)
        .fetch_all(connection)
        .await
        .map_err(refuse_too_large)
}

/// A statement that is beyond SQLite's limits is the query's fault.
fn refuse_too_large(error: sqlx::Error) -> DataError {
    const LIMITS: [&str; 4] = [
        "too many SQL variables",
        "Expression tree is too large",
        "parser stack overflow",
        "too many columns",
    ];
    match &error {
        sqlx::Error::Database(cause)
            if LIMITS.iter().any(|limit| cause.message().contains(limit)) =>
        {
            DataError::InvalidQuery("The query is too large; ask for less at once".into())
        }
        _ => DataError::internal(error),
    }
}

/// `expr` as a column of a select under a number.
pub(crate) fn numbered(select: &mut SelectStatement, number: usize, expression: Expr) {
    select.expr_as(expression, format!("c{number}"));
}
