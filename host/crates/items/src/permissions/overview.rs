//! The merged view of a caller's permissions, in the shape of Directus's `GET /permissions/me`.

use palisade_data::Accountability;
use serde_json::{Map, Value, json};

use super::{
    Action, PermissionRow,
    load::{FieldList, preset_object},
    rights::with_app_access,
};
use crate::schema::SchemaSnapshot;

/// `{collection: {action: {access: "full"|"partial"|"none", fields?, presets?, full_access?}}}`.
pub(crate) fn overview(
    schema: &SchemaSnapshot,
    accountability: &Accountability,
    rows: &[PermissionRow],
) -> Value {
    let mut collections = Map::new();
    if accountability.admin {
        let full = json!({"access": "full", "full_access": true, "fields": ["*"]});
        for collection in schema.collections() {
            let actions: Map<String, Value> = Action::ALL
                .map(|action| (action.name().to_owned(), full.clone()))
                .into_iter()
                .collect();
            collections.insert(collection.name.clone(), Value::Object(actions));
        }
        return Value::Object(collections);
    }
    let mut extra = Vec::new();
    for row in with_app_access(accountability, rows, &mut extra) {
        if schema.collection(&row.collection).is_none() {
            continue;
        }
        let actions = collections.entry(row.collection.clone()).or_insert_with(|| {
            Action::ALL.iter().map(|action| (action.name(), json!({"access": "none"}))).collect()
        });
        if let Some(Value::Object(entry)) = actions.get_mut(row.action.name()) {
            merge(entry, row);
        }
    }
    Value::Object(collections)
}

fn merge(entry: &mut Map<String, Value>, row: &PermissionRow) {
    if entry.get("access") != Some(&json!("full")) {
        let access = if row.rule.is_some() { "partial" } else { "full" };
        entry.insert("access".into(), access.into());
    }
    let fields = entry.entry("fields").or_insert_with(|| json!([]));
    if let Value::Array(known) = fields {
        if row.fields == FieldList::All {
            *known = vec!["*".into()];
        } else if *known != ["*"] {
            for name in row.fields.names() {
                if !known.contains(&Value::from(name.as_str())) {
                    known.push(name.into());
                }
            }
        }
    }
    let presets = preset_object(row.presets.as_ref());
    if !presets.is_empty()
        && let Value::Object(known) = entry.entry("presets").or_insert_with(|| json!({}))
    {
        known.extend(presets);
    }
}
