//! Matrices: roles in a tree, users, policies, and the permissions of policies.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::{Rules, all_fields, chance, filter, pick, values};
use crate::{
    case::{Matrix, Permission, Policy, Subject},
    model::{COLLECTIONS, Collection, Kind, POLICIES, ROLES, USERS},
};

pub(super) fn matrix(rng: &mut Rng, rules: Rules) -> Matrix {
    let policies = POLICIES
        .iter()
        .map(|_| Policy {
            // Directus 12 without a licence has few seats for those.
            admin: rules == Rules::Full && chance(rng, 3),
            app: rules == Rules::Full && chance(rng, 10),
            networks: match rng.u8(0..20) {
                0 => vec!["10.0.0.0/8"],
                1 => vec!["127.0.0.0/8", "10.1.1.1"],
                _ => Vec::new(),
            },
        })
        .collect();
    // A role's parent has a higher number, so there are no circles.
    let parents = (0..ROLES.len())
        .map(|role| {
            (role + 1 < ROLES.len() && chance(rng, 60)).then(|| rng.usize(role + 1..ROLES.len()))
        })
        .collect();
    let roles =
        USERS.iter().map(|_| (!chance(rng, 20)).then(|| rng.usize(0..ROLES.len()))).collect();
    let mut matrix = Matrix { parents, roles, policies, ..Matrix::default() };
    for policy in 0..POLICIES.len() {
        for _ in 0..rng.usize(1..3) {
            let subject = match rng.u8(0..10) {
                0..6 => Subject::Role(rng.usize(0..ROLES.len())),
                6..9 => Subject::User(rng.usize(0..USERS.len())),
                _ => Subject::Public,
            };
            if !matrix.access.contains(&(subject, policy)) {
                matrix.access.push((subject, policy));
            }
        }
        for collection in COLLECTIONS {
            for (action, likely) in [("read", 75), ("create", 45), ("update", 50), ("delete", 40)] {
                let mut left = if chance(rng, likely) { rng.u8(1..3) } else { 0 };
                if left == 2 && chance(rng, 60) {
                    left = 1;
                }
                for _ in 0..left {
                    let permission = permission(rng, rules, policy, collection, action);
                    matrix.permissions.push(permission);
                }
            }
        }
    }
    matrix
}

fn permission(
    rng: &mut Rng,
    rules: Rules,
    policy: usize,
    collection: &'static Collection,
    action: &'static str,
) -> Permission {
    let mut permission = Permission {
        policy,
        collection: collection.name.to_owned(),
        action,
        fields: Some(vec!["*".to_owned()]),
        rule: None,
        validation: None,
        presets: None,
    };
    if rules == Rules::Collections {
        return permission;
    }
    permission.fields = fields(rng, collection.name, action);
    if action != "create" {
        permission.rule = match rng.u8(0..10) {
            0..4 => None,
            4 => Some(json!({})),
            _ => Some(filter::filter(rng, filter::Of::Rule, collection.name, 0)),
        };
    }
    if matches!(action, "create" | "update") {
        permission.validation = chance(rng, 25).then(|| validation(rng, collection));
        permission.presets = chance(rng, 30).then(|| presets(rng, collection));
    }
    permission
}

fn fields(rng: &mut Rng, collection: &str, action: &str) -> Option<Vec<String>> {
    match rng.u8(0..20) {
        // Directus fails on a list of items whose fields nobody may read.
        0 if action != "read" => return None,
        1..9 => return Some(vec!["*".to_owned()]),
        _ => {}
    }
    let density = *pick(rng, &[40, 70, 90]);
    let mut names = all_fields(collection);
    // Reads always grant the key: what Directus does without it is in `known`.
    names.retain(|name| (name == "id" && action == "read") || chance(rng, density));
    if chance(rng, 3) {
        names.push("unknown".to_owned());
    }
    Some(names)
}

/// Presets of columns, dynamic ones too.
fn presets(rng: &mut Rng, collection: &Collection) -> Value {
    let mut presets = Map::new();
    for _ in 0..rng.usize(1..3) {
        let field = pick(rng, collection.fields);
        if matches!(field.kind, Kind::Many { .. }) || field.unique {
            continue;
        }
        let value = match values::dynamic(rng, collection, field.name) {
            Some(variable) if !values::is_list(variable) && rng.bool() => json!(variable),
            _ => values::value(rng, collection, field.name),
        };
        presets.insert(field.name.to_owned(), value);
    }
    Value::Object(presets)
}

/// A filter that payloads have to meet: columns only.
fn validation(rng: &mut Rng, collection: &Collection) -> Value {
    let mut parts = Vec::new();
    for _ in 0..rng.usize(1..3) {
        let field = pick(rng, collection.fields);
        if matches!(field.kind, Kind::Many { .. } | Kind::Json) {
            continue;
        }
        let rule = match values::dynamic(rng, collection, field.name) {
            _ if chance(rng, 15) => json!({"_submitted": true}),
            Some(variable) if rng.bool() => match field.kind {
                Kind::Timestamp => json!({"_lt": variable}),
                _ if values::is_list(variable) => json!({"_in": variable}),
                _ => json!({"_eq": variable}),
            },
            _ if matches!(field.kind, Kind::String(_)) && chance(rng, 10) => {
                json!({"_regex": "^[A-Za-z].*$"})
            }
            _ => filter::test(rng, collection, field.name, Some(field.kind)),
        };
        parts.push(json!({ field.name: rule }));
    }
    match (parts.len(), rng.u8(0..3)) {
        (0, _) => json!({}),
        (1, _) => parts.swap_remove(0),
        (_, 0) => json!({ "_or": parts }),
        _ => json!({ "_and": parts }),
    }
}
