//! Limits on attempts to sign in, so that passwords can't be guessed through the front door.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long attempts count.
const WINDOW: Duration = Duration::from_secs(300);
/// Failed attempts at one user from one address within the window.
const PER_USER: u32 = 10;
/// Failed attempts at any user from one address within the window.
const PER_ADDRESS: u32 = 100;
/// Counters kept; the oldest goes when there are more.
const COUNTERS: usize = 10_000;

/// What is counted: attempts at one user from one address, or at any user from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Subject {
    email: Option<String>,
    ip: Option<IpAddr>,
}

impl Subject {
    fn new(email: Option<&str>, ip: Option<IpAddr>) -> Self {
        Self { email: email.map(str::to_lowercase), ip: ip.map(network) }
    }
}

/// An address as far as one attacker is concerned: whoever has one IPv6 address has its whole /64.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        address => address,
    }
}

#[derive(Debug)]
struct Counter {
    since: Instant,
    attempts: u32,
}

/// Counts attempts in memory of this process.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    counters: Mutex<HashMap<Subject, Counter>>,
}

impl Attempts {
    /// Counts an attempt before its password is looked at, so that attempts at the same time can't
    /// slip through. Err: how long to wait.
    pub(crate) fn begin(&self, email: &str, ip: Option<IpAddr>) -> Result<(), Duration> {
        self.begin_at(email, ip, Instant::now())
    }

    /// Forgets the attempts at a user who has signed in.
    pub(crate) fn succeeded(&self, email: &str, ip: Option<IpAddr>) {
        let mut counters = self.counters();
        counters.remove(&Subject::new(Some(email), ip));
        if let Some(counter) = counters.get_mut(&Subject::new(None, ip)) {
            counter.attempts = counter.attempts.saturating_sub(1);
        }
    }

    fn counters(&self) -> MutexGuard<'_, HashMap<Subject, Counter>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin_at(&self, email: &str, ip: Option<IpAddr>, now: Instant) -> Result<(), Duration> {
        let subjects =
            [(Subject::new(Some(email), ip), PER_USER), (Subject::new(None, ip), PER_ADDRESS)];
        let mut counters = self.counters();
        for (subject, limit) in &subjects {
            if let Some(counter) = counters.get(subject) {
                let age = now.saturating_duration_since(counter.since);
                if age < WINDOW && counter.attempts >= *limit {
                    return Err(WINDOW - age);
                }
            }
        }
        for (subject, _) in subjects {
            make_room(&mut counters, now);
            let counter = counters.entry(subject).or_insert(Counter { since: now, attempts: 0 });
            if now.saturating_duration_since(counter.since) >= WINDOW {
                *counter = Counter { since: now, attempts: 0 };
            }
            counter.attempts += 1;
        }
        Ok(())
    }
}

fn make_room(counters: &mut HashMap<Subject, Counter>, now: Instant) {
    if counters.len() < COUNTERS {
        return;
    }
    counters.retain(|_, counter| now.saturating_duration_since(counter.since) < WINDOW);
    if counters.len() >= COUNTERS {
        let oldest =
            counters.iter().min_by_key(|(_, counter)| counter.since).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest {
            counters.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    const THERE: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)));

    #[test]
    fn the_eleventh_attempt_waits_for_the_window_to_end() {
        let attempts = Attempts::default();
        let start = Instant::now();
        for _ in 0..PER_USER {
            assert_eq!(attempts.begin_at("a@example.com", HERE, start), Ok(()));
        }
        let later = start + Duration::from_secs(60);
        let wait = Err(Duration::from_secs(240));
        assert_eq!(attempts.begin_at("A@Example.com", HERE, later), wait);
        assert_eq!(attempts.begin_at("a@example.com", THERE, later), Ok(()));
        assert_eq!(attempts.begin_at("b@example.com", HERE, later), Ok(()));
        assert_eq!(attempts.begin_at("a@example.com", HERE, start + WINDOW), Ok(()));
    }

    #[test]
    fn signing_in_forgets_the_attempts_before() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for _ in 0..PER_USER {
            assert_eq!(attempts.begin_at("a@example.com", HERE, now), Ok(()));
        }
        attempts.succeeded("a@example.com", HERE);
        assert_eq!(attempts.begin_at("a@example.com", HERE, now), Ok(()));
    }

    #[test]
    fn one_address_cannot_try_many_users_without_end() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for user in 0..PER_ADDRESS {
            assert_eq!(attempts.begin_at(&format!("{user}@example.com"), HERE, now), Ok(()));
        }
        assert!(attempts.begin_at("another@example.com", HERE, now).is_err());
        assert_eq!(attempts.begin_at("another@example.com", THERE, now), Ok(()));
    }

    #[test]
    fn addresses_of_one_network_count_together() {
        let attempts = Attempts::default();
        let now = Instant::now();
        let ip = |text: &str| text.parse().ok();
        for number in 0..PER_USER {
            let ip = ip(&format!("2001:db8:1:2::{number:x}"));
            assert_eq!(attempts.begin_at("a@example.com", ip, now), Ok(()));
        }
        assert!(attempts.begin_at("a@example.com", ip("2001:db8:1:2:ffff::1"), now).is_err());
        assert_eq!(attempts.begin_at("a@example.com", ip("2001:db8:1:3::1"), now), Ok(()));
        for _ in 0..PER_USER {
            assert_eq!(attempts.begin_at("b@example.com", HERE, now), Ok(()));
        }
        assert!(attempts.begin_at("b@example.com", ip("::ffff:192.0.2.1"), now).is_err());
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for number in 0..COUNTERS {
            let ip = IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(number).expect("small")));
            assert_eq!(attempts.begin_at("a@example.com", Some(ip), now), Ok(()));
        }
        assert!(attempts.counters().len() <= COUNTERS);
    }
}
