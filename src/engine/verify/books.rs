//! The journal and the positions, beside what the folds of all students conclude.

use super::Report;
use crate::engine::facts::{self, Group};
use crate::engine::settle::Concluded;
use crate::engine::{EngineError, Office, coverage};
use crate::policy::PolicyBook;
use crate::settlement::facts::Facts;
use crate::settlement::fold::fold;
use crate::settlement::state::State;
use crate::store::Tx;
use crate::store::books::{BookedRow, HeldLotRow, PositionRow};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Students folded at once.
const CHUNK: usize = 2_000;

/// Folds everybody again.
pub(super) async fn check(
    tx: &mut Tx,
    office: &Office,
    book: &PolicyBook,
    report: &mut Report,
) -> Result<(), EngineError> {
    let covered = coverage::for_tolerance(tx, office, book).await?;
    let mut totals: BTreeMap<String, Money> = BTreeMap::new();
    let mut counted: BTreeSet<(i64, String)> = BTreeSet::new();
    for chunk in tx.all_persons().await?.chunks(CHUNK) {
        let ids: Vec<i64> = chunk.iter().map(|row| row.id).collect();
        let persons = facts::with_merged(tx, &ids, i64::MAX).await?;
        let mut concluded = Concluded::default();
        let booked = tx.booked(&persons).await?;
        let sums = Sums::of(&booked);
        for group in facts::load(tx, &persons, i64::MAX, &covered).await? {
            let (facts, state) = fold(&group.facts, book, NaiveDate::MAX);
            concluded.add_folded(&group, &facts, &state);
            let money = conserved(&group, &facts, &state, &sums, report);
            // Merged students are met with each of them.
            let first = group.persons.iter().min().copied().unwrap_or_default();
            let currency = facts.currency.to_string();
            if counted.insert((first, currency.clone())) {
                totals.entry(currency).or_default().join(&money);
            }
        }
        report.looked.students += ids.len();
        report.looked.items += concluded.positions.len();
        journal(&concluded, booked, report);
        positions(&concluded.positions, tx.positions(&persons).await?, report);
        held(&concluded.held, tx.held_lots(&persons).await?, report);
    }
    for (currency, money) in totals {
        if let Some(wrong) = money.wrong() {
            report.add("allocation", format!("all of {currency}"), wrong);
        }
    }
    Ok(())
}

/// A credit in words.
fn credit(id: i64, part: i64) -> String {
    match (id < 0, part) {
        (true, _) => format!("money loaded at go-live {}", -id),
        (false, 0) => format!("credit {id}"),
        (false, part) => format!("credit {id} part {part}"),
    }
}

fn journal(concluded: &Concluded, booked: Vec<BookedRow>, report: &mut Report) {
    for row in concluded.difference(booked) {
        let words = format!(
            "{} on {} of {}",
            credit(row.credit_id, row.part),
            row.item,
            row.effective_on
        );
        // The difference is what would have to be appended, so what is booked too much is negative.
        let wrong = format!(
            "{} {} {} by rule {}, cause {}, counting from {}, policy {}",
            row.amount_minor.abs(),
            row.currency,
            if row.amount_minor < 0 {
                "is booked and follows from no fact:"
            } else {
                "follows from the facts and is not booked:"
            },
            row.rule,
            row.cause,
            row.counts_from,
            row.policy_version
        );
        report.add("allocation", words, wrong);
    }
}

fn positions(
    concluded: &BTreeMap<String, PositionRow>,
    stored: Vec<PositionRow>,
    report: &mut Report,
) {
    let stored: BTreeMap<String, PositionRow> = stored
        .into_iter()
        .map(|row| (row.item.clone(), row))
        .collect();
    for (item, row) in &stored {
        match concluded.get(item) {
            Some(now) if now == row => {}
            Some(now) => report.add("receivable_position", item, differs(row, now)),
            None => report.add("receivable_position", item, "no fact knows this item"),
        }
    }
    for item in concluded.keys().filter(|item| !stored.contains_key(*item)) {
        report.add("receivable_position", item, "it is missing");
    }
}

fn held(concluded: &BTreeSet<HeldLotRow>, stored: Vec<HeldLotRow>, report: &mut Report) {
    let stored: BTreeSet<HeldLotRow> = stored.into_iter().collect();
    let words = |row: &HeldLotRow| {
        let credit = credit(row.credit_id, row.part);
        format!("{credit} of person {}", row.person_id)
    };
    for row in stored.difference(concluded) {
        report.add("held_lot", words(row), "it waits for nobody's word");
    }
    for row in concluded.difference(&stored) {
        report.add("held_lot", words(row), "it is missing");
    }
}

