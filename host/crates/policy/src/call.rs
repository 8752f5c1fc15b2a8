//! What a tool call means: which tool, with which arguments.

use palisade_state::{ArgumentsError, CanonicalArguments};

use crate::{EXECUTE, ToolAccess};

/// A call as approvals, modes and the ledger know it. In the registry mode the model writes
/// `execute` with the name and the input of a tool; meant is that tool, with that input.
#[derive(Debug)]
pub(crate) struct MeantCall {
    /// Name of the tool.
    pub(crate) tool: String,
    /// The tool's own arguments.
    pub(crate) arguments: CanonicalArguments,
}

impl MeantCall {
    /// Reads a call of `tool` with the JSON text of its arguments.
    ///
    /// Errors: arguments that have no canonical form. An `execute` without the name of a tool means
    /// no tool that exists.
    pub(crate) fn read(
        access: ToolAccess,
        tool: &str,
        arguments: &str,
    ) -> Result<Self, ArgumentsError> {
        let arguments = CanonicalArguments::parse(arguments)?;
        if access == ToolAccess::Direct || tool != EXECUTE {
            return Ok(Self { tool: tool.to_owned(), arguments });
        }
        let tool = arguments.value().get("name").and_then(|name| name.as_str());
        let tool = tool.unwrap_or_default().to_owned();
        Ok(Self { tool, arguments: arguments.member("input")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn execute_means_the_tool_that_it_names() {
        let text = r#"{"name":"items","input":{"collection":"a","action":"read"}}"#;
        let meant = MeantCall::read(ToolAccess::Registry, EXECUTE, text).expect("a call");
        assert_eq!(meant.tool, "items");
        let direct = r#"{ "action": "read", "collection": "a" }"#;
        let direct = MeantCall::read(ToolAccess::Registry, "items", direct).expect("a call");
        assert_eq!(meant.arguments, direct.arguments, "one canonical form");

        let as_text = r#"{"name":"items","input":"{\"action\":\"read\",\"collection\":\"a\"}"}"#;
        let as_text = MeantCall::read(ToolAccess::Registry, EXECUTE, as_text).expect("a call");
        assert_eq!(as_text.arguments, meant.arguments);
    }

    #[test]
    fn execute_is_no_tool_by_itself() {
        let text = r#"{"name":"items","input":{}}"#;
        let meant = MeantCall::read(ToolAccess::Direct, EXECUTE, text).expect("a call");
        assert_eq!(meant.tool, EXECUTE);
        for text in ["{}", r#"{"name":"items"}"#, r#"{"name":"items","input":[1]}"#, "[]"] {
            assert!(MeantCall::read(ToolAccess::Registry, EXECUTE, text).is_err(), "{text}");
        }
        let nested = r#"{"name":"execute","input":{"name":"items","input":{}}}"#;
        let meant = MeantCall::read(ToolAccess::Registry, EXECUTE, nested).expect("a call");
        assert_eq!(meant.tool, EXECUTE, "which is no tool: it isn't unwrapped twice");
        let unnamed = r#"{"input":{}}"#;
        let meant = MeantCall::read(ToolAccess::Registry, EXECUTE, unnamed).expect("a call");
        assert_eq!(meant.tool, "");
    }
}
