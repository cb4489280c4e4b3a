//! Lines of statements as documents: when they stood, and whose they were held to be.
//!
//! The bank's side and the other one are looked at after every instant at which something became known
//! about an entry; a document is the difference to what was known before. So any history sums to what
//! holds now.

use super::{Closings, Document, Side};
use crate::store::journal::{HistoryRow, LineRow};
use crate::store::{StoreError, Tx};
use std::collections::{BTreeMap, BTreeSet};

/// What was concluded of entries, by entry and seq.
type History = BTreeMap<i64, BTreeMap<i64, Vec<HistoryRow>>>;

/// When statements stood: instants with what they changed to, oldest first.
type Standing = BTreeMap<i64, Vec<(i64, bool)>>;

/// The documents of all entries, and the names of the entries.
pub(super) async fn documents(
    tx: &mut Tx,
    closings: &Closings,
) -> Result<(Vec<Document>, BTreeMap<i64, String>), StoreError> {
    let mut history = History::new();
    for row in tx.all_identified().await? {
        let of_entry = history.entry(row.entry_id).or_default();
        of_entry.entry(row.seq).or_default().push(row);
    }
    let lines = tx.all_lines().await?;
    let standing = standing(tx, &lines).await?;
    let names = names(&lines);
    let mut sightings: BTreeMap<i64, Vec<&LineRow>> = BTreeMap::new();
    for line in &lines {
        sightings
            .entry(line.same_as.unwrap_or(line.id))
            .or_default()
            .push(line);
    }
    let mut documents = Vec::new();
    for (id, sightings) in &sightings {
        let Some(root) = sightings.iter().find(|line| line.id == *id) else {
            continue;
        };
        let name = names.get(id).map(String::as_str).unwrap_or_default();
        let entry = Entry {
            root,
            sightings,
            standing: &standing,
            history: &history,
        };
        documents.extend(entry.documents(name, closings));
    }
    Ok((documents, names))
}

/// The names of entries; of those that are alike the second is `<name>.2`.
fn names(lines: &[LineRow]) -> BTreeMap<i64, String> {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    let mut names = BTreeMap::new();
    for line in lines.iter().filter(|line| line.same_as.is_none()) {
        let n = count
            .entry(&line.public_id)
            .and_modify(|n| *n += 1)
            .or_insert(1);
        let name = match n {
            1 => line.public_id.clone(),
            n => format!("{}.{n}", line.public_id),
        };
        names.insert(line.id, name);
    }
    names
}

async fn standing(tx: &mut Tx, lines: &[LineRow]) -> Result<Standing, StoreError> {
    let mut standing = Standing::new();
    for line in lines {
        // Lines are written at the moment at which their statement stands.
        let since = standing.entry(line.statement_id).or_default();
        if since.is_empty() {
            since.push((line.recorded_at, true));
        }
    }
    for row in tx.falls().await? {
        let changes = standing.entry(row.statement_id).or_default();
        changes.push((row.recorded_at, row.stands == 1));
    }
    Ok(standing)
}

struct Entry<'a> {
    root: &'a LineRow,
    sightings: &'a [&'a LineRow],
    standing: &'a Standing,
    history: &'a History,
}

