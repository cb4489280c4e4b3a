//! Charges that the bank took out of an entry.
//!
//! Where the transactions of an entry do not add up to it, and the charges that the bank names
//! beside them explain the difference, they become lines of their own. Where no difference has to
//! be explained they are information and are left out.

use super::super::ReadError;
use super::super::pages::Page;
use super::Reader;
use crate::statement::entry::Detail;
use std::borrow::Cow;
use std::io::Read;

/// A charge with the sign of its effect on the account.
pub(super) type Charge = i64;

impl<R: Read> Reader<'_, '_, R> {
    /// `Chrgs`: one charge (version 02) or several in `Rcrd`; in the account's currency only.
    pub(super) fn charges(
        &mut self,
        page: &mut Page,
        charges: &mut Vec<Charge>,
    ) -> Result<(), ReadError> {
        let (mut money, mut credit) = (None, false);
        while self.xml.child()? {
            match self.xml.name() {
                "Rcrd" => self.charges(page, charges)?,
                "Amt" => money = self.money(page)?,
                "CdtDbtInd" => credit = self.xml.text()? == "CRDT",
                _ => self.xml.skip()?,
            }
        }
        let own = money.filter(|money| page.outline.currency == money.currency.as_str());
        charges.extend(own.map(|money| if credit { money.minor } else { -money.minor }));
        Ok(())
    }
}

/// The charges that explain why the details do not add up to the entry, as lines of their own:
/// those of the entry, those of its transactions, or both. Empty if none do.
pub(super) fn explaining(
    amount_minor: i64,
    details: &[Detail<'_>],
    of_entry: &[Charge],
    of_transactions: &[Charge],
) -> Vec<Detail<'static>> {
    if of_entry.is_empty() && of_transactions.is_empty() {
        return Vec::new();
    }
    let amounts: Option<Vec<i64>> = details.iter().map(|detail| detail.amount_minor).collect();
    let Some(amounts) = amounts else {
        return Vec::new();
    };
    let missing = i128::from(amount_minor) - sum(&amounts);
    let both = [of_entry, of_transactions].concat();
    let candidates = [of_entry, of_transactions, &both];
    let fitting = candidates
        .into_iter()
        .find(|charges| missing != 0 && sum(charges) == missing);
    fitting
        .unwrap_or_default()
        .iter()
        .copied()
        .map(line)
        .collect()
}

fn sum(amounts: &[i64]) -> i128 {
    amounts.iter().copied().map(i128::from).sum()
}

fn line(charge: Charge) -> Detail<'static> {
    Detail {
        amount_minor: Some(charge),
        charge: true,
        order_date: None,
        bank_reference: None,
        end_to_end_id: None,
        virtual_account: None,
        counterparty_name: None,
        counterparty_account: None,
        remittance: Cow::Borrowed(""),
    }
}
