//! From the component's exports to the tools, and `export!`.

use crate::{Call, Content, Error, Host, Tool};

/// Makes a component of tools: `export!(ToolA, ToolB; manifest = "tool.toml");`, once in a crate whose
/// type is `cdylib`. The manifest's path is relative to the crate, and its text goes with the
/// component, in the custom section `palisade:tool-manifest`.
#[macro_export]
macro_rules! export {
    ($($tool:ty),+; manifest = $manifest:literal) => {
        const _: () = {
            // Also where no component is built: a manifest that is missing is found by any build.
            const MANIFEST: &[u8] = ::core::include_bytes!(::core::concat!(
                ::core::env!("CARGO_MANIFEST_DIR"),
                "/",
                $manifest
            ));

            #[cfg(target_arch = "wasm32")]
            #[used]
            #[unsafe(link_section = "palisade:tool-manifest")]
            static SECTION: [u8; MANIFEST.len()] = {
                let mut bytes = [0; MANIFEST.len()];
                bytes.copy_from_slice(MANIFEST);
                bytes
            };

            #[cfg(target_arch = "wasm32")]
            struct Component;

            #[cfg(target_arch = "wasm32")]
            impl $crate::bindings::exports::palisade::tool::tools::Guest for Component {
                fn describe() -> ::std::vec::Vec<$crate::Description> {
                    $crate::tell_panics();
                    ::std::vec![$($crate::describe::<$tool>()),+]
                }

                fn invoke(
                    call: $crate::bindings::exports::palisade::tool::tools::Call,
                ) -> ::core::result::Result<::std::vec::Vec<$crate::Content>, $crate::Error> {
                    $crate::tell_panics();
                    $(if call.tool == <$tool as $crate::Tool>::NAME {
                        return $crate::run::<$tool>(&$crate::Imports, call.id, &call.arguments);
                    })+
                    ::core::result::Result::Err($crate::Error::invalid(::std::format!(
                        "There is no tool {}.",
                        call.tool
                    )))
                }
            }

            #[cfg(target_arch = "wasm32")]
            $crate::bindings::export!(Component with_types_in $crate::bindings);
        };
    };
}

/// Runs a call whose arguments are JSON text.
///
/// # Errors
///
/// Arguments that don't fit the type, and what the tool itself answers.
#[doc(hidden)]
pub fn run<T: Tool>(host: &impl Host, id: String, arguments: &str) -> Result<Vec<Content>, Error> {
    let arguments = serde_json::from_str(arguments)
        .map_err(|error| Error::invalid(format!("The arguments don't fit: {error}.")))?;
    T::invoke(host, Call { id, arguments })
}

/// Has panics logged: a trap alone says nothing. A payload that was put together at run time may quote
/// data, so only fixed texts are logged.
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub fn tell_panics() {
    use crate::{Imports, Level, Log};

    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("panic");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        Imports.write(Level::Error, &format!("the tool panicked at {place}: {text}"));
    }));
}
