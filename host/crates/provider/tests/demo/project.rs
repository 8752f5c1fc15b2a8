//! A project in memory that executes the model's tool calls.

use std::{cmp::Ordering, collections::BTreeMap};

use serde_json::{Map, Value, json};

/// Collections, their description and their items.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    schema: Vec<Value>,
    items: BTreeMap<String, Vec<Value>>,
}

fn field(name: &str, kind: &str) -> Value {
    json!({"field": name, "type": kind, "required": false, "readonly": false, "note": null, "default": null})
}

fn to_one(name: &str, related: &str) -> Value {
    json!({"field": name, "type": "integer", "relation": {"type": "m2o", "collection": related}})
}

fn to_many(name: &str, related: &str) -> Value {
    json!({"field": name, "type": "alias", "relation": {"type": "o2m", "collection": related}})
}

fn collection(name: &str, note: &str, key: &str, fields: Vec<Value>) -> Value {
    json!({"collection": name, "note": note, "primary_key": key, "singleton": false, "fields": fields, "actions": ["read"]})
}

impl Project {
    /// The newsroom, with an imported table of countries and the system's users.
    pub(crate) fn newsroom() -> Self {
        let mut status = field("status", "string");
        status["choices"] = json!(["draft", "published"]);
        let schema = vec![
            collection(
                "articles",
                "What we publish",
                "id",
                vec![
                    field("id", "integer"),
                    field("title", "string"),
                    field("slug", "string"),
                    field("body", "text"),
                    status,
                    field("internal_note", "text"),
                    field("published_on", "date"),
                    to_one("author", "authors"),
                    to_one("category", "categories"),
                    to_many("comments", "comments"),
                ],
            ),
            collection(
                "authors",
                "",
                "id",
                vec![
                    field("id", "integer"),
                    field("name", "string"),
                    field("email", "string"),
                    to_many("articles", "articles"),
                ],
            ),
            collection(
                "categories",
                "",
                "id",
                vec![field("id", "integer"), field("name", "string")],
            ),
            collection(
                "comments",
                "",
                "id",
                vec![
                    field("id", "integer"),
                    field("author_name", "string"),
                    field("body", "text"),
                    field("approved", "boolean"),
                    field("created_on", "dateTime"),
                    to_one("article", "articles"),
                ],
            ),
            collection(
                "countries",
                "",
                "alpha_3",
                vec![
                    field("alpha_2", "string"),
                    field("alpha_3", "string"),
                    field("name", "string"),
                    field("numeric", "integer"),
                    field("flag", "string"),
                    field("population", "bigInteger"),
                ],
            ),
            collection(
                "directus_users",
                "",
                "id",
                vec![
                    field("id", "uuid"),
                    field("first_name", "string"),
                    field("email", "string"),
                    field("title", "string"),
                ],
            ),
        ];
        let titles = [
            "Morning tide",
            "A walk in the fog",
            "Coffee, slowly",
            "The long bridge",
            "Night train",
        ];
        let articles = titles.iter().zip(1_i64..).map(|(title, id)| {
            json!({
                "id": id, "title": title, "slug": title.to_lowercase().replace(' ', "-"), "body": format!("About {title}."),
                "status": if id % 2 == 0 { "draft" } else { "published" }, "internal_note": null,
                "published_on": if id % 2 == 0 { Value::Null } else { json!(format!("2025-0{id}-10")) },
                "author": 1 + id % 2, "category": 1,
            })
        });
        let comments = (1_i64..=30).map(|id| {
            json!({"id": id, "author_name": format!("Reader {id}"), "body": format!("Comment | number {id}"),
                "approved": id % 3 == 0, "created_on": format!("2025-04-{id:02}T08:00:00"), "article": 1 + id % 5})
        });
        let country = |two: &str, three: &str, name: &str, numeric: i64, population: i64| json!({"alpha_2": two, "alpha_3": three, "name": name, "numeric": numeric, "flag": "", "population": population});
        let items = [
            ("articles", articles.collect()),
            (
                "authors",
                vec![
                    json!({"id": 1, "name": "Jane Doe", "email": "jane@example.com"}),
                    json!({"id": 2, "name": "Sam Lee", "email": null}),
                ],
            ),
            ("categories", vec![json!({"id": 1, "name": "Travel"})]),
            ("comments", comments.collect()),
            (
                "countries",
                vec![
                    country("AF", "AFG", "Afghanistan", 4, 41_000_000),
                    country("AL", "ALB", "Albania", 8, 2_700_000),
                    country("DE", "DEU", "Germany", 276, 83_000_000),
                    country("NE", "NER", "Niger", 562, 27_000_000),
                    country("NG", "NGA", "Nigeria", 566, 223_000_000),
                ],
            ),
            ("directus_users", Vec::new()),
        ];
        Self { schema, items: items.map(|(name, items)| (name.to_owned(), items)).into() }
    }

