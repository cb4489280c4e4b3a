//! What a decision changes: the accounts of the students it touches, read before and after it.

use super::super::facts::{self, CoveredThrough, Group};
use crate::policy::PolicyBook;
use crate::settlement::account::{Account, Receivable, accounts};
use crate::settlement::facts::{CreditNo, Facts, FeeNo};
use crate::settlement::fold::fold;
use crate::settlement::state::{Item, ItemNo, Origin, State};
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A fee as far as a decision can change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeeView {
    /// Minor units.
    pub amount_minor: i64,
    /// Minor units.
    pub open_minor: i64,
    /// The day until which it is to be credited.
    pub due_on: NaiveDate,
    /// The day the last part counts.
    pub settled_on: Option<NaiveDate>,
    /// How it was closed short.
    pub closed_by: Option<&'static str>,
    /// Days past the due date.
    pub late_days: i64,
    /// Minor units.
    pub interest_minor: i64,
}

/// One line of an account that is different afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The student system's id.
    pub student: String,
    /// ISO 4217 code.
    pub currency: String,
    /// What changes.
    #[serde(flatten)]
    pub what: What,
}

/// What changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum What {
    /// A fee, an instalment or interest.
    Fee {
        /// Its id.
        fee: String,
        /// Nothing where it was not listed.
        before: Option<FeeView>,
        /// Nothing where it is not listed any more.
        after: Option<FeeView>,
    },
    /// Money on account.
    OnAccount {
        /// Minor units.
        on_account_before_minor: i64,
        /// Minor units.
        on_account_after_minor: i64,
    },
}

/// The accounts of some students at one moment of the books.
pub struct Folds {
    /// As a reader sees them.
    pub accounts: Vec<Account>,
    /// Folded through the day from which the decision acts.
    pub on_the_day: Vec<Folded>,
}

/// One group folded through a day.
pub struct Folded {
    /// The rows behind it.
    pub group: Group,
    /// The facts as the fold took them.
    pub facts: Facts,
    /// What it concludes.
    pub state: State,
}

impl Folds {
    /// Reads the accounts of students as they stand in this transaction.
    pub async fn read(
        tx: &mut Tx,
        persons: &BTreeSet<i64>,
        book: &PolicyBook,
        covered: &CoveredThrough,
        acts_on: NaiveDate,
        as_of: NaiveDate,
    ) -> Result<Folds, StoreError> {
        let persons: Vec<i64> = persons.iter().copied().collect();
        let mut folds = Folds {
            accounts: Vec::new(),
            on_the_day: Vec::new(),
        };
        for group in facts::load(tx, &persons, i64::MAX, covered).await? {
            folds.accounts.extend(accounts(&group.facts, book, as_of));
            let (facts, state) = fold(&group.facts, book, acts_on);
            folds.on_the_day.push(Folded {
                group,
                facts,
                state,
            });
        }
        Ok(folds)
    }

    /// The fee with this row id.
    pub fn fee(&self, id: i64) -> Option<(&Folded, FeeNo)> {
        self.on_the_day.iter().find_map(|folded| {
            let no = folded
                .facts
                .fees
                .numbers()
                .find(|&no| folded.group.fee_id(no) == id)?;
            Some((folded, no))
        })
    }

    /// The item of a fee.
    pub fn item(&self, fee: i64) -> Option<&Item> {
        let (folded, fee) = self.fee(fee)?;
        let no = folded.item_of(fee)?;
        Some(&folded.state.items[no])
    }

    /// The instalments that stand in a fee's place.
    pub fn instalments(&self, fee: i64) -> Vec<&Item> {
        let Some((folded, fee)) = self.fee(fee) else {
            return Vec::new();
        };
        let of = folded.item_of(fee);
        let items = folded.state.items.rows().iter();
        items
            .filter(|item| matches!(item.origin, Origin::Instalment { of: parent } if Some(parent) == of))
            .collect()
    }

    /// The interest on a fee, once the student was told.
    pub fn interest(&self, fee: i64) -> Option<&Item> {
        let (folded, fee) = self.fee(fee)?;
        let of = folded.item_of(fee)?;
        let mut items = folded.state.items.rows().iter();
        items.find(|item| {
            item.visible && matches!(item.origin, Origin::Interest { of: parent } if parent == of)
        })
    }

    /// The parts of a credit that belong to one of some students.
    pub fn credits(&self, entry: i64, persons: &BTreeSet<i64>) -> Vec<(&Folded, CreditNo)> {
        let mut found = Vec::new();
        for folded in &self.on_the_day {
            for (no, credit) in folded.facts.credits.iter() {
                let whose = folded.group.person_id(credit.person);
                if credit.entry == entry && persons.contains(&whose) {
                    found.push((folded, no));
                }
            }
        }
        found
    }
}

impl Folded {
    /// The item of a fee.
    pub fn item_of(&self, fee: FeeNo) -> Option<ItemNo> {
        self.state
            .items
            .find(|item| item.origin == Origin::Fee(fee))
    }
}

/// The lines that differ, by student, fees before money on account.
pub fn changes(before: &[Account], after: &[Account]) -> Vec<Change> {
    let fees_before = fees(before);
    let fees_after = fees(after);
    let mut changes = Vec::new();
    let ids: BTreeSet<&str> = fees_before
        .keys()
        .chain(fees_after.keys())
        .copied()
        .collect();
    for id in ids {
        let (was, is) = (fees_before.get(id), fees_after.get(id));
        let (Some((student, currency, _)), true) =
            (is.or(was), was.map(|row| &row.2) != is.map(|row| &row.2))
        else {
            continue;
        };
        changes.push(Change {
            student: (*student).to_owned(),
            currency: (*currency).to_owned(),
            what: What::Fee {
                fee: id.to_owned(),
                before: was.map(|row| row.2.clone()),
                after: is.map(|row| row.2.clone()),
            },
        });
    }
    let (money_before, money_after) = (on_account(before), on_account(after));
    let keys: BTreeSet<&(&str, &str)> = money_before.keys().chain(money_after.keys()).collect();
    for key in keys {
        let was = money_before.get(key).copied().unwrap_or_default();
        let is = money_after.get(key).copied().unwrap_or_default();
        if was != is {
            changes.push(Change {
                student: key.0.to_owned(),
                currency: key.1.to_owned(),
                what: What::OnAccount {
                    on_account_before_minor: was,
                    on_account_after_minor: is,
                },
            });
        }
    }
    changes.sort_by(|a, b| (&a.student, &a.currency).cmp(&(&b.student, &b.currency)));
    changes
}

fn fees(accounts: &[Account]) -> BTreeMap<&str, (&str, &str, FeeView)> {
    let rows = accounts.iter().flat_map(|account| {
        let row = |fee: &'_ Receivable| view(fee);
        account.receivables.iter().map(move |fee| {
            let key = (
                account.student.as_str(),
                account.currency.as_str(),
                row(fee),
            );
            (fee.external_id.as_str(), key)
        })
    });
    rows.collect()
}

fn view(fee: &Receivable) -> FeeView {
    FeeView {
        amount_minor: fee.amount_minor,
        open_minor: fee.open_minor,
        due_on: fee.due_on,
        settled_on: fee.settled_on,
        closed_by: fee.closed_by,
        late_days: fee.late_days,
        interest_minor: fee.interest_minor,
    }
}

fn on_account(accounts: &[Account]) -> BTreeMap<(&str, &str), i64> {
    let rows = accounts.iter();
    rows.map(|account| {
        let key = (account.student.as_str(), account.currency.as_str());
        (key, account.on_account_minor)
    })
    .collect()
}
