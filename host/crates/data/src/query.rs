//! Directus's query parameters, parsed once for REST and for tools.

use serde_json::{Map, Value};
use thiserror::Error;

/// A query that isn't one. The text is the reason for `INVALID_QUERY`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct QueryError(pub String);

/// One aggregate: a function and the fields it runs over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregate {
    /// `count`, `countDistinct`, `countAll`, `sum`, `sumDistinct`, `avg`, `avgDistinct`, `min`, `max`.
    pub function: String,
    /// Fields; `*` for `count`.
    pub fields: Vec<String>,
}

/// Directus's query parameters (Directus documentation, "Query parameters").
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// Fields, as dotted paths, `*` included. Empty: `*`.
    pub fields: Vec<String>,
    /// Filter rules.
    pub filter: Option<Value>,
    /// Fields to sort by, `-` in front for descending.
    pub sort: Vec<String>,
    /// Items at most. None: 100. -1: all.
    pub limit: Option<i64>,
    /// Items to skip.
    pub offset: Option<u64>,
    /// Page of `limit` items, from 1. Excludes `offset`.
    pub page: Option<u64>,
    /// Text to search for in the readable text fields.
    pub search: Option<String>,
    /// Aggregates, in order.
    pub aggregate: Vec<Aggregate>,
    /// Fields to group aggregates by.
    pub group: Vec<String>,
    /// Queries for related collections: field name → `_filter`, `_sort`, `_limit`, ….
    pub deep: Map<String, Value>,
    /// Other names for fields: name → field.
    pub alias: Map<String, Value>,
}

/// Parameters that Directus knows and that mean nothing here: output formats and versions.
const PARAMETERS: &str = "fields, filter, sort, limit, offset, page, search, aggregate, groupBy, \
                          deep, alias";

impl Query {
    /// Parses a JSON object of parameters. A structured value may also be given as a string that
    /// holds its JSON, as models like to do; lists may be comma-separated strings.
    pub fn from_json(value: &Value) -> Result<Self, QueryError> {
        let value = unwrap_json_string(value);
        let Value::Object(parameters) = value.as_ref() else {
            return Err(QueryError("The query has to be an object".into()));
        };
        let mut query = Self::default();
        for (name, value) in parameters {
            query.set(name, value)?;
        }
        if query.page.is_some() && query.offset.is_some() {
            return Err(QueryError("\"page\" and \"offset\" exclude each other".into()));
        }
        Ok(query)
    }

    /// Parses decoded URL parameters, nested ones in brackets (`filter[status][_eq]=draft`). Numbers in
    /// brackets, `[]` and repeated names make lists (`filter[_and][0][id][_gt]=5`, `fields[]=id`).
    pub fn from_parameters<'a>(
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, QueryError> {
        let mut object = Value::Object(Map::new());
        for (name, value) in parameters {
            insert_bracketed(&mut object, name, value)?;
        }
        let Value::Object(parameters) = object else { return Ok(Self::default()) };
        // The parameters' own names are never numbers of a list.
        let parameters =
            parameters.into_iter().map(|(name, value)| (name, lists_from_numbers(value))).collect();
        Self::from_json(&Value::Object(parameters))
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<(), QueryError> {
        if value.is_null() {
            return Ok(());
        }
        match name {
            "fields" => self.fields = list(name, value)?,
            "filter" => self.filter = Some(Value::Object(object(name, value)?)),
            "sort" => self.sort = list(name, value)?,
            "limit" => {
                let limit = integer(name, value)?;
                if limit < -1 {
                    return Err(QueryError("\"limit\" has to be a positive number".into()));
                }
                self.limit = Some(limit);
            }
            "offset" => self.offset = Some(unsigned(name, value)?),
            "page" => self.page = Some(unsigned(name, value)?.max(1)),
            "search" => match value {
                Value::String(text) => self.search = Some(text.clone()),
                other => self.search = Some(other.to_string()),
            },
            "aggregate" => {
                self.aggregate = object(name, value)?
                    .iter()
                    .map(|(function, fields)| {
                        Ok(Aggregate { function: function.clone(), fields: list(name, fields)? })
                    })
                    .collect::<Result<_, QueryError>>()?;
            }
            "groupBy" | "group" => self.group = list(name, value)?,
            "deep" => self.deep = object(name, value)?,
            "alias" => self.alias = object(name, value)?,
            _ => {
                return Err(QueryError(format!(
                    "\"{name}\" is not a query parameter; there are {PARAMETERS}"
                )));
            }
        }
        Ok(())
    }
}

/// A string that holds a JSON object or array counts as that.
fn unwrap_json_string(value: &Value) -> std::borrow::Cow<'_, Value> {
    if let Value::String(text) = value
        && text.trim_start().starts_with(['{', '['])
        && let Ok(parsed) = serde_json::from_str(text)
    {
        return std::borrow::Cow::Owned(parsed);
    }
    std::borrow::Cow::Borrowed(value)
}

