//! The assistant component that the host carries.

use std::sync::Arc;

use palisade_sandbox::{
    CacheOptions, EMBEDDED_COMPONENT, ImageOrigin, Limits, Sandbox, SandboxOptions, TurnOutcome,
};
use tempfile::TempDir;
use wit_component::{DecodedWasm, decode};

use crate::support::{
    Host, START,
    fakes::{GrantAll, Streaming},
    friendly, run, small_limits,
};

#[test]
fn it_imports_nothing_but_the_projects_own_interfaces() {
    let DecodedWasm::Component(resolve, world) = decode(EMBEDDED_COMPONENT).unwrap() else {
        panic!("not a component")
    };
    let mut imports = Vec::new();
    for key in resolve.worlds[world].imports.keys() {
        imports.push(resolve.name_world_key(key));
    }
    assert!(!imports.is_empty());
    for import in imports {
        assert!(
            import.starts_with("palisade:host/")
                || import == "palisade:assistant/conversation@0.1.0",
            "{import}"
        );
    }
}

#[tokio::test]
async fn it_loads_with_the_default_limits_and_has_tools() {
    let folder = TempDir::new().unwrap();
    let options = || SandboxOptions {
        cache: Some(CacheOptions { folder: folder.path().join("images"), key: [1; 32] }),
        limits: Limits::default(),
        ..SandboxOptions::default()
    };
    let sandbox = Sandbox::new(options()).await.unwrap();
    assert_eq!(sandbox.image_origin(), &ImageOrigin::Compiled);
    let names: Vec<&str> = sandbox.tools().iter().map(|tool| tool.name.as_str()).collect();
    assert!(names.contains(&"items") && names.contains(&"schema"), "{names:?}");

    let again = Sandbox::new(options()).await.unwrap();
    assert_eq!(again.image_origin(), &ImageOrigin::Cached);
    assert_eq!(again.component_digest(), sandbox.component_digest());
}

#[tokio::test]
async fn it_answers_with_what_the_provider_streams() {
    let options = SandboxOptions { limits: small_limits(), ..SandboxOptions::default() };
    let sandbox = Sandbox::new(options).await.unwrap();
    let provider = Streaming::new(vec![
        Ok("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Good \"}}]}\n\n"),
        Ok("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"day\"}}]}\n\n"),
        Ok("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"),
        Ok("data: [DONE]\n\n"),
    ]);
    let host = Host {
        gatekeeper: Arc::new(GrantAll::default()),
        provider: Arc::new(provider.clone()),
        ..Host::default()
    };
    let (end, text) = run(&sandbox, host, friendly()).await;
    assert_eq!(end.outcome, TurnOutcome::Finished, "{text}");
    assert!(text.starts_with(&format!("data: {START}\n\n")), "{text}");
    assert!(text.contains("\"type\":\"text-delta\"") && text.contains("day"), "{text}");
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    assert_eq!(provider.sent.lock().unwrap().len(), 1);
}
