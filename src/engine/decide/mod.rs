//! Decide: what people say about fees, credits and students, each with who, why and a preview.
//!
//! | phase | what happens |
//! |---|---|
//! | read | the request is read against what is known; what cannot be meant is refused |
//! | lock | the bank's accounts and the students it touches, so that two who decide at once take turns |
//! | try | it is noted as a fact, what rests on it is concluded again, the accounts are folded |
//! | check | what would do nothing, or more than there is, is refused |
//! | keep | committed; or undone, and noted as waiting where a second person is needed |
//! | settle | the students it touches |
//!
//! A preview is the same up to the check, and then undone: what it shows is what the books would
//! say. A decision that waits for a second person is no fact.

mod check;
mod effect;
mod fees;
mod list;
mod money;
pub mod preview;
mod request;
mod twin;
mod undo;
mod whose;

pub use list::{Listed, list, of_student};
pub use request::{Request, Said};
pub use undo::{last_word, undo, undo_as_seen};

use super::facts::CoveredThrough;
use super::{EngineError, Office, called, coverage, policy_book, settle};
use crate::policy::PolicyBook;
use crate::store::decisions::{DecidedRow, NewDecision};
use crate::store::facts::{DecisionRow, PartRow};
use crate::store::{StoreError, Tx};
use check::Sides;
use chrono::NaiveDate;
use effect::Decision;
use preview::{Change, Folds};
use request::refused;
use std::collections::BTreeSet;
use twin::without_twins;

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was written: only a preview was asked for.
    Preview,
    /// It is a fact, and the accounts are settled.
    Fact,
    /// It is noted, and no fact until somebody else approves: why.
    Waits(String),
    /// It was noted before, word for word; at most the accounts are settled that waited for that.
    Already,
}

/// What a decision came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What became of it.
    pub standing: Standing,
    /// Numbers of the decisions; none in a preview.
    pub numbers: Vec<i64>,
    /// Why a second person is needed, also in a preview.
    pub second: Option<String>,
    /// What is different afterwards, or would be.
    pub changes: Vec<Change>,
}

/// Decides, or only shows what that would change.
pub async fn decide(
    office: &Office,
    request: &Request,
    said: &Said,
    preview_only: bool,
) -> Result<Answer, EngineError> {
    let answer = decided(office, request, said, (preview_only, None)).await?;
    answer.ok_or_else(|| EngineError::refused("the entry changed meanwhile; look at it again"))
}

/// Decides about an entry as somebody saw it, who holds its [`mark`]; nothing where somebody else
/// decided about it meanwhile.
pub async fn decide_as_seen(
    office: &Office,
    request: &Request,
    said: &Said,
    mark: &str,
) -> Result<Option<Answer>, EngineError> {
    decided(office, request, said, (false, Some(mark))).await
}

/// How the decisions about an entry stand: a text that is another one after each of them.
pub async fn mark(office: &Office, entry: &str) -> Result<String, EngineError> {
    let mut tx = office.db.read().await?;
    let line = called::entry(&mut tx, entry).await?;
    let mark = mark_of(&mut tx, &[line.id]).await?;
    tx.rollback().await?;
    Ok(mark)
}

async fn mark_of(tx: &mut Tx, entries: &[i64]) -> Result<String, StoreError> {
    let all = tx.decisions_on_entries(entries).await?;
    let revoked = all.iter().filter(|row| row.revoked_by.is_some()).count();
    Ok(format!("{}.{revoked}", all.len()))
}

async fn decided(
    office: &Office,
    request: &Request,
    said: &Said,
    (preview_only, seen): (bool, Option<&str>),
) -> Result<Option<Answer>, EngineError> {
    let mut tx = office.db.write().await?;
    let draft = request::draft(&mut tx, request, said, office.now.today).await?;
    effect::lock(&mut tx, &borrowed(&draft.decisions)).await?;
    if let Some(seen) = seen {
        let entries = draft.decisions.iter().filter_map(|new| new.row.entry_id);
        let entries: Vec<i64> = entries.collect();
        if mark_of(&mut tx, &entries).await? != seen {
            tx.rollback().await?;
            return Ok(None);
        }
    }
    let (new, known) = without_twins(&mut tx, &draft).await?;
    if new.is_empty() {
        tx.rollback().await?;
        if !preview_only {
            // Whoever noted it may have come no further.
            settle::run(office, |_, _| {}).await?;
        }
        return Ok(Some(Answer {
            standing: Standing::Already,
            numbers: known,
            second: None,
            changes: Vec::new(),
        }));
    }
    let (numbers, tried) = attempt(&mut tx, office, &new).await?;
    let mut answer = Answer {
        standing: Standing::Fact,
        numbers,
        second: draft.second.clone().or(tried.second),
        changes: tried.changes,
    };
    if preview_only {
        tx.rollback().await?;
        answer.standing = Standing::Preview;
        answer.numbers.clear();
    } else if let Some(reason) = &answer.second {
        // Undone, and noted again as what it is: no fact.
        tx.rollback().await?;
        answer.numbers = note_waiting(office, request, said).await?;
        answer.standing = Standing::Waits(reason.clone());
    } else {
        tx.commit().await?;
        settle::run(office, |_, _| {}).await?;
    }
    Ok(Some(answer))
}

