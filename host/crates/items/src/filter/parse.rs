//! Reads filters against the schema, and checks every field they name.

use palisade_data::DataError;
use serde_json::{Map, Value};

use super::{FieldReference, Filter, Operator, Quantifier, Test};
use crate::{
    limits::{MAXIMUM_CONDITIONS, MAXIMUM_DEPTH, MAXIMUM_FILTER_NESTING, MAXIMUM_LIST},
    permissions::{Rights, Uses},
    schema::{Collection, Field, Relation, SchemaSnapshot},
};

/// Where in the relations of a query something stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Path(Vec<String>);

impl Path {
    /// The path one relation further.
    pub(crate) fn then(&self, field: &str) -> Result<Self, DataError> {
        if self.0.len() == MAXIMUM_DEPTH {
            return Err(DataError::InvalidQuery(format!(
                "A path follows more than {MAXIMUM_DEPTH} relations"
            )));
        }
        let mut segments = self.0.clone();
        segments.push(field.to_owned());
        Ok(Self(segments))
    }

    /// As messages have it: `root`, or the fields with dots.
    pub(crate) fn name(&self) -> String {
        if self.0.is_empty() { "root".to_owned() } else { self.0.join(".") }
    }
}

/// Parses the item rule of a permission. A rule that can't be read opens nothing.
pub(crate) fn parse_rule(schema: &SchemaSnapshot, collection: &Collection, rule: &Value) -> Filter {
    let mut parser = FilterParser { schema, access: None, conditions: 0, values: 0, trusted: true };
    match parser.parse(rule, collection, &Path::default()) {
        Ok(filter) => filter,
        Err(error) => {
            tracing::warn!(collection = collection.name, %error, "unreadable item rule: nothing matches it");
            Filter::Never
        }
    }
}

/// Parser of filters. With `access`, every field is checked and put on record.
pub(crate) struct FilterParser<'a> {
    schema: &'a SchemaSnapshot,
    access: Option<(&'a Rights, &'a mut Uses)>,
    conditions: usize,
    values: usize,
    /// Rules of administrators: no limit on lists, and gaps close instead of opening.
    trusted: bool,
}

impl<'a> FilterParser<'a> {
    /// A parser of a caller's filters.
    pub(crate) fn for_caller(
        schema: &'a SchemaSnapshot,
        rights: &'a Rights,
        uses: &'a mut Uses,
    ) -> Self {
        Self { schema, access: Some((rights, uses)), conditions: 0, values: 0, trusted: false }
    }

    /// Parses a filter on a collection at a path.
    pub(crate) fn parse(
        &mut self,
        value: &Value,
        collection: &Collection,
        path: &Path,
    ) -> Result<Filter, DataError> {
        let filter = self.object(value, collection, path, 0)?;
        if self.trusted && filter == Filter::always() {
            return Ok(Filter::Never);
        }
        Ok(filter)
    }

    fn object(
        &mut self,
        value: &Value,
        collection: &Collection,
        path: &Path,
        nesting: usize,
    ) -> Result<Filter, DataError> {
        let Value::Object(object) = value else {
            return Err(invalid("A filter has to be an object of fields and their conditions"));
        };
        deep_enough(nesting)?;
        let mut all = Vec::with_capacity(object.len());
        for (key, value) in object {
            let filter = match key.as_str() {
                "_and" | "_or" => {
                    let Value::Array(values) = value else {
                        return Err(invalid(format!("\"{key}\" has to be a list of filters")));
                    };
                    let parts = values
                        .iter()
                        .map(|value| self.object(value, collection, path, nesting + 1))
                        .collect::<Result<_, _>>()?;
                    self.group(key, parts)
                }
                _ => self.field(key, value, collection, path, nesting + 1)?,
            };
            all.push(filter);
        }
        Ok(unwrap_single(all))
    }

    /// `_and` or `_or` of parts. An empty `_or` says nothing in a query and opens nothing in a rule.
    fn group(&self, key: &str, parts: Vec<Filter>) -> Filter {
        match (key, parts.is_empty()) {
            ("_or", true) if self.trusted => Filter::Never,
            ("_or", false) => Filter::Any(parts),
            _ => Filter::All(parts),
        }
    }

