//! All credits that stand, as the office searches them: the newest statements first, line by line backwards.

use super::called::names;
use super::coverage::stands;
use super::statements::students;
use super::{EngineError, Office};
use crate::roster::fold_name;
use crate::store::Tx;
use crate::store::entries::EntryRow;
use crate::store::identification::IdentificationRow;
use chrono::NaiveDate;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// At most so many lines are read at once.
const CHUNK: i64 = 1_000;
/// So many lines are looked at for one page; whoever wants to search further says so.
const LINES_MAX: i64 = 50_000;

/// Which credits are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Words that all stand in the entry, Polish letters or none: names, text, accounts, references, the
    /// amount.
    pub words: String,
    /// What is concluded of it: `student`, `review`, `not_student` …; all where it is empty.
    pub outcome: String,
    /// Credited on this day or before.
    pub through: Option<NaiveDate>,
}

/// A credit.
#[derive(Debug, Clone)]
pub struct Credit {
    /// What people call it.
    pub name: String,
    /// The line.
    pub entry: EntryRow,
    /// What is concluded of it; several where it is split.
    pub concluded: Vec<IdentificationRow>,
}

/// A part of the credits.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// The credits.
    pub rows: Vec<Credit>,
    /// The students whose they are, by row id.
    pub students: BTreeMap<i64, String>,
    /// Behind which line the next part begins; none where there is no more.
    pub next: Option<i64>,
    /// The day through which was searched backwards, where the search stopped before it found enough.
    pub searched: Option<NaiveDate>,
}

/// At most so many credits behind a line, from the newest where none is named.
pub async fn look(
    office: &Office,
    wanted: &Wanted,
    before: Option<i64>,
    count: usize,
) -> Result<Looked, EngineError> {
    let mut tx = office.db.read().await?;
    let words = fold_name(&wanted.words);
    let mut looked = Looked::default();
    // Where nothing is looked for nearly every line is one of them.
    let chunk = match i64::try_from(count.saturating_add(1)) {
        Ok(few) if words.is_empty() && wanted.outcome.is_empty() => few.min(CHUNK),
        _ => CHUNK,
    };
    let mut seen = 0;
    for statement in statements(&mut tx, wanted, before).await? {
        let mut below = before.filter(|id| statement_of(*id) == statement);
        loop {
            let lines = tx.lines_below(statement, below, chunk).await?;
            let Some(last) = lines.last() else { break };
            let (last, day) = (last.id, last.crediting_date);
            let read = i64::try_from(lines.len()).unwrap_or(chunk);
            for one in kept(&mut tx, lines, wanted, &words).await? {
                if looked.rows.len() == count {
                    looked.next = looked.rows.last().map(|row| row.entry.id);
                    return finished(tx, looked).await;
                }
                looked.rows.push(one);
            }
            seen += read;
            if LINES_MAX <= seen {
                looked.next = Some(last);
                looked.searched = Some(day);
                return finished(tx, looked).await;
            }
            if read < chunk {
                break;
            }
            below = Some(last);
        }
    }
    finished(tx, looked).await
}

async fn finished(mut tx: Tx, mut looked: Looked) -> Result<Looked, EngineError> {
    let concluded = looked.rows.iter().flat_map(|row| &row.concluded);
    looked.students = students(&mut tx, concluded).await?;
    let called = names(&mut tx, looked.rows.iter().map(|row| &row.entry)).await?;
    for row in &mut looked.rows {
        if let Some(name) = called.get(&row.entry.id) {
            row.name.clone_from(name);
        }
    }
    tx.rollback().await?;
    Ok(looked)
}

/// The statements that count, the newest first, from that of a line on.
async fn statements(
    tx: &mut Tx,
    wanted: &Wanted,
    before: Option<i64>,
) -> Result<Vec<i64>, EngineError> {
    let mut rows = tx.statements().await?;
    rows.retain(stands);
    rows.sort_by_key(|row| Reverse((row.last_day, row.id)));
    let ids = rows.iter().filter(|row| {
        let through = wanted.through.unwrap_or(NaiveDate::MAX);
        row.first_day.is_none_or(|first| first <= through)
    });
    let ids: Vec<i64> = ids.map(|row| row.id).collect();
    let from = before.and_then(|id| ids.iter().position(|one| *one == statement_of(id)));
    Ok(ids.into_iter().skip(from.unwrap_or(0)).collect())
}

/// The id of a line begins with that of its statement.
fn statement_of(entry: i64) -> i64 {
    entry >> 24
}

/// Of some lines the credits that are wanted.
async fn kept(
    tx: &mut Tx,
    mut lines: Vec<EntryRow>,
    wanted: &Wanted,
    words: &str,
) -> Result<Vec<Credit>, EngineError> {
    lines.retain(|line| {
        let is_credit = line.same_as.is_none() && line.amount_minor > 0 && line.reversal == 0;
        let is_in_time = wanted.through.is_none_or(|day| line.crediting_date <= day);
        is_credit && is_in_time && (words.is_empty() || says(line, words))
    });
    let ids: Vec<i64> = lines.iter().map(|line| line.id).collect();
    let mut concluded: BTreeMap<i64, Vec<IdentificationRow>> = BTreeMap::new();
    for row in tx.identifications(&ids).await? {
        concluded.entry(row.entry_id).or_default().push(row);
    }
    let rows = lines.into_iter().map(|entry| Credit {
        name: entry.public_id.clone(),
        concluded: concluded.remove(&entry.id).unwrap_or_default(),
        entry,
    });
    let is_wanted = |one: &Credit| {
        let mut outcomes = one.concluded.iter().map(|row| row.outcome.as_str());
        wanted.outcome.is_empty() || outcomes.any(|outcome| outcome == wanted.outcome)
    };
    Ok(rows.filter(is_wanted).collect())
}

/// Whether an entry has all of some words, which are folded.
pub(super) fn says(entry: &EntryRow, words: &str) -> bool {
    let text = words_of(entry);
    words.split(' ').all(|word| text.contains(word))
}

/// By what an entry is found, folded: names, text, accounts, references, the amount.
pub(super) fn words_of(entry: &EntryRow) -> String {
    let mut text = vec![entry.remittance.clone(), entry.public_id.clone()];
    text.extend(entry.counterparty_name.clone());
    text.extend(entry.counterparty_account.clone());
    text.extend(entry.virtual_account.clone());
    text.extend(entry.bank_reference.clone());
    let (whole, rest) = (entry.amount_minor / 100, (entry.amount_minor % 100).abs());
    text.push(format!("{whole}.{rest:02}"));
    fold_name(&text.join(" "))
}
