//! JSON Schema (draft 7 and what later drafts share with it), in the part that decides whether a
//! model's arguments are usable.
//!
//! A complete implementation is several times as large as the rest of the component and imports
//! randomness. Left out here: `pattern`, `patternProperties` and `format` (a regular expression
//! engine), remote references. What is left out counts as met, so this is an aid for the model and
//! not a gate: whoever runs the tool checks again.

use std::cell::Cell;
use std::fmt;

use serde_json::{Map, Value};

/// Nesting of schema applications at most; deeper parts count as met.
const MAX_DEPTH: u32 = 48;
/// Schema applications at most; a schema of a hostile client could need exponentially many.
const MAX_STEPS: u32 = 100_000;
/// Complaints that one text holds.
const MAX_COMPLAINTS: usize = 5;

/// A schema.
#[derive(Debug)]
pub(super) struct Schema {
    root: Value,
}

impl Schema {
    /// Reads a schema: an object or a boolean.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let root: Value = serde_json::from_str(text).ok()?;
        (root.is_object() || root.is_boolean()).then_some(Self { root })
    }

    /// Checks a value.
    ///
    /// # Errors
    /// Up to five complaints: where, what was expected, what was found.
    pub(super) fn check(&self, value: &Value) -> Result<(), String> {
        let run = Run { root: &self.root, steps: Cell::new(0) };
        let mut complaints = Vec::new();
        run.apply(&self.root, value, &Path::Root, 0, &mut complaints);
        if complaints.is_empty() { Ok(()) } else { Err(complaints.join(" ")) }
    }

    /// Changes what clearly means something else than it says: JSON in a string where no string is
    /// allowed, null for a property that may be absent, one value where a list is wanted. Returns
    /// whether anything changed.
    pub(super) fn forgive(&self, value: &mut Value) -> bool {
        let run = Run { root: &self.root, steps: Cell::new(0) };
        run.forgive(&self.root, value, 0)
    }
}

/// Where in the value.
enum Path<'a> {
    Root,
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Self::Root, key) => formatter.write_str(key),
            Self::Key(parent, key) => write!(formatter, "{parent}.{key}"),
            Self::Index(parent, index) => write!(formatter, "{parent}[{index}]"),
        }
    }
}

impl Path<'_> {
    fn complaint(&self, text: impl fmt::Display) -> String {
        match self {
            Self::Root => format!("{text}."),
            path => format!("`{path}`: {text}."),
        }
    }
}

struct Run<'a> {
    root: &'a Value,
    steps: Cell<u32>,
}

impl<'a> Run<'a> {
    fn apply(
        &self,
        schema: &Value,
        value: &Value,
        path: &Path<'_>,
        depth: u32,
        complaints: &mut Vec<String>,
    ) {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        if depth > MAX_DEPTH || steps > MAX_STEPS || complaints.len() >= MAX_COMPLAINTS {
            return;
        }
        let schema = match schema {
            Value::Bool(false) => return complaints.push(path.complaint("not allowed here")),
            Value::Object(schema) => schema,
            _ => return,
        };
        if let Some(target) = self.referenced(schema) {
            self.apply(target, value, path, depth + 1, complaints);
        }
        if let Some(text) = wrong_type(schema, value) {
            return complaints.push(path.complaint(text));
        }
        if let Some(text) = wrong_value(schema, value) {
            complaints.push(path.complaint(text));
        }
        match value {
            Value::Object(object) => self.object(schema, object, path, depth, complaints),
            Value::Array(items) => self.array(schema, items, path, depth, complaints),
            _ => {}
        }
        self.combined(schema, value, path, depth, complaints);
    }

    fn matches(&self, schema: &Value, value: &Value, depth: u32) -> bool {
        let mut complaints = Vec::new();
        self.apply(schema, value, &Path::Root, depth + 1, &mut complaints);
        complaints.is_empty()
    }

