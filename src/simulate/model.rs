//! A naive settlement of one student's money in one currency: what should come out.
//!
//! In: fees, the credits whose virtual account tells whose they are, and reversals. Out: what
//! settles what, and since when. Open amounts are added up anew from the parts at every
//! question; nothing here is shared with the engine that it is compared with.

use super::Category;
use super::university::Fee;
use chrono::{Days, NaiveDate};
use std::collections::BTreeSet;

/// Money of the student.
#[derive(Debug, Clone)]
pub(super) struct Credit {
    /// The day that counts.
    pub(super) day: NaiveDate,
    /// Minor units.
    pub(super) amount_minor: i64,
    /// The category of the virtual account.
    pub(super) category: Category,
    /// The fee whose number stands in the title.
    pub(super) names: Option<usize>,
}

/// The bank takes a credit back, wholly or in part.
#[derive(Debug, Clone)]
pub(super) struct Reversal {
    /// The booking date.
    pub(super) day: NaiveDate,
    /// Which credit.
    pub(super) credit: usize,
    /// Minor units.
    pub(super) amount_minor: i64,
}

/// Two ways to read what the rules leave open. A world in which they differ is not simulated.
///
/// | | narrow | wide |
/// |---|---|---|
/// | exact amount: nothing else is due | in the category looked at | at all |
/// | exact amount: equals | what is left of the credit | the whole credit |
/// | a named fee that is settled already | the money stays on account | the other rules |
/// | a fee takes money on account | the oldest | its own category's first |
/// | a fee that is due today takes money on account | at the first event | after the credits |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// The left column.
    Narrow,
    /// The right column.
    Wide,
}

/// A part of a credit that settles a part of a fee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Which credit.
    pub(super) credit: usize,
    /// Which fee.
    pub(super) fee: usize,
    /// Minor units.
    pub(super) amount_minor: i64,
    /// Decides lateness.
    pub(super) counts_from: NaiveDate,
}

/// One student's money in one currency.
pub(super) struct Account<'a> {
    fees: &'a [Fee],
    credits: &'a [Credit],
    reading: Reading,
    /// Credits that have arrived, in order.
    arrived: Vec<usize>,
    /// What reversals took: credit, minor units.
    taken: Vec<(usize, i64)>,
    /// The newest last.
    parts: Vec<Part>,
}

/// Settles everything, day after day.
pub(super) fn settle<'a>(
    fees: &'a [Fee],
    credits: &'a [Credit],
    reversals: &[Reversal],
    reading: Reading,
) -> Account<'a> {
    let mut account = Account {
        fees,
        credits,
        reading,
        arrived: Vec::new(),
        taken: Vec::new(),
        parts: Vec::new(),
    };
    let mut days: BTreeSet<NaiveDate> = fees
        .iter()
        .flat_map(|fee| [fee.visible_from(), fee.due_on()])
        .collect();
    days.extend(credits.iter().map(|credit| credit.day));
    days.extend(reversals.iter().map(|reversal| reversal.day));
    for day in days {
        let already_due = match reading {
            Reading::Narrow => day,
            Reading::Wide => day - Days::new(1),
        };
        if fees.iter().any(|fee| fee.visible_from() == day) {
            account.use_money_on_account(day, already_due);
        }
        for (at, credit) in credits
            .iter()
            .enumerate()
            .filter(|(_, credit)| credit.day == day)
        {
            account.arrived.push(at);
            account.arrive(at, credit);
            account.use_money_on_account(day, already_due);
        }
        for reversal in reversals.iter().filter(|reversal| reversal.day == day) {
            account.take_back(reversal);
            account.use_money_on_account(day, already_due);
        }
        account.use_money_on_account(day, day);
    }
    account
}

