//! Runs cases on both sides and compares.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

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

/// Seconds between lines of progress.
const PROGRESS: u64 = 10;

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
    /// Items afterwards of a collection where they differ, Directus's first.
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

impl Report {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.differences.extend(other.differences);
        for (outcome, count) in other.outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        for (name, count) in other.known {
            *self.known.entry(name).or_default() += count;
        }
        self.differences.sort_by_key(|difference| difference.case.number);
    }
}

/// Runs cases on so many pairs of a Directus and an embedded project, matrix by matrix.
pub async fn run(version: &str, cases: Cases, pairs: u64) -> Result<Report, ParityError> {
    let progress = Arc::new(Progress { started: Instant::now(), done: 0.into(), said: 0.into() });
    let mut workers = tokio::task::JoinSet::new();
    for pair in 0..pairs {
        let (version, progress) = (version.to_owned(), Arc::clone(&progress));
        workers.spawn(async move {
            let mut sides = Sides::start(&version).await?;
            let report = sides.run(cases, pair, pairs, &progress).await;
            sides.directus.stop().await?;
            report
        });
    }
    let mut report = Report::default();
    for part in workers.join_all().await {
        report.add(part?);
    }
    Ok(report)
}

struct Progress {
    started: Instant,
    done: AtomicU64,
    said: AtomicU64,
}

impl Progress {
    fn advance(&self, count: u64) {
        let done = self.done.fetch_add(count, Ordering::Relaxed) + count;
        let seconds = self.started.elapsed().as_secs();
        let said = self.said.load(Ordering::Relaxed);
        let again = seconds >= said + PROGRESS;
        let first = || {
            let order = Ordering::Relaxed;
            self.said.compare_exchange(said, seconds, order, order).is_ok()
        };
        if again && first() {
            eprintln!("parity: {done} cases in {seconds} s");
        }
    }
}

/// A Directus and an embedded project with the same contents.
pub struct Sides {
    directus: Directus,
    embedded: Embedded,
}

impl Sides {
    /// Starts both.
    pub async fn start(version: &str) -> Result<Self, ParityError> {
        Ok(Self { directus: Directus::start(version).await?, embedded: Embedded::create().await? })
    }

    /// Runs every `pairs`-th matrix.
    async fn run(
        &mut self,
        cases: Cases,
        pair: u64,
        pairs: u64,
        progress: &Progress,
    ) -> Result<Report, ParityError> {
        let mut report = Report::default();
        let end = cases.first + cases.count;
        let mut number = cases.first;
        while number < end {
            let next = end.min((number / CASES_PER_MATRIX + 1) * CASES_PER_MATRIX);
            if (number / CASES_PER_MATRIX) % pairs == pair {
                let matrix = generate::matrix(cases.seed, number, cases.rules);
                self.directus.permit(&matrix).await?;
                self.embedded.permit(&matrix).await?;
                for number in number..next {
                    let case = generate::case(cases.seed, number, &matrix);
                    self.one(&matrix, case, &mut report).await?;
                }
                progress.advance(next - number);
            }
            number = next;
        }
        Ok(report)
    }

    /// Both answers to one case on a matrix, Directus's first. What it changes is undone.
    pub async fn answers(
        &mut self,
        matrix: &Matrix,
        case: &Case,
    ) -> Result<(Answer, Answer), ParityError> {
        self.directus.permit(matrix).await?;
        self.embedded.permit(matrix).await?;
        let (directus, embedded) = (self.directus.run(case).await?, self.embedded.run(case).await?);
        self.undo().await?;
        Ok((directus, embedded))
    }

    /// Stops Directus.
    pub async fn stop(self) -> Result<(), ParityError> {
        self.directus.stop().await
    }

    async fn one(
        &mut self,
        matrix: &Matrix,
        case: Case,
        report: &mut Report,
    ) -> Result<(), ParityError> {
        let (directus, embedded) = tokio::join!(self.directus.run(&case), self.embedded.run(&case));
        let directus = directus?.normalised(case.ordered);
        let embedded = embedded?.normalised(case.ordered);
        let items = if case.is_read() { None } else { self.undo().await? };
        report.cases += 1;
        *report.outcomes.entry(outcome(&case, &directus)).or_default() += 1;
        if agree(&case, &directus, &embedded) && items.is_none() {
            return Ok(());
        }
        match known(matrix, &case, &directus, &embedded) {
            Some(known) if items.is_none() || known.writes => {
                *report.known.entry(known.name).or_default() += 1
            }
            _ => report.differences.push(Difference { case, directus, embedded, items }),
        }
        Ok(())
    }

    /// Puts all items back, and gives those of a collection where the sides differ before.
    async fn undo(&mut self) -> Result<Option<(Value, Value)>, ParityError> {
        let mut changed = self.directus.changed().await?;
        changed.extend(self.embedded.changed().await?);
        changed.sort_unstable();
        changed.dedup();
        let mut differing = None;
        for collection in &changed {
            let theirs = Answer::Data(self.directus.items(collection).await?).normalised(true);
            let ours = Answer::Data(self.embedded.items(collection).await?).normalised(true);
            if let (Answer::Data(theirs), Answer::Data(ours)) = (theirs, ours)
                && !same(&theirs, &ours)
            {
                differing = Some((theirs, ours));
            }
        }
        self.directus.restore(&changed).await?;
        self.embedded.restore(&changed).await?;
        Ok(differing)
    }
}

/// Whether answers are equal. A write of no items at all has nothing to show, with or without a body.
fn agree(case: &Case, directus: &Answer, embedded: &Answer) -> bool {
    let nothing = |answer: &Answer| match answer {
        Answer::Data(data) => data.as_array().is_some_and(Vec::is_empty),
        Answer::Nothing => true,
        Answer::Refused { .. } => false,
    };
    directus == embedded || (!case.is_read() && nothing(directus) && nothing(embedded))
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
