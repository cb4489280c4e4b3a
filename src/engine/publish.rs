//! The lines of a statement that stands: new ones become entries, known ones another sighting.

use super::reading::{self, Read};
use super::{EngineError, Office, first_open};
use crate::iban::{Recognised, normalise_account};
use crate::identify::{public_id, text};
use crate::statement::chain::one_day;
use crate::statement::entry::{Detail, Entry, EntryStatus};
use crate::statement::read::CreditingRule;
use crate::store::entries::{ENTRIES_MAX, EntryRow, NewEntry, entry_id};
use crate::store::statements::StatementRow;
use crate::store::{Rows, Tx};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Rows in one statement of SQL.
const CHUNK: usize = 20_000;

/// Why a statement waits that agrees with others but for the parts of a lump.
pub const OTHERWISE_SPLIT: &str = "another statement holds the same money in other parts";

/// What a change of statements touched.
#[derive(Debug, Clone, Default)]
pub struct Touched {
    /// Entries that are new or were seen again.
    pub entries: BTreeSet<i64>,
    /// Whether a statement fell: it was withdrawn or superseded.
    pub fell: bool,
}

/// The days whose lines others hold already.
#[derive(Debug, Clone, Copy)]
pub enum KnownDays<'a> {
    /// Every day.
    All,
    /// These.
    These(&'a [NaiveDate]),
}

impl KnownDays<'_> {
    fn contains(self, day: NaiveDate) -> bool {
        match self {
            KnownDays::All => true,
            KnownDays::These(days) => days.contains(&day),
        }
    }
}

/// One line to be written: an entry, or one transaction of a batch.
pub(super) struct Line<'a> {
    entry: &'a Entry,
    detail: Option<&'a Detail>,
    amount_minor: i64,
    pub(super) day: NaiveDate,
    crediting_date: NaiveDate,
    source: &'static str,
    virtual_account: Option<String>,
    counterparty_account: Option<String>,
}

impl Line<'_> {
    fn bank_reference(&self) -> Option<&str> {
        let own = self
            .detail
            .and_then(|detail| detail.bank_reference.as_deref());
        own.or(self.entry.bank_reference.as_deref())
    }

    fn end_to_end_id(&self) -> Option<&str> {
        self.detail
            .map_or(&self.entry.end_to_end_id, |detail| &detail.end_to_end_id)
            .as_deref()
    }

    fn order_date(&self) -> Option<NaiveDate> {
        self.detail
            .and_then(|detail| detail.order_date)
            .or(self.entry.order_date)
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.detail
            .map_or(&self.entry.counterparty_name, |detail| {
                &detail.counterparty_name
            })
            .as_deref()
    }

    fn public_id(&self, bank_account: &str) -> String {
        public_id::of(&public_id::Content {
            bank_account,
            day: self.day,
            amount_minor: self.amount_minor,
            reversal: self.entry.reversal,
            bank_reference: self.bank_reference().unwrap_or_default(),
            virtual_account: self.virtual_account.as_deref().unwrap_or_default(),
            payer_account: self.counterparty_account.as_deref().unwrap_or_default(),
            remittance: self.remittance(),
        })
    }

    pub(super) fn remittance(&self) -> &str {
        self.detail
            .map_or(&self.entry.remittance, |detail| &detail.remittance)
    }
}

