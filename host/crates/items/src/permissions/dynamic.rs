//! Dynamic values: `$CURRENT_USER`, `$CURRENT_ROLE`, `$CURRENT_ROLES`, `$CURRENT_POLICIES`, each
//! also with a dotted path, and `$NOW` with an optional offset.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, tz::TimeZone};
use palisade_data::Accountability;
use serde_json::{Map, Value};

/// A dynamic value that stands for rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Variable {
    User,
    Role,
    Roles,
    Policies,
}

impl Variable {
    const ALL: [(&'static str, Self); 4] = [
        ("$CURRENT_USER", Self::User),
        ("$CURRENT_ROLES", Self::Roles),
        ("$CURRENT_ROLE", Self::Role),
        ("$CURRENT_POLICIES", Self::Policies),
    ];

    /// The collection that holds the rows.
    pub(crate) fn collection(self) -> &'static str {
        match self {
            Self::User => "directus_users",
            Self::Role | Self::Roles => "directus_roles",
            Self::Policies => "directus_policies",
        }
    }

    fn is_list(self) -> bool {
        matches!(self, Self::Roles | Self::Policies)
    }

    /// Reads `$CURRENT_USER` or `$CURRENT_USER.path`.
    fn parse(text: &str) -> Option<(Self, Option<&str>)> {
        for (name, variable) in Self::ALL {
            match text.strip_prefix(name) {
                Some("") => return Some((variable, None)),
                Some(rest) => {
                    if let Some(path) = rest.strip_prefix('.') {
                        return Some((variable, Some(path)));
                    }
                }
                None => {}
            }
        }
        None
    }
}

/// The dotted variables that a value uses, which have to be read before they can be put in.
pub(crate) fn dotted_variables(value: &Value, found: &mut BTreeSet<(Variable, String)>) {
    match value {
        Value::String(text) => {
            if let Some((variable, Some(path))) = Variable::parse(text) {
                found.insert((variable, path.to_owned()));
            }
        }
        Value::Array(values) => values.iter().for_each(|value| dotted_variables(value, found)),
        Value::Object(map) => map.values().for_each(|value| dotted_variables(value, found)),
        _ => {}
    }
}

/// What the dynamic values stand for, for one caller at one moment.
#[derive(Debug, Clone)]
pub(crate) struct DynamicValues {
    user: Value,
    role: Value,
    roles: Vec<Value>,
    policies: Vec<Value>,
    now: Timestamp,
    paths: BTreeMap<(Variable, String), Value>,
}

impl DynamicValues {
    pub(crate) fn new(accountability: &Accountability) -> Self {
        let list = |ids: &[String]| ids.iter().map(|id| Value::from(id.as_str())).collect();
        Self {
            user: accountability.user.clone().into(),
            role: accountability.role.clone().into(),
            roles: list(&accountability.roles),
            policies: list(&accountability.policies),
            now: Timestamp::now(),
            paths: BTreeMap::new(),
        }
    }

    /// The moment that `$NOW` stands for.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Primary keys of the rows that a variable stands for.
    pub(crate) fn keys(&self, variable: Variable) -> Vec<Value> {
        let single = |value: &Value| if value.is_null() { vec![] } else { vec![value.clone()] };
        match variable {
            Variable::User => single(&self.user),
            Variable::Role => single(&self.role),
            Variable::Roles => self.roles.clone(),
            Variable::Policies => self.policies.clone(),
        }
    }

    /// Remembers what a dotted variable stands for, given the rows it was read from.
    pub(crate) fn remember(&mut self, variable: Variable, path: String, rows: &[Value]) {
        let mut values = Vec::new();
        for row in rows {
            collect(row, path.split('.'), &mut values);
        }
        // A list of nothing isn't one, as in Directus: neither being in it nor not being is met.
        let value = if (variable.is_list() && !values.is_empty()) || values.len() > 1 {
            Value::Array(values)
        } else {
            values.pop().unwrap_or(Value::Null)
        };
        self.paths.insert((variable, path), value);
    }