fn object(name: &str, value: &Value) -> Result<Map<String, Value>, QueryError> {
    match unwrap_json_string(value).into_owned() {
        Value::Object(object) => Ok(object),
        _ => Err(QueryError(format!("\"{name}\" has to be a JSON object"))),
    }
}

fn list(name: &str, value: &Value) -> Result<Vec<String>, QueryError> {
    let wrong = || QueryError(format!("\"{name}\" has to be a list of strings"));
    match unwrap_json_string(value).as_ref() {
        Value::String(text) => Ok(text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(String::from)
            .collect()),
        Value::Array(values) => {
            values.iter().map(|value| value.as_str().map(String::from).ok_or_else(wrong)).collect()
        }
        _ => Err(wrong()),
    }
}

fn integer(name: &str, value: &Value) -> Result<i64, QueryError> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .ok_or_else(|| QueryError(format!("\"{name}\" has to be a whole number")))
}

fn unsigned(name: &str, value: &Value) -> Result<u64, QueryError> {
    u64::try_from(integer(name, value)?)
        .map_err(|_| QueryError(format!("\"{name}\" has to be a positive number")))
}

/// Inserts `a[b][c]=value` into nested objects. Lists are kept as objects with numbers for keys until
/// [`lists_from_numbers`] has seen all parameters; `[]` takes the next number.
fn insert_bracketed(root: &mut Value, name: &str, value: &str) -> Result<(), QueryError> {
    const DEEPEST: usize = 12;
    let malformed = || QueryError(format!("\"{name}\" has unbalanced brackets"));
    let contradiction =
        || QueryError(format!("\"{name}\" is given as a value and as something with parts"));
    let (head, mut rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    let mut path = vec![head];
    while let Some(inner) = rest.strip_prefix('[') {
        let (key, after) = inner.split_once(']').ok_or_else(malformed)?;
        path.push(key);
        rest = after;
    }
    if !rest.is_empty() || head.is_empty() {
        return Err(malformed());
    }
    if path.len() > DEEPEST {
        return Err(QueryError(format!("\"{head}\" is nested too deeply")));
    }
    let mut slot = root;
    for key in path {
        if slot.is_null() {
            *slot = Value::Object(Map::new());
        }
        let Value::Object(object) = slot else { return Err(contradiction()) };
        let key = if key.is_empty() { next_number(object) } else { key.to_owned() };
        slot = object.entry(key).or_insert(Value::Null);
    }
    match slot {
        Value::Null => *slot = value.into(),
        Value::Array(values) => values.push(value.into()),
        // The same name twice makes a list.
        Value::String(_) => *slot = Value::Array(vec![slot.take(), value.into()]),
        _ => return Err(contradiction()),
    }
    Ok(())
}

/// The smallest number from the object's size up that isn't a key yet.
fn next_number(object: &Map<String, Value>) -> String {
    let mut number = object.len();
    while object.contains_key(&number.to_string()) {
        number += 1;
    }
    number.to_string()
}

/// Makes lists of objects whose keys are all numbers, in the numbers' order. Gaps are closed, so a
/// large number costs nothing.
fn lists_from_numbers(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut members: Vec<(String, Value)> =
                object.into_iter().map(|(key, value)| (key, lists_from_numbers(value))).collect();
            let numbers: Option<Vec<u32>> = members.iter().map(|(key, _)| number(key)).collect();
            match numbers {
                Some(numbers) if !numbers.is_empty() => {
                    members.sort_by_key(|(key, _)| number(key));
                    members.into_iter().map(|(_, value)| value).collect()
                }
                _ => Value::Object(members.into_iter().collect()),
            }
        }
        other => other,
    }
}

