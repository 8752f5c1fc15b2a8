//! Reads: fields, filters, sorting, paging, searching, aggregates, deep queries and aliases.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::{Place, Reach, chance, filter, pick, values};
use crate::{
    case::{Act, Case},
    model::{self, Kind},
};

pub(super) fn read(rng: &mut Rng, place: Place<'_>, collection: &str) -> Case {
    let mut case = Case {
        number: 0,
        caller: place.caller,
        collection: collection.to_owned(),
        act: Act::Read { keys: None },
        query: Value::Null,
        ordered: true,
    };
    let mut query = Map::new();
    let joins = filter::joins(place, collection);
    if !joins && chance(rng, 22) {
        aggregates(rng, place, collection, &mut query);
    } else {
        items(rng, place, collection, &mut query, &mut case.ordered);
        if chance(rng, 12) {
            let known = model::collection(collection);
            let keys = (0..rng.usize(1..4))
                .filter_map(|_| known.map(|known| values::key(rng, known)))
                .collect();
            case.act = Act::Read { keys: Some(keys) };
        }
    }
    if chance(rng, 45) {
        let of = filter::Of::Caller(place);
        let filter = filter::filter(rng, of, collection, 0);
        // Directus counts an item once for each related one that a filter goes through.
        if !query.contains_key("aggregate") || !filter::goes_through_lists(&filter) {
            query.insert("filter".into(), filter);
        }
    }
    // Directus searches in values that are hidden.
    let hides = place
        .granted(collection, "read")
        .iter()
        .any(|name| !place.seen(collection, name, Reach::Readable));
    if !hides && chance(rng, 14) {
        query.insert("search".into(), json!(search(rng)));
    }
    case.query = Value::Object(query);
    case
}

fn search(rng: &mut Rng) -> &'static str {
    *pick(rng, &["rain", "Sun", "3", "a", "Ada", "news", "1.5", "zzz", "Comment 1"])
}

fn items(
    rng: &mut Rng,
    place: Place<'_>,
    collection: &str,
    query: &mut Map<String, Value>,
    ordered: &mut bool,
) {
    if !chance(rng, 20) {
        let names: Vec<Value> =
            (0..rng.usize(1..5)).map(|_| json!(path(rng, place, collection, 0))).collect();
        query.insert("fields".into(), json!(names));
    }
    if chance(rng, 35) {
        *ordered = sort(rng, place, collection, query);
    }
    // Which rows a page holds is only determined where their order is.
    if *ordered && chance(rng, 30) {
        query.insert("limit".into(), json!(pick(rng, &[-1, 0, 1, 2, 3, 5, 100])));
        match rng.u8(0..4) {
            0 => drop(query.insert("offset".into(), json!(rng.u8(0..6)))),
            1 => drop(query.insert("page".into(), json!(rng.u8(1..4)))),
            _ => {}
        }
    }
    if chance(rng, 18) {
        deep(rng, place, collection, query);
    }
    // `*.*` goes through aliases too.
    let expands = query.get("fields").is_none_or(|names| names.to_string().contains("*.*"));
    if !expands && chance(rng, 8) {
        let field = place.shown(rng, collection);
        query.insert("alias".into(), json!({"other": field}));
        let mut names = query.get("fields").and_then(Value::as_array).cloned().unwrap_or_default();
        // Beside a field under its own name, without which Directus gives bare keys.
        names.extend([json!("id"), json!("other")]);
        query.insert("fields".into(), json!(names));
    }
}

/// A path of `fields`.
fn path(rng: &mut Rng, place: Place<'_>, collection: &str, depth: u8) -> String {
    if chance(rng, 15) {
        return if depth == 0 && chance(rng, 25) { "*.*".to_owned() } else { "*".to_owned() };
    }
    let name = place.shown(rng, collection);
    let kind = model::collection(collection).and_then(|one| one.field(&name)).map(|one| one.kind);
    match kind {
        Some(Kind::One { to, .. }) if depth < 2 && chance(rng, 60) => {
            format!("{name}.{}", path(rng, place, to, depth + 1))
        }
        // Directus counts an item once for each related one that a rule goes through.
        Some(Kind::Many { of, .. }) if chance(rng, 15) && !filter::joins(place, of) => {
            format!("count({name})")
        }
        Some(Kind::Many { of, .. }) if depth < 2 && chance(rng, 75) => {
            format!("{name}.{}", path(rng, place, of, depth + 1))
        }
        Some(Kind::Timestamp) if chance(rng, 30) => {
            format!("{}({name})", pick(rng, &["year", "month", "day", "hour", "weekday", "week"]))
        }
        Some(Kind::Date) if chance(rng, 30) => {
            format!("{}({name})", pick(rng, &["year", "month", "day"]))
        }
        _ => name,
    }
}