/// The second person's word makes a decision a fact.
pub async fn approve(
    office: &Office,
    number: i64,
    by: &str,
    preview_only: bool,
) -> Result<Answer, EngineError> {
    let mut tx = office.db.write().await?;
    let (decided, parts) = stored(&mut tx, number).await?;
    approvable(&decided, by)?;
    let row = fact(&decided);
    let decision: Decision<'_> = (&row, &parts);
    whose::not_told_in_parts(&mut tx, decision).await?;
    let persons = effect::lock(&mut tx, &[decision]).await?;
    // It may have been taken back before it was locked.
    approvable(&stored(&mut tx, number).await?.0, by)?;
    if row.kind == "merge" {
        check::mergeable(&mut tx, &row).await?;
    }
    let before = Before::read(&mut tx, office, &persons, row.acts_on).await?;
    // Asked again under the lock: two may approve at once.
    if !tx
        .approve_decision(number, by.trim(), office.now.millis)
        .await?
    {
        return refused(format!("decision {number} was approved a moment ago"));
    }
    let tried = tried(&mut tx, office, &[decision], &persons, before).await?;
    finish(office, tx, number, tried, preview_only).await
}

fn approvable(decided: &DecidedRow, by: &str) -> Result<(), EngineError> {
    let number = decided.id;
    if let Some(who) = &decided.revoked_by {
        return refused(format!("decision {number} was taken back by {who}"));
    }
    if decided.needs_second == 0 {
        return refused(format!(
            "decision {number} is a fact as it is; it needs no second person"
        ));
    }
    if let Some(who) = &decided.approved_by {
        return refused(format!("decision {number} was approved by {who} already"));
    }
    let (first, second) = (decided.by_whom.trim(), by.trim());
    if second.is_empty() {
        return refused("an approval needs who: give --by");
    }
    if is_same_person(first, second) {
        return refused(format!(
            "{first} decided it; somebody else has to approve, with --by OTHER"
        ));
    }
    Ok(())
}

/// Whether two names are one person's, who cannot be the second one.
pub fn is_same_person(first: &str, second: &str) -> bool {
    first.trim().to_lowercase() == second.trim().to_lowercase()
}

/// Takes a decision back.
pub async fn revoke(
    office: &Office,
    number: i64,
    by: &str,
    why: &str,
    preview_only: bool,
) -> Result<Answer, EngineError> {
    let mut tx = office.db.write().await?;
    let answer = take_back(&mut tx, office, &[number], by, why).await?;
    keep_or_undo(office, tx, answer, preview_only).await
}

/// Money that the bank was told to pay is not taken back here.
async fn not_on_its_way(tx: &mut Tx, number: i64) -> Result<(), EngineError> {
    tx.lock_payments().await?;
    match tx.payment_file_of(number).await? {
        None => Ok(()),
        Some(file) => refused(format!(
            "refund {number} is in payment file {file}; stop it at the bank, then `kwestura refunds withdraw {file}`"
        )),
    }
}

async fn take_back(
    tx: &mut Tx,
    office: &Office,
    numbers: &[i64],
    by: &str,
    why: &str,
) -> Result<Answer, EngineError> {
    if by.trim().is_empty() || why.trim().is_empty() {
        return refused("taking back a decision needs who and why: give --by and --why");
    }
    let mut rows = Vec::new();
    for &number in numbers {
        let (decided, parts) = stored(tx, number).await?;
        if let Some(who) = &decided.revoked_by {
            return refused(format!("decision {number} was taken back by {who} already"));
        }
        if decided.kind == "refund" {
            not_on_its_way(tx, number).await?;
        }
        rows.push((fact(&decided), parts));
    }
    let decisions: Vec<Decision<'_>> = rows
        .iter()
        .map(|(row, parts)| (row, parts.as_slice()))
        .collect();
    let persons = effect::lock(tx, &decisions).await?;
    let acts_on = rows.iter().map(|(row, _)| row.acts_on).min();
    let acts_on = acts_on.unwrap_or(office.now.today);
    let before = Before::read(tx, office, &persons, acts_on).await?;
    for &number in numbers {
        let (by, why) = (by.trim(), why.trim());
        if !tx
            .revoke_decision(number, by, why, office.now.millis)
            .await?
        {
            return refused(format!("decision {number} was taken back a moment ago"));
        }
    }
    effect::conclude(tx, office, &decisions, &persons).await?;
    let after = before.again(tx).await?;
    Ok(Answer {
        standing: Standing::Fact,
        numbers: numbers.to_vec(),
        second: None,
        changes: preview::changes(&before.folds.accounts, &after.accounts),
    })
}

async fn finish(
    office: &Office,
    tx: Tx,
    number: i64,
    tried: Tried,
    preview_only: bool,
) -> Result<Answer, EngineError> {
    let answer = Answer {
        standing: Standing::Fact,
        numbers: vec![number],
        second: None,
        changes: tried.changes,
    };
    keep_or_undo(office, tx, answer, preview_only).await
}

