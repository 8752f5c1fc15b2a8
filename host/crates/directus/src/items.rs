//! Items, and those of Directus's own collections that behave like items.

use http::Method;
use palisade_data::{Caller, DataError, Outcome, Query, Selection};
use serde_json::{Map, Value, json};

use crate::{Directus, link, record, rest::Request};

/// Segments of the path under which a collection's items are.
pub(crate) fn path(collection: &str) -> Vec<&str> {
    match collection {
        "directus_files" => vec!["files"],
        "directus_folders" => vec!["folders"],
        "directus_flows" => vec!["flows"],
        "directus_operations" => vec!["operations"],
        collection => vec!["items", collection],
    }
}

/// A query as Directus takes it in a body.
pub(crate) fn query_body(query: &Query) -> Value {
    let mut body = Map::new();
    if !query.fields.is_empty() {
        body.insert("fields".into(), query.fields.clone().into());
    }
    if let Some(filter) = &query.filter {
        body.insert("filter".into(), filter.clone());
    }
    if !query.sort.is_empty() {
        body.insert("sort".into(), query.sort.clone().into());
    }
    if let Some(limit) = query.limit {
        body.insert("limit".into(), limit.into());
    }
    if let Some(offset) = query.offset {
        body.insert("offset".into(), offset.into());
    }
    if let Some(page) = query.page {
        body.insert("page".into(), page.into());
    }
    if let Some(search) = &query.search {
        body.insert("search".into(), search.clone().into());
    }
    if !query.aggregate.is_empty() {
        let aggregates = query.aggregate.iter();
        let aggregates: Map<String, Value> = aggregates
            .map(|aggregate| (aggregate.function.clone(), aggregate.fields.clone().into()))
            .collect();
        body.insert("aggregate".into(), aggregates.into());
    }
    if !query.group.is_empty() {
        body.insert("groupBy".into(), query.group.clone().into());
    }
    if !query.deep.is_empty() {
        body.insert("deep".into(), query.deep.clone().into());
    }
    if !query.alias.is_empty() {
        body.insert("alias".into(), query.alias.clone().into());
    }
    Value::Object(body)
}

/// What of a write's result is given back.
pub(crate) fn with_result<'a>(mut request: Request<'a>, query: &Query) -> Request<'a> {
    if !query.fields.is_empty() {
        request = request.parameter("fields", query.fields.join(","));
    }
    for (name, object) in [("deep", &query.deep), ("alias", &query.alias)] {
        if !object.is_empty() {
            request = request.parameter(name, Value::Object(object.clone()).to_string());
        }
    }
    request
}

/// A selection as Directus takes it beside the new values.
fn selection_body(selection: &Selection) -> (&'static str, Value) {
    match selection {
        Selection::Keys(keys) => ("keys", keys.clone().into()),
        Selection::Query(query) => ("query", query_body(query)),
    }
}

impl Directus {
    pub(crate) async fn read_items(
        &self,
        caller: &Caller,
        collection: &str,
        keys: Option<&[Value]>,
        query: &Query,
    ) -> Result<Outcome, DataError> {
        let mut body = json!({ "query": query_body(query) });
        if let Some(keys) = keys {
            body["keys"] = keys.into();
        }
        let data = self.rest.data(caller.into(), Request::search(path(collection), body)).await?;
        let plain = query.aggregate.is_empty();
        self.outcome(caller, collection, data, 0, plain).await
    }

    /// Creates items (POST), or gives each of them values of its own (PATCH).
    pub(crate) async fn write_items(
        &self,
        caller: &Caller,
        method: Method,
        collection: &str,
        items: &[Map<String, Value>],
        query: &Query,
    ) -> Result<Outcome, DataError> {
        let body = Value::from(items.iter().cloned().map(Value::Object).collect::<Vec<_>>());
        let request = Request::write(method, path(collection), Some(body));
        let data = self.rest.data(caller.into(), with_result(request, query)).await?;
        self.outcome(caller, collection, data, items.len(), true).await
    }

    pub(crate) async fn update_items(
        &self,
        caller: &Caller,
        collection: &str,
        selection: &Selection,
        payload: &Map<String, Value>,
        query: &Query,
    ) -> Result<Outcome, DataError> {
        // A singleton has one item, and Directus takes its values alone.
        let body = if self.is_singleton(caller, collection).await? {
            Value::Object(payload.clone())
        } else {
            let (name, selected) = selection_body(selection);
            json!({name: selected, "data": payload})
        };
        let request = Request::write(Method::PATCH, path(collection), Some(body));
        let data = self.rest.data(caller.into(), with_result(request, query)).await?;
        let selected = match selection {
            Selection::Keys(keys) => keys.len(),
            Selection::Query(_) => 0,
        };
        self.outcome(caller, collection, data, selected, true).await
    }

    pub(crate) async fn delete_items(
        &self,
        caller: &Caller,
        collection: &str,
        selection: &Selection,
    ) -> Result<Outcome, DataError> {
        let (body, keys) = match selection {
            Selection::Keys(keys) => (Value::from(keys.clone()), keys.clone()),
            Selection::Query(query) => (json!({ "query": query_body(query) }), Vec::new()),
        };
        let request = Request::write(Method::DELETE, path(collection), Some(body));
        self.rest.data(caller.into(), request).await?;
        Ok(Outcome {
            items: keys.len(),
            data: keys.into(),
            collections: vec![collection.to_owned()],
            ..Outcome::default()
        })
    }

    /// The outcome of rows. `written` is how many were written where the answer doesn't tell,
    /// because the caller may not read them.
    pub(crate) async fn outcome(
        &self,
        caller: &Caller,
        collection: &str,
        data: Value,
        written: usize,
        linked: bool,
    ) -> Result<Outcome, DataError> {
        let rows = match data {
            Value::Array(rows) => rows,
            Value::Null => Vec::new(),
            singleton => vec![singleton],
        };
        let link = match rows.as_slice() {
            [Value::Object(row)] if linked => {
                let key = self.primary_key(caller, collection).await;
                key.and_then(|key| row.get(&key))
                    .and_then(|key| link::item(&self.studio, collection, key))
            }
            _ => None,
        };
        Ok(Outcome {
            items: rows.len().max(written),
            collections: vec![collection.to_owned()],
            fields: record::fields(collection, &rows),
            data: rows.into(),
            link,
            media: None,
        })
    }
}
