//! Functions on fields: parts of dates and counts.

use crate::schema::{Field, FieldType, Relation};

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Function {
    Year,
    Month,
    Week,
    Day,
    Weekday,
    Hour,
    Minute,
    Second,
    Count,
}

impl Function {
    const ALL: [Self; 9] = [
        Self::Year,
        Self::Month,
        Self::Week,
        Self::Day,
        Self::Weekday,
        Self::Hour,
        Self::Minute,
        Self::Second,
        Self::Count,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::Weekday => "weekday",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Count => "count",
        }
    }

    /// Format for SQLite's `strftime`.
    pub(crate) fn format(self) -> Option<&'static str> {
        match self {
            Self::Year => Some("%Y"),
            Self::Month => Some("%m"),
            Self::Week => Some("%W"),
            Self::Day => Some("%d"),
            Self::Weekday => Some("%w"),
            Self::Hour => Some("%H"),
            Self::Minute => Some("%M"),
            Self::Second => Some("%S"),
            Self::Count => None,
        }
    }

    /// Whether the function can be used on a field.
    pub(crate) fn suits(self, field: &Field) -> bool {
        let dated =
            matches!(field.kind, FieldType::Date | FieldType::DateTime | FieldType::Timestamp);
        let timed =
            matches!(field.kind, FieldType::Time | FieldType::DateTime | FieldType::Timestamp);
        match self {
            Self::Year | Self::Month | Self::Week | Self::Day | Self::Weekday => dated,
            Self::Hour | Self::Minute | Self::Second => timed,
            Self::Count => {
                matches!(field.relation, Some(Relation::OneToMany { .. }))
                    || matches!(field.kind, FieldType::Json | FieldType::Csv)
            }
        }
    }
}

/// A field, perhaps with a function around it: `published_on`, `year(published_on)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct FieldReference {
    pub(crate) field: String,
    pub(crate) function: Option<Function>,
}

impl FieldReference {
    pub(crate) fn plain(field: &str) -> Self {
        Self { field: field.to_owned(), function: None }
    }

    /// Reads one segment of a path. An unknown function gives the reason.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some((name, rest)) = text.split_once('(') else { return Ok(Self::plain(text)) };
        let Some(field) = rest.strip_suffix(')') else {
            return Err(format!("\"{text}\" lacks a closing parenthesis"));
        };
        let Some(function) = Function::ALL.into_iter().find(|function| function.name() == name)
        else {
            let names = Function::ALL.map(Function::name).join(", ");
            return Err(format!("\"{name}()\" is not a function; there are {names}"));
        };
        Ok(Self { field: field.trim().to_owned(), function: Some(function) })
    }

    /// The key under which a result shows it: `published_on_year`.
    pub(crate) fn key(&self) -> String {
        match self.function {
            Some(function) => format!("{}_{}", self.field, function.name()),
            None => self.field.clone(),
        }
    }

    /// Type of what it gives.
    pub(crate) fn kind(&self, field: &Field) -> FieldType {
        if self.function.is_some() { FieldType::Integer } else { field.kind }
    }
}

/// Splits a dotted path, and moves a function from around a path to its end: `year(author.born)`
/// means `author.year(born)`.
pub(crate) fn segments(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = match path.split_once('(') {
        Some((name, rest)) => match (name.rsplit_once('.'), rest.rsplit_once('.')) {
            (None, Some((relations, last))) => {
                let mut parts: Vec<String> = relations.split('.').map(String::from).collect();
                parts.push(format!("{name}({last}"));
                return parts;
            }
            (Some((relations, function)), _) => {
                let mut parts: Vec<String> = relations.split('.').map(String::from).collect();
                parts.push(format!("{function}({rest}"));
                return parts;
            }
            (None, None) => vec![path.to_owned()],
        },
        None => path.split('.').map(String::from).collect(),
    };
    parts.iter_mut().for_each(|part| *part = part.trim().to_owned());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_split_at_dots_and_functions_move_to_the_end() {
        for (path, expected) in [
            ("title", vec!["title"]),
            ("author.name", vec!["author", "name"]),
            ("year(published_on)", vec!["year(published_on)"]),
            ("year(author.born)", vec!["author", "year(born)"]),
            ("author.year(born)", vec!["author", "year(born)"]),
        ] {
            assert_eq!(segments(path), expected, "{path}");
        }
    }

    #[test]
    fn an_unknown_function_is_named() {
        assert_eq!(
            FieldReference::parse("load_extension(x)").expect_err("refused"),
            "\"load_extension()\" is not a function; there are year, month, week, day, weekday, \
             hour, minute, second, count"
        );
        assert!(FieldReference::parse("year(x").is_err());
    }
}
