//! Names of components and tools.

use palisade_policy::{BuiltInTool, REGISTRY};
use thiserror::Error;

/// Characters of a component's name. With two underscores and a tool's 32 a full name has the 64 that
/// providers take.
const NAME_BYTES: usize = 30;

/// Stands between component and tool. No built-in tool has it in its name.
const SEPARATOR: &str = "__";

/// A name that no component may have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// Not of the right form.
    #[error(
        "\"{0}\" can't be the name of a component: it is a lower-case letter and up to 29 of a-z, \
         0-9 and \"-\""
    )]
    Form(String),
    /// People could take it for one of the assistant's own tools.
    #[error(
        "\"{name}\" can't be the name of a component: it looks like the assistant's own \"{like}\""
    )]
    Imitates {
        /// The name.
        name: String,
        /// What it looks like.
        like: String,
    },
}

/// Checks the name of a component. Its tools are named by it, so one that reads like a built-in tool
/// would mislead whoever approves a call.
///
/// Errors: [`NameError`].
pub fn check_component_name(name: &str) -> Result<(), NameError> {
    let shown = || name.chars().filter(|it| !it.is_control()).take(64).collect::<String>();
    let is_formed = name.len() <= NAME_BYTES
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.ends_with('-')
        && !name.contains("--");
    if !is_formed {
        return Err(NameError::Form(shown()));
    }
    let own = BuiltInTool::ALL.into_iter().map(BuiltInTool::name);
    let own = own.chain(REGISTRY).chain(["ask_user", "palisade", "directus"]);
    let mut own = own.filter(|own| skeleton(own) == skeleton(name));
    match own.next() {
        Some(like) => Err(NameError::Imitates { name: name.to_owned(), like: like.to_owned() }),
        None => Ok(()),
    }
}

/// What is left of a name when what reads alike is made equal: digits that look like letters,
/// separators, a plural's `s`, and letters that look like two others.
fn skeleton(name: &str) -> String {
    let plain: String = name
        .chars()
        .filter(|character| !matches!(character, '-' | '_'))
        .map(|character| match character {
            '0' => 'o',
            '1' | 'l' => 'i',
            '3' => 'e',
            '5' => 's',
            other => other,
        })
        .collect();
    let plain = plain.replace("rn", "m").replace("vv", "w");
    plain.strip_suffix('s').map_or(plain.clone(), str::to_owned)
}

/// The name under which the model knows a tool of a component.
pub fn full_name(component: &str, tool: &str) -> String {
    format!("{component}{SEPARATOR}{tool}")
}

/// Component and tool of a full name. None: it is no name of a component's tool.
pub fn split_full_name(name: &str) -> Option<(&str, &str)> {
    name.split_once(SEPARATOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for name in ["readability", "csv-report", "a", "a1", &"a".repeat(30)] {
            assert_eq!(check_component_name(name), Ok(()), "{name}");
        }
        for name in ["", "A", "1a", "a_b", "a--b", "a-", "a b", "ä", "а", "../x", &"a".repeat(31)]
        {
            assert!(matches!(check_component_name(name), Err(NameError::Form(_))), "{name}");
        }
    }

    #[test]
    fn names_that_read_like_built_in_tools_are_refused() {
        for name in [
            "items",
            "item",
            "i-tems",
            "iterns",
            "schema",
            "schemas",
            "f1les",
            "fi1es",
            "trigger-flow",
            "triggerflow",
            "search",
            "execute",
            "ask-user",
            "palisade",
            "re1ations",
        ] {
            assert!(
                matches!(check_component_name(name), Err(NameError::Imitates { .. })),
                "{name}"
            );
        }
    }

    #[test]
    fn full_names_never_meet_a_built_in_tool() {
        assert_eq!(split_full_name(&full_name("items-2", "read")), Some(("items-2", "read")));
        for tool in BuiltInTool::ALL {
            assert_eq!(split_full_name(tool.name()), None);
        }
    }
}