/// A number in its plain form: `0`, `12`, but not `01`.
fn number(key: &str) -> Option<u32> {
    key.parse::<u32>().ok().filter(|number| number.to_string() == key)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_in_brackets_and_json_say_the_same() {
        let bracketed = Query::from_parameters([
            ("filter[status][_eq]", "draft"),
            ("fields[]", "id"),
            ("fields[]", "author.name"),
            ("sort", "-id,title"),
            ("limit", "5"),
            ("aggregate[count]", "*"),
            ("groupBy[]", "status"),
        ]);
        let json = Query::from_json(&json!({
            "filter": "{\"status\":{\"_eq\":\"draft\"}}",
            "fields": ["id", "author.name"],
            "sort": ["-id", "title"],
            "limit": 5,
            "aggregate": {"count": ["*"]},
            "groupBy": "status",
        }));
        assert_eq!(bracketed, json);
        assert!(bracketed.is_ok());
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        for (value, name) in [
            (json!({"limit": "many"}), "limit"),
            (json!({"filter": 3}), "filter"),
            (json!({"fields": [1]}), "fields"),
            (json!({"filters": {}}), "filters"),
            (json!({"page": 2, "offset": 3}), "page"),
        ] {
            let error = Query::from_json(&value).expect_err("refused");
            assert!(error.0.contains(&format!("\"{name}\"")), "{error}");
        }
    }

    #[test]
    fn numbers_in_brackets_make_lists_in_their_order() {
        let query = Query::from_parameters([
            ("filter[_and][1][title][_contains]", "tram"),
            ("filter[_and][0][status][_eq]", "draft"),
            ("filter[_and][0][id][_in][10]", "7"),
            ("filter[_and][0][id][_in][2]", "5"),
            ("filter[_and][0][id][_in][]", "9"),
            ("fields[0]", "id"),
            ("fields[1]", "title"),
            ("sort[]", "-id"),
            ("aggregate[count][0]", "id"),
            ("deep[comments][_filter][_or][0][approved][_eq]", "true"),
            ("deep[comments][_limit]", "3"),
        ])
        .expect("a query");
        assert_eq!(
            query.filter,
            Some(json!({"_and": [
                {"status": {"_eq": "draft"}, "id": {"_in": ["5", "9", "7"]}},
                {"title": {"_contains": "tram"}},
            ]}))
        );
        assert_eq!(query.fields, ["id", "title"]);
        assert_eq!(query.sort, ["-id"]);
        assert_eq!(query.aggregate[0].fields, ["id"]);
        assert_eq!(
            Value::Object(query.deep),
            json!({"comments": {
                "_filter": {"_or": [{"approved": {"_eq": "true"}}]},
                "_limit": "3",
            }})
        );
    }

    #[test]
    fn a_large_number_in_brackets_costs_nothing() {
        let query = Query::from_parameters([("fields[4294967295]", "id"), ("fields[7]", "title")]);
        assert_eq!(query.expect("a query").fields, ["title", "id"]);
    }

    #[test]
    fn a_name_given_twice_makes_a_list() {
        let query = Query::from_parameters([("fields", "id"), ("fields", "title")]);
        assert_eq!(query.expect("a query").fields, ["id", "title"]);
    }

    #[test]
    fn malformed_brackets_are_refused() {
        let deep = format!("filter{}", "[a]".repeat(12));
        for parameters in [
            vec![("filter[a", "x")],
            vec![("filter]a[", "x")],
            vec![("filter[a]b", "x")],
            vec![("[a]", "x")],
            vec![("filter[a][_eq]", "x"), ("filter[a]", "y")],
            vec![("filter[a]", "x"), ("filter[a][_eq]", "y")],
            vec![("filter[a][]", "x"), ("filter[a][_eq]", "y"), ("filter[a]", "z")],
            vec![("0", "x")],
            vec![(deep.as_str(), "x")],
        ] {
            assert!(Query::from_parameters(parameters.clone()).is_err(), "{parameters:?}");
        }
    }
}
