//! Components that mean harm: each gets an error, and its neighbours don't notice.

use std::time::Duration;

use palisade_policy::BuiltInTool;
use palisade_sandbox::{ToolFailure, ToolLimits, ToolLoadError, ToolStop};
use palisade_tests::plugins::TestTool;
use palisade_tools::{
    Grant, Grants, IdentityGrant, LoadedPlugin, Manifest, PackError, Plugin, PluginState,
    StoredGrant, ToolsError, pack,
};
use serde_json::{Value, json};

use crate::support::{Bench, WORKSPACE, in_place, plugin, replaced, runtime};

async fn stopped(bench: &Bench, deed: Value) -> ToolStop {
    let neighbour = json!([{"try": "say", "text": "still here"}]);
    let grant = Grant::default();
    let (end, answers) =
        tokio::join!(bench.attempt(&grant, json!([deed])), bench.answers(&grant, neighbour));
    assert_eq!(answers, ["still here"]);
    match end.result {
        Err(ToolFailure::Stopped(stop)) => stop,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_tool_that_takes_too_much_is_stopped() {
    let mut bench = Bench::new().await;
    let limits = ToolLimits { cpu_time: Duration::from_millis(300), ..ToolLimits::default() };
    bench.runtime = runtime(limits);
    bench.plugin = plugin(&bench.runtime, TestTool::Probe).await;
    for (deed, stop) in [
        (json!({"try": "spin"}), ToolStop::CpuTime),
        (json!({"try": "memory"}), ToolStop::Memory),
        // A stack that the compiler keeps in linear memory runs into its end, which is a fault.
        (json!({"try": "stack"}), ToolStop::Trap),
        (json!({"try": "panic"}), ToolStop::Trap),
        (json!({"try": "output", "bytes": 100 << 20}), ToolStop::CallSize),
        (json!({"try": "kv_fill", "key": "a", "bytes": 64 << 20}), ToolStop::CallSize),
        (json!({"try": "host_calls", "times": 20_001}), ToolStop::HostCalls),
    ] {
        assert_eq!(stopped(&bench, deed.clone()).await, stop, "{deed}");
    }
}

#[tokio::test]
async fn a_component_that_wants_what_there_is_not_is_refused() {
    let runtime = runtime(ToolLimits::default());
    let module = std::fs::read(TestTool::Probe.module().expect("built")).expect("a module");
    let component = pack(&module, None).expect("packed").bytes;
    for (from, to, expected) in [
        ("palisade:tool/kv@0.1.0", "palisade:tool/kv@0.2.0", "in version 0.2.0"),
        ("palisade:tool/kv@0.1.0", "palisade:evil/kv@0.1.0", "palisade:evil/kv@0.1.0"),
        ("palisade:tool/tools@0.1.0", "palisade:tool/fools@0.1.0", "doesn't export"),
    ] {
        let refused = runtime.load(in_place(component.clone(), from, to)).await;
        let refused = refused.expect_err("a refusal").to_string();
        assert!(refused.contains(expected), "{refused}");
    }
    let refused = runtime.load(b"\0asm nonsense".to_vec()).await.expect_err("a refusal");
    assert!(matches!(refused, ToolLoadError::Component(_)), "{refused}");
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_refused() {
    let bench = Bench::new().await;
    assert_eq!(
        stopped(&bench, json!({"try": "output", "bytes": 3 << 20})).await,
        ToolStop::CallSize
    );
}

#[tokio::test]
async fn ten_thousand_calls_of_progress_show_a_few() {
    let bench = Bench::new().await;
    let deeds = json!([
        {"try": "progress", "times": 10_000, "message": "On and on"},
        {"try": "log", "times": 5_000, "message": "x".repeat(1_000)},
    ]);
    let end = bench.attempt(&Grant::default(), deeds).await;
    assert!(end.result.is_ok(), "{end:?}");
    let shown = bench.shown().len();
    assert!((1..=200).contains(&shown), "{shown}");
    assert!(end.usage.dropped_log_lines > 4_900, "{end:?}");
}

#[tokio::test]
async fn waiting_for_a_place_ends() {
    let mut bench = Bench::new().await;
    let limits = ToolLimits {
        live_calls: 1,
        queue_wait: Duration::from_millis(50),
        cpu_time: Duration::from_secs(1),
        ..ToolLimits::default()
    };
    bench.runtime = runtime(limits);
    bench.plugin = plugin(&bench.runtime, TestTool::Probe).await;
    let grant = Grant::default();
    let say = json!([{"try": "say", "text": "late"}]);
    let (first, second) =
        tokio::join!(bench.attempt(&grant, json!([{"try": "spin"}])), bench.attempt(&grant, say));
    assert_eq!(first.result, Err(ToolStop::CpuTime.into()));
    assert_eq!(second.result, Err(ToolFailure::Busy));
}

#[tokio::test]
async fn a_component_that_changes_after_the_grant_is_off() {
    let bench = Bench::new().await;
    let grants =
        Grants::grant(&bench.state, WORKSPACE, &bench.plugin, Grant::default(), None, "me")
            .await
            .expect("granted");
    let stored: &StoredGrant = &grants.by_name["probe"];
    assert_eq!(bench.plugin.state(Some(stored)), PluginState::Granted);

    // The same code with another manifest: all its bytes but those of one word.
    let changed =
        replaced(TestTool::Probe, "Tries whatever a test says.", "Tries whatever a test SAYS.");
    let loaded = LoadedPlugin::load(&bench.runtime, pack(&changed, None).expect("packed")).await;
    let changed = Plugin { name: "probe".into(), loaded: Ok(loaded.expect("loaded")) };
    assert_eq!(changed.state(Some(stored)), PluginState::Changed);

    // The same bytes that describe themselves in another way: it is noticed when they are loaded.
    let once = plugin(&bench.runtime, TestTool::Drifting).await;
    let grants = Grants::grant(&bench.state, WORKSPACE, &once, Grant::default(), None, "me")
        .await
        .expect("granted");
    let again = plugin(&bench.runtime, TestTool::Drifting).await;
    let pins = [&once, &again].map(|it| it.loaded.as_ref().expect("loaded").pin.clone());
    assert_eq!(pins[0].component, pins[1].component);
    assert_eq!(once.state(Some(&grants.by_name["probe"])), PluginState::Granted);
    assert_eq!(again.state(Some(&grants.by_name["probe"])), PluginState::Changed);
}

#[tokio::test]
async fn no_more_is_granted_than_was_asked_for() {
    let bench = Bench::new().await;
    let readability = plugin(&bench.runtime, TestTool::Readability).await;
    for grant in [
        crate::support::storage(),
        crate::support::http("https://first.example"),
        Grant { identity: Some(IdentityGrant {}), ..Grant::default() },
        crate::support::data("articles", &[palisade_tools::DataAction::Delete]),
        crate::support::data("directus_users", &[palisade_tools::DataAction::Read]),
    ] {
        let refused =
            Grants::grant(&bench.state, WORKSPACE, &readability, grant.clone(), None, "me");
        let refused = refused.await.expect_err("too much");
        assert!(matches!(refused, ToolsError::Grant(_)), "{grant:?}: {refused}");
    }
}

#[test]
fn a_name_that_imitates_a_built_in_tool_is_refused() {
    let module = std::fs::read(TestTool::Probe.module().expect("built")).expect("a module");
    for tool in BuiltInTool::ALL {
        let manifest = format!(
            "[component]\nname = {:?}\nversion = \"1\"\nwit = \"0.1.0\"\ntitle = \"T\"\ndescription = \"D\"\n",
            tool.name()
        );
        assert!(Manifest::parse(&manifest).is_err(), "{}", tool.name());
    }
    let other = "[component]\nname = \"other\"\nversion = \"1\"\nwit = \"0.1.0\"\ntitle = \"T\"\ndescription = \"D\"\n";
    let refused = pack(&module, Some(other)).expect_err("two manifests");
    assert!(matches!(refused, PackError::TwoManifests), "{refused}");
}

#[tokio::test]
async fn a_component_asks_for_exactly_what_it_imports() {
    let runtime = runtime(ToolLimits::default());
    for (tool, interfaces) in [
        (TestTool::Probe, vec!["clock", "data", "http", "identity", "kv", "log", "progress"]),
        (TestTool::Readability, vec!["data", "log"]),
        (TestTool::ExchangeRates, vec!["clock", "http", "kv", "log", "progress"]),
    ] {
        let plugin = plugin(&runtime, tool).await;
        let loaded = plugin.loaded.as_ref().expect("loaded");
        let mut imports: Vec<_> = loaded
            .component
            .facts()
            .imports
            .iter()
            .filter_map(|import| import.strip_prefix("palisade:tool/")?.split('@').next())
            .filter(|import| *import != "types")
            .collect();
        imports.sort_unstable();
        assert_eq!(imports, interfaces, "{tool:?}");
        let Manifest { data, http, kv, identity, .. } = &loaded.manifest;
        let asked = [!data.is_empty(), !http.is_empty(), kv.is_some(), identity.is_some()];
        let imported = ["data", "http", "kv", "identity"].map(|name| imports.contains(&name));
        assert_eq!(asked, imported, "{tool:?}");
    }
    // A sheet that says less than the truth, and one that says more.
    for (from, to) in [("[kv]", "#kv]"), ("[identity]", "#identity]")] {
        let module = replaced(TestTool::Probe, from, to);
        let refused = pack(&module, None).map(drop);
        assert!(refused.is_err(), "{from}: keys of a section without its head aren't known");
    }
}
