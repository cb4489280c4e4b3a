//! Orders to the bank, as files that a bank's own program takes in: [`elixir`] and [`pain001`].
//!
//! In: who pays whom how much, why, on which day. Out: bytes. The same orders give the same bytes. What
//! a format cannot carry is refused, never left out; nothing here talks to a bank.

pub mod elixir;
pub mod pain001;

use crate::iban::normalise_account;
use crate::money::Currency;
use chrono::{DateTime, NaiveDate, Utc};
use thiserror::Error;

/// Orders of one account, carried out on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The file's own name, of 35 signs at most; the bank knows a file by it that it took before.
    pub id: String,
    /// When the orders were written down.
    pub made_at: DateTime<Utc>,
    /// Who pays.
    pub payer: Party,
    /// When the bank shall pay.
    pub pay_on: NaiveDate,
    /// One for all.
    pub currency: Currency,
    /// At least one.
    pub orders: Vec<Order>,
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The name.
    pub name: String,
    /// The IBAN.
    pub account: String,
}

/// One payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The order's own name, of 35 signs at most; it comes back on the statement.
    pub reference: String,
    /// Who is paid.
    pub to: Party,
    /// Minor units, above nothing.
    pub amount_minor: i64,
    /// What the payee reads.
    pub title: String,
}

/// Why orders cannot be written in a format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unfit {
    /// There is nothing to be paid.
    #[error("there is nothing to be paid")]
    Nothing,
    /// An amount is none, or all together are more than can be counted.
    #[error("the amount of {0} is none that can be paid")]
    Amount(String),
    /// The format knows accounts in Poland alone.
    #[error(
        "{reference}: {account} is no account in Poland, and Elixir-0 knows no other; use pain001"
    )]
    Abroad {
        /// The order.
        reference: String,
        /// The account.
        account: String,
    },
    /// An account is no IBAN.
    #[error("{reference}: {account} is no IBAN")]
    Account {
        /// The order, or the file where it is the payer's.
        reference: String,
        /// The account.
        account: String,
    },
    /// The format knows złoty alone.
    #[error("Elixir-0 carries PLN alone, and these orders are in {0}; use pain001")]
    Currency(Currency),
}

impl Batch {
    /// The sum of all orders, after a look at each.
    fn sum(&self) -> Result<i64, Unfit> {
        if self.orders.is_empty() {
            return Err(Unfit::Nothing);
        }
        self.orders.iter().try_fold(0_i64, |sum, order| {
            let amount = Some(order.amount_minor).filter(|amount| *amount > 0);
            let sum = amount.and_then(|amount| sum.checked_add(amount));
            sum.ok_or_else(|| Unfit::Amount(order.reference.clone()))
        })
    }
}

/// An IBAN whose check digits are right, in its compact form.
fn iban(reference: &str, account: &str) -> Result<String, Unfit> {
    let compact = normalise_account(account);
    let is_iban = compact.parse::<::iban::BaseIban>().is_ok();
    is_iban.then_some(compact).ok_or_else(|| Unfit::Account {
        reference: reference.to_owned(),
        account: account.to_owned(),
    })
}

/// The eight digits of the bank and its branch in a Polish IBAN.
fn sort_code(iban: &str) -> Option<&str> {
    iban.strip_prefix("PL")?.get(2..10)
}

/// So many signs of a text in one line: what is no sign at all becomes a space, several one.
fn line(text: &str, signs_max: usize) -> String {
    let words: Vec<&str> = text
        .split(|sign: char| sign.is_whitespace() || sign.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line: String = words.join(" ").chars().take(signs_max).collect();
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests;
