//! Whether a value fits a schema, and what to say if it doesn't.

use std::cell::Cell;
use std::fmt;

use serde_json::{Map, Value};

use super::keywords::{is_of_type, noun, same, types, wrong_type, wrong_value};
use super::{MAX_COMPLAINTS, MAX_DEPTH, MAX_STEPS};

/// Where in the value.
pub(super) enum Path<'a> {
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

/// One run over a value.
pub(super) struct Run<'a> {
    pub(super) root: &'a Value,
    pub(super) steps: Cell<u32>,
}

impl<'a> Run<'a> {
    pub(super) fn apply(
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

    pub(super) fn referenced(&self, schema: &Map<String, Value>) -> Option<&'a Value> {
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
        for (name, needs) in
            dependencies.into_iter().flatten().filter_map(Value::as_object).flatten()
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
            && values
                .iter()
                .enumerate()
                .any(|(index, value)| values.iter().skip(index + 1).any(|other| same(value, other)))
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
    let nouns: Vec<_> =
        forms.iter().filter_map(Value::as_object).flat_map(types).map(noun).collect();
    if nouns.is_empty() {
        "fits none of the allowed forms".into()
    } else {
        format!("fits none of the allowed forms ({})", nouns.join(", "))
    }
}
