//! Keeps a query to the collection that it is for.
//!
//! A query may reach other collections by the names of relations, and whether a name is one isn't
//! written in it. A component that wasn't granted all collections may therefore use none of the forms
//! that follow relations.

use palisade_data::Query;
use serde_json::Value;

/// Operators that look into related items, whose names alone begin as others do.
const RELATIONAL: [&str; 2] = ["_some", "_none"];

/// Whether a query stays in its collection, whatever its fields are.
pub(super) fn stays(query: &Query) -> bool {
    let is_field = |name: &str| {
        let name = name.strip_prefix('-').unwrap_or(name);
        !name.contains(['.', '$', ':']) && !name.contains("count(")
    };
    query.fields.iter().all(|name| is_field(name))
        && query.sort.iter().all(|name| is_field(name))
        && query.group.iter().all(|name| is_field(name))
        && query.aggregate.iter().flat_map(|it| &it.fields).all(|name| is_field(name))
        && query.alias.values().all(|it| it.as_str().is_some_and(is_field))
        && query.deep.is_empty()
        && query.filter.as_ref().is_none_or(|filter| filter_stays(filter, &is_field))
}

fn filter_stays(filter: &Value, is_field: &impl Fn(&str) -> bool) -> bool {
    let Value::Object(rules) = filter else { return false };
    rules.iter().all(|(name, rule)| match (name.as_str(), rule) {
        ("_and" | "_or", Value::Array(rules)) => {
            rules.iter().all(|rule| filter_stays(rule, is_field))
        }
        (name, Value::Object(operators)) => {
            is_field(name)
                && !name.starts_with('_')
                && operators.keys().all(|operator| {
                    operator.starts_with('_') && !RELATIONAL.contains(&operator.as_str())
                })
        }
        // Equality, written short.
        (name, _) => is_field(name) && !name.starts_with('_'),
    })
}

/// Whether a payload writes nothing but values of its own item.
pub(super) fn writes_one_item(payload: &serde_json::Map<String, Value>) -> bool {
    payload.values().all(|value| match value {
        Value::Object(_) => false,
        Value::Array(values) => !values.iter().any(|value| value.is_object() || value.is_array()),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(value: Value) -> bool {
        stays(&Query::from_json(&value).expect("a query"))
    }

    #[test]
    fn queries_on_fields_of_the_collection_stay() {
        for query in [
            json!({}),
            json!({"fields": ["id", "title"], "sort": ["-date"], "limit": 5, "search": "x"}),
            json!({"fields": ["*"], "filter": {"title": {"_contains": "a"}}}),
            json!({"filter": {"_and": [{"a": {"_eq": 1}}, {"_or": [{"b": {"_null": true}}]}]}}),
            json!({"aggregate": {"count": "*", "sum": ["views"]}, "groupBy": ["year(date)"]}),
            json!({"filter": {"year(date)": {"_eq": 2026}}}),
        ] {
            assert!(of(query.clone()), "{query}");
        }
    }

    #[test]
    fn queries_that_could_follow_a_relation_do_not() {
        for query in [
            json!({"fields": ["author.email"]}),
            json!({"fields": ["*.*"]}),
            json!({"fields": ["item:pages.title"]}),
            json!({"fields": ["count(comments)"]}),
            json!({"sort": ["author.name"]}),
            json!({"filter": {"author": {"email": {"_contains": "a"}}}}),
            json!({"filter": {"comments": {"_some": {"text": {"_eq": "x"}}}}}),
            json!({"filter": {"comments": {"_none": {"text": {"_eq": "x"}}}}}),
            json!({"filter": {"_or": [{"author": {"email": {"_contains": "a"}}}]}}),
            json!({"filter": {"author.email": {"_eq": "a"}}}),
            json!({"filter": {"$FOLLOW(a,b)": {"_eq": "a"}}}),
            json!({"filter": {"count(comments)": {"_gt": 1}}}),
            json!({"deep": {"author": {"_filter": {"email": {"_contains": "a"}}}}}),
            json!({"alias": {"x": "author.email"}}),
            json!({"aggregate": {"min": ["author.email"]}}),
            json!({"aggregate": {"count": "*"}, "groupBy": ["author.email"]}),
        ] {
            assert!(!of(query.clone()), "{query}");
        }
    }

    #[test]
    fn payloads_with_items_inside_write_more_than_one() {
        let one = json!({"a": 1, "b": ["x"], "c": null});
        assert!(writes_one_item(one.as_object().expect("an object")));
        for payload in [
            json!({"author": {"name": "x"}}),
            json!({"comments": [{"text": "x"}]}),
            json!({"comments": {"create": []}}),
        ] {
            assert!(!writes_one_item(payload.as_object().expect("an object")), "{payload}");
        }
    }
}
