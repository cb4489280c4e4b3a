//! What the fold starts from: the facts of one student in one currency.
//!
//! Every fact carries its own dates. Numbers ([`FeeNo`] and its kin) are places in the lists of one
//! [`Facts`] value and mean nothing outside it; wherever an order matters it is taken from content,
//! never from these places.

use crate::money::Currency;
use crate::roster::AsOf;
use chrono::NaiveDate;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A list whose places are typed, so that a credit's place cannot be used for a fee. `Of` is what
/// the places belong to: a `Table<Purse, Credit>` stands beside a `Table<Credit>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table<T, Of = T> {
    rows: Vec<T>,
    of: PhantomData<fn() -> Of>,
}

/// A place in a [`Table`].
pub struct No<Of> {
    place: usize,
    of: PhantomData<fn() -> Of>,
}

impl<Of> Clone for No<Of> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<Of> Copy for No<Of> {}
impl<Of> PartialEq for No<Of> {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}
impl<Of> Eq for No<Of> {}
impl<Of> std::fmt::Debug for No<Of> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{}", self.place)
    }
}

impl<T, Of> Default for Table<T, Of> {
    fn default() -> Self {
        Table {
            rows: Vec::new(),
            of: PhantomData,
        }
    }
}

impl<T, Of> Table<T, Of> {
    /// Appends a row and tells its place.
    pub fn push(&mut self, row: T) -> No<Of> {
        self.rows.push(row);
        No {
            place: self.rows.len() - 1,
            of: PhantomData,
        }
    }

    /// All places, in order.
    pub fn numbers(&self) -> impl DoubleEndedIterator<Item = No<Of>> + use<T, Of> {
        (0..self.rows.len()).map(|place| No {
            place,
            of: PhantomData,
        })
    }

    /// All rows with their places.
    pub fn iter(&self) -> impl Iterator<Item = (No<Of>, &T)> {
        self.numbers().zip(&self.rows)
    }

    /// The rows alone.
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// The rows alone, to be changed.
    pub fn rows_mut(&mut self) -> &mut [T] {
        &mut self.rows
    }

    /// The place of the first row that is the one looked for.
    pub fn find(&self, is: impl Fn(&T) -> bool) -> Option<No<Of>> {
        self.iter().find(|(_, row)| is(row)).map(|(no, _)| no)
    }

    /// A table of the same places.
    pub fn beside<U>(&self, row: impl Fn(&T) -> U) -> Table<U, Of> {
        Table {
            rows: self.rows.iter().map(row).collect(),
            of: PhantomData,
        }
    }
}

impl<T, Of> Index<No<Of>> for Table<T, Of> {
    type Output = T;
    #[expect(
        clippy::indexing_slicing,
        reason = "a place is only made by push or numbers of a table of the same length"
    )]
    fn index(&self, no: No<Of>) -> &T {
        &self.rows[no.place]
    }
}

impl<T, Of> IndexMut<No<Of>> for Table<T, Of> {
    #[expect(
        clippy::indexing_slicing,
        reason = "a place is only made by push or numbers of a table of the same length"
    )]
    fn index_mut(&mut self, no: No<Of>) -> &mut T {
        &mut self.rows[no.place]
    }
}

/// Place of a person.
pub type PersonNo = No<Person>;
/// Place of a fee.
pub type FeeNo = No<Fee>;
/// Place of a credit.
pub type CreditNo = No<Credit>;

/// All facts that can touch one student's account in one currency.
///
/// Students who were merged are folded together; each fact says whose it is at home, and until the
/// day of the merge the accounts stay apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Currency of every amount here.
    pub currency: Currency,
    /// The student and those merged with them.
    pub persons: Table<Person>,
    /// Who became whom.
    pub merges: Vec<Merge>,
    /// What is owed.
    pub fees: Table<Fee>,
    /// What came in.
    pub credits: Table<Credit>,
    /// What the bank took back.
    pub reversals: Vec<Reversal>,
    /// What was, or is to be, sent back.
    pub refunds: Vec<Refund>,
    /// The last day through which the statements of all accounts of this currency are complete.
    /// Only the tolerance looks at it.
    pub covered_through: Option<NaiveDate>,
}

impl Facts {
    /// An account without facts.
    pub fn new(currency: Currency) -> Self {
        Facts {
            currency,
            persons: Table::default(),
            merges: Vec::new(),
            fees: Table::default(),
            credits: Table::default(),
            reversals: Vec::new(),
            refunds: Vec::new(),
            covered_through: None,
        }
    }

    /// Who `person` is on a day: themselves, or the one they were merged into by then.
    pub fn survivor(&self, person: PersonNo, day: NaiveDate) -> PersonNo {
        let mut now = person;
        // As many steps as there are merges: a circle of merges ends instead of turning.
        for _ in &self.merges {
            match self
                .merges
                .iter()
                .find(|merge| merge.from == now && merge.on <= day)
            {
                Some(merge) => now = merge.into,
                None => break,
            }
        }
        now
    }
}

/// A person; the album is a dated attribute and no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The student system's id.
    pub external_id: String,
    /// The newest album number.
    pub album: String,
}

