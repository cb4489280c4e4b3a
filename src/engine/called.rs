//! What people call entries and money loaded at go-live; row ids are never shown.

use super::EngineError;
use super::facts::best_readings;
use crate::identify::public_id;
use crate::store::entries::EntryRow;
use crate::store::facts::OpeningCreditRow;
use crate::store::{StoreError, Tx};
use std::collections::{BTreeMap, BTreeSet};

/// Money that came in, under the name people use.
#[derive(Debug, Clone)]
pub enum Called {
    /// A line of a statement, with the reading that holds.
    Entry(Box<EntryRow>),
    /// Money loaded at go-live.
    Opening(OpeningCreditRow),
}

impl Called {
    /// The number under which the journal and decisions know it.
    pub fn id(&self) -> i64 {
        match self {
            Called::Entry(entry) => entry.id,
            Called::Opening(row) => -row.id,
        }
    }
}

/// Names of entries, by row id.
pub async fn names(
    tx: &mut Tx,
    entries: impl IntoIterator<Item = &EntryRow>,
) -> Result<BTreeMap<i64, String>, StoreError> {
    let shown: BTreeMap<i64, &str> = entries
        .into_iter()
        .map(|entry| (entry.id, entry.public_id.as_str()))
        .collect();
    let wanted: BTreeSet<String> = shown.values().map(|&name| name.to_owned()).collect();
    let wanted: Vec<String> = wanted.into_iter().collect();
    let alike = Alike::of(tx.entries_called(&wanted).await?);
    let name = |(id, name): (i64, &str)| (id, alike.name(id, name));
    Ok(shown.into_iter().map(name).collect())
}

/// Names of whatever the journal speaks of: entries, and money loaded at go-live as negative ids.
pub async fn names_of_credits(
    tx: &mut Tx,
    credits: &BTreeSet<i64>,
) -> Result<BTreeMap<i64, String>, StoreError> {
    let entries: Vec<i64> = credits.iter().copied().filter(|&id| id > 0).collect();
    let opening: Vec<i64> = credits
        .iter()
        .filter(|&&id| id < 0)
        .map(|&id| -id)
        .collect();
    let lines = readings(tx, &entries).await?;
    let mut names = names(tx, lines.values()).await?;
    let loaded = tx.opening_by_id(&opening).await?;
    names.extend(loaded.into_iter().map(|row| (-row.id, row.external_id)));
    Ok(names)
}

/// The readings that hold of some entries; one whose statements were all withdrawn is not there.
pub async fn readings(tx: &mut Tx, ids: &[i64]) -> Result<BTreeMap<i64, EntryRow>, StoreError> {
    Ok(best_readings(tx.sighted(ids).await?))
}

/// The live entries behind each name, in the order in which they are counted: by content, and
/// among lines alike in all of it by the order in which they came.
pub(super) struct Alike(BTreeMap<String, Vec<i64>>);

impl Alike {
    /// From all lines with these names.
    pub(super) fn of(mut lines: Vec<EntryRow>) -> Alike {
        lines.retain(EntryRow::is_live);
        lines.sort_by(|a, b| content(a).cmp(&content(b)));
        let mut alike: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for line in &lines {
            let entries = alike.entry(line.public_id.clone()).or_default();
            if !entries.contains(&line.entry()) {
                entries.push(line.entry());
            }
        }
        Alike(alike)
    }

    fn entries(&self, name: &str) -> &[i64] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// What an entry is called, told from others with its name.
    pub(super) fn name(&self, entry: i64, name: &str) -> String {
        let mut entries = self.entries(name).iter();
        let place = entries.position(|&other| other == entry).unwrap_or(0);
        public_id::with_ordinal(name, place)
    }
}

fn content(line: &EntryRow) -> impl Ord + '_ {
    (
        &line.bank_account,
        line.day,
        line.amount_minor,
        line.reversal,
        (
            &line.bank_reference,
            &line.virtual_account,
            &line.counterparty_account,
            &line.remittance,
        ),
        line.entry(),
    )
}

/// The line of a statement with this name, or with this reference of the bank where it is the only
/// one.
pub async fn entry(tx: &mut Tx, name: &str) -> Result<EntryRow, EngineError> {
    let id = match public_id::parse(name) {
        Some((name, place)) => {
            let alike = Alike::of(tx.entries_called(std::slice::from_ref(&name)).await?);
            alike.entries(&name).get(place).copied()
        }
        None => None,
    };
    let id = match id {
        Some(id) => Some(id),
        None => referred(tx, name.trim()).await?,
    };
    let mut readings = readings(tx, &id.into_iter().collect::<Vec<i64>>()).await?;
    readings.pop_first().map(|(_, entry)| entry).ok_or_else(|| {
        EngineError::refused(format!(
            "no entry is called {name}; `kwestura review list` and `kwestura why STUDENT` show the names"
        ))
    })
}

/// The one entry with a reference of the bank.
async fn referred(tx: &mut Tx, reference: &str) -> Result<Option<i64>, EngineError> {
    let mut lines = tx.entries_referred(reference).await?;
    lines.retain(EntryRow::is_live);
    let ids: BTreeSet<i64> = lines.iter().map(EntryRow::entry).collect();
    if ids.len() < 2 {
        return Ok(ids.first().copied());
    }
    let ids: Vec<i64> = ids.into_iter().collect();
    let readings = readings(tx, &ids).await?;
    let names: Vec<String> = names(tx, readings.values()).await?.into_values().collect();
    Err(EngineError::refused(format!(
        "the bank's reference {reference} stands on {} entries; name one of {}",
        names.len(),
        names.join(", ")
    )))
}

/// The credit with this name: a line of a statement, or money loaded at go-live by its id in the
/// file.
pub async fn credit(tx: &mut Tx, name: &str) -> Result<Called, EngineError> {
    let loaded = tx.opening_by_external(&[name.trim().to_owned()]).await?;
    match loaded.into_iter().next() {
        Some(row) => Ok(Called::Opening(row)),
        None => Ok(Called::Entry(Box::new(entry(tx, name).await?))),
    }
}
