//! The lines of a statement that stands: new ones become entries, known ones another sighting.

use super::attach::Watch;
use super::fresh::Fresh;
use super::ids::Ids;
use super::line::Line;
use super::lump;
use super::pairing::{Coming, DECIDED, OTHERWISE_SPLIT, Pairs, Shared};
use super::reading::CHUNK;
use super::{EngineError, Office, first_open, identify};
use crate::identify::text;
use crate::store::entries::{ENTRIES_MAX, EntryRow, NewEntry, entry_id};
use crate::store::statements::StatementRow;
use crate::store::{Rows, StoreError, Tx};
use chrono::NaiveDate;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What became of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// They stand; so many are new.
    New(usize),
    /// Nothing was written, and why.
    Not(Cow<'static, str>),
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
    /// Lines that were written in the transaction.
    pub written: usize,
    /// Statements that were just found to wait: they are not judged again at once.
    pub waiting: BTreeSet<i64>,
}

impl Touched {
    /// Whether anything was.
    pub fn anything(&self) -> bool {
        !self.entries.is_empty() || self.watch.is_some() || self.fell
    }
}

/// Writes a statement's lines. Of a day that others know they hold every line, or they hold a lump
/// where this one has its transactions, or the other way round; else nothing is written.
///
/// One that is a chunk is written at once, and so are others behind it as long as all of them together
/// are no more than that; any other is left to [`recording`](super::recording).
pub async fn lines(
    office: &Office,
    tx: &mut Tx,
    row: &StatementRow,
    fresh: &Fresh,
    shared: &Shared,
    touched: &mut Touched,
) -> Result<Written, EngineError> {
    let mut coming = fresh.lines(office).await?;
    if !coming.are_few().await? {
        return Ok(Written::TooMany);
    }
    let lines = coming.next().await?.unwrap_or_default();
    if 0 < touched.written && CHUNK < touched.written + lines.len() {
        return Ok(Written::TooMany);
    }
    touched.written += lines.len();
    let mut writer = Writer::new(tx, office, row, fresh).await?;
    if shared.is_nothing(tx, row).await? {
        let watch = match &mut touched.watch {
            Some(watch) => watch,
            none => none.insert(Watch::over(tx, row.bank_account_id).await?),
        };
        let all_new = vec![None; lines.len()];
        let entries = writer.write(tx, &lines, &all_new).await?;
        identify::new(tx, office, entries, watch).await?;
        return Ok(Written::New(lines.len()));
    }
    let looks: Vec<Coming> = Coming::of(&lines, 0).collect();
    let Some(pairs) = Pairs::of(tx, row, &looks, shared).await? else {
        return Ok(Written::Not(OTHERWISE_SPLIT.into()));
    };
    if let Some(why) = pairs.wait(tx).await? {
        return Ok(Written::Not(why.into()));
    }
    let same = pairs.same(0, lines.len());
    let written = writer.write(tx, &lines, &same).await?;
    touched.entries.extend(written.iter().map(EntryRow::entry));
    touched.entries.extend(pairs.told());
    let parts = pairs.parts(row.id);
    tx.add_lump_parts(&parts, office.now.millis).await?;
    Ok(Written::New(pairs.new_among(lines.len())))
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

/// Lets lines that were written once stand again, or tells why they cannot. Where others hold a day by
/// now, they must hold it as the same entries, or as the lumps or parts of these.
pub async fn stand_again(
    tx: &mut Tx,
    row: &StatementRow,
    written: &[EntryRow],
    shared: &Shared,
    touched: &mut Touched,
) -> Result<Option<Cow<'static, str>>, EngineError> {
    let held = tx.entries_of_statements(&shared.others).await?;
    let held: BTreeSet<i64> = held.iter().map(EntryRow::entry).collect();
    let held = with_told(tx, held).await?;
    let wholes = lump::told_by(tx, written).await?;
    if tx.is_decided_about(&wholes).await? {
        return Ok(Some(DECIDED.into()));
    }
    if lump::told_otherwise(tx, &wholes, written).await? {
        return Ok(Some(OTHERWISE_SPLIT.into()));
    }
    let twice = |line: &&EntryRow| shared.holds(line.day) && !held.contains(&line.entry());
    if let Some(line) = written.iter().find(twice) {
        let (at, file, day) = (line.line, &row.file, line.day);
        return Ok(Some(Cow::Owned(format!(
            "line {at} of {file} stands by now as an entry of another statement of {day}; withdraw that one first"
        ))));
    }
    touched.entries.extend(wholes);
    touched.entries.extend(written.iter().map(EntryRow::entry));
    Ok(None)
}

/// Entries, and those that are the same money: the lumps of which they are parts, and the parts.
async fn with_told(tx: &mut Tx, mut held: BTreeSet<i64>) -> Result<BTreeSet<i64>, StoreError> {
    let ids: Vec<i64> = held.iter().copied().collect();
    let pairs = tx.lump_parts_around(&ids).await?;
    held.extend(pairs.into_iter().flat_map(|(whole, part)| [whole, part]));
    Ok(held)
}
