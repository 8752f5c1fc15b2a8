//! The engine: opens a session per operation and hands it to the part that knows.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use async_trait::async_trait;
use palisade_data::{
    Accountability, Caller, DataBackend, DataError, Operation, Outcome, ProjectKind, Query,
};
use palisade_lookup::{Lookups, OptionalExtension};
use serde_json::Value;
use sqlx::{SqliteConnection, SqlitePool};

use crate::{
    describe,
    permissions::{self, DynamicValues, PermissionRow, Rights, Uses, Variable, dotted_variables},
    read::{self, Budget, Planner, Selection},
    rows,
    schema::{self, SchemaSnapshot},
    write,
};

/// Policy sets whose permissions are kept at most; then the cache starts over.
const KEPT_POLICY_SETS: usize = 256;

/// Items of a project, with Directus's permissions.
///
/// Cheap to clone; clones share their caches, which notice changes to the structure or to
/// permissions by anybody, other processes included.
#[derive(Debug, Clone)]
pub struct Engine {
    pool: SqlitePool,
    lookups: Lookups,
    cache: Arc<RwLock<Cache>>,
}

/// What was loaded at one generation of the database.
#[derive(Debug, Default)]
struct Cache {
    generation: Option<(i64, i64)>,
    schema: Arc<SchemaSnapshot>,
    permissions: HashMap<Vec<String>, Arc<Vec<PermissionRow>>>,
}

/// One operation's view: structure, rights and dynamic values of one caller at one moment.
pub(crate) struct Session<'a> {
    pub(crate) schema: Arc<SchemaSnapshot>,
    pub(crate) rights: Rights,
    pub(crate) caller: &'a Accountability,
    pub(crate) values: DynamicValues,
}

impl Engine {
    /// An engine over a database with the system tables, and look-ups in the same.
    pub fn new(pool: SqlitePool, lookups: Lookups) -> Self {
        Self { pool, lookups, cache: Arc::default() }
    }

    /// The project's structure at this moment.
    pub async fn schema(&self) -> Result<Arc<SchemaSnapshot>, DataError> {
        let mut connection = self.pool.acquire().await.map_err(DataError::internal)?;
        Ok(self.current(&mut connection, &[]).await?.0)
    }

    /// The caller's merged permissions in the shape of Directus's `GET /permissions/me`:
    /// `{collection: {action: {access: "full"|"partial"|"none", fields?, presets?, full_access?}}}`.
    /// Collections without any permission are left out.
    pub async fn permissions_of(&self, caller: &Caller) -> Result<Value, DataError> {
        let mut connection = self.pool.acquire().await.map_err(DataError::internal)?;
        let policies = &caller.accountability.policies;
        let (schema, rows) = self.current(&mut connection, policies).await?;
        Ok(permissions::overview(&schema, &caller.accountability, &rows))
    }

    /// Structure and permission rows, from the cache where nothing changed.
    async fn current(
        &self,
        connection: &mut SqliteConnection,
        policies: &[String],
    ) -> Result<(Arc<SchemaSnapshot>, Arc<Vec<PermissionRow>>), DataError> {
        let generation = generation(connection).await?;
        {
            let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
            if cache.generation == Some(generation)
                && let Some(rows) = cache.permissions.get(policies)
            {
                return Ok((Arc::clone(&cache.schema), Arc::clone(rows)));
            }
        }
        let known = {
            let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
            (cache.generation == Some(generation)).then(|| Arc::clone(&cache.schema))
        };
        let schema = match known {
            Some(schema) => schema,
            None => Arc::new(schema::load(connection).await?),
        };
        let rows = Arc::new(permissions::load(connection, policies).await?);
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        if cache.generation != Some(generation) {
            *cache = Cache {
                generation: Some(generation),
                schema: Arc::clone(&schema),
                permissions: HashMap::new(),
            };
        }
        if cache.permissions.len() >= KEPT_POLICY_SETS {
            cache.permissions.clear();
        }
        cache.permissions.insert(policies.to_vec(), Arc::clone(&rows));
        Ok((schema, rows))
    }

    async fn session<'a>(
        &self,
        connection: &mut SqliteConnection,
        caller: &'a Accountability,
    ) -> Result<Session<'a>, DataError> {
        let (schema, rows) = self.current(connection, &caller.policies).await?;
        let administrator = Session {
            schema: Arc::clone(&schema),
            rights: Rights::administrator(),
            caller,
            values: DynamicValues::new(caller),
        };
        let mut dotted = BTreeSet::new();
        for row in rows.iter() {
            for value in [&row.rule, &row.validation, &row.presets].into_iter().flatten() {
                dotted_variables(value, &mut dotted);
            }
        }
        // The administrator wrote these rules, so they see the caller's rows as they are. A path that
        // leads nowhere is left alone: its rule then matches nothing.
        let mut values = administrator.values.clone();
        for (variable, path) in dotted {
            if let Err(error) = administrator.lookup(connection, &mut values, variable, &path).await
            {
                tracing::warn!(path, %error, "a permission uses a dynamic value that can't be read");
            }
        }
        let rights = Rights::new(&schema, caller, &rows, &values);
        Ok(Session { schema, rights, caller, values })
    }
}

