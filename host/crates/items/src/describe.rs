//! The structure as a caller may see it.

use palisade_data::{DataError, Outcome, forbidden_collection};
use serde_json::{Map, Value, json};

use crate::{
    engine::Session,
    permissions::Action,
    schema::{Collection, Field, Relation},
};

/// Without names: an overview of the collections that the caller may use. With names: these in full.
///
/// Overview: `[{collection, note, primary_key, fields: [names]}]`. In full: `[{collection, note,
/// primary_key, display_template?, singleton, fields: [{field, type, required, readonly, note,
/// default, choices?, relation?: {type: "m2o"|"o2m", collection}}], actions}]`. A relation to a
/// collection that the caller may not read is left out.
pub(crate) fn describe(
    session: &Session<'_>,
    names: Option<&[String]>,
) -> Result<Outcome, DataError> {
    let collections: Vec<&Collection> = match names {
        None => session.schema.collections().filter(|one| usable(session, one)).collect(),
        Some(names) => names
            .iter()
            .map(|name| {
                session
                    .schema
                    .collection(name)
                    .filter(|one| usable(session, one))
                    .ok_or_else(|| forbidden_collection(name, "root"))
            })
            .collect::<Result<_, _>>()?,
    };
    let full = names.is_some();
    let mut touched = Vec::new();
    let mut described = Vec::with_capacity(collections.len());
    for collection in &collections {
        let fields: Vec<&Field> = shown_fields(session, collection).collect();
        touched.extend(fields.iter().map(|field| format!("{}.{}", collection.name, field.name)));
        described.push(if full {
            in_full(session, collection, &fields)
        } else {
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            json!({
                "collection": collection.name,
                "note": collection.note,
                "primary_key": collection.primary_key,
                "fields": names,
            })
        });
    }
    Ok(Outcome {
        items: described.len(),
        data: Value::Array(described),
        collections: collections.iter().map(|one| one.name.clone()).collect(),
        fields: if full { touched } else { Vec::new() },
        ..Outcome::default()
    })
}

fn usable(session: &Session<'_>, collection: &Collection) -> bool {
    [Action::Read, Action::Create, Action::Update]
        .into_iter()
        .any(|action| session.rights.allows(&collection.name, action))
}

/// Fields that the caller may read or write.
fn shown_fields<'a>(
    session: &'a Session<'_>,
    collection: &'a Collection,
) -> impl Iterator<Item = &'a Field> {
    collection.fields.iter().filter(|field| {
        let known = field.is_column() || field.relation.is_some();
        known
            && [Action::Read, Action::Create, Action::Update]
                .into_iter()
                .any(|action| session.rights.allows_field(collection, &field.name, action))
    })
}

fn in_full(session: &Session<'_>, collection: &Collection, fields: &[&Field]) -> Value {
    let mut described = Map::new();
    described.insert("collection".into(), collection.name.clone().into());
    described.insert("note".into(), collection.note.clone().into());
    described.insert("primary_key".into(), collection.primary_key.clone().into());
    if let Some(template) = &collection.display_template {
        described.insert("display_template".into(), template.clone().into());
    }
    described.insert("singleton".into(), collection.singleton.into());
    let fields: Vec<Value> = fields.iter().map(|field| field_in_full(session, field)).collect();
    described.insert("fields".into(), fields.into());
    described.insert("actions".into(), actions(session, collection).into());
    Value::Object(described)
}

/// Actions that the caller may perform on some items. System collections are for reading alone.
fn actions(session: &Session<'_>, collection: &Collection) -> Vec<&'static str> {
    [Action::Read, Action::Create, Action::Update, Action::Delete]
        .into_iter()
        .filter(|action| !collection.system || *action == Action::Read)
        .filter(|action| session.rights.allows(&collection.name, *action))
        .map(Action::name)
        .collect()
}

fn field_in_full(session: &Session<'_>, field: &Field) -> Value {
    let mut described = Map::new();
    described.insert("field".into(), field.name.clone().into());
    described.insert("type".into(), field.kind.name().into());
    described.insert("required".into(), is_required(field).into());
    described.insert("readonly".into(), (field.readonly || field.generated).into());
    described.insert("note".into(), field.note.clone().into());
    described.insert("default".into(), default_value(field));
    if let Some(choices) = choices(field) {
        described.insert("choices".into(), choices);
    }
    let relation = match &field.relation {
        Some(Relation::ManyToOne { collection }) => Some(("m2o", collection)),
        Some(Relation::OneToMany { collection, .. }) => Some(("o2m", collection)),
        Some(Relation::ManyToAny) | None => None,
    };
    if let Some((kind, collection)) = relation
        && session.rights.allows(collection, Action::Read)
    {
        described.insert("relation".into(), json!({"type": kind, "collection": collection}));
    }
    Value::Object(described)
}

/// Whether a new item needs a value, by the table or as people were told.
fn is_required(field: &Field) -> bool {
    let needed = field.required || (!field.nullable && field.default.is_none());
    field.is_column() && needed && !field.is_automatic()
}

/// The default as a value: the literal of the column's declaration. An expression counts as none.
fn default_value(field: &Field) -> Value {
    let Some(text) = &field.default else { return Value::Null };
    let text = text.trim();
    match text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(quoted) => quoted.replace("''", "'").into(),
        None if field.kind == crate::schema::FieldType::Boolean => match text {
            "0" | "false" | "FALSE" => false.into(),
            "1" | "true" | "TRUE" => true.into(),
            _ => Value::Null,
        },
        None => serde_json::from_str::<serde_json::Number>(text).map_or(Value::Null, Value::from),
    }
}

/// Values of the interface's choices.
fn choices(field: &Field) -> Option<Value> {
    let choices = field.options.as_ref()?.get("choices")?.as_array()?;
    let values: Vec<Value> = choices
        .iter()
        .filter_map(|choice| match choice {
            Value::Object(choice) => choice.get("value").cloned(),
            other => Some(other.clone()),
        })
        .collect();
    (!values.is_empty()).then_some(Value::Array(values))
}
