//! What students owe as documents: fees with every change of their amount, what was given up, and
//! interest.

use super::{Closings, Document, Side};
use crate::engine::facts::{self, Group};
use crate::engine::{EngineError, Office, coverage};
use crate::policy::{AmountChange, PolicyBook};
use crate::settlement::facts::Facts;
use crate::settlement::fold::fold;
use crate::settlement::state::{Closing, Item, Origin, State};
use crate::store::Tx;
use crate::store::journal::RaisedRow;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Students folded at once.
const CHUNK: usize = 2_000;

/// Fees as exports raised and changed them. What counts is the newest export known at an instant; an
/// older one that comes late changes nothing.
pub(super) async fn raised(tx: &mut Tx, book: &PolicyBook) -> Result<Vec<Document>, EngineError> {
    let rows = tx.all_fee_versions().await?;
    let mut fees: BTreeMap<&str, Vec<&RaisedRow>> = BTreeMap::new();
    for row in &rows {
        fees.entry(&row.external_id).or_default().push(row);
    }
    let documents = fees.into_values().flat_map(|versions| fee(&versions, book));
    Ok(documents.collect())
}

fn fee(versions: &[&RaisedRow], book: &PolicyBook) -> Vec<Document> {
    let mut documents = Vec::new();
    let mut newest: Option<&RaisedRow> = None;
    for &row in versions {
        let as_of = |row: &RaisedRow| (row.as_of_day, row.as_of_millis);
        if newest.is_some_and(|newest| as_of(row) < as_of(newest)) {
            continue;
        }
        let change = row.amount_minor - newest.map_or(0, |newest| newest.amount_minor);
        let first = newest.is_none();
        newest = Some(row);
        if change == 0 {
            continue;
        }
        let kind = book.on(row.as_of_day).0.kind(&row.kind);
        let waived = change < 0 && kind.amount_change == AmountChange::Waiver;
        let other = match (first && row.opening == 1, waived) {
            (true, _) => "opening".to_owned(),
            (_, true) => "waivers".to_owned(),
            _ => format!("revenue:{}", row.kind),
        };
        documents.push(Document {
            name: format!("R-{}/{}", row.external_id, documents.len() + 1),
            posted_on: row.posted_on,
            effective_on: row.as_of_day,
            currency: row.currency.clone(),
            text: if first { "fee" } else { "its amount changed" },
            sides: vec![
                Side::of("receivable", &row.student, Some(&row.external_id), change),
                Side::plain(other, -change),
            ],
        });
    }
    documents
}

/// Waivers, write-offs and interest, as they follow from all that is known.
pub(super) async fn given_up(
    tx: &mut Tx,
    office: &Office,
    book: &PolicyBook,
    closings: &Closings,
) -> Result<Vec<Document>, EngineError> {
    let covered = coverage::for_tolerance(tx, office, book).await?;
    let mut known: BTreeMap<(i64, NaiveDate), i64> = BTreeMap::new();
    for row in tx.decisions().await?.iter().filter(|row| row.is_fact()) {
        if let Some(fee) = row.receivable_id {
            known.insert((fee, row.acts_on), row.recorded_at);
        }
    }
    let known_at = |fee: i64, day: NaiveDate| known.get(&(fee, day)).copied().unwrap_or(i64::MIN);
    let mut documents: BTreeMap<String, Document> = BTreeMap::new();
    for chunk in tx.all_persons().await?.chunks(CHUNK) {
        let ids: Vec<i64> = chunk.iter().map(|row| row.id).collect();
        for group in facts::load(tx, &ids, i64::MAX, &covered).await? {
            let (facts, state) = fold(&group.facts, book, NaiveDate::MAX);
            for item in state.items.rows().iter().filter(|item| item.visible) {
                let posted =
                    |day| closings.posted_on(day, known_at(fee_id(&group, &state, item), day));
                // Merged students are met with each of them.
                for document in of_item(&facts, &state, item, posted) {
                    documents.insert(document.name.clone(), document);
                }
            }
        }
    }
    Ok(documents.into_values().collect())
}

fn fee_id(group: &Group, state: &State, item: &Item) -> i64 {
    match item.origin {
        Origin::Fee(fee) => group.fee_id(fee),
        Origin::Instalment { of } | Origin::Interest { of } => {
            fee_id(group, state, &state.items[of])
        }
    }
}

fn of_item(
    facts: &Facts,
    state: &State,
    item: &Item,
    posted_on: impl Fn(NaiveDate) -> NaiveDate,
) -> Vec<Document> {
    let student = &facts.persons[owner(facts, state, item)].external_id;
    let document = |name: String, day, text, sides| Document {
        name,
        posted_on: posted_on(day),
        effective_on: day,
        currency: facts.currency.to_string(),
        text,
        sides,
    };
    let receivable = |minor| Side::of("receivable", student, Some(&item.id), minor);
    let mut documents = Vec::new();
    if item.is_interest() && item.amount_minor > 0 {
        let sides = vec![
            receivable(item.amount_minor),
            Side::plain("revenue:interest", -item.amount_minor),
        ];
        documents.push(document(
            format!("I-{}", item.id),
            item.visible_from,
            "interest for delay",
            sides,
        ));
    }
    // What an export waived was booked with the change of the amount.
    let mut booked = exported_waiver(facts, item);
    let mut days: BTreeSet<(NaiveDate, &'static str)> = BTreeSet::new();
    for short in &item.shorts {
        let (account, text) = match short.how {
            Closing::Waiver => ("waivers", "waiver"),
            Closing::WriteOff => ("write-offs", "write-off"),
            Closing::Paid | Closing::Correction | Closing::Plan => continue,
        };
        let already = if short.how == Closing::Waiver {
            booked.min(short.amount_minor)
        } else {
            0
        };
        booked -= already;
        let minor = short.amount_minor - already;
        if minor > 0 {
            days.insert((short.on, account));
            let sides = vec![Side::plain(account, minor), receivable(-minor)];
            documents.push(document(
                format!("W-{}/{}", item.id, days.len()),
                short.on,
                text,
                sides,
            ));
        }
    }
    documents
}

/// Whose books an item stands in: those of the student to whom the fee belongs.
fn owner(facts: &Facts, state: &State, item: &Item) -> crate::settlement::facts::PersonNo {
    match item.origin {
        Origin::Fee(fee) => facts.fees[fee].person,
        Origin::Instalment { of } | Origin::Interest { of } => {
            owner(facts, state, &state.items[of])
        }
    }
}

/// What the fold holds a fee to be more than its newest export says: that much an export waived.
fn exported_waiver(facts: &Facts, item: &Item) -> i64 {
    let Origin::Fee(fee) = item.origin else {
        return 0;
    };
    let newest = facts.fees[fee]
        .versions
        .iter()
        .max_by_key(|version| version.as_of);
    newest.map_or(0, |newest| (item.amount_minor - newest.amount_minor).max(0))
}
