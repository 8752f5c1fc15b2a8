//! How a component describes its tools, checked once when it is loaded.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{ToolLoadError, bindings::exports::palisade::tool::tools as wit};
use crate::text::cut;

const TOOLS: usize = 16;
const NAME_BYTES: usize = 32;
const TITLE_BYTES: usize = 80;
const DESCRIPTION_BYTES: usize = 2 << 10;
const INSTRUCTION_BYTES: usize = 8 << 10;
const SCHEMA_BYTES: usize = 32 << 10;
const EXAMPLES: usize = 8;
const EXAMPLE_TITLE_BYTES: usize = 200;

/// What a tool says that its calls do to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolAnnotations {
    /// No call changes anything.
    pub read_only: bool,
    /// A call may overwrite or remove what was there.
    pub destructive: bool,
    /// The same call again changes nothing more.
    pub idempotent: bool,
    /// A call reaches beyond the project.
    pub open_world: bool,
}

/// A call that shows how a tool is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolExample {
    /// What it is for.
    pub title: String,
    /// The arguments.
    pub arguments: Map<String, Value>,
}

/// One tool of a component, as the component describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolDescription {
    /// Name within the component, `[a-z][a-z0-9_]{0,31}`.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// What it does.
    pub description: String,
    /// How to use it, for the model.
    pub instructions: Option<String>,
    /// JSON Schema of the arguments.
    pub input_schema: Map<String, Value>,
    /// JSON Schema of the answer's JSON.
    pub output_schema: Option<Map<String, Value>>,
    /// Calls that show how it is meant.
    pub examples: Vec<ToolExample>,
    /// What its calls do.
    pub annotations: ToolAnnotations,
}

/// Checks all descriptions of a component.
pub(super) fn check(tools: Vec<wit::Tool>) -> Result<Vec<ToolDescription>, ToolLoadError> {
    let wrong = |tool: &str, reason: String| ToolLoadError::Description {
        tool: cut(tool, NAME_BYTES).to_owned(),
        reason,
    };
    if tools.is_empty() || tools.len() > TOOLS {
        return Err(wrong("", format!("a component has 1 to {TOOLS} tools")));
    }
    let mut checked: Vec<ToolDescription> = Vec::with_capacity(tools.len());
    for tool in tools {
        let name = tool.name.clone();
        let tool = check_one(tool).map_err(|reason| wrong(&name, reason))?;
        if checked.iter().any(|other| other.name == tool.name) {
            return Err(wrong(&name, "there is another one of this name".into()));
        }
        checked.push(tool);
    }
    Ok(checked)
}

fn check_one(tool: wit::Tool) -> Result<ToolDescription, String> {
    if !is_name(&tool.name) {
        return Err(format!(
            "a name is a lower-case letter and up to {} of a-z, 0-9 and _",
            NAME_BYTES - 1
        ));
    }
    if tool.name.contains("__") {
        return Err("two underscores stand between component and tool alone".into());
    }
    if tool.examples.len() > EXAMPLES {
        return Err(format!("there are more than {EXAMPLES} examples"));
    }
    let annotations = tool.annotations;
    Ok(ToolDescription {
        title: text("the title", tool.title, TITLE_BYTES)?,
        description: text("the description", tool.description, DESCRIPTION_BYTES)?,
        instructions: tool
            .instructions
            .map(|it| text("the instructions", it, INSTRUCTION_BYTES))
            .transpose()?,
        input_schema: schema("the input schema", &tool.input_schema)?,
        output_schema: tool
            .output_schema
            .map(|it| any_schema("the output schema", &it))
            .transpose()?,
        examples: tool.examples.into_iter().map(example).collect::<Result<_, _>>()?,
        annotations: ToolAnnotations {
            read_only: annotations.read_only,
            destructive: annotations.destructive,
            idempotent: annotations.idempotent,
            open_world: annotations.open_world,
        },
        name: tool.name,
    })
}

