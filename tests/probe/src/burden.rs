//! What no host may put up with.

use std::hint::black_box;

use palisade_tool::prelude::*;

pub(crate) fn spin() -> Result<Content, Error> {
    let mut number = 0_u64;
    loop {
        number = black_box(number.wrapping_add(1));
        if black_box(number) == u64::MAX {
            return Ok(Content::text("done"));
        }
    }
}

pub(crate) fn take_memory() -> Result<Content, Error> {
    let mut taken = Vec::new();
    loop {
        taken.push(black_box(vec![1_u8; 1 << 20]));
        if black_box(taken.len()) == usize::MAX {
            return Ok(Content::text("done"));
        }
    }
}

pub(crate) fn nest(depth: u64) -> u64 {
    let room = black_box([depth; 64]);
    match black_box(depth) {
        0 => 0,
        depth => nest(depth - 1).wrapping_add(black_box(room)[0]),
    }
}

#[expect(clippy::panic, reason = "a tool that fails is what is tried")]
pub(crate) fn fail() -> Result<Content, Error> {
    panic!("as it was told to")
}