    fn field(
        &mut self,
        key: &str,
        value: &Value,
        collection: &Collection,
        path: &Path,
        nesting: usize,
    ) -> Result<Filter, DataError> {
        deep_enough(nesting)?;
        let reference = FieldReference::parse(key).map_err(DataError::InvalidQuery)?;
        // A field that may not be used is not looked at further: its type is nobody's business.
        let field = match (&mut self.access, collection.field(&reference.field)) {
            (Some((rights, uses)), field) => {
                let allowed = uses.compare(rights, collection, &reference.field, &path.name());
                match field {
                    Some(field) if allowed => field,
                    _ => return Ok(Filter::Never),
                }
            }
            (None, Some(field)) => field,
            (None, None) => return Err(invalid(format!("There is no field \"{key}\""))),
        };
        if let Some(function) = reference.function {
            if !function.suits(field) {
                return Err(invalid(format!(
                    "\"{}()\" can't be used on field \"{}\"",
                    function.name(),
                    field.name
                )));
            }
            if function == super::Function::Count {
                self.related_collection(field, path)?;
            }
            return self.tests(&reference, field, value, nesting);
        }
        match &field.relation {
            Some(Relation::ManyToOne { collection: related }) => {
                self.many_to_one(field, related, value, path, nesting)
            }
            Some(Relation::OneToMany { collection: related, .. }) => {
                self.one_to_many(field, related, value, path, nesting)
            }
            Some(Relation::ManyToAny) | None => self.tests(&reference, field, value, nesting),
        }
    }

    /// Checks the collection behind a one-to-many field.
    fn related_collection(&mut self, field: &Field, path: &Path) -> Result<(), DataError> {
        if let (Some(Relation::OneToMany { collection, .. }), Some((rights, uses))) =
            (&field.relation, &mut self.access)
        {
            uses.collection(rights, collection, &path.then(&field.name)?.name());
        }
        Ok(())
    }

