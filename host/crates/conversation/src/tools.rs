//! Tools that a request brings or asks for.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize, de::MapAccess};
use serde_json::{Value, value::RawValue};

use crate::{
    RequestError,
    posted::{Element, Posted, Shape, present},
};

/// How the user wants one tool to be handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolMode {
    /// Every call runs without asking, as far as the workspace's ceiling lets it.
    Always,
    /// Every call asks.
    Ask,
    /// The tool isn't there.
    Disabled,
}

/// A tool in a request's `tools`.
#[derive(Debug, Clone)]
pub enum RequestedTool {
    /// A built-in tool that the client wants. A name that nobody knows means nothing.
    BuiltIn(String),
    /// A tool of the client.
    Client(ClientTool),
}

/// A tool that the client runs itself.
#[derive(Debug, Clone)]
pub struct ClientTool {
    /// Name, `[A-Za-z0-9_-]{1,64}`.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of the arguments: valid by its dialect's meta-schema (draft 7 where it names
    /// none), of type `object`, without references to other documents.
    pub input_schema: Box<RawValue>,
}

/// A tool as posted: a name or a definition.
#[derive(Debug)]
pub(crate) enum ToolFields<'a> {
    Name(Cow<'a, str>),
    Definition(DefinitionFields<'a>),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DefinitionFields<'a> {
    #[serde(borrow, default)]
    name: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    description: Posted<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "present")]
    input_schema: Option<&'a RawValue>,
}

impl<'de: 'a, 'a> Shape<'de> for ToolFields<'a> {
    const EXPECTED: &'static str = "the name of a tool or its definition";

    fn from_text(name: Cow<'de, str>) -> Option<Self> {
        Some(Self::Name(name))
    }

    fn from_object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        DefinitionFields::deserialize(serde::de::value::MapAccessDeserializer::new(object))
            .map(|fields| Some(Self::Definition(fields)))
    }
}

impl<'de> Element<'de> for RequestedTool {
    type Fields = ToolFields<'de>;
    const AT_MOST: usize = crate::TOOLS_AT_MOST;

    fn check(fields: ToolFields<'de>) -> Result<Self, RequestError> {
        match fields {
            ToolFields::Name(name) => Ok(Self::BuiltIn(name.into_owned())),
            ToolFields::Definition(fields) => client_tool(fields).map(Self::Client),
        }
    }
}

fn client_tool(fields: DefinitionFields<'_>) -> Result<ClientTool, RequestError> {
    let name = fields.name.required("name")?.into_owned();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !(1..=64).contains(&name.len()) || !name.bytes().all(allowed) {
        return Err(RequestError::at("name", "has to be 1 to 64 letters, digits, \"_\" or \"-\""));
    }
    let description = fields.description.required("description")?.into_owned();
    let Some(schema) = fields.input_schema else {
        return Err(RequestError::at("inputSchema", "is missing; it has to be a JSON Schema"));
    };
    check_schema(schema).map_err(|problem| RequestError::at("inputSchema", problem))?;
    Ok(ClientTool { name, description, input_schema: schema.to_owned() })
}

fn check_schema(schema: &RawValue) -> Result<(), String> {
    let schema: Value = serde_json::from_str(schema.get())
        .map_err(|_| "is nested too deeply or holds a number out of range".to_owned())?;
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return Err("has to be a JSON Schema with \"type\": \"object\"".into());
    }
    let validator = match schema.get("$schema") {
        None => jsonschema::draft7::meta::validator(),
        Some(Value::String(dialect)) => match dialect.trim_end_matches('#') {
            "http://json-schema.org/draft-04/schema" => jsonschema::draft4::meta::validator(),
            "http://json-schema.org/draft-06/schema" => jsonschema::draft6::meta::validator(),
            "http://json-schema.org/draft-07/schema" => jsonschema::draft7::meta::validator(),
            "https://json-schema.org/draft/2019-09/schema" => {
                jsonschema::draft201909::meta::validator()
            }
            "https://json-schema.org/draft/2020-12/schema" => {
                jsonschema::draft202012::meta::validator()
            }
            _ => {
                return Err("names a dialect of JSON Schema that isn't known in \"$schema\"".into());
            }
        },
        Some(_) => return Err("has a \"$schema\" that isn't a string".into()),
    };
    if let Err(error) = validator.validate(&schema) {
        let place = error.instance_path().to_string();
        let place = if place.is_empty() { "its top level".to_owned() } else { place };
        return Err(format!("is not a valid JSON Schema: look at {place}"));
    }
    refuse_remote_references(&schema)
}

/// A schema may only refer to itself: what it means must not depend on a document elsewhere.
fn refuse_remote_references(schema: &Value) -> Result<(), String> {
    match schema {
        Value::Object(object) => object.iter().try_for_each(|(key, value)| match value {
            Value::String(target)
                if matches!(key.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef")
                    && !target.starts_with('#') =>
            {
                Err(format!("has a \"{key}\" that leads out of the schema"))
            }
            nested => refuse_remote_references(nested),
        }),
        Value::Array(values) => values.iter().try_for_each(refuse_remote_references),
        _ => Ok(()),
    }
}

/// A name that the client chose, short enough for an error.
fn shortened(name: &str) -> &str {
    const LONGEST: usize = 64;
    name.get(..name.floor_char_boundary(LONGEST)).unwrap_or_default()
}

/// The modes in `toolApprovals`, or what is wrong with them.
#[derive(Debug)]
pub(crate) struct ToolModes(pub(crate) Result<BTreeMap<String, ToolMode>, RequestError>);

impl<'de> Shape<'de> for ToolModes {
    const EXPECTED: &'static str = "an object";

    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut modes = Ok(BTreeMap::new());
        while let Some((tool, posted)) = object.next_entry::<String, Posted<Cow<'de, str>>>()? {
            let Ok(found) = &mut modes else { continue };
            if found.len() == crate::TOOL_MODES_AT_MOST {
                let problem = format!("has more than {} entries", crate::TOOL_MODES_AT_MOST);
                modes = Err(RequestError::at("", problem));
                continue;
            }
            match posted.lenient().as_deref() {
                Some("always") => found.insert(tool, ToolMode::Always),
                Some("ask") => found.insert(tool, ToolMode::Ask),
                Some("disabled") => found.insert(tool, ToolMode::Disabled),
                _ => {
                    let problem = "has to be \"always\", \"ask\" or \"disabled\"";
                    modes = Err(RequestError::at(shortened(&tool), problem));
                    continue;
                }
            };
        }
        Ok(Some(Self(modes)))
    }
}
