//! The assistant component that the host carries.

use palisade_sandbox::{
    CacheOptions, EMBEDDED_COMPONENT, ImageOrigin, Limits, Sandbox, SandboxOptions,
};
use tempfile::TempDir;
use wit_component::{DecodedWasm, decode};

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
        cache: Some(CacheOptions {
            folder: folder.path().join("images"),
            key: [1; 32],
        }),
        limits: Limits::default(),
        ..SandboxOptions::default()
    };
    let sandbox = Sandbox::new(options()).await.unwrap();
    assert_eq!(sandbox.image_origin(), &ImageOrigin::Compiled);
    let names: Vec<&str> = sandbox
        .tools()
        .iter()
        .map(|tool| tool.name.as_str())
        .collect();
    assert!(
        names.contains(&"items") && names.contains(&"schema"),
        "{names:?}"
    );

    let again = Sandbox::new(options()).await.unwrap();
    assert_eq!(again.image_origin(), &ImageOrigin::Cached);
    assert_eq!(again.component_digest(), sandbox.component_digest());
}
