//! What the office sees in the morning: is the bank complete, what came in, what needs a person.

use super::coverage::{self, Covered};
use super::fee_words::{lags, since};
use super::terms::{self, OnTime};
use super::{EngineError, Office, review};
use crate::dunning::order_by::Lags;
use crate::store::alerts::AlertRow;
use crate::store::cases::CaseRow;
use crate::store::jobs::JobRow;
use crate::store::today::{CreditedRow, DueRow, MessagesRow, OpenRow};
use crate::store::{StoreError, Tx};
use chrono::{Days, NaiveDate};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The chart of money reaches so many days back, and due dates as many ahead.
const CHART_DAYS: u64 = 41;
const AHEAD_DAYS: u64 = 14;
/// Open money is aged by days past the due date: up to a week, a month, a quarter, and longer.
const AGES: [u64; 3] = [7, 30, 90];

/// The morning.
#[derive(Debug, Clone)]
pub struct Today {
    /// The day.
    pub today: NaiveDate,
    /// The bank accounts.
    pub accounts: Vec<Account>,
    /// The days of the chart, oldest first.
    pub days: Vec<NaiveDate>,
    /// Money that came in on them.
    pub credited: Vec<CreditedRow>,
    /// What falls due on them, and shortly behind.
    pub due: Vec<DueRow>,
    /// What is open, by age.
    pub open: Vec<OpenRow>,
    /// Entries of which a person has to tell whose they are.
    pub in_review: usize,
    /// Statements that wait or contradict others.
    pub held_statements: i64,
    /// How many students the last run held back.
    pub held_students: usize,
    /// By which interlock, and how many by each, the most frequent first; some by several.
    pub held_by: Vec<(String, usize)>,
    /// Messages that are not at their end.
    pub messages: Vec<MessagesRow>,
    /// Open cases.
    pub cases: Vec<CaseRow>,
    /// Decisions that wait for a second person.
    pub second: usize,
    /// Whether today's reminders wait for a second person.
    pub mass_mail: bool,
    /// How long transfers took lately from order to credit.
    pub lags: Lags,
    /// How many fees were settled by their due date: this term, and the one before.
    pub on_time: Vec<OnTime>,
    /// What does not happen as it should.
    pub alerts: Vec<AlertRow>,
    /// Jobs of which the last run did not come to its end, or waits for a person.
    pub jobs: Vec<JobRow>,
}

/// A bank account in the morning.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its name in the configuration; the number where it has none.
    pub name: String,
    /// How far its statements reach.
    pub covered: Covered,
    /// The bank day through which they should reach: the one before today.
    pub expected: NaiveDate,
}

impl Account {
    /// Whether every statement that should be here is.
    pub fn is_complete(&self) -> bool {
        let reaches = |through: NaiveDate| self.expected <= through;
        self.covered.coverage.through.is_some_and(reaches) && !self.has_gap()
    }

    /// Whether statements are missing between others.
    pub fn has_gap(&self) -> bool {
        self.covered.coverage.gaps.iter().any(|gap| !gap.accepted)
    }
}

/// Looks at everything.
pub async fn look(office: &Office) -> Result<Today, EngineError> {
    let today = office.now.today;
    let back = |days: u64| today.checked_sub_days(Days::new(days)).unwrap_or(today);
    let first = back(CHART_DAYS);
    let last = today.checked_add_days(Days::new(AHEAD_DAYS));
    let mut tx = office.db.read().await?;
    let accounts = coverage::all_in(&mut tx, office).await?;
    let in_review = review::count(&mut tx, office).await?;
    let (held_students, held_by) = held_back(&mut tx).await?;
    let seen = Today {
        today,
        accounts: accounts
            .into_iter()
            .map(|covered| account(office, covered))
            .collect(),
        days: first.iter_days().take_while(|day| *day <= today).collect(),
        credited: tx.credited(first, today).await?,
        due: tx.due(first, last.unwrap_or(today)).await?,
        open: tx.open_by_age(today, AGES.map(back)).await?,
        in_review,
        held_statements: tx.held_statements().await?,
        held_students,
        held_by,
        messages: tx.unfinished_messages().await?,
        cases: tx.open_cases().await?,
        second: waiting_decisions(&mut tx).await?,
        lags: lags(tx.all_lags(since(today)).await?).together(),
        on_time: terms::on_time(&mut tx, today).await?,
        alerts: tx.open_alerts().await?,
        jobs: unwell_jobs(&mut tx).await?,
        mass_mail: tx.asked_mass_mail(today).await?.is_some(),
    };
    tx.rollback().await?;
    Ok(seen)
}

fn account(office: &Office, covered: Covered) -> Account {
    let known = super::reading::bank_account(office, &covered.iban);
    Account {
        name: known.map_or_else(|| covered.iban.clone(), |known| known.name.clone()),
        expected: coverage::expected(office, &covered.iban),
        covered,
    }
}

/// How many students the last run held back, and how many by each interlock.
async fn held_back(tx: &mut Tx) -> Result<(usize, Vec<(String, usize)>), StoreError> {
    let mut students: BTreeSet<i64> = BTreeSet::new();
    let mut by: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for row in tx.held_students().await? {
        students.insert(row.person_id);
        by.entry(row.interlock).or_default().insert(row.person_id);
    }
    let by = by.into_iter().map(|(kind, held)| (kind, held.len()));
    let mut by: Vec<(String, usize)> = by.collect();
    by.sort_by_key(|(_, count)| Reverse(*count));
    Ok((students.len(), by))
}

async fn unwell_jobs(tx: &mut Tx) -> Result<Vec<JobRow>, StoreError> {
    let mut jobs = tx.jobs().await?;
    jobs.retain(|job| matches!(job.outcome.as_str(), "attention" | "refused" | "failed"));
    Ok(jobs)
}

async fn waiting_decisions(tx: &mut Tx) -> Result<usize, StoreError> {
    let all = tx.decisions().await?.into_iter();
    let waits = all.filter(|row| row.revoked_by.is_none() && !row.is_fact());
    Ok(waits.count())
}
