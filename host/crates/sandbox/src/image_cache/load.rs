//! The one place where the sandbox trusts bytes to be code.

#![expect(unsafe_code, reason = "wasmtime cannot check that an image is one that it made")]

use wasmtime::{Engine, component::Component};

use super::VerifiedImage;

/// Makes a component of a verified image.
pub(super) fn deserialize(
    engine: &Engine,
    image: &VerifiedImage<'_>,
) -> wasmtime::Result<Component> {
    // SAFETY: the bytes have to be what `Component::serialize` gave, unchanged. A `VerifiedImage` is
    // made only of bytes whose HMAC under this installation's key was right, and `ImageCache::store`
    // gives that HMAC to the output of `Component::serialize` alone. The bytes are in this process's
    // memory and were read before they were verified, so nobody can change them in between. An image
    // of another wasmtime version or for other settings is an error of `deserialize` itself.
    unsafe { Component::deserialize(engine, image.0) }
}
