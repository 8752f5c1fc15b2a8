//! From a caller's payload to the values that are stored: allowed fields, presets, validation,
//! automatic values, types.

use palisade_data::{DataError, FieldFailure, forbidden_action};
use sea_query::Value as SqlValue;
use serde_json::{Map, Value, json};

use super::validation;
use crate::{
    engine::Session,
    filter::coerce,
    permissions::{Action, FieldList},
    schema::{Collection, Field, FieldType},
};

/// Checks that the action is allowed at all, and that some rule grants each field of the payload.
pub(super) fn check_fields(
    session: &Session<'_>,
    collection: &Collection,
    action: Action,
    payload: &Map<String, Value>,
) -> Result<(), DataError> {
    if collection.system || !session.rights.allows(&collection.name, action) {
        return Err(forbidden_action(action.name(), &collection.name));
    }
    let rules = session.rights.rules(&collection.name, action);
    let ignores_unknown = session.rights.is_administrator()
        || (action == Action::Create && rules.iter().any(|rule| rule.fields == FieldList::All));
    let refused: Vec<&str> = payload
        .keys()
        .map(String::as_str)
        .filter(|field| !session.rights.allows_field(collection, field, action))
        // Where nothing is forbidden, unknown fields are left out when the item is stored.
        .filter(|field| !ignores_unknown || collection.field(field).is_some())
        .collect();
    if refused.is_empty() { Ok(()) } else { Err(refuse_fields(&refused, &collection.name)) }
}

/// Puts presets below a payload whose fields are checked, and validates the whole.
pub(super) fn prepare(
    session: &Session<'_>,
    collection: &Collection,
    action: Action,
    payload: Map<String, Value>,
) -> Result<Map<String, Value>, DataError> {
    let rules = session.rights.rules(&collection.name, action);
    let mut merged = Map::new();
    for (field, value) in rules.iter().flat_map(|rule| &rule.presets) {
        if collection.field(field).is_some() {
            merged.insert(field.clone(), value.clone());
        }
    }
    merged.extend(payload);
    let mut failures = field_failures(collection, action, &merged);
    for rule in rules {
        if let Some(validation) = &rule.validation {
            failures.extend(validation::failures(validation, &merged, collection));
        }
    }
    if failures.is_empty() { Ok(merged) } else { Err(DataError::FailedValidation(failures)) }
}

/// The refusal of fields in a payload, the same whether they exist or not.
fn refuse_fields(fields: &[&str], collection: &str) -> DataError {
    let names: Vec<String> = fields.iter().map(|field| format!("\"{field}\"")).collect();
    let (noun, they) = if fields.len() == 1 { ("field", "it does") } else { ("fields", "they do") };
    DataError::Forbidden(format!(
        "You don't have permission to access {noun} {} in collection \"{collection}\" or {they} not \
         exist.",
        names.join(", ")
    ))
}

/// What the fields themselves ask of a payload: a value where null isn't taken, and their own
/// validation.
fn field_failures(
    collection: &Collection,
    action: Action,
    payload: &Map<String, Value>,
) -> Vec<FieldFailure> {
    let mut failures = Vec::new();
    for field in &collection.fields {
        let value = payload.get(&field.name);
        let optional = field.nullable || field.is_automatic();
        match value {
            None if action == Action::Create && !optional && field.default.is_none() => {
                failures.push(validation::failure(&field.name, "required", Map::new()));
            }
            Some(Value::Null) if !optional && field.is_column() => {
                failures.push(validation::failure(&field.name, "nnull", Map::new()));
            }
            _ => {}
        }
        if let Some(rule) = &field.validation {
            let own = validation::failures(rule, payload, collection);
            failures.extend(own.into_iter().map(|failure| match &field.validation_message {
                Some(message) if failure.field == field.name => {
                    FieldFailure { message: message.clone(), ..failure }
                }
                _ => failure,
            }));
        }
    }
    failures
}

/// Adds the values that the project fills in: who and when, and new UUIDs.
pub(super) fn fill(
    session: &Session<'_>,
    collection: &Collection,
    action: Action,
    payload: &mut Map<String, Value>,
) {
    let now = session.values.now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    for field in &collection.fields {
        let created = action == Action::Create;
        let has = |create: &str, update: &str| {
            (created && field.has_special(create)) || (!created && field.has_special(update))
        };
        if has("date-created", "date-updated") {
            payload.insert(field.name.clone(), now.clone().into());
        } else if has("user-created", "user-updated") {
            payload.insert(field.name.clone(), session.caller.user.clone().into());
        } else if has("role-created", "role-updated") {
            payload.insert(field.name.clone(), session.caller.role.clone().into());
        }
        let key = field.name == collection.primary_key && field.kind == FieldType::Uuid;
        let missing = payload.get(&field.name).is_none_or(Value::is_null);
        if created && missing && (key || field.has_special("uuid")) {
            payload.insert(field.name.clone(), json!(uuid::Uuid::new_v4().to_string()));
        }
    }
}

/// The stored form of a column's value.
pub(super) fn stored(
    collection: &Collection,
    field: &Field,
    value: &Value,
) -> Result<SqlValue, DataError> {
    let invalid = |reason: &str| {
        DataError::InvalidPayload(format!(
            "Field \"{}\" in collection \"{}\" {reason}",
            field.name, collection.name
        ))
    };
    if field.generated {
        return Err(invalid("is computed by the database and can't be set"));
    }
    if field.has_special("hash") {
        return Err(invalid("holds a hash and can't be set"));
    }
    if value.is_null() {
        return Ok(SqlValue::String(None));
    }
    if field.kind == FieldType::Uuid
        && value.as_str().is_none_or(|text| uuid::Uuid::parse_str(text).is_err())
    {
        return Err(invalid("has to be a UUID"));
    }
    if let (Some(limit), true, Some(text)) =
        (field.max_length, field.kind.is_text(), value.as_str())
        && text.chars().count() > limit
    {
        return Err(DataError::ValueTooLong {
            collection: collection.name.clone(),
            field: field.name.clone(),
        });
    }
    // Text in a JSON column may itself be JSON, as forms send it.
    if let (FieldType::Json, Value::String(text)) = (field.kind, value)
        && text.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
    {
        return Ok(SqlValue::from(text.clone()));
    }
    coerce(value, field.kind).map_err(|reason| invalid(&reason))
}
