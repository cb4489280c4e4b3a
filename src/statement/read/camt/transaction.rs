//! `TxDtls`: one transaction inside an entry, and what it says about payer and purpose.

use super::Reader;
use super::charges::Charge;
use super::parts::{Money, Party};
use crate::iban;
use crate::statement::entry::Detail;
use crate::statement::read::pages::Page;
use crate::statement::read::profile::{Place, Profile};
use crate::statement::read::{ReadError, account_like, reference};
use chrono::NaiveDate;

/// `Ustrd` holds at most so many characters; a full one was cut, not ended.
const USTRD_WIDTH: usize = 140;
/// Digits of a Polish account number.
const NRB_DIGITS: usize = 26;

/// A transaction while its elements come in.
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
    pub code: Option<String>,
    /// `Refs/AcctSvcrRef`.
    bank_reference: Option<String>,
    /// `Refs/EndToEndId`.
    end_to_end_id: Option<String>,
    /// `Refs/InstrId`, else `Refs/PmtInfId`.
    pub customer_reference: Option<String>,
    /// The first account number in any of `Refs/*`.
    reference_number: Option<String>,
    debtor: Party,
    debtor_account: Option<String>,
    ultimate_debtor: Party,
    creditor: Party,
    creditor_account: Option<String>,
    ultimate_creditor: Party,
    unstructured: Vec<String>,
    structured: Vec<String>,
    /// An account number in `Strd/CdtrRefInf/Ref`.
    structured_number: Option<String>,
    information: String,
    order_date: Option<NaiveDate>,
}

impl Reader<'_, '_> {
    pub(super) fn transaction(&mut self, page: &mut Page) -> Result<Transaction, ReadError> {
        let mut tx = Transaction::default();
        while let Some(child) = self.xml.child()? {
            match child.name() {
                "Refs" => self.references(&mut tx)?,
                "Amt" => tx.amount = self.money(&child, page)?,
                "CdtDbtInd" => tx.credit = Some(self.xml.text()? == "CRDT"),
                "AmtDtls" => self.amount_details(&mut tx, page)?,
                "BkTxCd" => tx.code = self.transaction_code()?,
                "Chrgs" => self.charges(page, &mut tx.charges)?,
                "RltdPties" => self.parties(&mut tx)?,
                "RmtInf" => self.remittance(&mut tx)?,
                "RltdDts" => self.related_dates(&mut tx)?,
                "AddtlTxInf" => tx.information = self.xml.text()?.into_owned(),
                _ => self.xml.skip()?,
            }
        }
        Ok(tx)
    }

    fn references(&mut self, tx: &mut Transaction) -> Result<(), ReadError> {
        while let Some(child) = self.xml.child()? {
            let text = self.xml.text()?;
            let text = reference(&text);
            let known = match child.name() {
                "AcctSvcrRef" => &mut tx.bank_reference,
                "EndToEndId" => &mut tx.end_to_end_id,
                "InstrId" | "PmtInfId" => &mut tx.customer_reference,
                _ => &mut None,
            };
            if known.is_none() && !text.is_empty() {
                *known = Some(text.to_owned());
            }
            tx.reference_number = tx.reference_number.take().or_else(|| number_in(text));
        }
        Ok(())
    }

    fn amount_details(&mut self, tx: &mut Transaction, page: &mut Page) -> Result<(), ReadError> {
        while let Some(child) = self.xml.child()? {
            let place = match child.name() {
                "TxAmt" => &mut tx.tx_amount,
                "CntrValAmt" => &mut tx.counter_value,
                _ => {
                    self.xml.skip()?;
                    continue;
                }
            };
            while let Some(child) = self.xml.child()? {
                match child.name() {
                    "Amt" => *place = self.money(&child, page)?,
                    _ => self.xml.skip()?,
                }
            }
        }
        Ok(())
    }

