//! Filters, as callers and as item rules have them.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::{Place, Reach, chance, pick, values};
use crate::model::{self, Collection, Kind};

/// Whose filter it is.
#[derive(Clone, Copy)]
pub(super) enum Of<'a> {
    /// A rule of a permission: any field, dynamic values often.
    Rule,
    /// A caller's: mostly fields that the caller may read.
    Caller(Place<'a>),
}

impl Of<'_> {
    fn field(self, rng: &mut Rng, collection: &str, reach: Reach) -> String {
        match self {
            Of::Rule => {
                let mut names = super::all_fields(collection);
                names.swap_remove(rng.usize(0..names.len()))
            }
            Of::Caller(place) => place.compared(rng, collection, reach),
        }
    }
}

/// A filter on a collection.
pub(super) fn filter(rng: &mut Rng, of: Of<'_>, collection: &str, depth: u8) -> Value {
    conditions(rng, of, collection, depth, Reach::Readable)
}

/// Conditions at some depth of relations. Only at the root do lists of items take `_some` and
/// `_none`.
fn conditions(rng: &mut Rng, of: Of<'_>, collection: &str, depth: u8, reach: Reach) -> Value {
    let Some(known) = model::collection(collection) else { return json!({"id": {"_nnull": true}}) };
    if depth < 2 && chance(rng, 22) {
        let name = if rng.bool() { "_and" } else { "_or" };
        let parts: Vec<Value> = (0..rng.usize(1..4))
            .map(|_| conditions(rng, of, collection, depth + 1, reach))
            .collect();
        return json!({ name: parts });
    }
    let mut rules = Map::new();
    for _ in 0..(if chance(rng, 15) { 2 } else { 1 }) {
        let name = of.field(rng, collection, reach);
        let (name, rule) = on_field(rng, of, known, &name, depth, reach);
        rules.insert(name, rule);
    }
    Value::Object(rules)
}

fn on_field(
    rng: &mut Rng,
    of: Of<'_>,
    collection: &Collection,
    name: &str,
    depth: u8,
    reach: Reach,
) -> (String, Value) {
    let kind = collection.field(name).map(|field| field.kind);
    match kind {
        Some(Kind::One { to, .. }) if depth < 2 && chance(rng, 60) => {
            return (name.to_owned(), conditions(rng, of, to, depth + 1, Reach::All));
        }
        Some(Kind::Many { of: related, .. }) => {
            if matches!(of, Of::Rule) && chance(rng, 15) {
                let count = json!({*pick(rng, &["_eq", "_gt", "_lte"]): rng.u8(0..4)});
                return (format!("count({name})"), count);
            }
            // One condition: Directus forgets what is combined under `_some` and `_none`.
            let named = reach == Reach::Readable && !chance(rng, 25);
            let inside = if named { Reach::Readable } else { Reach::All };
            let inner = single(rng, of, related, inside);
            let rule = match (named, rng.u8(0..3)) {
                (false, _) => inner,
                (_, 0) => json!({"_none": inner}),
                _ => json!({"_some": inner}),
            };
            return (name.to_owned(), rule);
        }
        Some(Kind::Timestamp) if chance(rng, 25) => {
            let rule = json!({*pick(rng, &["_eq", "_gte", "_lt"]): rng.u16(2019..2030)});
            return (format!("year({name})"), rule);
        }
        Some(Kind::Date) if chance(rng, 25) => {
            let rule = json!({*pick(rng, &["_eq", "_gt"]): rng.u8(1..12)});
            return (format!("month({name})"), rule);
        }
        _ => {}
    }
    let likes_variables = matches!(of, Of::Rule) || chance(rng, 30);
    // A caller's own filters take no dotted ones, and policies stand for nothing there.
    let possible = |variable: &&str| {
        matches!(of, Of::Rule) || !(variable.contains('.') || *variable == "$CURRENT_POLICIES")
    };
    if likes_variables
        && chance(rng, 70)
        && let Some(variable) = values::dynamic(rng, collection, name).filter(possible)
    {
        let operator = match kind {
            Some(Kind::Timestamp) => *pick(rng, &["_lt", "_gte"]),
            _ if values::is_list(variable) => *pick(rng, &["_in", "_nin"]),
            _ => *pick(rng, &["_eq", "_neq"]),
        };
        return (name.to_owned(), json!({ operator: variable }));
    }
    (name.to_owned(), test(rng, collection, name, kind))
}

