//! The last day on which a transfer should be ordered so that it is credited in time.
//!
//! In: how long transfers took from the order to the crediting, in bank days. Out: a day, and what
//! it rests on. It promises nothing: what counts is the day of crediting.

use crate::calendar::{is_bank_day, previous_bank_day};
use chrono::NaiveDate;

/// A student's own transfers tell from so many on.
const OWN_LEAST: usize = 3;
/// Of a hundred transfers so many came no later than the advice allows for.
const PERCENTILE: usize = 95;
/// Where nobody has paid yet: Elixir credits what is ordered behind its last session on the next
/// bank day.
const USUAL_BANK_DAYS: u32 = 1;
/// A transfer that took longer than this was held up; it says nothing about the next.
const BANK_DAYS_MAX: u32 = 20;

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
    Own(usize),
    /// So many transfers of all students.
    All(usize),
    /// How Elixir works.
    Clearing,
}

/// The last day to order a transfer that is to be credited through `due_on`: a bank day, with its
/// sessions, never behind the last one through the due date.
pub fn order_by(due_on: NaiveDate, own: &[u32], all: &[u32]) -> OrderBy {
    let usable = |lags: &[u32]| -> Vec<u32> {
        let lags = lags.iter().copied();
        lags.filter(|lag| *lag <= BANK_DAYS_MAX).collect()
    };
    let (own, all) = (usable(own), usable(all));
    let (basis, lag) = if OWN_LEAST <= own.len() {
        (Basis::Own(own.len()), percentile(own))
    } else if all.is_empty() {
        (Basis::Clearing, USUAL_BANK_DAYS)
    } else {
        (Basis::All(all.len()), percentile(all))
    };
    let mut day = if is_bank_day(due_on) {
        due_on
    } else {
        previous_bank_day(due_on)
    };
    for _ in 0..lag {
        day = previous_bank_day(day);
    }
    OrderBy { day, basis }
}

/// The smallest value that so many of a hundred do not exceed (nearest rank).
fn percentile(mut lags: Vec<u32>) -> u32 {
    lags.sort_unstable();
    let rank = (lags.len() * PERCENTILE).div_ceil(100);
    lags.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_advice_names_what_it_rests_on() {
        let monday = date("2026-10-12");
        let many: Vec<u32> = (0..100)
            .map(|n| u32::from(n >= 90) + u32::from(n >= 96))
            .collect();
        let table: [(&[u32], &[u32], &str, Basis); 6] = [
            (&[], &[], "2026-10-09", Basis::Clearing),
            (&[0, 0, 0], &[], "2026-10-12", Basis::Own(3)),
            (&[0, 0, 2], &many, "2026-10-08", Basis::Own(3)),
            // Two are no habit; of all transfers 95 of 100 took one day or none.
            (&[0, 0], &many, "2026-10-09", Basis::All(100)),
            // What was held up for weeks is no lag.
            (&[0, 0, 90], &[1], "2026-10-09", Basis::All(1)),
            (&[1, 1, 1, 90], &[], "2026-10-09", Basis::Own(3)),
        ];
        for (own, all, day, basis) in table {
            let expected = OrderBy {
                day: date(day),
                basis,
            };
            assert_eq!(order_by(monday, own, all), expected, "{own:?}");
        }
    }

    #[test]
    fn the_day_has_sessions_also_around_holidays() {
        // 11 November is Independence Day; the 10th is a Tuesday.
        let advice = |day: &str, own: &[u32]| order_by(date(day), own, &[]).day;
        assert_eq!(advice("2026-11-11", &[0, 0, 0]), date("2026-11-10"));
        assert_eq!(advice("2026-11-12", &[1, 1, 1]), date("2026-11-10"));
        assert_eq!(advice("2026-10-11", &[0, 0, 0]), date("2026-10-09"));
    }
}
