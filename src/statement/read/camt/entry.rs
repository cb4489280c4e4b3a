//! `Ntry`: one line of a camt statement with its transactions.

use super::Reader;
use super::charges::{Charge, explaining};
use super::parts::{Day, Money};
use super::transaction::{Side, Transaction, number_in, same_account};
use crate::statement::entry::{Detail, Entry, EntryStatus};
use crate::statement::read::pages::Page;
use crate::statement::read::profile::{Place, Profile};
use crate::statement::read::{ReadError, reference};
use chrono::NaiveDate;

/// An entry while its elements come in.
#[derive(Debug, Default)]
struct Draft {
    money: Option<Money>,
    mark: String,
    reversal: bool,
    status: String,
    booking: Option<Day>,
    value: Option<Day>,
    bank_reference: String,
    payment_id: Option<String>,
    code: Option<String>,
    charges: Vec<Charge>,
    transactions: Vec<Transaction>,
    information: String,
}

impl Reader<'_, '_> {
    /// Reads the entry and adds it to the page; one without amount or direction is a fault.
    pub(super) fn entry(&mut self, page: &mut Page) -> Result<(), ReadError> {
        let line = self.xml.line();
        let mut draft = Draft::default();
        while let Some(child) = self.xml.child()? {
            match child.name() {
                "Amt" => draft.money = self.money(&child, page)?,
                "CdtDbtInd" => draft.mark = self.xml.text()?.into_owned(),
                "RvslInd" => draft.reversal = matches!(&*self.xml.text()?, "true" | "1"),
                "Sts" => draft.status = self.xml.text()?.into_owned(),
                "BookgDt" => draft.booking = Some(self.day()?),
                "ValDt" => draft.value = Some(self.day()?),
                "AcctSvcrRef" => reference(&self.xml.text()?).clone_into(&mut draft.bank_reference),
                "BkTxCd" => draft.code = self.transaction_code()?,
                "Chrgs" => self.charges(page, &mut draft.charges)?,
                "NtryDtls" => self.entry_details(&mut draft, page)?,
                // Version 01 has no `NtryDtls` around them.
                "TxDtls" => draft.transactions.push(self.transaction(page)?),
                "Btch" => draft.payment_id = self.child_text("PmtInfId")?,
                "AddtlNtryInf" => draft.information = self.xml.text()?.into_owned(),
                _ => self.xml.skip()?,
            }
        }
        let places = &self.profile.virtual_account;
        let search_note = places.contains(&Place::AdditionalInformation);
        if let Some(mut entry) = draft.entry(line, page) {
            let alone = draft.transactions.is_empty();
            draft.fill(&mut entry, page, self.profile);
            if alone && search_note {
                entry.virtual_account = number_in(&draft.information)
                    .filter(|number| !same_account(number, &page.statement.account));
            }
            page.statement.entries.push(entry);
        }
        Ok(())
    }