impl Session<'_> {
    /// The query with dynamic values put in. Dotted ones are for permissions alone, as in Directus.
    pub(crate) fn with_dynamic_values(&self, query: &Query) -> Result<Query, DataError> {
        let mut dotted = BTreeSet::new();
        let deep = Value::Object(query.deep.clone());
        for value in query.filter.iter().chain([&deep]) {
            dotted_variables(value, &mut dotted);
        }
        if !dotted.is_empty() {
            return Err(DataError::InvalidQuery(
                "Dynamic values with a path are for permissions alone".into(),
            ));
        }
        // As in Directus, roles are a list only for who has some.
        if self.caller.roles.is_empty() && query.filter.iter().chain([&deep]).any(mentions_roles) {
            return Err(DataError::InvalidQuery(
                "\"$CURRENT_ROLES\" has to be an array of values".into(),
            ));
        }
        let mut query = query.clone();
        query.filter = query.filter.map(|filter| self.values.resolve(&filter));
        query.deep = self.values.resolve_object(&query.deep);
        Ok(query)
    }

    /// Reads what a dotted dynamic value stands for, by this session's rights.
    async fn lookup(
        &self,
        connection: &mut SqliteConnection,
        values: &mut DynamicValues,
        variable: Variable,
        path: &str,
    ) -> Result<(), DataError> {
        let Some(collection) = self.schema.collection(variable.collection()) else {
            return Ok(());
        };
        let mut uses = Uses::default();
        if !uses.collection(&self.rights, &collection.name, "root") {
            return uses.verdict();
        }
        let query = Query { fields: vec![path.to_owned()], ..Query::default() };
        let node = Planner::new(self, &mut uses).root(collection, &query)?;
        uses.verdict()?;
        let selection = Selection::Keys(values.keys(variable).iter().map(read::bound).collect());
        let mut budget = Budget::default();
        let rows = read::fetch(connection, self, &node, &selection, &mut budget).await?;
        values.remember(variable, path.to_owned(), &rows.into_values());
        Ok(())
    }
}

fn mentions_roles(value: &Value) -> bool {
    match value {
        Value::String(text) => text == "$CURRENT_ROLES",
        Value::Array(values) => values.iter().any(mentions_roles),
        Value::Object(map) => map.values().any(mentions_roles),
        _ => false,
    }
}

/// Moves with each change to the structure or to permissions, whoever made it.
async fn generation(connection: &mut SqliteConnection) -> Result<(i64, i64), DataError> {
    let row = sqlx::query(
        "select s.schema_version, g.value from pragma_schema_version s, palisade_generation g",
    )
    .fetch_one(connection)
    .await
    .map_err(DataError::internal)?;
    Ok((rows::number(&row, 0)?.unwrap_or(0), rows::number(&row, 1)?.unwrap_or(0)))
}

#[async_trait]
impl DataBackend for Engine {
    async fn execute(&self, caller: &Caller, operation: &Operation) -> Result<Outcome, DataError> {
        // A write takes the lock before it reads, so that what it checks is what it changes.
        let begin = if operation.is_read_only() { "BEGIN" } else { "BEGIN IMMEDIATE" };
        let mut transaction = self.pool.begin_with(begin).await.map_err(busy)?;
        let connection = &mut *transaction;
        let session = self.session(connection, &caller.accountability).await?;
        let outcome = match operation {
            Operation::Schema { collections } => {
                describe::describe(&session, collections.as_deref())
            }
            Operation::ReadItems { collection, keys, query } => {
                read::read_items(connection, &session, collection, keys.as_deref(), query).await
            }
            Operation::ImportFiles { .. }
            | Operation::ReadAsset { .. }
            | Operation::TriggerFlow(_)
            | Operation::Structure(_) => {
                Err(DataError::Forbidden("You don't have permission to access this.".into()))
            }
            _ => write::execute(connection, &session, operation).await,
        };
        match outcome {
            Ok(outcome) => {
                transaction.commit().await.map_err(busy)?;
                Ok(outcome)
            }
            Err(error) => {
                transaction.rollback().await.map_err(DataError::internal)?;
                Err(error)
            }
        }
    }

    fn kind(&self) -> ProjectKind {
        ProjectKind::Embedded
    }

    async fn project_name(&self) -> Result<String, DataError> {
        const STATEMENT: &str = "select project_name from directus_settings order by id limit 1";
        let name: Option<Option<String>> = self
            .lookups
            .ask(|connection| {
                connection.prepare_cached(STATEMENT)?.query_row([], |row| row.get(0)).optional()
            })
            .await
            .map_err(DataError::internal)?;
        Ok(name.flatten().filter(|name| !name.is_empty()).unwrap_or_else(|| "Palisade".to_owned()))
    }
}

/// Errors of beginning and ending a transaction: a database that is locked for too long is
/// unavailable, not broken.
fn busy(error: sqlx::Error) -> DataError {
    match &error {
        // A deferred foreign key is only checked at the end.
        sqlx::Error::Database(cause) if cause.message().contains("FOREIGN KEY") => {
            DataError::InvalidForeignKey { collection: String::new(), field: String::new() }
        }
        sqlx::Error::Database(cause) if cause.message().contains("database is locked") => {
            DataError::ServiceUnavailable {
                service: "database".into(),
                reason: "It is busy with other writes; try again".into(),
            }
        }
        _ => DataError::internal(error),
    }
}
