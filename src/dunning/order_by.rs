//! The last day on which a transfer should be ordered so that it is credited in time.
//!
//! In: how long transfers took from the order to the crediting, in bank days. Out: a day, and what
//! it rests on. It promises nothing: what counts is the day of crediting.

use crate::calendar::{days_between, is_bank_day, is_euro_bank_day};
use crate::money::Currency;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::iter::successors;

/// Transfers tell from so many on, a student's own and those of all.
const LEAST: u64 = 3;
/// Of a hundred transfers so many came no later than the advice allows for.
const PERCENTILE: u64 = 95;
/// The middle of a hundred.
const HALF: u64 = 50;
/// Where nobody has paid yet: Elixir credits what is ordered behind its last session on the next
/// bank day.
const USUAL_BANK_DAYS: u32 = 1;
/// A transfer that took longer than this was held up; it says nothing about the next.
const BANK_DAYS_MAX: u32 = 20;
/// No run of bank days of that length spans more days than this.
const DAYS_MAX: i64 = 60;

/// The days on which the clearing of a currency moves money: Elixir for złoty, TARGET for the others.
fn clearing(currency: Currency) -> fn(NaiveDate) -> bool {
    if currency == Currency::PLN {
        is_bank_day
    } else {
        is_euro_bank_day
    }
}

/// How long transfers took, by currency: what comes through Elixir says nothing about what comes from
/// abroad.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LagsByCurrency(BTreeMap<Currency, Lags>);

impl LagsByCurrency {
    /// Adds transfers that were ordered on one day and credited on another. What was credited
    /// before it was ordered, or held up for weeks, says nothing.
    pub fn add(
        &mut self,
        currency: Currency,
        (ordered_on, credited_on): (NaiveDate, NaiveDate),
        transfers: u64,
    ) {
        if !(0..=DAYS_MAX).contains(&(credited_on - ordered_on).num_days()) {
            return;
        }
        let lag = days_between(ordered_on, credited_on, clearing(currency));
        let lags = self.0.entry(currency).or_default();
        if let Some(count) = lags.counts.get_mut(lag as usize) {
            *count += transfers;
        }
    }

    /// Those in a currency.
    pub fn of(&self, currency: Currency) -> &Lags {
        self.0.get(&currency).unwrap_or(&NONE)
    }

    /// Those in all currencies together.
    pub fn together(&self) -> Lags {
        let mut all = Lags::default();
        for lags in self.0.values() {
            for (sum, count) in all.counts.iter_mut().zip(lags.counts) {
                *sum += count;
            }
        }
        all
    }
}

/// How many transfers took how long, in bank days from the order to the crediting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lags {
    counts: [u64; BANK_DAYS_MAX as usize + 1],
}

static NONE: Lags = Lags {
    counts: [0; BANK_DAYS_MAX as usize + 1],
};

impl Lags {
    /// How many took so many bank days: by their number, from none on; the last is of as many or more.
    pub fn by_bank_days(&self) -> &[u64] {
        &self.counts
    }

    fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The least number of bank days in which so many of a hundred were credited (nearest rank).
    fn percentile(&self, of_hundred: u64) -> u32 {
        let rank = (self.total() * of_hundred).div_ceil(100);
        let mut seen = 0;
        for (lag, count) in (0..).zip(self.counts) {
            seen += count;
            if rank <= seen {
                return lag;
            }
        }
        BANK_DAYS_MAX
    }
}

/// How long transfers take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usual {
    /// Half of them were credited within so many bank days from the order.
    pub half_within: u32,
    /// Of a hundred, ninety-five.
    pub most_within: u32,
    /// What that rests on.
    pub basis: Basis,
}

/// How long a student's transfers take: by their own, else by those of all, else by how the
/// clearing works. Both are in the currency that is asked about.
pub fn usual(own: &Lags, all: &Lags) -> Usual {
    let of = |lags: &Lags, basis| Usual {
        half_within: lags.percentile(HALF),
        most_within: lags.percentile(PERCENTILE),
        basis,
    };
    if LEAST <= own.total() {
        of(own, Basis::Own(own.total()))
    } else if LEAST <= all.total() {
        of(all, Basis::All(all.total()))
    } else {
        Usual {
            half_within: USUAL_BANK_DAYS,
            most_within: USUAL_BANK_DAYS,
            basis: Basis::Clearing,
        }
    }
}

/// When to order, and what that rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderBy {
    /// The last day.
    pub day: NaiveDate,
    /// What it rests on.
    pub basis: Basis,
}

