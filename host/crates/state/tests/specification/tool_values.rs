//! What tool components keep.

use palisade_state::{MAX_TOOL_VALUE_BYTES, StateError, ToolQuota};
use secrecy::{ExposeSecret, SecretString};

use crate::Installation;

const QUOTA: ToolQuota = ToolQuota { keys: 2, bytes: 20 };

#[tokio::test]
async fn values_are_a_component_s_own_and_within_its_quota() {
    let installation = Installation::new();
    let state = installation.open().await;
    let put = async |component: &str, key: &str, value: &[u8]| {
        state.put_tool_value("main", component, key, value, QUOTA).await.expect("an answer")
    };
    assert!(put("a", "x", b"one").await);
    assert!(put("a", "y", b"two").await);
    assert!(!put("a", "z", b"").await, "a third key");
    assert!(!put("a", "x", &[0; 17]).await, "with its key and the other one 21 bytes");
    assert!(put("a", "x", &[0; 15]).await);
    assert!(!put("a", "", b"no key").await);
    assert!(!put("b", "x", &vec![0; MAX_TOOL_VALUE_BYTES + 1]).await);
    assert!(put("b", "x", b"another").await);
    assert_eq!(
        state.tool_value("main", "a", "y").await.expect("read").as_deref(),
        Some(&b"two"[..])
    );
    assert_eq!(state.tool_value("other", "a", "y").await.expect("read"), None);
    assert_eq!(state.tool_keys("main", "a", "").await.expect("keys"), ["x", "y"]);
    assert_eq!(state.tool_keys("main", "a", "%").await.expect("keys"), [""; 0]);
    state.delete_tool_value("main", "a", "y").await.expect("deleted");
    assert_eq!(state.tool_value("main", "a", "y").await.expect("read"), None);

    state.forget_tool("main", "a").await.expect("forgotten");
    assert_eq!(state.tool_keys("main", "a", "").await.expect("keys"), [""; 0]);
    assert_eq!(state.tool_keys("main", "b", "").await.expect("keys"), ["x"]);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a test looks at the secret that it has set")]
async fn secrets_are_sealed_and_read_by_the_host_alone() {
    let installation = Installation::new();
    let state = installation.open().await;
    let set = async |name: &str, secret: &str| {
        state.set_tool_secret("main", "rates", name, SecretString::from(secret), "me").await
    };
    for secret in ["", "short", "two words here", "zeile\numbruch"] {
        let refused = set("key", secret).await.expect_err("a refusal");
        assert!(matches!(refused, StateError::InvalidKey(_)), "{secret:?}");
    }
    set("key", "a-secret-of-length").await.expect("set");
    let read = state.tool_secret("main", "rates", "key").await.expect("read").expect("a secret");
    assert_eq!(read.expose_secret(), "a-secret-of-length");
    assert!(state.tool_secret("main", "other", "key").await.expect("read").is_none());
    assert!(state.tool_secret("other", "rates", "key").await.expect("read").is_none());
    assert_eq!(state.list_tool_secrets("main", "rates").await.expect("names"), ["key"]);
    assert!(state.list_keys("main").await.expect("keys").is_empty(), "no provider's key");
    assert!(state.delete_tool_secret("main", "rates", "key").await.expect("deleted"));
    assert!(!state.delete_tool_secret("main", "rates", "key").await.expect("gone"));
}
