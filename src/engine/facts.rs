//! Rows of the store → the facts that settlement folds.
//!
//! Students who were merged come together with those they were merged with. An entry that several
//! statements sighted is one credit: where the sightings differ in a field, the better source of
//! the crediting date wins, then the smaller hash of the file.

use crate::identify::text;
use crate::money::Currency;
use crate::roster::AsOf;
use crate::settlement::facts::{
    Act, ActKind, ContentKey, Credit, CreditNo, DateSource, Designation, Facts, Fee, FeeNo, Merge,
    Person, PersonNo, Refund, Reversal, Version,
};
use crate::store::entries::EntryRow;
use crate::store::facts::{DecisionRow, FactRows, PartRow, PersonRow};
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

mod readings;
#[cfg(test)]
mod tests;

pub use readings::{best_places, best_readings, readings_to_come};

/// The facts of students who belong together, in one currency, with the rows behind them.
#[derive(Debug, Clone)]
pub struct Group {
    /// What is folded.
    pub facts: Facts,
    /// Row ids of the persons, in the order of `facts.persons`.
    pub persons: Vec<i64>,
    /// Row ids of the fees, in the order of `facts.fees`.
    pub fees: Vec<i64>,
    /// What the lines of its credits are called when no other is called alike, by row id.
    pub lines: BTreeMap<i64, String>,
}

impl Group {
    /// Row id of a person.
    pub fn person_id(&self, no: PersonNo) -> i64 {
        let place = self.facts.persons.numbers().position(|other| other == no);
        place
            .and_then(|place| self.persons.get(place))
            .copied()
            .unwrap_or_default()
    }

    /// Row id of a fee.
    pub fn fee_id(&self, no: FeeNo) -> i64 {
        let place = self.facts.fees.numbers().position(|other| other == no);
        place
            .and_then(|place| self.fees.get(place))
            .copied()
            .unwrap_or_default()
    }
}

/// Through which day the statements of each currency are complete; asked only by the tolerance.
pub type CoveredThrough = BTreeMap<String, NaiveDate>;

/// The students themselves and all with whom a merge connects them, by row id.
pub async fn with_merged(
    tx: &mut Tx,
    persons: &[i64],
    known_at: i64,
) -> Result<Vec<i64>, StoreError> {
    Ok(connected(&tx.merges(known_at).await?, persons))
}

/// The same, where the merges are known.
pub(super) fn connected(merges: &[DecisionRow], persons: &[i64]) -> Vec<i64> {
    let mut all: BTreeSet<i64> = persons.iter().copied().collect();
    loop {
        let before = all.len();
        for merge in merges {
            if let (Some(from), Some(into)) = (merge.person_id, merge.other_person_id)
                && (all.contains(&from) || all.contains(&into))
            {
                all.extend([from, into]);
            }
        }
        if all.len() == before {
            return all.into_iter().collect();
        }
    }
}

/// Loads the facts of students as known at an instant; one group for each currency that has any.
pub async fn load(
    tx: &mut Tx,
    persons: &[i64],
    known_at: i64,
    covered: &CoveredThrough,
) -> Result<Vec<Group>, StoreError> {
    let persons = with_merged(tx, persons, known_at).await?;
    load_connected(tx, &persons, known_at, covered).await
}

/// The same of students who are all that any merge of them connects.
pub(super) async fn load_connected(
    tx: &mut Tx,
    persons: &[i64],
    known_at: i64,
    covered: &CoveredThrough,
) -> Result<Vec<Group>, StoreError> {
    let rows = tx.facts_of(persons, known_at).await?;
    groups(rows, covered)
}

