//! The project that all cases run on: its collections and its items, the same on both sides.

use palisade_project::{
    CollectionDefinition, DefaultValue, FieldDefinition, FieldType, PrimaryKey,
};
use serde_json::{Value, json};

/// What a field holds, as far as the generator has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole number.
    Integer,
    /// Number with a fraction.
    Float,
    /// Text of at most this many characters.
    String(u16),
    /// Text of any length.
    Text,
    /// True or false.
    Boolean,
    /// Day.
    Date,
    /// Moment.
    Timestamp,
    /// JSON.
    Json,
    /// Points to an item of a collection.
    One {
        /// The collection.
        to: &'static str,
        /// The list in that collection.
        back: &'static str,
    },
    /// Items of a collection that point here.
    Many {
        /// The collection.
        of: &'static str,
        /// Its field that points here.
        by: &'static str,
    },
}

/// A field of the project.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether each item needs a value.
    pub required: bool,
    /// Whether no two items may have the same value.
    pub unique: bool,
    /// Value where none is given, as JSON.
    pub default: Option<&'static str>,
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false, unique: false, default: None }
}

const fn required(name: &'static str, kind: Kind) -> Field {
    Field { required: true, ..field(name, kind) }
}

/// A collection of the project. Its primary key is `id`.
#[derive(Debug)]
pub struct Collection {
    /// Name.
    pub name: &'static str,
    /// Whether keys are texts that people choose; else the database numbers the items.
    pub named: bool,
    /// The other fields.
    pub fields: &'static [Field],
}

impl Collection {
    /// A field by name; none for `id`.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Kind of the primary key.
    pub fn key(&self) -> Kind {
        if self.named { Kind::String(255) } else { Kind::Integer }
    }
}

/// The collections, each after those it points to.
pub const COLLECTIONS: &[Collection] = &[
    Collection {
        name: "teams",
        named: false,
        fields: &[
            required("name", Kind::String(60)),
            field("city", Kind::String(40)),
            field("members", Kind::Many { of: "authors", by: "team" }),
        ],
    },
    Collection {
        name: "categories",
        named: true,
        fields: &[
            required("name", Kind::String(60)),
            field("rank", Kind::Integer),
            field("articles", Kind::Many { of: "articles", by: "category" }),
        ],
    },
    Collection {
        name: "authors",
        named: false,
        fields: &[
            required("name", Kind::String(60)),
            Field { unique: true, ..field("email", Kind::String(80)) },
            field("rank", Kind::Integer),
            field("active", Kind::Boolean),
            field("born", Kind::Date),
            field("owner", Kind::String(36)),
            field("team", Kind::One { to: "teams", back: "members" }),
            field("articles", Kind::Many { of: "articles", by: "author" }),
        ],
    },
    Collection {
        name: "articles",
        named: false,
        fields: &[
            required("title", Kind::String(80)),
            Field { default: Some("\"draft\""), ..required("status", Kind::String(20)) },
            field("views", Kind::Integer),
            field("rating", Kind::Float),
            Field { default: Some("false"), ..field("featured", Kind::Boolean) },
            field("published_on", Kind::Timestamp),
            field("note", Kind::Text),
            field("data", Kind::Json),
            field("owner", Kind::String(36)),
            field("desk", Kind::String(40)),
            field("author", Kind::One { to: "authors", back: "articles" }),
            field("category", Kind::One { to: "categories", back: "articles" }),
            field("comments", Kind::Many { of: "comments", by: "article" }),
        ],
    },
    Collection {
        name: "comments",
        named: false,
        fields: &[
            required("body", Kind::Text),
            field("score", Kind::Integer),
            Field { default: Some("false"), ..required("approved", Kind::Boolean) },
            field("article", Kind::One { to: "articles", back: "comments" }),
        ],
    },
];

/// A collection by name.
pub fn collection(name: &str) -> Option<&'static Collection> {
    COLLECTIONS.iter().find(|collection| collection.name == name)
}

/// Users, by number.
pub const USERS: [&str; 3] = [
    "00000000-0000-4000-8000-0000000000a1",
    "00000000-0000-4000-8000-0000000000a2",
    "00000000-0000-4000-8000-0000000000a3",
];
/// Roles, by number.
pub const ROLES: [&str; 3] = [
    "00000000-0000-4000-8000-0000000000b1",
    "00000000-0000-4000-8000-0000000000b2",
    "00000000-0000-4000-8000-0000000000b3",
];
/// Policies, by number.
pub const POLICIES: [&str; 5] = [
    "00000000-0000-4000-8000-0000000000c1",
    "00000000-0000-4000-8000-0000000000c2",
    "00000000-0000-4000-8000-0000000000c3",
    "00000000-0000-4000-8000-0000000000c4",
    "00000000-0000-4000-8000-0000000000c5",
];

/// Static token of a user.
pub fn token(user: usize) -> String {
    format!("parity-static-token-{user}")
}

