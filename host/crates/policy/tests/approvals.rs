//! An approval is bound to one call and spent once; whatever differs is refused and put on record.
#![expect(clippy::expect_used, clippy::panic, reason = "a helper that fails fails its test")]

use palisade_conversation::ChatRequest;
use palisade_data::{GrantedAction, ProjectKind};
use palisade_policy::{
    ApprovalMode, Decision, EXECUTE, Gate, GrantedCall, ProposedCall, Rules, ToolAccess, ToolMode,
    TurnFacts,
};
use palisade_state::{KeySource, LedgerFilter, LedgerKind, MasterKey, State};
use serde_json::{Value, json};

const UPDATE: &str =
    r#"{"action":"update","collection":"articles","keys":[3],"data":{"title":"Hello"}}"#;

/// What a granted call of a built-in tool does.
fn action(grant: &GrantedCall) -> &'static str {
    match &grant.action {
        GrantedAction::Operation(operation) => operation.action(),
        GrantedAction::Plugin { .. } => panic!("no component's"),
    }
}

struct Workspace {
    state: State,
    _folder: tempfile::TempDir,
}

impl Workspace {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let key = folder.path().join("master.key");
        MasterKey::create_file(&key).expect("a key");
        let url = format!("sqlite://{}", folder.path().join("palisade.db").display());
        let state = State::open(&url, KeySource::File(key)).await.expect("a state");
        Self { state, _folder: folder }
    }

    async fn gate(&self, facts: &TurnFacts, posted: &ChatRequest) -> Gate {
        self.gate_with(facts, posted, Rules::default()).await
    }

    async fn gate_with(&self, facts: &TurnFacts, posted: &ChatRequest, rules: Rules) -> Gate {
        let (authority, ledger) = (self.state.approvals().clone(), self.state.ledger().clone());
        Gate::open(facts.clone(), rules, authority, ledger, posted.approval_answers())
            .await
            .expect("a gate")
    }

    /// Proposes the update as `c1` in a new turn and returns the approval id.
    async fn ask(&self, facts: &TurnFacts) -> String {
        let gate = self.gate(facts, &posted(&[])).await;
        match decide(&gate, call("c1", "items", UPDATE)).await {
            Decision::ApprovalRequired { approval_id, .. } => approval_id,
            other => panic!("expected a question, got {other:?}"),
        }
    }

    /// Posts an answer for `c1` and proposes the call again, as the guest does.
    async fn answer(&self, facts: &TurnFacts, answer: &Value, proposed: ProposedCall) -> Decision {
        let gate = self.gate(facts, &posted(std::slice::from_ref(answer))).await;
        decide(&gate, proposed).await
    }

    async fn refusals(&self) -> Vec<(String, String)> {
        self.rows(LedgerKind::Refusal).await
    }

    async fn rows(&self, kind: LedgerKind) -> Vec<(String, String)> {
        let ledger = self.state.ledger();
        ledger.flush().await.expect("flushed");
        let filter =
            LedgerFilter { workspace: "main".into(), kind: Some(kind), ..LedgerFilter::default() };
        let page = ledger.query(&filter).await.expect("rows");
        page.entries
            .into_iter()
            .map(|entry| (entry.outcome, entry.user.unwrap_or_default()))
            .collect()
    }
}

fn facts() -> TurnFacts {
    TurnFacts { workspace: "main".into(), turn: "t".into(), user: "ada".into() }
}

fn call(id: &str, tool: &str, arguments: &str) -> ProposedCall {
    ProposedCall { id: id.into(), tool: tool.into(), arguments: arguments.into() }
}

async fn decide(gate: &Gate, call: ProposedCall) -> Decision {
    gate.authorise(vec![call]).await.expect("a decision").remove(0)
}

fn tool_part(id: &str, tool: &str, arguments: &str, approval: Value) -> Value {
    let input: Value = serde_json::from_str(arguments).expect("JSON");
    json!({"type": format!("tool-{tool}"), "toolCallId": id, "state": "approval-responded",
           "input": input, "approval": approval})
}

/// A conversation whose last message is the assistant's, with these parts in its last step.
fn posted(parts: &[Value]) -> ChatRequest {
    let mut all = vec![json!({"type": "step-start"}), json!({"type": "text", "text": "Well."})];
    all.extend(parts.iter().cloned());
    let body = json!({"messages": [
        {"id": "1", "role": "user", "parts": [{"type": "text", "text": "Rename it"}]},
        {"id": "2", "role": "assistant", "parts": all},
    ]});
    ChatRequest::parse(body.to_string().as_bytes()).expect("a request")
}

fn approved(id: &str) -> Value {
    json!({"id": id, "approved": true})
}

