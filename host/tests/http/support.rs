//! A host with the sample project, and requests to it without a network.

use std::{fs, sync::LazyLock};

use axum::{Router, body::Body};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use palisade::{
    app::App,
    config::{Config, LoadOptions},
    http::router,
};
use palisade_project::{DemoLogins, Project, ProjectSettings};
use palisade_state::MasterKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::{runtime::Runtime, sync::OnceCell};
use tower::ServiceExt;

use crate::storage::Storage;

/// The page that the host's own pages come from.
pub(crate) const OWN: &str = "http://127.0.0.1:8090";
pub(crate) const FOREIGN: &str = "https://evil.example";

pub(crate) const ADMIN: &str = "admin-demo-token";
pub(crate) const EDITOR: &str = "editor-demo-token";
pub(crate) const READER: &str = "reader-demo-token";
pub(crate) const API: &str = "api-demo-token";

const CONFIGURATION: &str = r#"
public_url = "http://127.0.0.1:8090"
[workspace]
approvals = "writes"
[[providers]]
id = "demo"
kind = "demo"
allowed_models = ["demo"]
[[providers]]
id = "openai"
kind = "openai"
allowed_models = ["gpt-5-mini"]
[[providers]]
id = "fixed"
kind = "demo"
locked = true
"#;

/// One runtime for all tests: the shared host's background work lives as long as it does.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new().expect("a runtime for the tests"));
static SHARED: OnceCell<Host> = OnceCell::const_new();

/// Runs a test against the host that all tests share. It may not change what others rely on.
pub(crate) fn with_host(test: impl AsyncFnOnce(&'static Host)) {
    RUNTIME.block_on(async { test(SHARED.get_or_init(Host::new).await).await });
}

/// Runs a test against a host of its own, with more configuration.
pub(crate) fn with_own_host(configuration: &str, test: impl AsyncFnOnce(Host)) {
    RUNTIME.block_on(async { test(Host::with(configuration, &[]).await).await });
}

/// Runs a test against a host of its own whose provider "store" is a storage of its own.
pub(crate) fn with_storage(test: impl AsyncFnOnce(Host, Storage)) {
    RUNTIME.block_on(async {
        let storage = Storage::start().await;
        let host = Host::with(&storage.configuration(), &[]).await;
        for provider in ["store", "idle"] {
            let path = format!("/ai/admin/providers/{provider}/key");
            let key = Call::new("PUT", &path).json(json!({"key": "sk-0123456789abcdef"}));
            assert_eq!(host.send(key.token(ADMIN)).await.status, StatusCode::OK);
        }
        test(host, storage).await;
    });
}

/// Runs a test against a host of its own, with variables.
pub(crate) fn with_variables(environment: &[(&str, &str)], test: impl AsyncFnOnce(Host)) {
    RUNTIME.block_on(async { test(Host::with("", environment).await).await });
}

pub(crate) struct Host {
    pub(crate) app: App,
    pub(crate) router: Router,
    _folder: TempDir,
}

impl Host {
    async fn new() -> Self {
        Self::with("", &[]).await
    }

    async fn with(configuration: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("palisade.toml");
        fs::write(&file, format!("{CONFIGURATION}{configuration}")).expect("written");
        let config = Config::load(LoadOptions {
            file: Some(file),
            data_dir: Some(folder.path().to_owned()),
            environment: environment
                .iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        })
        .expect("a configuration");
        MasterKey::create_file(&config.master_key_file).expect("a key");
        let settings = ProjectSettings { name: "Newsroom".into() };
        let project = Project::create(config.project_file(), settings).await.expect("a project");
        project.install_newsroom().await.expect("the sample");
        let app = App::open(config, None).await.expect("a host");
        Self { router: router(app.clone()), app, _folder: folder }
    }

    /// Answers a request.
    pub(crate) async fn send(&self, call: Call) -> Answer {
        let response = self.router.clone().oneshot(call.request()).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).expect("UTF-8"),
        }
    }

    /// Signs a demo user in with a session cookie; gives the cookie's value.
    pub(crate) async fn session(&self, email: &str) -> String {
        let login = DemoLogins::newsroom()
            .0
            .into_iter()
            .find(|login| login.email == email)
            .expect("a demo user");
        let body = json!({"email": email, "password": login.password, "mode": "session"});
        let answer = self.send(Call::post("/auth/login", body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let cookie = answer.headers[header::SET_COOKIE].to_str().expect("ASCII");
        let (_, value) = cookie.split_once('=').expect("a cookie");
        value.split(';').next().expect("a value").to_owned()
    }

    /// A token that this host signed for the administrator and that expired in 1970.
    pub(crate) fn expired_session(&self) -> String {
        let header = json!({"alg": "HS256", "typ": "JWT"});
        let claims = json!({
            "id": "0", "role": null, "app_access": true, "admin_access": true,
            "iat": 0, "exp": 1, "iss": "directus",
        });
        let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let secret = self.app.state.derive("palisade/sessions/v1");
        let signature = BASE64_URL_SAFE_NO_PAD.encode(hmac_sha256(&*secret, signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

/// RFC 2104, for a key of at most 64 bytes.
fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(key).for_each(|(block, key)| *block ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

/// A request in the making.
#[derive(Clone)]
pub(crate) struct Call {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Call {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.parse().expect("a method"),
            path: path.to_owned(),
            headers: vec![("host".into(), "127.0.0.1:8090".into())],
            body: Vec::new(),
        }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &str, body: Value) -> Self {
        Self::new("POST", path).json(body)
    }

    pub(crate) fn json(self, body: Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    pub(crate) fn raw(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn cookie(self, session: &str) -> Self {
        self.header("cookie", &format!("directus_session_token={session}"))
    }

    pub(crate) fn origin(self, origin: &str) -> Self {
        self.header("origin", origin)
    }

    fn request(self) -> Request<Body> {
        let mut builder = Request::builder().method(self.method).uri(self.path);
        for (name, value) in self.headers {
            builder = builder.header(name, value);
        }
        builder.body(Body::from(self.body)).expect("a request")
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// The `data` of an answer that went well.
    pub(crate) fn data(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.json()["data"].clone()
    }

    /// Status, and the code of the error if there is one.
    pub(crate) fn verdict(&self) -> String {
        let code = serde_json::from_str::<Value>(&self.text)
            .ok()
            .and_then(|body| body["errors"][0]["extensions"]["code"].as_str().map(str::to_owned));
        match code {
            Some(code) => format!("{} {code}", self.status.as_u16()),
            None => self.status.as_u16().to_string(),
        }
    }
}

/// A chat request with one question.
pub(crate) fn chat(text: &str) -> Value {
    json!({
        "provider": "demo",
        "model": "demo",
        "messages": [{"id": "1", "role": "user", "parts": [{"type": "text", "text": text}]}],
    })
}
