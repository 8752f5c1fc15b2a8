//! Aggregates over the items that may be read, and over the values that may be seen.

use std::collections::BTreeSet;

use palisade_data::{DataError, Query};
use sea_query::{Alias, Expr, Func, Order, Query as Sql, SelectStatement};
use serde_json::{Map, Value, json};
use sqlx::SqliteConnection;

use super::{root_limit, root_offset, run, search::Search};
use crate::{
    engine::Session,
    filter::{Composer, FieldReference, Filter, FilterParser, Path, View},
    limits::MAXIMUM_NAMES,
    permissions::{Action, Uses},
    rows,
    schema::{Collection, FieldType, Relation},
};

/// An aggregate function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Count { distinct: bool },
    Sum { distinct: bool },
    Average { distinct: bool },
    Least,
    Greatest,
}

impl Function {
    fn parse(name: &str) -> Result<Self, DataError> {
        Ok(match name {
            "count" | "countAll" => Self::Count { distinct: false },
            "countDistinct" => Self::Count { distinct: true },
            "sum" => Self::Sum { distinct: false },
            "sumDistinct" => Self::Sum { distinct: true },
            "avg" => Self::Average { distinct: false },
            "avgDistinct" => Self::Average { distinct: true },
            "min" => Self::Least,
            "max" => Self::Greatest,
            _ => {
                return Err(invalid(format!(
                    "\"{name}\" is not an aggregate function; there are count, countDistinct, \
                     countAll, sum, sumDistinct, avg, avgDistinct, min, max"
                )));
            }
        })
    }

    fn over(self, value: Expr) -> Expr {
        match self {
            Self::Count { distinct: false } => Func::count(value).into(),
            Self::Count { distinct: true } => Func::count_distinct(value).into(),
            Self::Sum { distinct: false } => Func::sum(value).into(),
            Self::Average { distinct: false } => Func::avg(value).into(),
            // The composer has no DISTINCT inside these two; the keyword is fixed text.
            Self::Sum { distinct: true } => Expr::cust_with_expr("sum(DISTINCT ?)", value),
            Self::Average { distinct: true } => Expr::cust_with_expr("avg(DISTINCT ?)", value),
            Self::Least => Func::min(value).into(),
            Self::Greatest => Func::max(value).into(),
        }
    }

    fn suits(self, kind: FieldType) -> bool {
        match self {
            Self::Count { .. } => true,
            Self::Sum { .. } | Self::Average { .. } => kind.is_numeric(),
            Self::Least | Self::Greatest => {
                kind.is_numeric() || kind.is_temporal() || kind.is_text() || kind == FieldType::Uuid
            }
        }
    }

    fn result(self, kind: FieldType) -> FieldType {
        match self {
            Self::Count { .. } => FieldType::Integer,
            Self::Sum { .. } | Self::Average { .. } => FieldType::Float,
            Self::Least | Self::Greatest => kind,
        }
    }
}

/// A column of the result.
struct Column {
    /// Keys in the result: one, or function and field.
    keys: Vec<String>,
    what: What,
    kind: FieldType,
}

enum What {
    Group(FieldReference),
    Items,
    Aggregate(Function, String),
}

/// A plan whose fields have all been checked.
struct Plan {
    columns: Vec<Column>,
    requested: BTreeSet<String>,
    filter: Option<Filter>,
    search: Option<Search>,
    sort: Vec<(usize, Order)>,
}

/// Runs the aggregates of a query; one object per group.
pub(super) async fn aggregate(
    connection: &mut SqliteConnection,
    session: &Session<'_>,
    collection: &Collection,
    query: &Query,
    uses: &mut Uses,
) -> Result<Vec<Value>, DataError> {
    let plan = plan(session, collection, query, uses)?;
    let rows = run(connection, &compose(session, collection, query, &plan)?).await?;
    let mut results = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut result = Map::new();
        for (index, column) in plan.columns.iter().enumerate() {
            let value = rows::value(row, index, column.kind)?;
            match column.keys.as_slice() {
                [function, field] => {
                    let slot = result.entry(function.clone()).or_insert_with(|| json!({}));
                    if let Value::Object(fields) = slot {
                        fields.insert(field.clone(), value);
                    }
                }
                keys => {
                    if let Some(key) = keys.first() {
                        result.insert(key.clone(), value);
                    }
                }
            }
        }
        results.push(Value::Object(result));
    }
    Ok(results)
}

fn plan(
    session: &Session<'_>,
    collection: &Collection,
    query: &Query,
    uses: &mut Uses,
) -> Result<Plan, DataError> {
    let named =
        query.group.len() + query.aggregate.iter().map(|one| one.fields.len()).sum::<usize>();
    if named > MAXIMUM_NAMES {
        return Err(invalid(format!(
            "\"aggregate\" and \"groupBy\" name more than {MAXIMUM_NAMES} fields"
        )));
    }
    if query.aggregate.is_empty() {
        return Err(invalid("\"groupBy\" needs an \"aggregate\", for instance {\"count\": \"*\"}"));
    }
    let mut columns = groups(session, collection, query, uses)?;
    aggregates(session, collection, query, uses, &mut columns)?;
    let path = Path::default();
    let filter = match &query.filter {
        Some(filter) => Some(
            FilterParser::for_caller(&session.schema, &session.rights, uses)
                .parse(filter, collection, &path)?,
        ),
        None => None,
    };
    let search = Search::plan(query.search.as_deref(), &session.rights, collection, uses)?;
    uses.verdict()?;
    let mut requested = BTreeSet::new();
    for column in &columns {
        match &column.what {
            What::Group(reference) => requested.insert(reference.field.clone()),
            What::Aggregate(_, field) => requested.insert(field.clone()),
            What::Items => continue,
        };
    }
    if columns.iter().any(|column| matches!(column.what, What::Items)) {
        requested.clear();
    }
    let sort = sort(query, &columns)?;
    Ok(Plan { columns, requested, filter, search, sort })
}

