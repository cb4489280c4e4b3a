//! Settle: students whose facts changed are folded again, and the difference to what is booked is
//! appended.
//!
//! At most [`BATCH`] students a transaction: lock, read their facts, fold, write the difference,
//! take the marks away. Marks survive a crash; whoever starts next goes on. A mark that is set
//! while its student is being settled is another row and stays.

use super::collide::retrying;
use super::facts::{self, Group};
use super::{EngineError, Office, coverage, first_open, kill, policy_book, recording};
use crate::policy::PolicyBook;
use crate::settlement::facts::Facts;
use crate::settlement::fold::fold;
use crate::settlement::state::{Closing, Held, ItemNo, Origin, State};
use crate::store::books::{BookedRow, HeldLotRow, PositionRow};
use crate::store::growth::Growth;
use crate::store::{Rows, StoreError, Tx};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Refused while accounts wait to be settled or a statement is being recorded: what they say of who
/// owes is not what is known.
pub(super) async fn must_be_done(tx: &mut Tx) -> Result<(), EngineError> {
    recording::must_be_done(tx).await?;
    let waiting = tx.mark_count().await?;
    if waiting == 0 {
        return Ok(());
    }
    Err(EngineError::refused(format!(
        "{waiting} account(s) wait to be settled; `kwestura import` settles them"
    )))
}

/// Students in one transaction: a clerk's click never waits longer than their folding.
pub const BATCH: i64 = 200;

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settled {
    /// Students folded.
    pub students: usize,
    /// Rows appended to the journal.
    pub postings: usize,
}

/// Settles all marked students; `progress` hears how many are done and how many were waiting.
pub async fn run(
    office: &Office,
    mut progress: impl FnMut(usize, usize),
) -> Result<Settled, EngineError> {
    let mut settled = Settled::default();
    let mut tx = office.db.read().await?;
    let waiting = usize::try_from(tx.mark_count().await?).unwrap_or(usize::MAX);
    tx.rollback().await?;
    let mut growth = Growth::default();
    while let Some(batch) = retrying(|| batch(office)).await? {
        growth.by(batch.postings, &office.db).await?;
        settled.students += batch.students;
        settled.postings += batch.postings;
        progress(settled.students, waiting.max(settled.students));
    }
    Ok(settled)
}

/// Settles up to [`BATCH`] marked students; nothing where none is marked.
async fn batch(office: &Office) -> Result<Option<Settled>, EngineError> {
    let mut tx = office.db.write().await?;
    let book = policy_book(&mut tx, &office.config, i64::MAX).await?;
    if book.tolerance_max() > 0 {
        // Whoever records a statement marks those whom the tolerance now reaches, by what is booked
        // of them. Recorded while they are being settled, it would look at what is just changing.
        tx.lock_bank_accounts().await?;
    }
    // Read after the marks are: a mark is never taken away on older knowledge than set it.
    let marks = tx.marks(BATCH).await?;
    if marks.is_empty() {
        tx.rollback().await?;
        return Ok(None);
    }
    let marked: BTreeSet<i64> = marks.iter().map(|mark| mark.person_id).collect();
    let marked: Vec<i64> = marked.into_iter().collect();
    let postings = settle(office, &mut tx, &marked).await?;
    tx.unmark(&marks.iter().map(|mark| mark.seq).collect::<Vec<i64>>())
        .await?;
    kill::point("settle.before-commit");
    tx.commit().await?;
    kill::point("settle.committed");
    let students = marked.len();
    Ok(Some(Settled { students, postings }))
}

/// Folds students and writes the difference, inside a transaction.
async fn settle(office: &Office, tx: &mut Tx, marked: &[i64]) -> Result<usize, EngineError> {
    let persons = facts::with_merged(tx, marked, i64::MAX).await?;
    // Locked before they are read, so that two settlers never book on the same state.
    tx.lock_persons(&persons).await?;
    let book = policy_book(tx, &office.config, i64::MAX).await?;
    // Read after the marks: whoever moved the coverage has marked the students it touches.
    let covered = coverage::for_tolerance(tx, office, &book).await?;
    let groups = facts::load(tx, &persons, i64::MAX, &covered).await?;
    kill::point("settle.facts-read");

    let mut concluded = Concluded::default();
    for group in &groups {
        concluded.add(group, &book);
    }
    let closed = tx.closed_through().await?;
    let booked = tx.booked(&persons).await?;
    let rows = concluded.difference(booked);
    let journal = rows.iter().map(|row| {
        let posted_on = first_open(row.effective_on, closed);
        (
            row.credit_id,
            row.part,
            row.person_id,
            row.receivable_id,
            &row.item,
            &row.currency,
            row.amount_minor,
            row.effective_on,
            row.counts_from,
            posted_on,
            &row.cause,
            &row.rule,
            &row.policy_version,
        )
    });
    let journal = Rows::of(journal)?;
    if !rows.is_empty() {
        tx.book(&journal, office.now.millis).await?;
    }
    kill::point("settle.booked");
    put_positions(tx, &persons, concluded.positions).await?;
    let held: BTreeSet<HeldLotRow> = tx.held_lots(&persons).await?.into_iter().collect();
    if held != concluded.held {
        tx.put_held_lots(&persons, &concluded.held).await?;
    }
    Ok(rows.len())
}