/// Whether a filter goes through a list of related items.
pub(super) fn goes_through_lists(filter: &Value) -> bool {
    match filter {
        Value::Object(rules) => rules.iter().any(|(name, rule)| {
            let lists = ["articles", "members", "comments"];
            lists.contains(&name.as_str()) || goes_through_lists(rule)
        }),
        Value::Array(rules) => rules.iter().any(goes_through_lists),
        _ => false,
    }
}

/// Whether one of the rules by which the caller reads a collection goes through such a list.
pub(super) fn joins(place: Place<'_>, collection: &str) -> bool {
    let rules = place.matrix.of(place.caller, collection, "read");
    rules.iter().filter_map(|one| one.rule.as_ref()).any(goes_through_lists)
}

/// A filter of one condition on a column.
pub(super) fn single(rng: &mut Rng, of: Of<'_>, collection: &str, reach: Reach) -> Value {
    let Some(known) = model::collection(collection) else { return json!({"id": {"_nnull": true}}) };
    let mut name = of.field(rng, collection, reach);
    if known.field(&name).is_some_and(|field| matches!(field.kind, Kind::Many { .. })) {
        name = "id".to_owned();
    }
    let (name, rule) = on_field(rng, of, known, &name, 2, reach);
    json!({ name: rule })
}

/// An operator and its value.
pub(super) fn test(
    rng: &mut Rng,
    collection: &Collection,
    name: &str,
    kind: Option<Kind>,
) -> Value {
    let kind = kind.unwrap_or(if name == "id" { collection.key() } else { Kind::Integer });
    let value = |rng: &mut Rng| values::value(rng, collection, name);
    if chance(rng, 12) {
        return json!({*pick(rng, &["_null", "_nnull"]): true});
    }
    let operator = match kind {
        Kind::String(_) | Kind::Text => *pick(
            rng,
            &[
                "_eq",
                "_neq",
                "_in",
                "_nin",
                "_contains",
                "_ncontains",
                "_icontains",
                "_starts_with",
                "_nstarts_with",
                "_istarts_with",
                "_ends_with",
                "_nends_with",
                "_iends_with",
                "_empty",
                "_nempty",
            ],
        ),
        Kind::Integer | Kind::Float => *pick(
            rng,
            &["_eq", "_neq", "_in", "_nin", "_lt", "_lte", "_gt", "_gte", "_between", "_nbetween"],
        ),
        Kind::Date | Kind::Timestamp => {
            *pick(rng, &["_eq", "_neq", "_lt", "_lte", "_gt", "_gte", "_between", "_nbetween"])
        }
        Kind::Boolean => *pick(rng, &["_eq", "_neq"]),
        Kind::One { .. } => *pick(rng, &["_eq", "_neq", "_in", "_nin"]),
        Kind::Json | Kind::Many { .. } => return json!({*pick(rng, &["_null", "_nnull"]): true}),
    };
    match operator {
        "_in" | "_nin" => {
            let values: Vec<Value> = (0..rng.usize(1..4)).map(|_| value(rng)).collect();
            json!({ operator: values })
        }
        "_between" | "_nbetween" => json!({ operator: [value(rng), value(rng)] }),
        "_empty" | "_nempty" => json!({ operator: true }),
        "_contains" | "_ncontains" | "_icontains" | "_starts_with" | "_nstarts_with"
        | "_istarts_with" | "_ends_with" | "_nends_with" | "_iends_with" => {
            let whole = value(rng);
            let text = whole.as_str().unwrap_or("a").to_owned();
            let part = match rng.u8(0..4) {
                0 => text,
                1 => text.chars().take(3).collect(),
                2 => text.chars().skip(text.chars().count().saturating_sub(2)).collect(),
                _ => (*pick(rng, &["a", "Rain", "rain", "e", "draft"])).to_owned(),
            };
            json!({ operator: if part.is_empty() { "a".to_owned() } else { part } })
        }
        _ => json!({ operator: value(rng) }),
    }
}
