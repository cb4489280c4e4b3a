//! Which lines of a statement others hold already, as entries, as lumps or in parts.
//!
//! Lines find their equals day by day, so that what one day holds twice by chance tears no other day
//! apart.

use super::line::Line;
use super::lump::{self, Lump, Side, Told};
use crate::store::entries::{EntryRow, entry_id};
use crate::store::held::HeldRow;
use crate::store::statements::StatementRow;
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Why a statement waits that agrees with others but for the parts of a lump.
pub const OTHERWISE_SPLIT: &str = "another statement holds the same money in other parts";

/// Why one waits that tells in parts what a person took as a whole.
pub const DECIDED: &str = "it tells a lump sum in parts, and a person decided about the lump as a whole: revoke that decision, then read this one again";

/// What others hold of a statement, as its place was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The statements that share days with it.
    pub others: Vec<i64>,
    /// The days of which they hold every line; none where that is each of its days.
    pub days: Option<Vec<NaiveDate>>,
}

impl Shared {
    /// Others hold nothing of it.
    pub fn nothing() -> Shared {
        Shared {
            others: Vec::new(),
            days: Some(Vec::new()),
        }
    }

    /// Others hold each of its days.
    pub fn all(others: Vec<i64>) -> Shared {
        Shared { others, days: None }
    }

    /// Whether others hold a day.
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.days.as_ref().is_none_or(|days| days.contains(&day))
    }

    /// Whether no other statement of the account holds, or ever held, a line of this one's days.
    pub async fn is_nothing(&self, tx: &mut Tx, row: &StatementRow) -> Result<bool, StoreError> {
        let (Some([]), Some(first), Some(last)) =
            (self.days.as_deref(), row.first_day, row.last_day)
        else {
            return Ok(false);
        };
        // Lines that count by their value dates may lie outside of the period.
        if row.by_value_date == 1 {
            return Ok(false);
        }
        let fallen = tx.lines_that_fell(row.bank_account_id, first, last).await?;
        Ok(fallen.is_empty())
    }
}

/// Of a line of a statement, by what it is found among the lines of others.
#[derive(Debug, Clone)]
pub struct Coming {
    /// Its place in the statement.
    pub place: usize,
    /// Line of the file; the transactions of a batch have it in common.
    pub at: u32,
    /// Its day in the chain.
    pub day: NaiveDate,
    /// Signed effect, minor units.
    pub amount_minor: i64,
    /// Whether it undoes an earlier entry.
    pub reversal: bool,
    /// The bank's reference.
    pub bank_reference: Option<String>,
    virtual_account: Option<String>,
    counterparty_account: Option<String>,
}

impl Coming {
    /// Of lines that follow each other from a place on.
    pub fn of(lines: &[Line], first: usize) -> impl Iterator<Item = Coming> {
        lines.iter().zip(first..).map(|(line, place)| Coming {
            place,
            at: line.at,
            day: line.day,
            amount_minor: line.amount_minor,
            reversal: line.reversal,
            bank_reference: line.bank_reference.clone(),
            virtual_account: line.virtual_account.clone(),
            counterparty_account: line.counterparty_account.clone(),
        })
    }
}

/// What the lines of a statement were found to be.
#[derive(Debug, Default)]
pub struct Pairs {
    /// The entry that others hold or held, by place.
    same: BTreeMap<usize, i64>,
    lumps: Vec<Lump>,
    /// How many of its lines nobody holds any more, so that they are new all the same.
    revived: usize,
}

impl Pairs {
    /// Of all lines of a statement; none where others hold something of it in other parts.
    pub async fn of(
        tx: &mut Tx,
        row: &StatementRow,
        lines: &[Coming],
        shared: &Shared,
    ) -> Result<Option<Pairs>, StoreError> {
        let Some(mut pairs) = paired(tx, lines, shared).await? else {
            return Ok(None);
        };
        let held = pairs.same.len();
        revive(tx, row.bank_account_id, lines, &mut pairs.same).await?;
        pairs.revived = pairs.same.len() - held;
        Ok(Some(pairs))
    }

