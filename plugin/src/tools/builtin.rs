//! The built-in tools.

use crate::types::ToolDefinition;

const ITEMS: &str = "Reads, creates, updates or deletes items of a collection, with exactly the \
user's permissions.\n\
- Look up the collection with `schema` first: never guess the names of collections or fields.\n\
- read: give `query` (or `keys`). Name the `fields` you need and keep `limit` small. For totals and \
statistics use `query.aggregate`, with `query.groupBy` where needed, instead of reading items and \
counting them yourself.\n\
- create: give `data`, one object or a list of objects.\n\
- update: give `data` as one object together with `keys` or `query`, or `data` as a list of objects \
that each hold their primary key.\n\
- delete: give `keys`. Deleting can't be undone.\n\
The user may have to approve the call, and may decline it. A FORBIDDEN error means that the user may \
not do this or that it does not exist: say so instead of trying to get around it.";

const SCHEMA: &str = "Describes the project's data model, as far as the user may see it. Without \
`keys`: all collections with a short description each. With `keys`: the fields, types, relations \
and primary keys of these collections. Call it before `items` whenever you don't know a \
collection's fields for certain, and ask for several collections at once.";

const ASK_USER: &str = "Asks the user one question and waits for the answer. Use it when a request \
can be understood in several ways that lead to different changes, or when a needed value is \
missing. Don't use it for permission to run a tool: the user is asked for that anyway.";

/// A built-in tool.
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) input_schema: &'static str,
    /// Whether the client runs it.
    pub(crate) client_side: bool,
}

/// All built-in tools. Providers cache prompts by prefix, so the order stays.
pub(crate) const BUILTINS: [Builtin; 3] = [
    Builtin {
        name: "schema",
        description: SCHEMA,
        input_schema: include_str!("schema.json"),
        client_side: false,
    },
    Builtin {
        name: "items",
        description: ITEMS,
        input_schema: include_str!("items.json"),
        client_side: false,
    },
    Builtin {
        name: "ask_user",
        description: ASK_USER,
        input_schema: include_str!("ask_user.json"),
        client_side: true,
    },
];

/// The definitions of all built-in tools, in a stable order.
pub fn definitions() -> Vec<ToolDefinition> {
    BUILTINS
        .iter()
        .map(|tool| ToolDefinition {
            name: tool.name.into(),
            description: tool.description.into(),
            input_schema: tool.input_schema.into(),
            client_side: tool.client_side,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_schemas_of_objects_in_a_stable_order() {
        let tools = definitions();
        let names: Vec<_> = tools.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(names, ["schema", "items", "ask_user"]);
        for tool in &tools {
            let schema = serde_json::from_str(&tool.input_schema).expect("JSON");
            jsonschema::draft7::meta::validate(&schema).expect("a schema");
            assert_eq!(schema["type"], "object", "{}", tool.name);
            assert!(!tool.input_schema.ends_with('\n') && tool.description.len() > 100);
        }
        assert!(tools.iter().all(|tool| tool.client_side == (tool.name == "ask_user")));
    }
}
