//! Names of fields for the columns of a file.

use crate::identifier::{LONGEST_NAME, RESERVED_FIELDS};

/// A field's name for a column: lower-case ASCII letters, digits and single underscores. Never
/// reserved, and not `taken`.
pub(super) fn field_name(column: &str, taken: impl Fn(&str) -> bool) -> String {
    // Room for a number at the end.
    const ROOM: usize = 5;
    let mut name = String::new();
    for character in column.chars() {
        if name.len() >= LONGEST_NAME - ROOM {
            break;
        }
        if character.is_ascii_alphanumeric() {
            name.push(character.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let trimmed = name.trim_end_matches('_').len();
    name.truncate(trimmed);
    if name.is_empty() {
        name.push_str("field");
    }
    if name.starts_with(|first: char| first.is_ascii_digit())
        || RESERVED_FIELDS.contains(&name.as_str())
    {
        name.insert_str(0, "f_");
        name.truncate(LONGEST_NAME - ROOM);
    }
    if !taken(&name) {
        return name;
    }
    // One more candidate than there may be columns: one of them is free.
    (2..=super::MAXIMUM_COLUMNS + 2)
        .map(|number| format!("{name}_{number}"))
        .find(|candidate| !taken(candidate))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::identifier::Identifier;

    proptest! {
        #[test]
        fn every_column_gets_a_name_that_is_one(column in ".*", other in ".*") {
            let name = field_name(&column, |_| false);
            prop_assert!(Identifier::field(&name).is_ok(), "{name}");
            let second = field_name(&other, |taken| taken == name);
            prop_assert!(Identifier::field(&second).is_ok(), "{second}");
            prop_assert_ne!(second, name);
        }
    }

    #[test]
    fn columns_get_plain_names() {
        for (column, expected) in [
            ("alpha_2", "alpha_2"),
            ("Country Name (EN)", "country_name_en"),
            ("  % of GDP  ", "of_gdp"),
            ("2024", "f_2024"),
            ("rowid", "f_rowid"),
            ("名前", "field"),
            ("", "field"),
            ("x\"); drop table directus_users; --", "x_drop_table_directus_users"),
            ("__proto__", "proto"),
        ] {
            assert_eq!(field_name(column, |_| false), expected, "{column}");
        }
        assert!(field_name(&"long ".repeat(40), |_| true).len() <= LONGEST_NAME);
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let taken = |name: &str| ["name", "name_2"].contains(&name);
        assert_eq!(field_name("Name!", taken), "name_3");
    }
}
