//! Writes: creates, updates, deletes, and what is nested in their payloads.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::{Place, Reach, chance, filter, pick, values};
use crate::{
    case::{Act, Case, Keys},
    model::{self, Collection, Field, Kind},
};

pub(super) fn write(rng: &mut Rng, place: Place<'_>, collection: &str) -> Case {
    let known = model::collection(collection).unwrap_or(&model::COLLECTIONS[0]);
    let payloads = |rng: &mut Rng, action| -> Vec<Map<String, Value>> {
        let count = if chance(rng, 70) { 1 } else { rng.usize(2..4) };
        (0..count).map(|_| payload(rng, place, known, action, 0)).collect()
    };
    let act = match rng.u8(0..20) {
        0..7 => Act::Create { items: payloads(rng, "create") },
        7..12 => Act::Update {
            keys: keys(rng, place, known),
            payload: payload(rng, place, known, "update", 0),
        },
        12..15 => {
            let mut items = payloads(rng, "update");
            for item in &mut items {
                item.insert("id".into(), values::key(rng, known));
            }
            Act::UpdateBatch { items }
        }
        _ => Act::Delete { keys: keys(rng, place, known) },
    };
    let mut query = Map::new();
    if chance(rng, 50) {
        let names: Vec<String> =
            (0..rng.usize(1..4)).map(|_| place.shown(rng, collection)).collect();
        query.insert("fields".into(), json!(names));
    }
    Case {
        number: 0,
        caller: place.caller,
        collection: collection.to_owned(),
        act,
        query: Value::Object(query),
        ordered: true,
    }
}

fn keys(rng: &mut Rng, place: Place<'_>, collection: &Collection) -> Keys {
    // By query only where the caller reads everything: Directus selects with nobody's rights.
    let everything = place.matrix.of(place.caller, collection.name, "read").iter().any(|one| {
        one.rule.as_ref().is_none_or(|rule| *rule == json!({}))
            && one.fields.as_ref().is_some_and(|fields| fields.iter().any(|name| name == "*"))
    });
    if everything && chance(rng, 40) {
        return Keys::Found(
            json!({"filter": filter::single(rng, filter::Of::Caller(place), collection.name, Reach::All)}),
        );
    }
    let mut keys: Vec<Value> = Vec::new();
    for _ in 0..(if chance(rng, 70) { 1 } else { rng.usize(2..4) }) {
        let key = values::key(rng, collection);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Keys::Listed(keys)
}

fn payload(
    rng: &mut Rng,
    place: Place<'_>,
    collection: &Collection,
    action: &str,
    depth: u8,
) -> Map<String, Value> {
    let mut payload = Map::new();
    let mut wanted: Vec<String> = Vec::new();
    if action == "create" && !chance(rng, 8) {
        let required = collection.fields.iter().filter(|one| one.required && one.default.is_none());
        wanted.extend(required.map(|one| one.name.to_owned()));
        if collection.named {
            wanted.push("id".to_owned());
        }
    }
    for _ in 0..rng.usize(0..4) {
        wanted.push(place.field(rng, collection.name, action));
    }
    for name in wanted {
        let Some(field) = collection.field(&name) else {
            if name != "id" {
                payload.insert(name, json!(1));
            } else if action == "create" && collection.named {
                payload.insert(name, json!(pick(rng, &["fresh", "news", "other"])));
            }
            continue;
        };
        let value = field_value(rng, place, collection, field, depth);
        if let Some(value) = value {
            payload.insert(name, value);
        }
    }
    payload
}

fn field_value(
    rng: &mut Rng,
    place: Place<'_>,
    collection: &Collection,
    field: &Field,
    depth: u8,
) -> Option<Value> {
    let related = |name: &str| model::collection(name);
    Some(match field.kind {
        Kind::One { to, .. } if depth == 0 && chance(rng, 30) => {
            let related = related(to)?;
            let mut item = payload(rng, place, related, "create", depth + 1);
            if chance(rng, 40) {
                item = payload(rng, place, related, "update", depth + 1);
                item.insert("id".into(), values::key(rng, related));
            }
            Value::Object(item)
        }
        Kind::Many { of, by } => {
            if depth > 0 {
                return None;
            }
            let related = related(of)?;
            let mut create: Vec<Value> = Vec::new();
            let mut update: Vec<Value> = Vec::new();
            if rng.bool() {
                let mut item = payload(rng, place, related, "create", depth + 1);
                item.remove(by);
                create.push(Value::Object(item));
            }
            if rng.bool() {
                let mut item = payload(rng, place, related, "update", depth + 1);
                item.remove(by);
                item.insert("id".into(), values::key(rng, related));
                update.push(Value::Object(item));
            }
            if chance(rng, 40) {
                let mut list = create;
                list.extend(update);
                if rng.bool() {
                    list.push(values::key(rng, related));
                }
                json!(list)
            } else {
                let delete: Vec<Value> =
                    if rng.bool() { vec![values::key(rng, related)] } else { Vec::new() };
                json!({"create": create, "update": update, "delete": delete})
            }
        }
        _ if chance(rng, 7) => Value::Null,
        _ => values::value(rng, collection, field.name),
    })
}