    fn referenced(&self, schema: &Map<String, Value>) -> Option<&'a Value> {
        let pointer = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
        self.root.pointer(pointer)
    }

    fn object(
        &self,
        schema: &Map<String, Value>,
        object: &Map<String, Value>,
        path: &Path<'_>,
        depth: u32,
        complaints: &mut Vec<String>,
    ) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(name) {
                complaints.push(path.complaint(format_args!("`{name}` is required")));
            }
        }
        for (name, value) in object {
            let place = Path::Key(path, name);
            if let Some(schema) = properties.and_then(|properties| properties.get(name)) {
                self.apply(schema, value, &place, depth + 1, complaints);
            } else if schema.contains_key("patternProperties") {
                continue;
            } else if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
                let known: Vec<_> = properties.into_iter().flat_map(Map::keys).collect();
                let known = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
                let text = format!("not known here; there are {}", known.join(", "));
                complaints.push(place.complaint(text));
            } else if let Some(schema) = schema.get("additionalProperties") {
                self.apply(schema, value, &place, depth + 1, complaints);
            }
            if let Some(names) = schema.get("propertyNames") {
                let name = Value::from(name.as_str());
                self.apply(names, &name, &place, depth + 1, complaints);
            }
        }
        let dependencies =
            ["dependencies", "dependentRequired", "dependentSchemas"].map(|name| schema.get(name));
        for (name, needs) in dependencies.into_iter().flatten().filter_map(Value::as_object).flatten()
        {
            if !object.contains_key(name) {
                continue;
            }
            if let Value::Array(needed) = needs {
                for needed in needed.iter().filter_map(Value::as_str) {
                    if !object.contains_key(needed) {
                        let text = format_args!("`{needed}` is required beside `{name}`");
                        complaints.push(path.complaint(text));
                    }
                }
            } else {
                let value = Value::Object(object.clone());
                self.apply(needs, &value, path, depth + 1, complaints);
            }
        }
    }

    fn array(
        &self,
        schema: &Map<String, Value>,
        values: &[Value],
        path: &Path<'_>,
        depth: u32,
        complaints: &mut Vec<String>,
    ) {
        // Draft 7 says tuples with `items` and `additionalItems`, later drafts with `prefixItems`
        // and `items`.
        let (tuple, rest) = match (schema.get("prefixItems"), schema.get("items")) {
            (Some(Value::Array(tuple)), rest) => (tuple.as_slice(), rest),
            (_, Some(Value::Array(tuple))) => (tuple.as_slice(), schema.get("additionalItems")),
            (_, rest) => ([].as_slice(), rest),
        };
        for (index, value) in values.iter().enumerate() {
            if let Some(schema) = tuple.get(index).or(rest) {
                self.apply(schema, value, &Path::Index(path, index), depth + 1, complaints);
            }
        }
        if let Some(contained) = schema.get("contains")
            && !values.iter().any(|value| self.matches(contained, value, depth))
        {
            complaints.push(path.complaint("no element is of the kind that has to be there"));
        }
        if schema.get("uniqueItems") == Some(&Value::Bool(true))
            && values.len() <= 1000
            && values.iter().enumerate().any(|(index, value)| {
                values.iter().skip(index + 1).any(|other| same(value, other))
            })
        {
            complaints.push(path.complaint("the elements have to differ from each other"));
        }
    }

    fn combined(
        &self,
        schema: &Map<String, Value>,
        value: &Value,
        path: &Path<'_>,
        depth: u32,
        complaints: &mut Vec<String>,
    ) {
        let list = |name: &str| schema.get(name).and_then(Value::as_array);
        for schema in list("allOf").into_iter().flatten() {
            self.apply(schema, value, path, depth + 1, complaints);
        }
        if let Some(forms) = list("anyOf")
            && !forms.iter().any(|form| self.matches(form, value, depth))
        {
            match only_of_this_type(forms, value) {
                Some(form) => self.apply(form, value, path, depth + 1, complaints),
                None => complaints.push(path.complaint(fits_none(forms))),
            }
        }
        if let Some(forms) = list("oneOf") {
            match forms.iter().filter(|form| self.matches(form, value, depth)).count() {
                1 => {}
                0 => match only_of_this_type(forms, value) {
                    Some(form) => self.apply(form, value, path, depth + 1, complaints),
                    None => complaints.push(path.complaint(fits_none(forms))),
                },
                _ => complaints.push(path.complaint("fits more than one of the allowed forms")),
            }
        }
        if let Some(unwanted) = schema.get("not")
            && self.matches(unwanted, value, depth)
        {
            complaints.push(path.complaint("of a form that is not allowed"));
        }
        if let Some(condition) = schema.get("if") {
            let branch = if self.matches(condition, value, depth) { "then" } else { "else" };
            if let Some(schema) = schema.get(branch) {
                self.apply(schema, value, path, depth + 1, complaints);
            }
        }
    }

    fn forgive(&self, schema: &Value, value: &mut Value, depth: u32) -> bool {
        let Value::Object(schema) = schema else { return false };
        if depth > MAX_DEPTH {
            return false;
        }
        if let Some(target) = self.referenced(schema) {
            return self.forgive(target, value, depth + 1);
        }
        let mut changed = false;
        if let Value::String(text) = value
            && wrong_type(schema, &Value::Null).is_some()
            && wrong_type(schema, &Value::String(String::new())).is_some()
            && let Ok(meant) = serde_json::from_str::<Value>(text)
            && wrong_type(schema, &meant).is_none()
        {
            *value = meant;
            changed = true;
        }
        if wants_list(schema) && !value.is_array() && !value.is_null() {
            let fits = |items: &Value| match items {
                Value::Object(items) => wrong_type(items, value).is_none(),
                _ => false,
            };
            if schema.get("items").is_some_and(fits) {
                *value = Value::Array(vec![value.take()]);
                changed = true;
            }
        }
        match value {
            Value::Object(object) => {
                let required = schema.get("required").and_then(Value::as_array);
                let is_required =
                    |name: &str| required.is_some_and(|names| names.iter().any(|other| other == name));
                for (name, schema) in
                    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
                {
                    let Some(value) = object.get_mut(name) else { continue };
                    let null_is_wrong =
                        schema.as_object().is_some_and(|schema| wrong_type(schema, value).is_some());
                    if value.is_null() && null_is_wrong && !is_required(name) {
                        object.remove(name);
                        changed = true;
                    } else {
                        changed |= self.forgive(schema, value, depth + 1);
                    }
                }
            }
            Value::Array(values) => {
                if let Some(items) = schema.get("items") {
                    for value in values {
                        changed |= self.forgive(items, value, depth + 1);
                    }
                }
            }
            _ => {}
        }
        changed
    }
}

