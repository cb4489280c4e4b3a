//! Lookup: what a student asks about their fees, as data that a page and other systems show alike.
//!
//! | question | answer |
//! |---|---|
//! | what do I owe, until when, to which account | [`ToPay`]: one transfer for each account number, with the last day to order it and the code to pay by |
//! | what for | [`Fee`] |
//! | has my transfer arrived | [`Transfer`], and through which day transfers are counted |
//! | what became of what I said | [`Word`] |
//!
//! An account is folded from the facts at the moment of asking. Nothing here names anybody but the
//! student who asks: no payer, no sender's account, no text of a transfer.

mod fees;
mod many;
mod read;
mod said;
mod to_pay;

pub use many::{Lookups, STUDENTS_MAX};
pub use read::{Around, by_external, of_persons};
pub use said::{Standing, What, Word};

use crate::dunning::order_by::{OrderBy, Usual};
use crate::iban::Nrb;
use crate::money::Currency;
use crate::text::Language;
use chrono::NaiveDate;

/// All that a student is told on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// Row id; for the shell's own use.
    pub person: i64,
    /// The student system's id, which never changes.
    pub student: String,
    /// The newest album number.
    pub album: String,
    /// Given and family name.
    pub name: String,
    /// The language in which the student is written to.
    pub language: Language,
    /// The day.
    pub as_of: NaiveDate,
    /// Who is paid, as it stands in a transfer.
    pub recipient: String,
    /// One for each currency in which anything was ever owed or paid, złoty first.
    pub accounts: Vec<Account>,
    /// What the student said about fees, the newest first.
    pub said: Vec<Word>,
}

/// An account in one currency. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The currency.
    pub currency: Currency,
    /// What is still to be settled in all, due or not.
    pub open_minor: i64,
    /// What lies on account.
    pub on_account_minor: i64,
    /// What to pay now, a transfer for each account number; empty where nothing is to be paid.
    pub to_pay: Vec<ToPay>,
    /// Where the student pays to, also while nothing is to be paid.
    pub number: Option<Nrb>,
    /// Transfers credited through this day are counted; none where no statement came yet.
    pub counted_through: Option<NaiveDate>,
    /// How long transfers usually take.
    pub usual: Usual,
    /// Fees, instalments and interest, oldest due date first.
    pub fees: Vec<Fee>,
    /// Transfers, the newest first.
    pub transfers: Vec<Transfer>,
}

impl Account {
    /// What to pay now in all, minor units.
    pub fn to_pay_minor(&self) -> i64 {
        self.to_pay
            .iter()
            .map(|transfer| transfer.amount_minor)
            .sum()
    }

    /// Whether something is past its due date.
    pub fn is_overdue(&self) -> bool {
        self.to_pay
            .iter()
            .any(|transfer| transfer.overdue_minor > 0)
    }
}

/// A transfer that the student should make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToPay {
    /// Minor units.
    pub amount_minor: i64,
    /// So much of it is past its due date.
    pub overdue_minor: i64,
    /// The day until which the rest is to be credited; none where all is past it.
    pub due_on: Option<NaiveDate>,
    /// The last day to order it, where that day has not passed.
    pub order_by: Option<OrderBy>,
    /// The account number; none where none is assigned yet.
    pub number: Option<Nrb>,
    /// The title of the transfer.
    pub title: String,
    /// The text of the two-dimensional code to pay by: ZBP for złoty, EPC for euros.
    pub code: Option<String>,
    /// The fees that it pays, by their ids.
    pub fees: Vec<String>,
}

/// What a fee is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Title {
    /// In Polish.
    pub pl: String,
    /// In English; the Polish title where there is none.
    pub en: String,
}

impl Title {
    /// In a language.
    pub fn of(&self, language: Language) -> &str {
        match language {
            Language::Pl => &self.pl,
            Language::En => &self.en,
        }
    }
}

