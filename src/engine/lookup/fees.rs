//! Fees and transfers of one student, from the folded facts.

use super::super::debtors::fee_of;
use super::super::fee_words::Titles;
use super::to_pay::Asked;
use super::{Account, Fee, Moved, Share, State, Title, Transfer, WhyMoved};
use crate::calendar;
use crate::dunning::order_by::{Lags, LagsByCurrency, usual};
use crate::iban::Nrb;
use crate::policy::PolicyBook;
use crate::settlement::account::late_days;
use crate::settlement::asked::asked;
use crate::settlement::facts::{ActKind, CreditNo, DateSource, Facts, FeeNo, PersonNo};
use crate::settlement::interest::accrued;
use crate::settlement::state::{self, Closing, Item, ItemNo};
use crate::text::Language;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Folded facts, with the names of what is in them.
pub(super) struct Folded<'a> {
    pub(super) facts: &'a Facts,
    pub(super) state: &'a state::State,
    pub(super) book: &'a PolicyBook,
    pub(super) titles: &'a BTreeMap<String, Titles>,
    /// Names of credits by the shell's number of the entry.
    pub(super) names: &'a BTreeMap<i64, String>,
    pub(super) as_of: NaiveDate,
}

impl Folded<'_> {
    /// The account of a student, and what it asks for; `number` tells where a category is paid to.
    pub(super) fn account(
        &self,
        person: PersonNo,
        number: &dyn Fn(&str) -> Option<Nrb>,
    ) -> (Account, Vec<Asked>) {
        let covered = asked(self.facts, self.state, self.as_of);
        let mut items: Vec<(ItemNo, &Item)> = (self.state.items.iter())
            .filter(|(_, item)| item.visible && item.visible_from <= self.as_of)
            .filter(|(_, item)| self.is_of(item.person, person))
            .collect();
        items.sort_by(|(_, a), (_, b)| a.age().cmp(&b.age()));
        let mut fees = Vec::new();
        let mut wanted = Vec::new();
        for (no, item) in items {
            let Some((fee, root)) = fee_of(self.state, no) else {
                continue;
            };
            let covered = covered.iter().find(|asked| asked.item == no);
            let covered_minor = covered.map_or(0, |asked| asked.covered_minor);
            let row = self.fee(no, fee, &self.state.items[root].id, covered_minor);
            if row.state.is_open() {
                wanted.push(Asked {
                    id: row.id.clone(),
                    of: row.of.clone(),
                    left_minor: row.left_minor(),
                    due_on: row.due_on,
                    number: number(&item.category),
                });
            }
            fees.push(row);
        }
        let mut credits: Vec<CreditNo> = (self.facts.credits.iter())
            .filter(|(no, credit)| {
                self.state.purses[*no].arrived && self.is_of(credit.person, person)
            })
            .map(|(no, _)| no)
            .collect();
        let key = |no: CreditNo| {
            (
                self.facts.credits[no].crediting_date,
                &self.facts.credits[no].key,
            )
        };
        credits.sort_by(|&a, &b| key(b).cmp(&key(a)));
        let transfers: Vec<Transfer> = credits.into_iter().map(|no| self.transfer(no)).collect();
        let account = Account {
            currency: self.facts.currency,
            open_minor: fees.iter().map(|fee| fee.open_minor).sum(),
            on_account_minor: transfers.iter().map(|row| row.on_account_minor).sum(),
            to_pay: Vec::new(),
            number: number(""),
            counted_through: None,
            usual: usual(&Lags::default(), &Lags::default()),
            fees,
            transfers,
        };
        (account, wanted)
    }

    /// How long transfers of a student took that were credited since a day. A day that a person decided
    /// says nothing of it.
    pub(super) fn lags(&self, person: PersonNo, since: NaiveDate) -> LagsByCurrency {
        let mut lags = LagsByCurrency::default();
        for (_, credit) in self.facts.credits.iter() {
            let is_told = !credit.cancelled && credit.source != DateSource::Decision;
            if let Some(ordered_on) = credit.order_date
                && is_told
                && since <= credit.crediting_date
                && self.is_of(credit.person, person)
            {
                let days = (ordered_on, credit.crediting_date);
                lags.add(self.facts.currency, days, 1);
            }
        }
        lags
    }

    fn is_of(&self, whose: PersonNo, person: PersonNo) -> bool {
        self.facts.survivor(whose, self.as_of) == person
    }

    fn fee(&self, no: ItemNo, fee: FeeNo, of: &str, covered_minor: i64) -> Fee {
        let item = &self.state.items[no];
        let titles = self.titles.get(of).cloned().unwrap_or_default();
        let late_days = late_days(item, self.as_of);
        let open_minor = item.open_minor();
        let state = match item.closed {
            None if open_minor == covered_minor => State::Covered,
            None if late_days > 0 => State::Overdue,
            None => State::Open,
            Some(Closing::Paid) => State::Settled,
            Some(Closing::Waiver) => State::Waived,
            Some(Closing::WriteOff) => State::WrittenOff,
            Some(Closing::Correction) => State::Corrected,
            Some(Closing::Plan) => State::InInstalments,
        };
        let mut parts: Vec<_> = item.parts.iter().collect();
        parts.sort_by_key(|part| part.turn);
        let settled_by = parts.into_iter().map(|part| Share {
            fee: item.id.clone(),
            transfer: self.name(part.credit),
            amount_minor: part.amount_minor,
            counts_from: part.counts_from,
        });
        let versions = &self.facts.fees[fee].versions;
        let published = versions.iter().map(|version| version.published_on).min();
        Fee {
            id: item.id.clone(),
            of: of.to_owned(),
            title: Title {
                pl: titles.of(Language::Pl, &item.id, of),
                en: titles.of(Language::En, &item.id, of),
            },
            amount_minor: item.amount_minor,
            open_minor,
            covered_minor,
            published_on: published
                .unwrap_or(item.visible_from)
                .max(item.visible_from),
            due_on: item.due_on,
            moved: self.moved(item, fee),
            state,
            settled_on: item.settled_on(),
            late_days,
            interest_minor: accrued(self.facts, self.state, self.book, no, self.as_of),
            settled_by: settled_by.collect(),
        }
    }

    /// Why the due date is not the one that was written.
    fn moved(&self, item: &Item, fee: FeeNo) -> Option<Moved> {
        let nominal_on = item.nominal_due_on;
        if nominal_on == item.due_on {
            return None;
        }
        let extended = self.facts.fees[fee]
            .acts
            .iter()
            .any(|act| act.on <= self.as_of && matches!(act.what, ActKind::Extend { .. }));
        let why = if extended && item.id == self.facts.fees[fee].external_id {
            WhyMoved::Extended
        } else if calendar::due_date(nominal_on) == item.due_on {
            WhyMoved::ClosedDay
        } else {
            WhyMoved::Notice
        };
        Some(Moved { nominal_on, why })
    }

    fn transfer(&self, no: CreditNo) -> Transfer {
        let credit = &self.facts.credits[no];
        let purse = &self.state.purses[no];
        let parts = (self.state.items.rows().iter())
            .flat_map(|item| item.parts.iter().map(move |part| (item, part)))
            .filter(|(_, part)| part.credit == no);
        let mut parts: Vec<_> = parts.collect();
        parts.sort_by_key(|(_, part)| part.turn);
        let settles = parts.into_iter().map(|(item, part)| Share {
            fee: item.id.clone(),
            transfer: self.name(no),
            amount_minor: part.amount_minor,
            counts_from: part.counts_from,
        });
        Transfer {
            id: self.name(no),
            amount_minor: credit.amount_minor,
            ordered_on: credit.order_date,
            credited_on: credit.crediting_date,
            settles: settles.collect(),
            on_account_minor: self.state.on_account_minor(no),
            reversed_minor: purse.reversed_minor,
            refunded_minor: purse.refunded_minor + purse.reserved_minor,
        }
    }

    fn name(&self, no: CreditNo) -> String {
        let entry = self.facts.credits[no].entry;
        self.names.get(&entry).cloned().unwrap_or_default()
    }
}