    /// The value with all variables put in. In a list, a variable that stands for several values
    /// gives all of them.
    pub(crate) fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.resolve_text(text),
            Value::Array(values) => {
                let mut resolved = Vec::with_capacity(values.len());
                for value in values {
                    match (value.is_array(), self.resolve(value)) {
                        (false, Value::Array(several)) => resolved.extend(several),
                        (_, single) => resolved.push(single),
                    }
                }
                Value::Array(resolved)
            }
            Value::Object(map) => Value::Object(self.resolve_object(map)),
            other => other.clone(),
        }
    }

    /// [`Self::resolve`] for an object.
    pub(crate) fn resolve_object(&self, map: &Map<String, Value>) -> Map<String, Value> {
        map.iter().map(|(key, value)| (key.clone(), self.resolve(value))).collect()
    }

    fn resolve_text(&self, text: &str) -> Value {
        if let Some(moment) = self.moment(text) {
            return moment.into();
        }
        match Variable::parse(text) {
            Some((Variable::User, None)) => self.user.clone(),
            Some((Variable::Role, None)) => self.role.clone(),
            Some((Variable::Roles, None)) => self.roles.clone().into(),
            Some((Variable::Policies, None)) => self.policies.clone().into(),
            Some((variable, Some(path))) => {
                // What wasn't read stays as it is written, and so equals nothing.
                let known = self.paths.get(&(variable, path.to_owned()));
                known.cloned().unwrap_or_else(|| text.into())
            }
            None => text.into(),
        }
    }

    /// `$NOW`, `$NOW(-1 day)`: as RFC 3339. An offset that can't be read is no dynamic value.
    fn moment(&self, text: &str) -> Option<String> {
        let rest = text.strip_prefix("$NOW")?;
        let moment = if rest.is_empty() {
            self.now
        } else {
            shift(self.now, rest.strip_prefix('(')?.strip_suffix(')')?)?
        };
        Some(moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
    }
}

fn collect<'a>(
    value: &Value,
    mut path: impl Iterator<Item = &'a str> + Clone,
    into: &mut Vec<Value>,
) {
    match value {
        Value::Array(values) => {
            values.iter().for_each(|value| collect(value, path.clone(), into));
        }
        _ => match path.next() {
            Some(name) => {
                if let Some(inner) = value.get(name) {
                    collect(inner, path, into);
                }
            }
            None if value.is_null() => {}
            None => into.push(value.clone()),
        },
    }
}

/// Moves a moment by an offset like `-1 day`, `+2 hours` or `-1y 6mo`.
fn shift(now: Timestamp, offset: &str) -> Option<Timestamp> {
    let offset = offset.trim();
    let (negative, amount) = match offset.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, offset.strip_prefix('+').unwrap_or(offset)),
    };
    let split = amount.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = amount.split_at(split);
    let number: i64 = number.parse().ok()?;
    let number = if negative { -number } else { number };
    let span = jiff::Span::new();
    let unit = unit.trim().to_ascii_lowercase();
    let span = match unit.strip_suffix('s').filter(|unit| !unit.is_empty()).unwrap_or(&unit) {
        "y" | "year" | "yr" => span.try_years(number),
        "mo" | "month" => span.try_months(number),
        "w" | "week" => span.try_weeks(number),
        "d" | "day" => span.try_days(number),
        "h" | "hour" | "hr" => span.try_hours(number),
        "m" | "min" | "minute" => span.try_minutes(number),
        "s" | "sec" | "second" => span.try_seconds(number),
        _ => return None,
    }
    .ok()?;
    Some(now.to_zoned(TimeZone::UTC).checked_add(span).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values() -> DynamicValues {
        let mut values = DynamicValues::new(&Accountability {
            user: Some("u".into()),
            role: Some("r".into()),
            roles: vec!["r".into(), "p".into()],
            ..Accountability::default()
        });
        values.now = "2024-02-29T12:00:00Z".parse().expect("a timestamp");
        values.remember(Variable::User, "role.name".into(), &[json!({"role": {"name": "Editor"}})]);
        values.remember(
            Variable::Roles,
            "name".into(),
            &[json!({"name": "A"}), json!({"name": "B"})],
        );
        values
    }

    #[test]
    fn variables_stand_for_the_caller() {
        for (given, expected) in [
            (json!("$CURRENT_USER"), json!("u")),
            (json!({"_in": "$CURRENT_ROLES"}), json!({"_in": ["r", "p"]})),
            (json!(["$CURRENT_ROLES", "x"]), json!(["r", "p", "x"])),
            (json!("$CURRENT_USER.role.name"), json!("Editor")),
            (json!("$CURRENT_ROLES.name"), json!(["A", "B"])),
            (json!("$CURRENT_USER.unknown"), json!("$CURRENT_USER.unknown")),
            (json!("$CURRENT_USERS"), json!("$CURRENT_USERS")),
            (json!("$NOW"), json!("2024-02-29T12:00:00.000Z")),
            (json!("$NOW(-1 year)"), json!("2023-02-28T12:00:00.000Z")),
            (json!("$NOW(+2 hours)"), json!("2024-02-29T14:00:00.000Z")),
            (json!("$NOW(soon)"), json!("$NOW(soon)")),
        ] {
            assert_eq!(values().resolve(&given), expected, "{given}");
        }
    }

    #[test]
    fn an_absurd_offset_is_no_dynamic_value() {
        let text = json!("$NOW(-99999999999 year)");
        assert_eq!(values().resolve(&text), text);
    }
}