/// A fee, an instalment (`<fee>:<n>`) or interest (`<fee>:interest`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fee {
    /// The student system's id.
    pub id: String,
    /// The fee's id, also of an instalment and of interest.
    pub of: String,
    /// What for.
    pub title: Title,
    /// Minor units.
    pub amount_minor: i64,
    /// What is still to be settled.
    pub open_minor: i64,
    /// So much of that lies on account and settles it on its due date.
    pub covered_minor: i64,
    /// From this day it could be seen and paid.
    pub published_on: NaiveDate,
    /// The day until which it is to be credited.
    pub due_on: NaiveDate,
    /// The due date as written, where the rule moved it.
    pub moved: Option<Moved>,
    /// How it stands.
    pub state: State,
    /// The day the last part counts.
    pub settled_on: Option<NaiveDate>,
    /// Days past the due date, through the day it was settled or today.
    pub late_days: i64,
    /// Interest for delay so far.
    pub interest_minor: i64,
    /// What settles it.
    pub settled_by: Vec<Share>,
}

impl Fee {
    /// What is still to be paid, minor units: what money on account settles on the due date is not.
    pub fn left_minor(&self) -> i64 {
        self.open_minor - self.covered_minor
    }

    /// Whether it is the interest on a fee.
    pub fn is_interest(&self) -> bool {
        self.id != self.of && self.id.ends_with(":interest")
    }

    /// Whether the student can say that it is wrong: also when it is settled, until it is given up.
    pub fn can_be_wrong(&self) -> bool {
        match self.state {
            State::Open | State::Overdue | State::Covered | State::Settled => true,
            State::InInstalments | State::Waived | State::WrittenOff | State::Corrected => false,
        }
    }
}

/// A due date that is not the one that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The date as written.
    pub nominal_on: NaiveDate,
    /// Why.
    pub why: WhyMoved,
}

/// Why a due date moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyMoved {
    /// It was a Saturday, Sunday or statutory holiday (art. 115 KC).
    ClosedDay,
    /// It was too soon after the fee was published.
    Notice,
    /// The office decided so.
    Extended,
}

impl WhyMoved {
    /// As other systems read it.
    pub fn name(self) -> &'static str {
        match self {
            WhyMoved::ClosedDay => "closed_day",
            WhyMoved::Notice => "notice",
            WhyMoved::Extended => "extended",
        }
    }
}

/// How a fee stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// To be paid, and not late.
    Open,
    /// To be paid, and late.
    Overdue,
    /// Money on account settles it on its due date.
    Covered,
    /// Settled by transfers.
    Settled,
    /// The office let it go.
    Waived,
    /// The office wrote it off.
    WrittenOff,
    /// It was corrected to nothing.
    Corrected,
    /// Instalments stand in its place.
    InInstalments,
}

impl State {
    /// As other systems read it.
    pub fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Overdue => "overdue",
            State::Covered => "covered",
            State::Settled => "settled",
            State::Waived => "waived",
            State::WrittenOff => "written_off",
            State::Corrected => "corrected",
            State::InInstalments => "in_instalments",
        }
    }

    /// Whether the student still has to do something about it.
    pub fn is_open(self) -> bool {
        matches!(self, State::Open | State::Overdue)
    }
}

/// A part of a transfer that settles a part of a fee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The fee.
    pub fee: String,
    /// The transfer.
    pub transfer: String,
    /// Minor units.
    pub amount_minor: i64,
    /// The day from which it counts.
    pub counts_from: NaiveDate,
}

/// Money that came in for the student.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// What people call it.
    pub id: String,
    /// Minor units.
    pub amount_minor: i64,
    /// When it was ordered, where the bank tells.
    pub ordered_on: Option<NaiveDate>,
    /// The day that counts.
    pub credited_on: NaiveDate,
    /// What it settles.
    pub settles: Vec<Share>,
    /// So much of it lies on account.
    pub on_account_minor: i64,
    /// So much of it the bank took back.
    pub reversed_minor: i64,
    /// So much of it was sent back, or is about to be.
    pub refunded_minor: i64,
}
