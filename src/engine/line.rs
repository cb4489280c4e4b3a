//! One line to be written: an entry of a statement, or one transaction of a batch.

use super::reading::Read;
use crate::iban::{Recognised, VirtualScheme, normalise_account};
use crate::identify::public_id;
use crate::statement::entry::{Detail, Entry, EntryStatus};
use crate::statement::read::CreditingRule;
use crate::store::entries::NewEntry;
use chrono::NaiveDate;
use std::borrow::Cow;

/// A line with texts of its own, as it goes from the reader to the writer.
#[derive(Debug, Clone)]
pub struct Line {
    /// Line of the file.
    pub at: u32,
    /// The day on which it counts in the chain of statements.
    pub day: NaiveDate,
    booking_date: Option<NaiveDate>,
    value_date: Option<NaiveDate>,
    order_date: Option<NaiveDate>,
    crediting_date: NaiveDate,
    source: &'static str,
    /// Signed effect on the account.
    pub amount_minor: i64,
    /// Does it undo an earlier line?
    pub reversal: bool,
    charge: bool,
    /// Neither a batch nor a part of one, so that its reference is its own.
    pub alone: bool,
    /// The bank's reference.
    pub bank_reference: Option<String>,
    customer_reference: Option<String>,
    end_to_end_id: Option<String>,
    transaction_code: Option<String>,
    /// Digits of the credited virtual account.
    pub virtual_account: Option<String>,
    /// The other party's account.
    pub counterparty_account: Option<String>,
    /// The other party.
    pub name: Option<String>,
    /// Remittance information.
    pub remittance: String,
}

/// What is the same for all lines of a statement.
#[derive(Debug, Clone)]
pub struct Making {
    single: Option<NaiveDate>,
    rule: CreditingRule,
    scheme: Option<VirtualScheme>,
    turned: bool,
}

impl Making {
    /// For the lines of a statement.
    pub fn of(read: &Read, scheme: Option<&VirtualScheme>) -> Making {
        Making {
            single: read.single,
            rule: read.profile.value_before_booking,
            scheme: scheme.cloned(),
            turned: read.outline.reversals_turned,
        }
    }

    /// The booked lines of an entry. A batch that puts money in and whose transactions add up to it
    /// is one line for each of them; any other entry is one line as it stands.
    pub fn push(&self, mut entry: Entry<'_>, lines: &mut Vec<Line>) {
        if self.turned {
            entry.turn_reversal();
        }
        if entry.status != EntryStatus::Booked {
            return;
        }
        let Some(day) = entry.booking_date.or(self.single).or(entry.value_date) else {
            return;
        };
        let parts = entry
            .split()
            .filter(|parts| entry.amount_minor > 0 && parts.len() > 1);
        match parts {
            Some(parts) => lines.extend(parts.iter().map(|part| {
                let amount = part.amount_minor.unwrap_or_default();
                self.line(&entry, Some(part), amount, day)
            })),
            None => lines.push(self.line(&entry, None, entry.amount_minor, day)),
        }
    }

    fn line(
        &self,
        entry: &Entry<'_>,
        part: Option<&Detail<'_>>,
        amount_minor: i64,
        day: NaiveDate,
    ) -> Line {
        let (crediting_date, source) = crediting(entry, self.single, day, self.rule);
        let own = |text: &Option<Cow<'_, str>>| text.as_deref().map(str::to_owned);
        let (virtual_account, counterparty, name, end_to_end_id, remittance) = match part {
            Some(part) => (
                &part.virtual_account,
                &part.counterparty_account,
                &part.counterparty_name,
                &part.end_to_end_id,
                &part.remittance,
            ),
            None => (
                &entry.virtual_account,
                &entry.counterparty_account,
                &entry.counterparty_name,
                &entry.end_to_end_id,
                &entry.remittance,
            ),
        };
        Line {
            at: entry.line,
            day,
            booking_date: entry.booking_date,
            value_date: entry.value_date,
            order_date: part.and_then(|part| part.order_date).or(entry.order_date),
            crediting_date,
            source,
            amount_minor,
            reversal: entry.reversal,
            charge: part.is_some_and(|part| part.charge),
            alone: entry.details.is_empty(),
            bank_reference: part
                .and_then(|part| own(&part.bank_reference))
                .or_else(|| own(&entry.bank_reference)),
            customer_reference: own(&entry.customer_reference),
            end_to_end_id: own(end_to_end_id),
            transaction_code: own(&entry.transaction_code),
            virtual_account: virtual_account
                .as_deref()
                .and_then(|shown| self.number(shown)),
            counterparty_account: counterparty.as_deref().map(normalise_account),
            name: own(name),
            remittance: remittance.clone().into_owned(),
        }
    }

    /// The digits of a virtual account as it is shown.
    fn number(&self, shown: &str) -> Option<String> {
        let digits = match self.scheme.as_ref().map(|scheme| scheme.recognise(shown)) {
            Some(Recognised::Number(nrb)) => nrb.as_str().to_owned(),
            Some(Recognised::Tail(tail)) => tail,
            _ => normalise_account(shown).trim_start_matches("PL").to_owned(),
        };
        (!digits.is_empty()).then_some(digits)
    }
}

/// The crediting date and where it comes from: the booking date, else the date of a one-day
/// statement, else the value date. A value date before the booking date counts where the bank's
/// profile says so.
fn crediting(
    entry: &Entry<'_>,
    single: Option<NaiveDate>,
    day: NaiveDate,
    rule: CreditingRule,
) -> (NaiveDate, &'static str) {
    match (entry.booking_date, single, entry.value_date) {
        (Some(booked), _, Some(value)) if value < booked && rule == CreditingRule::Value => {
            (value, "value_by_profile")
        }
        (Some(booked), _, _) => (booked, "booking"),
        (None, Some(single), _) => (single, "statement"),
        _ => (day, "value"),
    }
}

impl Line {
    fn public_id(&self, bank_account: &str) -> String {
        public_id::of(&public_id::Content {
            bank_account,
            day: self.day,
            amount_minor: self.amount_minor,
            reversal: self.reversal,
            bank_reference: self.bank_reference.as_deref().unwrap_or_default(),
            virtual_account: self.virtual_account.as_deref().unwrap_or_default(),
            payer_account: self.counterparty_account.as_deref().unwrap_or_default(),
            remittance: &self.remittance,
        })
    }

    /// Its row.
    pub(super) fn row<'a>(
        &'a self,
        id: i64,
        statement: i64,
        same_as: Option<i64>,
        reliable: bool,
        bank_account: &str,
        posted_on: NaiveDate,
    ) -> NewEntry<'a> {
        NewEntry(
            id,
            statement,
            same_as,
            self.at,
            self.day,
            self.booking_date,
            self.value_date,
            self.order_date,
            self.crediting_date,
            self.source,
            self.amount_minor,
            u8::from(self.reversal),
            u8::from(self.charge),
            self.bank_reference.as_deref(),
            u8::from(reliable && self.bank_reference.is_some()),
            self.customer_reference.as_deref(),
            self.end_to_end_id.as_deref(),
            self.transaction_code.as_deref(),
            self.virtual_account.as_deref(),
            self.counterparty_account.as_deref(),
            self.public_id(bank_account),
            posted_on,
        )
    }
}
