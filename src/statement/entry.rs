//! What a statement says, before anybody asks what it means.
//!
//! Every reader fills the same types. Amounts are minor units of the statement's currency,
//! signed by their effect on the account: money in is positive, also where a debit is reversed.

use chrono::NaiveDate;
use serde::Serialize;

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

/// One statement of one account, pages joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Line of the file at which it starts, from 1.
    pub line: u32,
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
    /// The lines, in the file's order.
    pub entries: Vec<Entry>,
    /// What was odd and yet readable.
    pub warnings: Vec<Warning>,
    /// Why it must not be posted although it could be read: an impossible booking date, a
    /// missing page, a page chain that breaks. The statement is then quarantined.
    pub faults: Vec<Warning>,
}

impl Statement {
    /// `opening + Σ booked entries − closing` in minor units; `None` where a balance is missing.
    /// Zero means that the statement adds up.
    pub fn difference_minor(&self) -> Option<i128> {
        let opening = i128::from(self.opening_minor?);
        let closing = i128::from(self.closing_minor?);
        let booked = self
            .entries
            .iter()
            .filter(|entry| entry.status == EntryStatus::Booked);
        let sum: i128 = booked.map(|entry| i128::from(entry.amount_minor)).sum();
        Some(opening + sum - closing)
    }

    /// Whether it may be taken as it is: nothing stands against it and it does not fail to add up.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
            && self
                .difference_minor()
                .is_none_or(|difference| difference == 0)
    }
}

/// One line of a statement: MT940 `:61:` with its `:86:`, camt `Ntry`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
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
    pub mark: String,
    /// Does it undo an earlier entry?
    pub reversal: bool,
    /// The bank's reference as the profile names it (mBank `TNR`, after `//`, `AcctSvcrRef`);
    /// never `NONREF`, `NOTPROVIDED` or empty.
    pub bank_reference: Option<String>,
    /// `:61:` before `//`; never `NONREF`.
    pub customer_reference: Option<String>,
    /// camt `EndToEndId`; never `NOTPROVIDED`.
    pub end_to_end_id: Option<String>,
    /// Bank transaction code as written (`NTRF`, `N152`, `PMNT/RCDT/DMCT`).
    pub transaction_code: Option<String>,
    /// The credited virtual account as written, from the places that the profile names.
    pub virtual_account: Option<String>,
    /// The other party.
    pub counterparty_name: Option<String>,
    /// The other party's account, without spaces.
    pub counterparty_account: Option<String>,
    /// Remittance information, joined; empty where there is none.
    pub remittance: String,
    /// Single transactions of a batch, and explicit charges; empty for an ordinary line.
    pub details: Vec<Detail>,
}

impl Entry {
    /// The details, if they are the whole of the entry: every one has an amount and they add up
    /// to it. Otherwise the entry is one credit, whatever its details tell about it.
    pub fn split(&self) -> Option<&[Detail]> {
        let mut sum: i128 = 0;
        for detail in &self.details {
            sum += i128::from(detail.amount_minor?);
        }
        let whole = !self.details.is_empty() && sum == i128::from(self.amount_minor);
        whole.then_some(self.details.as_slice())
    }
}

/// One transaction inside an entry (camt `TxDtls`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// Signed effect on the account, minor units of the account's currency; `None` where the
    /// file gives no amount in that currency.
    pub amount_minor: Option<i64>,
    /// An explicit charge taken by the bank: a line of its own.
    pub charge: bool,
    /// See [`Entry::order_date`].
    pub order_date: Option<NaiveDate>,
    /// See [`Entry::bank_reference`].
    pub bank_reference: Option<String>,
    /// See [`Entry::end_to_end_id`].
    pub end_to_end_id: Option<String>,
    /// See [`Entry::virtual_account`].
    pub virtual_account: Option<String>,
    /// The other party.
    pub counterparty_name: Option<String>,
    /// The other party's account, without spaces.
    pub counterparty_account: Option<String>,
    /// Remittance information, joined.
    pub remittance: String,
}

/// Something odd at a line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Line of the file, from 1.
    pub line: u32,
    /// What is odd, and what was made of it.
    pub message: String,
}