async fn put_positions(
    tx: &mut Tx,
    persons: &[i64],
    positions: BTreeMap<String, PositionRow>,
) -> Result<(), StoreError> {
    let known: BTreeMap<String, PositionRow> = tx
        .positions(persons)
        .await?
        .into_iter()
        .map(|row| (row.item.clone(), row))
        .collect();
    let gone: Vec<String> = known
        .keys()
        .filter(|item| !positions.contains_key(*item))
        .cloned()
        .collect();
    let changed: Vec<PositionRow> = positions
        .into_values()
        .filter(|row| known.get(&row.item) != Some(row))
        .collect();
    tx.put_positions(&changed, &gone).await
}

/// What the folds of some students conclude, in the shape of the books.
#[derive(Debug, Default)]
pub struct Concluded {
    /// Rows of the journal, summed by everything but the amount.
    pub rows: BTreeMap<JournalKey, i64>,
    /// Positions by item.
    pub positions: BTreeMap<String, PositionRow>,
    /// Money that waits for a person to say what it is for.
    pub held: BTreeSet<HeldLotRow>,
}

/// Everything that a row of the journal says but its amount: credit, part, person, fee, item,
/// currency, effective on, counts from, cause, rule, policy version.
pub type JournalKey = (
    i64,
    i64,
    i64,
    i64,
    String,
    String,
    NaiveDate,
    NaiveDate,
    String,
    String,
    String,
);

fn key(row: &BookedRow) -> JournalKey {
    (
        row.credit_id,
        row.part,
        row.person_id,
        row.receivable_id,
        row.item.clone(),
        row.currency.clone(),
        row.effective_on,
        row.counts_from,
        row.cause.clone(),
        row.rule.clone(),
        row.policy_version.clone(),
    )
}

impl Concluded {
    /// Folds a group through all days and adds what it concludes.
    pub fn add(&mut self, group: &Group, book: &PolicyBook) {
        let (facts, state) = fold(&group.facts, book, NaiveDate::MAX);
        self.add_folded(group, &facts, &state);
    }

    /// Adds what a fold concluded.
    pub fn add_folded(&mut self, group: &Group, facts: &Facts, state: &State) {
        let currency = facts.currency.to_string();
        for posting in &state.postings {
            let credit = &facts.credits[posting.credit];
            let row = BookedRow {
                credit_id: credit.entry,
                part: i64::from(credit.key.part),
                person_id: group.person_id(credit.person),
                receivable_id: fee_of(group, state, posting.item),
                item: state.items[posting.item].id.clone(),
                currency: currency.clone(),
                amount_minor: posting.amount_minor,
                effective_on: posting.effective_on,
                counts_from: posting.counts_from,
                cause: posting.cause.as_str().to_owned(),
                rule: posting.rule.as_str().to_owned(),
                policy_version: posting.policy_version.clone(),
            };
            *self.rows.entry(key(&row)).or_default() += row.amount_minor;
        }
        let held = state.lots.iter().filter(|lot| lot.held == Held::Review);
        self.held.extend(held.map(|lot| {
            let credit = &facts.credits[lot.credit];
            HeldLotRow {
                credit_id: credit.entry,
                part: i64::from(credit.key.part),
                person_id: group.person_id(credit.person),
            }
        }));
        for (no, item) in state.items.iter().filter(|(_, item)| item.visible) {
            let row = PositionRow {
                item: item.id.clone(),
                receivable_id: fee_of(group, state, no),
                person_id: group.person_id(item.person),
                currency: currency.clone(),
                amount_minor: item.amount_minor,
                allocated_minor: item.allocated_minor(),
                open_minor: item.open_minor(),
                visible_from: item.visible_from,
                due_on: item.due_on,
                settled_on: item.settled_on(),
                closed_by: item.closed.and_then(Closing::as_str).map(str::to_owned),
            };
            self.positions.insert(row.item.clone(), row);
        }
    }

    /// What has to be appended so that the journal says this.
    pub fn difference(&self, booked: Vec<BookedRow>) -> Vec<BookedRow> {
        let mut rows = self.rows.clone();
        for row in booked {
            *rows.entry(key(&row)).or_default() -= row.amount_minor;
        }
        let changed = rows
            .into_iter()
            .filter(|&(_, amount_minor)| amount_minor != 0);
        changed
            .map(|(key, amount_minor)| BookedRow {
                credit_id: key.0,
                part: key.1,
                person_id: key.2,
                receivable_id: key.3,
                item: key.4,
                currency: key.5,
                amount_minor,
                effective_on: key.6,
                counts_from: key.7,
                cause: key.8,
                rule: key.9,
                policy_version: key.10,
            })
            .collect()
    }
}

/// Row id of the fee from which an item comes.
fn fee_of(group: &Group, state: &State, item: ItemNo) -> i64 {
    match state.items[item].origin {
        Origin::Fee(fee) => group.fee_id(fee),
        Origin::Instalment { of } | Origin::Interest { of } => fee_of(group, state, of),
    }
}