async fn keep_or_undo(
    office: &Office,
    tx: Tx,
    mut answer: Answer,
    preview_only: bool,
) -> Result<Answer, EngineError> {
    if preview_only {
        tx.rollback().await?;
        answer.standing = Standing::Preview;
    } else {
        tx.commit().await?;
        settle::run(office, |_, _| {}).await?;
    }
    Ok(answer)
}

/// The accounts before a decision, and what is needed to read them again.
struct Before {
    folds: Folds,
    book: PolicyBook,
    covered: CoveredThrough,
    persons: BTreeSet<i64>,
    acts_on: NaiveDate,
    as_of: NaiveDate,
}

impl Before {
    async fn read(
        tx: &mut Tx,
        office: &Office,
        persons: &BTreeSet<i64>,
        acts_on: NaiveDate,
    ) -> Result<Before, EngineError> {
        let book = policy_book(tx, &office.config, i64::MAX).await?;
        let covered = coverage::for_tolerance(tx, office, &book).await?;
        let as_of = office.now.today.max(acts_on);
        let folds = Folds::read(tx, persons, &book, &covered, acts_on, as_of).await?;
        Ok(Before {
            folds,
            book,
            covered,
            persons: persons.clone(),
            acts_on,
            as_of,
        })
    }

    /// The same accounts now.
    async fn again(&self, tx: &mut Tx) -> Result<Folds, StoreError> {
        let (book, covered) = (&self.book, &self.covered);
        Folds::read(tx, &self.persons, book, covered, self.acts_on, self.as_of).await
    }
}

/// What a decision would come to.
struct Tried {
    second: Option<String>,
    changes: Vec<Change>,
}

/// Notes decisions as facts and looks at what they do.
async fn attempt(
    tx: &mut Tx,
    office: &Office,
    new: &[NewDecision],
) -> Result<(Vec<i64>, Tried), EngineError> {
    let decisions = borrowed(new);
    let persons = effect::persons(tx, &decisions).await?;
    let acts_on = new.iter().map(|new| new.row.acts_on).min();
    let acts_on = acts_on.unwrap_or(office.now.today);
    for new in new.iter().filter(|new| new.row.kind == "merge") {
        check::mergeable(tx, &new.row).await?;
    }
    let before = Before::read(tx, office, &persons, acts_on).await?;
    let mut numbers = Vec::new();
    for decision in new {
        numbers.push(tx.add_decision(decision, office.now.millis).await?);
    }
    let tried = tried(tx, office, &decisions, &persons, before).await?;
    Ok((numbers, tried))
}

/// Concludes again what rests on decisions that are facts now, and checks what they did.
async fn tried(
    tx: &mut Tx,
    office: &Office,
    decisions: &[Decision<'_>],
    persons: &BTreeSet<i64>,
    before: Before,
) -> Result<Tried, EngineError> {
    effect::conclude(tx, office, decisions, persons).await?;
    let after = before.again(tx).await?;
    let sides = Sides {
        before: &before.folds,
        after: &after,
        book: &before.book,
    };
    let mut second = None;
    for &decision in decisions {
        second = second.or(sides.check(decision)?);
    }
    Ok(Tried {
        second,
        changes: preview::changes(&before.folds.accounts, &after.accounts),
    })
}

/// Notes decisions that wait for a second person; read and locked again, because what was tried
/// before is undone.
async fn note_waiting(
    office: &Office,
    request: &Request,
    said: &Said,
) -> Result<Vec<i64>, EngineError> {
    let mut tx = office.db.write().await?;
    let draft = request::draft(&mut tx, request, said, office.now.today).await?;
    effect::lock(&mut tx, &borrowed(&draft.decisions)).await?;
    let (new, mut numbers) = without_twins(&mut tx, &draft).await?;
    for mut decision in new {
        decision.needs_second = true;
        numbers.push(tx.add_decision(&decision, office.now.millis).await?);
    }
    tx.commit().await?;
    Ok(numbers)
}

fn borrowed(decisions: &[NewDecision]) -> Vec<Decision<'_>> {
    decisions
        .iter()
        .map(|new| (&new.row, new.parts.as_slice()))
        .collect()
}

async fn stored(tx: &mut Tx, number: i64) -> Result<(DecidedRow, Vec<PartRow>), EngineError> {
    let Some(row) = tx.decision(number).await? else {
        return refused(format!(
            "there is no decision {number}; `kwestura decide list` shows them"
        ));
    };
    let parts = tx.decision_parts(&[number]).await?;
    Ok((row, parts))
}

/// A stored decision as the facts have it.
fn fact(row: &DecidedRow) -> DecisionRow {
    DecisionRow {
        id: row.id,
        kind: row.kind.clone(),
        person_id: row.person_id,
        other_person_id: row.other_person_id,
        receivable_id: row.receivable_id,
        entry_id: row.entry_id,
        other_entry_id: row.other_entry_id,
        amount_minor: row.amount_minor,
        acts_on: row.acts_on,
        day: row.day,
        detail: row.detail.clone(),
    }
}
