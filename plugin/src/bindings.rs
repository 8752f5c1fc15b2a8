//! What `wit/` says, as Rust: generated, and the only place with `unsafe` code.

#![expect(missing_docs, reason = "documented in WIT where it is for people")]
#![cfg_attr(
    target_arch = "wasm32",
    expect(unsafe_code, reason = "the component's exports take raw values")
)]

#[cfg(target_arch = "wasm32")]
use crate::component::Component;

wit_bindgen::generate!({
    path: ["../wit/host", "../wit/assistant"],
    world: "palisade:assistant/assistant-component",
    generate_all,
});

#[cfg(target_arch = "wasm32")]
export!(Component with_types_in self);
