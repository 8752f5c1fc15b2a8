//! Host side of the WIT world `palisade:tool/tool`, generated from `wit/tool`.
//!
//! A component that imports less is linked as well: the linker offers all of it, and what a call gets
//! is decided when it asks.

wasmtime::component::bindgen!({
    path: "../../../wit/tool",
    world: "palisade:tool/tool",
    imports: {
        "palisade:tool/data": async | trappable,
        "palisade:tool/http": async | trappable,
        "palisade:tool/kv": async | trappable,
        default: trappable,
    },
    exports: { default: async },
});