    fn parties(&mut self, tx: &mut Transaction) -> Result<(), ReadError> {
        while let Some(child) = self.xml.child()? {
            match child.name() {
                "Dbtr" => tx.debtor = self.party()?,
                "DbtrAcct" => tx.debtor_account = self.account()?.0,
                "UltmtDbtr" => tx.ultimate_debtor = self.party()?,
                "Cdtr" => tx.creditor = self.party()?,
                "CdtrAcct" => tx.creditor_account = self.account()?.0,
                "UltmtCdtr" => tx.ultimate_creditor = self.party()?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    fn remittance(&mut self, tx: &mut Transaction) -> Result<(), ReadError> {
        while let Some(child) = self.xml.child()? {
            match child.name() {
                "Ustrd" => tx.unstructured.extend(self.some_text()?),
                "Strd" => self.structured(tx)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    /// `Strd`: the creditor's reference, document numbers and free remarks.
    fn structured(&mut self, tx: &mut Transaction) -> Result<(), ReadError> {
        while let Some(child) = self.xml.child()? {
            let found = match child.name() {
                "CdtrRefInf" => {
                    let reference = self.child_text("Ref")?;
                    tx.structured_number = reference.as_deref().and_then(number_in);
                    reference
                }
                "RfrdDocInf" => self.child_text("Nb")?,
                "AddtlRmtInf" => self.some_text()?,
                _ => {
                    self.xml.skip()?;
                    None
                }
            };
            tx.structured.extend(found);
        }
        Ok(())
    }

    /// When the payer ordered it: `AccptncDtTm`, else `TxDtTm`.
    fn related_dates(&mut self, tx: &mut Transaction) -> Result<(), ReadError> {
        let (mut accepted, mut made) = (None, None);
        while let Some(child) = self.xml.child()? {
            match child.name() {
                "AccptncDtTm" => accepted = self.day()?.exact(),
                "TxDtTm" => made = self.day()?.exact(),
                _ => self.xml.skip()?,
            }
        }
        tx.order_date = accepted.or(made);
        Ok(())
    }

    /// `BkTxCd`: `PMNT/RCDT/DMCT`, else the bank's own code.
    pub(super) fn transaction_code(&mut self) -> Result<Option<String>, ReadError> {
        let (mut code, mut own) = (String::new(), None);
        while let Some(child) = self.xml.child()? {
            match child.name() {
                "Domn" => self.domain(&mut code)?,
                "Prtry" => own = self.child_text("Cd")?,
                _ => self.xml.skip()?,
            }
        }
        Ok(if code.is_empty() { own } else { Some(code) })
    }

    fn domain(&mut self, code: &mut String) -> Result<(), ReadError> {
        while let Some(child) = self.xml.child()? {
            match child.name() {
                "Cd" | "SubFmlyCd" => {
                    if !code.is_empty() {
                        code.push('/');
                    }
                    code.push_str(&self.xml.text()?);
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
    pub fn into_detail(self, side: &Side<'_>, profile: &Profile) -> Detail {
        // Parties keep their roles in a reversal: the debtor is who had paid.
        let incoming = self.credit.unwrap_or(side.credit) != side.reversal;
        let amount_minor = self.signed(side);
        let virtual_account = if incoming {
            self.virtual_account(side, profile)
        } else {
            None
        };
        let remittance = self.text();
        let (party, ultimate, counterparty_account) = if incoming {
            (self.debtor, self.ultimate_debtor, self.debtor_account)
        } else {
            (self.creditor, self.ultimate_creditor, self.creditor_account)
        };
        Detail {
            amount_minor,
            charge: false,
            order_date: self.order_date,
            bank_reference: self.bank_reference,
            end_to_end_id: self.end_to_end_id,
            virtual_account,
            counterparty_name: party.name.or(ultimate.name),
            counterparty_account,
            remittance,
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

    /// Remittance information: every `Ustrd`, every `Strd`; where there is none, what the bank
    /// remarks on the transaction.
    fn text(&self) -> String {
        let mut text = String::new();
        let mut cut = true;
        for piece in self.unstructured.iter().chain(&self.structured) {
            if !cut {
                text.push(' ');
            }
            text.push_str(piece);
            cut = piece.chars().count() == USTRD_WIDTH;
        }
        if text.is_empty() {
            self.information.clone()
        } else {
            text
        }
    }

    /// The credited virtual account, from the first place of the profile that holds one.
    fn virtual_account(&self, side: &Side<'_>, profile: &Profile) -> Option<String> {
        let not_own = |found: &String| !same_account(found, side.own_account);
        let mut places = profile.virtual_account.iter();
        places.find_map(|place| self.at(*place, side).filter(not_own))
    }

    fn at(&self, place: Place, side: &Side<'_>) -> Option<String> {
        let like = |text: &&String| account_like(text);
        match place {
            Place::CreditorAccount => self.creditor_account.clone(),
            Place::UltimateCreditor => self.ultimate_creditor.id.as_ref().filter(like).cloned(),
            Place::SecondUnstructured => self.unstructured.get(1).filter(like).cloned(),
            Place::StructuredReference => self.structured_number.clone(),
            Place::References => self.reference_number.clone(),
            Place::AdditionalInformation => {
                number_in(&self.information).or_else(|| number_in(side.information))
            }
            Place::Label(_) | Place::Subfield(_) | Place::AfterSlashes => None,
        }
    }
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
