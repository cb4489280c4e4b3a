//! The lines of a statement that stands: new ones become entries, known ones another sighting.

use super::attach::Watch;
use super::ids::Ids;
use super::line::Line;
use super::lump::{self, Lump, Side, Told};
use super::record::Fresh;
use super::{EngineError, Office, first_open, identify};
use crate::identify::text;
use crate::store::entries::{ENTRIES_MAX, EntryRow, NewEntry, entry_id};
use crate::store::statements::StatementRow;
use crate::store::{Rows, StoreError, Tx};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Rows in one statement of SQL.
const CHUNK: usize = 4_000;

/// Why a statement waits that agrees with others but for the parts of a lump.
const OTHERWISE_SPLIT: &str = "another statement holds the same money in other parts";

/// Why one waits that tells in parts what a person took as a whole.
const DECIDED: &str = "it tells a lump sum in parts, and a person decided about the lump as a whole: revoke that decision, then read this one again";

/// What became of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// They stand; so many are new.
    New(usize),
    /// Nothing was written, and why.
    Not(&'static str),
    /// Nothing was written, because they are too many for one transaction.
    TooMany,
}

/// What a change of statements touched.
#[derive(Debug, Clone, Default)]
pub struct Touched {
    /// Entries that are new or were seen again, and of which nothing was concluded since.
    pub entries: Ids,
    /// The reversals of the account, where entries were concluded as they were written.
    pub watch: Option<Watch>,
    /// Whether a statement fell: it was withdrawn or superseded.
    pub fell: bool,
}

