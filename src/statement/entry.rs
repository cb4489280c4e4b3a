//! What a statement says, before anybody asks what it means.
//!
//! Every reader fills the same types. Amounts are minor units of the statement's currency,
//! signed by their effect on the account: money in is positive, also where a debit is reversed.
//! The texts of an entry are borrowed from the reader that hands it over, so that a statement of
//! a million lines is read without keeping one; [`Entry::into_owned`] keeps it.

use chrono::NaiveDate;
use serde::Serialize;
use std::borrow::Cow;
use std::fmt;

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// Booked statement.
    Mt940,
    /// Balance report.
    Mt941,
    /// Intraday report.
    Mt942,
    /// Booked statement without texts.
    Mt950,
    /// An ISO 20022 message by its name, as `camt.053.001.08`.
    Camt(String),
    /// A report of mass payments, by the profile that reads it.
    Report(String),
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Mt940 => "MT940",
            Format::Mt941 => "MT941",
            Format::Mt942 => "MT942",
            Format::Mt950 => "MT950",
            Format::Camt(name) | Format::Report(name) => name,
        })
    }
}

/// What kind of message a statement came as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StatementKind {
    /// The booked statement with balances (MT940, MT950, camt.053): the only one that is posted.
    Final,
    /// An intraday report (MT942, camt.052): never posted beside the final statement.
    Intraday,
    /// Details or notifications without balances of their own (camt.054, MT900/910).
    Details,
}

/// Whether the bank has booked an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryStatus {
    /// Booked; counts in the balance.
    Booked,
    /// Pending or expected (`PDNG`, MT942 `EC`/`ED`): never ledger money.
    Pending,
    /// Information only (`INFO`): never ledger money.
    Information,
}

/// One statement of one account, pages joined, without its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Line of the file at which it starts, from 1.
    pub line: u32,
    /// What it came as.
    pub format: Format,
    /// Final, intraday or details.
    pub kind: StatementKind,
    /// The account as the bank names it: an IBAN without spaces where it is one.
    pub account: String,
    /// The number as written: `:28C:` (`197/1`), camt `ElctrncSeqNb`, else `LglSeqNb`.
    pub sequence: Option<String>,
    /// `:20:` or camt `Stmt/Id`.
    pub reference: Option<String>,
    /// ISO 4217 code of the account.
    pub currency: String,
    /// Opening balance; overdrawn is negative.
    pub opening_minor: Option<i64>,
    /// The date beside the opening balance; may be the day before the period.
    pub opening_date: Option<NaiveDate>,
    /// Closing balance; overdrawn is negative.
    pub closing_minor: Option<i64>,
    /// The date beside the closing balance: the last day of the period.
    pub closing_date: Option<NaiveDate>,
    /// How many lines it has.
    pub entry_count: usize,
    /// The sum of its booked lines.
    pub booked_minor: i128,
    /// Its reversals carry the direction of what they reverse, and it adds up with the opposite
    /// one: see [`Entry::turn_reversal`].
    pub reversals_turned: bool,
    /// What was odd and yet readable.
    pub warnings: Vec<Warning>,
    /// Why it must not be posted although it could be read: an impossible booking date, a
    /// missing page, a page chain that breaks. The statement is then quarantined.
    pub faults: Vec<Warning>,
}

impl Outline {
    /// A statement of which nothing has been read.
    pub fn new(line: u32, format: Format, kind: StatementKind) -> Outline {
        Outline {
            line,
            format,
            kind,
            account: String::new(),
            sequence: None,
            reference: None,
            currency: String::new(),
            opening_minor: None,
            opening_date: None,
            closing_minor: None,
            closing_date: None,
            entry_count: 0,
            booked_minor: 0,
            reversals_turned: false,
            warnings: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// `opening + Σ booked entries − closing` in minor units; `None` where a balance is missing.
    /// Zero means that the statement adds up.
    pub fn difference_minor(&self) -> Option<i128> {
        let opening = i128::from(self.opening_minor?);
        let closing = i128::from(self.closing_minor?);
        Some(opening + self.booked_minor - closing)
    }

    /// Whether it may be taken as it is: nothing stands against it and it does not fail to add up.
    pub fn is_sound(&self) -> bool {
        // Reports do not list all that moved between their balances.
        self.faults.is_empty()
            && (self.kind != StatementKind::Final
                || self
                    .difference_minor()
                    .is_none_or(|difference| difference == 0))
    }

    /// Counts a line.
    pub fn count(&mut self, entry: &Entry<'_>) {
        self.entry_count += 1;
        if entry.status == EntryStatus::Booked {
            self.booked_minor += i128::from(entry.amount_minor);
        }
    }
}

/// A statement with its lines, as long as it is small enough to be kept whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// All but the lines.
    pub outline: Outline,
    /// The lines, in the file's order.
    pub entries: Vec<Entry<'static>>,
}

/// One line of a statement: MT940 `:61:` with its `:86:`, camt `Ntry`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Line of the file, from 1.
    pub line: u32,
    /// Booked, pending or information.
    pub status: EntryStatus,
    /// When the bank booked it: entry date of `:61:`, camt `BookgDt`.
    pub booking_date: Option<NaiveDate>,
    /// From when it bears interest: value date of `:61:`, camt `ValDt`.
    pub value_date: Option<NaiveDate>,
    /// When the payer ordered it, where the bank tells (`DATA STEMPLA`, `AccptncDtTm`).
    pub order_date: Option<NaiveDate>,
    /// Signed effect on the account, minor units.
    pub amount_minor: i64,
    /// The mark as written: `C`, `D`, `RC`, `RD`, `CRDT`, `DBIT`.
    pub mark: &'static str,
    /// Does it undo an earlier entry?
    pub reversal: bool,
    /// The bank's reference as the profile names it (mBank `TNR`, after `//`, `AcctSvcrRef`);
    /// never `NONREF`, `NOTPROVIDED` or empty.
    pub bank_reference: Option<Cow<'a, str>>,
    /// `:61:` before `//`; never `NONREF`.
    pub customer_reference: Option<Cow<'a, str>>,
    /// camt `EndToEndId`; never `NOTPROVIDED`.
    pub end_to_end_id: Option<Cow<'a, str>>,
    /// Bank transaction code as written (`NTRF`, `N152`, `PMNT/RCDT/DMCT`).
    pub transaction_code: Option<Cow<'a, str>>,
    /// The credited virtual account as written, from the places that the profile names.
    pub virtual_account: Option<Cow<'a, str>>,
    /// The other party.
    pub counterparty_name: Option<Cow<'a, str>>,
    /// The other party's account, without spaces.
    pub counterparty_account: Option<Cow<'a, str>>,
    /// Remittance information, joined; empty where there is none.
    pub remittance: Cow<'a, str>,
    /// Single transactions of a batch, and explicit charges; empty for an ordinary line.
    pub details: Vec<Detail<'a>>,
}