/// Students by the merges that connect them: the smallest row id stands for all.
fn components(rows: &FactRows) -> BTreeMap<i64, i64> {
    let mut root: BTreeMap<i64, i64> = rows.persons.iter().map(|row| (row.id, row.id)).collect();
    for _ in &rows.merges {
        for merge in &rows.merges {
            let (Some(from), Some(into)) = (merge.person_id, merge.other_person_id) else {
                continue;
            };
            let (Some(&a), Some(&b)) = (root.get(&from), root.get(&into)) else {
                continue;
            };
            root.insert(from, a.min(b));
            root.insert(into, a.min(b));
        }
    }
    root
}

fn groups(mut rows: FactRows, covered: &CoveredThrough) -> Result<Vec<Group>, StoreError> {
    let root = components(&rows);
    let entries = best_readings(std::mem::take(&mut rows.entries));
    let mut wanted: BTreeSet<(i64, String)> = BTreeSet::new();
    let mut want = |person: i64, currency: &str| {
        if let Some(&root) = root.get(&person) {
            wanted.insert((root, currency.to_owned()));
        }
    };
    for row in &rows.receivables {
        want(row.person_id, &row.currency);
    }
    for row in &rows.opening {
        want(row.person_id, &row.currency);
    }
    for row in &rows.shares {
        if let Some(entry) = entries.get(&row.entry_id) {
            want(row.person_id, &entry.currency);
        }
    }
    let mut by_root: BTreeMap<i64, Vec<&PersonRow>> = BTreeMap::new();
    for row in &rows.persons {
        by_root
            .entry(root.get(&row.id).copied().unwrap_or(row.id))
            .or_default()
            .push(row);
    }
    let index = Index::new(&rows, &entries);
    (wanted.into_iter())
        .map(|(root, currency)| {
            let persons = by_root.get(&root).map(Vec::as_slice).unwrap_or_default();
            group(&index, persons, &currency, covered)
        })
        .collect()
}

/// The rows by what they belong to, so that many students are grouped in one pass.
struct Index<'a> {
    rows: &'a FactRows,
    entries: &'a BTreeMap<i64, EntryRow>,
    fees: BTreeMap<i64, Vec<&'a crate::store::facts::ReceivableRow>>,
    versions: BTreeMap<i64, Vec<&'a crate::store::facts::VersionRow>>,
    on_fee: BTreeMap<i64, Vec<&'a DecisionRow>>,
    on_entry: BTreeMap<i64, Vec<&'a DecisionRow>>,
    parts: BTreeMap<i64, Vec<&'a PartRow>>,
    shares: BTreeMap<i64, Vec<&'a crate::store::facts::ShareRow>>,
    opening: BTreeMap<i64, Vec<&'a crate::store::facts::OpeningCreditRow>>,
    taken_back: BTreeMap<i64, Vec<i64>>,
    split: BTreeMap<i64, Vec<&'a crate::store::facts::ShareRow>>,
}

fn by<'a, T, K: Ord>(rows: &'a [T], key: impl Fn(&T) -> Option<K>) -> BTreeMap<K, Vec<&'a T>> {
    let mut map: BTreeMap<K, Vec<&'a T>> = BTreeMap::new();
    for row in rows {
        if let Some(key) = key(row) {
            map.entry(key).or_default().push(row);
        }
    }
    map
}

impl<'a> Index<'a> {
    fn new(rows: &'a FactRows, entries: &'a BTreeMap<i64, EntryRow>) -> Self {
        let mut taken_back: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for row in &rows.taken_back {
            taken_back
                .entry(row.credit_id)
                .or_default()
                .push(row.entry_id);
        }
        Index {
            rows,
            entries,
            fees: by(&rows.receivables, |row| Some(row.person_id)),
            versions: by(&rows.versions, |row| Some(row.receivable_id)),
            on_fee: by(&rows.decisions, |row| row.receivable_id),
            on_entry: by(&rows.decisions, |row| {
                row.entry_id.filter(|_| row.receivable_id.is_none())
            }),
            parts: by(&rows.parts, |row| Some(row.decision_id)),
            shares: by(&rows.shares, |row| Some(row.person_id)),
            opening: by(&rows.opening, |row| Some(row.person_id)),
            taken_back,
            split: by(&rows.split, |row| Some(row.entry_id)),
        }
    }
}