fn differs(row: &PositionRow, now: &PositionRow) -> String {
    let pairs = [
        (
            "receivable_id",
            row.receivable_id.to_string(),
            now.receivable_id.to_string(),
        ),
        (
            "person_id",
            row.person_id.to_string(),
            now.person_id.to_string(),
        ),
        ("currency", row.currency.clone(), now.currency.clone()),
        (
            "amount_minor",
            row.amount_minor.to_string(),
            now.amount_minor.to_string(),
        ),
        (
            "allocated_minor",
            row.allocated_minor.to_string(),
            now.allocated_minor.to_string(),
        ),
        (
            "open_minor",
            row.open_minor.to_string(),
            now.open_minor.to_string(),
        ),
        (
            "visible_from",
            row.visible_from.to_string(),
            now.visible_from.to_string(),
        ),
        ("due_on", row.due_on.to_string(), now.due_on.to_string()),
        (
            "settled_on",
            format!("{:?}", row.settled_on),
            format!("{:?}", now.settled_on),
        ),
        (
            "closed_by",
            format!("{:?}", row.closed_by),
            format!("{:?}", now.closed_by),
        ),
    ];
    let differences = pairs.into_iter().filter(|(_, stored, now)| stored != now);
    let words =
        differences.map(|(field, stored, now)| format!("{field} is {stored}, the facts say {now}"));
    words.collect::<Vec<String>>().join("; ")
}

/// Where the money is, minor units.
#[derive(Debug, Clone, Copy, Default)]
struct Money {
    credited: i128,
    reversed: i128,
    allocated: i128,
    on_account: i128,
    reserved: i128,
    refunded: i128,
    to_recover: i128,
}

impl Money {
    fn join(&mut self, other: &Money) {
        self.credited += other.credited;
        self.reversed += other.reversed;
        self.allocated += other.allocated;
        self.on_account += other.on_account;
        self.reserved += other.reserved;
        self.refunded += other.refunded;
        self.to_recover += other.to_recover;
    }

    /// credited − reversed = allocated + on account + reserved + refunded − to recover
    fn wrong(&self) -> Option<String> {
        let there =
            self.allocated + self.on_account + self.reserved + self.refunded - self.to_recover;
        (self.credited - self.reversed != there).then(|| {
            format!(
                "credited {} less reversed {} is not allocated {} and on account {} and reserved {} and refunded {} \
                 less to recover {} (minor units)",
                self.credited,
                self.reversed,
                self.allocated,
                self.on_account,
                self.reserved,
                self.refunded,
                self.to_recover
            )
        })
    }
}

/// What is booked in all, minor units of each currency.
struct Sums<'a> {
    /// By currency, credit and part.
    of_credit: BTreeMap<(&'a str, i64, i64), i128>,
    /// By currency and item.
    of_item: BTreeMap<(&'a str, &'a str), i128>,
}

impl<'a> Sums<'a> {
    fn of(booked: &'a [BookedRow]) -> Sums<'a> {
        let (mut of_credit, mut of_item) = (BTreeMap::new(), BTreeMap::new());
        for row in booked {
            let (currency, amount) = (row.currency.as_str(), i128::from(row.amount_minor));
            *of_credit
                .entry((currency, row.credit_id, row.part))
                .or_default() += amount;
            *of_item.entry((currency, row.item.as_str())).or_default() += amount;
        }
        Sums { of_credit, of_item }
    }
}

/// The journal against the credits of a group: no credit, item or student has more than there is.
fn conserved(
    group: &Group,
    facts: &Facts,
    state: &State,
    booked: &Sums<'_>,
    report: &mut Report,
) -> Money {
    let currency = facts.currency.to_string();
    let mut all = Money::default();
    let mut of_person: BTreeMap<i64, Money> = BTreeMap::new();
    for (no, row) in facts
        .credits
        .iter()
        .filter(|(no, _)| state.purses[*no].arrived)
    {
        let key = (row.entry, i64::from(row.key.part));
        let purse = &state.purses[no];
        let money = Money {
            credited: i128::from(row.amount_minor),
            reversed: i128::from(purse.reversed_minor),
            allocated: (booked.of_credit.get(&(&currency, key.0, key.1)))
                .copied()
                .unwrap_or_default(),
            on_account: i128::from(state.on_account_minor(no)),
            reserved: i128::from(purse.reserved_minor),
            refunded: i128::from(purse.refunded_minor),
            to_recover: i128::from(purse.to_recover_minor),
        };
        if !(0..=money.credited).contains(&money.allocated) {
            let wrong = format!(
                "{} of {} is allocated (minor units)",
                money.allocated, money.credited
            );
            report.add("allocation", credit(key.0, key.1), wrong);
        }
        of_person
            .entry(group.person_id(row.person))
            .or_default()
            .join(&money);
        all.join(&money);
    }
    for (person, money) in of_person {
        if let Some(wrong) = money.wrong() {
            report.add(
                "allocation",
                format!("{currency} of person {person}"),
                wrong,
            );
        }
    }
    for (_, item) in state.items.iter() {
        let allocated = (booked.of_item.get(&(&currency, &item.id)))
            .copied()
            .unwrap_or_default();
        if !(0..=i128::from(item.amount_minor)).contains(&allocated) {
            let wrong = format!(
                "{allocated} of {} is allocated (minor units)",
                item.amount_minor
            );
            report.add("allocation", format!("item {}", item.id), wrong);
        }
    }
    all
}
