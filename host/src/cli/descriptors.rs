//! File descriptors: how many connections and files the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors of a turn: the client's connection and the provider's.
const PER_TURN: u64 = 2;
/// Descriptors beside turns: databases, listeners, waiting connections.
const BESIDE_TURNS: u64 = 256;

/// Lets the process open as many files as its hard limit allows.
///
/// The soft limit is mostly 1,024, for the sake of programs that use select(2); with it a host would
/// run out of connections at 500 turns. Where even the hard limit doesn't suffice for `live_turns`
/// the log says so.
pub(super) fn raise_limit(live_turns: u32) {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::warn!(%error, "the limit on open files could not be raised");
    }
    let needed = needed(live_turns);
    // No limit at all is none.
    if let Some(allowed) = getrlimit(Resource::Nofile).current
        && allowed < needed
    {
        tracing::warn!(
            allowed,
            needed,
            live_turns,
            "too few open files are allowed: raise the hard limit (ulimit -Hn, or LimitNOFILE= of \
             the service), or lower limits.live_turns"
        );
    }
}

fn needed(live_turns: u32) -> u64 {
    u64::from(live_turns) * PER_TURN + BESIDE_TURNS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        raise_limit(1);
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }

    #[test]
    fn each_turn_needs_both_of_its_connections() {
        assert!(needed(5_000) >= 10_000);
    }
}