    fn entry_details(&mut self, draft: &mut Draft, page: &mut Page) -> Result<(), ReadError> {
        while let Some(child) = self.xml.child()? {
            match child.name() {
                "Btch" => draft.payment_id = self.child_text("PmtInfId")?,
                "TxDtls" => draft.transactions.push(self.transaction(page)?),
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }
}

impl Draft {
    /// The entry as its own elements tell it.
    fn entry(&self, line: u32, page: &mut Page) -> Option<Entry> {
        let money = self.own_money(line, page)?;
        let amount_minor = match self.mark.as_str() {
            "CRDT" => money.minor,
            "DBIT" => -money.minor,
            mark => {
                page.fault(
                    line,
                    format!("the entry has `{mark}` where CRDT or DBIT should stand"),
                );
                return None;
            }
        };
        Some(Entry {
            line,
            status: self.status(line, page),
            booking_date: self.booking_date(line, page),
            value_date: self.value_date(line, page),
            order_date: None,
            amount_minor,
            mark: self.mark.clone(),
            reversal: self.reversal,
            bank_reference: some(&self.bank_reference),
            customer_reference: self.payment_id.clone(),
            end_to_end_id: None,
            transaction_code: self.code.clone(),
            virtual_account: None,
            counterparty_name: None,
            counterparty_account: None,
            remittance: self.information.clone(),
            details: Vec::new(),
        })
    }

    /// The amount; it has to be in the account's currency.
    fn own_money(&self, line: u32, page: &mut Page) -> Option<Money> {
        let Some(money) = self.money else {
            page.fault(
                line,
                "the entry has no amount that can be read, and is left out",
            );
            return None;
        };
        let currency = &mut page.statement.currency;
        if currency.is_empty() {
            money.currency.as_str().clone_into(currency);
        }
        if currency != money.currency.as_str() {
            let message = format!(
                "the entry is in {}, the account in {currency}",
                money.currency
            );
            page.fault(line, message);
        }
        Some(money)
    }

    fn status(&self, line: u32, page: &mut Page) -> EntryStatus {
        match self.status.as_str() {
            "BOOK" | "" => EntryStatus::Booked,
            "PDNG" => EntryStatus::Pending,
            "INFO" => EntryStatus::Information,
            other => {
                page.warn(line, format!("the status {other} is read as pending"));
                EntryStatus::Pending
            }
        }
    }

    /// An impossible booking date cannot be repaired: it decides who was late.
    fn booking_date(&self, line: u32, page: &mut Page) -> Option<NaiveDate> {
        let date = self.booking?.exact();
        if date.is_none() {
            page.fault(line, "there is no such booking date");
        }
        date
    }

    /// An impossible value date moves to the month's last day; it decides no lateness.
    fn value_date(&self, line: u32, page: &mut Page) -> Option<NaiveDate> {
        match self.value? {
            Day::Exists(date) => Some(date),
            Day::Impossible(last) => {
                page.warn(
                    line,
                    "there is no such value date; the last day of that month is taken",
                );
                Some(last)
            }
            Day::Unreadable => {
                page.fault(line, "the value date is no date");
                None
            }
        }
    }

    /// What the transactions add: a single one speaks for the entry, several are its details.
    fn fill(&mut self, entry: &mut Entry, page: &mut Page, profile: &Profile) {
        let transactions = std::mem::take(&mut self.transactions);
        let single = transactions.len() == 1;
        let side = Side {
            own_account: &page.statement.account,
            currency: &page.statement.currency,
            credit: self.mark == "CRDT",
            reversal: self.reversal,
            information: if single { &self.information } else { "" },
        };
        let mut charges: Vec<Charge> = Vec::new();
        let mut details: Vec<Detail> = Vec::with_capacity(transactions.len());
        for mut tx in transactions {
            charges.append(&mut tx.charges);
            if single {
                entry.customer_reference = tx
                    .customer_reference
                    .take()
                    .or(entry.customer_reference.take());
                entry.transaction_code = entry.transaction_code.take().or(tx.code.take());
            }
            details.push(tx.into_detail(&side, profile));
        }
        let amount = entry.amount_minor;
        if let [only] = details.as_slice() {
            let whole = only.amount_minor.is_none_or(|minor| minor == amount);
            let only = if whole {
                details.pop()
            } else {
                Some(only.clone())
            };
            if let Some(only) = only {
                lift(entry, only);
            }
        }
        details.extend(explaining(amount, &details, &self.charges, &charges));
        entry.details = details;
        if !entry.details.is_empty() && entry.split().is_none() {
            page.warn(
                entry.line,
                "the transactions of the entry do not add up to it: it stays one credit",
            );
        }
    }
}

/// A single transaction speaks for its entry.
fn lift(entry: &mut Entry, only: Detail) {
    entry.order_date = only.order_date;
    entry.bank_reference = entry.bank_reference.take().or(only.bank_reference);
    entry.end_to_end_id = only.end_to_end_id;
    entry.virtual_account = only.virtual_account;
    entry.counterparty_name = only.counterparty_name;
    entry.counterparty_account = only.counterparty_account;
    if !only.remittance.is_empty() {
        entry.remittance = only.remittance;
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