/// Whether a text can be the name of a tool.
fn is_name(name: &str) -> bool {
    name.len() <= NAME_BYTES
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Text that people read before they grant: nothing in it may hide or rearrange what they see.
fn text(what: &str, text: String, bytes: usize) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err(format!("{what} is empty"));
    }
    if text.len() > bytes {
        return Err(format!("{what} is longer than {bytes} bytes"));
    }
    if text.chars().any(|character| crate::text::hides(character) && character != '\n') {
        return Err(format!("{what} has control or direction characters"));
    }
    Ok(text)
}

fn schema(what: &str, text: &str) -> Result<Map<String, Value>, String> {
    let schema = any_schema(what, text)?;
    match schema.get("type") {
        Some(Value::String(kind)) if kind == "object" => Ok(schema),
        _ => Err(format!("{what} has to be of type \"object\"")),
    }
}

fn any_schema(what: &str, text: &str) -> Result<Map<String, Value>, String> {
    if text.len() > SCHEMA_BYTES {
        return Err(format!("{what} is longer than {SCHEMA_BYTES} bytes"));
    }
    serde_json::from_str(text).map_err(|error| format!("{what} isn't a JSON object: {error}"))
}

fn example(example: wit::Example) -> Result<ToolExample, String> {
    Ok(ToolExample {
        title: text("the title of an example", example.title, EXAMPLE_TITLE_BYTES)?,
        arguments: any_schema("the arguments of an example", &example.arguments)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str) -> wit::Tool {
        wit::Tool {
            name: name.into(),
            title: "Title".into(),
            description: "Does something.".into(),
            instructions: None,
            input_schema: r#"{"type":"object"}"#.into(),
            output_schema: None,
            examples: vec![],
            annotations: wit::Annotations {
                read_only: true,
                destructive: false,
                idempotent: true,
                open_world: false,
            },
        }
    }

    fn refused(tool: wit::Tool) -> String {
        check(vec![tool]).expect_err("a refusal").to_string()
    }

    #[test]
    fn a_description_is_taken_as_it_is() {
        let checked = check(vec![tool("score"), tool("score_2")]).expect("descriptions");
        assert_eq!(checked.len(), 2);
        assert_eq!(checked[1].name, "score_2");
    }

    #[test]
    fn names_that_could_be_taken_for_another_are_refused() {
        for name in ["", "Items", "іtems", "a-b", "a__b", "1a", "a b", &"a".repeat(33)] {
            assert!(check(vec![tool(name)]).is_err(), "{name}");
        }
        let twice = check(vec![tool("a"), tool("a")]).expect_err("a refusal");
        assert!(twice.to_string().contains("another one of this name"), "{twice}");
    }

    #[test]
    fn texts_that_hide_something_are_refused() {
        for text in ["", " ", "a\u{202e}b", "a\u{1b}[2J", "a\u{200b}b"] {
            let error = refused(wit::Tool { description: text.into(), ..tool("a") });
            assert!(error.contains("the description"), "{error}");
        }
        let lines = wit::Tool { description: "one\ntwo".into(), ..tool("a") };
        assert!(check(vec![lines]).is_ok());
    }

    #[test]
    fn schemas_are_objects_of_a_bounded_size() {
        for schema in ["", "[]", "{}", r#"{"type":"string"}"#, r#"{"type":"object""#] {
            let error = refused(wit::Tool { input_schema: schema.into(), ..tool("a") });
            assert!(error.contains("the input schema"), "{error}");
        }
        let large = format!(r#"{{"type":"object","title":"{}"}}"#, "x".repeat(SCHEMA_BYTES));
        assert!(refused(wit::Tool { input_schema: large, ..tool("a") }).contains("longer than"));
        assert!(check(vec![]).is_err());
        assert!(check((0..17).map(|number| tool(&format!("t{number}"))).collect()).is_err());
    }
}
