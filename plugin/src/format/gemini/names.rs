//! Names of tools. Gemini's begin with a letter or an underscore; ours may begin with a digit or a
//! dash, and then get an underscore in front that is taken off again.
//!
//! So that both ways are exact, names that already look so get one more.

use std::borrow::Cow;

fn needs_underscore(name: &str) -> bool {
    let rest = name.trim_start_matches('_');
    rest.starts_with(|first: char| first.is_ascii_digit() || first == '-')
}

/// A tool's name as Gemini takes it.
pub(super) fn to_wire(name: &str) -> Cow<'_, str> {
    if needs_underscore(name) { format!("_{name}").into() } else { name.into() }
}

/// The tool's name that [`to_wire`] made a name of.
pub(super) fn from_wire(name: &str) -> &str {
    if needs_underscore(name) { name.strip_prefix('_').unwrap_or(name) } else { name }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn usual_names_stay() {
        for name in ["items", "ask_user", "_private", "set-form_1", "_", "unknown"] {
            assert_eq!((&*to_wire(name), from_wire(name)), (name, name));
        }
        for (name, wire) in [("2fa", "_2fa"), ("-x", "_-x"), ("_2fa", "__2fa")] {
            assert_eq!((&*to_wire(name), from_wire(wire)), (wire, name));
        }
        assert_eq!(from_wire("2fa"), "2fa", "a model may leave it out");
    }

    proptest! {
        #[test]
        fn every_name_fits_and_comes_back(name in "[A-Za-z0-9_-]{1,64}") {
            let wire = to_wire(&name);
            prop_assert!(wire.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic()));
            prop_assert_eq!(from_wire(&wire), name.as_str());
        }
    }
}