impl Entry<'_> {
    fn documents(&self, name: &str, closings: &Closings) -> Vec<Document> {
        let mut documents = Vec::new();
        let mut before = Balances::default();
        for at in self.instants() {
            let now = self.balances(at);
            let sides = now.less(&before);
            if sides.is_empty() {
                continue;
            }
            let text = match (before.is_empty(), now.is_empty()) {
                (true, _) => "line of a statement",
                (_, true) if self.stood(at) => "another statement tells it in parts",
                (_, true) => "its statement was taken out",
                _ => "told to be another's",
            };
            documents.push(Document {
                name: format!("B-{name}/{}", documents.len() + 1),
                posted_on: closings
                    .posted_on(self.root.day, at)
                    .max(self.root.posted_on),
                effective_on: self.root.day,
                currency: self.root.currency.clone(),
                text,
                sides,
            });
            before = now;
        }
        documents
    }

    /// Whenever something about the entry may have changed.
    fn instants(&self) -> BTreeSet<i64> {
        let statements = self
            .sightings
            .iter()
            .filter_map(|line| self.standing.get(&line.statement_id));
        let mut instants: BTreeSet<i64> = statements.flatten().map(|(at, _)| *at).collect();
        instants.extend(self.sightings.iter().map(|line| line.recorded_at));
        let of = |entry: i64| {
            self.history
                .get(&entry)
                .into_iter()
                .flat_map(BTreeMap::values)
                .flatten()
        };
        for row in of(self.root.id) {
            instants.insert(row.recorded_at);
            // A reversal takes from whoever has the credit.
            instants.extend(
                row.other_entry_id
                    .into_iter()
                    .flat_map(of)
                    .map(|row| row.recorded_at),
            );
        }
        instants
    }

    fn stood(&self, at: i64) -> bool {
        self.sightings.iter().any(|line| {
            let changes = self.standing.get(&line.statement_id).into_iter().flatten();
            let last = changes.rev().find(|(since, _)| *since <= at);
            line.recorded_at <= at && last.is_some_and(|(_, stands)| *stands)
        })
    }

    fn balances(&self, at: i64) -> Balances {
        let mut balances = Balances::default();
        let told_in_parts = |row: &HistoryRow| row.outcome == "detailed";
        let held = held(self.history, self.root.id, at);
        if !self.stood(at) || held.iter().any(told_in_parts) {
            return balances;
        }
        let bank = Side::plain(
            format!("bank:{}", self.root.bank_account),
            self.root.amount_minor,
        );
        balances.add(bank);
        for side in self.other_sides(self.root.id, self.root.amount_minor, at) {
            balances.add(side);
        }
        balances
    }

    /// Where the other side of an amount stands, by what was concluded at an instant.
    fn other_sides(&self, entry: i64, amount_minor: i64, at: i64) -> Vec<Side> {
        let mut left = amount_minor;
        let mut sides = Vec::new();
        for row in held(self.history, entry, at) {
            left -= row.amount_minor;
            match (row.outcome.as_str(), row.other_entry_id) {
                ("reversal", Some(credit)) => {
                    sides.extend(self.taken_from(credit, row.amount_minor, at));
                }
                _ => sides.push(side(row, -row.amount_minor)),
            }
        }
        if left != 0 {
            sides.push(Side::plain("unidentified", -left));
        }
        sides
    }

    /// A reversal takes the parts of a split transfer back from the last one on.
    fn taken_from(&self, credit: i64, amount_minor: i64, at: i64) -> Vec<Side> {
        let mut left = -amount_minor;
        let mut sides = Vec::new();
        for row in held(self.history, credit, at).iter().rev() {
            let piece = left.min(row.amount_minor.max(0));
            left -= piece;
            if piece > 0 {
                sides.push(side(row, piece));
            }
        }
        if left > 0 {
            sides.push(Side::plain("unidentified", left));
        }
        sides
    }
}

