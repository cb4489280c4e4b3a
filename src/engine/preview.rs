//! What statements would come to if they were imported now: the same reading and the same judgement
//! as in [`record`], and nothing is written or locked.
//!
//! All files are judged together with what stands and what waits, as they would be once all of them
//! are in.

use super::coverage::{self, stands};
use super::fresh::Fresh;
use super::reading::{self, Looked, Read};
use super::record::{self, Recorded};
use super::statements::name;
use super::upload::{Handed, laid};
use super::{EngineError, Office, fault, source};
use crate::money::{Currency, format_plain};
use crate::statement::chain::{Place, Verdict, judge};
use crate::store::Tx;
use crate::store::statements::StatementRow;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What would happen.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// By file, in their order.
    pub files: Vec<FileSeen>,
    /// By bank account that statements are of.
    pub accounts: Vec<AccountSeen>,
    /// Statements that wait today and would stand then, by name.
    pub freed: Vec<String>,
}

/// What a file would come to.
#[derive(Debug, Clone, Default)]
pub struct FileSeen {
    /// Its name.
    pub name: String,
    /// Why nothing of it can be read: line and words.
    pub error: Option<(u32, String)>,
    /// Its statements.
    pub statements: Vec<StatementSeen>,
}

/// What a statement would come to.
#[derive(Debug, Clone)]
pub struct StatementSeen {
    /// The account.
    pub account: String,
    /// ISO 4217 code.
    pub currency: String,
    /// First and last day.
    pub period: Option<(NaiveDate, NaiveDate)>,
    /// Closing balance, minor units.
    pub closing_minor: Option<i64>,
    /// Its lines.
    pub entries: usize,
    /// Credits among them.
    pub credits: usize,
    /// Credits to a number that is or was a student's.
    pub to_students: usize,
    /// What came in, minor units.
    pub in_minor: i64,
    /// What went out, minor units.
    pub out_minor: i64,
    /// What would become of it.
    pub outcome: Recorded,
}

/// How far the statements of an account would reach.
#[derive(Debug, Clone)]
pub struct AccountSeen {
    /// The account.
    pub iban: String,
    /// Complete through, today.
    pub before: Option<NaiveDate>,
    /// Complete through, then.
    pub after: Option<NaiveDate>,
    /// Days that would still be missing between statements: after and before which.
    pub gaps: Vec<(NaiveDate, NaiveDate)>,
}

/// A statement that is to be judged: where it stands in the preview.
struct Candidate {
    file: usize,
    nth: usize,
    fresh: Fresh,
}

/// Looks files with statements through.
pub async fn statements(office: &Office, files: &[Handed]) -> Result<Preview, EngineError> {
    let mut preview = Preview::default();
    let mut candidates: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    let mut known = BTreeSet::new();
    let mut on_disk = Vec::new();
    let mut tx = office.db.read().await?;
    for file in files {
        let laid = laid(file)?;
        let looked = match source::files(laid.path(), &file.name) {
            Ok(named) => record::look(office, named).await,
            Err(error) => Err(record::FileReport {
                file: file.name.clone(),
                error: Some((error.line, error.message)),
                ..record::FileReport::default()
            }),
        };
        on_disk.push(laid);
        let looked = match looked {
            Ok(looked) => looked,
            Err(report) => {
                preview.files.push(FileSeen {
                    name: report.file,
                    error: report.error,
                    statements: Vec::new(),
                });
                continue;
            }
        };
        for (name, looked) in looked {
            let place = preview.files.len();
            let mut seen = FileSeen {
                name,
                ..FileSeen::default()
            };
            for read in &looked.statements {
                let is_twice = !known.insert((looked.digest.sha256.clone(), read.nth));
                let one = statement(office, &mut tx, &looked, read, is_twice).await?;
                if one.outcome == Recorded::Known {
                    let candidate = Candidate {
                        file: place,
                        nth: seen.statements.len(),
                        fresh: Fresh::of(&looked, read),
                    };
                    let of_account = candidates.entry(one.account.clone()).or_default();
                    of_account.push(candidate);
                }
                seen.statements.push(one);
            }
            preview.files.push(seen);
        }
    }
    for (account, candidates) in &candidates {
        judged(office, &mut tx, &mut preview, (account, candidates)).await?;
    }
    tx.rollback().await?;
    Ok(preview)
}

/// A statement by itself. What has still to be judged beside others is called known.
async fn statement(
    office: &Office,
    tx: &mut Tx,
    looked: &Arc<Looked>,
    read: &Read,
    is_twice: bool,
) -> Result<StatementSeen, EngineError> {
    let outline = &read.outline;
    let mut seen = StatementSeen {
        account: outline.account.clone(),
        currency: outline.currency.clone(),
        period: (read.place.as_ref().ok()).map(|place| (place.first_day, place.last_day)),
        closing_minor: outline.closing_minor,
        entries: outline.entry_count,
        credits: 0,
        to_students: 0,
        in_minor: 0,
        out_minor: 0,
        outcome: Recorded::Known,
    };
    if let Some(reason) = fault::not_ours(office, read) {
        seen.outcome = Recorded::NotPosted(reason);
        return Ok(seen);
    }
    let fresh = Fresh::of(looked, read);
    lines(office, tx, &fresh, &mut seen).await?;
    let place = i64::try_from(read.nth).unwrap_or(i64::MAX);
    let rows = tx.statements_of_file(&looked.digest.sha256).await?;
    let before = rows.into_iter().find(|row| row.place_in_file == place);
    seen.outcome = match before {
        Some(row) => Recorded::AlreadyImported(row.status),
        None if is_twice => Recorded::AlreadyImported("published".to_owned()),
        None => {
            let account = record::row_of(tx, &outline.account).await?;
            let fault = fault::of(office, tx, account.unwrap_or_default(), &fresh).await?;
            fault.map_or(Recorded::Known, Recorded::Quarantined)
        }
    };
    Ok(seen)
}

