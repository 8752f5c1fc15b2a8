//! A public data set: imported by one command, asked about with the built-in demo model.
#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]

use std::path::Path;

use palisade_tests::{
    fake::{FakeOptions, FakeProvider},
    host::{Folder, FolderOptions, Host, Person, Role, question},
};

/// The countries of ISO 3166-1, from Debian's package `iso-codes`.
const COUNTRIES: &str = "/usr/share/iso-codes/json/iso_3166-1.json";

async fn ask(host: &Host, role: Role, text: &str) -> String {
    let mut body = question("demo", text);
    body["provider"] = "demo".into();
    let answer = host.chat(Person::of(role), &body).await.expect("an answer");
    assert_eq!(answer.error(), None, "{}", answer.text);
    answer.said()
}

#[tokio::test]
async fn countries_are_imported_and_answered_about() {
    assert!(
        Path::new(COUNTRIES).is_file(),
        "{COUNTRIES} is missing: run tests/install-debian-package.sh iso-codes {COUNTRIES}"
    );
    let provider = FakeProvider::start(FakeOptions::default()).await.expect("a provider");
    let options = FolderOptions {
        workspace: "approvals = \"writes\"".to_owned(),
        tables: "[[providers]]\nid = \"demo\"\nkind = \"demo\"\nallowed_models = [\"demo\"]"
            .to_owned(),
        ..FolderOptions::default()
    };
    let folder = Folder::prepare(&provider, &options).await.expect("a folder");
    let import = ["project", "import", "countries", COUNTRIES, "--read", "editor"];
    let said = folder.command(&import, "").await.expect("imported");
    assert!(said.starts_with("Created countries with 249 items:"), "{said}");
    let host = folder.serve().await.expect("a host");

    let count = ask(&host, Role::Editor, "How many countries are there?").await;
    assert!(count.contains("249"), "{count}");
    let germany = ask(&host, Role::Editor, "What is the alpha_3 of Germany?").await;
    assert!(germany.contains("DEU"), "{germany}");

    // Who may not read the collection learns nothing about it.
    for text in ["How many countries are there?", "What is the alpha_3 of Germany?"] {
        let said = ask(&host, Role::Reader, text).await;
        assert!(!said.contains("249") && !said.contains("DEU"), "{said}");
    }
    assert!(provider.requests().is_empty(), "the demo model answers inside the host");
}
