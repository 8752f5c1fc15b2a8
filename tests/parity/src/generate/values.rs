//! Values for fields, and operators that suit them.

use fastrand::Rng;
use serde_json::{Value, json};

use super::{chance, pick};
use crate::model::{Collection, Kind, POLICIES, ROLES, USERS};

/// A value that items of the collection may have in the field.
pub(super) fn value(rng: &mut Rng, collection: &Collection, field: &str) -> Value {
    if field == "id" {
        return key(rng, collection);
    }
    match (collection.name, field) {
        ("articles", "status") => json!(pick(rng, &["draft", "published", "archived"])),
        ("articles", "title") => json!(pick(rng, &["Rain 3", "Sun 4", "rain", "May", "New story"])),
        ("articles", "note") => json!(pick(rng, &["", "check facts", "Rain", "check"])),
        ("articles", "desk") => {
            json!(pick(rng, &[ROLES[0], ROLES[1], POLICIES[0], POLICIES[2], "Role 1", "Policy 2"]))
        }
        (_, "owner") => json!(pick(rng, &USERS)),
        ("authors", "name") => json!(pick(rng, &["Ada", "ada", "Ben", "Eve", "New author"])),
        ("authors", "email") => json!(format!("a{}@example.com", rng.u8(1..12))),
        ("teams", "city") => json!(pick(rng, &["Bern", "Oslo", "bern", "Rome"])),
        ("teams", "name") => json!(format!("Team {}", rng.u8(1..6))),
        ("categories", "name") => json!(pick(rng, &["Category news", "Category arts", "New"])),
        ("comments", "body") => json!(pick(rng, &["Rain", "sun", "Comment 1 on sun", "New"])),
        _ => of_kind(rng, collection.field(field).map(|field| field.kind)),
    }
}

fn of_kind(rng: &mut Rng, kind: Option<Kind>) -> Value {
    match kind {
        Some(Kind::Integer) => json!(rng.i32(0..20)),
        Some(Kind::Float) => json!(f64::from(rng.i32(0..6)) + 0.5),
        Some(Kind::Boolean) => json!(rng.bool()),
        Some(Kind::Date) => json!(pick(rng, &["1971-01-11", "1974-04-14", "2001-02-03"])),
        Some(Kind::Timestamp) => json!(pick(
            rng,
            &["2020-03-15T12:30:00.000Z", "2023-06-15T15:30:00.000Z", "2027-01-01T00:00:00.000Z"]
        )),
        Some(Kind::Json) => json!({"size": rng.u8(0..9)}),
        Some(Kind::One { to, .. }) => match crate::model::collection(to) {
            Some(related) => key(rng, related),
            None => Value::Null,
        },
        _ => json!("text"),
    }
}

/// A key of an item of the collection, rarely of none.
pub(super) fn key(rng: &mut Rng, collection: &Collection) -> Value {
    if collection.named {
        return json!(pick(rng, &["news", "sport", "arts", "old", "news", "sport", "none"]));
    }
    let items = i32::try_from(crate::model::items(collection.name).len()).unwrap_or(0);
    json!(if chance(rng, 4) { 99 } else { rng.i32(1..=items) })
}

/// A dynamic value that the field may hold; none where there is no such.
pub(super) fn dynamic(rng: &mut Rng, collection: &Collection, field: &str) -> Option<&'static str> {
    match (collection.name, field) {
        (_, "owner") => Some("$CURRENT_USER"),
        ("articles", "desk") => Some(*pick(
            rng,
            &[
                "$CURRENT_ROLE",
                "$CURRENT_ROLES",
                "$CURRENT_POLICIES",
                "$CURRENT_ROLE.name",
                "$CURRENT_ROLES.name",
                "$CURRENT_POLICIES.name",
            ],
        )),
        ("articles", "status") => Some("$CURRENT_USER.title"),
        ("articles", "published_on") => Some(*pick(
            rng,
            &["$NOW", "$NOW(-1 year)", "$NOW(-2 years)", "$NOW(+1 month)", "$NOW(-3 weeks)"],
        )),
        _ => None,
    }
}

/// Whether a dynamic value stands for a list.
pub(super) fn is_list(variable: &str) -> bool {
    variable.starts_with("$CURRENT_ROLES") || variable.starts_with("$CURRENT_POLICIES")
}
