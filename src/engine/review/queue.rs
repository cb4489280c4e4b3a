//! The queue as it is read: what waits, in its order, and evidence for those entries alone that somebody
//! looks at. Gathering evidence costs far more than the list.

use super::{Evidence, InReview, SEVERAL_FEES, Wanted, bare, handed, held, row};
use crate::engine::called::{self, names, readings};
use crate::engine::{EngineError, Office};
use crate::identify::evidence::Grade;
use crate::roster::fold_name;
use crate::store::Tx;
use crate::store::entries::EntryRow;
use std::collections::BTreeMap;

/// An entry that waits, before anybody asked whose it may be.
#[derive(Debug, Clone)]
struct Waiting {
    entry: EntryRow,
    reason: String,
    /// Whose it is, where only what it is for is not known.
    student: Option<String>,
}

/// Where in the queue somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At<'a> {
    /// Behind an entry; from the first where it is empty, or waits no more.
    Behind(&'a str),
    /// On an entry.
    On(&'a str),
}

/// A part of the queue.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// The entries; none where the one that was wanted does not wait.
    pub rows: Vec<InReview>,
    /// The place of the first of them, from 1.
    pub place: usize,
    /// How many wait.
    pub all: usize,
    /// The entry before the first.
    pub previous: Option<String>,
    /// The entry behind the last.
    pub next: Option<String>,
}

/// The whole queue, by crediting date and name.
pub async fn list(office: &Office, wanted: &Wanted) -> Result<Vec<InReview>, EngineError> {
    let mut tx = office.db.read().await?;
    let queue = waiting(&mut tx, office, wanted).await?;
    let mut rows = rows(&mut tx, &queue).await?;
    tx.rollback().await?;
    rows.retain(|row| !wanted.strong || is_strong(row));
    rows.sort_by(|a, b| (a.crediting_date, &a.id).cmp(&(b.crediting_date, &b.id)));
    Ok(rows)
}

/// At most so many entries of the queue.
pub async fn look(
    office: &Office,
    wanted: &Wanted,
    at: At<'_>,
    count: usize,
) -> Result<Looked, EngineError> {
    let mut tx = office.db.read().await?;
    let mut queue = waiting(&mut tx, office, wanted).await?;
    if wanted.strong {
        let rows = rows(&mut tx, &queue).await?;
        let mut strong = rows.iter().map(is_strong);
        queue.retain(|_| strong.next().unwrap_or(false));
    }
    let looked = match from(&mut tx, &queue, at).await? {
        Some(from) => part(&mut tx, &queue, from, count).await?,
        None => Looked {
            all: queue.len(),
            ..Looked::default()
        },
    };
    tx.rollback().await?;
    Ok(looked)
}

/// One entry of the queue.
pub async fn show(office: &Office, name: &str) -> Result<InReview, EngineError> {
    let name = name.trim();
    let looked = look(office, &Wanted::default(), At::On(name), 1).await?;
    if let Some(row) = looked.rows.into_iter().next() {
        return Ok(row);
    }
    let mut tx = office.db.read().await?;
    called::entry(&mut tx, name).await?;
    tx.rollback().await?;
    Err(EngineError::refused(format!(
        "{name} is not in review; `kwestura why {name}` tells whose it is"
    )))
}

fn is_strong(row: &InReview) -> bool {
    row.proposals.iter().any(|one| one.grade == Grade::Strong)
}