/// Two records that turned out to be one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The record that ends.
    pub from: PersonNo,
    /// The one that goes on.
    pub into: PersonNo,
    /// From this day their accounts are one.
    pub on: NaiveDate,
}

/// A fee with everything that was ever said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fee {
    /// The student system's id.
    pub external_id: String,
    /// Whose it is at home.
    pub person: PersonNo,
    /// Names the policy.
    pub kind: String,
    /// Names the virtual account; may be empty.
    pub category: String,
    /// What exports said, in any order.
    pub versions: Vec<Version>,
    /// What people decided, in any order.
    pub acts: Vec<Act>,
}

/// A fee as one export had it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// When the export was made.
    pub as_of: AsOf,
    /// Loaded at go-live: `as_of` does not hold back its visibility.
    pub opening: bool,
    /// Minor units; zero cancels.
    pub amount_minor: i64,
    /// When the student system published it.
    pub published_on: NaiveDate,
    /// The due date as written.
    pub nominal_due_on: NaiveDate,
}

/// A person's decision about a fee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// From this day it acts.
    pub on: NaiveDate,
    /// What was decided.
    pub what: ActKind,
}

/// What can be decided about a fee.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActKind {
    /// So much of the open amount is waived; all of it where there is no amount.
    Waive(Option<i64>),
    /// So much of the open amount is written off; all of it where there is no amount.
    WriteOff(Option<i64>),
    /// A later (or earlier) due date.
    Extend {
        /// The new nominal date.
        due_on: NaiveDate,
        /// Interest that had accrued before the extension falls away.
        forgive_interest: bool,
    },
    /// The open amount is paid in instalments: date and minor units of each.
    Plan(Vec<(NaiveDate, i64)>),
    /// The student was told of the interest, which is visible and due from now on.
    InterestTold,
}

/// Which date of an entry became the crediting date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DateSource {
    /// A person set it: the bank's own error.
    Decision,
    /// Loaded at go-live.
    Opening,
    /// The bank cancelled an earlier credit and booked it again: the first day stays.
    Rebooked,
    /// The booking date.
    Booking,
    /// The value date, by the bank profile's rule for instant transfers.
    ValueByProfile,
    /// The date of a one-day statement.
    Statement,
    /// The value date for want of anything better; flagged.
    Value,
}

impl DateSource {
    /// The name in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            DateSource::Decision => "decision",
            DateSource::Opening => "opening",
            DateSource::Rebooked => "rebooked",
            DateSource::Booking => "booking",
            DateSource::ValueByProfile => "value_by_profile",
            DateSource::Statement => "statement",
            DateSource::Value => "value",
        }
    }
}

/// What orders credits of one day, and tells them apart: content, never a row number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentKey {
    /// The institution's account.
    pub bank_account: String,
    /// The bank's reference where it is reliable, else empty.
    pub reference: String,
    /// The credited virtual account.
    pub virtual_account: String,
    /// Minor units.
    pub amount_minor: i64,
    /// The payer's account.
    pub payer_account: String,
    /// Among lines that are equal in all of this: their texts, in order.
    pub text: String,
    /// Which part of a transfer that was split between students.
    pub part: u32,
}

/// Money that came in for this student.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// The shell's number of the entry; for its own use.
    pub entry: i64,
    /// Order and identity.
    pub key: ContentKey,
    /// Whose account it came to, at home.
    pub person: PersonNo,
    /// The bank's reference as shown; empty where there is none.
    pub bank_reference: String,
    /// Minor units, positive.
    pub amount_minor: i64,
    /// When the payer ordered it.
    pub order_date: Option<NaiveDate>,
    /// When the bank booked it.
    pub booking_date: Option<NaiveDate>,
    /// The bank's value date.
    pub value_date: Option<NaiveDate>,
    /// The day that counts.
    pub crediting_date: NaiveDate,
    /// Where the crediting date comes from.
    pub source: DateSource,
    /// Category of the virtual account; empty where it has none.
    pub category: String,
    /// Fees whose numbers stand in the text (art. 451 § 1 KC).
    pub named: Vec<FeeNo>,
    /// Cancelled by the bank and booked again under another entry.
    pub cancelled: bool,
    /// Where people said it goes.
    pub designations: Vec<Designation>,
}

/// A person's word on what a credit is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Designation {
    /// From this day it acts.
    pub on: NaiveDate,
    /// The fees, in the order in which they are served, each with its share; what it needs where
    /// there is no amount.
    pub fees: Vec<(FeeNo, Option<i64>)>,
}

/// The bank took money back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversal {
    /// From which credit.
    pub credit: CreditNo,
    /// When.
    pub on: NaiveDate,
    /// Minor units, positive.
    pub amount_minor: i64,
    /// Order among reversals of a day.
    pub key: String,
}

/// Money sent back to where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// From which credits, in this order.
    pub credits: Vec<CreditNo>,
    /// Minor units, positive.
    pub amount_minor: i64,
    /// From this day the money is reserved.
    pub reserved_on: NaiveDate,
    /// The bank's debit.
    pub paid_on: Option<NaiveDate>,
    /// It came back.
    pub returned_on: Option<NaiveDate>,
    /// Order among refunds of a day.
    pub key: String,
}
