//! The queue as it is read: what waits, in its order, and evidence for those entries alone that somebody
//! looks at. Gathering evidence costs far more than the list.

use super::{Evidence, InReview, SEVERAL_FEES, Wanted, bare, handed, held, row};
use crate::engine::called::{self, names, readings};
use crate::engine::facts::best_places;
use crate::engine::{EngineError, Office};
use crate::identify::evidence::Grade;
use crate::roster::fold_name;
use crate::store::Tx;
use crate::store::entries::EntryRow;
use crate::store::review::PlaceRow;
use std::collections::BTreeMap;

/// An entry that waits, before anybody asked whose it may be.
#[derive(Debug, Clone)]
struct Waiting {
    entry: i64,
    place: PlaceRow,
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
    let ids: Vec<i64> = reasons.keys().chain(held.keys()).copied().collect();
    let mut places = best_places(tx.places(&ids).await?);
    if let Some(account) = wanted.bank_account.as_deref().map(bare) {
        places.retain(|_, place| bare(&place.bank_account) == account);
    }
    let words = fold_name(&wanted.words);
    if !words.is_empty() {
        let ids: Vec<i64> = places.keys().copied().collect();
        let entries = readings(tx, &ids).await?;
        places.retain(|id, _| entries.get(id).is_some_and(|entry| says(entry, &words)));
    }
    let queue = places.into_iter().map(|(entry, place)| {
        let reason = reasons.remove(&entry);
        Waiting {
            student: held.remove(&entry).filter(|_| reason.is_none()),
            reason: reason.unwrap_or_else(|| SEVERAL_FEES.to_owned()),
            entry,
            place,
        }
    });
    let mut queue: Vec<Waiting> = queue.collect();
    queue.sort_by(|a, b| {
        let by_day = a.place.crediting_date.cmp(&b.place.crediting_date);
        let by_name = by_day.then_with(|| a.place.public_id.cmp(&b.place.public_id));
        by_name.then(a.entry.cmp(&b.entry))
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
    let place = entry.and_then(|id| queue.iter().position(|one| one.entry == id));
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
    let beside: Vec<i64> = previous
        .into_iter()
        .chain(next)
        .map(|one| one.entry)
        .collect();
    let beside = readings(tx, &beside).await?;
    let beside = names(tx, beside.values()).await?;
    let named = |one: Option<&Waiting>| one.and_then(|one| beside.get(&one.entry)).cloned();
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
    let ids: Vec<i64> = waiting.iter().map(|one| one.entry).collect();
    let entries = readings(tx, &ids).await?;
    let names = names(tx, entries.values()).await?;
    let mut of_nobody = entries.clone();
    for one in waiting.iter().filter(|one| one.student.is_some()) {
        of_nobody.remove(&one.entry);
    }
    let evidence = Evidence::gather(tx, &of_nobody).await?;
    let rows = waiting.iter().filter_map(|one| {
        let entry = entries.get(&one.entry)?;
        let name = names.get(&one.entry).cloned().unwrap_or_default();
        Some(InReview {
            proposals: match one.student {
                None => evidence.proposed(entry),
                Some(_) => Vec::new(),
            },
            student: one.student.clone(),
            ..row(name, entry, one.reason.clone())
        })
    });
    let mut rows: Vec<InReview> = rows.collect();
    handed(tx, &mut rows).await?;
    Ok(rows)
}
