//! What a case is made of: a matrix of permissions, and an operation of somebody on it.

use palisade_data::{Operation, Query, QueryError, Selection};
use serde_json::{Map, Value};

use crate::model::{self, Kind};

/// A permission of a policy.
#[derive(Debug, Clone)]
pub struct Permission {
    /// Number of the policy.
    pub policy: usize,
    /// Collection.
    pub collection: String,
    /// `create`, `read`, `update` or `delete`.
    pub action: &'static str,
    /// Granted fields; none: null.
    pub fields: Option<Vec<String>>,
    /// Item rule.
    pub rule: Option<Value>,
    /// What payloads must meet.
    pub validation: Option<Value>,
    /// Values below payloads.
    pub presets: Option<Value>,
}

/// Flags of a policy.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Everything is allowed.
    pub admin: bool,
    /// Brings the permissions of the app along.
    pub app: bool,
    /// Networks that it counts for; empty: all.
    pub networks: Vec<&'static str>,
}

/// Who a policy is tied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A role, by number.
    Role(usize),
    /// A user, by number.
    User(usize),
    /// Whoever has no role.
    Public,
}

/// Who may do what.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    /// Parent of each role.
    pub parents: Vec<Option<usize>>,
    /// Role of each user.
    pub roles: Vec<Option<usize>>,
    /// The policies.
    pub policies: Vec<Policy>,
    /// Which policies belong to whom.
    pub access: Vec<(Subject, usize)>,
    /// What the policies open.
    pub permissions: Vec<Permission>,
}

impl Matrix {
    /// Policies that count for a caller, in no particular order.
    pub fn policies_of(&self, caller: Option<usize>) -> Vec<usize> {
        self.counting(caller).map(|(_, policy)| policy).collect()
    }

    /// The ties that count for a caller.
    fn counting(&self, caller: Option<usize>) -> impl Iterator<Item = (Subject, usize)> {
        let mut roles = Vec::new();
        let mut next = caller.and_then(|user| self.roles[user]);
        while let Some(role) = next {
            roles.push(role);
            next = self.parents[role];
        }
        let counts = move |subject: Subject| match subject {
            Subject::Role(role) => roles.contains(&role),
            Subject::User(user) => caller == Some(user),
            Subject::Public => roles.is_empty(),
        };
        let here = move |policy: usize| {
            let networks = &self.policies[policy].networks;
            networks.is_empty() || networks.iter().any(|network| network.starts_with("127."))
        };
        self.access.iter().copied().filter(move |(who, policy)| counts(*who) && here(*policy))
    }

    /// Whether everything is allowed to a caller. Public policies make nobody an administrator.
    pub fn is_administrator(&self, caller: Option<usize>) -> bool {
        self.counting(caller)
            .any(|(subject, policy)| subject != Subject::Public && self.policies[policy].admin)
    }

    /// Whether no permission has a rule, a list of fields, presets or validation.
    pub fn is_of_whole_collections(&self) -> bool {
        self.permissions.iter().all(|one| {
            one.rule.is_none()
                && one.validation.is_none()
                && one.presets.is_none()
                && one.fields.as_deref().is_some_and(|names| names == ["*"])
        })
    }

    /// A caller's permissions for an action on a collection.
    pub fn of(&self, caller: Option<usize>, collection: &str, action: &str) -> Vec<&Permission> {
        let policies = self.policies_of(caller);
        self.permissions
            .iter()
            .filter(|one| {
                policies.contains(&one.policy)
                    && one.collection == collection
                    && one.action == action
            })
            .collect()
    }
}

/// What is done.
#[derive(Debug, Clone)]
pub enum Act {
    /// Reads by query, or by keys.
    Read {
        /// Primary keys.
        keys: Option<Vec<Value>>,
    },
    /// Creates items.
    Create {
        /// Their payloads.
        items: Vec<Map<String, Value>>,
    },
    /// Gives items the same values.
    Update {
        /// Which.
        keys: Keys,
        /// The values.
        payload: Map<String, Value>,
    },
    /// Gives items values of their own.
    UpdateBatch {
        /// The values, each with a key.
        items: Vec<Map<String, Value>>,
    },
    /// Deletes items.
    Delete {
        /// Which.
        keys: Keys,
    },
}

/// Which items a write is for.
#[derive(Debug, Clone)]
pub enum Keys {
    /// By primary key.
    Listed(Vec<Value>),
    /// By query.
    Found(Value),
}

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// Number within its seed.
    pub number: u64,
    /// User by number; none: the public.
    pub caller: Option<usize>,
    /// Collection.
    pub collection: String,
    /// What is done.
    pub act: Act,
    /// The query: all of it for reads, `fields` for writes.
    pub query: Value,
    /// Whether the order of the rows is determined by the query.
    pub ordered: bool,
}

impl Case {
    /// Whether the case changes nothing.
    pub fn is_read(&self) -> bool {
        matches!(self.act, Act::Read { .. })
    }

    /// Whether the payload writes a list of items of a collection that the caller may not read.
    pub fn writes_unreadable_list(&self, matrix: &Matrix) -> bool {
        let payloads: Vec<&Map<String, Value>> = match &self.act {
            Act::Create { items } | Act::UpdateBatch { items } => items.iter().collect(),
            Act::Update { payload, .. } => vec![payload],
            Act::Read { .. } | Act::Delete { .. } => Vec::new(),
        };
        let out_of_reach = |name: &String| {
            let field = model::collection(&self.collection).and_then(|known| known.field(name));
            matches!(
                field.map(|field| field.kind),
                Some(Kind::Many { of, .. }) if matrix.of(self.caller, of, "read").is_empty()
            )
        };
        payloads.into_iter().flat_map(Map::keys).any(out_of_reach)
    }

    /// The operation as the embedded project takes it.
    pub fn operation(&self) -> Result<Operation, QueryError> {
        let collection = self.collection.clone();
        let query = Query::from_json(&self.query)?;
        let selection = |keys: &Keys| {
            Ok(match keys {
                Keys::Listed(keys) => Selection::Keys(keys.clone()),
                Keys::Found(query) => Selection::Query(Query::from_json(query)?),
            })
        };
        Ok(match &self.act {
            Act::Read { keys } => Operation::ReadItems { collection, keys: keys.clone(), query },
            Act::Create { items } => {
                Operation::CreateItems { collection, items: items.clone(), query }
            }
            Act::Update { keys, payload } => Operation::UpdateItems {
                collection,
                selection: selection(keys)?,
                payload: payload.clone(),
                query,
            },
            Act::UpdateBatch { items } => {
                Operation::UpdateBatch { collection, items: items.clone(), query }
            }
            Act::Delete { keys } => {
                Operation::DeleteItems { collection, selection: selection(keys)? }
            }
        })
    }
}