/// Writes a statement's lines; tells how many are new. Nothing, and nothing is written, where others
/// hold a line of a day that they know under other amounts: as one lump, or as its transactions.
pub async fn lines(
    office: &Office,
    tx: &mut Tx,
    row: &StatementRow,
    read: &Read,
    others: &[i64],
    known_days: KnownDays<'_>,
    touched: &mut Touched,
) -> Result<Option<usize>, EngineError> {
    let lines = flatten(office, read);
    if lines.len() >= ENTRIES_MAX {
        return Err(EngineError::refused(format!(
            "{} has more than {ENTRIES_MAX} lines in one statement",
            row.file
        )));
    }
    let mut known = Known::new(tx.entries_of_statements(others).await?);
    let closed = tx.closed_through().await?;
    let mut same: Vec<Option<i64>> = vec![None; lines.len()];
    let on_known_days = || {
        lines
            .iter()
            .zip(0usize..)
            .filter(|(line, _)| known_days.contains(line.day))
    };
    for grade in Grade::ALL {
        for (line, place) in on_known_days() {
            if let Some(slot) = same.get_mut(place).filter(|slot| slot.is_none()) {
                *slot = known.take(line, grade);
            }
        }
    }
    if on_known_days().any(|(_, place)| matches!(same.get(place), Some(None))) {
        return Ok(None);
    }
    let new = same.iter().filter(|same| same.is_none()).count();
    revive(tx, row.bank_account_id, &lines, &mut same).await?;
    let numbered: Vec<(usize, (&Line<'_>, Option<i64>))> =
        lines.iter().zip(same).enumerate().collect();
    for chunk in numbered.chunks(CHUNK) {
        let id = |place: usize| entry_id(row.id, place);
        let rows = chunk.iter().map(|(place, (line, same))| {
            let posted_on = first_open(line.day, closed);
            new_entry(
                id(*place),
                row.id,
                *same,
                line,
                read.profile.reliable_reference,
                &row.account,
                posted_on,
            )
        });
        let rows = Rows::of(rows)?;
        let texts = chunk
            .iter()
            .map(|(place, (line, _))| (id(*place), line.name(), line.remittance()));
        let texts = Rows::of(texts)?;
        let tokens = chunk
            .iter()
            .filter(|(_, (line, _))| line.amount_minor > 0)
            .flat_map(|(place, (line, _))| {
                text::tokens(line.remittance())
                    .into_iter()
                    .map(|token| (token, id(*place)))
            });
        let tokens = Rows::of(tokens)?;
        tx.add_entries(&rows, &texts, &tokens, office.now.millis)
            .await?;
        touched.entries.extend(
            chunk
                .iter()
                .map(|(place, (_, same))| same.unwrap_or(id(*place))),
        );
    }
    Ok(Some(new))
}

/// A line that a fallen statement (withdrawn, superseded) held too is the same entry again: what
/// people decided about it goes on to hold.
async fn revive(
    tx: &mut Tx,
    bank_account_id: i64,
    lines: &[Line<'_>],
    same: &mut [Option<i64>],
) -> Result<(), EngineError> {
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
    let mut sightings = tx.entries(&roots).await?;
    sightings.extend(tx.sightings(&roots).await?);
    let mut taken: BTreeSet<i64> = sightings
        .iter()
        .filter(|row| row.is_live())
        .map(EntryRow::entry)
        .collect();
    taken.extend(same.iter().flatten());
    let dead = fallen
        .into_iter()
        .filter(|row| !taken.contains(&row.entry()));
    let mut dead = Known::new(dead.collect());
    for (line, slot) in lines.iter().zip(same).filter(|(_, slot)| slot.is_none()) {
        *slot = dead.take(line, Grade::Content);
    }
    Ok(())
}

/// Lets lines that were written once stand again. Where others hold a day by now, they must hold it
/// as the same entries.
pub async fn stand_again(
    tx: &mut Tx,
    row: &StatementRow,
    written: &[EntryRow],
    others: &[i64],
    known_days: KnownDays<'_>,
) -> Result<(), EngineError> {
    let held: BTreeSet<i64> = (tx.entries_of_statements(others).await?.iter())
        .map(EntryRow::entry)
        .collect();
    let twice = |line: &&EntryRow| known_days.contains(line.day) && !held.contains(&line.entry());
    match written.iter().find(twice) {
        None => Ok(()),
        Some(line) => Err(EngineError::refused(format!(
            "line {} of {} stands by now as an entry of another statement of {}; withdraw that one first",
            line.line, row.file, line.day
        ))),
    }
}

/// The row of a line.
pub(super) fn new_entry<'a>(
    id: i64,
    statement: i64,
    same_as: Option<i64>,
    line: &'a Line<'_>,
    reliable: bool,
    bank_account: &str,
    posted_on: NaiveDate,
) -> NewEntry<'a> {
    NewEntry(
        id,
        statement,
        same_as,
        line.entry.line,
        line.day,
        line.entry.booking_date,
        line.entry.value_date,
        line.order_date(),
        line.crediting_date,
        line.source,
        line.amount_minor,
        u8::from(line.entry.reversal),
        u8::from(line.detail.is_some_and(|detail| detail.charge)),
        line.bank_reference(),
        u8::from(reliable && line.bank_reference().is_some()),
        line.entry.customer_reference.as_deref(),
        line.end_to_end_id(),
        line.entry.transaction_code.as_deref(),
        line.virtual_account.as_deref(),
        line.counterparty_account.as_deref(),
        line.public_id(bank_account),
        posted_on,
    )
}

/// The booked lines of a statement. A batch that puts money in and whose transactions add up to it
/// is one line for each of them; any other entry is one line as it stands.
pub(super) fn flatten<'a>(office: &Office, read: &'a Read) -> Vec<Line<'a>> {
    let statement = &read.statement;
    let single = one_day(statement);
    let scheme = reading::bank_account(office, &statement.account)
        .and_then(|row| row.virtual_scheme.as_ref());
    let number = |shown: Option<&String>| {
        let shown = shown?;
        let digits = match scheme.map(|scheme| scheme.recognise(shown)) {
            Some(Recognised::Number(nrb)) => nrb.as_str().to_owned(),
            Some(Recognised::Tail(tail)) => tail,
            _ => normalise_account(shown).trim_start_matches("PL").to_owned(),
        };
        (!digits.is_empty()).then_some(digits)
    };
    let mut lines = Vec::with_capacity(statement.entries.len());
    for entry in statement
        .entries
        .iter()
        .filter(|entry| entry.status == EntryStatus::Booked)
    {
        let Some(day) = entry.booking_date.or(single).or(entry.value_date) else {
            continue;
        };
        let (crediting_date, source) =
            crediting(entry, single, day, read.profile.value_before_booking);
        let line = |detail: Option<&'a Detail>, amount_minor: i64| Line {
            entry,
            detail,
            amount_minor,
            day,
            crediting_date,
            source,
            virtual_account: number(detail.map_or(entry.virtual_account.as_ref(), |detail| {
                detail.virtual_account.as_ref()
            })),
            counterparty_account: detail
                .map_or(&entry.counterparty_account, |detail| {
                    &detail.counterparty_account
                })
                .as_deref()
                .map(normalise_account),
        };
        let parts: Option<Vec<i64>> = entry
            .details
            .iter()
            .map(|detail| detail.amount_minor)
            .collect();
        match parts.filter(|parts| {
            entry.amount_minor > 0
                && parts.len() > 1
                && parts.iter().sum::<i64>() == entry.amount_minor
        }) {
            Some(parts) => {
                lines.extend(
                    entry
                        .details
                        .iter()
                        .zip(parts)
                        .map(|(detail, amount)| line(Some(detail), amount)),
                );
            }
            None => lines.push(line(None, entry.amount_minor)),
        }
    }
    lines
}

