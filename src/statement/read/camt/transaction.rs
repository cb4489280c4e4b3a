//! `TxDtls`: one transaction inside an entry, and what it says about payer and purpose.

use super::Reader;
use super::charges::Charge;
use super::parts::{Money, Party, put, put_first};
use crate::iban;
use crate::statement::entry::Detail;
use crate::statement::read::pages::Page;
use crate::statement::read::profile::{Place, Profile};
use crate::statement::read::{ReadError, account_like, reference};
use chrono::NaiveDate;
use std::borrow::Cow;
use std::io::Read;

/// `Ustrd` holds at most so many characters; a full one was cut, not ended.
const USTRD_WIDTH: usize = 140;
/// Digits of a Polish account number.
const NRB_DIGITS: usize = 26;

/// A transaction while its elements come in. A text that is empty was not there; the room of all
/// of them is kept for the next transaction.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    /// `Amt` (since version 04).
    amount: Option<Money>,
    /// `AmtDtls/TxAmt`.
    tx_amount: Option<Money>,
    /// `AmtDtls/CntrValAmt`.
    counter_value: Option<Money>,
    /// `CdtDbtInd` of its own.
    credit: Option<bool>,
    pub charges: Vec<Charge>,
    pub code: String,
    /// `Refs/AcctSvcrRef`.
    bank_reference: String,
    /// `Refs/EndToEndId`.
    end_to_end_id: String,
    /// `Refs/InstrId`, else `Refs/PmtInfId`.
    pub customer_reference: String,
    /// The first account number in any of `Refs/*`.
    reference_number: Option<String>,
    debtor: Party,
    debtor_account: String,
    ultimate_debtor: Party,
    creditor: Party,
    creditor_account: String,
    ultimate_creditor: Party,
    /// Every `Ustrd`, then every `Strd`, joined.
    text: String,
    /// Whether the last piece of it was cut, so that the next goes on in the middle of a word.
    cut: bool,
    unstructured_count: u32,
    second_unstructured: String,
    structured: String,
    /// An account number in `Strd/CdtrRefInf/Ref`.
    structured_number: Option<String>,
    information: String,
    order_date: Option<NaiveDate>,
    /// `RtrInf`: a transfer that came back. Parties keep the roles of the transfer.
    pub returned: bool,
}

impl Transaction {
    /// Ready for the next one.
    pub fn clear(&mut self) {
        (self.amount, self.tx_amount, self.counter_value) = (None, None, None);
        (self.credit, self.order_date, self.returned) = (None, None, false);
        (self.reference_number, self.structured_number) = (None, None);
        (self.cut, self.unstructured_count) = (true, 0);
        self.charges.clear();
        for text in [
            &mut self.code,
            &mut self.bank_reference,
            &mut self.end_to_end_id,
            &mut self.customer_reference,
            &mut self.debtor_account,
            &mut self.creditor_account,
            &mut self.text,
            &mut self.second_unstructured,
            &mut self.structured,
            &mut self.information,
        ] {
            text.clear();
        }
        for party in [
            &mut self.debtor,
            &mut self.ultimate_debtor,
            &mut self.creditor,
            &mut self.ultimate_creditor,
        ] {
            party.clear();
        }
    }

    /// Adds a piece of remittance information.
    fn push(&mut self, piece: &str) {
        if piece.is_empty() {
            return;
        }
        if !self.cut {
            self.text.push(' ');
        }
        self.text.push_str(piece);
        self.cut = USTRD_WIDTH <= piece.len() && piece.chars().count() == USTRD_WIDTH;
    }
}

impl<R: Read> Reader<'_, '_, R> {
    pub(super) fn transaction(
        &mut self,
        tx: &mut Transaction,
        page: &mut Page,
    ) -> Result<(), ReadError> {
        tx.clear();
        while self.xml.child()? {
            match self.xml.name() {
                "Refs" => self.references(tx)?,
                "Amt" => tx.amount = self.money(page)?,
                "CdtDbtInd" => tx.credit = Some(self.xml.text()? == "CRDT"),
                "AmtDtls" => self.amount_details(tx, page)?,
                "BkTxCd" => self.transaction_code(&mut tx.code)?,
                "Chrgs" => self.charges(page, &mut tx.charges)?,
                "RltdPties" => self.parties(tx)?,
                "RmtInf" => self.remittance(tx)?,
                "RltdDts" => self.related_dates(tx)?,
                "RtrInf" => {
                    tx.returned = true;
                    self.xml.skip()?;
                }
                "AddtlTxInf" => put(&mut tx.information, self.xml.text()?),
                _ => self.xml.skip()?,
            }
        }
        let structured = std::mem::take(&mut tx.structured);
        tx.push(&structured);
        tx.structured = structured;
        Ok(())
    }

