//! Collections, fields and relations, for administrators.

use http::Method;
use palisade_data::{Caller, DataError, Outcome, StructureOperation};
use serde_json::{Map, Value};

use crate::{Directus, link, rest::Request};

impl Directus {
    pub(crate) async fn structure(
        &self,
        caller: &Caller,
        operation: &StructureOperation,
    ) -> Result<Outcome, DataError> {
        let result = self.run_structure(caller, operation).await;
        if operation.action() != "read" {
            // Also after a failure, whose outcome may be unknown.
            self.forget_structure();
        }
        let data = result?;
        let rows = match data {
            Value::Array(rows) => rows,
            Value::Null => Vec::new(),
            one => vec![one],
        };
        let named = match rows.as_slice() {
            [Value::Object(row)] => row.get("collection").and_then(Value::as_str),
            _ => None,
        };
        let named = operation.collection().or(named).map(str::to_owned);
        Ok(Outcome {
            items: rows.len(),
            link: match (operation.action(), &named) {
                ("delete", _) | (_, None) => None,
                (_, Some(collection)) => link::collection(&self.studio, collection),
            },
            collections: named.into_iter().collect(),
            data: rows.into(),
            ..Outcome::default()
        })
    }

    async fn run_structure(
        &self,
        caller: &Caller,
        operation: &StructureOperation,
    ) -> Result<Value, DataError> {
        use StructureOperation as Op;
        match operation {
            Op::ReadCollections { names: None } => self.get(caller, vec!["collections"]).await,
            Op::ReadCollections { names: Some(names) } => {
                let reads =
                    names.iter().map(|name| self.get(caller, vec!["collections", name.as_str()]));
                Ok(futures_util::future::try_join_all(reads).await?.into())
            }
            Op::CreateCollections { definitions } => {
                self.put(caller, Method::POST, vec!["collections"], array(definitions)).await
            }
            Op::UpdateCollections { definitions } => {
                self.put(caller, Method::PATCH, vec!["collections"], array(definitions)).await
            }
            Op::DeleteCollections { names } => {
                let delete = |name: &String| name.clone();
                self.one_by_one(names, delete, |name| {
                    self.delete(caller, vec!["collections", name.as_str()])
                })
                .await
            }
            Op::ReadFields { collection, field } => {
                self.get(caller, place("fields", collection.as_deref(), field.as_deref())).await
            }
            Op::CreateFields { collection, definitions } => {
                self.one_by_one(definitions, named, |definition| {
                    let body = Value::Object(definition.clone());
                    self.put(caller, Method::POST, vec!["fields", collection.as_str()], body)
                })
                .await
            }
            Op::UpdateFields { collection, definitions } => {
                let path = vec!["fields", collection.as_str()];
                self.put(caller, Method::PATCH, path, array(definitions)).await
            }
            Op::DeleteField { collection, field } => {
                self.delete(caller, vec!["fields", collection.as_str(), field.as_str()]).await
            }
            Op::ReadRelations { collection, field } => {
                self.get(caller, place("relations", collection.as_deref(), field.as_deref())).await
            }
            Op::CreateRelation { definition } => {
                let body = Value::Object(definition.clone());
                self.put(caller, Method::POST, vec!["relations"], body).await
            }
            Op::UpdateRelation { collection, field, definition } => {
                let path = vec!["relations", collection.as_str(), field.as_str()];
                // Directus 11 ends, the whole of it, on a body that doesn't say what it is about, or
                // says something else.
                let known = self.get(caller, path.clone()).await?;
                let mut body = definition.clone();
                for name in ["collection", "field", "related_collection"] {
                    body.insert(name.into(), known[name].clone());
                }
                self.put(caller, Method::PATCH, path, Value::Object(body)).await
            }
            Op::DeleteRelation { collection, field } => {
                self.delete(caller, vec!["relations", collection.as_str(), field.as_str()]).await
            }
        }
    }

    async fn get(&self, caller: &Caller, path: Vec<&str>) -> Result<Value, DataError> {
        self.rest.data(caller.into(), Request::read(path)).await
    }

    async fn put(
        &self,
        caller: &Caller,
        method: Method,
        path: Vec<&str>,
        body: Value,
    ) -> Result<Value, DataError> {
        self.rest.data(caller.into(), Request::write(method, path, Some(body))).await
    }

    /// Gives the name of what was deleted.
    async fn delete(&self, caller: &Caller, path: Vec<&str>) -> Result<Value, DataError> {
        let name = path.last().copied().map(Value::from).unwrap_or_default();
        self.rest.data(caller.into(), Request::write(Method::DELETE, path, None)).await?;
        Ok(name)
    }

    /// Changes that Directus takes one at a time. An error says what was done before it.
    async fn one_by_one<'a, T, F>(
        &self,
        things: &'a [T],
        name: impl Fn(&T) -> String,
        change: impl Fn(&'a T) -> F,
    ) -> Result<Value, DataError>
    where
        F: Future<Output = Result<Value, DataError>>,
    {
        let mut done = Vec::with_capacity(things.len());
        for thing in things {
            match change(thing).await {
                Ok(result) => done.push(result),
                Err(error) if done.is_empty() => return Err(error),
                Err(error) => {
                    let before: Vec<String> = things.iter().take(done.len()).map(&name).collect();
                    return Err(DataError::Refused {
                        status: error.status(),
                        code: error.code().to_owned(),
                        message: format!(
                            "{error} This was about {}; before it, done were: {}.",
                            name(thing),
                            before.join(", ")
                        ),
                    });
                }
            }
        }
        Ok(done.into())
    }
}

fn place<'a>(route: &'a str, collection: Option<&'a str>, field: Option<&'a str>) -> Vec<&'a str> {
    [Some(route), collection, field].into_iter().flatten().collect()
}

fn array(definitions: &[Map<String, Value>]) -> Value {
    definitions.iter().cloned().map(Value::Object).collect::<Vec<_>>().into()
}

fn named(definition: &Map<String, Value>) -> String {
    definition.get("field").and_then(Value::as_str).unwrap_or_default().to_owned()
}
