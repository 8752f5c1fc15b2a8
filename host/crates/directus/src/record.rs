//! Which collections and fields an answer held, for the ledger.

use std::collections::BTreeSet;

use serde_json::Value;

/// Rows that are looked at: rows of one answer have the same fields.
const ROWS: usize = 20;
/// Relations that are followed.
const DEPTH: usize = 4;

/// The fields in rows, as `collection.field` and `collection.relation.field`.
pub(crate) fn fields(collection: &str, rows: &[Value]) -> Vec<String> {
    let mut found = BTreeSet::new();
    for row in rows.iter().take(ROWS) {
        collect(collection, row, DEPTH, &mut found);
    }
    found.into_iter().collect()
}

fn collect(path: &str, value: &Value, depth: usize, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let field = format!("{path}.{name}");
                if depth > 0 {
                    collect(&field, value, depth - 1, found);
                }
                found.insert(field);
            }
        }
        Value::Array(items) => {
            for item in items.iter().take(ROWS).filter(|item| item.is_object()) {
                collect(path, item, depth, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nested_fields_are_named_by_their_path() {
        let rows = [
            json!({"id": 1, "author": {"name": "A"}, "tags": ["x"]}),
            json!({"id": 2, "author": null, "comments": [{"id": 3}]}),
        ];
        assert_eq!(
            fields("articles", &rows),
            [
                "articles.author",
                "articles.author.name",
                "articles.comments",
                "articles.comments.id",
                "articles.id",
                "articles.tags",
            ]
        );
    }
}
