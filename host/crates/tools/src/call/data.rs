//! `data`: the project's data, with the caller's permissions, as far as granted.

use palisade_data::{DataError, Operation, Outcome, Query, Selection};
use palisade_sandbox::{CapabilityError, CapabilityErrorKind, ToolDataRequest, not_granted};
use palisade_state::{LedgerEntry, LedgerKind};
use serde_json::{Map, Value};

use super::{GrantedHost, invalid, limit, query};
use crate::{DataAction, manifest::is_of_directus};

/// Items that one request reads, and that one writes.
const ITEMS_READ: i64 = 10_000;
const ITEMS_WRITTEN: usize = 500;
/// Bytes of what is given back.
const RESULT_BYTES: usize = 4 << 20;

pub(super) async fn run(
    host: &GrantedHost,
    request: ToolDataRequest,
) -> Result<String, CapabilityError> {
    let operation = match operation(host, request) {
        Ok(operation) => operation,
        Err(error) => {
            if error.kind == CapabilityErrorKind::Denied {
                let outcome = error.code.clone().into_owned();
                host.record(LedgerEntry { outcome, ..host.row(LedgerKind::Refusal) }).await;
            }
            return Err(error);
        }
    };
    let result = host.data.execute(&host.caller, &operation).await.and_then(|outcome| {
        let json = serde_json::to_string(&outcome.data).map_err(DataError::internal)?;
        Ok((outcome, json))
    });
    let seen = result.as_ref().map(|(outcome, json)| (outcome, json.len()));
    let row = host.row(LedgerKind::DataOperation);
    host.record(data_operation_row(row, &operation, seen)).await;
    match result {
        Ok((_, json)) if json.len() > RESULT_BYTES => {
            Err(limit("The result is larger than 4 MiB. Ask for fewer items or fields."))
        }
        Ok((_, json)) => Ok(json),
        Err(error) => {
            if let Some(source) = std::error::Error::source(&error) {
                tracing::error!(%source, "a data operation of a tool failed");
            }
            Err(CapabilityError::from(&error))
        }
    }
}

/// Completes a ledger row with what a data operation touched.
pub fn data_operation_row(
    row: LedgerEntry,
    operation: &Operation,
    result: Result<(&Outcome, usize), &DataError>,
) -> LedgerEntry {
    let row = LedgerEntry { reason: Some(operation.action().to_owned()), ..row };
    match result {
        Ok((outcome, bytes)) => LedgerEntry {
            collections: outcome.collections.clone(),
            fields: outcome.fields.clone(),
            items: Some(outcome.items as u64),
            bytes_received: Some(bytes as u64),
            ..row
        },
        Err(error) => LedgerEntry {
            collections: operation.collection().map(str::to_owned).into_iter().collect(),
            outcome: error.code().to_owned(),
            ..row
        },
    }
}

/// The operation that a request stands for, if it was granted.
fn operation(host: &GrantedHost, request: ToolDataRequest) -> Result<Operation, CapabilityError> {
    match request {
        ToolDataRequest::Describe { collections } => {
            if collections.is_empty() {
                return Err(invalid("Name at least one collection."));
            }
            for collection in &collections {
                allowed(host, collection, DataAction::Read)?;
            }
            Ok(Operation::Schema { collections: Some(collections) })
        }
        ToolDataRequest::Read { collection, query } => {
            allowed(host, &collection, DataAction::Read)?;
            Ok(Operation::ReadItems { query: read_query(host, &query)?, collection, keys: None })
        }
        ToolDataRequest::Create { collection, items } => {
            allowed(host, &collection, DataAction::Create)?;
            let items: Vec<Map<String, Value>> = serde_json::from_str(&items).map_err(|error| {
                invalid(format!("The items aren't an array of objects: {error}"))
            })?;
            counted("items", items.len())?;
            for item in &items {
                one_item(host, item, DataAction::Create)?;
            }
            Ok(Operation::CreateItems { collection, items, query: Query::default() })
        }
        ToolDataRequest::Update { collection, keys, changes } => {
            allowed(host, &collection, DataAction::Update)?;
            let payload: Map<String, Value> = serde_json::from_str(&changes)
                .map_err(|error| invalid(format!("The changes aren't an object: {error}")))?;
            one_item(host, &payload, DataAction::Update)?;
            let selection = selection(keys)?;
            Ok(Operation::UpdateItems { collection, selection, payload, query: Query::default() })
        }
        ToolDataRequest::Delete { collection, keys } => {
            allowed(host, &collection, DataAction::Delete)?;
            Ok(Operation::DeleteItems { collection, selection: selection(keys)? })
        }
    }
}

/// Refuses what wasn't granted, and a write by a tool whose call nobody had to approve: a grant that
/// allows writes makes the tool one that isn't read-only, so its calls passed the gate as such.
fn allowed(
    host: &GrantedHost,
    collection: &str,
    action: DataAction,
) -> Result<(), CapabilityError> {
    let is_write = action != DataAction::Read;
    let is_granted = host.tool.grant.allows(collection, action)
        && !is_of_directus(collection)
        && !(is_write && host.tool.effect.read_only);
    if is_granted { Ok(()) } else { Err(not_granted()) }
}

fn read_query(host: &GrantedHost, text: &str) -> Result<Query, CapabilityError> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| invalid(format!("The query isn't JSON: {error}")))?;
    let mut query = Query::from_json(&value).map_err(|error| {
        CapabilityError::new(CapabilityErrorKind::Invalid, "INVALID_QUERY", error.to_string())
    })?;
    if !host.tool.grant.allows_all(DataAction::Read) && !query::stays(&query) {
        return Err(CapabilityError::new(
            CapabilityErrorKind::Denied,
            "NOT_GRANTED",
            "The query follows relations, which takes a grant for all collections. Read related \
             collections by themselves.",
        ));
    }
    query.limit = query.limit.map(|it| if it < 0 { ITEMS_READ } else { it.min(ITEMS_READ) });
    Ok(query)
}

fn one_item(
    host: &GrantedHost,
    payload: &Map<String, Value>,
    action: DataAction,
) -> Result<(), CapabilityError> {
    if host.tool.grant.allows_all(action) || query::writes_one_item(payload) {
        return Ok(());
    }
    Err(CapabilityError::new(
        CapabilityErrorKind::Denied,
        "NOT_GRANTED",
        "Items within items take a grant for all collections. Write each collection by itself.",
    ))
}

fn selection(keys: Vec<String>) -> Result<Selection, CapabilityError> {
    counted("keys", keys.len())?;
    Ok(Selection::Keys(keys.into_iter().map(Value::String).collect()))
}

fn counted(what: &str, count: usize) -> Result<(), CapabilityError> {
    match count {
        0 => Err(invalid(format!("There are no {what}."))),
        1..=ITEMS_WRITTEN => Ok(()),
        _ => Err(limit(format!("There are more than {ITEMS_WRITTEN} {what}."))),
    }
}
