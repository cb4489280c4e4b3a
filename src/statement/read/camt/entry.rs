//! `Ntry`: one line of a camt statement with its transactions.

use super::Reader;
use super::charges::{Charge, explaining};
use super::parts::{Day, Money, put};
use super::transaction::{Side, Transaction, number_in, same_account, some};
use crate::statement::entry::{Detail, Entry, EntryStatus};
use crate::statement::read::pages::Page;
use crate::statement::read::profile::{Place, Profile};
use crate::statement::read::{ReadError, reference};
use chrono::NaiveDate;
use std::borrow::Cow;
use std::io::Read;

/// An entry while its elements come in. The room for texts is kept for the next entry.
#[derive(Debug, Default)]
pub(super) struct Draft {
    money: Option<Money>,
    mark: String,
    reversal: bool,
    status: String,
    booking: Option<Day>,
    value: Option<Day>,
    bank_reference: String,
    payment_id: String,
    code: String,
    charges: Vec<Charge>,
    /// As many as are in use, and room of earlier entries.
    transactions: Vec<Transaction>,
    used: usize,
    information: String,
}

impl Draft {
    fn clear(&mut self) {
        (self.money, self.booking, self.value) = (None, None, None);
        (self.reversal, self.used) = (false, 0);
        self.charges.clear();
        for text in [
            &mut self.mark,
            &mut self.status,
            &mut self.bank_reference,
            &mut self.payment_id,
            &mut self.code,
            &mut self.information,
        ] {
            text.clear();
        }
    }

    /// Room for one more transaction.
    fn next(&mut self) -> Transaction {
        self.used += 1;
        match self.transactions.get_mut(self.used - 1) {
            Some(room) => std::mem::take(room),
            None => Transaction::default(),
        }
    }

    /// Puts it back where it was taken from.
    fn keep(&mut self, tx: Transaction) {
        match self.transactions.get_mut(self.used - 1) {
            Some(room) => *room = tx,
            None => self.transactions.push(tx),
        }
    }
}

impl<R: Read> Reader<'_, '_, R> {
    /// Reads the entry and hands it on; one without amount or direction is a fault.
    pub(super) fn entry(&mut self, page: &mut Page) -> Result<(), ReadError> {
        let line = self.xml.line();
        let mut draft = std::mem::take(&mut self.draft);
        draft.clear();
        self.entry_elements(&mut draft, page)?;
        if let Some(entry) = draft.entry(line, page, &self.profile) {
            if entry.reversal && entry.status == EntryStatus::Booked {
                page.reversed_minor += i128::from(entry.amount_minor);
            }
            self.pages.entry(page, entry);
        }
        self.draft = draft;
        Ok(())
    }

    fn entry_elements(&mut self, draft: &mut Draft, page: &mut Page) -> Result<(), ReadError> {
        while self.xml.child()? {
            match self.xml.name() {
                "Amt" => draft.money = self.money(page)?,
                "CdtDbtInd" => put(&mut draft.mark, self.xml.text()?),
                "RvslInd" => draft.reversal = matches!(self.xml.text()?, "true" | "1"),
                "Sts" => put(&mut draft.status, self.xml.text()?),
                "BookgDt" => draft.booking = Some(self.day()?),
                "ValDt" => draft.value = Some(self.day()?),
                "AcctSvcrRef" => put(&mut draft.bank_reference, reference(self.xml.text()?)),
                "BkTxCd" => self.transaction_code(&mut draft.code)?,
                "Chrgs" => self.charges(page, &mut draft.charges)?,
                "NtryDtls" => self.entry_details(draft, page)?,
                // Version 01 has no `NtryDtls` around them.
                "TxDtls" => self.one_transaction(draft, page)?,
                "Btch" => self.child_text("PmtInfId", &mut draft.payment_id)?,
                "AddtlNtryInf" => put(&mut draft.information, self.xml.text()?),
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    fn entry_details(&mut self, draft: &mut Draft, page: &mut Page) -> Result<(), ReadError> {
        while self.xml.child()? {
            match self.xml.name() {
                "Btch" => self.child_text("PmtInfId", &mut draft.payment_id)?,
                "TxDtls" => self.one_transaction(draft, page)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    fn one_transaction(&mut self, draft: &mut Draft, page: &mut Page) -> Result<(), ReadError> {
        let mut tx = draft.next();
        self.transaction(&mut tx, page)?;
        draft.keep(tx);
        Ok(())
    }
}

impl Draft {
    /// The entry as its own elements and its transactions tell it.
    fn entry(&self, line: u32, page: &mut Page, profile: &Profile) -> Option<Entry<'_>> {
        let money = self.own_money(line, page)?;
        let (mark, amount_minor) = match self.mark.as_str() {
            "CRDT" => ("CRDT", money.minor),
            "DBIT" => ("DBIT", -money.minor),
            mark => {
                page.fault(
                    line,
                    format!("the entry has `{mark}` where CRDT or DBIT should stand"),
                );
                return None;
            }
        };
        let mut entry = Entry {
            status: self.status(line, page),
            booking_date: self.booking_date(line, page),
            value_date: self.value_date(line, page),
            mark,
            reversal: self.undoes(),
            bank_reference: some(&self.bank_reference),
            customer_reference: some(&self.payment_id),
            transaction_code: some(&self.code),
            remittance: Cow::Borrowed(&self.information),
            ..Entry::new(line, amount_minor)
        };
        self.fill(&mut entry, page, profile);
        let search_note = profile
            .virtual_account
            .contains(&Place::AdditionalInformation);
        if self.used == 0 && search_note {
            entry.virtual_account = number_in(&self.information)
                .filter(|number| !same_account(number, &page.outline.account))
                .map(Cow::Owned);
        }
        Some(entry)
    }

    /// Does it undo an earlier entry: by its own word, or because all of its transactions came back?
    fn undoes(&self) -> bool {
        let transactions = self.transactions.get(..self.used).unwrap_or_default();
        let all_returned = !transactions.is_empty() && transactions.iter().all(|tx| tx.returned);
        self.reversal || all_returned
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
        let currency = &mut page.outline.currency;
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
    fn fill<'t>(&'t self, entry: &mut Entry<'t>, page: &mut Page, profile: &Profile) {
        let transactions = self.transactions.get(..self.used).unwrap_or_default();
        let single = transactions.len() == 1;
        let side = Side {
            own_account: &page.outline.account,
            currency: &page.outline.currency,
            credit: self.mark == "CRDT",
            reversal: self.reversal,
            information: if single { &self.information } else { "" },
        };
        let details = transactions.iter().map(|tx| tx.detail(&side, profile));
        let mut details: Vec<Detail<'t>> = details.collect();
        if let [tx] = transactions {
            let own = some(&tx.customer_reference);
            entry.customer_reference = own.or(entry.customer_reference.take());
            entry.transaction_code = entry.transaction_code.take().or(some(&tx.code));
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
        let charges = transactions
            .iter()
            .flat_map(|tx| tx.charges.iter().copied());
        let charges: Vec<Charge> = charges.collect();
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
fn lift<'t>(entry: &mut Entry<'t>, only: Detail<'t>) {
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