/// What held of an entry at an instant.
fn held(history: &History, entry: i64, at: i64) -> &[HistoryRow] {
    let mut versions = history.get(&entry).into_iter().flat_map(BTreeMap::values);
    versions
        .rfind(|rows| rows.iter().all(|row| row.recorded_at <= at))
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn side(row: &HistoryRow, minor: i64) -> Side {
    match (row.outcome.as_str(), &row.student, &row.refunded) {
        ("student", Some(student), _) | ("refund" | "refund_returned", _, Some(student)) => {
            Side::of("on-account", student, None, minor)
        }
        ("not_student", ..) => Side::plain("not-student", minor),
        ("sweep", ..) => Side::plain("sweeps", minor),
        ("charge", ..) => Side::plain("charges", minor),
        ("refund" | "refund_returned", ..) => Side::plain("refunds", minor),
        ("other", ..) => Side::plain("other", minor),
        _ => Side::plain("unidentified", minor),
    }
}

/// Balances by account and student.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Balances(BTreeMap<(String, Option<String>), i64>);

impl Balances {
    fn add(&mut self, side: Side) {
        *self.0.entry((side.account, side.student)).or_default() += side.minor;
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What leads from others to these.
    fn less(&self, before: &Balances) -> Vec<Side> {
        let mut change = self.0.clone();
        for (key, minor) in &before.0 {
            *change.entry(key.clone()).or_default() -= minor;
        }
        let moved = change.into_iter().filter(|(_, minor)| *minor != 0);
        moved
            .map(|((account, student), minor)| Side {
                account,
                student,
                item: None,
                minor,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use proptest::prelude::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 10, day).unwrap()
    }

    fn line(id: i64, amount_minor: i64) -> LineRow {
        LineRow {
            id,
            same_as: (id > 1).then_some(1),
            statement_id: id,
            line: 5,
            day: day(12),
            amount_minor,
            public_id: "3f09a1c2d4".to_owned(),
            posted_on: day(12),
            recorded_at: id * 10,
            file_sha256: String::new(),
            bank_account: "PL1".to_owned(),
            currency: "PLN".to_owned(),
        }
    }

    fn concluded(
        entry: i64,
        seq: i64,
        part: i64,
        outcome: &str,
        student: Option<&str>,
        minor: i64,
        at: i64,
    ) -> HistoryRow {
        HistoryRow {
            entry_id: entry,
            seq,
            part,
            outcome: outcome.to_owned(),
            student: student.map(str::to_owned),
            amount_minor: minor,
            other_entry_id: None,
            refunded: None,
            recorded_at: at,
        }
    }

    /// The documents of an entry with two sightings.
    fn written(amount: i64, falls: &[(i64, i64, bool)], rows: Vec<HistoryRow>) -> Vec<Document> {
        let lines = [line(1, amount), line(2, amount)];
        let sightings: Vec<&LineRow> = lines.iter().collect();
        let mut standing: Standing = lines
            .iter()
            .map(|line| (line.id, vec![(line.recorded_at, true)]))
            .collect();
        for &(statement, at, stands) in falls {
            standing.get_mut(&statement).unwrap().push((at, stands));
        }
        let mut history = History::new();
        for row in rows {
            history
                .entry(row.entry_id)
                .or_default()
                .entry(row.seq)
                .or_default()
                .push(row);
        }
        let entry = Entry {
            root: &lines[0],
            sightings: &sightings,
            standing: &standing,
            history: &history,
        };
        entry.documents("3f09a1c2d4", &Closings(vec![(35, day(31))]))
    }

    fn sums(documents: &[Document]) -> BTreeMap<&str, i64> {
        let mut sums = BTreeMap::new();
        for side in documents.iter().flat_map(|document| &document.sides) {
            *sums.entry(side.account.as_str()).or_default() += side.minor;
        }
        sums.retain(|_, sum| *sum != 0);
        sums
    }

    #[test]
    fn a_transfer_in_review_is_told_to_be_a_students_and_its_statements_fall_one_by_one() {
        let rows = vec![
            concluded(1, 0, 0, "review", None, 500, 10),
            concluded(1, 1, 0, "student", Some("ada"), 500, 40),
        ];
        let documents = written(500, &[(1, 50, false), (2, 60, false)], rows);
        let told: Vec<_> = documents
            .iter()
            .map(|row| (row.name.as_str(), row.text, row.posted_on.to_string()))
            .collect();
        assert_eq!(
            told,
            [
                (
                    "B-3f09a1c2d4/1",
                    "line of a statement",
                    "2026-10-12".to_owned()
                ),
                (
                    "B-3f09a1c2d4/2",
                    "told to be another's",
                    "2026-11-01".to_owned()
                ),
                (
                    "B-3f09a1c2d4/3",
                    "its statement was taken out",
                    "2026-11-01".to_owned()
                ),
            ]
        );
        assert_eq!(
            sums(&documents[..1]),
            BTreeMap::from([("bank:PL1", 500), ("unidentified", -500)])
        );
        assert_eq!(
            sums(&documents[..2]),
            BTreeMap::from([("bank:PL1", 500), ("on-account:ada", -500)])
        );
        assert!(sums(&documents).is_empty());
    }

    #[test]
    fn a_reversal_takes_the_last_part_of_a_split_transfer_first() {
        let mut rows = vec![
            concluded(9, 0, 0, "student", Some("ada"), 300, 5),
            concluded(9, 0, 1, "student", Some("bartek"), 200, 5),
            concluded(9, 1, 0, "student", Some("celina"), 500, 30),
            concluded(1, 0, 0, "reversal", None, -350, 10),
        ];
        rows[3].other_entry_id = Some(9);
        let documents = written(-350, &[], rows);
        let first = BTreeMap::from([
            ("bank:PL1", -350),
            ("on-account:ada", 150),
            ("on-account:bartek", 200),
        ]);
        assert_eq!(sums(&documents[..1]), first);
        let last = BTreeMap::from([("bank:PL1", -350), ("on-account:celina", 350)]);
        assert_eq!(sums(&documents), last);
    }

    proptest! {
        #[test]
        fn every_document_balances_and_all_together_say_what_holds(
            amount in 1_i64..1_000,
            falls in proptest::collection::vec((1_i64..3, 11_i64..99, any::<bool>()), 0..6),
            told in proptest::collection::vec((10_i64..99, 0_usize..5, 0_i64..1_000), 1..6),
        ) {
            let mut falls = falls;
            falls.sort_by_key(|(_, at, _)| *at);
            let mut told = told;
            told.sort_unstable();
            let mut rows = Vec::new();
            for (seq, &(at, who, cut)) in told.iter().enumerate() {
                let seq = i64::try_from(seq).unwrap();
                let (outcome, student) = [
                    ("student", Some("ada")), ("student", Some("bartek")), ("review", None), ("not_student", None), ("other", None),
                ][who];
                let first = cut.min(amount);
                rows.push(concluded(1, seq, 0, outcome, student, first, at));
                if first < amount {
                    rows.push(concluded(1, seq, 1, "student", Some("celina"), amount - first, at));
                }
            }
            let documents = written(amount, &falls, rows);
            for document in &documents {
                prop_assert_eq!(document.sides.iter().map(|side| side.minor).sum::<i64>(), 0, "{:?}", document);
                prop_assert!(!document.sides.is_empty());
            }
            let stands = |statement: i64| falls.iter().rfind(|fall| fall.0 == statement).is_none_or(|fall| fall.2);
            let expected = if stands(1) || stands(2) { amount } else { 0 };
            prop_assert_eq!(sums(&documents).get("bank:PL1").copied().unwrap_or_default(), expected);
        }
    }
}