    /// Runs a tool call and gives back what the model reads.
    pub(crate) fn execute(&mut self, tool: &str, arguments: &Value) -> String {
        match tool {
            "schema" => self.describe(arguments.get("keys").and_then(Value::as_array)),
            "items" => self.act(arguments),
            other => panic!("there is no tool {other}"),
        }
        .to_string()
    }

    fn describe(&self, names: Option<&Vec<Value>>) -> Value {
        match names {
            Some(names) => {
                self.schema.iter().filter(|one| names.contains(&one["collection"])).cloned().collect()
            }
            None => self
                .schema
                .iter()
                .map(|one| {
                    let fields: Vec<&Value> =
                        one["fields"].as_array().expect("fields").iter().map(|field| &field["field"]).collect();
                    json!({"collection": one["collection"], "note": one["note"], "primary_key": one["primary_key"], "fields": fields})
                })
                .collect(),
        }
    }

    fn act(&mut self, arguments: &Value) -> Value {
        let name = arguments["collection"].as_str().expect("a collection").to_owned();
        let schema =
            self.schema.iter().find(|one| one["collection"] == name).expect("a known collection");
        let key = schema["primary_key"].as_str().expect("a key").to_owned();
        let keys = arguments["keys"].as_array().cloned().unwrap_or_default();
        let chosen = |item: &Value| keys.contains(&item[&key]);
        match arguments["action"].as_str() {
            Some("read") => self.read(&name, &key, &keys, &arguments["query"]),
            Some("create") => {
                let rows = self.items.get_mut(&name).expect("items");
                let mut item = arguments["data"].as_object().expect("data").clone();
                item.insert(key, json!(rows.len() + 1));
                rows.push(Value::Object(item.clone()));
                json!([item])
            }
            Some("update") => {
                let rows = self.items.get_mut(&name).expect("items");
                rows.iter_mut()
                    .filter(|item| chosen(item))
                    .map(|item| {
                        for (field, value) in arguments["data"].as_object().expect("data") {
                            item[field] = value.clone();
                        }
                        item.clone()
                    })
                    .collect()
            }
            Some("delete") => {
                let rows = self.items.get_mut(&name).expect("items");
                rows.retain(|item| !chosen(item));
                json!(keys)
            }
            other => panic!("there is no action {other:?}"),
        }
    }

    fn read(&self, name: &str, key: &str, keys: &[Value], query: &Value) -> Value {
        let mut rows: Vec<Value> = self.items[name].clone();
        rows.retain(|row| keys.is_empty() || keys.contains(&row[key]));
        for row in &mut rows {
            self.expand(name, row);
        }
        rows.retain(|row| query.get("filter").is_none_or(|filter| fits(row, filter)));
        if let Some(search) = query["search"].as_str() {
            rows.retain(|row| row.to_string().to_lowercase().contains(&search.to_lowercase()));
        }
        for sort in query["sort"].as_array().into_iter().flatten().rev() {
            let sort = sort.as_str().expect("a field");
            let field = sort.trim_start_matches('-');
            rows.sort_by(|left, right| {
                let order = compare(&left[field], &right[field]);
                if sort.starts_with('-') { order.reverse() } else { order }
            });
        }
        if let Some(aggregate) = query["aggregate"].as_object() {
            return aggregated(&rows, aggregate, query["groupBy"][0].as_str());
        }
        rows.truncate(
            query["limit"].as_u64().map_or(100, |limit| usize::try_from(limit).expect("small")),
        );
        rows.iter().map(|row| project(row, query["fields"].as_array())).collect()
    }

