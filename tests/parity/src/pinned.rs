//! What differs on purpose and is left out of generated cases, one case each, with both answers.
//!
//! The embedded project never shows more than Directus. Where the two differ it is stricter, refuses
//! what Directus misreads, or answers what Directus gets wrong.

use serde_json::{Map, Value, json};

use crate::{
    case::{Act, Case, Keys, Matrix, Permission, Policy, Subject},
    model::{POLICIES, ROLES, USERS},
};

/// A difference that is meant.
pub struct Pinned {
    /// Why it is meant.
    pub reason: &'static str,
    /// Permissions of the caller: collection, action, fields, rule.
    pub permissions: Value,
    /// Collection.
    pub collection: &'static str,
    /// What is done.
    pub act: Act,
    /// The query.
    pub query: Value,
    /// What Directus answers, in brief.
    pub directus: &'static str,
    /// What the embedded project answers, in brief.
    pub embedded: &'static str,
}

impl Pinned {
    /// Who may do what in it: user 0 has one policy.
    pub fn matrix(&self) -> Matrix {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let permissions = self.permissions.as_array().map(Vec::as_slice).unwrap_or_default();
        Matrix {
            parents: vec![None; ROLES.len()],
            roles: vec![None; USERS.len()],
            policies: vec![Policy::default(); POLICIES.len()],
            access: vec![(Subject::User(0), 0)],
            permissions: permissions
                .iter()
                .map(|row| Permission {
                    policy: 0,
                    collection: text(&row[0]),
                    action: match row[1].as_str() {
                        Some("update") => "update",
                        Some("create") => "create",
                        _ => "read",
                    },
                    fields: row[2]
                        .as_str()
                        .map(|names| names.split(',').map(String::from).collect()),
                    rule: row.get(3).cloned(),
                    validation: None,
                    presets: None,
                })
                .collect(),
        }
    }

    /// The case.
    pub fn case(&self) -> Case {
        Case {
            number: 0,
            caller: Some(0),
            collection: self.collection.to_owned(),
            act: self.act.clone(),
            query: self.query.clone(),
            ordered: true,
        }
    }
}

fn read(
    reason: &'static str,
    permissions: Value,
    collection: &'static str,
    query: Value,
    directus: &'static str,
    embedded: &'static str,
) -> Pinned {
    let act = Act::Read { keys: None };
    Pinned { reason, permissions, collection, act, query, directus, embedded }
}

fn write(
    reason: &'static str,
    permissions: Value,
    act: Act,
    directus: &'static str,
    embedded: &'static str,
) -> Pinned {
    let query = json!({"fields": ["id"]});
    Pinned { reason, permissions, collection: "articles", act, query, directus, embedded }
}

