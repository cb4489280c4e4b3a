//! Files, statements, lines, the chain, and whose every line is.

use super::Report;
use super::lines::{self, Tokens};
use crate::engine::digest::Digest;
use crate::engine::fresh::{self, Fresh};
use crate::engine::reading::{self, Looked, Read, Way};
use crate::engine::record;
use crate::engine::retention::{self, Class};
use crate::engine::source::Source;
use crate::engine::statements::name;
use crate::engine::{EngineError, Office, coverage, identify, keep, lump, pairing};
use crate::statement::chain::{Place, Verdict, WaitReason, judge};
use crate::statement::read::{CreditingRule, ReadError};
use crate::store::entries::{EntryRow, MovementRow, ReadAsRow};
use crate::store::statements::{DayRow, StatementDecisionRow, StatementRow};
use crate::store::verify::FileRow;
use crate::store::{StoreError, Tx};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Reads every file again and compares.
pub(super) async fn check(
    tx: &mut Tx,
    office: &Office,
    report: &mut Report,
) -> Result<(), EngineError> {
    let mut tokens = Tokens::new();
    for (entry, token) in tx.tokens().await? {
        tokens.entry(entry).or_default().insert(token);
    }
    let mut days: BTreeMap<i64, Vec<DayRow>> = BTreeMap::new();
    for account in tx.bank_accounts().await? {
        for row in tx.statements_of_account(account.id).await?.1 {
            days.entry(row.statement_id).or_default().push(row);
        }
    }
    let erased = tx.tombstones(Class::Statements.name()).await?;
    let erased: BTreeMap<String, String> = (erased.into_iter())
        .map(|row| (row.about, row.sha256))
        .collect();
    for file in tx.files().await? {
        report.looked.files += 1;
        let rows = tx.statements_of_file(&file.sha256).await?;
        if let Some(seal) = erased.get(&file.sha256) {
            report.looked.statements += rows.len();
            if *seal != retention::seal_of_file(tx, &file.sha256).await? {
                let wrong = "its lines are not those that stood when it was erased";
                report.add("file", file.name, wrong);
            }
            continue;
        }
        let source = match keep::kept(tx, &file.sha256, &file.name).await {
            Ok(source) => source,
            Err(StoreError::Inconsistent { what, .. }) => {
                report.add("file", file.name, what);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        bytes_differ(&file, &source, report);
        let mut readings: BTreeMap<_, Result<Arc<Looked>, ReadError>> = BTreeMap::new();
        for row in rows {
            report.looked.statements += 1;
            if row.status == "recording" {
                let wrong = "its lines are still being written; `kwestura import` on any file goes on with them";
                report.add("recording", name(&row), wrong);
                continue;
            }
            let read_as = tx.read_as(row.id).await?;
            let profile = lines::profile_then(office, &row, read_as);
            let way = (
                row.account.clone(),
                row.profile.clone(),
                row.encoding.clone(),
                profile.value_before_booking == CreditingRule::Value,
            );
            let looked = if let Some(looked) = readings.get(&way) {
                looked.clone()
            } else {
                let by = Way::By(Box::new(profile));
                let looked = reading::look(office, source.clone(), by).await;
                readings.entry(way).or_insert(looked).clone()
            };
            let Ok(fresh) = fresh::nth(&row, looked) else {
                let wrong = format!(
                    "{} cannot be read there as it was ({}, {})",
                    row.file, row.profile, row.encoding
                );
                report.add("statement", name(&row), wrong);
                continue;
            };
            let days = days.remove(&row.id).unwrap_or_default();
            let all = (&row, &fresh, days.as_slice(), read_as);
            statement(tx, office, all, &tokens, report).await?;
        }
    }
    for (entry, wrong) in lump::wrong_pairs(tx).await? {
        report.add("lump_part", entry.to_string(), wrong);
    }
    Ok(())
}

/// The bytes that are kept are those that came.
fn bytes_differ(file: &FileRow, source: &Source, report: &mut Report) {
    let digest = match source.open().and_then(Digest::of) {
        Ok(digest) => digest,
        Err(error) => return report.add("file", &file.name, error.message),
    };
    if digest.sha256 != file.sha256 {
        report.add("file", &file.name, "its bytes are not those of its SHA-256");
    }
    if i64::try_from(digest.size_bytes) != Ok(file.size_bytes) {
        let wrong = format!("it has {} bytes, not size_bytes", digest.size_bytes);
        report.add("file", &file.name, wrong);
    }
}

async fn statement(
    tx: &mut Tx,
    office: &Office,
    (row, fresh, days, read_as): (&StatementRow, &Fresh, &[DayRow], ReadAsRow),
    tokens: &Tokens,
    report: &mut Report,
) -> Result<(), EngineError> {
    let read = fresh.read();
    let differences = placed_differently(row, read);
    if !differences.is_empty() {
        report.add("statement", name(row), differences.join("; "));
    }
    days_differ(row, read, days, report);
    let decisions = tx.statement_decisions(row.id).await?;
    let written = tx.lines_written(row.id).await?;
    if let Some(wrong) = status_is_wrong(row, read, &decisions, written > 0) {
        report.add("statement", name(row), wrong);
    }
    // What never stood was never written, or only in part when its recording was given up.
    let never_written = written == 0 && matches!(row.status.as_str(), "waiting" | "quarantined");
    if never_written || row.status == "rejected" {
        return Ok(());
    }
    let (mut stored, mut sum) = (0, 0);
    let mut count = |lines: &[EntryRow]| {
        stored += lines.len();
        sum += lines
            .iter()
            .map(|line| i128::from(line.amount_minor))
            .sum::<i128>();
    };
    let mut passed = 0;
    let mut seen = BTreeSet::new();
    let mut coming = fresh.lines(office).await?;
    while let Some(lines) = coming.next().await? {
        let end = passed + lines.len();
        let entries = tx.lines_of_statement(row.id, passed..end).await?;
        lines::compare((row, read_as), (passed, &lines), &entries, tokens, report);
        same_entries(tx, row, &entries, &mut seen, report).await?;
        count(&entries);
        passed = end;
    }
    count(
        &tx.lines_of_statement(row.id, passed..written.max(passed))
            .await?,
    );
    if passed != stored {
        let wrong = format!("{stored} line(s) stand, its file has {passed}");
        report.add("statement", name(row), wrong);
    }
    let accepted = decisions.iter().any(|decision| decision.kind == "accept");
    let (opening, closing) = (
        row.opening_minor.unwrap_or_default(),
        row.closing_minor.unwrap_or_default(),
    );
    if !accepted && i128::from(opening) + sum != i128::from(closing) {
        let wrong = format!(
            "opening_minor {opening} and its lines ({sum}) do not give closing_minor {closing}"
        );
        report.add("statement", name(row), wrong);
    }
    Ok(())
}

fn placed_differently(row: &StatementRow, read: &Read) -> Vec<String> {
    let (placed, _) = record::placed(read);
    let statement = &read.outline;
    let pairs = [
        (
            "bank_account_id",
            row.account.clone(),
            statement.account.clone(),
        ),
        ("currency", row.currency.clone(), statement.currency.clone()),
        ("format", row.format.clone(), statement.format.to_string()),
        ("profile", row.profile.clone(), read.profile.name.clone()),
        ("encoding", row.encoding.clone(), read.encoding.clone()),
        ("line", row.line.to_string(), statement.line.to_string()),
        (
            "sequence",
            format!("{:?}", row.sequence),
            format!("{:?}", statement.sequence),
        ),
        (
            "reference",
            format!("{:?}", row.reference),
            format!("{:?}", statement.reference),
        ),
        (
            "number",
            format!("{:?}", row.number),
            format!("{:?}", placed.number),
        ),
        (
            "first_day",
            format!("{:?}", row.first_day),
            format!("{:?}", placed.first_day),
        ),
        (
            "last_day",
            format!("{:?}", row.last_day),
            format!("{:?}", placed.last_day),
        ),
        (
            "opening_date",
            format!("{:?}", row.opening_date),
            format!("{:?}", placed.opening_date),
        ),
        (
            "opening_minor",
            format!("{:?}", row.opening_minor),
            format!("{:?}", placed.opening_minor),
        ),
        (
            "closing_minor",
            format!("{:?}", row.closing_minor),
            format!("{:?}", placed.closing_minor),
        ),
        (
            "by_value_date",
            (row.by_value_date == 1).to_string(),
            placed.by_value_date.to_string(),
        ),
        (
            "entry_count",
            row.entry_count.to_string(),
            placed.entry_count.to_string(),
        ),
    ];
    pairs
        .into_iter()
        .filter(|(_, stored, file)| stored != file)
        .map(|(field, stored, file)| format!("{field} is {stored}, its file says {file}"))
        .collect()
}

fn days_differ(row: &StatementRow, read: &Read, days: &[DayRow], report: &mut Report) {
    let expected = record::placed(read)
        .1
        .map(|place| place.days)
        .unwrap_or_default();
    let expected = expected.iter().map(|slice| {
        let content = (i64::from(slice.content.count), slice.content.digest_hex());
        (slice.day, (slice.start_minor, slice.end_minor, content))
    });
    let mut expected: BTreeMap<_, _> = expected.collect();
    for day in days {
        let content = (day.entry_count, day.digest.clone());
        if expected.remove(&day.day) != Some((day.start_minor, day.end_minor, content)) {
            let row = format!("{} on {}", name(row), day.day);
            report.add(
                "statement_day",
                row,
                "other balances or lines than its file has",
            );
        }
    }
    for day in expected.into_keys() {
        report.add(
            "statement_day",
            format!("{} on {day}", name(row)),
            "it is missing",
        );
    }
}

/// A status is concluded from what people said and from whether the statement may be posted at all.
fn status_is_wrong(
    row: &StatementRow,
    read: &Read,
    decisions: &[StatementDecisionRow],
    written: bool,
) -> Option<String> {
    let last = decisions
        .iter()
        .map(|decision| decision.kind.as_str())
        .rfind(|kind| *kind != "reread");
    let status = row.status.as_str();
    let stands = coverage::stands(row);
    let wrong = match (status, last) {
        ("withdrawn", Some("withdraw")) | ("rejected", Some("reject")) => None,
        ("withdrawn" | "rejected", _) => Some("nobody said so"),
        (_, Some("withdraw" | "reject")) if status != "superseded" => {
            Some("a person said otherwise")
        }
        ("superseded", _) if row.other_id.is_none() => {
            Some("it names no statement that took its place")
        }
        ("known", _) if row.other_id.is_none() => {
            Some("it names no statement that holds its lines")
        }
        ("published", _) if row.other_id.is_some() => Some("it names another statement"),
        _ if stands && !written && row.entry_count > 0 => Some("its lines were never written"),
        // A person decided while they were being written.
        ("waiting", _) if written && row.reason == pairing::DECIDED => None,
        ("waiting" | "quarantined", _) if written => Some("its lines were written"),
        _ if (stands || status == "waiting")
            && !read.outline.is_sound()
            && !decisions.iter().any(|decision| decision.kind == "accept") =>
        {
            Some("it does not add up or bears a fault, and nobody accepted it")
        }
        _ => None,
    };
    wrong.map(|wrong| format!("status is {status}: {wrong}"))
}

/// Another sighting has the content of the entry that it sights.
async fn same_entries(
    tx: &mut Tx,
    row: &StatementRow,
    entries: &[EntryRow],
    seen: &mut BTreeSet<i64>,
    report: &mut Report,
) -> Result<(), StoreError> {
    let roots: Vec<i64> = entries.iter().filter_map(|entry| entry.same_as).collect();
    let first: BTreeMap<i64, EntryRow> = (tx.entries(&roots).await?.into_iter())
        .map(|row| (row.id, row))
        .collect();
    let content = |row: &EntryRow| (row.bank_account_id, row.day, row.amount_minor, row.reversal);
    for entry in entries {
        let twice = !seen.insert(entry.entry());
        let differs = entry.same_as.is_some_and(|root| {
            first
                .get(&root)
                .is_none_or(|root| root.same_as.is_some() || content(root) != content(entry))
        });
        if differs || twice {
            let wrong = "same_as names an entry that is not the same";
            report.add("entry", lines::named(entry, row), wrong);
        }
    }
    Ok(())
}

/// The chain of every account, its balance, and whose its entries are.
pub(super) async fn check_accounts(
    tx: &mut Tx,
    office: &Office,
    report: &mut Report,
) -> Result<(), EngineError> {
    for account in tx.bank_accounts().await? {
        let (statements, days) = tx.statements_of_account(account.id).await?;
        let places = coverage::places(&statements, &days);
        let mut standing: Vec<Place> = Vec::new();
        for row in statements.iter().filter(|row| coverage::stands(row)) {
            standing.extend(places.get(&row.id).cloned());
        }
        let rhythm = reading::rhythm(office, &account.iban);
        for (id, verdict) in judge(&[], &standing, &rhythm) {
            let Verdict::Waits { reason, .. } = verdict else {
                continue;
            };
            let decided = tx.statement_decisions(id).await?;
            let contradicts = matches!(
                reason,
                WaitReason::Contradiction { .. } | WaitReason::SameNumber { .. }
            );
            if let Some(row) = statements.iter().find(|row| row.id == id)
                && contradicts
                && decided.is_empty()
            {
                report.add(
                    "statement",
                    name(row),
                    "it stands and contradicts another that stands",
                );
            }
        }
        let lines = tx.movements_of_account(account.id).await?;
        let roots: BTreeSet<i64> = lines.iter().map(|line| line.entry).collect();
        report.looked.entries += roots.len();
        balance(
            tx,
            office,
            &account.iban,
            account.id,
            &standing,
            &lines,
            report,
        )
        .await?;
        let wrong = identify::disagreements(tx, office, account.id, &roots).await?;
        for (id, wrong) in wrong {
            report.add("identification", format!("of entry {id}"), wrong);
        }
    }
    Ok(())
}

/// What came in less what went out is what the balance moved by, as far as the tiles are complete.
async fn balance(
    tx: &mut Tx,
    office: &Office,
    iban: &str,
    id: i64,
    standing: &[Place],
    lines: &[MovementRow],
    report: &mut Report,
) -> Result<(), EngineError> {
    let covered = coverage::of_account(tx, office, id, iban).await?;
    let (Some(from), Some(through), Some(closing)) =
        (covered.from, covered.through, covered.closing_minor)
    else {
        return Ok(());
    };
    // Where days rest on value dates a line may lie before the period that holds it.
    if standing.iter().any(|place| place.by_value_date) {
        return Ok(());
    }
    for row in tx
        .statements_of_account(id)
        .await?
        .0
        .iter()
        .filter(|row| coverage::stands(row))
    {
        let decided = tx.statement_decisions(row.id).await?;
        if decided.iter().any(|decision| decision.kind == "accept") {
            return Ok(());
        }
    }
    let anchor = tx.coverage_decisions(id).await?;
    let anchor = anchor
        .iter()
        .rfind(|row| row.kind == "anchor")
        .map(|row| row.amount_minor);
    let first = standing.iter().filter(|place| place.first_day == from);
    let Some(opening) = anchor.or_else(|| {
        first
            .min_by_key(|place| place.number)
            .map(|place| place.opening_minor)
    }) else {
        return Ok(());
    };
    let roots: Vec<i64> = lines.iter().map(|line| line.entry).collect();
    let mut once: BTreeSet<i64> = tx.detailed(&roots).await?.into_iter().collect();
    let moved: i128 = lines
        .iter()
        .filter(|line| (from..=through).contains(&line.day) && once.insert(line.entry))
        .map(|line| i128::from(line.amount_minor))
        .sum();
    let accepted: i128 = (covered.gaps.iter())
        .filter(|gap| gap.accepted && gap.before_day <= through)
        .map(crate::statement::chain::Gap::difference_minor)
        .sum();
    let balance = i128::from(opening) + moved + accepted;
    if balance != i128::from(closing) {
        let wrong = format!(
            "from {from} to {through} its lines lead to {balance}, the bank says {closing} (minor units)"
        );
        report.add("bank_account", iban, wrong);
    }
    Ok(())
}