impl Touched {
    /// Whether anything was.
    pub fn anything(&self) -> bool {
        !self.entries.is_empty() || self.watch.is_some() || self.fell
    }
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

/// Writes a statement's lines. Of a day that others know they hold every line, or they hold a lump
/// where this one has its transactions, or the other way round; else nothing is written.
///
/// A statement that shares no day with others is written at once if it is a chunk, and else left to
/// [`recording`](super::recording); any other is held whole, because each of its lines may be one that
/// others hold.
pub async fn lines(
    office: &Office,
    tx: &mut Tx,
    row: &StatementRow,
    fresh: &Fresh,
    others: &[i64],
    known_days: KnownDays<'_>,
    touched: &mut Touched,
) -> Result<Written, EngineError> {
    let mut writer = Writer::new(tx, office, row, fresh).await?;
    let mut coming = fresh.lines(office).await?;
    if shares_nothing(tx, row, known_days).await? {
        if !coming.are_few().await? {
            return Ok(Written::TooMany);
        }
        let watch = match &mut touched.watch {
            Some(watch) => watch,
            none => none.insert(Watch::over(tx, row.bank_account_id).await?),
        };
        while let Some(lines) = coming.next().await? {
            let new = vec![None; lines.len()];
            let entries = writer.write(tx, &lines, &new).await?;
            identify::new(tx, office, entries, watch).await?;
        }
        return Ok(Written::New(writer.new));
    }
    let mut lines = Vec::new();
    while let Some(more) = coming.next().await? {
        lines.extend(more);
    }
    let Some((mut same, lumps)) = known_lines(tx, &lines, others, known_days).await? else {
        return Ok(Written::Not(OTHERWISE_SPLIT));
    };
    let told: Vec<i64> = lumps.iter().filter_map(|lump| lump.whole.entry()).collect();
    if tx.is_decided_about(&told).await? {
        return Ok(Written::Not(DECIDED));
    }
    let whole = |lump: &&Lump| lump.whole.entry().is_none();
    let told_already = lumps.iter().filter(whole).count();
    let new = same.iter().filter(|same| same.is_none()).count() - told_already;
    revive(tx, row.bank_account_id, &lines, &mut same).await?;
    for (lines, same) in lines.chunks(CHUNK).zip(same.chunks(CHUNK)) {
        let written = writer.write(tx, lines, same).await?;
        touched.entries.extend(written.iter().map(EntryRow::entry));
    }
    let id = |side: &Side| match *side {
        Side::Entry(id) => id,
        Side::Line(place) => {
            let known = same.get(place).copied().flatten();
            known.unwrap_or_else(|| entry_id(row.id, place))
        }
    };
    let pairs = lumps.iter().flat_map(|lump| {
        let whole = id(&lump.whole);
        lump.parts.iter().map(move |part| (whole, id(part)))
    });
    let pairs: Vec<(i64, i64)> = pairs.collect();
    tx.add_lump_parts(&pairs, office.now.millis).await?;
    touched.entries.extend(told);
    Ok(Written::New(new))
}

/// Whether no other statement of the account holds, or ever held, a line of this one's days.
async fn shares_nothing(
    tx: &mut Tx,
    row: &StatementRow,
    known_days: KnownDays<'_>,
) -> Result<bool, StoreError> {
    let (KnownDays::These([]), Some(first), Some(last)) = (known_days, row.first_day, row.last_day)
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

/// For each line the entry that others hold it as, on the days that they know, and the lumps that
/// one side holds in parts; nothing where they hold something otherwise.
async fn known_lines(
    tx: &mut Tx,
    lines: &[Line],
    others: &[i64],
    known_days: KnownDays<'_>,
) -> Result<Option<(Vec<Option<i64>>, Vec<Lump>)>, StoreError> {
    let held = tx.entries_of_statements(others).await?;
    let (held, told) = lump::with_lumps(tx, held).await?;
    // Two amounts that are equal by chance may tear a batch apart; then batches keep out of that.
    let first = pairing(lines, held.clone(), &told, known_days, true);
    Ok(first.or_else(|| pairing(lines, held, &told, known_days, false)))
}

/// Pairs the lines of days that others know with what they hold; `torn` lets a part of a batch be
/// an equal of something that has only its amount in common.
fn pairing(
    lines: &[Line],
    held: Vec<EntryRow>,
    told: &Told,
    known_days: KnownDays<'_>,
    torn: bool,
) -> Option<(Vec<Option<i64>>, Vec<Lump>)> {
    let mut known = Known::new(held);
    let mut batches: BTreeMap<u32, usize> = BTreeMap::new();
    for line in lines {
        *batches.entry(line.at).or_default() += 1;
    }
    let is_part = |line: &Line| batches.get(&line.at).is_some_and(|lines| 1 < *lines);
    let mut same: Vec<Option<i64>> = vec![None; lines.len()];
    let on_known_days = || {
        lines
            .iter()
            .zip(0usize..)
            .filter(|(line, _)| known_days.contains(line.day))
    };
    for grade in Grade::ALL {
        for (line, place) in on_known_days() {
            if grade == Grade::Amount && !torn && is_part(line) {
                continue;
            }
            if let Some(slot) = same.get_mut(place).filter(|slot| slot.is_none()) {
                *slot = known.take(line, grade);
            }
        }
    }
    let alone = on_known_days().filter(|(_, place)| matches!(same.get(*place), Some(None)));
    let alone: Vec<(usize, &Line)> = alone.map(|(line, place)| (place, line)).collect();
    let lumps = lump::pair(&alone, &known.left(), told)?;
    Some((same, lumps))
}

/// Writes lines of one statement, in their order.
pub struct Writer<'a> {
    row: &'a StatementRow,
    /// The status with which what is written would be read.
    status: &'static str,
    reliable: bool,
    closed: Option<NaiveDate>,
    now: i64,
    written: usize,
    new: usize,
}

impl<'a> Writer<'a> {
    /// Writes a statement from its first line on.
    async fn new(
        tx: &mut Tx,
        office: &Office,
        row: &'a StatementRow,
        fresh: &Fresh,
    ) -> Result<Writer<'a>, StoreError> {
        Ok(Writer {
            row,
            status: "published",
            reliable: fresh.read().profile.reliable_reference,
            closed: tx.closed_through().await?,
            now: office.now.millis,
            written: 0,
            new: 0,
        })
    }

