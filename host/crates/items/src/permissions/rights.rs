//! A caller's rights: its permission rows with dynamic values put in and rules parsed.

use std::collections::HashMap;

use palisade_data::Accountability;
use serde_json::{Map, Value};

use super::{
    DynamicValues, PermissionRow, app_access,
    load::{FieldList, preset_object},
};
use crate::{
    filter::{Filter, parse_rule},
    schema::{Collection, SchemaSnapshot},
};

/// Directus's actions on items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Action {
    Create,
    Read,
    Update,
    Delete,
    Share,
}

impl Action {
    pub(crate) const ALL: [Self; 5] =
        [Self::Create, Self::Read, Self::Update, Self::Delete, Self::Share];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Share => "share",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// One permission of the caller.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) fields: FieldList,
    /// Which items; none: every item.
    pub(crate) filter: Option<Filter>,
    /// What a payload must meet.
    pub(crate) validation: Option<Value>,
    pub(crate) presets: Map<String, Value>,
}

/// All rights of a caller.
#[derive(Debug)]
pub(crate) struct Rights {
    admin: bool,
    rules: HashMap<String, HashMap<Action, Vec<Rule>>>,
    unrestricted: Vec<Rule>,
}

/// Rows of the caller's policies with those that come from `app_access`.
pub(crate) fn with_app_access<'a>(
    accountability: &Accountability,
    rows: &'a [PermissionRow],
    extra: &'a mut Vec<PermissionRow>,
) -> impl Iterator<Item = &'a PermissionRow> {
    if accountability.app {
        *extra = app_access::rows();
    }
    rows.iter().chain(extra.iter())
}

impl Rights {
    /// The rights of an administrator: everything that exists.
    pub(crate) fn administrator() -> Self {
        let everything =
            Rule { fields: FieldList::All, filter: None, validation: None, presets: Map::new() };
        Self { admin: true, rules: HashMap::new(), unrestricted: vec![everything] }
    }

    /// The rights that permission rows give.
    pub(crate) fn new(
        schema: &SchemaSnapshot,
        accountability: &Accountability,
        rows: &[PermissionRow],
        values: &DynamicValues,
    ) -> Self {
        if accountability.admin {
            return Self::administrator();
        }
        let mut rules: HashMap<String, HashMap<Action, Vec<Rule>>> = HashMap::new();
        let mut extra = Vec::new();
        for row in with_app_access(accountability, rows, &mut extra) {
            let Some(collection) = schema.collection(&row.collection) else { continue };
            let filter =
                row.rule.as_ref().map(|rule| parse_rule(schema, collection, &values.resolve(rule)));
            let actions = rules.entry(row.collection.clone()).or_default();
            actions.entry(row.action).or_default().push(Rule {
                fields: row.fields.clone(),
                filter,
                validation: row.validation.as_ref().map(|rule| values.resolve(rule)),
                presets: values.resolve_object(&preset_object(row.presets.as_ref())),
            });
        }
        Self { admin: false, rules, unrestricted: Vec::new() }
    }

    /// Whether everything is allowed.
    pub(crate) fn is_administrator(&self) -> bool {
        self.admin
    }

    /// The rules for an action on a collection; none: not allowed at all.
    pub(crate) fn rules(&self, collection: &str, action: Action) -> &[Rule] {
        if self.admin {
            return &self.unrestricted;
        }
        self.rules
            .get(collection)
            .and_then(|actions| actions.get(&action))
            .map_or(&[], Vec::as_slice)
    }

    /// Whether some items of the collection may be acted on.
    pub(crate) fn allows(&self, collection: &str, action: Action) -> bool {
        !self.rules(collection, action).is_empty()
    }

    /// Whether the field exists and some rule grants it.
    pub(crate) fn allows_field(
        &self,
        collection: &Collection,
        field: &str,
        action: Action,
    ) -> bool {
        collection.field(field).is_some()
            && self.rules(&collection.name, action).iter().any(|rule| rule.fields.contains(field))
    }

    /// Whether the field may be compared, sorted, grouped or searched by: readable and not secret.
    pub(crate) fn allows_comparing(&self, collection: &Collection, field: &str) -> bool {
        collection.field(field).is_some_and(|field| !field.secret)
            && self.allows_field(collection, field, Action::Read)
    }
}
