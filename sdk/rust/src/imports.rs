//! The component's imports as a [`Host`].

use crate::bindings::palisade::tool::{clock, data, http, identity, kv, log, progress, random};
use crate::{
    Caller, Clock, Data, Error, Host, Http, Identity, KeyValues, Level, Log, Progress, Random,
    Request, Response,
};

/// The component's imports. Only what is called is linked, so only that is imported.
#[derive(Debug, Clone, Copy)]
pub struct Imports;

impl Host for Imports {
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

impl Data for Imports {
    fn describe_json(&self, collections: &[String]) -> Result<String, Error> {
        data::describe(collections)
    }

    fn read_json(&self, collection: &str, query: &str) -> Result<String, Error> {
        data::read(collection, query)
    }

    fn create_json(&self, collection: &str, items: &str) -> Result<String, Error> {
        data::create(collection, items)
    }

    fn update_json(
        &self,
        collection: &str,
        keys: &[String],
        changes: &str,
    ) -> Result<String, Error> {
        data::update(collection, keys, changes)
    }

    fn delete(&self, collection: &str, keys: &[String]) -> Result<(), Error> {
        data::delete(collection, keys)
    }
}

impl Http for Imports {
    fn send(&self, request: &Request) -> Result<Response, Error> {
        http::send(request)
    }
}

impl KeyValues for Imports {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        kv::get(key)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<(), Error> {
        kv::set(key, value)
    }

    fn delete(&self, key: &str) -> Result<(), Error> {
        kv::delete(key)
    }

    fn keys(&self, prefix: &str) -> Result<Vec<String>, Error> {
        kv::keys(prefix)
    }
}

impl Identity for Imports {
    fn caller(&self) -> Result<Caller, Error> {
        identity::get_caller()
    }
}

impl Progress for Imports {
    fn report(&self, message: &str, fraction: Option<f32>) {
        progress::report(message, fraction);
    }
}

impl Log for Imports {
    fn write(&self, level: Level, message: &str) {
        log::log(level, message);
    }
}

impl Clock for Imports {
    fn now(&self) -> u64 {
        clock::now()
    }

    fn monotonic_now(&self) -> u64 {
        clock::monotonic_now()
    }
}

impl Random for Imports {
    fn bytes(&self, count: u32) -> Vec<u8> {
        random::bytes(count)
    }
}