/// What an advice rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// So many of the student's own transfers.
    Own(u64),
    /// So many transfers of all students.
    All(u64),
    /// How the clearing works: Elixir, and TARGET for euros.
    Clearing,
}

/// The last day to order a transfer in a currency that is to be credited through `due_on`: a bank day, on
/// which its clearing is open too, never behind the last one through the due date.
pub fn order_by(due_on: NaiveDate, currency: Currency, own: &Lags, all: &Lags) -> OrderBy {
    let Usual {
        most_within: lag,
        basis,
        ..
    } = usual(own, all);
    let is_open = clearing(currency);
    let backwards = successors(Some(due_on), NaiveDate::pred_opt);
    let day = backwards.filter(|&day| is_open(day)).nth(lag as usize);
    OrderBy {
        day: day.unwrap_or(due_on),
        basis,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::next_bank_day;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Transfers that took so many bank days, ordered on the first of September.
    fn lags(counts: &[(u32, u64)]) -> Lags {
        let mut lags = LagsByCurrency::default();
        for (lag, transfers) in counts {
            let mut day = date("2026-09-01");
            for _ in 0..*lag {
                day = next_bank_day(day);
            }
            lags.add(Currency::PLN, (date("2026-09-01"), day), *transfers);
        }
        lags.of(Currency::PLN).clone()
    }

    #[test]
    fn each_currency_counts_the_days_of_its_own_clearing() {
        let mut lags = LagsByCurrency::default();
        // TARGET is closed on Good Friday and Easter Monday, Elixir on Easter Monday alone.
        let around_easter = (date("2027-03-25"), date("2027-03-30"));
        lags.add(Currency::PLN, around_easter, 3);
        lags.add(Currency::EUR, around_easter, 4);
        assert_eq!(lags.of(Currency::PLN).by_bank_days()[..3], [0, 0, 3]);
        assert_eq!(lags.of(Currency::EUR).by_bank_days()[..3], [0, 4, 0]);
        assert_eq!(lags.together().by_bank_days()[..3], [0, 4, 3]);
        let dollars = Currency::parse("USD").unwrap();
        assert_eq!(
            usual(lags.of(dollars), lags.of(dollars)).basis,
            Basis::Clearing
        );
    }

    #[test]
    fn the_advice_names_what_it_rests_on() {
        let monday = date("2026-10-12");
        let none = lags(&[]);
        let many = lags(&[(0, 90), (1, 6), (2, 4)]);
        let table = [
            (none.clone(), &none, "2026-10-09", Basis::Clearing),
            (lags(&[(0, 3)]), &none, "2026-10-12", Basis::Own(3)),
            (lags(&[(0, 2), (2, 1)]), &many, "2026-10-08", Basis::Own(3)),
            // Two are no habit; of all transfers 95 of 100 took one day or none.
            (lags(&[(0, 2)]), &many, "2026-10-09", Basis::All(100)),
            // What was held up for weeks is no lag.
            (
                lags(&[(0, 2), (90, 1)]),
                &lags(&[(2, 3)]),
                "2026-10-08",
                Basis::All(3),
            ),
            // Nor are two of all students a habit of all.
            (
                none.clone(),
                &lags(&[(2, 2)]),
                "2026-10-09",
                Basis::Clearing,
            ),
            (lags(&[(1, 3), (90, 1)]), &none, "2026-10-09", Basis::Own(3)),
        ];
        for (own, all, day, basis) in table {
            let expected = OrderBy {
                day: date(day),
                basis,
            };
            assert_eq!(
                order_by(monday, Currency::PLN, &own, all),
                expected,
                "{own:?}"
            );
        }
    }

    #[test]
    fn the_day_has_sessions_also_around_holidays() {
        // 11 November is Independence Day; the 10th is a Tuesday.
        let at_once = lags(&[(0, 3)]);
        let next_day = lags(&[(1, 3)]);
        let advice =
            |day: &str, own: &Lags| order_by(date(day), Currency::PLN, own, &Lags::default()).day;
        assert_eq!(advice("2026-11-11", &at_once), date("2026-11-10"));
        assert_eq!(advice("2026-11-12", &next_day), date("2026-11-10"));
        assert_eq!(advice("2026-10-11", &at_once), date("2026-10-09"));
        // Elixir has its sessions on Good Friday, 26 March 2027; TARGET is closed.
        let euros = order_by(
            date("2027-03-30"),
            Currency::EUR,
            &next_day,
            &Lags::default(),
        );
        assert_eq!(advice("2027-03-30", &next_day), date("2027-03-26"));
        assert_eq!(euros.day, date("2027-03-25"));
    }
}
