//! Host side of the WIT world `assistant-component`, generated from the packages in `wit/`.
//!
//! Functions that wait are async on the host and block the guest on its fibre; everything else is a
//! plain call. All may trap, because limits are enforced inside the host functions.

wasmtime::component::bindgen!({
    path: ["../../../wit/host", "../../../wit/assistant"],
    world: "palisade:assistant/assistant-component",
    imports: {
        "palisade:host/clock.wait": async | trappable,
        "palisade:host/policy.authorise": async | trappable,
        "palisade:host/data.execute-all": async | trappable,
        "palisade:host/provider.send": async | trappable,
        "palisade:host/provider.[method]response.read": async | trappable,
        "palisade:host/ui.emit": async | trappable,
        "palisade:host/ui.emit-outcome": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    with: {
        "palisade:host/policy.grant": crate::capabilities::policy::Grant,
        "palisade:host/data.outcome": crate::capabilities::data::OutcomeData,
        "palisade:host/provider.response": crate::capabilities::provider::Response,
    },
});