fn group(
    index: &Index<'_>,
    persons: &[&PersonRow],
    currency: &str,
    covered: &CoveredThrough,
) -> Result<Group, StoreError> {
    let code = Currency::parse(currency).ok_or_else(|| StoreError::Inconsistent {
        table: "receivable",
        what: format!("`{currency}` is no currency"),
    })?;
    let mut group = Group {
        facts: Facts::new(code),
        persons: Vec::new(),
        fees: Vec::new(),
        lines: BTreeMap::new(),
    };
    group.facts.covered_through = covered.get(currency).copied();
    let mut numbers: BTreeMap<i64, PersonNo> = BTreeMap::new();
    for row in persons {
        let no = group.facts.persons.push(Person {
            external_id: row.external_id.clone(),
            album: row.album.clone(),
        });
        numbers.insert(row.id, no);
        group.persons.push(row.id);
    }
    for merge in &index.rows.merges {
        let from = merge.person_id.and_then(|id| numbers.get(&id));
        let into = merge.other_person_id.and_then(|id| numbers.get(&id));
        if let (Some(&from), Some(&into)) = (from, into) {
            group.facts.merges.push(Merge {
                from,
                into,
                on: merge.acts_on,
            });
        }
    }
    let fees = add_fees(index, &mut group, &numbers, currency);
    let credits = add_credits(index, &mut group, &numbers, &fees, currency);
    add_reversals(index, &mut group, &credits);
    add_refunds(index, &mut group, &credits);
    Ok(group)
}

fn add_fees(
    index: &Index<'_>,
    group: &mut Group,
    persons: &BTreeMap<i64, PersonNo>,
    currency: &str,
) -> BTreeMap<i64, FeeNo> {
    let mut numbers = BTreeMap::new();
    for (person_id, &person) in persons {
        let fees = index.fees.get(person_id).into_iter().flatten();
        for row in fees.filter(|row| row.currency == currency) {
            let versions = index
                .versions
                .get(&row.id)
                .into_iter()
                .flatten()
                .map(|version| Version {
                    as_of: AsOf {
                        day: version.as_of_day,
                        millis: u32::try_from(version.as_of_millis).unwrap_or(u32::MAX),
                    },
                    opening: version.opening == 1,
                    amount_minor: version.amount_minor,
                    published_on: version.published_on,
                    nominal_due_on: version.nominal_due_on,
                });
            let acts = index.on_fee.get(&row.id).into_iter().flatten();
            let acts = acts.filter_map(|decision| act(decision, index.parts.get(&decision.id)));
            let no = group.facts.fees.push(Fee {
                external_id: row.external_id.clone(),
                person,
                kind: row.kind.clone(),
                category: row.category.clone(),
                versions: versions.collect(),
                acts: acts.collect(),
            });
            group.fees.push(row.id);
            numbers.insert(row.id, no);
        }
    }
    numbers
}

fn act(decision: &DecisionRow, parts: Option<&Vec<&PartRow>>) -> Option<Act> {
    let what = match decision.kind.as_str() {
        "waive" => ActKind::Waive(decision.amount_minor),
        "write_off" => ActKind::WriteOff(decision.amount_minor),
        "extend" => ActKind::Extend {
            due_on: decision.day?,
            forgive_interest: decision.detail == "forgive_interest",
        },
        "plan" => {
            let parts = parts.into_iter().flatten();
            ActKind::Plan(
                parts
                    .filter_map(|part| Some((part.due_on?, part.amount_minor?)))
                    .collect(),
            )
        }
        "interest_told" => ActKind::InterestTold,
        _ => return None,
    };
    Some(Act {
        on: decision.acts_on,
        what,
    })
}

/// The key under which a credit is known here: entry, part.
type CreditKeys = BTreeMap<(i64, i64), CreditNo>;

