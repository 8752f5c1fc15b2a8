//! `palisade tools …`

mod new;
