//! What the fake host answers, capability by capability.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value;

use super::{DataCall, FakeHost};
use crate::{
    Caller, Clock, Data, Error, Http, Identity, KeyValues, Level, Log, Progress, Random, Request,
    Response, content::from_json,
};

impl FakeHost {
    fn answer(&self, call: DataCall) -> Result<Value, Error> {
        self.data_calls.borrow_mut().push(call);
        self.answers.borrow_mut().pop_front().unwrap_or_else(|| Err(Error::denied()))
    }

    fn values(&self) -> Result<&RefCell<BTreeMap<String, Vec<u8>>>, Error> {
        self.values.as_ref().ok_or_else(Error::denied)
    }
}

impl Data for FakeHost {
    fn describe_json(&self, collections: &[String]) -> Result<String, Error> {
        let call = DataCall::Describe { collections: collections.to_vec() };
        Ok(self.answer(call)?.to_string())
    }

    fn read_json(&self, collection: &str, query: &str) -> Result<String, Error> {
        let call = DataCall::Read { collection: collection.into(), query: from_json(query)? };
        Ok(self.answer(call)?.to_string())
    }

    fn create_json(&self, collection: &str, items: &str) -> Result<String, Error> {
        let call = DataCall::Create { collection: collection.into(), items: from_json(items)? };
        Ok(self.answer(call)?.to_string())
    }

    fn update_json(
        &self,
        collection: &str,
        keys: &[String],
        changes: &str,
    ) -> Result<String, Error> {
        let call = DataCall::Update {
            collection: collection.into(),
            keys: keys.to_vec(),
            changes: from_json(changes)?,
        };
        Ok(self.answer(call)?.to_string())
    }

    fn delete(&self, collection: &str, keys: &[String]) -> Result<(), Error> {
        let call = DataCall::Delete { collection: collection.into(), keys: keys.to_vec() };
        self.answer(call).map(drop)
    }
}

impl Http for FakeHost {
    fn send(&self, request: &Request) -> Result<Response, Error> {
        self.requests.borrow_mut().push(request.clone());
        self.responses.borrow_mut().pop_front().unwrap_or_else(|| Err(Error::denied()))
    }
}

impl KeyValues for FakeHost {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.values()?.borrow().get(key).cloned())
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<(), Error> {
        self.values()?.borrow_mut().insert(key.into(), value.to_vec());
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<(), Error> {
        self.values()?.borrow_mut().remove(key);
        Ok(())
    }

    fn keys(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let values = self.values()?.borrow();
        Ok(values.keys().filter(|key| key.starts_with(prefix)).take(1000).cloned().collect())
    }
}

impl Identity for FakeHost {
    fn caller(&self) -> Result<Caller, Error> {
        self.caller.clone().ok_or_else(Error::denied)
    }
}

impl Progress for FakeHost {
    fn report(&self, message: &str, fraction: Option<f32>) {
        self.reports.borrow_mut().push((message.into(), fraction));
    }
}

impl Log for FakeHost {
    fn write(&self, level: Level, message: &str) {
        self.lines.borrow_mut().push((level, message.into()));
    }
}

impl Clock for FakeHost {
    fn now(&self) -> u64 {
        self.now.get()
    }

    fn monotonic_now(&self) -> u64 {
        self.now.get().saturating_mul(1_000_000)
    }
}

impl Random for FakeHost {
    /// Not random: 0, 1, 2, …
    fn bytes(&self, count: u32) -> Vec<u8> {
        let next = || self.random.replace(self.random.get().wrapping_add(1));
        (0..count.min(4096)).map(|_| next()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{ErrorKind, Host};

    #[test]
    fn nothing_is_granted_until_it_is_said() {
        let host = FakeHost::default();
        let denied = Some(ErrorKind::Denied);
        let kind = |error: Option<Error>| error.map(|error| error.kind);
        assert_eq!(kind(host.data().read::<Value>("a", &json!({})).err()), denied);
        assert_eq!(kind(host.data().delete("a", &["1".into()]).err()), denied);
        assert_eq!(kind(host.http().send(&Request::get("https://example.com")).err()), denied);
        assert_eq!(kind(host.kv().get("a").err()), denied);
        assert_eq!(kind(host.identity().caller().err()), denied);
        assert_eq!(host.data_calls().len(), 2, "what was refused is on record too");
    }

    #[test]
    fn answers_come_in_order_and_then_no_more() {
        let host = FakeHost::default().answering(json!([1])).failing(Error::invalid("no"));
        assert_eq!(host.data().read("a", &json!({})), Ok(vec![1]));
        assert_eq!(host.data().read::<u8>("a", &json!({})), Err(Error::invalid("no")));
        assert_eq!(host.data().read::<u8>("a", &json!({})), Err(Error::denied()));
    }

    #[test]
    fn values_last_and_what_an_older_version_left_is_none() {
        let host = FakeHost::default().with_kv();
        host.kv().set_json("rate/a", &json!({ "value": 1 })).expect("granted");
        host.kv().set("rate/b", b"not JSON").expect("granted");
        assert_eq!(host.kv().keys("rate/"), Ok(vec!["rate/a".into(), "rate/b".into()]));
        assert_eq!(host.kv().get_json("rate/a"), Ok(Some(json!({ "value": 1 }))));
        assert_eq!(host.kv().get_json::<Value>("rate/b"), Ok(None));
        host.kv().delete("rate/a").expect("granted");
        assert_eq!(host.kv().get("rate/a"), Ok(None));
    }

    #[test]
    fn time_passes_when_the_test_says_so() {
        let host = FakeHost::default().at(1_000);
        host.advance(5);
        assert_eq!(host.clock().now(), 1_005);
        assert_eq!(host.random().bytes(3), [0, 1, 2]);
    }
}
