//! Looks through the component's own memory.

/// Whether the two texts stand next to each other in memory.
#[cfg(target_arch = "wasm32")]
#[expect(unsafe_code, reason = "the component reads all of its own memory, whatever lies there")]
pub(crate) fn holds(first: &str, second: &str) -> bool {
    let bytes = core::arch::wasm32::memory_size(0) * (64 << 10);
    let (first, second) = (first.as_bytes(), second.as_bytes());
    let length = first.len() + second.len();
    // SAFETY: linear memory is readable from its begin to its size. Byte 0 is left out, because no
    // reference may be there.
    let at = |address: usize| unsafe { core::ptr::read_volatile(address as *const u8) };
    let matches = |start: usize, text: &[u8]| {
        text.iter().enumerate().all(|(offset, byte)| at(start + offset) == *byte)
    };
    (1..bytes.saturating_sub(length))
        .any(|start| matches(start, first) && matches(start + first.len(), second))
}

/// Off WebAssembly there is no such memory.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn holds(_: &str, _: &str) -> bool {
    false
}
