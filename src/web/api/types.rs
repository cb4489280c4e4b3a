//! What the interface says: each a plain object, in the words of the lookup behind it.
#![expect(
    clippy::struct_field_names,
    reason = "the names of fields are those that other systems read"
)]

use crate::engine::lookup::{self, Lookup};
use crate::money::{Currency, format_plain};
use crate::store::api::{CreditRow, PositionRow, SettlementRow};
use crate::text::Language;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Money {
    /// As text, with a decimal point: never a floating-point number.
    #[schema(example = "1950.00")]
    pub amount: String,
    /// The same in minor units: grosze, cents.
    #[schema(example = 195_000)]
    pub minor: i64,
    /// ISO 4217 code.
    #[schema(example = "PLN")]
    pub currency: String,
}

impl Money {
    fn of(minor: i64, currency: Currency) -> Money {
        Money {
            amount: format_plain(minor, currency),
            minor,
            currency: currency.to_string(),
        }
    }

    /// With a currency as it is stored.
    fn stored(minor: i64, code: &str) -> Money {
        Money::of(minor, Currency::parse(code).unwrap_or(Currency::PLN))
    }
}

/// What a fee is called.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Title {
    /// In Polish.
    pub pl: String,
    /// In English.
    pub en: String,
}

/// A student with all that they may know.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Student {
    /// The student system's id, which never changes.
    pub student: String,
    /// The newest album number.
    pub album: String,
    /// The day.
    pub as_of: NaiveDate,
    /// One for each currency.
    pub accounts: Vec<Account>,
    /// What the student said about fees, the newest first.
    pub said: Vec<Said>,
}

/// An account in one currency.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Account {
    /// ISO 4217 code.
    pub currency: String,
    /// To be paid now.
    pub to_pay: Money,
    /// Still to be settled in all, due or not.
    pub open: Money,
    /// On account.
    pub on_account: Money,
    /// Transfers credited through this day are counted.
    pub counted_through: Option<NaiveDate>,
    /// The student's account number, 26 digits.
    pub account_number: Option<String>,
    /// The transfers to make now.
    pub transfers_to_make: Vec<ToPay>,
    /// Fees, instalments and interest, oldest due date first.
    pub fees: Vec<Fee>,
    /// Transfers that came, the newest first.
    pub transfers: Vec<Transfer>,
}

/// A transfer to make.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ToPay {
    /// How much.
    pub amount: Money,
    /// How much of it is past its due date.
    pub overdue: Money,
    /// The day until which the rest is to be credited; null where all is past it.
    pub due_on: Option<NaiveDate>,
    /// The last day to order it; null where that is over.
    pub order_by: Option<NaiveDate>,
    /// To which account, 26 digits.
    pub account_number: Option<String>,
    /// The title of the transfer.
    pub title: String,
    /// The text of the two-dimensional code to pay by.
    pub code: Option<String>,
    /// The fees that it pays.
    pub fees: Vec<String>,
}

/// A fee, an instalment (`<fee>:<n>`) or interest (`<fee>:interest`).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Fee {
    /// Its id.
    pub id: String,
    /// The fee behind it.
    pub fee: String,
    /// What for.
    pub title: Title,
    /// The amount that is valid.
    pub amount: Money,
    /// Still to be settled.
    pub open: Money,
    /// Money on account settles so much of that on the due date.
    pub covered: Money,
    /// Interest for delay so far.
    pub interest: Money,
    /// From this day it could be seen and paid.
    pub published_on: NaiveDate,
    /// The date as written, where the rule moved it.
    pub nominal_due_on: Option<NaiveDate>,
    /// Why it moved: `closed_day`, `notice`, `extended`.
    pub moved_by: Option<&'static str>,
    /// The day until which it is to be credited.
    pub due_on: NaiveDate,
    /// `open`, `overdue`, `covered`, `settled`, `waived`, `written_off`, `corrected`,
    /// `in_instalments`.
    pub state: &'static str,
    /// The day the last part counts.
    pub settled_on: Option<NaiveDate>,
    /// Days past the due date.
    pub late_days: i64,
    /// What settles it.
    pub settled_by: Vec<Share>,
}

/// A part of a transfer that settles a part of a fee.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Share {
    /// The fee.
    pub fee: String,
    /// The transfer.
    pub transfer: String,
    /// How much.
    pub amount: Money,
    /// From which day it counts.
    pub counts_from: NaiveDate,
}

