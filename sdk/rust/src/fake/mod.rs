//! A host for tests of tools: scripted answers, and a record of what was asked.

mod capabilities;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use crate::{
    Caller, Clock, Data, Error, Host, Http, Identity, KeyValues, Level, Log, Progress, Random,
    Request, Response,
};

/// A host for tests of tools. Nothing is granted until it is said: data and HTTP answer what was laid
/// ready with [`answering`](FakeHost::answering) and [`responding`](FakeHost::responding), one after
/// the other, and `denied` afterwards.
///
/// ```
/// use palisade_tool::prelude::*;
///
/// let host = FakeHost::default().answering(json!([{ "title": "One" }]));
/// let items: Vec<Value> = host.data().read("articles", &json!({ "limit": 1 })).expect("laid ready");
/// assert_eq!(items[0]["title"], "One");
/// assert_eq!(
///     host.data_calls(),
///     [DataCall::Read { collection: "articles".into(), query: json!({ "limit": 1 }) }]
/// );
/// assert!(host.data().read::<Value>("articles", &json!({})).is_err());
/// ```
#[derive(Debug, Default)]
pub struct FakeHost {
    answers: RefCell<VecDeque<Result<Value, Error>>>,
    data_calls: RefCell<Vec<DataCall>>,
    responses: RefCell<VecDeque<Result<Response, Error>>>,
    requests: RefCell<Vec<Request>>,
    values: Option<RefCell<BTreeMap<String, Vec<u8>>>>,
    caller: Option<Caller>,
    reports: RefCell<Vec<(String, Option<f32>)>>,
    lines: RefCell<Vec<(Level, String)>>,
    now: Cell<u64>,
    random: Cell<u8>,
}

/// What a tool asked of the data.
#[derive(Debug, Clone, PartialEq)]
pub enum DataCall {
    /// The fields of collections.
    Describe {
        /// The collections.
        collections: Vec<String>,
    },
    /// Reading items.
    Read {
        /// The collection.
        collection: String,
        /// The query.
        query: Value,
    },
    /// Creating items.
    Create {
        /// The collection.
        collection: String,
        /// The items.
        items: Value,
    },
    /// Changing items.
    Update {
        /// The collection.
        collection: String,
        /// Keys of the items.
        keys: Vec<String>,
        /// The changes.
        changes: Value,
    },
    /// Deleting items.
    Delete {
        /// The collection.
        collection: String,
        /// Keys of the items.
        keys: Vec<String>,
    },
}

impl FakeHost {
    /// The next call of the data answers so. A deletion needs an answer too, and drops it.
    #[must_use]
    pub fn answering(self, answer: Value) -> Self {
        self.answers.borrow_mut().push_back(Ok(answer));
        self
    }

    /// The next call of the data fails so.
    #[must_use]
    pub fn failing(self, error: Error) -> Self {
        self.answers.borrow_mut().push_back(Err(error));
        self
    }

    /// The next HTTP request gets a response with this status and body.
    #[must_use]
    pub fn responding(self, status: u16, body: impl Into<Vec<u8>>) -> Self {
        let response = Response { status, headers: Vec::new(), body: body.into() };
        self.responses.borrow_mut().push_back(Ok(response));
        self
    }

    /// The next HTTP request fails so.
    #[must_use]
    pub fn unreachable(self, error: Error) -> Self {
        self.responses.borrow_mut().push_back(Err(error));
        self
    }

    /// Grants storage, empty at first.
    #[must_use]
    pub fn with_kv(mut self) -> Self {
        self.values = Some(RefCell::default());
        self
    }

    /// Grants the identity of the caller.
    #[must_use]
    pub fn called_by(mut self, caller: Caller) -> Self {
        self.caller = Some(caller);
        self
    }

    /// Sets the clock, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn at(self, milliseconds: u64) -> Self {
        self.now.set(milliseconds);
        self
    }

    /// Lets time pass.
    pub fn advance(&self, milliseconds: u64) {
        self.now.set(self.now.get().saturating_add(milliseconds));
    }

    /// What was asked of the data, in order.
    #[must_use]
    pub fn data_calls(&self) -> Vec<DataCall> {
        self.data_calls.borrow().clone()
    }

    /// The HTTP requests, in order, with placeholders as the tool wrote them.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.requests.borrow().clone()
    }

    /// The reports of progress, in order.
    #[must_use]
    pub fn reports(&self) -> Vec<(String, Option<f32>)> {
        self.reports.borrow().clone()
    }

    /// The lines of the log, in order.
    #[must_use]
    pub fn lines(&self) -> Vec<(Level, String)> {
        self.lines.borrow().clone()
    }
}

impl Host for FakeHost {
    fn data(&self) -> &impl Data {
        self
    }

    fn http(&self) -> &impl Http {
        self
    }

    fn kv(&self) -> &impl KeyValues {
        self
    }

    fn identity(&self) -> &impl Identity {
        self
    }

    fn progress(&self) -> &impl Progress {
        self
    }

    fn log(&self) -> &impl Log {
        self
    }

    fn clock(&self) -> &impl Clock {
        self
    }

    fn random(&self) -> &impl Random {
        self
    }
}