    fn references(&mut self, tx: &mut Transaction) -> Result<(), ReadError> {
        while self.xml.child()? {
            let place = match self.xml.name() {
                "AcctSvcrRef" => Some(&mut tx.bank_reference),
                "EndToEndId" => Some(&mut tx.end_to_end_id),
                "InstrId" | "PmtInfId" => Some(&mut tx.customer_reference),
                _ => None,
            };
            let text = reference(self.xml.text()?);
            if let Some(place) = place {
                put_first(place, text);
            }
            if tx.reference_number.is_none() {
                tx.reference_number = number_in(text);
            }
        }
        Ok(())
    }

    fn amount_details(&mut self, tx: &mut Transaction, page: &mut Page) -> Result<(), ReadError> {
        while self.xml.child()? {
            let place = match self.xml.name() {
                "TxAmt" => &mut tx.tx_amount,
                "CntrValAmt" => &mut tx.counter_value,
                _ => {
                    self.xml.skip()?;
                    continue;
                }
            };
            while self.xml.child()? {
                match self.xml.name() {
                    "Amt" => *place = self.money(page)?,
                    _ => self.xml.skip()?,
                }
            }
        }
        Ok(())
    }

    fn parties(&mut self, tx: &mut Transaction) -> Result<(), ReadError> {
        let mut currency = String::new();
        while self.xml.child()? {
            match self.xml.name() {
                "Dbtr" => self.party(&mut tx.debtor)?,
                "DbtrAcct" => self.account(&mut tx.debtor_account, &mut currency)?,
                "UltmtDbtr" => self.party(&mut tx.ultimate_debtor)?,
                "Cdtr" => self.party(&mut tx.creditor)?,
                "CdtrAcct" => self.account(&mut tx.creditor_account, &mut currency)?,
                "UltmtCdtr" => self.party(&mut tx.ultimate_creditor)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    fn remittance(&mut self, tx: &mut Transaction) -> Result<(), ReadError> {
        while self.xml.child()? {
            match self.xml.name() {
                "Ustrd" => {
                    let text = self.xml.text()?;
                    if !text.is_empty() {
                        tx.unstructured_count += 1;
                    }
                    if tx.unstructured_count == 2 {
                        put_first(&mut tx.second_unstructured, text);
                    }
                    tx.push(text);
                }
                "Strd" => self.structured(tx)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    /// `Strd`: the creditor's reference, document numbers and free remarks.
    fn structured(&mut self, tx: &mut Transaction) -> Result<(), ReadError> {
        let mut piece = String::new();
        while self.xml.child()? {
            piece.clear();
            match self.xml.name() {
                "CdtrRefInf" => {
                    self.child_text("Ref", &mut piece)?;
                    tx.structured_number =
                        tx.structured_number.take().or_else(|| number_in(&piece));
                }
                "RfrdDocInf" => self.child_text("Nb", &mut piece)?,
                "AddtlRmtInf" => put(&mut piece, self.xml.text()?),
                _ => self.xml.skip()?,
            }
            if !piece.is_empty() && !tx.structured.is_empty() {
                tx.structured.push(' ');
            }
            tx.structured.push_str(&piece);
        }
        Ok(())
    }

    /// When the payer ordered it: `AccptncDtTm`, else `TxDtTm`.
    fn related_dates(&mut self, tx: &mut Transaction) -> Result<(), ReadError> {
        let (mut accepted, mut made) = (None, None);
        while self.xml.child()? {
            match self.xml.name() {
                "AccptncDtTm" => accepted = self.day()?.exact(),
                "TxDtTm" => made = self.day()?.exact(),
                _ => self.xml.skip()?,
            }
        }
        tx.order_date = accepted.or(made);
        Ok(())
    }

    /// `BkTxCd`: `PMNT/RCDT/DMCT`, else the bank's own code.
    pub(super) fn transaction_code(&mut self, code: &mut String) -> Result<(), ReadError> {
        code.clear();
        let mut own = String::new();
        while self.xml.child()? {
            match self.xml.name() {
                "Domn" => self.domain(code)?,
                "Prtry" => self.child_text("Cd", &mut own)?,
                _ => self.xml.skip()?,
            }
        }
        put_first(code, &own);
        Ok(())
    }

    fn domain(&mut self, code: &mut String) -> Result<(), ReadError> {
        while self.xml.child()? {
            match self.xml.name() {
                "Cd" | "SubFmlyCd" => {
                    if !code.is_empty() {
                        code.push('/');
                    }
                    code.push_str(self.xml.text()?);
                }
                "Fmly" => self.domain(code)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }
}

/// What a transaction means on an account.
pub(super) struct Side<'a> {
    /// The account of the statement, which is nobody's virtual account.
    pub own_account: &'a str,
    pub currency: &'a str,
    /// The entry's `CdtDbtInd`.
    pub credit: bool,
    pub reversal: bool,
    /// `AddtlNtryInf`, where it speaks of this transaction alone.
    pub information: &'a str,
}

impl Transaction {
    /// The transaction as a line of its own.
    pub fn detail<'t>(&'t self, side: &Side<'_>, profile: &Profile) -> Detail<'t> {
        // Parties keep their roles in a reversal: the debtor is who had paid.
        let undoes = side.reversal || self.returned;
        let incoming = self.credit.unwrap_or(side.credit) != undoes;
        // What comes back was never addressed to a student.
        let virtual_account = if incoming {
            self.virtual_account(side, profile)
        } else {
            None
        };
        let (party, ultimate, account) = if incoming {
            (&self.debtor, &self.ultimate_debtor, &self.debtor_account)
        } else {
            (
                &self.creditor,
                &self.ultimate_creditor,
                &self.creditor_account,
            )
        };
        // Where there is no remittance information: what the bank remarks on the transaction.
        let remittance = if self.text.is_empty() {
            &self.information
        } else {
            &self.text
        };
        Detail {
            amount_minor: self.signed(side),
            charge: false,
            order_date: self.order_date,
            bank_reference: some(&self.bank_reference),
            end_to_end_id: some(&self.end_to_end_id),
            virtual_account,
            counterparty_name: some(&party.name).or_else(|| some(&ultimate.name)),
            counterparty_account: some(account),
            remittance: Cow::Borrowed(remittance),
        }
    }

    /// The amount in the account's currency; a foreign amount is none.
    fn signed(&self, side: &Side<'_>) -> Option<i64> {
        let amounts = [self.amount, self.tx_amount, self.counter_value];
        let own = |money: &Money| money.currency.as_str() == side.currency;
        let money = amounts.into_iter().flatten().find(own)?;
        let credit = self.credit.unwrap_or(side.credit);
        Some(if credit { money.minor } else { -money.minor })
    }

    /// The credited virtual account, from the first place of the profile that holds one.
    fn virtual_account(&self, side: &Side<'_>, profile: &Profile) -> Option<Cow<'_, str>> {
        let not_own = |found: &Cow<'_, str>| !same_account(found, side.own_account);
        let mut places = profile.virtual_account.iter();
        places.find_map(|place| self.at(*place, side).filter(not_own))
    }

    fn at(&self, place: Place, side: &Side<'_>) -> Option<Cow<'_, str>> {
        let number = |text: &str| account_like(text);
        let found = |number: &Option<String>| number.clone().map(Cow::Owned);
        match place {
            Place::CreditorAccount => some(&self.creditor_account),
            Place::UltimateCreditor => some(&self.ultimate_creditor.id).filter(|id| number(id)),
            Place::SecondUnstructured => {
                some(&self.second_unstructured).filter(|text| number(text))
            }
            Place::StructuredReference => found(&self.structured_number),
            Place::References => found(&self.reference_number),
            Place::AdditionalInformation => number_in(&self.information)
                .or_else(|| number_in(side.information))
                .map(Cow::Owned),
            Place::Label(_) | Place::Subfield(_) | Place::AfterSlashes => None,
        }
    }
}

pub(super) fn some(text: &str) -> Option<Cow<'_, str>> {
    (!text.is_empty()).then_some(Cow::Borrowed(text))
}

/// A whole account number with right check digits in a text that may hold anything.
pub(super) fn number_in(text: &str) -> Option<String> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let found = if digits < NRB_DIGITS {
        None
    } else {
        iban::find_numbers(text).into_iter().next()
    };
    found.map(|number| number.as_str().to_owned())
}

/// Equal with or without the country code of a Polish number.
pub(super) fn same_account(left: &str, right: &str) -> bool {
    let bare = |text| str::strip_prefix(text, "PL").unwrap_or(text);
    bare(left) == bare(right)
}