    /// Related items are read along, so that nested filters and fields find them.
    fn expand(&self, name: &str, row: &mut Value) {
        let schema = self.schema.iter().find(|one| one["collection"] == name).expect("known");
        for field in schema["fields"].as_array().expect("fields") {
            if field["relation"]["type"] == "m2o" {
                let related = field["relation"]["collection"].as_str().expect("a name");
                let field = field["field"].as_str().expect("a name");
                let item = self.items[related].iter().find(|item| item["id"] == row[field]);
                row[field] = item.cloned().unwrap_or_default();
            }
        }
    }
}

fn project(row: &Value, fields: Option<&Vec<Value>>) -> Value {
    let flat = |value: &Value| value.get("id").unwrap_or(value).clone();
    let mut object = Map::new();
    match fields {
        None => {
            for (name, value) in row.as_object().expect("an item") {
                object.insert(name.clone(), flat(value));
            }
        }
        Some(fields) => {
            for field in fields {
                let field = field.as_str().expect("a field");
                match field.split_once('.') {
                    Some((name, inner)) if row[name].is_object() => {
                        object.insert(name.into(), json!({ inner: row[name][inner] }));
                    }
                    Some((name, _)) => drop(object.insert(name.into(), Value::Null)),
                    None => drop(object.insert(field.into(), flat(&row[field]))),
                }
            }
        }
    }
    Value::Object(object)
}

fn aggregated(rows: &[Value], aggregate: &Map<String, Value>, group: Option<&str>) -> Value {
    let (function, field) = aggregate.iter().next().expect("a function");
    let field = field[0].as_str().expect("a field");
    let value = |rows: &[&Value]| {
        let numbers: Vec<i64> = rows.iter().filter_map(|row| row[field].as_i64()).collect();
        match function.as_str() {
            "count" => json!(rows.len()),
            "sum" => json!({ field: numbers.iter().sum::<i64>() }),
            "max" => json!({ field: numbers.iter().max() }),
            "min" => json!({ field: numbers.iter().min() }),
            "avg" => {
                json!({ field: numbers.iter().sum::<i64>() / i64::try_from(numbers.len()).expect("few") })
            }
            other => panic!("there is no aggregate {other}"),
        }
    };
    let Some(group) = group else {
        return json!([{ function: value(&rows.iter().collect::<Vec<_>>()) }]);
    };
    let mut groups: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for row in rows {
        groups.entry(row[group].as_str().unwrap_or_default().to_owned()).or_default().push(row);
    }
    groups.iter().map(|(name, rows)| json!({group: name, function: value(rows)})).collect()
}

fn fits(row: &Value, filter: &Value) -> bool {
    filter.as_object().expect("a filter").iter().all(|(name, rule)| match name.as_str() {
        "_and" => rule.as_array().expect("a list").iter().all(|filter| fits(row, filter)),
        "_or" => rule.as_array().expect("a list").iter().any(|filter| fits(row, filter)),
        operator if operator.starts_with('_') => holds(row, operator, rule),
        field => fits(&row[field], rule),
    })
}

fn holds(value: &Value, operator: &str, rule: &Value) -> bool {
    let value = value.get("id").unwrap_or(value);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
    let empty = value.is_null() || value == "";
    match operator {
        "_eq" => value == rule,
        "_neq" => value != rule,
        "_in" => rule.as_array().expect("a list").contains(value),
        "_null" | "_empty" => empty,
        "_nnull" | "_nempty" => !empty,
        "_icontains" => text(value).contains(&text(rule)),
        "_nicontains" => !text(value).contains(&text(rule)),
        "_istarts_with" => text(value).starts_with(&text(rule)),
        "_iends_with" => text(value).ends_with(&text(rule)),
        "_gt" => !empty && compare(value, rule) == Ordering::Greater,
        "_gte" => !empty && compare(value, rule) != Ordering::Less,
        "_lt" => !empty && compare(value, rule) == Ordering::Less,
        "_lte" => !empty && compare(value, rule) != Ordering::Greater,
        "_between" => {
            compare(value, &rule[0]) != Ordering::Less
                && compare(value, &rule[1]) != Ordering::Greater
        }
        other => panic!("there is no operator {other}"),
    }
}

fn compare(left: &Value, right: &Value) -> Ordering {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.total_cmp(&right),
        _ => left.as_str().cmp(&right.as_str()),
    }
}
