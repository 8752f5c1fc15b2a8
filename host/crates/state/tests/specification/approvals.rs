//! An approval is bound to one call and spent once.

use std::time::Duration;

use jiff::Timestamp;
use palisade_state::{
    Answer, ApprovalAuthority, ApprovalRefusal, Binding, CanonicalArguments, VALIDITY,
    approval_reference,
};
use proptest::prelude::*;

use crate::Installation;

fn arguments(text: &str) -> CanonicalArguments {
    CanonicalArguments::parse(text).expect("arguments")
}

fn binding(arguments: &CanonicalArguments) -> Binding<'_> {
    Binding {
        user: "alice",
        workspace: "main",
        tool: "items-update",
        tool_call_id: "call_1",
        arguments,
    }
}

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + milliseconds).expect("in range")
}

const NOW: i64 = 0;
const MINUTE: i64 = 60_000;

async fn code(
    authority: &ApprovalAuthority,
    id: &str,
    binding: &Binding<'_>,
    answer: Answer,
    now: Timestamp,
) -> &'static str {
    authority.redeem(id, binding, answer, now).await.expect_err("refused").code()
}

#[tokio::test]
async fn an_approval_is_accepted_once() {
    let installation = Installation::new();
    let state = installation.open().await;
    let authority = state.approvals();
    let arguments = arguments(r#"{"collection":"articles","keys":[1]}"#);
    let binding = binding(&arguments);
    let id = authority.issue(&binding, at(NOW)).expect("issued");
    assert!(id.len() <= 96, "{id}");
    assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{id}");
    let redeemed =
        authority.redeem(&id, &binding, Answer::Approved, at(MINUTE)).await.expect("accepted");
    assert_eq!(redeemed.answer, Answer::Approved);
    assert!(id.starts_with(&redeemed.reference) && redeemed.reference.len() < id.len() - 40);
    for answer in [Answer::Approved, Answer::Denied] {
        assert_eq!(code(authority, &id, &binding, answer, at(MINUTE)).await, "APPROVAL_SPENT");
    }
}

#[tokio::test]
async fn a_denial_is_final() {
    let installation = Installation::new();
    let state = installation.open().await;
    let authority = state.approvals();
    let arguments = arguments("{}");
    let binding = binding(&arguments);
    let id = authority.issue(&binding, at(NOW)).expect("issued");
    let redeemed = authority.redeem(&id, &binding, Answer::Denied, at(1)).await.expect("accepted");
    assert_eq!(redeemed.answer, Answer::Denied);
    assert_eq!(code(authority, &id, &binding, Answer::Approved, at(2)).await, "APPROVAL_SPENT");
}

#[tokio::test]
async fn an_answer_also_spends_what_was_asked_before_for_the_same_call() {
    let installation = Installation::new();
    let state = installation.open().await;
    let authority = state.approvals();
    let arguments = arguments("{}");
    let binding = binding(&arguments);
    for answer in [Answer::Denied, Answer::Approved] {
        let start = if answer == Answer::Denied { 0 } else { MINUTE };
        let first = authority.issue(&binding, at(start)).expect("issued");
        let second = authority.issue(&binding, at(start + 1)).expect("issued");
        authority.redeem(&first, &binding, answer, at(start + 2)).await.expect("accepted");
        assert_eq!(
            code(authority, &second, &binding, Answer::Approved, at(start + 3)).await,
            "APPROVAL_SPENT"
        );
    }
    // Another call is another question, and so is the same call asked for again later.
    let other = Binding { tool_call_id: "call_2", ..binding };
    let id = authority.issue(&other, at(0)).expect("issued");
    authority.redeem(&id, &other, Answer::Approved, at(MINUTE + 5)).await.expect("accepted");
    let id = authority.issue(&binding, at(2 * MINUTE)).expect("issued");
    authority.redeem(&id, &binding, Answer::Approved, at(2 * MINUTE)).await.expect("accepted");
}

#[tokio::test]
async fn whatever_differs_the_answer_is_refused_and_the_approval_stays_unspent() {
    let installation = Installation::new();
    let state = installation.open().await;
    let authority = state.approvals();
    let approved = arguments(r#"{"keys":[1]}"#);
    let others =
        [r#"{"keys":[2]}"#, r#"{"keys":["1"]}"#, r#"{"keys":[1],"x":null}"#, "{}"].map(arguments);
    let binding = binding(&approved);
    let id = authority.issue(&binding, at(NOW)).expect("issued");
    let mut forged = vec![
        Binding { user: "bob", ..binding },
        Binding { user: "", ..binding },
        Binding { workspace: "other", ..binding },
        Binding { tool: "items-delete", ..binding },
        Binding { tool_call_id: "call_2", ..binding },
        // The same characters, split differently.
        Binding { user: "alicem", workspace: "ain", ..binding },
        Binding { tool: "items-updatecall", tool_call_id: "_1", ..binding },
        Binding { tool: "call_1", tool_call_id: "items-update", ..binding },
    ];
    forged.extend(others.iter().map(|arguments| Binding { arguments, ..binding }));
    for forged in &forged {
        for answer in [Answer::Approved, Answer::Denied] {
            assert_eq!(
                code(authority, &id, forged, answer, at(1)).await,
                "APPROVAL_INVALID",
                "{forged:?}"
            );
        }
    }
    // The same arguments in another spelling are the same arguments.
    let spelled = arguments(" { \"keys\" : [ 1.0 ] } ");
    let same = Binding { arguments: &spelled, ..binding };
    authority.redeem(&id, &same, Answer::Approved, at(1)).await.expect("accepted");
}

#[tokio::test]
async fn every_changed_character_of_an_id_is_noticed() {
    let installation = Installation::new();
    let state = installation.open().await;
    let authority = state.approvals();
    let arguments = arguments("{}");
    let binding = binding(&arguments);
    let id = authority.issue(&binding, at(NOW)).expect("issued");
    for index in 0..id.len() {
        for replacement in ["A", "b", "_", ".", ""] {
            let changed = format!("{}{replacement}{}", &id[..index], &id[index + 1..]);
            if changed != id {
                assert_eq!(
                    code(authority, &changed, &binding, Answer::Approved, at(1)).await,
                    "APPROVAL_INVALID",
                    "{changed}"
                );
            }
        }
    }
    let (reference, _) = id.rsplit_once('.').expect("signature");
    for forged in [
        "",
        "apr1",
        "apr1..",
        reference,
        &format!("{reference}."),
        &format!("{id}="),
        &format!("{id}.x"),
    ] {
        assert_eq!(
            code(authority, forged, &binding, Answer::Approved, at(1)).await,
            "APPROVAL_INVALID"
        );
    }
    authority.redeem(&id, &binding, Answer::Approved, at(1)).await.expect("still unspent");
}

#[tokio::test]
async fn an_approval_expires_after_15_minutes() {
    let installation = Installation::new();
    let state = installation.open().await;
    let authority = state.approvals();
    let arguments = arguments("{}");
    let binding = binding(&arguments);
    assert_eq!(VALIDITY, Duration::from_secs(900));
    let id = authority.issue(&binding, at(NOW)).expect("issued");
    for answer in [Answer::Approved, Answer::Denied] {
        assert_eq!(
            code(authority, &id, &binding, answer, at(15 * MINUTE)).await,
            "APPROVAL_EXPIRED"
        );
    }
    authority
        .redeem(&id, &binding, Answer::Approved, at(15 * MINUTE - 1))
        .await
        .expect("accepted at the last moment");
}

#[tokio::test]
async fn an_approval_of_another_installation_is_refused() {
    let (here, elsewhere) = (Installation::new(), Installation::new());
    let (first, second) = (here.open().await, elsewhere.open().await);
    let arguments = arguments("{}");
    let binding = binding(&arguments);
    let id = first.approvals().issue(&binding, at(NOW)).expect("issued");
    let refused = code(second.approvals(), &id, &binding, Answer::Approved, at(1)).await;
    assert_eq!(refused, "APPROVAL_INVALID");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_20_answers_at_the_same_time_on_two_hosts_one_wins() {
    let installation = Installation::new();
    let hosts = [installation.open().await, installation.open().await];
    for round in 0..5 {
        let arguments = arguments(&format!("{{\"round\":{round}}}"));
        let id = hosts[0].approvals().issue(&binding(&arguments), at(NOW)).expect("issued");
        let answers: Vec<_> = (0..20)
            .map(|number| {
                let authority = hosts[number % 2].approvals().clone();
                let (id, arguments) = (id.clone(), arguments.clone());
                let answer = if number % 3 == 0 { Answer::Denied } else { Answer::Approved };
                tokio::spawn(async move {
                    authority.redeem(&id, &binding(&arguments), answer, at(1)).await
                })
            })
            .collect();
        let mut accepted = 0;
        for answer in answers {
            match answer.await.expect("no panic") {
                Ok(_) => accepted += 1,
                Err(ApprovalRefusal::Spent) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!(accepted, 1);
    }
}

#[tokio::test]
async fn a_spent_approval_stays_spent_after_a_restart_and_a_rotation() {
    let installation = Installation::new();
    let state = installation.open().await;
    let arguments = arguments("{}");
    let binding = binding(&arguments);
    let id = state.approvals().issue(&binding, at(NOW)).expect("issued");
    let unanswered = {
        let binding = Binding { tool_call_id: "call_2", ..binding };
        state.approvals().issue(&binding, at(NOW)).expect("issued")
    };
    state.approvals().redeem(&id, &binding, Answer::Approved, at(1)).await.expect("accepted");
    let new = palisade_state::MasterKey::generate().expect("key");
    state.rotate_master(new).await.expect("rotated");
    state.close().await.expect("closed");

    let state = installation.open().await;
    let authority = state.approvals();
    assert_eq!(code(authority, &id, &binding, Answer::Approved, at(2)).await, "APPROVAL_SPENT");
    let binding = Binding { tool_call_id: "call_2", ..binding };
    authority.redeem(&unanswered, &binding, Answer::Approved, at(2)).await.expect("accepted");
}

#[tokio::test]
async fn when_the_answer_cannot_be_recorded_the_call_does_not_run() {
    let installation = Installation::new();
    let state = installation.open().await;
    let arguments = arguments("{}");
    let binding = binding(&arguments);
    let id = state.approvals().issue(&binding, at(NOW)).expect("issued");
    state.close().await.expect("closed");
    assert_eq!(
        code(state.approvals(), &id, &binding, Answer::Approved, at(1)).await,
        "SERVICE_UNAVAILABLE"
    );
}

#[tokio::test]
async fn long_expired_answers_are_forgotten_and_recent_ones_are_not() {
    let installation = Installation::new();
    let state = installation.open().await;
    let authority = state.approvals();
    let answer = async |call: usize, milliseconds: i64| {
        let arguments = arguments(&format!("{{\"call\":{call}}}"));
        let binding = binding(&arguments);
        let id = authority.issue(&binding, at(milliseconds)).expect("issued");
        authority
            .redeem(&id, &binding, Answer::Approved, at(milliseconds))
            .await
            .expect("accepted");
        id
    };
    for call in 0..100 {
        answer(call, 0).await;
    }
    // Expired, but not for so long that every host's clock agrees.
    let recent = answer(100, 3 * 60 * MINUTE - 20 * MINUTE).await;
    for call in 101..200 {
        answer(call, 3 * 60 * MINUTE).await;
    }
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM palisade_approvals")
        .fetch_one(&mut installation.sql().await)
        .await
        .expect("counted");
    assert_eq!(left, 100);
    let arguments = arguments("{\"call\":100}");
    let refused =
        authority.redeem(&recent, &binding(&arguments), Answer::Approved, at(160 * MINUTE)).await;
    assert!(matches!(refused, Err(ApprovalRefusal::Spent)), "{refused:?}");
}

#[test]
fn a_reference_leaves_the_signature_out() {
    for text in ["", "apr1", "apr1.x.y", "apr2.AAAA.BBBB", "something else"] {
        assert_eq!(approval_reference(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_passes_for_a_reference_with_a_signature(text: String) {
        if let Some(reference) = approval_reference(&format!("apr1.{text}")) {
            prop_assert!(reference.matches('.').count() == 1);
        }
    }
}
