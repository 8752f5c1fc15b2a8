//! What differs on purpose.
//!
//! Each difference says in code when it may occur and what both sides then answer. A case that
//! meets it is counted under its name; anything else that differs fails the test.

use serde_json::Value;

use crate::{
    answer::{Answer, same},
    case::{Case, Matrix},
    generate, model,
};

/// A difference that is meant.
pub struct Known {
    /// Name, as the report counts it.
    pub name: &'static str,
    /// Why it is meant.
    pub reason: &'static str,
    /// Whether the embedded project may have written what Directus refused.
    pub writes: bool,
    /// Whether this is it: the matrix, the case, what Directus and what the embedded project answers.
    pub holds: fn(&Matrix, &Case, &Answer, &Answer) -> bool,
}

/// All of them.
pub const KNOWN: &[Known] = &[
    Known {
        name: "lists into collections out of reach, Directus 12",
        reason: "Directus 12 refuses writes to a list of items that the caller may write and not \
                 read, Directus 11 doesn't. The embedded project follows Directus 11.",
        writes: true,
        holds: |matrix, case, directus, _| {
            let refused = matches!(directus, Answer::Refused { code, .. } if code == "FORBIDDEN");
            refused && matrix.is_of_whole_collections() && case.writes_unreadable_list(matrix)
        },
    },
    Known {
        name: "Directus fails",
        reason: "Directus composes SQL or validations that break (500 INTERNAL_SERVER_ERROR). The \
             embedded project answers reads, and refuses such writes.",
        writes: false,
        holds: |_, case, directus, embedded| {
            let fails = |answer: &Answer| matches!(answer, Answer::Refused { status: 500, .. });
            let refused = matches!(embedded, Answer::Refused { .. });
            fails(directus) && !fails(embedded) && (case.is_read() || refused)
        },
    },
    Known {
        name: "bare keys",
        reason: "Where no field of a row is shown under its own name, Directus gives the row's bare \
             primary key, granted or not. The embedded project gives an object.",
        writes: false,
        holds: |_, _, directus, embedded| match (directus, embedded) {
            (Answer::Data(Value::Array(theirs)), Answer::Data(Value::Array(ours))) => {
                let is_bare = |row: &Value| !row.is_object() && !row.is_array();
                let all = theirs.len() == ours.len()
                    && theirs.iter().all(is_bare)
                    && ours.iter().all(Value::is_object);
                all || bare(&Value::from(theirs.clone()), &Value::from(ours.clone()))
            }
            _ => false,
        },
    },
    Known {
        name: "hidden many-to-one field",
        reason: "Directus shows the item that a many-to-one field points to, where the field itself is \
             hidden on the item that points. The embedded project shows null.",
        writes: false,
        holds: |matrix, case, directus, embedded| match (directus, embedded) {
            (Answer::Data(theirs), Answer::Data(ours)) => {
                generate::hides_pointers(matrix, case.caller) && shows_less(theirs, ours)
            }
            _ => false,
        },
    },
];

/// Whether ours is theirs, with empty objects in place of keys.
fn bare(theirs: &Value, ours: &Value) -> bool {
    match (theirs, ours) {
        (Value::Number(_) | Value::String(_), Value::Object(ours)) => ours.is_empty(),
        (Value::Object(theirs), Value::Object(ours)) if theirs.len() == ours.len() => {
            theirs.iter().all(|(key, theirs)| {
                let ours = ours.get(key);
                // The item behind it may not be read: null rather than its key.
                let out_of_reach = model::is_pointer(key)
                    && !theirs.is_object()
                    && ours.is_some_and(Value::is_null);
                out_of_reach || ours.is_some_and(|ours| bare(theirs, ours))
            })
        }
        (Value::Array(theirs), Value::Array(ours)) => {
            theirs.len() == ours.len()
                && theirs.iter().zip(ours).all(|(theirs, ours)| bare(theirs, ours))
        }
        _ => same(theirs, ours),
    }
}

/// Whether ours is theirs, with null in place of some objects.
fn shows_less(theirs: &Value, ours: &Value) -> bool {
    match (theirs, ours) {
        (Value::Object(_), Value::Null) => true,
        (Value::Object(theirs), Value::Object(ours)) => {
            theirs.len() == ours.len()
                && theirs
                    .iter()
                    .all(|(key, theirs)| ours.get(key).is_some_and(|ours| shows_less(theirs, ours)))
        }
        (Value::Array(theirs), Value::Array(ours)) => {
            theirs.len() == ours.len()
                && theirs.iter().zip(ours).all(|(theirs, ours)| shows_less(theirs, ours))
        }
        _ => same(theirs, ours),
    }
}

/// The known difference that a case meets.
pub fn known(
    matrix: &Matrix,
    case: &Case,
    directus: &Answer,
    embedded: &Answer,
) -> Option<&'static Known> {
    KNOWN.iter().find(|one| (one.holds)(matrix, case, directus, embedded))
}