fn add_credits(
    index: &Index<'_>,
    group: &mut Group,
    persons: &BTreeMap<i64, PersonNo>,
    fees: &BTreeMap<i64, FeeNo>,
    currency: &str,
) -> CreditKeys {
    let mut numbers = CreditKeys::new();
    for (person_id, &person) in persons {
        for share in index.shares.get(person_id).into_iter().flatten() {
            let Some(entry) = index
                .entries
                .get(&share.entry_id)
                .filter(|entry| entry.currency == currency)
            else {
                continue;
            };
            let mut credit = credit_of(
                entry,
                share.part,
                share.amount_minor,
                &share.category,
                person,
            );
            let album = group.facts.persons[person].album.clone();
            let named = group
                .facts
                .fees
                .iter()
                .filter(|(_, fee)| fee.person == person);
            credit.named = named
                .filter(|(_, fee)| text::names_fee(&entry.remittance, &fee.external_id, &album))
                .map(|(no, _)| no)
                .collect();
            decide(&mut credit, index, entry.id, *person_id, fees);
            numbers.insert((entry.id, share.part), group.facts.credits.push(credit));
            group.lines.insert(entry.id, entry.public_id.clone());
        }
        for row in index
            .opening
            .get(person_id)
            .into_iter()
            .flatten()
            .filter(|row| row.currency == currency)
        {
            let mut credit = opening_credit(row, person);
            decide(&mut credit, index, -row.id, *person_id, fees);
            numbers.insert((-row.id, 0), group.facts.credits.push(credit));
        }
    }
    numbers
}

/// Applies what people decided about a credit.
fn decide(
    credit: &mut Credit,
    index: &Index<'_>,
    entry: i64,
    person: i64,
    fees: &BTreeMap<i64, FeeNo>,
) {
    for decision in index.on_entry.get(&entry).into_iter().flatten() {
        match decision.kind.as_str() {
            "crediting_date" => {
                if let Some(day) = decision.day {
                    credit.crediting_date = day;
                    credit.source = DateSource::Decision;
                }
            }
            "designate" if decision.person_id.is_none_or(|of| of == person) => {
                let parts = index.parts.get(&decision.id).into_iter().flatten();
                let fees = parts
                    .filter_map(|part| Some((*fees.get(&part.receivable_id?)?, part.amount_minor)));
                credit.designations.push(Designation {
                    on: decision.acts_on,
                    fees: fees.collect(),
                });
            }
            _ => {}
        }
    }
}

fn credit_of(
    entry: &EntryRow,
    part: i64,
    amount_minor: i64,
    category: &str,
    person: PersonNo,
) -> Credit {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let reference = if entry.reliable == 1 {
        text(&entry.bank_reference)
    } else {
        String::new()
    };
    let words = [
        text(&entry.bank_reference),
        entry.remittance.clone(),
        text(&entry.counterparty_name),
        text(&entry.end_to_end_id),
        day(entry.order_date),
        // Of a credit that was cancelled and booked again alike, the first one stays the first.
        day(entry.booking_date),
        day(entry.value_date),
    ];
    Credit {
        entry: entry.id,
        key: ContentKey {
            bank_account: entry.bank_account.clone(),
            reference,
            virtual_account: text(&entry.virtual_account),
            amount_minor,
            payer_account: text(&entry.counterparty_account),
            text: words.join("\n"),
            part: u32::try_from(part).unwrap_or_default(),
        },
        person,
        bank_reference: text(&entry.bank_reference),
        amount_minor,
        order_date: entry.order_date,
        booking_date: entry.booking_date,
        value_date: entry.value_date,
        crediting_date: entry.crediting_date,
        source: source(&entry.crediting_source),
        category: category.to_owned(),
        named: Vec::new(),
        cancelled: false,
        designations: Vec::new(),
    }
}