fn types(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn wants_list(schema: &Map<String, Value>) -> bool {
    types(schema) == ["array"]
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0)
        }
        _ => true,
    }
}

fn noun(type_name: &str) -> &str {
    match type_name {
        "object" => "an object",
        "array" => "a list",
        "string" => "a string",
        "boolean" => "true or false",
        "number" => "a number",
        "integer" => "a whole number",
        other => other,
    }
}

fn wrong_type(schema: &Map<String, Value>, value: &Value) -> Option<String> {
    let types = types(schema);
    if types.is_empty() || types.iter().any(|name| is_of_type(value, name)) {
        return None;
    }
    let expected: Vec<_> = types.iter().map(|name| noun(name)).collect();
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Some(format!("expected {}, found {found}", expected.join(" or ")))
}

/// Keywords that look at the value alone.
fn wrong_value(schema: &Map<String, Value>, value: &Value) -> Option<String> {
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.iter().any(|allowed| same(allowed, value))
    {
        let allowed: Vec<_> = allowed.iter().take(32).map(Value::to_string).collect();
        return Some(format!("expected one of {}", allowed.join(", ")));
    }
    if let Some(wanted) = schema.get("const")
        && !same(wanted, value)
    {
        return Some(format!("expected {wanted}"));
    }
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    if let Some(number) = value.as_f64() {
        return wrong_number(number, bound);
    }
    #[expect(clippy::cast_precision_loss, reason = "no length comes near 2^52")]
    let (length, least, most, what) = match value {
        Value::String(text) => (text.chars().count() as f64, "minLength", "maxLength", "characters"),
        Value::Array(values) => (values.len() as f64, "minItems", "maxItems", "elements"),
        Value::Object(object) => {
            (object.len() as f64, "minProperties", "maxProperties", "properties")
        }
        _ => return None,
    };
    if let Some(least) = bound(least).filter(|least| length < *least) {
        return Some(format!("expected at least {least} {what}"));
    }
    let most = bound(most).filter(|most| length > *most)?;
    Some(format!("expected at most {most} {what}"))
}

fn wrong_number(number: f64, bound: impl Fn(&str) -> Option<f64>) -> Option<String> {
    if let Some(least) = bound("minimum").filter(|least| number < *least) {
        return Some(format!("expected at least {least}"));
    }
    if let Some(most) = bound("maximum").filter(|most| number > *most) {
        return Some(format!("expected at most {most}"));
    }
    if let Some(least) = bound("exclusiveMinimum").filter(|least| number <= *least) {
        return Some(format!("expected more than {least}"));
    }
    if let Some(most) = bound("exclusiveMaximum").filter(|most| number >= *most) {
        return Some(format!("expected less than {most}"));
    }
    let step = bound("multipleOf")
        .filter(|step| *step > 0.0 && ((number / step).round() * step - number).abs() > 1e-9)?;
    Some(format!("expected a multiple of {step}"))
}

/// Equality as JSON Schema has it: 1 is 1.0.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, one)| other.get(name).is_some_and(|other| same(one, other)))
        }
        (one, other) => one == other,
    }
}

/// The one form that a value of this type can have been meant as.
fn only_of_this_type<'s>(forms: &'s [Value], value: &Value) -> Option<&'s Value> {
    let mut fitting = forms.iter().filter(|form| {
        form.as_object().is_some_and(|form| {
            !types(form).is_empty() && types(form).iter().any(|name| is_of_type(value, name))
        })
    });
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

fn fits_none(forms: &[Value]) -> String {
    let nouns: Vec<_> = forms
        .iter()
        .filter_map(Value::as_object)
        .flat_map(types)
        .map(noun)
        .collect();
    if nouns.is_empty() {
        "fits none of the allowed forms".into()
    } else {
        format!("fits none of the allowed forms ({})", nouns.join(", "))
    }
}