fn item(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// All of them.
pub fn pinned() -> Vec<Pinned> {
    let mut all = hidden();
    all.extend(misread());
    all.extend(wrong());
    all
}

/// Directus finds, orders and counts by what it hides.
fn hidden() -> Vec<Pinned> {
    let views_of_few = || json!([["articles", "read", "id,title"], ["articles", "read", "id,views", {"id": {"_lt": 5}}]]);
    vec![
        read(
            "a hidden value isn't found by filters",
            views_of_few(),
            "articles",
            json!({"fields": ["id", "views"], "filter": {"views": {"_gt": 10}}}),
            r#"[{"id":2,"views":14},{"id":8,"views":null},{"id":13,"views":null},{"id":14,"views":null}]"#,
            r#"[{"id":2,"views":14}]"#,
        ),
        read(
            "a hidden value doesn't order items",
            views_of_few(),
            "articles",
            json!({"fields": ["id"], "sort": ["-views", "id"], "limit": 3}),
            r#"[{"id":14},{"id":8},{"id":2}]"#,
            r#"[{"id":2},{"id":4},{"id":1}]"#,
        ),
        read(
            "a hidden value isn't summed",
            views_of_few(),
            "articles",
            json!({"aggregate": {"sum": ["views"]}}),
            r#"[{"sum":{"views":103}}]"#,
            r#"[{"sum":{"views":30}}]"#,
        ),
        read(
            "a hidden value isn't searched",
            json!([["categories", "read", "*", {"rank": {"_lt": 2}}], ["categories", "read", "id"]]),
            "categories",
            json!({"fields": ["id", "name"], "search": "Category"}),
            r#"[{"id":"arts","name":null},{"id":"news","name":"Category news"},{"id":"old","name":null},{"id":"sport","name":"Category sport"}]"#,
            r#"[{"id":"news","name":"Category news"},{"id":"sport","name":"Category sport"}]"#,
        ),
        read(
            "an item that may not be read isn't found through a many-to-one field",
            json!([["comments", "read", "*"], ["articles", "read", "*", {"id": {"_lt": 3}}]]),
            "comments",
            json!({"fields": ["id"], "filter": {"article": {"title": {"_starts_with": "Rain"}}}}),
            r#"[{"id":1},{"id":2},{"id":4},{"id":5},{"id":8},{"id":10},{"id":11},{"id":13},{"id":14}]"#,
            r#"[{"id":1},{"id":10}]"#,
        ),
        read(
            "related items that may not be read aren't counted in filters",
            json!([["categories", "read", "*"]]),
            "categories",
            json!({"fields": ["id"], "filter": {"count(articles)": {"_gt": 4}}}),
            r#"[{"id":"arts"}]"#,
            "403 FORBIDDEN",
        ),
        read(
            "a relation that isn't granted is refused like a field that doesn't exist",
            json!([["categories", "read", "id"]]),
            "categories",
            json!({"fields": ["id", "articles"], "limit": 1}),
            r#"[{"id":"arts"}]"#,
            "403 FORBIDDEN",
        ),
        read(
            "an item whose key isn't granted is an object without it",
            json!([["articles", "read", "title"]]),
            "articles",
            json!({"fields": ["other"], "alias": {"other": "title"}, "limit": 2, "sort": ["title"]}),
            "[12,3]",
            r#"[{"other":"Rain 12"},{"other":"Rain 3"}]"#,
        ),
        read(
            "items come in the order of their keys, granted or not",
            json!([["articles", "read", "title"]]),
            "articles",
            json!({"fields": ["title"], "limit": 2}),
            r#"[{"title":"Rain 12"},{"title":"Rain 3"}]"#,
            r#"[{"title":"Sun 1"},{"title":"rain in May 2"}]"#,
        ),
        write(
            "a query selects what the caller may read and by what the caller may read",
            json!([["articles", "read", "id,title"], ["articles", "update", "title"]]),
            Act::Update {
                keys: Keys::Found(json!({"filter": {"views": {"_eq": 7}}})),
                payload: item(json!({"title": "x"})),
            },
            r#"[{"id":1}]"#,
            "403 FORBIDDEN",
        ),
        read(
            "a rule that names an unknown field opens nothing",
            json!([["articles", "read", "*", {"unknown": {"_eq": 1}}]]),
            "articles",
            json!({"aggregate": {"count": "*"}}),
            "400 INVALID_QUERY",
            r#"[{"count":0}]"#,
        ),
        read(
            "an empty `_or` in a rule opens nothing",
            json!([["articles", "read", "*", {"_or": []}]]),
            "articles",
            json!({"aggregate": {"count": "*"}}),
            r#"[{"count":14}]"#,
            r#"[{"count":0}]"#,
        ),
        read(
            "several conditions under `_some` all count",
            json!([["categories", "read", "*", {"articles": {"_some": {"id": {"_gt": 7}, "note": {"_eq": "none"}}}}]]),
            "categories",
            json!({"fields": ["id"]}),
            r#"[{"id":"arts"},{"id":"news"},{"id":"old"},{"id":"sport"}]"#,
            "[]",
        ),
    ]
}

/// Queries that Directus reads in part, or refuses although they can be answered.
fn misread() -> Vec<Pinned> {
    let articles = || json!([["articles", "read", "*"]]);
    vec![
        read(
            "`page` and `offset` exclude each other",
            articles(),
            "articles",
            json!({"fields": ["id"], "limit": 2, "page": 2, "offset": 5}),
            r#"[{"id":3},{"id":4}]"#,
            "400 INVALID_QUERY",
        ),
        read(
            "a path through a field that is no relation is refused",
            articles(),
            "articles",
            json!({"fields": ["id", "status.x"], "limit": 1}),
            r#"[{"id":1}]"#,
            "400 INVALID_QUERY",
        ),
        read(
            "a range needs two ends",
            articles(),
            "articles",
            json!({"aggregate": {"count": "*"}, "filter": {"id": {"_between": [1]}}}),
            r#"[{"count":14}]"#,
            "400 INVALID_QUERY",
        ),
        read(
            "what can't be a moment is refused",
            articles(),
            "articles",
            json!({"fields": ["id"], "filter": {"published_on": {"_gt": "nonsense"}}}),
            "[]",
            "400 INVALID_QUERY",
        ),
        read(
            "texts can be compared by order",
            articles(),
            "articles",
            json!({"aggregate": {"count": "*"}, "filter": {"title": {"_lt": "Sun"}}}),
            "400 INVALID_QUERY",
            r#"[{"count":4}]"#,
        ),
        read(
            "`_some` works below a many-to-one field",
            json!([["comments", "read", "*"], ["articles", "read", "*"]]),
            "comments",
            json!({"aggregate": {"count": "*"}, "filter": {"article": {"comments": {"_some": {"id": {"_eq": 1}}}}}}),
            "400 INVALID_QUERY",
            r#"[{"count":2}]"#,
        ),
        read(
            "`$CURRENT_POLICIES` stands for the caller's policies in queries too",
            articles(),
            "articles",
            json!({"fields": ["id"], "filter": {"desk": {"_in": "$CURRENT_POLICIES"}}}),
            "[]",
            r#"[{"id":2},{"id":9}]"#,
        ),
        read(
            "`deep` can filter by the field that points back",
            json!([["articles", "read", "*"], ["comments", "read", "*"]]),
            "articles",
            json!({"fields": ["id", "comments.id"], "limit": 2, "deep": {"comments": {"_filter": {"article": {"_in": [1]}}}}}),
            r#"[{"id":1,"comments":[{"id":9}]},{"id":2,"comments":[{"id":1},{"id":10}]}]"#,
            r#"[{"id":1,"comments":[{"id":9}]},{"id":2,"comments":[]}]"#,
        ),
        Pinned {
            act: Act::Read { keys: Some(vec![json!(1), json!(2)]) },
            ..read(
                "aggregates take a filter by key, not keys",
                articles(),
                "articles",
                json!({"aggregate": {"count": "*"}}),
                r#"[{"count":2}]"#,
                "400 INVALID_QUERY",
            )
        },
    ]
}

/// What Directus gets wrong, on SQLite at least.
fn wrong() -> Vec<Pinned> {
    vec![
        read(
            "an item counts once, however many related ones meet a filter",
            json!([["authors", "read", "*"], ["articles", "read", "*"]]),
            "authors",
            json!({"aggregate": {"count": "*"}, "filter": {"articles": {"_some": {"id": {"_gt": 0}}}}}),
            r#"[{"count":13}]"#,
            r#"[{"count":5}]"#,
        ),
        read(
            "a count is a number, whatever is counted",
            json!([["articles", "read", "*"]]),
            "articles",
            json!({"aggregate": {"countDistinct": ["featured"]}, "groupBy": ["id"], "sort": ["id"], "limit": 1}),
            r#"[{"countDistinct":{"featured":2}}]"#,
            r#"[{"countDistinct":{"featured":2}}]"#,
        ),
        read(
            "`countAll` is answered",
            json!([["articles", "read", "*"]]),
            "articles",
            json!({"aggregate": {"countAll": "*"}}),
            "[{}]",
            r#"[{"countAll":14}]"#,
        ),
        read(
            "a list of items of which no field is granted is left out",
            json!([["articles", "read", "id,comments"], ["comments", "read", ""]]),
            "articles",
            json!({"fields": ["*"], "limit": 1}),
            r#"[{"id":1,"comments":[9]}]"#,
            r#"[{"id":1}]"#,
        ),
        write(
            "lengths count on SQLite too",
            json!([["articles", "read", "*"], ["articles", "create", "*"]]),
            Act::Create { items: vec![item(json!({"title": "x".repeat(81)}))] },
            r#"[{"id":15}]"#,
            "400 VALUE_TOO_LONG",
        ),
    ]
}
