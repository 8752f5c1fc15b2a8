//! The embedded project answers like a real Directus.
//!
//! By default a fixed seed and number of cases. With the environment:
//! - `PARITY_SEED=7 PARITY_CASES=50000` for others, `PARITY_FIRST` for those from a number on,
//! - `PARITY_PAIRS=1` for one server instead of two beside each other.
//!
//! One case alone, with everything about it:
//! `PARITY_CASE=1:4711 cargo test -p palisade-parity directus_11 -- --nocapture`

#![expect(clippy::expect_used, reason = "a run that can't be carried out is a failed test")]

use std::fmt::Write as _;

use palisade_parity::{
    generate::{self, Rules},
    pinned::pinned,
    run::{self, Cases, Difference, Report, Sides},
};
use serde_json::Value;

const SEED: u64 = 1;
const CASES: u64 = 10_000;
/// Without a licence Directus 12 takes no rules, so there is less to tell apart.
const CASES_12: u64 = 1_000;
/// Directus servers beside each other, each with an embedded project of its own.
const PAIRS: u64 = 2;
/// Differences that a failure shows in full.
const SHOWN: usize = 40;

#[expect(clippy::disallowed_methods, reason = "a test's own settings")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn number(name: &str, default: u64) -> u64 {
    setting(name).map_or(default, |text| text.parse().expect("a number"))
}

fn cases(rules: Rules, count: u64) -> (Cases, bool) {
    if let Some(one) = setting("PARITY_CASE") {
        let (seed, first) = one.split_once(':').expect("seed:number");
        let seed = seed.parse().expect("a seed");
        let first = first.parse().expect("a number");
        return (Cases { seed, first, count: 1, rules }, true);
    }
    let first = number("PARITY_FIRST", 0);
    (
        Cases {
            seed: number("PARITY_SEED", SEED),
            first,
            count: number("PARITY_CASES", count),
            rules,
        },
        false,
    )
}

fn told(difference: &Difference, cases: Cases) -> String {
    let Cases { seed, rules, .. } = cases;
    let Difference { case, directus, embedded, items } = difference;
    let mut text = format!(
        "--- PARITY_CASE={seed}:{} {:?} {} {:?} {}\n  directus: {directus:?}\n  embedded: {embedded:?}\n",
        case.number, case.caller, case.collection, case.act, case.query
    );
    let matrix = generate::matrix(seed, case.number, rules);
    let policies = matrix.policies_of(case.caller);
    if policies.iter().any(|policy| matrix.policies[*policy].admin) {
        text.push_str("  the caller is an administrator\n");
    }
    for one in matrix.permissions.iter().filter(|one| policies.contains(&one.policy)) {
        let json = |value: &Option<Value>| value.clone().unwrap_or_default().to_string();
        writeln!(
            text,
            "  {} {} {} {:?} rule {} validation {} presets {}",
            one.policy,
            one.action,
            one.collection,
            one.fields.as_deref().unwrap_or_default().join(","),
            json(&one.rule),
            json(&one.validation),
            json(&one.presets)
        )
        .expect("text");
    }
    if let Some((theirs, ours)) = items {
        let rows = |value: &Value| value.as_array().cloned().unwrap_or_default();
        for row in rows(theirs).iter().filter(|row| !rows(ours).contains(row)) {
            writeln!(text, "  only in directus: {row}").expect("text");
        }
        for row in rows(ours).iter().filter(|row| !rows(theirs).contains(row)) {
            writeln!(text, "  only in embedded: {row}").expect("text");
        }
    }
    text
}

async fn hold(version: &str, rules: Rules, count: u64) {
    let (cases, one) = cases(rules, count);
    println!("parity with Directus {version}: seed {}, {} cases", cases.seed, cases.count);
    let started = std::time::Instant::now();
    let pairs = if one { 1 } else { number("PARITY_PAIRS", PAIRS) };
    let report = run::run(version, cases, pairs).await.expect("the cases run");
    if one {
        let matrix = generate::matrix(cases.seed, cases.first, rules);
        println!("{:#?}\n{:#?}", matrix, generate::case(cases.seed, cases.first, &matrix));
    }
    judge(version, cases, &report, started.elapsed().as_secs());
}

fn judge(version: &str, cases: Cases, report: &Report, seconds: u64) {
    for (outcome, count) in &report.outcomes {
        println!("  {count:6}  {outcome}");
    }
    for (name, count) in &report.known {
        println!("  {count:6}  known difference: {name}");
    }
    println!(
        "parity with Directus {version}: seed {}, {} cases, {} differences, {seconds} s",
        cases.seed,
        report.cases,
        report.differences.len()
    );
    let shown: String = report.differences.iter().take(SHOWN).map(|one| told(one, cases)).collect();
    assert!(
        report.differences.is_empty(),
        "{} of {} cases differ; rerun one with\n  PARITY_CASE=seed:number cargo test -p \
         palisade-parity directus_{} -- --nocapture\n{shown}",
        report.differences.len(),
        report.cases,
        version.split('.').next().unwrap_or_default(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_that_are_meant_are_these() {
    let mut sides = Sides::start("11.17.4").await.expect("both sides start");
    let mut wrong = String::new();
    for one in pinned() {
        let (matrix, case) = (one.matrix(), one.case());
        let answers = sides.answers(&matrix, &case).await.expect("the case runs");
        let (directus, embedded) = (answers.0.brief(), answers.1.brief());
        if (directus.as_str(), embedded.as_str()) != (one.directus, one.embedded) {
            writeln!(
                wrong,
                "--- {}\n{case:?}\n  directus: {directus}\n  embedded: {embedded}",
                one.reason
            )
            .expect("text");
        }
    }
    sides.stop().await.expect("Directus stops");
    assert!(wrong.is_empty(), "differences are not as `pinned` has them:\n{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_collections_are_as_in_directus_12() {
    hold("12.4.0", Rules::Collections, CASES_12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_fields_presets_and_validation_are_those_of_directus_11() {
    hold("11.17.4", Rules::Full, CASES).await;
}
