//! JSON Schema as Gemini takes it, in `parametersJsonSchema` and `responseJsonSchema`.
//!
//! These fields take more than `parameters` and `responseSchema`, which are a subset of OpenAPI, and
//! which Google's own clients no longer use for tools: references, open objects, arrays of anything.
//! They still know only [`KEYWORDS`]. What says the same in other keywords is put so; a constraint
//! that can't be is told in the description, which models read; annotations are left out. A value that
//! fits the schema always fits what it is reduced to.

mod order;
mod values;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// The keywords that Google documents for `responseJsonSchema`, but for `oneOf`, which it reads as
/// `anyOf`, and for the names of schemas, of which a reference needs none.
#[cfg(test)]
const KEYWORDS: [&str; 18] = [
    "$defs",
    "$ref",
    "additionalProperties",
    "anyOf",
    "description",
    "enum",
    "format",
    "items",
    "maxItems",
    "maximum",
    "minItems",
    "minimum",
    "prefixItems",
    "properties",
    "propertyOrdering",
    "required",
    "title",
    "type",
];

/// Constraints that go into the description.
const TOLD: [&str; 19] = [
    "contains",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "maxContains",
    "maxLength",
    "maxProperties",
    "minContains",
    "minLength",
    "minProperties",
    "multipleOf",
    "not",
    "pattern",
    "patternProperties",
    "propertyNames",
    "then",
    "uniqueItems",
];

/// References that are followed one after the other, or one inside the other, at most.
const MAX_REFERENCES: usize = 4;
/// References in `allOf` that are followed in one schema, at most: they may lead back to where they
/// stand, several at a time.
const MAX_FOLLOWED: usize = 64;

/// The parameters of a tool; none where it takes none.
pub(super) fn of_parameters(schema: &RawValue) -> Option<Value> {
    let schema = order::noted(schema)?;
    let empty = |name: &str| {
        schema.get(name).is_none_or(|value| value.as_object().is_some_and(Map::is_empty))
    };
    let closed = matches!(schema.get("additionalProperties"), None | Some(Value::Bool(false)));
    let says_more =
        ["$ref", "allOf", "anyOf", "oneOf"].iter().any(|name| schema.get(*name).is_some());
    (!empty("properties") || !closed || says_more).then(|| reduced(&schema))
}

/// The shape of a whole answer.
pub(super) fn of_output(schema: &RawValue) -> Value {
    reduced(&order::noted(schema).unwrap_or_default())
}

fn reduced(root: &Value) -> Value {
    let mut reducer =
        Reducer { root, names: BTreeMap::new(), waiting: Vec::new(), nested: 0, followed: 0 };
    // The root has to say what it is itself.
    let mut target = root;
    for _ in 0..MAX_REFERENCES {
        match target.get("$ref").and_then(Value::as_str).and_then(|to| reducer.target(to)) {
            Some(next) => target = next,
            None => break,
        }
    }
    let mut schema = reducer.reduce(target);
    let mut definitions = Map::new();
    while let Some((name, target)) = reducer.waiting.pop() {
        definitions.insert(name, Value::Object(reducer.reduce(target)));
    }
    if !definitions.is_empty() {
        schema.insert("$defs".into(), Value::Object(definitions));
    }
    Value::Object(schema)
}

struct Reducer<'a> {
    root: &'a Value,
    /// Names of definitions, by the pointers of references to them.
    names: BTreeMap<String, String>,
    /// Definitions that are referred to and still have to be reduced.
    waiting: Vec<(String, &'a Value)>,
    /// References that are being followed for `allOf`.
    nested: usize,
    /// References that were followed for `allOf`.
    followed: usize,
}

impl<'a> Reducer<'a> {
    fn reduce(&mut self, schema: &'a Value) -> Map<String, Value> {
        let Value::Object(schema) = schema else {
            return match schema {
                Value::Bool(false) => told(Map::new(), json!({"not": {}})),
                _ => Map::new(),
            };
        };
        let mut kept = Map::new();
        let mut rest = Map::new();
        for (name, value) in schema {
            match name.as_str() {
                "title" | "description" if value.is_string() => keep(&mut kept, name, value),
                "minimum" | "maximum" if value.is_number() => keep(&mut kept, name, value),
                "minItems" | "maxItems" if value.is_u64() => keep(&mut kept, name, value),
                "format" if values::is_known_format(value) => keep(&mut kept, name, value),
                "format" => keep(&mut rest, name, value),
                name if TOLD.contains(&name) => keep(&mut rest, name, value),
                _ => {}
            }
        }
        self.lists(schema, &mut kept, &mut rest);
        self.objects(schema, &mut kept);
        values::types(schema, &mut kept);
        values::exclusive(schema, &mut kept, &mut rest);
        self.alternatives(schema, &mut kept, &mut rest);
        values::enumeration(schema, &mut kept, &mut rest);
        values::split_types(&mut kept);
        self.all_of(schema, &mut kept, &mut rest);
        if let Some(to) = schema.get("$ref") {
            self.reference(to, &mut kept, &mut rest);
        }
        order::complete(&mut kept);
        values::open(&mut kept);
        stand_alone(&mut kept, &mut rest);
        if rest.is_empty() { kept } else { told(kept, Value::Object(rest)) }
    }

    fn nested(&mut self, schema: &'a Value) -> Value {
        Value::Object(self.reduce(schema))
    }

    fn each(&mut self, schemas: &'a [Value]) -> Value {
        schemas.iter().map(|schema| self.nested(schema)).collect()
    }

