//! What `wit/` says, as Rust: generated, and the only place with `unsafe` code.

wit_bindgen::generate!({
    path: "wit",
    world: "palisade:tool/tool",
    additional_derives: [PartialEq],
    default_bindings_module: "palisade_tool::bindings",
    pub_export_macro: true,
});
