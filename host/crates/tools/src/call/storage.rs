//! `kv`: what a component stores for itself.

use palisade_sandbox::{CapabilityError, not_granted};
use palisade_state::{MAX_TOOL_KEY_BYTES, MAX_TOOL_VALUE_BYTES, ToolQuota};

use super::{GrantedHost, invalid, limit, unavailable};

fn granted(host: &GrantedHost) -> Result<ToolQuota, CapabilityError> {
    let quota = host.tool.grant.kv.ok_or_else(not_granted)?;
    Ok(ToolQuota { keys: quota.keys, bytes: quota.bytes })
}

fn check(key: &str) -> Result<(), CapabilityError> {
    match key.len() {
        1..=MAX_TOOL_KEY_BYTES => Ok(()),
        _ => Err(invalid(format!("A key has 1 to {MAX_TOOL_KEY_BYTES} bytes."))),
    }
}

pub(super) async fn get(host: &GrantedHost, key: &str) -> Result<Option<Vec<u8>>, CapabilityError> {
    granted(host)?;
    check(key)?;
    host.state
        .tool_value(host.workspace(), &host.tool.component_name, key)
        .await
        .map_err(|error| unavailable(&error))
}

pub(super) async fn set(
    host: &GrantedHost,
    key: &str,
    value: &[u8],
) -> Result<(), CapabilityError> {
    let quota = granted(host)?;
    check(key)?;
    if value.len() > MAX_TOOL_VALUE_BYTES {
        return Err(limit(format!("A value has at most {MAX_TOOL_VALUE_BYTES} bytes.")));
    }
    let component = &host.tool.component_name;
    let put = host.state.put_tool_value(host.workspace(), component, key, value, quota).await;
    match put {
        Ok(true) => Ok(()),
        Ok(false) => Err(limit(format!(
            "The tool may store {} values and {} bytes in all.",
            quota.keys, quota.bytes
        ))),
        Err(error) => Err(unavailable(&error)),
    }
}

pub(super) async fn delete(host: &GrantedHost, key: &str) -> Result<(), CapabilityError> {
    granted(host)?;
    check(key)?;
    host.state
        .delete_tool_value(host.workspace(), &host.tool.component_name, key)
        .await
        .map_err(|error| unavailable(&error))
}

pub(super) async fn keys(host: &GrantedHost, prefix: &str) -> Result<Vec<String>, CapabilityError> {
    granted(host)?;
    host.state
        .tool_keys(host.workspace(), &host.tool.component_name, prefix)
        .await
        .map_err(|error| unavailable(&error))
}