/// A transfer that came.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Transfer {
    /// Its name.
    pub id: String,
    /// How much.
    pub amount: Money,
    /// When it was ordered, where the bank tells.
    pub ordered_on: Option<NaiveDate>,
    /// The day that counts.
    pub credited_on: NaiveDate,
    /// What it settles.
    pub settles: Vec<Share>,
    /// On account.
    pub on_account: Money,
    /// Taken back by the bank.
    pub reversed: Money,
    /// Sent back, or about to be.
    pub refunded: Money,
}

/// What a student said about a fee.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Said {
    /// Its number.
    pub id: i64,
    /// `claim`, `dispute`, `deferral`, `instalments`.
    pub what: &'static str,
    /// The fee.
    pub fee: String,
    /// When.
    pub said_on: NaiveDate,
    /// `received`, `waits_for_statements`, `settled`, `not_found`, `at_office`, `waits_for_student`,
    /// `answered`.
    pub standing: &'static str,
    /// The number of its case.
    pub case: Option<i64>,
    /// What it was answered with: the kind of a decision, such as `extend`, `plan` or `waive`.
    pub answer: Option<String>,
    /// What the student service centre wrote to the student about it.
    pub reply: Option<String>,
}

impl Student {
    pub(super) fn of(lookup: &Lookup) -> Student {
        Student {
            student: lookup.student.clone(),
            album: lookup.album.clone(),
            as_of: lookup.as_of,
            accounts: lookup.accounts.iter().map(Account::of).collect(),
            said: (lookup.said.iter())
                .map(|word| Said {
                    id: word.id,
                    what: word.what.name(),
                    fee: word.fee.clone(),
                    said_on: word.said_on,
                    standing: word.standing.name(),
                    case: word.case,
                    answer: word.answer.clone(),
                    reply: word.reply.clone(),
                })
                .collect(),
        }
    }
}

impl Account {
    fn of(account: &lookup::Account) -> Account {
        let money = |minor: i64| Money::of(minor, account.currency);
        let share = |share: &lookup::Share| Share {
            fee: share.fee.clone(),
            transfer: share.transfer.clone(),
            amount: money(share.amount_minor),
            counts_from: share.counts_from,
        };
        let digits = |nrb: &crate::iban::Nrb| nrb.as_str().to_owned();
        let to_make = account.to_pay.iter().map(|to_pay| ToPay {
            amount: money(to_pay.amount_minor),
            overdue: money(to_pay.overdue_minor),
            due_on: to_pay.due_on,
            order_by: to_pay.order_by.map(|advice| advice.day),
            account_number: to_pay.number.as_ref().map(digits),
            title: to_pay.title.clone(),
            code: to_pay.code.clone(),
            fees: to_pay.fees.clone(),
        });
        let fees = account.fees.iter().map(|fee| Fee {
            id: fee.id.clone(),
            fee: fee.of.clone(),
            title: Title {
                pl: fee.title.of(Language::Pl).to_owned(),
                en: fee.title.of(Language::En).to_owned(),
            },
            amount: money(fee.amount_minor),
            open: money(fee.open_minor),
            covered: money(fee.covered_minor),
            interest: money(fee.interest_minor),
            published_on: fee.published_on,
            nominal_due_on: fee.moved.map(|moved| moved.nominal_on),
            moved_by: fee.moved.map(|moved| moved.why.name()),
            due_on: fee.due_on,
            state: fee.state.name(),
            settled_on: fee.settled_on,
            late_days: fee.late_days,
            settled_by: fee.settled_by.iter().map(share).collect(),
        });
        let transfers = account.transfers.iter().map(|transfer| Transfer {
            id: transfer.id.clone(),
            amount: money(transfer.amount_minor),
            ordered_on: transfer.ordered_on,
            credited_on: transfer.credited_on,
            settles: transfer.settles.iter().map(share).collect(),
            on_account: money(transfer.on_account_minor),
            reversed: money(transfer.reversed_minor),
            refunded: money(transfer.refunded_minor),
        });
        Account {
            currency: account.currency.to_string(),
            to_pay: money(account.to_pay_minor()),
            open: money(account.open_minor),
            on_account: money(account.on_account_minor),
            counted_through: account.counted_through,
            account_number: account.number.as_ref().map(digits),
            transfers_to_make: to_make.collect(),
            fees: fees.collect(),
            transfers: transfers.collect(),
        }
    }
}

