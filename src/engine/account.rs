//! The accounts of students as a reader sees them: folded from the facts at the moment of reading,
//! so that what is shown never lags behind what is known. `verify` compares the books with it.

use super::{EngineError, Office, coverage, facts, policy_book};
use crate::policy::PolicyBook;
use crate::settlement::account::{Account, accounts};
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// Students read at once.
const CHUNK: usize = 2_000;

/// A day after everything that can be settled: money on account is used on days to come.
pub const END_OF_DAYS: NaiveDate = match NaiveDate::from_ymd_opt(2100, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// Finds a student by the student system's id or by an album that is or was theirs.
pub async fn find(tx: &mut Tx, student: &str) -> Result<i64, EngineError> {
    let wanted = [student.to_owned()];
    if let Some(row) = tx.persons_by_external(&wanted).await?.first() {
        return Ok(row.id);
    }
    let found = tx.persons_by_album(&wanted).await?;
    match found.as_slice() {
        [one] => Ok(one.id),
        [] => Err(EngineError::refused(format!(
            "no student has the id or album {student}; `kwestura students list` shows who is known"
        ))),
        several => {
            let ids: Vec<&str> = several.iter().map(|row| row.external_id.as_str()).collect();
            Err(EngineError::refused(format!(
                "the album {student} is or was that of {} students; name one by id: {}",
                ids.len(),
                ids.join(", ")
            )))
        }
    }
}

/// The accounts of one student, one for each currency.
pub async fn of_student(
    office: &Office,
    student: &str,
    as_of: NaiveDate,
    known_at: i64,
) -> Result<Vec<Account>, EngineError> {
    let mut tx = office.db.read().await?;
    let person = find(&mut tx, student).await?;
    let book = policy_book(&mut tx, &office.config, known_at).await?;
    let covered = coverage::for_tolerance(&mut tx, office, &book).await?;
    let groups = facts::load(&mut tx, &[person], known_at, &covered).await?;
    tx.rollback().await?;
    let mut found = Vec::new();
    for group in &groups {
        let no = group
            .facts
            .persons
            .iter()
            .find(|(no, _)| group.person_id(*no) == person)
            .map(|(no, _)| no);
        let survivor = no.map(|no| {
            group.facts.persons[group.facts.survivor(no, as_of)]
                .external_id
                .clone()
        });
        let here = accounts(&group.facts, &book, as_of).into_iter();
        found.extend(here.filter(|account| Some(&account.student) == survivor.as_ref()));
    }
    found.sort_by(|a, b| (&a.student, &a.currency).cmp(&(&b.student, &b.currency)));
    Ok(found)
}

/// The accounts of all students, by student and currency, handed to `each` as they are read.
pub async fn all(
    office: &Office,
    as_of: NaiveDate,
    known_at: i64,
    mut each: impl FnMut(&Account),
) -> Result<(), EngineError> {
    let mut tx = office.db.read().await?;
    let book = policy_book(&mut tx, &office.config, known_at).await?;
    let covered = coverage::for_tolerance(&mut tx, office, &book).await?;
    let persons = tx.all_persons().await?;
    for chunk in persons.chunks(CHUNK) {
        let ids: Vec<i64> = chunk.iter().map(|row| row.id).collect();
        let names: BTreeSet<&str> = chunk.iter().map(|row| row.external_id.as_str()).collect();
        let groups = facts::load(&mut tx, &ids, known_at, &covered).await?;
        let mut found = read_groups(&groups, &book, as_of);
        // A merged student's account is listed where the survivor stands.
        found.retain(|account| names.contains(account.student.as_str()));
        found.sort_by(|a, b| (&a.student, &a.currency).cmp(&(&b.student, &b.currency)));
        found.iter().for_each(&mut each);
    }
    tx.rollback().await?;
    Ok(())
}

fn read_groups(groups: &[facts::Group], book: &PolicyBook, as_of: NaiveDate) -> Vec<Account> {
    groups
        .iter()
        .flat_map(|group| accounts(&group.facts, book, as_of))
        .collect()
}

/// How many students' accounts differ between two books of rules, read on a day.
pub async fn changed_by(
    office: &Office,
    tx: &mut Tx,
    before: &PolicyBook,
    after: &PolicyBook,
    as_of: NaiveDate,
) -> Result<u64, StoreError> {
    let mut covered = coverage::for_tolerance(tx, office, before).await?;
    if covered.is_empty() {
        covered = coverage::for_tolerance(tx, office, after).await?;
    }
    let mut changed = 0;
    for chunk in tx.all_persons().await?.chunks(CHUNK) {
        let ids: Vec<i64> = chunk.iter().map(|row| row.id).collect();
        for group in facts::load(tx, &ids, i64::MAX, &covered).await? {
            let one = accounts(&group.facts, before, as_of);
            let other = accounts(&group.facts, after, as_of);
            changed += one
                .iter()
                .filter(|account| !other.contains(account))
                .count() as u64;
        }
    }
    Ok(changed)
}
