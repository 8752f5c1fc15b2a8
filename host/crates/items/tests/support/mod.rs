//! A small project to test against, and tables of cases that read as a specification.
#![expect(dead_code, reason = "each test file uses a part")]
#![expect(unreachable_pub, reason = "support of tests")]
#![expect(clippy::expect_used, clippy::panic, reason = "a broken fixture is a failed test")]

use palisade_data::{
    Accountability, Caller, DataBackend, DataError, Operation, Outcome, Query, Selection,
};
use palisade_items::{Engine, create_system_tables};
use palisade_lookup::Lookups;
use serde_json::{Map, Value, json};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tempfile::TempDir;

pub const ME: &str = "11111111-1111-4111-8111-111111111111";
pub const OTHER: &str = "22222222-2222-4222-8222-222222222222";
pub const ROLE: &str = "33333333-3333-4333-8333-333333333333";
pub const POLICY: &str = "44444444-4444-4444-8444-444444444444";

const TABLES: &str = include_str!("project.sql");

pub struct World {
    pub pool: SqlitePool,
    pub lookups: Lookups,
    pub engine: Engine,
    _folder: TempDir,
}

impl World {
    /// The project of `project.sql`, with one connection.
    pub async fn new() -> Self {
        Self::with_connections(1).await
    }

    pub async fn with_connections(connections: u32) -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("project.db");
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // Nothing here has to survive a power failure.
            .synchronous(SqliteSynchronous::Off);
        let pool = SqlitePoolOptions::new()
            .max_connections(connections)
            .connect_with(options)
            .await
            .expect("a database");
        create_system_tables(&pool).await.expect("system tables");
        sqlx::raw_sql(TABLES).execute(&pool).await.expect("the project");
        let lookups = Lookups::new(path);
        let engine = Engine::new(pool.clone(), lookups.clone());
        Self { pool, lookups, engine, _folder: folder }
    }

    /// A connection of somebody else.
    pub async fn stranger(&self) -> SqlitePool {
        let options = (*self.pool.connect_options()).clone();
        SqlitePool::connect_with(options).await.expect("another process")
    }

    pub async fn run(&self, sql: &'static str) {
        sqlx::raw_sql(sql)
            .execute(&self.pool)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Rows of a statement's first column, as text.
    pub async fn column(&self, sql: &'static str) -> Vec<Option<String>> {
        sqlx::query_scalar(sql).fetch_all(&self.pool).await.expect("a column")
    }

    /// Adds permissions to the one policy: `[collection, action, fields, rule?, validation?,
    /// presets?]` each.
    pub async fn grant(&self, grants: &Value) {
        for grant in grants.as_array().expect("a list of grants") {
            let text = |index: usize| match grant.get(index) {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text.clone()),
                Some(other) => Some(other.to_string()),
            };
            sqlx::query(
                "insert into directus_permissions (collection, action, fields, permissions, \
                 validation, presets, policy) values (?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(text(0))
            .bind(text(1))
            .bind(text(2))
            .bind(text(3))
            .bind(text(4))
            .bind(text(5))
            .bind(POLICY)
            .execute(&self.pool)
            .await
            .expect("a permission");
        }
    }

    pub async fn execute(
        &self,
        caller: &Caller,
        operation: &Operation,
    ) -> Result<Outcome, DataError> {
        self.engine.execute(caller, operation).await
    }
}

/// A user of the one policy.
pub fn user() -> Caller {
    caller(false, false)
}

pub fn app_user() -> Caller {
    caller(false, true)
}

pub fn admin() -> Caller {
    caller(true, true)
}

fn caller(admin: bool, app: bool) -> Caller {
    Caller {
        accountability: Accountability {
            user: Some(ME.into()),
            role: Some(ROLE.into()),
            roles: vec![ROLE.into()],
            policies: vec![POLICY.into()],
            admin,
            app,
            ip: Some([192, 0, 2, 7].into()),
        },
        ..Caller::default()
    }
}

/// A caller without user, role or policy.
pub fn anonymous() -> Caller {
    Caller {
        accountability: Accountability { policies: vec![POLICY.into()], ..Default::default() },
        ..Caller::default()
    }
}

