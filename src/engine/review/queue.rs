//! The queue as it is read: what waits, in its order, and evidence for those entries alone that somebody
//! looks at. Gathering evidence costs far more than the list.

use super::{Evidence, InReview, SEVERAL_FEES, Wanted, bare, handed, held, row};
use crate::engine::called::{self, names, readings};
use crate::engine::credits::says;
use crate::engine::facts::best_places;
use crate::engine::{EngineError, Office};
use crate::identify::evidence::Grade;
use crate::roster::fold_name;
use crate::store::waiting::{Sought, WORDS_MAX, WaitingRow, Where};
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// An entry that waits, before anybody asked whose it may be.
#[derive(Debug, Clone)]
struct Waiting {
    row: WaitingRow,
    /// Whose it is, where only what it is for is not known.
    student: Option<String>,
}

impl Waiting {
    fn place(&self) -> Where<'_> {
        let row = &self.row;
        (row.crediting_date, &row.public_id, row.entry_id)
    }
}

impl From<WaitingRow> for Waiting {
    fn from(row: WaitingRow) -> Waiting {
        Waiting { row, student: None }
    }
}

/// Where in the queue somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At<'a> {
    /// Behind an entry, be it that it waits no more; from the first where it is empty or unknown.
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
    let queue = Queue::of(&mut tx, office, wanted).await?;
    let all = queue.all(&mut tx).await?;
    let mut rows = rows(&mut tx, &all).await?;
    tx.rollback().await?;
    rows.retain(|row| !wanted.strong || is_strong(row));
    rows.sort_by(|a, b| (a.crediting_date, &a.id).cmp(&(b.crediting_date, &b.id)));
    Ok(rows)
}

/// How many entries wait.
pub async fn count(tx: &mut Tx, office: &Office) -> Result<usize, EngineError> {
    let queue = Queue::of(tx, office, &Wanted::default()).await?;
    Ok(queue.count(tx).await?)
}