/// The crediting date and where it comes from: the booking date, else the date of a one-day
/// statement, else the value date. A value date before the booking date counts where the bank's
/// profile says so.
fn crediting(
    entry: &Entry,
    single: Option<NaiveDate>,
    day: NaiveDate,
    rule: CreditingRule,
) -> (NaiveDate, &'static str) {
    match (entry.booking_date, single, entry.value_date) {
        (Some(booked), _, Some(value)) if value < booked && rule == CreditingRule::Value => {
            (value, "value_by_profile")
        }
        (Some(booked), _, _) => (booked, "booking"),
        (None, Some(single), _) => (single, "statement"),
        _ => (day, "value"),
    }
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
    by_content: BTreeMap<(NaiveDate, i64, bool), Vec<EntryRow>>,
}

impl Known {
    fn new(rows: Vec<EntryRow>) -> Self {
        let mut by_content: BTreeMap<(NaiveDate, i64, bool), Vec<EntryRow>> = BTreeMap::new();
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

    fn take(&mut self, line: &Line<'_>, grade: Grade) -> Option<i64> {
        let rows = self
            .by_content
            .get_mut(&(line.day, line.amount_minor, line.entry.reversal))?;
        let same = |row: &EntryRow| match grade {
            Grade::Reference => {
                line.bank_reference().is_some()
                    && line.bank_reference() == row.bank_reference.as_deref()
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
                line.bank_reference() == row.bank_reference.as_deref()
                    && line.virtual_account == row.virtual_account
                    && line.counterparty_account == row.counterparty_account
            }
        };
        let place = rows.iter().position(same)?;
        Some(rows.remove(place).entry())
    }
}
