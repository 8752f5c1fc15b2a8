//! What `wit/` says, as Rust: generated, and the only place with `unsafe` code.

#![cfg_attr(
    target_arch = "wasm32",
    expect(unsafe_code, reason = "imports and exports take raw values")
)]

wit_bindgen::generate!({
    path: "wit",
    world: "palisade:tool/tool",
    additional_derives: [PartialEq],
    default_bindings_module: "palisade_tool::bindings",
    pub_export_macro: true,
});