fn assert_refused(decision: &Decision, expected: &str) {
    match decision {
        Decision::Refused { code, .. } => assert_eq!(*code, expected),
        other => panic!("expected {expected}, got {other:?}"),
    }
}

#[tokio::test]
async fn an_approved_call_runs_and_only_once() {
    let workspace = Workspace::new().await;
    let id = workspace.ask(&facts()).await;
    let answer = tool_part("c1", "items", UPDATE, approved(&id));
    let first = workspace.answer(&facts(), &answer, call("c1", "items", UPDATE)).await;
    let Decision::Granted(grant) = first else { panic!("granted, not {first:?}") };
    assert_eq!(action(&grant), "update");
    let second = workspace.answer(&facts(), &answer, call("c1", "items", UPDATE)).await;
    assert_refused(&second, "APPROVAL_SPENT");
    assert_eq!(workspace.refusals().await, [("APPROVAL_SPENT".into(), "ada".into())]);
    assert_eq!(workspace.rows(LedgerKind::ApprovalGranted).await.len(), 1);
}

#[tokio::test]
async fn the_order_of_argument_names_is_no_difference() {
    let workspace = Workspace::new().await;
    let id = workspace.ask(&facts()).await;
    let reordered = r#"{ "data": {"title": "Hello"}, "keys": [3.0], "collection": "articles", "action": "update" }"#;
    let answer = tool_part("c1", "items", reordered, approved(&id));
    let decision = workspace.answer(&facts(), &answer, call("c1", "items", reordered)).await;
    assert!(matches!(decision, Decision::Granted(_)), "{decision:?}");
}

