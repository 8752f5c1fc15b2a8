//! Names of collections and fields. SQL text is built from nothing but these and constants.

use crate::ProjectError;

/// Longest name, in bytes.
pub(crate) const LONGEST_NAME: usize = 63;

/// Prefixes of tables that aren't collections, in any case of letters.
const RESERVED_PREFIXES: [&str; 3] = ["directus_", "palisade_", "sqlite_"];

/// SQLite's own names for the row number: a column of that name would hide it.
pub(crate) const RESERVED_FIELDS: [&str; 3] = ["rowid", "oid", "_rowid_"];

/// A name that is safe in SQL: ASCII letters, digits and underscores, no digit in front.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Identifier(String);

impl Identifier {
    /// Checks a collection's name.
    pub(crate) fn collection(name: &str) -> Result<Self, ProjectError> {
        let refused = |reason| Err(invalid("collection", name, reason));
        if let Err(reason) = check(name) {
            return refused(reason);
        }
        let lower = name.to_ascii_lowercase();
        if RESERVED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) {
            return refused("names with directus_, palisade_ or sqlite_ in front are reserved");
        }
        Ok(Self(name.to_owned()))
    }

    /// Checks a field's name.
    pub(crate) fn field(name: &str) -> Result<Self, ProjectError> {
        if let Err(reason) = check(name) {
            return Err(invalid("field", name, reason));
        }
        if RESERVED_FIELDS.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(invalid("field", name, "the database reserves it"));
        }
        Ok(Self(name.to_owned()))
    }

    /// The bare name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in SQL's double quotes.
    pub(crate) fn quoted(&self) -> String {
        format!("\"{}\"", self.0)
    }
}

fn invalid(what: &'static str, name: &str, reason: &'static str) -> ProjectError {
    // A hostile name may be long or hold terminal control characters.
    let name =
        name.chars().filter(|character| !character.is_control()).take(LONGEST_NAME).collect();
    ProjectError::InvalidName { what, name, reason }
}

fn check(name: &str) -> Result<(), &'static str> {
    let mut bytes = name.bytes();
    match bytes.next() {
        None => return Err("it is empty"),
        Some(first) if first.is_ascii_alphabetic() || first == b'_' => {}
        Some(_) => return Err("it has to begin with an ASCII letter or an underscore"),
    }
    if name.len() > LONGEST_NAME {
        return Err("it is longer than 63 characters");
    }
    if bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        Ok(())
    } else {
        Err("only ASCII letters, digits and underscores are allowed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_are_taken_as_they_are() {
        for name in ["articles", "_drafts", "Articles2", "a"] {
            assert_eq!(Identifier::collection(name).expect("valid").as_str(), name);
        }
        assert_eq!(Identifier::field("title").expect("valid").quoted(), "\"title\"");
    }

    #[test]
    fn hostile_names_are_refused() {
        let long = "x".repeat(64);
        for name in [
            "",
            "1st",
            "a-b",
            "a b",
            "a\"b",
            "a\0b",
            "a;drop table directus_users",
            "名前",
            "directus_users",
            "Directus_Users",
            "palisade_keys",
            "SQLITE_master",
            long.as_str(),
        ] {
            assert!(Identifier::collection(name).is_err(), "{name}");
        }
        for name in ["rowid", "OID", "_rowid_", "a.b", "$x", long.as_str()] {
            assert!(Identifier::field(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_refusal_shows_no_control_characters() {
        let error = Identifier::collection("a\u{1b}[31m\n").expect_err("refused").to_string();
        assert!(!error.contains('\u{1b}') && !error.contains('\n'), "{error:?}");
    }
}
