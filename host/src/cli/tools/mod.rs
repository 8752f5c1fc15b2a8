//! `palisade tools …`

#[cfg_attr(not(test), expect(dead_code, reason = "the command line names it elsewhere"))]
mod new;