    /// Goes on with a statement that is being recorded and of which so many lines are written.
    pub async fn behind(
        tx: &mut Tx,
        office: &Office,
        row: &'a StatementRow,
        fresh: &Fresh,
        written: usize,
    ) -> Result<Writer<'a>, StoreError> {
        Ok(Writer {
            status: "waiting",
            written,
            ..Writer::new(tx, office, row, fresh).await?
        })
    }

    /// Writes some more, each new or seen before, and gives them back as they would be read.
    pub async fn write(
        &mut self,
        tx: &mut Tx,
        lines: &[Line],
        same: &[Option<i64>],
    ) -> Result<Vec<EntryRow>, EngineError> {
        let first = self.written;
        self.written += lines.len();
        self.new += same.iter().filter(|same| same.is_none()).count();
        if ENTRIES_MAX <= self.written {
            return Err(EngineError::refused(format!(
                "{} has more than {ENTRIES_MAX} lines in one statement",
                self.row.file
            )));
        }
        let id = |place: usize| entry_id(self.row.id, place);
        let rows = (lines.iter().zip(same).zip(first..)).map(|((line, same), place)| {
            line.row(
                id(place),
                self.row.id,
                *same,
                self.reliable,
                &self.row.account,
                first_open(line.day, self.closed),
            )
        });
        let new: Vec<NewEntry> = rows.collect();
        let rows = Rows::of(&new)?;
        let texts = (lines.iter().zip(first..))
            .map(|(line, place)| (id(place), &line.name, &line.remittance));
        let texts = Rows::of(texts)?;
        let tokens = (lines.iter().zip(first..))
            .filter(|(line, _)| line.amount_minor > 0)
            .flat_map(|(line, place)| {
                text::tokens(&line.remittance)
                    .into_iter()
                    .map(move |token| (token, id(place)))
            });
        let tokens = Rows::of(tokens)?;
        tx.add_entries(&rows, &texts, &tokens, self.now).await?;
        let written = new.into_iter().zip(lines).map(|(new, line)| {
            let texts = (line.name.as_deref(), line.remittance.as_str());
            new.as_read(texts, (self.row, self.status), self.now)
        });
        Ok(written.collect())
    }
}

/// A line that a fallen statement (withdrawn, superseded) held too is the same entry again: what
/// people decided about it goes on to hold.
async fn revive(
    tx: &mut Tx,
    bank_account_id: i64,
    lines: &[Line],
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
/// as the same entries, or as the lumps or parts of these.
pub async fn stand_again(
    tx: &mut Tx,
    row: &StatementRow,
    written: &[EntryRow],
    others: &[i64],
    known_days: KnownDays<'_>,
    touched: &mut Touched,
) -> Result<(), EngineError> {
    let held = tx.entries_of_statements(others).await?;
    let held: BTreeSet<i64> = held.iter().map(EntryRow::entry).collect();
    let held = with_told(tx, held).await?;
    let wholes = lump::told_by(tx, written).await?;
    if tx.is_decided_about(&wholes).await? {
        return Err(EngineError::refused(DECIDED));
    }
    if lump::told_otherwise(tx, &wholes, written).await? {
        return Err(EngineError::refused(OTHERWISE_SPLIT));
    }
    touched.entries.extend(wholes);
    touched.entries.extend(written.iter().map(EntryRow::entry));
    let twice = |line: &&EntryRow| known_days.contains(line.day) && !held.contains(&line.entry());
    match written.iter().find(twice) {
        None => Ok(()),
        Some(line) => Err(EngineError::refused(format!(
            "line {} of {} stands by now as an entry of another statement of {}; withdraw that one first",
            line.line, row.file, line.day
        ))),
    }
}

/// Entries, and those that are the same money: the lumps of which they are parts, and the parts.
async fn with_told(tx: &mut Tx, mut held: BTreeSet<i64>) -> Result<BTreeSet<i64>, StoreError> {
    let ids: Vec<i64> = held.iter().copied().collect();
    let pairs = tx.lump_parts_around(&ids).await?;
    held.extend(pairs.into_iter().flat_map(|(whole, part)| [whole, part]));
    Ok(held)
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

    /// Those that nobody took.
    fn left(self) -> Vec<EntryRow> {
        self.by_content.into_values().flatten().collect()
    }

    fn take(&mut self, line: &Line, grade: Grade) -> Option<i64> {
        let rows = self
            .by_content
            .get_mut(&(line.day, line.amount_minor, line.reversal))?;
        let same = |row: &EntryRow| match grade {
            Grade::Reference => {
                line.bank_reference.is_some()
                    && line.bank_reference.as_deref() == row.bank_reference.as_deref()
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
                line.bank_reference.as_deref() == row.bank_reference.as_deref()
                    && line.virtual_account == row.virtual_account
                    && line.counterparty_account == row.counterparty_account
            }
        };
        let place = rows.iter().position(same)?;
        Some(rows.remove(place).entry())
    }
}
