//! Collections, people and permissions, made through the API as an administrator does.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::{
    case::{Matrix, Subject},
    error::ParityError,
    model::{self, COLLECTIONS, Collection, Field, Kind, POLICIES, ROLES, TITLES, USERS},
};

/// The administrator.
pub(super) struct Admin<'a> {
    pub(super) client: &'a Client,
    pub(super) url: &'a str,
    pub(super) token: &'a str,
}

impl Admin<'_> {
    /// Collections, items, and users, roles and policies without any permission yet.
    pub(super) async fn create_project(&self) -> Result<(), ParityError> {
        for collection in COLLECTIONS {
            self.post("/collections", definition(collection)).await?;
            for field in collection.fields {
                if let Kind::One { to, back } = field.kind {
                    self.relate(collection, field, to, back).await?;
                }
            }
        }
        for collection in COLLECTIONS {
            let items = model::items(collection.name);
            self.post(&format!("/items/{}", collection.name), json!(items)).await?;
        }
        let policies: Vec<Value> = POLICIES
            .iter()
            .enumerate()
            .map(|(number, id)| json!({"id": id, "name": format!("Policy {number}")}))
            .collect();
        self.post("/policies", json!(policies)).await?;
        let roles: Vec<Value> = ROLES
            .iter()
            .enumerate()
            .map(|(number, id)| json!({"id": id, "name": format!("Role {number}")}))
            .collect();
        self.post("/roles", json!(roles)).await?;
        let users: Vec<Value> = USERS
            .iter()
            .enumerate()
            .map(|(number, id)| {
                json!({
                    "id": id, "first_name": "User", "last_name": number.to_string(),
                    "email": format!("user{number}@example.com"), "title": TITLES[number],
                    "token": model::token(number), "status": "active",
                })
            })
            .collect();
        self.post("/users", json!(users)).await?;
        Ok(())
    }

    async fn relate(
        &self,
        collection: &Collection,
        field: &Field,
        to: &str,
        back: &str,
    ) -> Result<(), ParityError> {
        let list =
            json!({"field": back, "type": "alias", "schema": null, "meta": {"special": ["o2m"]}});
        self.post(&format!("/fields/{to}"), list).await?;
        let relation = json!({
            "collection": collection.name, "field": field.name, "related_collection": to,
            "meta": {"one_field": back}, "schema": {"on_delete": "SET NULL"},
        });
        self.post("/relations", relation).await?;
        Ok(())
    }

    /// Replaces who may do what.
    pub(super) async fn permit(&self, matrix: &Matrix) -> Result<(), ParityError> {
        let ours = json!({"limit": -1, "filter": {"policy": {"_in": POLICIES}}});
        self.request(Method::DELETE, "/permissions", Some(json!({"query": ours}))).await?;
        self.request(Method::DELETE, "/access", Some(json!({"query": ours}))).await?;
        let policies: Vec<Value> = matrix
            .policies
            .iter()
            .enumerate()
            .map(|(number, policy)| {
                let networks = (!policy.networks.is_empty()).then_some(&policy.networks);
                json!({
                    "id": POLICIES[number], "admin_access": policy.admin,
                    "app_access": policy.app, "ip_access": networks,
                })
            })
            .collect();
        self.request(Method::PATCH, "/policies", Some(json!(policies))).await?;
        // Free of each other first, so that no circle stands in the way.
        let free = json!({"keys": ROLES, "data": {"parent": null}});
        self.request(Method::PATCH, "/roles", Some(free)).await?;
        for (number, parent) in matrix.parents.iter().enumerate() {
            if let Some(parent) = parent {
                let body = json!({"parent": ROLES[*parent]});
                let path = format!("/roles/{}", ROLES[number]);
                self.request(Method::PATCH, &path, Some(body)).await?;
            }
        }
        let users: Vec<Value> = matrix
            .roles
            .iter()
            .enumerate()
            .map(
                |(number, role)| json!({"id": USERS[number], "role": role.map(|role| ROLES[role])}),
            )
            .collect();
        self.request(Method::PATCH, "/users", Some(json!(users))).await?;
        let access: Vec<Value> = matrix
            .access
            .iter()
            .enumerate()
            .map(|(number, (subject, policy))| {
                let (role, user) = match subject {
                    Subject::Role(role) => (Some(ROLES[*role]), None),
                    Subject::User(user) => (None, Some(USERS[*user])),
                    Subject::Public => (None, None),
                };
                json!({
                    "id": model::access(number), "role": role, "user": user,
                    "policy": POLICIES[*policy], "sort": number + 1,
                })
            })
            .collect();
        if !access.is_empty() {
            self.post("/access", json!(access)).await?;
        }
        let permissions: Vec<Value> = matrix
            .permissions
            .iter()
            .map(|one| {
                json!({
                    "policy": POLICIES[one.policy], "collection": one.collection,
                    "action": one.action, "fields": one.fields, "permissions": one.rule,
                    "validation": one.validation, "presets": one.presets,
                })
            })
            .collect();
        if !permissions.is_empty() {
            self.post("/permissions", json!(permissions)).await?;
        }
        Ok(())
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, ParityError> {
        self.request(Method::POST, path, Some(body)).await
    }

    /// A request that has to succeed; gives its `data`.
    pub(super) async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, ParityError> {
        let mut request = self
            .client
            .request(method.clone(), format!("{}{path}", self.url))
            .bearer_auth(self.token);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            return Err(ParityError::Refused {
                method: method.to_string(),
                path: path.to_owned(),
                status: status.as_u16(),
                body: text,
            });
        }
        if text.is_empty() {
            return Ok(Value::Null);
        }
        let mut answer: Value = serde_json::from_str(&text)?;
        Ok(answer.get_mut("data").map_or(Value::Null, Value::take))
    }
}

/// A collection as `POST /collections` takes it.
fn definition(collection: &Collection) -> Value {
    let key = if collection.named {
        json!({"field": "id", "type": "string", "schema": {"is_primary_key": true, "max_length": 255}})
    } else {
        json!({
            "field": "id", "type": "integer",
            "schema": {"is_primary_key": true, "has_auto_increment": true},
        })
    };
    let fields: Vec<Value> =
        std::iter::once(key).chain(collection.fields.iter().filter_map(column)).collect();
    json!({"collection": collection.name, "schema": {}, "meta": {}, "fields": fields})
}

fn column(field: &Field) -> Option<Value> {
    let (kind, special) = match field.kind {
        Kind::Integer => ("integer", None),
        Kind::Float => ("float", None),
        Kind::String(_) => ("string", None),
        Kind::Text => ("text", None),
        Kind::Boolean => ("boolean", Some("cast-boolean")),
        Kind::Date => ("date", None),
        Kind::Timestamp => ("timestamp", None),
        Kind::Json => ("json", Some("cast-json")),
        Kind::One { to, .. } => {
            let named = model::collection(to).is_some_and(|related| related.named);
            (if named { "string" } else { "integer" }, Some("m2o"))
        }
        Kind::Many { .. } => return None,
    };
    let mut schema = json!({"is_nullable": !field.required, "is_unique": field.unique});
    if let Kind::String(length) = field.kind {
        schema["max_length"] = json!(length);
    }
    if let Some(default) = field.default {
        schema["default_value"] = serde_json::from_str(default).unwrap_or(Value::Null);
    }
    let required = field.required && field.default.is_none();
    let meta = json!({"special": special.map(|special| [special]), "required": required});
    Some(json!({"field": field.name, "type": kind, "schema": schema, "meta": meta}))
}