impl Account<'_> {
    /// What of a fee is not paid.
    pub(super) fn open(&self, fee: usize) -> i64 {
        let amount = self.fees.get(fee).map_or(0, |fee| fee.amount_minor);
        amount
            - self
                .parts
                .iter()
                .filter(|part| part.fee == fee)
                .map(|part| part.amount_minor)
                .sum::<i64>()
    }

    /// The day on which the last part counts, if nothing is open.
    pub(super) fn settled_on(&self, fee: usize) -> Option<NaiveDate> {
        let parts = self.parts.iter().filter(|part| part.fee == fee);
        parts
            .map(|part| part.counts_from)
            .max()
            .filter(|_| self.open(fee) == 0)
    }

    /// What of a credit settles nothing and was not taken back.
    pub(super) fn on_account(&self, credit: usize) -> i64 {
        let amount = self
            .credits
            .get(credit)
            .map_or(0, |credit| credit.amount_minor);
        let taken: i64 = self
            .taken
            .iter()
            .filter(|taken| taken.0 == credit)
            .map(|taken| taken.1)
            .sum();
        amount
            - taken
            - self
                .parts_of(credit)
                .map(|part| part.amount_minor)
                .sum::<i64>()
    }

    /// What a credit settles.
    pub(super) fn parts_of(&self, credit: usize) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.credit == credit)
    }

    /// Every fee's end: what scoring compares.
    pub(super) fn ends(&self) -> Vec<(Option<NaiveDate>, i64)> {
        (0..self.fees.len())
            .map(|fee| (self.settled_on(fee), self.open(fee)))
            .collect()
    }

    /// A credit arrives: the named fee (art. 451 § 1 KC), else its own category, then the rest.
    fn arrive(&mut self, at: usize, credit: &Credit) {
        if let Some(named) = credit.names
            && (self.open(named) > 0 || self.reading == Reading::Narrow)
        {
            self.put(at, named);
            return;
        }
        for own in [true, false] {
            let group: Vec<usize> = self
                .open_fees(credit.day)
                .into_iter()
                .filter(|fee| (self.category(*fee) == Some(credit.category)) == own)
                .collect();
            if let Some(exact) = self.exact_match(at, credit, &group) {
                self.put(at, exact);
            }
            for fee in group {
                self.put(at, fee);
            }
        }
    }

    /// The one fee of the group whose open or original amount is the credit's, while nothing
    /// else is due yet.
    fn exact_match(&self, at: usize, credit: &Credit, group: &[usize]) -> Option<usize> {
        let amount = match self.reading {
            Reading::Narrow => self.on_account(at),
            Reading::Wide => credit.amount_minor,
        };
        let equal = |fee: &&usize| {
            self.open(**fee) == amount
                || self
                    .fees
                    .get(**fee)
                    .is_some_and(|fee| fee.amount_minor == amount)
        };
        let mut matching = group.iter().filter(equal);
        let (Some(&exact), None) = (matching.next(), matching.next()) else {
            return None;
        };
        let all = match self.reading {
            Reading::Narrow => group.to_vec(),
            Reading::Wide => self.open_fees(credit.day),
        };
        let other_is_due = all
            .iter()
            .any(|fee| *fee != exact && self.is_due(*fee, credit.day));
        (!other_is_due).then_some(exact)
    }

    /// After every event, what is due takes the oldest money on account.
    fn use_money_on_account(&mut self, day: NaiveDate, due_through: NaiveDate) {
        for fee in self
            .open_fees(day)
            .into_iter()
            .filter(|fee| self.is_due(*fee, due_through))
            .collect::<Vec<_>>()
        {
            let mut money = self.arrived.clone();
            if self.reading == Reading::Wide {
                money.sort_by_key(|credit| {
                    self.credits.get(*credit).map(|it| it.category) != self.category(fee)
                });
            }
            for credit in money {
                self.put(credit, fee);
            }
        }
    }

    /// What a reversal takes: money on account first, then the newest parts.
    fn take_back(&mut self, reversal: &Reversal) {
        self.taken.push((reversal.credit, reversal.amount_minor));
        while self.on_account(reversal.credit) < 0 {
            let short = -self.on_account(reversal.credit);
            let Some(newest) = self
                .parts
                .iter_mut()
                .rev()
                .find(|part| part.credit == reversal.credit)
            else {
                return;
            };
            newest.amount_minor -= short.min(newest.amount_minor);
            self.parts.retain(|part| part.amount_minor > 0);
        }
    }

    /// As much of the credit as there is goes to the fee, up to what is open.
    fn put(&mut self, at: usize, fee: usize) {
        let amount_minor = self.on_account(at).min(self.open(fee));
        if let (Some(credit), Some(to)) = (self.credits.get(at), self.fees.get(fee))
            && amount_minor > 0
        {
            let counts_from = credit.day.max(to.visible_from());
            self.parts.push(Part {
                credit: at,
                fee,
                amount_minor,
                counts_from,
            });
        }
    }

    /// Visible and not paid, oldest due date first.
    fn open_fees(&self, day: NaiveDate) -> Vec<usize> {
        let visible = self
            .fees
            .iter()
            .enumerate()
            .filter(|(at, fee)| fee.visible_from() <= day && self.open(*at) > 0);
        let mut open: Vec<(usize, &Fee)> = visible.collect();
        open.sort_by_key(|(_, fee)| (fee.due_on(), fee.visible_from(), fee.external_id.clone()));
        open.into_iter().map(|(at, _)| at).collect()
    }

    fn is_due(&self, fee: usize, through: NaiveDate) -> bool {
        self.fees
            .get(fee)
            .is_some_and(|fee| fee.due_on() <= through)
    }

    fn category(&self, fee: usize) -> Option<Category> {
        self.fees.get(fee).map(|fee| fee.category)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Currency, days::day};
    use super::*;

    fn fee(at: usize, category: Category, amount_minor: i64, due: (i32, u32, u32)) -> Fee {
        Fee {
            external_id: format!("F-{at}"),
            kind: "tuition",
            category,
            title_pl: String::new(),
            title_en: String::new(),
            amount_minor,
            currency: Currency::Pln,
            published_on: day(2026, 9, 15),
            nominal_due_on: day(due.0, due.1, due.2),
            as_of: day(2026, 9, 20),
        }
    }

    fn credit(of_october: u32, amount_minor: i64) -> Credit {
        Credit {
            day: day(2026, 10, of_october),
            amount_minor,
            category: Category::Tuition,
            names: None,
        }
    }

    fn october(days: &[(Option<u32>, i64)]) -> Vec<(Option<NaiveDate>, i64)> {
        days.iter()
            .map(|(on, open)| (on.map(|on| day(2026, 10, on)), *open))
            .collect()
    }

    fn check(
        fees: &[Fee],
        credits: &[Credit],
        reversals: &[Reversal],
        expected: &[(Option<u32>, i64)],
    ) {
        for reading in [Reading::Narrow, Reading::Wide] {
            assert_eq!(
                settle(fees, credits, reversals, reading).ends(),
                october(expected),
                "{reading:?}"
            );
        }
    }

    const TUITION: Category = Category::Tuition;

    fn two_equal() -> [Fee; 2] {
        [
            fee(1, TUITION, 50_000, (2026, 10, 12)),
            fee(2, TUITION, 50_000, (2026, 10, 20)),
        ]
    }

    #[test]
    fn two_equal_fees_are_no_exact_match_so_the_oldest_is_settled_first() {
        check(
            &two_equal(),
            &[credit(8, 10_000), credit(9, 50_000)],
            &[],
            &[(Some(9), 0), (None, 40_000)],
        );
    }

    #[test]
    fn an_exact_amount_passes_over_an_older_fee_only_while_that_is_not_due() {
        let fees = [
            fee(1, TUITION, 50_000, (2026, 10, 12)),
            fee(2, TUITION, 30_000, (2026, 10, 20)),
        ];
        check(
            &fees,
            &[credit(9, 30_000)],
            &[],
            &[(None, 50_000), (Some(9), 0)],
        );
        check(
            &fees,
            &[credit(12, 30_000)],
            &[],
            &[(None, 20_000), (None, 30_000)],
        );
    }

    #[test]
    fn the_payers_number_comes_before_every_other_rule_and_its_excess_waits_until_something_is_due()
    {
        let named = Credit {
            names: Some(1),
            ..credit(9, 60_000)
        };
        check(&two_equal(), &[named], &[], &[(None, 40_000), (Some(9), 0)]);
    }

    #[test]
    fn the_own_category_comes_first_and_then_the_rest() {
        let fees = [
            fee(1, Category::Dormitory, 20_000, (2026, 10, 12)),
            fee(2, TUITION, 50_000, (2026, 10, 20)),
        ];
        check(
            &fees,
            &[credit(9, 60_000)],
            &[],
            &[(None, 10_000), (Some(9), 0)],
        );
    }

    #[test]
    fn money_on_account_counts_from_the_day_on_which_a_later_fee_becomes_visible() {
        let late = Fee {
            as_of: day(2026, 10, 14),
            ..fee(2, TUITION, 5_000, (2026, 10, 30))
        };
        let fees = [fee(1, TUITION, 50_000, (2026, 10, 12)), late];
        check(
            &fees,
            &[credit(9, 60_000)],
            &[],
            &[(Some(9), 0), (Some(14), 0)],
        );
    }

    #[test]
    fn on_the_due_day_the_days_credits_come_before_money_on_account() {
        let named = Credit {
            names: Some(1),
            ..credit(9, 60_000)
        };
        let credits = [named, credit(12, 50_000)];
        let fees = two_equal();
        check(&fees, &credits, &[], &[(Some(12), 0), (Some(9), 0)]);
        let account = settle(&fees, &credits, &[], Reading::Narrow);
        assert_eq!(account.on_account(0), 10_000);
    }

    #[test]
    fn a_reversal_opens_the_fee_again_until_other_money_comes() {
        let gone = Reversal {
            day: day(2026, 10, 12),
            credit: 0,
            amount_minor: 50_000,
        };
        let fees = [fee(1, TUITION, 50_000, (2026, 10, 12))];
        check(
            &fees,
            &[credit(9, 50_000)],
            std::slice::from_ref(&gone),
            &[(None, 50_000)],
        );
        check(
            &fees,
            &[credit(9, 50_000), credit(23, 50_000)],
            &[gone],
            &[(Some(23), 0)],
        );
    }

    #[test]
    fn a_partial_reversal_takes_money_on_account_and_then_the_newest_part() {
        let fees = two_equal();
        let less = |amount_minor| {
            [Reversal {
                day: day(2026, 10, 13),
                credit: 0,
                amount_minor,
            }]
        };
        check(
            &fees,
            &[credit(9, 110_000)],
            &less(10_000),
            &[(Some(9), 0), (Some(9), 0)],
        );
        check(
            &fees,
            &[credit(9, 110_000)],
            &less(25_000),
            &[(Some(9), 0), (None, 15_000)],
        );
        check(
            &fees,
            &[credit(9, 110_000)],
            &less(70_000),
            &[(None, 10_000), (None, 50_000)],
        );
    }

    #[test]
    fn the_readings_differ_where_another_category_is_due() {
        let fees = [
            fee(1, Category::Dormitory, 20_000, (2026, 10, 5)),
            fee(2, TUITION, 50_000, (2026, 10, 15)),
            fee(3, TUITION, 30_000, (2026, 10, 20)),
        ];
        let credits = [credit(9, 30_000)];
        let ends = |reading| settle(&fees, &credits, &[], reading).ends();
        assert_eq!(
            ends(Reading::Narrow),
            october(&[(None, 20_000), (None, 50_000), (Some(9), 0)])
        );
        assert_eq!(
            ends(Reading::Wide),
            october(&[(None, 20_000), (None, 20_000), (None, 30_000)])
        );
    }
}