    /// Why the statement waits that has these; nothing if it does not.
    pub async fn wait(&self, tx: &mut Tx) -> Result<Option<&'static str>, StoreError> {
        let is_decided = tx.is_decided_about(&self.told()).await?;
        Ok(is_decided.then_some(DECIDED))
    }

    /// For each of so many places from one on the entry that others hold it as.
    pub fn same(&self, first: usize, count: usize) -> Vec<Option<i64>> {
        let places = first..first + count;
        places.map(|place| self.same.get(&place).copied()).collect()
    }

    /// The entries of others that the statement tells in parts.
    pub fn told(&self) -> Vec<i64> {
        let wholes = self.lumps.iter().filter_map(|lump| lump.whole.entry());
        wholes.collect()
    }

    /// How many of so many lines are money that no other statement holds.
    pub fn new_among(&self, lines: usize) -> usize {
        let told = |lump: &&Lump| lump.whole.entry().is_none();
        lines + self.revived - self.same.len() - self.lumps.iter().filter(told).count()
    }

    /// Wholes and parts as entries of a statement and of others.
    pub fn parts(&self, statement_id: i64) -> Vec<(i64, i64)> {
        let id = |side: &Side| match *side {
            Side::Entry(id) => id,
            Side::Line(place) => {
                let known = self.same.get(&place).copied();
                known.unwrap_or_else(|| entry_id(statement_id, place))
            }
        };
        let pairs = self.lumps.iter().flat_map(|lump| {
            let whole = id(&lump.whole);
            lump.parts.iter().map(move |part| (whole, id(part)))
        });
        pairs.collect()
    }
}

/// Pairs the lines of the days that others know with what they hold; nothing where they hold
/// something otherwise.
async fn paired(
    tx: &mut Tx,
    lines: &[Coming],
    shared: &Shared,
) -> Result<Option<Pairs>, StoreError> {
    let mut by_day: BTreeMap<NaiveDate, Vec<&Coming>> = BTreeMap::new();
    for line in lines.iter().filter(|line| shared.holds(line.day)) {
        by_day.entry(line.day).or_default().push(line);
    }
    let mut pairs = Pairs::default();
    let (Some((&first, _)), Some((&last, _))) = (by_day.first_key_value(), by_day.last_key_value())
    else {
        return Ok(Some(pairs));
    };
    let others: BTreeSet<i64> = shared.others.iter().copied().collect();
    let mut held: BTreeMap<NaiveDate, Vec<HeldRow>> = BTreeMap::new();
    for row in tx.held(&others, (first, last)).await? {
        held.entry(row.day).or_default().push(row);
    }
    for (day, lines) in by_day {
        let held = held.remove(&day).unwrap_or_default();
        let (held, told) = lump::with_lumps(tx, held).await?;
        // Two amounts that are equal by chance may tear a batch apart; then batches keep out of that.
        let found = pairs_of_day(&lines, held.clone(), &told, true)
            .or_else(|| pairs_of_day(&lines, held, &told, false));
        let Some(found) = found else {
            return Ok(None);
        };
        pairs.same.extend(found.same);
        pairs.lumps.extend(found.lumps);
    }
    Ok(Some(pairs))
}

/// Pairs the lines of a day; `torn` lets a part of a batch be an equal of something that has only its
/// amount in common.
fn pairs_of_day(lines: &[&Coming], held: Vec<HeldRow>, told: &Told, torn: bool) -> Option<Pairs> {
    let mut known = Known::new(held);
    let mut batches: BTreeMap<u32, usize> = BTreeMap::new();
    for line in lines {
        *batches.entry(line.at).or_default() += 1;
    }
    let is_part = |line: &Coming| batches.get(&line.at).is_some_and(|lines| 1 < *lines);
    let mut same: BTreeMap<usize, i64> = BTreeMap::new();
    for grade in Grade::ALL {
        for line in lines {
            let may_be = torn || grade != Grade::Amount || !is_part(line);
            if may_be
                && !same.contains_key(&line.place)
                && let Some(entry) = known.take(line, grade)
            {
                same.insert(line.place, entry);
            }
        }
    }
    let alone = lines.iter().filter(|line| !same.contains_key(&line.place));
    let alone: Vec<&Coming> = alone.copied().collect();
    let lumps = lump::pair(&alone, &known.left(), told)?;
    Some(Pairs {
        same,
        lumps,
        revived: 0,
    })
}

