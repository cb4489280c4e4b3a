//! What a person can see of the books, as one text without row ids: two runs that were to end the
//! same are compared byte by byte.

use super::TestDb;
use super::semester::{Semester, import};
use chrono::NaiveDate;
use kwestura::engine::review::{self, Wanted};
use kwestura::engine::{Office, account, coverage, facts, verify};
use kwestura::settlement::account::Account;
use kwestura::store::entries::EntryRow;
use std::collections::BTreeMap;

/// Everything there is to see: the accounts of all students on some days and in the end, coverage,
/// the review queue, whose every entry is, the journal summed, the positions, and what is held back.
/// Fails where the books disagree with the facts.
pub async fn image(office: &Office, days: &[NaiveDate]) -> String {
    let report = verify::run(office).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let mut lines = Vec::new();
    for &day in days.iter().chain([&account::END_OF_DAYS]) {
        let each = |one: &Account| {
            conserves(one);
            lines.push(format!("{day} {}", serde_json::to_string(one).unwrap()));
        };
        account::all(office, day, i64::MAX, each).await.unwrap();
    }
    for covered in coverage::all(office).await.unwrap() {
        lines.push(format!("{covered:?}"));
    }
    for row in review::list(office, &Wanted::default()).await.unwrap() {
        lines.push(format!("review {}", serde_json::to_string(&row).unwrap()));
    }
    lines.extend(booked(office).await);
    lines.join("\n")
}

/// Nothing disagrees with the facts but what waits to be gone on with, and says so.
pub async fn nothing_is_half(office: &Office, what: &str) {
    let report = verify::run(office).await.unwrap();
    let named = |table| report.findings.iter().any(|one| one.table == table);
    let waits = |table| match table {
        "recording" | "settle_mark" => true,
        "allocation" | "receivable_position" => named("settle_mark"),
        _ => false,
    };
    let half = report.findings.iter().find(|one| !waits(one.table));
    assert_eq!(half, None, "{what}");
}

/// The books of an import that nothing disturbed.
pub async fn undisturbed(db: &TestDb, semester: &Semester) -> String {
    let office = semester.office(db).await;
    import(&office, &semester.files()).await;
    let image = image(&office, &[]).await;
    office.db.close().await;
    image
}

/// What is stored of entries and settlements, each named by what the bank says of it.
async fn booked(office: &Office) -> Vec<String> {
    let mut tx = office.db.read().await.unwrap();
    assert_eq!(
        tx.mark_count().await.unwrap(),
        0,
        "students wait to be settled"
    );
    let persons = tx.all_persons().await.unwrap();
    let ids: Vec<i64> = persons.iter().map(|row| row.id).collect();
    let names: BTreeMap<i64, &str> = (persons.iter())
        .map(|row| (row.id, row.external_id.as_str()))
        .collect();
    let mut entries = BTreeMap::new();
    for account in tx.bank_accounts().await.unwrap() {
        let rows = tx.live_entries_of_account(account.id).await.unwrap();
        entries.extend(facts::best_readings(rows));
    }
    let mut lines = Vec::new();
    for row in tx.all_identifications().await.unwrap() {
        let Some(entry) = entries.get(&row.entry_id) else {
            continue;
        };
        let other = row.other_entry_id.map(|id| said(&entries[&id]));
        let person = row.person_id.map(|id| names[&id]);
        lines.push(format!(
            "entry {} is {} {person:?} {} by {}: {} {:?} {other:?}",
            said(entry),
            row.outcome,
            row.amount_minor,
            row.rule,
            row.reason,
            row.nrb
        ));
    }
    assert!(
        lines.len() >= entries.len(),
        "an entry of which nothing is concluded"
    );
    for row in tx.booked(&ids).await.unwrap() {
        let credit = entries.get(&row.credit_id).map(said);
        lines.push(format!(
            "booked {credit:?} {} {} {} {} {} {} {} {} {}",
            row.part,
            names[&row.person_id],
            row.item,
            row.amount_minor,
            row.effective_on,
            row.counts_from,
            row.cause,
            row.rule,
            row.policy_version
        ));
    }
    for mut row in tx.positions(&ids).await.unwrap() {
        (row.receivable_id, row.person_id) = (0, 0);
        lines.push(format!("position {row:?}"));
    }
    for row in tx.statements_held_back().await.unwrap() {
        lines.push(format!(
            "held back {} {:?} {:?}",
            row.account, row.sequence, row.last_day
        ));
    }
    tx.rollback().await.unwrap();
    lines.sort();
    lines
}

fn said(entry: &EntryRow) -> String {
    format!(
        "{} {} {} {:?} {:?} {:?} {}",
        entry.bank_account,
        entry.crediting_date,
        entry.amount_minor,
        entry.bank_reference,
        entry.virtual_account,
        entry.counterparty_account,
        entry.remittance
    )
}

/// What came in and was not taken back settles something or lies on account.
fn conserves(account: &Account) {
    let sum = |of: fn(&kwestura::settlement::account::CreditLine) -> i64| -> i64 {
        account.credits.iter().map(of).sum()
    };
    let (came, back) = (sum(|row| row.amount_minor), sum(|row| row.reversed_minor));
    let (settles, on_account) = (
        sum(|row| row.allocated_minor),
        sum(|row| row.on_account_minor),
    );
    assert_eq!(came - back, settles + on_account, "{account:?}");
    assert_eq!(on_account, account.on_account_minor, "{account:?}");
    let settled: i64 = (account.receivables.iter().flat_map(|fee| &fee.allocations))
        .map(|part| part.amount_minor)
        .sum();
    assert_eq!(settles, settled, "{account:?}");
    for fee in &account.receivables {
        let parts: i64 = fee.allocations.iter().map(|part| part.amount_minor).sum();
        assert!(parts <= fee.amount_minor, "{account:?}");
    }
}

/// Fails with the first lines that differ, and with what led there.
pub fn assert_same(expected: &str, found: &str, what: &str) {
    if expected == found {
        return;
    }
    let only = |one: &str, other: &str| {
        let other: std::collections::BTreeSet<&str> = other.lines().collect();
        let lines: Vec<&str> = one
            .lines()
            .filter(|line| !other.contains(line))
            .take(6)
            .collect();
        lines.join("\n  ")
    };
    let (missing, added) = (only(expected, found), only(found, expected));
    panic!("{what}: the books differ\nexpected:\n  {missing}\nfound:\n  {added}");
}