/// All that waits, in its order; nothing is said of whose it may be.
async fn waiting(
    tx: &mut Tx,
    office: &Office,
    wanted: &Wanted,
) -> Result<Vec<Waiting>, EngineError> {
    let in_review = tx.in_review().await?.into_iter();
    let mut reasons: BTreeMap<i64, String> =
        in_review.map(|row| (row.entry_id, row.reason)).collect();
    let mut held = held(tx, office).await?;
    let ids = reasons.keys().chain(held.keys()).copied();
    let ids: Vec<i64> = ids.collect();
    let entries = readings(tx, &ids).await?.into_iter();
    let mut queue: Vec<Waiting> = entries
        .map(|(id, entry)| match reasons.remove(&id) {
            Some(reason) => Waiting {
                entry,
                reason,
                student: None,
            },
            None => Waiting {
                entry,
                reason: SEVERAL_FEES.to_owned(),
                student: held.remove(&id),
            },
        })
        .collect();
    let account = wanted.bank_account.as_deref().map(bare);
    let words = fold_name(&wanted.words);
    queue.retain(|one| {
        let is_of = |account: &String| *account == bare(&one.entry.bank_account);
        account.as_ref().is_none_or(is_of) && (words.is_empty() || says(&one.entry, &words))
    });
    queue.sort_by(|a, b| {
        let place = |one: &Waiting| (one.entry.crediting_date, one.entry.id);
        (place(a).0, &a.entry.public_id, place(a).1).cmp(&(
            place(b).0,
            &b.entry.public_id,
            place(b).1,
        ))
    });
    Ok(queue)
}

/// Whether an entry has all of some words, which are folded.
fn says(entry: &EntryRow, words: &str) -> bool {
    let mut text = vec![entry.remittance.clone(), entry.public_id.clone()];
    text.extend(entry.counterparty_name.clone());
    text.extend(entry.counterparty_account.clone());
    text.extend(entry.virtual_account.clone());
    text.extend(entry.bank_reference.clone());
    let (whole, rest) = (entry.amount_minor / 100, (entry.amount_minor % 100).abs());
    text.push(format!("{whole}.{rest:02}"));
    let text = fold_name(&text.join(" "));
    words.split(' ').all(|word| text.contains(word))
}

/// The place, from 0, at which somebody looks; none where the entry does not wait.
async fn from(tx: &mut Tx, queue: &[Waiting], at: At<'_>) -> Result<Option<usize>, EngineError> {
    let name = match at {
        At::Behind("") => return Ok(Some(0)),
        At::Behind(name) | At::On(name) => name,
    };
    let entry = match called::entry(tx, name).await {
        Ok(entry) => Some(entry.id),
        Err(EngineError::Refused(_)) => None,
        Err(error) => return Err(error),
    };
    let place = entry.and_then(|id| queue.iter().position(|one| one.entry.id == id));
    Ok(match at {
        At::Behind(_) => Some(place.map_or(0, |place| place + 1)),
        At::On(_) => place,
    })
}

async fn part(
    tx: &mut Tx,
    queue: &[Waiting],
    from: usize,
    count: usize,
) -> Result<Looked, EngineError> {
    let behind = queue.get(from..).unwrap_or_default();
    let shown = behind.get(..count).unwrap_or(behind);
    let previous = from.checked_sub(1).and_then(|at| queue.get(at));
    let next = behind.get(count);
    let beside = names(tx, previous.into_iter().chain(next).map(|one| &one.entry)).await?;
    let named = |one: Option<&Waiting>| one.and_then(|one| beside.get(&one.entry.id)).cloned();
    Ok(Looked {
        previous: named(previous),
        next: named(next),
        rows: rows(tx, shown).await?,
        place: from + 1,
        all: queue.len(),
    })
}

/// Entries with who may be meant, in the same order.
async fn rows(tx: &mut Tx, waiting: &[Waiting]) -> Result<Vec<InReview>, EngineError> {
    let names = names(tx, waiting.iter().map(|one| &one.entry)).await?;
    let of_nobody = waiting.iter().filter(|one| one.student.is_none());
    let of_nobody: BTreeMap<i64, EntryRow> = of_nobody
        .map(|one| (one.entry.id, one.entry.clone()))
        .collect();
    let evidence = Evidence::gather(tx, &of_nobody).await?;
    let rows = waiting.iter().map(|one| {
        let name = names.get(&one.entry.id).cloned().unwrap_or_default();
        InReview {
            proposals: match one.student {
                None => evidence.proposed(&one.entry),
                Some(_) => Vec::new(),
            },
            student: one.student.clone(),
            ..row(name, &one.entry, one.reason.clone())
        }
    });
    let mut rows: Vec<InReview> = rows.collect();
    handed(tx, &mut rows).await?;
    Ok(rows)
}