pub fn query(value: Value) -> Query {
    Query::from_json(&value).unwrap_or_else(|error| panic!("{value}: {error}"))
}

pub fn read(collection: &str, parameters: Value) -> Operation {
    Operation::ReadItems { collection: collection.into(), keys: None, query: query(parameters) }
}

pub fn read_keys(collection: &str, keys: Value, parameters: Value) -> Operation {
    Operation::ReadItems {
        collection: collection.into(),
        keys: Some(keys.as_array().expect("keys").clone()),
        query: query(parameters),
    }
}

pub fn create(collection: &str, items: Value) -> Operation {
    Operation::CreateItems {
        collection: collection.into(),
        items: objects(items),
        query: Query::default(),
    }
}

pub fn update(collection: &str, keys: Value, payload: Value) -> Operation {
    Operation::UpdateItems {
        collection: collection.into(),
        selection: Selection::Keys(keys.as_array().expect("keys").clone()),
        payload: objects(payload).remove(0),
        query: Query::default(),
    }
}

pub fn update_batch(collection: &str, items: Value) -> Operation {
    Operation::UpdateBatch {
        collection: collection.into(),
        items: objects(items),
        query: Query::default(),
    }
}

pub fn delete(collection: &str, keys: Value) -> Operation {
    Operation::DeleteItems {
        collection: collection.into(),
        selection: Selection::Keys(keys.as_array().expect("keys").clone()),
    }
}

/// The same write, giving back only these fields.
pub fn giving(operation: Operation, names: Value) -> Operation {
    let wanted = query(json!({"fields": names}));
    match operation {
        Operation::CreateItems { collection, items, .. } => {
            Operation::CreateItems { collection, items, query: wanted }
        }
        Operation::UpdateItems { collection, selection, payload, .. } => {
            Operation::UpdateItems { collection, selection, payload, query: wanted }
        }
        Operation::UpdateBatch { collection, items, .. } => {
            Operation::UpdateBatch { collection, items, query: wanted }
        }
        other => other,
    }
}

fn objects(items: Value) -> Vec<Map<String, Value>> {
    match items {
        Value::Array(items) => items.into_iter().flat_map(objects).collect(),
        Value::Object(item) => vec![item],
        other => panic!("{other} is not an item"),
    }
}

/// What a case expects.
#[derive(Debug, Clone)]
pub enum Expect {
    /// This data.
    Data(Value),
    /// This code and message.
    Refusal(&'static str, &'static str),
}

pub fn gives(data: Value) -> Expect {
    Expect::Data(data)
}

pub fn refuses(code: &'static str, message: &'static str) -> Expect {
    Expect::Refusal(code, message)
}

/// A line of a table of cases: who has which permissions, what they do, what they get.
pub struct Case {
    pub name: &'static str,
    pub caller: Caller,
    pub grants: Value,
    pub operation: Operation,
    pub expect: Expect,
}

pub fn case(name: &'static str, grants: Value, operation: Operation, expect: Expect) -> Case {
    Case { name, caller: user(), grants, operation, expect }
}

pub fn case_as(
    caller: Caller,
    name: &'static str,
    grants: Value,
    operation: Operation,
    expect: Expect,
) -> Case {
    Case { name, caller, grants, operation, expect }
}

/// Runs a table, each case in a project of its own; names every case that doesn't hold.
pub async fn hold(cases: Vec<Case>) {
    let mut broken = Vec::new();
    for case in cases {
        let world = World::new().await;
        world.grant(&case.grants).await;
        let got = match world.execute(&case.caller, &case.operation).await {
            Ok(outcome) => Ok(outcome.data),
            Err(error) => Err((error.code().to_owned(), error.to_string())),
        };
        let met = match (&case.expect, &got) {
            (Expect::Data(expected), Ok(data)) => expected == data,
            (Expect::Refusal(code, message), Err((got, text))) => code == got && message == text,
            _ => false,
        };
        if !met {
            broken
                .push(format!("{}\n  expected {:?}\n  got      {:?}", case.name, case.expect, got));
        }
    }
    assert!(broken.is_empty(), "{} cases don't hold:\n{}", broken.len(), broken.join("\n"));
}