    fn lists(
        &mut self,
        schema: &'a Map<String, Value>,
        kept: &mut Map<String, Value>,
        rest: &mut Map<String, Value>,
    ) {
        // A list of schemas was called `items` once, and `items` then `additionalItems`.
        let (tuple, items) = match (schema.get("prefixItems"), schema.get("items")) {
            (_, Some(Value::Array(tuple))) => (Some(tuple), schema.get("additionalItems")),
            (Some(Value::Array(tuple)), items) => (Some(tuple), items),
            (_, items) => (None, items),
        };
        if let Some(tuple) = tuple.filter(|tuple| !tuple.is_empty()) {
            let tuple = self.each(tuple);
            kept.insert("prefixItems".into(), tuple);
        }
        match items {
            Some(Value::Bool(false)) => keep(rest, "items", &Value::Bool(false)),
            Some(items) => {
                let items = self.nested(items);
                kept.insert("items".into(), items);
            }
            None => {}
        }
    }

    fn objects(&mut self, schema: &'a Map<String, Value>, kept: &mut Map<String, Value>) {
        let mut properties = Map::new();
        for (name, property) in
            schema.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            properties.insert(name.clone(), self.nested(property));
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let required: Vec<_> = required.filter_map(Value::as_str).collect();
        for name in &required {
            // Names that are required have to be known.
            properties.entry(*name).or_insert_with(|| json!({}));
        }
        if !required.is_empty() {
            kept.insert("required".into(), json!(required));
        }
        let open = match schema.get("additionalProperties") {
            // A pattern's properties would no longer be allowed.
            Some(_) if schema.contains_key("patternProperties") => None,
            Some(Value::Bool(open)) => Some(Value::Bool(*open)),
            Some(schema) => Some(self.nested(schema)),
            None => None,
        };
        if !properties.is_empty() {
            kept.insert("properties".into(), Value::Object(properties));
            if let Some(names) = schema.get(order::KEYWORD) {
                keep(kept, order::KEYWORD, names);
            }
            order::complete(kept);
        }
        if let Some(open) = open {
            kept.insert("additionalProperties".into(), open);
        }
    }

    fn alternatives(
        &mut self,
        schema: &'a Map<String, Value>,
        kept: &mut Map<String, Value>,
        rest: &mut Map<String, Value>,
    ) {
        for name in ["anyOf", "oneOf"] {
            match schema.get(name) {
                Some(Value::Array(schemas)) if !schemas.is_empty() => {
                    if kept.contains_key("anyOf") {
                        keep(rest, name, &json!(schemas));
                    } else {
                        let schemas = self.each(schemas);
                        kept.insert("anyOf".into(), schemas);
                    }
                }
                _ => {}
            }
        }
    }

    fn reference(
        &mut self,
        to: &'a Value,
        kept: &mut Map<String, Value>,
        rest: &mut Map<String, Value>,
    ) {
        match to.as_str().and_then(|to| self.definition(to)) {
            Some(name) => keep(kept, "$ref", &json!(format!("#/$defs/{name}"))),
            None => keep(rest, "$ref", to),
        }
    }

    /// The name under which the target of a reference is defined.
    fn definition(&mut self, to: &str) -> Option<String> {
        let target = self.target(to)?;
        if let Some(name) = self.names.get(to) {
            return Some(name.clone());
        }
        let last = to.rsplit(['/', '#']).next().unwrap_or_default();
        let usual = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut name: String = last.chars().map(|c| if usual(c) { c } else { '_' }).collect();
        if name.is_empty() || self.names.values().any(|taken| *taken == name) {
            name = format!("{name}_{}", self.names.len());
        }
        self.names.insert(to.into(), name.clone());
        self.waiting.push((name.clone(), target));
        Some(name)
    }

    fn target(&self, to: &str) -> Option<&'a Value> {
        self.root.pointer(to.strip_prefix('#')?)
    }

    /// Schemas that all hold become one.
    fn all_of(
        &mut self,
        schema: &'a Map<String, Value>,
        kept: &mut Map<String, Value>,
        rest: &mut Map<String, Value>,
    ) {
        let schemas = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
        for schema in schemas {
            let target = schema.get("$ref").and_then(Value::as_str).and_then(|to| self.target(to));
            match target {
                Some(target) if self.nested < MAX_REFERENCES && self.followed < MAX_FOLLOWED => {
                    self.nested += 1;
                    self.followed += 1;
                    let part = self.reduce(target);
                    self.nested -= 1;
                    values::merge(kept, part);
                }
                Some(_) => keep(rest, "allOf", &json!([schema])),
                None => {
                    let part = self.reduce(schema);
                    values::merge(kept, part);
                }
            }
        }
    }
}

/// Nothing may stand beside a reference: it becomes the only alternative.
fn stand_alone(kept: &mut Map<String, Value>, rest: &mut Map<String, Value>) {
    if kept.len() + rest.len() < 2 {
        return;
    }
    if let Some(to) = kept.remove("$ref") {
        if kept.contains_key("anyOf") {
            keep(rest, "$ref", &to);
        } else {
            kept.insert("anyOf".into(), json!([{"$ref": to}]));
        }
    }
}

fn keep(map: &mut Map<String, Value>, name: &str, value: &Value) {
    map.insert(name.into(), value.clone());
}

/// Puts constraints into the description.
fn told(mut kept: Map<String, Value>, rest: Value) -> Map<String, Value> {
    let told = format!("(JSON Schema: {rest})");
    let described = kept.get("description").and_then(Value::as_str);
    let description = described.map_or_else(|| told.clone(), |text| format!("{text} {told}"));
    kept.insert("description".into(), description.into());
    kept
}
