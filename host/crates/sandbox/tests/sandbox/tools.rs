//! Asking a component for its tools, which may do nothing meanwhile.

use palisade_sandbox::{SandboxError, TurnStop};

use crate::support::{
    guest::{AddOk, Guest},
    sandbox, small_limits,
};

/// A guest with one tool.
fn with_tool(schema: &str) -> Guest {
    let mut guest = Guest::default();
    let mut definition = Vec::new();
    for text in ["ask_user", "Asks the user.", schema] {
        let place = guest.text(text);
        definition.extend_from_slice(&place.0.to_le_bytes());
        definition.extend_from_slice(&place.1.to_le_bytes());
    }
    definition.extend_from_slice(&1_u32.to_le_bytes());
    let list = guest.bytes(&definition);
    let mut pair = list.0.to_le_bytes().to_vec();
    pair.extend_from_slice(&1_u32.to_le_bytes());
    let pair = guest.bytes(&pair);
    guest.with_tools(&format!("(return (i32.const {}))", pair.0))
}

#[tokio::test]
async fn tools_are_read_once_at_the_start() {
    let guest = with_tool(r#"{"type":"object"}"#).build(&String::new().add_ok());
    let sandbox = sandbox(&guest, small_limits()).await.unwrap();
    let [tool] = sandbox.tools() else { panic!("{:?}", sandbox.tools()) };
    assert_eq!((&*tool.name, &*tool.description), ("ask_user", "Asks the user."));
    assert_eq!(tool.input_schema.get(), r#"{"type":"object"}"#);
    assert!(tool.client_side);
}

#[tokio::test]
async fn a_schema_that_is_not_json_is_refused() {
    let guest = with_tool("{type:object}").build(&String::new().add_ok());
    let error = sandbox(&guest, small_limits()).await.unwrap_err();
    assert!(matches!(&error, SandboxError::ToolDefinition { tool, .. } if tool == "ask_user"));
}

#[tokio::test]
async fn no_host_function_may_be_used_meanwhile() {
    let guest = Guest::default().with_tools("(drop (call $monotonic_now))");
    let error = sandbox(&guest.build(&String::new().add_ok()), small_limits()).await.unwrap_err();
    assert!(matches!(error, SandboxError::Describe(TurnStop::HostCalls)), "{error}");
}

#[tokio::test]
async fn a_component_that_spins_at_its_start_is_refused() {
    let guest = Guest::default().with("(func $spin (loop $forever (br $forever))) (start $spin)");
    let error = sandbox(&guest.build(&String::new().add_ok()), small_limits()).await.unwrap_err();
    assert!(matches!(error, SandboxError::Describe(TurnStop::CpuTime)), "{error}");
}