fn opening_credit(row: &crate::store::facts::OpeningCreditRow, person: PersonNo) -> Credit {
    Credit {
        entry: -row.id,
        key: ContentKey {
            bank_account: String::new(),
            reference: row.external_id.clone(),
            virtual_account: String::new(),
            amount_minor: row.amount_minor,
            payer_account: String::new(),
            text: String::new(),
            part: 0,
        },
        person,
        bank_reference: row.external_id.clone(),
        amount_minor: row.amount_minor,
        order_date: None,
        booking_date: None,
        value_date: None,
        crediting_date: row.credited_on,
        source: DateSource::Opening,
        category: row.category.clone(),
        named: Vec::new(),
        cancelled: false,
        designations: Vec::new(),
    }
}

/// The stored name of a source.
pub fn source(name: &str) -> DateSource {
    match name {
        "statement" => DateSource::Statement,
        "value" => DateSource::Value,
        "value_by_profile" => DateSource::ValueByProfile,
        _ => DateSource::Booking,
    }
}

/// A reversal of a transfer that was split takes from the last part first, whosever it is; several
/// take in the order of their days.
fn add_reversals(index: &Index<'_>, group: &mut Group, credits: &CreditKeys) {
    let credited: BTreeSet<i64> = credits.keys().map(|&(entry, _)| entry).collect();
    for credit_id in credited {
        let Some(reversals) = index.taken_back.get(&credit_id) else {
            continue;
        };
        let mut parts: Vec<(i64, i64)> = (index.split.get(&credit_id).into_iter().flatten())
            .map(|share| (share.part, share.amount_minor))
            .collect();
        parts.sort_unstable_by(|a, b| b.cmp(a));
        let reference = |entry: &EntryRow| entry.bank_reference.clone().unwrap_or_default();
        let mut entries: Vec<&EntryRow> = (reversals.iter())
            .filter_map(|id| index.entries.get(id))
            .collect();
        entries.sort_by_key(|row| (row.crediting_date, reference(row), row.amount_minor));
        for entry in entries {
            let mut left = entry.amount_minor.abs();
            for (part, remains) in &mut parts {
                let amount_minor = left.min(*remains);
                left -= amount_minor;
                *remains -= amount_minor;
                if let Some(&credit) = credits
                    .get(&(credit_id, *part))
                    .filter(|_| amount_minor > 0)
                {
                    // Two that say the same take their turns by what they undo.
                    let undone = &group.facts.credits[credit];
                    let key = format!(
                        "{} {amount_minor:020} {} {:?}",
                        reference(entry),
                        undone.crediting_date,
                        undone.key
                    );
                    group.facts.reversals.push(Reversal {
                        credit,
                        on: entry.crediting_date,
                        amount_minor,
                        key,
                    });
                }
            }
        }
    }
}

fn add_refunds(index: &Index<'_>, group: &mut Group, credits: &CreditKeys) {
    // A transfer that was split between students is refunded to one of them.
    let whose = |row: &&DecisionRow| row.person_id.is_none_or(|id| group.persons.contains(&id));
    for row in index.rows.refunds.iter().filter(whose) {
        let parts = index.parts.get(&row.id).into_iter().flatten();
        let from: Vec<CreditNo> = parts
            .filter_map(|part| {
                let entry = part.entry_id?;
                credits
                    .range((entry, 0)..=(entry, i64::MAX))
                    .next()
                    .map(|(_, &no)| no)
            })
            .collect();
        let (Some(amount_minor), false) = (row.amount_minor, from.is_empty()) else {
            continue;
        };
        let day = |outcome: &str| {
            let days = index
                .rows
                .refund_days
                .iter()
                .filter(|day| day.decision_id == row.id && day.outcome == outcome);
            days.map(|day| day.crediting_date).min()
        };
        group.facts.refunds.push(Refund {
            credits: from,
            amount_minor,
            reserved_on: row.acts_on,
            paid_on: day("refund"),
            returned_on: day("refund_returned"),
            key: format!("{amount_minor:020} {}", row.detail),
        });
    }
}