fn groups(
    session: &Session<'_>,
    collection: &Collection,
    query: &Query,
    uses: &mut Uses,
) -> Result<Vec<Column>, DataError> {
    let mut columns = Vec::new();
    for name in &query.group {
        let reference = FieldReference::parse(name).map_err(DataError::InvalidQuery)?;
        if !uses.compare(&session.rights, collection, &reference.field, "root") {
            continue;
        }
        let Some(field) = collection.field(&reference.field) else { continue };
        let suits = match reference.function {
            Some(function) => function.suits(field),
            None => field.is_column(),
        };
        if !suits {
            return Err(invalid(format!("Items can't be grouped by \"{name}\"")));
        }
        if let Some(Relation::OneToMany { collection: related, .. }) = &field.relation
            && !uses.collection(&session.rights, related, &field.name)
        {
            continue;
        }
        columns.push(Column {
            keys: vec![reference.key()],
            kind: reference.kind(field),
            what: What::Group(reference),
        });
    }
    Ok(columns)
}

fn aggregates(
    session: &Session<'_>,
    collection: &Collection,
    query: &Query,
    uses: &mut Uses,
    columns: &mut Vec<Column>,
) -> Result<(), DataError> {
    for aggregate in &query.aggregate {
        let function = Function::parse(&aggregate.function)?;
        if aggregate.function == "countAll" {
            columns.push(items("countAll"));
            continue;
        }
        for name in &aggregate.fields {
            if name == "*" {
                if function != (Function::Count { distinct: false }) {
                    return Err(invalid(format!(
                        "\"{}\" needs the name of a field; only \"count\" takes \"*\"",
                        aggregate.function
                    )));
                }
                columns.push(items("count"));
                continue;
            }
            if !uses.compare(&session.rights, collection, name, "root") {
                continue;
            }
            let Some(field) = collection.field(name) else { continue };
            if !field.is_column() || !function.suits(field.kind) {
                return Err(invalid(format!(
                    "\"{}\" can't be used on field \"{name}\"",
                    aggregate.function
                )));
            }
            columns.push(Column {
                keys: vec![aggregate.function.clone(), name.clone()],
                what: What::Aggregate(function, name.clone()),
                kind: function.result(field.kind),
            });
        }
    }
    Ok(())
}

fn items(key: &str) -> Column {
    Column { keys: vec![key.to_owned()], what: What::Items, kind: FieldType::Integer }
}

/// Groups can be sorted by what they are grouped by and by their aggregates: `status`, `-count`,
/// `-sum.price`.
fn sort(query: &Query, columns: &[Column]) -> Result<Vec<(usize, Order)>, DataError> {
    let mut keys = Vec::new();
    for name in &query.sort {
        let (order, bare) = match name.strip_prefix('-') {
            Some(bare) => (Order::Desc, bare),
            None => (Order::Asc, name.as_str()),
        };
        let position = columns.iter().position(|column| {
            let grouped = FieldReference::parse(bare).is_ok_and(
                |reference| matches!(&column.what, What::Group(group) if *group == reference),
            );
            grouped || column.keys.join(".") == bare
        });
        match position {
            Some(position) => keys.push((position, order)),
            None => {
                return Err(invalid(format!(
                    "Groups can only be sorted by what is in \"groupBy\" or \"aggregate\", not by \
                     \"{bare}\""
                )));
            }
        }
    }
    Ok(keys)
}

fn compose(
    session: &Session<'_>,
    collection: &Collection,
    query: &Query,
    plan: &Plan,
) -> Result<SelectStatement, DataError> {
    let composer = Composer::new(&session.schema, &session.rights);
    let table = composer.alias();
    let mut inner = Sql::select();
    inner.from_as(collection.name.clone(), table.clone());
    let name = |index: usize| Alias::new(format!("v{index}"));
    let mut outer = Sql::select();
    for (index, column) in plan.columns.iter().enumerate() {
        let plain =
            |field: &FieldReference| composer.value(collection, &table, field, View::Caller);
        let seen = || Expr::col(("s", name(index)));
        match &column.what {
            What::Group(reference) => {
                inner.expr_as(plain(reference), name(index));
                outer.expr_as(seen(), format!("c{index}"));
                outer.add_group_by([seen()]);
            }
            What::Items => {
                inner.expr_as(Expr::val(1), name(index));
                outer.expr_as(Func::count(seen()), format!("c{index}"));
            }
            What::Aggregate(function, field) => {
                inner.expr_as(plain(&FieldReference::plain(field)), name(index));
                outer.expr_as(function.over(seen()), format!("c{index}"));
            }
        }
    }
    let requested = Some(&plan.requested);
    inner.and_where_option(composer.visible(collection, &table, Action::Read, requested));
    if let Some(filter) = &plan.filter {
        inner.and_where(composer.condition(filter, collection, &table, View::Caller));
    }
    if let Some(search) = &plan.search {
        inner.and_where(search.condition(&composer, collection, &table)?);
    }
    outer.from_subquery(inner, "s");
    for (index, order) in &plan.sort {
        outer.order_by(format!("c{index}"), order.clone());
    }
    for (index, column) in plan.columns.iter().enumerate() {
        if matches!(column.what, What::Group(_)) {
            outer.order_by(format!("c{index}"), Order::Asc);
        }
    }
    let limit = root_limit(query);
    outer.limit(limit).offset(root_offset(query, limit));
    Ok(outer)
}

fn invalid(reason: impl Into<String>) -> DataError {
    DataError::InvalidQuery(reason.into())
}
