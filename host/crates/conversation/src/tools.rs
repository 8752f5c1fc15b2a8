//! Tools that a request brings or asks for.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize, de::MapAccess};
use serde_json::value::RawValue;

use crate::{
    RequestError,
    posted::{Element, Posted, Shape, present},
    schema::{self, Dialect},
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
    schema::check(schema, Dialect::Any)
        .map_err(|problem| RequestError::at("inputSchema", problem))?;
    Ok(ClientTool { name, description, input_schema: schema.to_owned() })
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