#[tokio::test]
async fn whatever_differs_from_what_was_signed_is_refused() {
    let other_arguments = UPDATE.replace("[3]", "[4]");
    let someone_else = TurnFacts { user: "bob".into(), ..facts() };
    let elsewhere = TurnFacts { workspace: "other".into(), ..facts() };
    let workspace = Workspace::new().await;
    let id = workspace.ask(&facts()).await;
    let tampered = format!("{}AAAA", &id[..id.len() - 4]);
    let cases = [
        ("an invented id", facts(), "apr1.AAAA.BBBB".to_owned(), call("c1", "items", UPDATE)),
        ("a tampered signature", facts(), tampered, call("c1", "items", UPDATE)),
        ("a changed argument", facts(), id.clone(), call("c1", "items", &other_arguments)),
        ("another tool call id", facts(), id.clone(), call("c2", "items", UPDATE)),
        ("another user", someone_else, id.clone(), call("c1", "items", UPDATE)),
        ("another workspace", elsewhere, id.clone(), call("c1", "items", UPDATE)),
    ];
    for (name, facts, id, proposed) in cases {
        let answer = tool_part(&proposed.id, "items", &proposed.arguments, approved(&id));
        let decision = workspace.answer(&facts, &answer, proposed).await;
        match decision {
            Decision::Refused { code, .. } => assert_eq!(code, "APPROVAL_INVALID", "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    let schema = tool_part("c1", "schema", "{}", approved(&id));
    let decision = workspace.answer(&facts(), &schema, call("c1", "schema", "{}")).await;
    assert_refused(&decision, "APPROVAL_INVALID");
    assert_eq!(workspace.refusals().await.len(), 6, "the other workspace has its row of its own");
    // None of it spent the approval: its owner can still use it.
    let answer = tool_part("c1", "items", UPDATE, approved(&id));
    let decision = workspace.answer(&facts(), &answer, call("c1", "items", UPDATE)).await;
    assert!(matches!(decision, Decision::Granted(_)), "{decision:?}");
}

#[tokio::test]
async fn a_guest_cannot_run_other_arguments_than_the_posted_ones() {
    let workspace = Workspace::new().await;
    let id = workspace.ask(&facts()).await;
    let answer = tool_part("c1", "items", UPDATE, approved(&id));
    let delete = r#"{"action":"delete","collection":"articles","keys":[3]}"#;
    let decision = workspace.answer(&facts(), &answer, call("c1", "items", delete)).await;
    assert_refused(&decision, "APPROVAL_INVALID");
}

#[tokio::test]
async fn a_denial_is_final_even_if_the_guest_never_asks() {
    let workspace = Workspace::new().await;
    let id = workspace.ask(&facts()).await;
    let denied = json!({"id": id, "approved": false, "reason": "Not on Sundays."});
    let answer = tool_part("c1", "items", UPDATE, denied);
    let gate = workspace.gate(&facts(), &posted(std::slice::from_ref(&answer))).await;
    assert_eq!(workspace.rows(LedgerKind::ApprovalDenied).await.len(), 1);
    let decision = decide(&gate, call("c1", "items", UPDATE)).await;
    match decision {
        Decision::Refused { code: "DENIED_BY_USER", message } => {
            assert_eq!(message, "Not on Sundays.");
        }
        other => panic!("{other:?}"),
    }
    let again = tool_part("c1", "items", UPDATE, approved(&id));
    let decision = workspace.answer(&facts(), &again, call("c1", "items", UPDATE)).await;
    assert_refused(&decision, "APPROVAL_SPENT");
}

#[tokio::test]
async fn an_approval_in_an_older_message_runs_nothing_and_is_on_record() {
    let workspace = Workspace::new().await;
    let id = workspace.ask(&facts()).await;
    let body = json!({"messages": [
        {"id": "1", "role": "user", "parts": [{"type": "text", "text": "Rename it"}]},
        {"id": "2", "role": "assistant", "parts": [
            {"type": "step-start"}, tool_part("c1", "items", UPDATE, approved(&id))]},
        {"id": "3", "role": "user", "parts": [{"type": "text", "text": "And now?"}]},
    ]});
    let posted = ChatRequest::parse(body.to_string().as_bytes()).expect("a request");
    let gate = workspace.gate(&facts(), &posted).await;
    assert_eq!(workspace.refusals().await, [("APPROVAL_STALE".into(), "ada".into())]);
    let decision = decide(&gate, call("c1", "items", UPDATE)).await;
    assert!(matches!(decision, Decision::ApprovalRequired { .. }), "asks anew: {decision:?}");
}

#[tokio::test]
async fn no_call_is_decided_twice_in_a_turn() {
    let workspace = Workspace::new().await;
    let rules = Rules { approvals: ApprovalMode::Writes, ..Rules::default() };
    let gate = workspace.gate_with(&facts(), &posted(&[]), rules).await;
    let read = call("c1", "items", r#"{"action":"read","collection":"articles"}"#);
    assert!(matches!(decide(&gate, read.clone()).await, Decision::Granted(_)));
    assert_refused(&decide(&gate, read).await, "FORBIDDEN");
}

#[tokio::test]
async fn twenty_answers_at_once_give_one_grant() {
    let workspace = Workspace::new().await;
    let id = workspace.ask(&facts()).await;
    let answer = tool_part("c1", "items", UPDATE, approved(&id));
    let posted = posted(std::slice::from_ref(&answer));
    let mut gates = Vec::new();
    for _ in 0..20 {
        gates.push(workspace.gate(&facts(), &posted).await);
    }
    let decisions = futures_util::future::join_all(
        gates.iter().map(|gate| decide(gate, call("c1", "items", UPDATE))),
    )
    .await;
    let granted = decisions.iter().filter(|decision| matches!(decision, Decision::Granted(_)));
    assert_eq!(granted.count(), 1);
    assert_eq!(workspace.refusals().await.len(), 19);
}

#[tokio::test]
async fn a_tool_that_is_off_or_unknown_is_refused_in_the_same_words() {
    let workspace = Workspace::new().await;
    let rules =
        Rules { user_modes: [("items".to_owned(), ToolMode::Disabled)].into(), ..Rules::default() };
    let gate = workspace.gate_with(&facts(), &posted(&[]), rules).await;
    assert!(gate.is_visible("schema") && !gate.is_visible("items"));
    for (id, tool) in [("c1", "items"), ("c2", "launch")] {
        match decide(&gate, call(id, tool, "{}")).await {
            Decision::Refused { code: "TOOL_DISABLED", message } => {
                assert_eq!(message, format!("There is no tool \"{tool}\" for you to use."));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn arguments_that_a_browser_could_change_are_refused() {
    let workspace = Workspace::new().await;
    let gate = workspace.gate(&facts(), &posted(&[])).await;
    for (id, arguments) in [
        ("c1", r#"{"action":"delete","collection":"articles","keys":[9007199254740993]}"#),
        ("c2", r#"{"action":"read","action":"delete","collection":"articles","keys":[1]}"#),
        ("c3", "[]"),
        ("c4", "{"),
    ] {
        assert_refused(&decide(&gate, call(id, "items", arguments)).await, "INVALID_PAYLOAD");
    }
}

#[tokio::test]
async fn an_approval_of_nothing_that_was_asked_is_on_record_even_if_the_guest_drops_the_call() {
    let workspace = Workspace::new().await;
    let id = workspace.ask(&facts()).await;
    for (tool, arguments) in [("items", "{}"), ("schema", UPDATE), ("items", "[]")] {
        let answer = tool_part("c1", tool, arguments, approved(&id));
        workspace.gate(&facts(), &posted(std::slice::from_ref(&answer))).await;
    }
    let expected = ("APPROVAL_INVALID".to_owned(), "ada".to_owned());
    assert_eq!(workspace.refusals().await, vec![expected; 3]);
}

fn registry() -> Rules {
    Rules { access: ToolAccess::Registry, ..Rules::default() }
}

fn execute(tool: &str, input: &str) -> String {
    format!(r#"{{"name":"{tool}","input":{input}}}"#)
}

/// Proposes a call of the registry's `execute` as `c1` and returns the approval id.
async fn ask_registry(workspace: &Workspace, arguments: &str) -> String {
    let gate = workspace.gate_with(&facts(), &posted(&[]), registry()).await;
    match decide(&gate, call("c1", EXECUTE, arguments)).await {
        Decision::ApprovalRequired { approval_id, .. } => approval_id,
        other => panic!("expected a question, got {other:?}"),
    }
}

#[tokio::test]
async fn an_approval_of_execute_is_one_of_the_tool_in_it() {
    let workspace = Workspace::new().await;
    let update = execute("items", UPDATE);
    let id = ask_registry(&workspace, &update).await;
    let answered = async |posted_input: &str, proposed: ProposedCall| {
        let answer = tool_part("c1", EXECUTE, posted_input, approved(&id));
        let gate = workspace.gate_with(&facts(), &posted(&[answer]), registry()).await;
        decide(&gate, proposed).await
    };
    // Other arguments of the same tool, and another tool with the same arguments.
    let other = execute("items", &UPDATE.replace("[3]", "[4]"));
    assert_refused(&answered(&other, call("c1", EXECUTE, &other)).await, "APPROVAL_INVALID");
    let folders = execute("folders", r#"{"action":"delete","keys":[3]}"#);
    assert_refused(&answered(&folders, call("c1", EXECUTE, &folders)).await, "TOOL_DISABLED");
    assert_refused(&answered(&update, call("c1", EXECUTE, &other)).await, "APPROVAL_INVALID");

    let Decision::Granted(grant) = answered(&update, call("c1", EXECUTE, &update)).await else {
        panic!("granted");
    };
    assert_eq!((grant.tool.as_str(), action(&grant)), ("items", "update"));
    let again = answered(&update, call("c1", EXECUTE, &update)).await;
    assert_refused(&again, "APPROVAL_SPENT");
}

#[tokio::test]
async fn modes_and_ceilings_are_those_of_the_tool_in_execute() {
    let workspace = Workspace::new().await;
    let update = execute("items", UPDATE);
    let rules = Rules { user_modes: [("items".into(), ToolMode::Disabled)].into(), ..registry() };
    let gate = workspace.gate_with(&facts(), &posted(&[]), rules).await;
    assert_refused(&decide(&gate, call("c1", EXECUTE, &update)).await, "TOOL_DISABLED");

    // An administrator's tool doesn't exist for others, and execute is no tool by itself.
    let gate = workspace.gate_with(&facts(), &posted(&[]), registry()).await;
    let flows = execute("flows", r#"{"action":"read"}"#);
    assert_refused(&decide(&gate, call("c2", EXECUTE, &flows)).await, "TOOL_DISABLED");
    let nested = execute(EXECUTE, &update);
    assert_refused(&decide(&gate, call("c3", EXECUTE, &nested)).await, "TOOL_DISABLED");
    let direct = workspace.gate(&facts(), &posted(&[])).await;
    assert_refused(&decide(&direct, call("c4", EXECUTE, &update)).await, "TOOL_DISABLED");
}

#[tokio::test]
async fn tools_of_administrators_and_of_directus_are_there_for_them_alone() {
    let workspace = Workspace::new().await;
    let decided = async |project, administrator, tool: &str, arguments: &str| {
        let rules = Rules { project, administrator, ..Rules::default() };
        let gate = workspace.gate_with(&facts(), &posted(&[]), rules).await;
        decide(&gate, call("c1", tool, arguments)).await
    };
    let read = r#"{"action":"read"}"#;
    for tool in ["flows", "operations", "collections", "fields", "relations"] {
        let refused = decided(ProjectKind::Directus, false, tool, read).await;
        assert_refused(&refused, "TOOL_DISABLED");
        let asked = decided(ProjectKind::Directus, true, tool, read).await;
        assert!(matches!(asked, Decision::ApprovalRequired { .. }), "{tool}: {asked:?}");
        let refused = decided(ProjectKind::Embedded, true, tool, read).await;
        assert_refused(&refused, "TOOL_DISABLED");
    }
    let asked = decided(ProjectKind::Directus, false, "folders", read).await;
    assert!(matches!(asked, Decision::ApprovalRequired { .. }), "{asked:?}");
    let refused = decided(ProjectKind::Embedded, false, "folders", read).await;
    assert_refused(&refused, "TOOL_DISABLED");
}