impl Entry<'_> {
    /// A line that says nothing yet.
    pub fn new(line: u32, amount_minor: i64) -> Self {
        Entry {
            line,
            status: EntryStatus::Booked,
            booking_date: None,
            value_date: None,
            order_date: None,
            amount_minor,
            mark: if amount_minor < 0 { "D" } else { "C" },
            reversal: false,
            bank_reference: None,
            customer_reference: None,
            end_to_end_id: None,
            transaction_code: None,
            virtual_account: None,
            counterparty_name: None,
            counterparty_account: None,
            remittance: Cow::Borrowed(""),
            details: Vec::new(),
        }
    }

    /// The details, if they are the whole of the entry: every one has an amount and they add up
    /// to it. Otherwise the entry is one credit, whatever its details tell about it.
    pub fn split(&self) -> Option<&[Detail<'_>]> {
        let mut sum: i128 = 0;
        for detail in &self.details {
            sum += i128::from(detail.amount_minor?);
        }
        let whole = !self.details.is_empty() && sum == i128::from(self.amount_minor);
        whole.then_some(self.details.as_slice())
    }

    /// Gives a reversal the opposite direction; any other line stays.
    pub fn turn_reversal(&mut self) {
        if !self.reversal {
            return;
        }
        self.amount_minor = -self.amount_minor;
        for detail in &mut self.details {
            detail.amount_minor = detail.amount_minor.map(|minor| -minor);
        }
    }

    /// The same with texts of its own.
    pub fn into_owned(self) -> Entry<'static> {
        Entry {
            line: self.line,
            status: self.status,
            booking_date: self.booking_date,
            value_date: self.value_date,
            order_date: self.order_date,
            amount_minor: self.amount_minor,
            mark: self.mark,
            reversal: self.reversal,
            bank_reference: owned(self.bank_reference),
            customer_reference: owned(self.customer_reference),
            end_to_end_id: owned(self.end_to_end_id),
            transaction_code: owned(self.transaction_code),
            virtual_account: owned(self.virtual_account),
            counterparty_name: owned(self.counterparty_name),
            counterparty_account: owned(self.counterparty_account),
            remittance: Cow::Owned(self.remittance.into_owned()),
            details: self.details.into_iter().map(Detail::into_owned).collect(),
        }
    }
}

/// One transaction inside an entry (camt `TxDtls`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail<'a> {
    /// Signed effect on the account, minor units of the account's currency; `None` where the
    /// file gives no amount in that currency.
    pub amount_minor: Option<i64>,
    /// An explicit charge taken by the bank: a line of its own.
    pub charge: bool,
    /// See [`Entry::order_date`].
    pub order_date: Option<NaiveDate>,
    /// See [`Entry::bank_reference`].
    pub bank_reference: Option<Cow<'a, str>>,
    /// See [`Entry::end_to_end_id`].
    pub end_to_end_id: Option<Cow<'a, str>>,
    /// See [`Entry::virtual_account`].
    pub virtual_account: Option<Cow<'a, str>>,
    /// The other party.
    pub counterparty_name: Option<Cow<'a, str>>,
    /// The other party's account, without spaces.
    pub counterparty_account: Option<Cow<'a, str>>,
    /// Remittance information, joined.
    pub remittance: Cow<'a, str>,
}

impl Detail<'_> {
    /// The same with texts of its own.
    pub fn into_owned(self) -> Detail<'static> {
        Detail {
            amount_minor: self.amount_minor,
            charge: self.charge,
            order_date: self.order_date,
            bank_reference: owned(self.bank_reference),
            end_to_end_id: owned(self.end_to_end_id),
            virtual_account: owned(self.virtual_account),
            counterparty_name: owned(self.counterparty_name),
            counterparty_account: owned(self.counterparty_account),
            remittance: Cow::Owned(self.remittance.into_owned()),
        }
    }
}

fn owned(text: Option<Cow<'_, str>>) -> Option<Cow<'static, str>> {
    text.map(|text| Cow::Owned(text.into_owned()))
}

/// Something odd at a line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Line of the file, from 1.
    pub line: u32,
    /// What is odd, and what was made of it.
    pub message: String,
}