/// Students that are asked about.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The student system's ids, a thousand at most.
    #[schema(max_items = 1000)]
    pub students: Vec<String>,
}

/// Those that were found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Students {
    /// By their ids.
    pub students: Vec<Student>,
    /// Ids of which nothing is known.
    pub unknown: Vec<String>,
}

/// A page of fees, instalments and interest as they are booked, by their ids.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Receivables {
    /// In the order of their ids.
    pub receivables: Vec<Receivable>,
    /// Goes into `after` to read on; null at the end.
    pub next: Option<String>,
}

/// A fee, an instalment or interest as it is booked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Receivable {
    /// Its id.
    pub id: String,
    /// The student system's id.
    pub student: String,
    /// The amount that is valid.
    pub amount: Money,
    /// Still to be settled.
    pub open: Money,
    /// From this day it takes part.
    pub visible_from: NaiveDate,
    /// The due date.
    pub due_on: NaiveDate,
    /// The day the last part counts.
    pub settled_on: Option<NaiveDate>,
    /// How it was closed short: `waiver`, `write_off`, `correction`, `plan`.
    pub closed_by: Option<String>,
}

impl Receivable {
    pub(super) fn of(row: PositionRow) -> Receivable {
        Receivable {
            amount: Money::stored(row.amount_minor, &row.currency),
            open: Money::stored(row.open_minor, &row.currency),
            id: row.item,
            student: row.student,
            visible_from: row.visible_from,
            due_on: row.due_on,
            settled_on: row.settled_on,
            closed_by: row.closed_by.filter(|how| !how.is_empty()),
        }
    }
}

/// A page of credits of students, in the order in which they came.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Credits {
    /// In the order in which they came.
    pub credits: Vec<Credit>,
    /// Goes into `after` to read on; null at the end.
    pub next: Option<String>,
}

/// A credit, or a student's part of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Credit {
    /// Its name.
    pub id: String,
    /// The student system's id.
    pub student: String,
    /// How much.
    pub amount: Money,
    /// The day that counts.
    pub credited_on: NaiveDate,
    /// When it was ordered, where the bank tells.
    pub ordered_on: Option<NaiveDate>,
}

impl Credit {
    pub(super) fn of((row, name): (CreditRow, String)) -> Credit {
        Credit {
            id: name,
            amount: Money::stored(row.amount_minor, &row.currency),
            student: row.student,
            credited_on: row.crediting_date,
            ordered_on: row.order_date,
        }
    }
}

/// A page of changes of what settles what.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Settlements {
    /// In the order in which they were booked.
    pub settlements: Vec<Settlement>,
    /// Goes into `after` to read on; the same as it was where nothing is new.
    pub next: i64,
}

/// A change of what settles what.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Settlement {
    /// Grows with every change.
    pub cursor: i64,
    /// The student system's id.
    pub student: String,
    /// The fee, instalment or interest.
    pub receivable: String,
    /// The credit.
    pub credit: String,
    /// Negative where it was released again.
    pub amount: Money,
    /// The day of the event.
    pub effective_on: NaiveDate,
    /// The day that decides lateness.
    pub counts_from: NaiveDate,
    /// The accounting day.
    pub posted_on: NaiveDate,
    /// The event: `credit`, `due`, `change` …
    pub cause: String,
    /// The rule: `oldest_due`, `exact_amount`, `release` …
    pub rule: String,
}

impl Settlement {
    pub(super) fn of((row, name): (SettlementRow, String)) -> Settlement {
        Settlement {
            cursor: row.seq,
            amount: Money::stored(row.amount_minor, &row.currency),
            student: row.student,
            receivable: row.item,
            credit: name,
            effective_on: row.effective_on,
            counts_from: row.counts_from,
            posted_on: row.posted_on,
            cause: row.cause,
            rule: row.rule,
        }
    }
}

/// How far the statements reach.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Coverage {
    /// The institution's accounts.
    pub accounts: Vec<CoveredAccount>,
}

/// How far the statements of an account reach.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CoveredAccount {
    /// The account.
    pub iban: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The last day through which they are complete; null where none came.
    pub through: Option<NaiveDate>,
}
