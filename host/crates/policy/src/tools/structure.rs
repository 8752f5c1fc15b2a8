//! `schema`, `collections`, `fields` and `relations`.

use palisade_data::{Operation, StructureOperation};
use serde_json::{Map, Value};

use super::{
    ArgumentError, MAXIMUM_ITEMS,
    arguments::{Action, action, only, optional_text, payloads, structured, text},
};

const ALL: [Action; 4] = [Action::Create, Action::Read, Action::Update, Action::Delete];
const EXPECTED: &str = "create, read, update or delete";

/// `schema`: the structure as the caller may see it.
pub(super) fn schema(arguments: &Map<String, Value>) -> Result<Operation, ArgumentError> {
    only(arguments, &["keys"])?;
    Ok(Operation::Schema { collections: names(arguments)? })
}

/// `collections`: named by `keys`, made and changed by the definitions in `data`.
pub(super) fn collections(arguments: &Map<String, Value>) -> Result<Operation, ArgumentError> {
    only(arguments, &["action", "keys", "data"])?;
    let operation = match action(arguments, &ALL, EXPECTED)? {
        Action::Read => StructureOperation::ReadCollections { names: names(arguments)? },
        Action::Delete => StructureOperation::DeleteCollections {
            names: names(arguments)?.ok_or(ArgumentError::Missing("keys", "delete"))?,
        },
        Action::Update => StructureOperation::UpdateCollections {
            definitions: definitions(arguments, "update", "collection")?,
        },
        Action::Create | Action::Import => StructureOperation::CreateCollections {
            definitions: definitions(arguments, "create", "collection")?,
        },
    };
    Ok(Operation::Structure(operation))
}

/// `fields`: of one collection, named by `field`, made and changed by the definitions in `data`.
pub(super) fn fields(arguments: &Map<String, Value>) -> Result<Operation, ArgumentError> {
    only(arguments, &["action", "collection", "field", "data"])?;
    let operation = match action(arguments, &ALL, EXPECTED)? {
        Action::Read => {
            let (collection, field) = place(arguments)?;
            StructureOperation::ReadFields { collection, field }
        }
        Action::Delete => StructureOperation::DeleteField {
            collection: text(arguments, "collection", "delete")?,
            field: text(arguments, "field", "delete")?,
        },
        Action::Update => StructureOperation::UpdateFields {
            collection: text(arguments, "collection", "update")?,
            definitions: definitions(arguments, "update", "field")?,
        },
        Action::Create | Action::Import => StructureOperation::CreateFields {
            collection: text(arguments, "collection", "create")?,
            definitions: definitions(arguments, "create", "field")?,
        },
    };
    Ok(Operation::Structure(operation))
}

/// `relations`: named by the field that points.
pub(super) fn relations(arguments: &Map<String, Value>) -> Result<Operation, ArgumentError> {
    only(arguments, &["action", "collection", "field", "data"])?;
    let definition = |action| match structured(arguments, "data") {
        Some(Value::Object(definition)) => Ok(definition),
        Some(_) => Err(ArgumentError::Wrong("data", "an object")),
        None => Err(ArgumentError::Missing("data", action)),
    };
    let operation = match action(arguments, &ALL, EXPECTED)? {
        Action::Read => {
            let (collection, field) = place(arguments)?;
            StructureOperation::ReadRelations { collection, field }
        }
        Action::Delete => StructureOperation::DeleteRelation {
            collection: text(arguments, "collection", "delete")?,
            field: text(arguments, "field", "delete")?,
        },
        Action::Update => StructureOperation::UpdateRelation {
            collection: text(arguments, "collection", "update")?,
            field: text(arguments, "field", "update")?,
            definition: definition("update")?,
        },
        Action::Create | Action::Import => {
            let mut definition = definition("create")?;
            for name in ["collection", "field"] {
                if let Some(given) = optional_text(arguments, name)? {
                    definition.entry(name).or_insert_with(|| given.into());
                }
                if !definition.get(name).is_some_and(is_name) {
                    return Err(ArgumentError::Missing(name, "create"));
                }
            }
            StructureOperation::CreateRelation { definition }
        }
    };
    Ok(Operation::Structure(operation))
}

/// A collection, and a field of it: no field without one.
fn place(
    arguments: &Map<String, Value>,
) -> Result<(Option<String>, Option<String>), ArgumentError> {
    let collection = optional_text(arguments, "collection")?;
    let field = optional_text(arguments, "field")?;
    if collection.is_none() && field.is_some() {
        return Err(ArgumentError::Missing("collection", "read"));
    }
    Ok((collection, field))
}

/// Names of collections in `keys`. None, and none at all, mean all.
fn names(arguments: &Map<String, Value>) -> Result<Option<Vec<String>>, ArgumentError> {
    let wrong = ArgumentError::Wrong("keys", "a list of collection names");
    match structured(arguments, "keys") {
        None => Ok(None),
        Some(Value::Array(names)) if names.is_empty() => Ok(None),
        Some(Value::Array(names)) if names.len() <= MAXIMUM_ITEMS => {
            let names = names.iter().map(|name| name.as_str().map(String::from));
            names.collect::<Option<Vec<_>>>().map(Some).ok_or(wrong)
        }
        Some(_) => Err(wrong),
    }
}

/// Definitions, each with its name under `named_by`.
fn definitions(
    arguments: &Map<String, Value>,
    action: &'static str,
    named_by: &'static str,
) -> Result<Vec<Map<String, Value>>, ArgumentError> {
    let data = structured(arguments, "data").ok_or(ArgumentError::Missing("data", action))?;
    let mut definitions = payloads(data)?;
    // One definition may leave its name to the argument beside it.
    if let [one] = definitions.as_mut_slice()
        && let Some(given) = arguments.get(named_by).filter(|given| is_name(given))
    {
        one.entry(named_by).or_insert_with(|| given.clone());
    }
    if definitions.iter().all(|one| one.get(named_by).is_some_and(is_name)) {
        return Ok(definitions);
    }
    Err(match named_by {
        "field" => ArgumentError::Wrong("data", "definitions that each have a \"field\""),
        _ => ArgumentError::Wrong("data", "definitions that each have a \"collection\""),
    })
}

fn is_name(value: &Value) -> bool {
    value.as_str().is_some_and(|name| !name.is_empty())
}