/// At most so many entries of the queue.
pub async fn look(
    office: &Office,
    wanted: &Wanted,
    at: At<'_>,
    count: usize,
) -> Result<Looked, EngineError> {
    let mut tx = office.db.read().await?;
    let mut queue = Queue::of(&mut tx, office, wanted).await?;
    if wanted.strong {
        let mut all = queue.all(&mut tx).await?;
        let rows = rows(&mut tx, &all).await?;
        let mut strong = rows.iter().map(is_strong);
        all.retain(|_| strong.next().unwrap_or(false));
        queue = Queue::These(all);
    }
    let here = found(&mut tx, &queue, at).await?;
    let looked = match (here, at) {
        (None, At::On(_)) => Looked {
            all: queue.count(&mut tx).await?,
            ..Looked::default()
        },
        (here, At::Behind(name)) => {
            // Whoever decides about the last of a page goes on from where it stood.
            let stood = match &here {
                Some(_) => None,
                None => stood(&mut tx, name).await?,
            };
            let from = here.as_ref().or(stood.as_ref());
            let from = from.map_or(FIRST, Waiting::place);
            let shown = queue.behind(&mut tx, from, count.saturating_add(1)).await?;
            let previous = match &here {
                Some(here) => Some(here.clone()),
                None => queue.before(&mut tx, from).await?,
            };
            part(&mut tx, &queue, previous, shown, count).await?
        }
        (Some(here), At::On(_)) => {
            let previous = queue.before(&mut tx, here.place()).await?;
            let mut shown = queue.behind(&mut tx, here.place(), count).await?;
            shown.insert(0, here);
            part(&mut tx, &queue, previous, shown, count).await?
        }
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

/// Before every entry: a year that both databases know, and before which no statement was written.
const FIRST: Where<'static> = match NaiveDate::from_ymd_opt(0, 1, 1) {
    Some(day) => (day, "", 0),
    None => (NaiveDate::MIN, "", 0),
};

/// What waits, in its order; nothing is said of whose it may be.
#[derive(Debug, Clone)]
enum Queue {
    /// As it is concluded, what is sought of it, and beside it the entries of known students.
    Concluded(Sought, Vec<Waiting>),
    /// These.
    These(Vec<Waiting>),
}

impl Queue {
    /// What is wanted of it, but for the evidence.
    async fn of(tx: &mut Tx, office: &Office, wanted: &Wanted) -> Result<Queue, EngineError> {
        let mut sought = Sought::default();
        if let Some(iban) = wanted.bank_account.as_deref().map(bare) {
            let mut accounts = tx.bank_accounts().await?.into_iter();
            match accounts.find(|account| bare(&account.iban) == iban) {
                Some(found) => sought.account = Some(found.id),
                None => return Ok(Queue::These(Vec::new())),
            }
        }
        let mut known = of_known(tx, office, sought.account).await?;
        let words = fold_name(&wanted.words);
        if words.is_empty() {
            return Ok(Queue::Concluded(sought, known));
        }
        let each: BTreeSet<&str> = words.split(' ').collect();
        if each.len() <= WORDS_MAX && tx.unfolded_waiting(1).await?.is_empty() {
            sought.words = each.into_iter().map(str::to_owned).collect();
            saying(tx, &mut known, &words).await?;
            return Ok(Queue::Concluded(sought, known));
        }
        let mut all = Queue::Concluded(sought, known).all(tx).await?;
        saying(tx, &mut all, &words).await?;
        Ok(Queue::These(all))
    }

    fn these(&self) -> &[Waiting] {
        match self {
            Queue::Concluded(_, these) | Queue::These(these) => these,
        }
    }

    /// All of it.
    async fn all(&self, tx: &mut Tx) -> Result<Vec<Waiting>, StoreError> {
        self.behind(tx, FIRST, usize::MAX).await
    }

    /// At most so many behind a place.
    async fn behind(
        &self,
        tx: &mut Tx,
        at: Where<'_>,
        count: usize,
    ) -> Result<Vec<Waiting>, StoreError> {
        let these = self.these().iter().filter(|one| at < one.place());
        let mut found: Vec<Waiting> = these.take(count).cloned().collect();
        if let Queue::Concluded(sought, _) = self {
            let at_most = i64::try_from(count).unwrap_or(i64::MAX);
            let rows = tx.waiting_behind(sought, at, at_most).await?;
            found.extend(rows.into_iter().map(Waiting::from));
            found.sort_by(|a, b| a.place().cmp(&b.place()));
            found.truncate(count);
        }
        Ok(found)
    }

    /// The one before a place.
    async fn before(&self, tx: &mut Tx, at: Where<'_>) -> Result<Option<Waiting>, StoreError> {
        let mut found: Vec<Waiting> = Vec::new();
        found.extend(self.these().iter().rfind(|one| one.place() < at).cloned());
        if let Queue::Concluded(sought, _) = self {
            let row = tx.waiting_before(sought, at).await?;
            found.extend(row.map(Waiting::from));
        }
        Ok(found.into_iter().max_by(|a, b| a.place().cmp(&b.place())))
    }

    /// How many are before a place.
    async fn count_before(&self, tx: &mut Tx, at: Where<'_>) -> Result<usize, StoreError> {
        let these = self.these().iter().filter(|one| one.place() < at).count();
        let concluded = match self {
            Queue::Concluded(sought, _) => tx.waiting_count_before(sought, at).await?,
            Queue::These(_) => 0,
        };
        Ok(these + usize::try_from(concluded).unwrap_or(0))
    }

    /// How many there are.
    async fn count(&self, tx: &mut Tx) -> Result<usize, StoreError> {
        let concluded = match self {
            Queue::Concluded(sought, _) => tx.waiting_count(sought).await?,
            Queue::These(_) => 0,
        };
        Ok(self.these().len() + usize::try_from(concluded).unwrap_or(0))
    }

    /// An entry of it.
    async fn entry(&self, tx: &mut Tx, id: i64) -> Result<Option<Waiting>, StoreError> {
        if let Some(one) = self.these().iter().find(|one| one.row.entry_id == id) {
            return Ok(Some(one.clone()));
        }
        match self {
            Queue::Concluded(sought, _) => {
                let rows = tx.waiting_of(sought, &[id]).await?;
                Ok(rows.into_iter().next().map(Waiting::from))
            }
            Queue::These(_) => Ok(None),
        }
    }
}

/// Leaves those that have all of some words, by reading each.
async fn saying(tx: &mut Tx, all: &mut Vec<Waiting>, words: &str) -> Result<(), EngineError> {
    let ids: Vec<i64> = all.iter().map(|one| one.row.entry_id).collect();
    let entries = readings(tx, &ids).await?;
    all.retain(|one| {
        let entry = entries.get(&one.row.entry_id);
        entry.is_some_and(|entry| says(entry, words))
    });
    Ok(())
}

/// Entries of known students of which it is not known what they are for, in the order of the queue; few
/// beside the others.
async fn of_known(
    tx: &mut Tx,
    office: &Office,
    account: Option<i64>,
) -> Result<Vec<Waiting>, EngineError> {
    let mut held = held(tx, office).await?;
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = held.keys().copied().collect();
    // Of which even that is not known any more, and which only wait to be settled.
    for row in tx.waiting_of(&Sought::default(), &ids).await? {
        held.remove(&row.entry_id);
    }
    let mut places = best_places(tx.places(&ids).await?);
    places.retain(|_, place| account.is_none_or(|account| place.bank_account_id == account));
    let known = places.into_iter().filter_map(|(entry_id, place)| {
        let row = WaitingRow {
            entry_id,
            crediting_date: place.crediting_date,
            public_id: place.public_id,
            reason: SEVERAL_FEES.to_owned(),
        };
        let student = Some(held.remove(&entry_id)?);
        Some(Waiting { row, student })
    });
    let mut known: Vec<Waiting> = known.collect();
    known.sort_by(|a, b| a.place().cmp(&b.place()));
    Ok(known)
}

/// The entry at which somebody looks, where it waits.
async fn found(tx: &mut Tx, queue: &Queue, at: At<'_>) -> Result<Option<Waiting>, EngineError> {
    let name = match at {
        At::Behind("") => return Ok(None),
        At::Behind(name) | At::On(name) => name,
    };
    match called::entry(tx, name).await {
        Ok(entry) => Ok(queue.entry(tx, entry.id).await?),
        Err(EngineError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where an entry that waits no more stood in the order of the queue.
async fn stood(tx: &mut Tx, name: &str) -> Result<Option<Waiting>, EngineError> {
    if name.is_empty() {
        return Ok(None);
    }
    let entry = match called::entry(tx, name).await {
        Ok(entry) => entry.id,
        Err(EngineError::Refused(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let place = best_places(tx.places(&[entry]).await?).remove(&entry);
    Ok(place.map(|place| {
        Waiting::from(WaitingRow {
            entry_id: entry,
            crediting_date: place.crediting_date,
            public_id: place.public_id,
            reason: String::new(),
        })
    }))
}

/// So many entries of the queue, given one more than these, and the one before them.
async fn part(
    tx: &mut Tx,
    queue: &Queue,
    previous: Option<Waiting>,
    mut shown: Vec<Waiting>,
    count: usize,
) -> Result<Looked, EngineError> {
    let next = shown.get(count).cloned();
    shown.truncate(count);
    let place = match &previous {
        Some(previous) => queue.count_before(tx, previous.place()).await? + 2,
        None => 1,
    };
    let beside: BTreeSet<i64> = [&previous, &next]
        .into_iter()
        .flatten()
        .map(|one| one.row.entry_id)
        .collect();
    let beside: Vec<i64> = beside.into_iter().collect();
    let beside = readings(tx, &beside).await?;
    let beside = names(tx, beside.values()).await?;
    let named = |one: Option<Waiting>| beside.get(&one?.row.entry_id).cloned();
    Ok(Looked {
        previous: named(previous),
        next: named(next),
        rows: rows(tx, &shown).await?,
        place,
        all: queue.count(tx).await?,
    })
}

/// Entries with who may be meant, in the same order.
async fn rows(tx: &mut Tx, waiting: &[Waiting]) -> Result<Vec<InReview>, EngineError> {
    let ids: Vec<i64> = waiting.iter().map(|one| one.row.entry_id).collect();
    let entries = readings(tx, &ids).await?;
    let names = names(tx, entries.values()).await?;
    let mut of_nobody = entries.clone();
    for one in waiting.iter().filter(|one| one.student.is_some()) {
        of_nobody.remove(&one.row.entry_id);
    }
    let evidence = Evidence::gather(tx, &of_nobody).await?;
    let rows = waiting.iter().filter_map(|one| {
        let entry = entries.get(&one.row.entry_id)?;
        let name = names.get(&one.row.entry_id).cloned().unwrap_or_default();
        Some(InReview {
            proposals: match one.student {
                None => evidence.proposed(entry),
                Some(_) => Vec::new(),
            },
            student: one.student.clone(),
            ..row(name, entry, one.row.reason.clone())
        })
    });
    let mut rows: Vec<InReview> = rows.collect();
    handed(tx, &mut rows).await?;
    Ok(rows)
}