/// A line that a fallen statement (withdrawn, superseded) held too is the same entry again: what
/// people decided about it goes on to hold.
async fn revive(
    tx: &mut Tx,
    bank_account_id: i64,
    lines: &[Coming],
    same: &mut BTreeMap<usize, i64>,
) -> Result<(), StoreError> {
    let days = || lines.iter().map(|line| line.day);
    let (Some(first), Some(last)) = (days().min(), days().max()) else {
        return Ok(());
    };
    let fallen = tx.lines_that_fell(bank_account_id, first, last).await?;
    if fallen.is_empty() {
        return Ok(());
    }
    let roots: BTreeSet<i64> = fallen.iter().map(EntryRow::entry).collect();
    let roots: Vec<i64> = roots.into_iter().collect();
    let sightings = tx.sighted(&roots).await?;
    let mut taken: BTreeSet<i64> = sightings
        .iter()
        .filter(|row| row.is_live())
        .map(EntryRow::entry)
        .collect();
    taken.extend(same.values());
    let dead = fallen
        .into_iter()
        .filter(|row| !taken.contains(&row.entry()))
        .map(HeldRow::from);
    let mut dead = Known::new(dead.collect());
    for line in lines {
        if !same.contains_key(&line.place)
            && let Some(entry) = dead.take(line, Grade::Content)
        {
            same.insert(line.place, entry);
        }
    }
    Ok(())
}

/// How sure it is that two lines are one entry; asked in this order, so that the likeliest pairs are
/// made first. On a known day both sides hold the same lines, so every line finds its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grade {
    Reference,
    Account,
    Payer,
    Amount,
    /// Reference and both accounts: asked only of entries that nobody holds any more.
    Content,
}

impl Grade {
    /// On a day that both hold.
    const ALL: [Grade; 4] = [
        Grade::Reference,
        Grade::Account,
        Grade::Payer,
        Grade::Amount,
    ];
}

/// The entries that others hold, each to be seen again once.
struct Known {
    by_content: BTreeMap<(NaiveDate, i64, bool), Vec<HeldRow>>,
}

impl Known {
    fn new(rows: Vec<HeldRow>) -> Self {
        let mut by_content: BTreeMap<(NaiveDate, i64, bool), Vec<HeldRow>> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for row in rows {
            if seen.insert(row.entry()) {
                by_content
                    .entry((row.day, row.amount_minor, row.reversal == 1))
                    .or_default()
                    .push(row);
            }
        }
        Known { by_content }
    }

    /// Those that nobody took.
    fn left(self) -> Vec<HeldRow> {
        self.by_content.into_values().flatten().collect()
    }

    fn take(&mut self, line: &Coming, grade: Grade) -> Option<i64> {
        let rows = self
            .by_content
            .get_mut(&(line.day, line.amount_minor, line.reversal))?;
        let same = |row: &HeldRow| match grade {
            Grade::Reference => {
                line.bank_reference.is_some() && line.bank_reference == row.bank_reference
            }
            Grade::Account => {
                line.virtual_account.is_some()
                    && line.virtual_account == row.virtual_account
                    && line.counterparty_account == row.counterparty_account
            }
            Grade::Payer => {
                line.counterparty_account.is_some()
                    && line.counterparty_account == row.counterparty_account
            }
            Grade::Amount => true,
            Grade::Content => {
                line.bank_reference == row.bank_reference
                    && line.virtual_account == row.virtual_account
                    && line.counterparty_account == row.counterparty_account
            }
        };
        let place = rows.iter().position(same)?;
        Some(rows.remove(place).entry())
    }
}