/// Title of a user, for `$CURRENT_USER.title`: values of `articles.status`.
pub const TITLES: [&str; 3] = ["draft", "published", "archived"];

/// The collection as the embedded project takes it.
pub fn definition(collection: &Collection) -> CollectionDefinition {
    let key = if collection.named { PrimaryKey::Text } else { PrimaryKey::AutoIncrement };
    let columns = collection.fields.iter().filter_map(|field| {
        let kind = match field.kind {
            Kind::Integer => FieldType::Integer,
            Kind::Float => FieldType::Float,
            Kind::String(length) => FieldType::String(length),
            Kind::Text => FieldType::Text,
            Kind::Boolean => FieldType::Boolean,
            Kind::Date => FieldType::Date,
            Kind::Timestamp => FieldType::Timestamp,
            Kind::Json => FieldType::Json,
            Kind::One { to, back } => {
                FieldType::ManyToOne { collection: to.into(), one_field: Some(back.into()) }
            }
            Kind::Many { .. } => return None,
        };
        let mut definition = FieldDefinition::new(field.name, kind);
        definition.required = field.required;
        definition.unique = field.unique;
        definition.default = match field.default {
            None => None,
            Some("false") => Some(DefaultValue::Boolean(false)),
            Some(text) => Some(DefaultValue::Text(text.trim_matches('"').to_owned())),
        };
        Some(definition)
    });
    columns.fold(CollectionDefinition::new(collection.name, key), CollectionDefinition::field)
}

/// The items of a collection. Few values, so that filters find some and miss some.
pub fn items(collection: &str) -> Vec<Value> {
    let or_null = |null: bool, value: Value| if null { Value::Null } else { value };
    match collection {
        "teams" => (1..=3_usize)
            .map(|n| json!({"name": format!("Team {n}"), "city": (["Bern", "Oslo"].get(n - 1))}))
            .collect(),
        "categories" => ["news", "sport", "arts", "old"]
            .iter()
            .enumerate()
            .map(|(n, key)| json!({"id": key, "name": format!("Category {key}"), "rank": n}))
            .collect(),
        "authors" => (1_usize..=6)
            .map(|n| {
                json!({
                    "name": (["Ada", "Ben", "Cleo", "Dan", "Eve", "ada b"][n - 1]),
                    "email": or_null(n == 4, json!(format!("a{n}@example.com"))),
                    "rank": or_null(n == 5, json!(n % 4)),
                    "active": or_null(n == 6, json!(n % 2 == 0)),
                    "born": or_null(n == 3, json!(format!("19{}-0{n}-1{n}", 70 + n))),
                    "owner": or_null(n > 4, json!(USERS[n % 3])),
                    "team": or_null(n == 6, json!(1 + n % 3)),
                })
            })
            .collect(),
        "articles" => (1_usize..=14).map(article).collect(),
        "comments" => (1_usize..=14)
            .map(|n| {
                json!({
                    "body": format!("Comment {n} on {}", if n % 3 == 0 { "Rain" } else { "sun" }),
                    "score": or_null(n % 5 == 0, json!(n % 4)),
                    "approved": n % 2 == 0,
                    "article": or_null(n == 7, json!(1 + n % 9)),
                })
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn article(n: usize) -> Value {
    let or_null = |null: bool, value: Value| if null { Value::Null } else { value };
    let desks = [
        json!(ROLES[0]),
        json!(ROLES[1]),
        json!(POLICIES[0]),
        json!(POLICIES[2]),
        json!("Role 1"),
        json!("Policy 2"),
        Value::Null,
    ];
    json!({
        "title": format!("{} {n}", ["Rain", "Sun", "rain in May"][n % 3]),
        "status": (["draft", "published", "archived"][n % 3]),
        "views": or_null(n % 6 == 5, json!((n * 7) % 20)),
        "rating": or_null(n % 4 == 3, json!(f64::from(u32::try_from(n % 5).unwrap_or(0)) + 0.5)),
        "featured": or_null(n == 9, json!(n % 2 == 1)),
        "published_on": or_null(n % 3 == 0, json!(format!("20{}-0{}-15T1{}:30:00.000Z", 18 + n, 1 + n % 9, n % 8))),
        "note": or_null(n % 3 == 1, json!(["", "check facts", "Rain check"][n % 3])),
        "data": or_null(n % 4 == 1, json!({"size": n, "tags": ["x", "y"]})),
        "owner": or_null(n % 5 == 4, json!(USERS[n % 3])),
        "desk": desks[n % 7],
        "author": or_null(n == 8, json!(1 + n % 5)),
        "category": or_null(n == 10, json!(["news", "sport", "arts"][n % 3])),
    })
}

/// Id of the number-th row that ties a policy to somebody.
pub fn access(number: usize) -> String {
    format!("00000000-0000-4000-8000-0000000d{number:04}")
}