/// Sorts; true where the order is total. That needs the key, which may be out of reach.
fn sort(rng: &mut Rng, place: Place<'_>, collection: &str, query: &mut Map<String, Value>) -> bool {
    let mut keys = Vec::new();
    for _ in 0..rng.usize(1..3) {
        let name = place.compared(rng, collection, Reach::Readable);
        let kind =
            model::collection(collection).and_then(|one| one.field(&name)).map(|one| one.kind);
        let key = match kind {
            Some(Kind::One { to, .. }) if chance(rng, 60) => {
                let inner = place.compared(rng, to, Reach::All);
                let kind = model::collection(to).and_then(|one| one.field(&inner));
                if kind.is_some_and(|field| matches!(field.kind, Kind::Many { .. })) {
                    continue;
                }
                format!("{name}.{inner}")
            }
            Some(Kind::Many { .. } | Kind::Json) => continue,
            Some(Kind::Timestamp) if chance(rng, 30) => format!("year({name})"),
            _ => name,
        };
        keys.push(if rng.bool() { format!("-{key}") } else { key });
    }
    let key_is_granted = place.granted(collection, "read").iter().any(|name| name == "id");
    if key_is_granted {
        keys.push("id".to_owned());
    }
    if keys.is_empty() {
        return true;
    }
    query.insert("sort".into(), json!(keys));
    key_is_granted
}

fn deep(rng: &mut Rng, place: Place<'_>, collection: &str, query: &mut Map<String, Value>) {
    let related = place.granted(collection, "read").into_iter().find_map(|name| {
        match model::collection(collection)?.field(&name)?.kind {
            Kind::Many { of, by } => Some((name, of, by)),
            _ => None,
        }
    });
    let Some((name, of, by)) = related else { return };
    let mut deep = Map::new();
    if rng.bool() {
        let filter = filter::single(rng, filter::Of::Caller(place), of, Reach::Readable);
        // By the field that points back, Directus's own condition on it is overwritten.
        if filter.get(by).is_none() {
            deep.insert("_filter".into(), filter);
        }
    }
    let has_key = place.granted(of, "read").iter().any(|name| name == "id");
    if has_key && rng.bool() {
        deep.insert("_sort".into(), json!([*pick(rng, &["-id", "id"])]));
    }
    if rng.bool() {
        deep.insert("_limit".into(), json!(pick(rng, &[-1, 1, 2])));
    }
    query.insert("deep".into(), json!({name.clone(): deep}));
    let mut names = query.get("fields").and_then(Value::as_array).cloned().unwrap_or_default();
    names.push(json!(format!("{name}.{}", path(rng, place, of, 2))));
    query.insert("fields".into(), json!(names));
}

fn aggregates(rng: &mut Rng, place: Place<'_>, collection: &str, query: &mut Map<String, Value>) {
    let mut aggregate = Map::new();
    for _ in 0..rng.usize(1..3) {
        let name = place.compared(rng, collection, Reach::Readable);
        let kind =
            model::collection(collection).and_then(|one| one.field(&name)).map(|one| one.kind);
        match kind {
            _ if chance(rng, 30) => drop(aggregate.insert("count".into(), json!("*"))),
            Some(Kind::Integer | Kind::Float) => {
                let function =
                    pick(rng, &["sum", "avg", "min", "max", "sumDistinct", "avgDistinct", "count"]);
                aggregate.insert((*function).into(), json!([name]));
            }
            // Directus casts counts of these to what the fields hold.
            Some(Kind::Many { .. } | Kind::Json | Kind::Boolean | Kind::Timestamp | Kind::Date) => {
                aggregate.insert("count".into(), json!("*"));
            }
            _ => {
                let function = pick(rng, &["count", "countDistinct"]);
                aggregate.insert((*function).into(), json!([name]));
            }
        }
    }
    query.insert("aggregate".into(), Value::Object(aggregate));
    if chance(rng, 55) {
        let mut groups = Vec::new();
        for _ in 0..(if chance(rng, 20) { 2 } else { 1 }) {
            let name = place.compared(rng, collection, Reach::Readable);
            let kind =
                model::collection(collection).and_then(|one| one.field(&name)).map(|one| one.kind);
            match kind {
                Some(Kind::Many { .. } | Kind::Json) => {}
                Some(Kind::Timestamp) => groups.push(format!("year({name})")),
                _ => groups.push(name),
            }
        }
        if !groups.is_empty() {
            // Groups come in the order of what they are grouped by.
            query.insert("sort".into(), json!(groups));
            query.insert("groupBy".into(), json!(groups));
        }
    }
}
