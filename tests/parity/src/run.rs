//! Runs cases on both sides and compares.

use std::{collections::BTreeMap, time::Instant};

use serde_json::Value;

use crate::{
    answer::{Answer, same},
    case::{Case, Matrix},
    directus::Directus,
    embedded::Embedded,
    error::ParityError,
    generate::{self, CASES_PER_MATRIX, Rules},
    known::known,
};

/// Which cases.
#[derive(Debug, Clone, Copy)]
pub struct Cases {
    /// Seed.
    pub seed: u64,
    /// Number of the first.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// How rich the matrices are.
    pub rules: Rules,
}

/// A case that differs.
#[derive(Debug)]
pub struct Difference {
    /// The case.
    pub case: Case,
    /// What Directus answered.
    pub directus: Answer,
    /// What the embedded project answered.
    pub embedded: Answer,
    /// Items afterwards, where they differ: collection by collection, Directus's first.
    pub items: Option<(Value, Value)>,
}

/// What a run found.
#[derive(Debug, Default)]
pub struct Report {
    /// Cases that ran.
    pub cases: u64,
    /// Cases by what they did and how it ended, as a sign of what the generator covers.
    pub outcomes: BTreeMap<String, u64>,
    /// Cases by known difference.
    pub known: BTreeMap<&'static str, u64>,
    /// All others that differ.
    pub differences: Vec<Difference>,
}

/// Both sides.
pub struct Sides {
    /// The real one.
    pub directus: Directus,
    /// Ours.
    pub embedded: Embedded,
}

impl Sides {
    /// Starts both.
    pub async fn start(version: &str) -> Result<Self, ParityError> {
        Ok(Self { directus: Directus::start(version).await?, embedded: Embedded::create().await? })
    }

    /// Runs cases.
    pub async fn run(&mut self, cases: Cases) -> Result<Report, ParityError> {
        let mut report = Report::default();
        let started = Instant::now();
        let mut number = cases.first;
        let end = cases.first + cases.count;
        let mut said = 0;
        while number < end {
            let matrix = generate::matrix(cases.seed, number, cases.rules);
            self.permit(&matrix).await?;
            let next = end.min((number / CASES_PER_MATRIX + 1) * CASES_PER_MATRIX);
            let of_matrix: Vec<Case> =
                (number..next).map(|number| generate::case(cases.seed, number, &matrix)).collect();
            for case in of_matrix {
                self.one(&matrix, case, &mut report).await?;
            }
            number = next;
            let seconds = started.elapsed().as_secs();
            if seconds >= said + 10 {
                said = seconds;
                eprintln!(
                    "parity: {} of {} cases, {} differences, {seconds} s",
                    report.cases,
                    cases.count,
                    report.differences.len()
                );
            }
        }
        Ok(report)
    }

    async fn permit(&mut self, matrix: &Matrix) -> Result<(), ParityError> {
        self.directus.permit(matrix).await?;
        self.embedded.permit(matrix).await?;
        self.restore().await
    }

    async fn restore(&mut self) -> Result<(), ParityError> {
        self.directus.restore().await?;
        self.embedded.restore().await?;
        Ok(())
    }

    async fn one(
        &mut self,
        matrix: &Matrix,
        case: Case,
        report: &mut Report) -> Result<(), ParityError> {
        let (directus, embedded) = tokio::join!(self.directus.run(&case), self.embedded.run(&case));
        let directus = directus?.normalised(case.ordered);
        let embedded = embedded?.normalised(case.ordered);
        let mut items = None;
        if !case.is_read() {
            if self.directus.changed().await? || self.embedded.changed().await? {
                items = self.items_differ().await?;
            }
            self.restore().await?;
        }
        report.cases += 1;
        *report.outcomes.entry(outcome(&case, &directus)).or_default() += 1;
        if directus == embedded && items.is_none() {
            return Ok(());
        }
        match known(matrix, &case, &directus, &embedded) {
            Some(known) if items.is_none() => *report.known.entry(known.name).or_default() += 1,
            _ => report.differences.push(Difference { case, directus, embedded, items }),
        }
        Ok(())
    }

    async fn items_differ(&self) -> Result<Option<(Value, Value)>, ParityError> {
        let (theirs, ours) = tokio::join!(self.directus.items(), self.embedded.items());
        for (theirs, ours) in theirs?.into_iter().zip(ours?) {
            let sides = [theirs, ours].map(|items| Answer::Data(items).normalised(true));
            if let [Answer::Data(theirs), Answer::Data(ours)] = sides
                && !same(&theirs, &ours)
            {
                return Ok(Some((theirs, ours)));
            }
        }
        Ok(None)
    }
}

fn outcome(case: &Case, answer: &Answer) -> String {
    let act = format!("{:?}", case.act);
    let act = act.split([' ', '{']).next().unwrap_or_default();
    match answer {
        Answer::Data(Value::Array(rows)) if rows.is_empty() => format!("{act}: no rows"),
        Answer::Data(_) => format!("{act}: rows"),
        Answer::Nothing => format!("{act}: done"),
        Answer::Refused { code, .. } => format!("{act}: {code}"),
    }
}
