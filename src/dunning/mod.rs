//! Settlement, coverage and a day → who hears what, and what holds a message back until when.
//!
//! In: what a student still owes and was told about it, the money that may be theirs, what they
//! said, and how far the bank's statements reach. Out: for every item a message, an interlock that
//! holds it back, or nothing. It never sends, and never tells who is late: settlement does.
//!
//! | file | job |
//! |---|---|
//! | [`ladder`] | which message about an item is next, and on which day |
//! | [`interlock`] | what holds an overdue message back, until when or until which case |
//! | [`run`] | all students at once: one message each, and the brakes |
//! | [`order_by`] | the last day on which a transfer should be ordered |
//! | [`payment_code`] | the text of the two-dimensional code that a banking app reads |

pub mod interlock;
pub mod ladder;
pub mod order_by;
pub mod payment_code;
pub mod run;

use chrono::NaiveDate;
use interlock::Interlock;
use ladder::Written;
use std::collections::BTreeMap;

/// Something that a student owes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    /// The fee's id, or that of an instalment; interest has no ladder.
    pub id: String,
    /// The fee's id, also for its instalments.
    pub fee: String,
    /// Names the ladder.
    pub kind: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The day until which it is to be credited.
    pub due_on: NaiveDate,
    /// What is to be paid, less what lies on account for it; minor units.
    pub open_minor: i64,
    /// What by itself keeps messages about it back.
    pub bars: Vec<Bar>,
    /// What a person has decided not to keep messages back any longer.
    pub lifted: Vec<Interlock>,
    /// The messages of this round.
    pub written: Vec<Written>,
    /// The last day that is covered on every account on which it may be paid; none where one of
    /// them is not covered at all.
    pub covered_through: Option<NaiveDate>,
    /// Of how many business days one statement tells there: of one where they come daily.
    pub statement_days: usize,
}

/// Something about an item that by itself keeps messages back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bar {
    /// Covered by the solvency guard: the student's money reached for all that was due, however it
    /// was spread.
    Solvent,
    /// A court has it: dunning stops, payments go on.
    AtCourt,
    /// So much that came for the student waits for a person to say what it is for; minor units.
    MoneyWaits(i64),
    /// There is no account number to which it could be paid.
    NoAccount,
}

/// A credit of which nobody knows whose it is, as far as it may be this student's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// What people call it.
    pub credit: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Minor units.
    pub amount_minor: i64,
    /// The day on which it became known.
    pub known_since: NaiveDate,
    /// A number or a proven sender, not only a name or an equal amount.
    pub is_strong: bool,
}

/// What a student, or a person of the office, said that stops messages for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What.
    pub what: Pause,
    /// The fee; none is all of them.
    pub fee: Option<String>,
    /// In words.
    pub why: String,
}

/// A pause, with its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// The student says that it was paid, on this day.
    Claim {
        /// The day.
        paid_on: NaiveDate,
    },
    /// The student says that it is wrong.
    Dispute {
        /// Last day.
        until: NaiveDate,
    },
    /// The student asked for more time.
    Deferral {
        /// Last day.
        until: NaiveDate,
    },
    /// The office stopped messages.
    Hold {
        /// Last day.
        until: NaiveDate,
    },
}

/// A student, with all that bears on messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Debtor {
    /// The student system's id.
    pub student: String,
    /// What is open.
    pub items: Vec<Item>,
    /// Money that may be theirs.
    pub suspects: Vec<Suspect>,
    /// What was said.
    pub said: Vec<Said>,
    /// Money on account, by currency; minor units.
    pub on_account: BTreeMap<String, i64>,
}
