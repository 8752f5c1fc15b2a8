//! What the provider was asked, and how each answer ended.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use http::{HeaderMap, Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Requests that are kept; older ones are forgotten.
const KEPT: usize = 2_000;

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is still on its way.
    Pending,
    /// All of it was sent.
    Completed,
    /// The script broke the connection.
    Cut,
    /// The client left before all of it was sent.
    ClientClosed,
}

/// A request and its answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recorded {
    /// Number of the request, from 1.
    pub number: u64,
    /// HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers by lower-case name; a header that came several times is joined by `, `.
    pub headers: BTreeMap<String, String>,
    /// Body; null where it isn't JSON. Of an uploaded form: its texts, and name, type and size of files.
    pub body: Value,
    /// Step of the scenario that answered, from 0; none where the provider refused the request.
    pub step: Option<usize>,
    /// Status of the answer; none while there is none.
    pub status: Option<u16>,
    /// Writes of the answer's body so far.
    pub writes: usize,
    /// How the answer ended.
    pub outcome: Outcome,
    /// Milliseconds from the provider's start to the request.
    pub received_ms: u64,
    /// Milliseconds from the provider's start to the end of the answer.
    pub ended_ms: Option<u64>,
}

/// All requests of a provider.
pub(super) struct Records {
    started: Instant,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    count: u64,
    requests: VecDeque<Recorded>,
}

impl Records {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), kept: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Records a request and gives its number.
    pub(super) fn begin(
        &self,
        method: &Method,
        path: String,
        headers: &HeaderMap,
        body: Value,
    ) -> u64 {
        let mut named = BTreeMap::<String, String>::new();
        for (name, value) in headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            named
                .entry(name.as_str().to_owned())
                .and_modify(|joined| {
                    joined.push_str(", ");
                    joined.push_str(&value);
                })
                .or_insert_with(|| value.into_owned());
        }
        let received_ms = self.elapsed_ms();
        let mut kept = self.lock();
        kept.count += 1;
        let number = kept.count;
        if kept.requests.len() == KEPT {
            kept.requests.pop_front();
        }
        kept.requests.push_back(Recorded {
            number,
            method: method.to_string(),
            path,
            headers: named,
            body,
            step: None,
            status: None,
            writes: 0,
            outcome: Outcome::Pending,
            received_ms,
            ended_ms: None,
        });
        number
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Recorded)) {
        let mut kept = self.lock();
        // From the newest on: an answer ends soon after its request as a rule.
        if let Some(recorded) =
            kept.requests.iter_mut().rev().find(|recorded| recorded.number == number)
        {
            change(recorded);
        }
    }

    /// Records which step answers.
    pub(super) fn answered_by(&self, number: u64, step: usize) {
        self.change(number, |recorded| recorded.step = Some(step));
    }

    /// Records the body of a request that was read after the record of it had begun.
    pub(super) fn body(&self, number: u64, body: Value) {
        self.change(number, |recorded| recorded.body = body);
    }

    /// Records the status of the answer.
    pub(super) fn status(&self, number: u64, status: StatusCode) {
        self.change(number, |recorded| recorded.status = Some(status.as_u16()));
    }

    /// Records how an answer ended.
    pub(super) fn ended(&self, number: u64, outcome: Outcome, writes: usize) {
        let ended_ms = self.elapsed_ms();
        self.change(number, |recorded| {
            recorded.outcome = outcome;
            recorded.writes = writes;
            recorded.ended_ms = Some(ended_ms);
        });
    }

    /// All requests that are kept, oldest first.
    pub(super) fn all(&self) -> Vec<Recorded> {
        self.lock().requests.iter().cloned().collect()
    }

    /// Forgets all requests; numbers go on.
    pub(super) fn clear(&self) {
        self.lock().requests.clear();
    }
}