    /// The related collection, where the caller may read it.
    fn enter(&mut self, related: &str, path: &Path) -> Result<Option<&'a Collection>, DataError> {
        if let Some((rights, uses)) = &mut self.access
            && !uses.collection(rights, related, &path.name())
        {
            return Ok(None);
        }
        Ok(self.schema.collection(related))
    }

    fn many_to_one(
        &mut self,
        field: &Field,
        related: &str,
        value: &Value,
        path: &Path,
        nesting: usize,
    ) -> Result<Filter, DataError> {
        let reference = FieldReference::plain(&field.name);
        let Value::Object(object) = value else {
            return self.tests(&reference, field, value, nesting);
        };
        let (own, nested): (Map<String, Value>, Map<String, Value>) = object
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .partition(|(key, _)| key.starts_with('_') && key != "_and" && key != "_or");
        let mut all = Vec::new();
        if !own.is_empty() {
            all.push(self.tests(&reference, field, &Value::Object(own), nesting)?);
        }
        if !nested.is_empty() {
            let path = path.then(&field.name)?;
            match self.enter(related, &path)? {
                Some(collection) => all.push(Filter::One {
                    field: field.name.clone(),
                    collection: related.to_owned(),
                    filter: Box::new(self.object(
                        &Value::Object(nested),
                        collection,
                        &path,
                        nesting + 1,
                    )?),
                }),
                None => all.push(Filter::Never),
            }
        }
        self.closed_if_empty(all)
    }

    fn one_to_many(
        &mut self,
        field: &Field,
        related: &str,
        value: &Value,
        path: &Path,
        nesting: usize,
    ) -> Result<Filter, DataError> {
        let Value::Object(object) = value else {
            return Err(invalid(format!(
                "\"{}\" is a list of related items: filter it with \"_some\" or \"_none\"",
                field.name
            )));
        };
        let path = path.then(&field.name)?;
        let Some(collection) = self.enter(related, &path)? else { return Ok(Filter::Never) };
        let mut all = Vec::new();
        let mut rest = Map::new();
        let many = |quantifier, filter| Filter::Many {
            field: field.name.clone(),
            quantifier,
            filter: Box::new(filter),
        };
        for (key, value) in object {
            match key.as_str() {
                "_some" | "_none" => {
                    let quantifier =
                        if key == "_none" { Quantifier::None } else { Quantifier::Some };
                    let filter = self.object(value, collection, &path, nesting + 1)?;
                    all.push(many(quantifier, filter));
                }
                "_null" | "_nnull" => {
                    let on = *value != Value::Bool(false);
                    let nobody = (key == "_null") == on;
                    let quantifier = if nobody { Quantifier::Nobody } else { Quantifier::Any };
                    all.push(many(quantifier, Filter::always()));
                }
                "_and" | "_or" => {
                    rest.insert(key.clone(), value.clone());
                }
                _ if key.starts_with('_') => {
                    Operator::parse(key).map_err(DataError::InvalidQuery)?;
                    return Err(invalid(format!(
                        "\"{key}\" can't be used on the list of related items \"{}\"",
                        field.name
                    )));
                }
                _ => {
                    rest.insert(key.clone(), value.clone());
                }
            }
        }
        if !rest.is_empty() {
            let filter = self.object(&Value::Object(rest), collection, &path, nesting + 1)?;
            all.push(many(Quantifier::Joined, filter));
        }
        self.closed_if_empty(all)
    }

    /// The conditions on a field itself.
    fn tests(
        &mut self,
        reference: &FieldReference,
        field: &Field,
        value: &Value,
        nesting: usize,
    ) -> Result<Filter, DataError> {
        deep_enough(nesting)?;
        let Value::Object(object) = value else {
            return self.test(reference, field, "_eq", value);
        };
        let mut all = Vec::with_capacity(object.len());
        for (key, value) in object {
            match (key.as_str(), value) {
                ("_and" | "_or", Value::Array(values)) => {
                    let parts = values
                        .iter()
                        .map(|value| self.tests(reference, field, value, nesting + 1))
                        .collect::<Result<_, _>>()?;
                    all.push(self.group(key, parts));
                }
                _ if !key.starts_with('_') => {
                    return Err(invalid(format!("\"{}\" is not a relation", field.name)));
                }
                _ => all.push(self.test(reference, field, key, value)?),
            }
        }
        self.closed_if_empty(all)
    }

    fn test(
        &mut self,
        reference: &FieldReference,
        field: &Field,
        operator: &str,
        value: &Value,
    ) -> Result<Filter, DataError> {
        let operator_kind = Operator::parse(operator).map_err(DataError::InvalidQuery)?;
        if !self.trusted {
            operator_kind.refuse_nothing(operator, value).map_err(DataError::InvalidQuery)?;
        }
        let test = Test::parse(operator_kind, value, reference.kind(field)).map_err(|reason| {
            invalid(format!("\"{operator}\" on field \"{}\" {reason}", field.name))
        })?;
        self.conditions += 1;
        if let Test::In { values, .. } = &test {
            self.values += values.len();
        }
        if self.conditions > MAXIMUM_CONDITIONS {
            return Err(invalid(format!(
                "The filter has more than {MAXIMUM_CONDITIONS} conditions"
            )));
        }
        if self.values > MAXIMUM_LIST && !self.trusted {
            return Err(invalid(format!(
                "The filter's lists hold more than {MAXIMUM_LIST} values together"
            )));
        }
        Ok(Filter::Field { field: reference.clone(), test })
    }

    /// A field without any condition says nothing in a query and opens nothing in a rule.
    fn closed_if_empty(&self, all: Vec<Filter>) -> Result<Filter, DataError> {
        if all.is_empty() && self.trusted {
            return Ok(Filter::Never);
        }
        Ok(unwrap_single(all))
    }
}

fn unwrap_single(mut all: Vec<Filter>) -> Filter {
    match all.pop() {
        Some(only) if all.is_empty() => only,
        Some(last) => {
            all.push(last);
            Filter::All(all)
        }
        None => Filter::always(),
    }
}

fn deep_enough(nesting: usize) -> Result<(), DataError> {
    if nesting > MAXIMUM_FILTER_NESTING {
        return Err(invalid(format!(
            "The filter is nested deeper than {MAXIMUM_FILTER_NESTING} levels"
        )));
    }
    Ok(())
}

fn invalid(reason: impl Into<String>) -> DataError {
    DataError::InvalidQuery(reason.into())
}
