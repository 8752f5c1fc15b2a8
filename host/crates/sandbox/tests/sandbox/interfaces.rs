//! What a component may import, and in which version.

use std::{fs, path::Path};

use palisade_sandbox::{ComponentSource, Sandbox, SandboxError, SandboxOptions, WIT_VERSION};

use crate::support::{
    guest::{AddOk, Guest, wit_folder},
    sandbox, small_limits,
};

async fn refusal(component: &[u8]) -> SandboxError {
    sandbox(component, small_limits()).await.unwrap_err()
}

async fn refusal_of_text(component: &str) -> SandboxError {
    refusal(&wat::parse_str(component).unwrap()).await
}

#[test]
fn the_version_is_that_of_the_wit_packages() {
    let packages = ["host/types.wit", "assistant/assistant.wit"];
    for (file, package) in packages.iter().zip(["palisade:host", "palisade:assistant"]) {
        let text = fs::read_to_string(wit_folder().join(Path::new(file))).unwrap();
        assert!(text.contains(&format!("package {package}@{WIT_VERSION};")), "{file}");
    }
}

#[tokio::test]
async fn another_version_is_refused_naming_both() {
    for version in ["0.2.0", "0.1.1", "1.0.0"] {
        let component = Guest::default().build_edited(&String::new().add_ok(), |text| {
            text.replace(&format!("@{WIT_VERSION}"), &format!("@{version}"))
        });
        let error = refusal(&component).await;
        let SandboxError::WrongVersion { interface, found, expected } = &error else {
            panic!("{error}")
        };
        assert!(interface.starts_with("palisade:"), "{interface}");
        assert_eq!((found.as_str(), *expected), (version, WIT_VERSION));
        assert!(error.to_string().contains(version) && error.to_string().contains(WIT_VERSION));
    }
}

#[tokio::test]
async fn what_is_not_offered_is_refused_by_name() {
    for import in [
        "wasi:cli/environment@0.2.0",
        "wasi:sockets/tcp@0.2.0",
        "palisade:host/files@0.1.0",
        "palisade:tool/keys@0.1.0",
        "secret",
    ] {
        let function = r#"(instance (export "run" (func)))"#;
        let error =
            refusal_of_text(&format!(r#"(component (import "{import}" {function}))"#)).await;
        assert!(matches!(&error, SandboxError::UngrantedImport(name) if name == import), "{error}");
        assert!(error.to_string().contains(import));
    }
}

#[tokio::test]
async fn a_function_that_is_not_offered_is_refused() {
    let component = Guest::default()
        .with_imports(r#"(import "palisade:host/clock@0.1.0" "sleep" (func $sleep))"#)
        .build_edited(&"(call $sleep)".to_owned().add_ok(), |text| {
            text.replace("interface clock {", "interface clock { sleep: func();")
        });
    let error = refusal(&component).await;
    assert!(matches!(error, SandboxError::Component(_)), "{error}");
    assert!(error.to_string().contains("sleep"), "{error}");
}

#[tokio::test]
async fn a_component_that_is_no_assistant_is_refused() {
    let error = refusal_of_text("(component)").await;
    assert!(
        matches!(&error, SandboxError::MissingExport(name)
        if name == "palisade:assistant/assistant@0.1.0"),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_no_component_is_refused() {
    for bytes in [b"".as_slice(), b"not wasm", b"\x7fELF"] {
        assert!(matches!(refusal(bytes).await, SandboxError::Component(_)));
    }
    assert!(matches!(refusal_of_text("(module)").await, SandboxError::Component(_)));

    let options = SandboxOptions {
        component: ComponentSource::File("/nonexistent/assistant.wasm".into()),
        limits: small_limits(),
        ..SandboxOptions::default()
    };
    let error = Sandbox::new(options).await.unwrap_err();
    assert!(error.to_string().contains("/nonexistent/assistant.wasm"), "{error}");
}

#[tokio::test]
async fn a_component_that_declares_more_memory_than_allowed_is_refused() {
    let component = Guest::default().build_edited(&String::new().add_ok(), |text| {
        text.replace(r#"(memory (export "memory") 2)"#, r#"(memory (export "memory") 2000)"#)
    });
    assert!(matches!(refusal(&component).await, SandboxError::Component(_)));
}