/// Counts the lines, and those to numbers of students.
async fn lines(
    office: &Office,
    tx: &mut Tx,
    fresh: &Fresh,
    seen: &mut StatementSeen,
) -> Result<(), EngineError> {
    let mut coming = fresh.lines(office).await?;
    while let Some(lines) = coming.next().await? {
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        for line in &lines {
            if line.amount_minor < 0 {
                seen.out_minor = seen.out_minor.saturating_sub(line.amount_minor);
                continue;
            }
            seen.in_minor = seen.in_minor.saturating_add(line.amount_minor);
            seen.credits += 1;
            if let Some(number) = &line.virtual_account {
                *numbers.entry(number.clone()).or_default() += 1;
            }
        }
        let shown: Vec<String> = numbers.keys().cloned().collect();
        let mut of_students: BTreeSet<String> = BTreeSet::new();
        let found = tx.numbers(&shown).await?;
        for row in found.into_iter().chain(tx.numbers_by_tail(&shown).await?) {
            of_students.extend([row.nrb, row.tail]);
        }
        let counts = numbers.iter();
        seen.to_students += counts
            .filter(|(number, _)| of_students.contains(*number))
            .map(|(_, count)| count)
            .sum::<usize>();
    }
    Ok(())
}

/// Judges the statements of an account beside what stands and waits.
async fn judged(
    office: &Office,
    tx: &mut Tx,
    preview: &mut Preview,
    (iban, candidates): (&str, &[Candidate]),
) -> Result<(), EngineError> {
    let id = record::row_of(tx, iban).await?.unwrap_or_default();
    let (rows, days) = tx.statements_of_account(id).await?;
    let places = coverage::places(&rows, &days);
    let of = |wanted: fn(&StatementRow) -> bool| -> Vec<Place> {
        let rows = rows.iter().filter(|row| wanted(row));
        rows.filter_map(|row| places.get(&row.id).cloned())
            .collect()
    };
    let mut standing = of(stands);
    let mut waiting = of(|row| row.status == "waiting");
    let fresh = (1..).zip(candidates).filter_map(|(number, candidate)| {
        let mut place = candidate.fresh.read().place.clone().ok()?;
        place.id = -number;
        Some(place)
    });
    waiting.extend(fresh);
    let rhythm = reading::rhythm(office, iban);
    let before = coverage::of_places(tx, office, (id, iban), &standing).await?;
    for (id, verdict) in judge(&standing, &waiting, &rhythm) {
        let place = waiting.iter().find(|place| place.id == id);
        if !matches!(verdict, Verdict::Waits { .. }) {
            standing.extend(place.cloned());
        }
        let of_preview = usize::try_from(-id - 1).ok();
        match of_preview.and_then(|at| candidates.get(at)) {
            Some(candidate) => {
                let outcome = outcome(&verdict, place, candidate);
                let file = preview.files.get_mut(candidate.file);
                let seen = file.and_then(|file| file.statements.get_mut(candidate.nth));
                if let Some(seen) = seen {
                    seen.outcome = outcome;
                }
            }
            None if matches!(verdict, Verdict::Waits { .. }) => {}
            None => preview
                .freed
                .extend(rows.iter().find(|row| row.id == id).map(name)),
        }
    }
    let after = coverage::of_places(tx, office, (id, iban), &standing).await?;
    let gaps = after.gaps.iter().filter(|gap| !gap.accepted);
    preview.accounts.push(AccountSeen {
        iban: iban.to_owned(),
        before: before.through,
        after: after.through,
        gaps: gaps.map(|gap| (gap.after_day, gap.before_day)).collect(),
    });
    Ok(())
}

fn outcome(verdict: &Verdict, place: Option<&Place>, candidate: &Candidate) -> Recorded {
    let outline = &candidate.fresh.read().outline;
    match verdict {
        Verdict::Same { .. } | Verdict::Known { .. } => Recorded::Known,
        Verdict::New { known_days, .. } => {
            let on = |day: &NaiveDate| place.and_then(|place| place.on(*day));
            let known = known_days.iter().filter_map(on);
            let known: usize = known.map(|slice| slice.content.count as usize).sum();
            Recorded::Published(outline.entry_count.saturating_sub(known))
        }
        Verdict::Waits { reason, .. } => {
            let currency = Currency::parse(&outline.currency).unwrap_or(Currency::PLN);
            Recorded::Waiting(reason.explain(&|minor| format_plain(minor, currency)))
        }
    }
}
