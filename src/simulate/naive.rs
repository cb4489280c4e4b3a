//! Two engines as they are often built, to compare with: what they would have sent wrongly.
//!
//! In: fees, transfers, and when each banking day's statement is at the office. Out: for each fee
//! the days on which the engine reminds although the fee had been fully credited by the day before,
//! with money that a rule can identify. Written naively, and shared with no other engine.
//!
//! Both look at each day of the ladder (3, 10 and 17 days behind the due date, moved to the next
//! banking day), in the morning, when that day's statements are imported, and remind whoever has
//! not paid by what is imported. They ask neither through which day the statements are complete, nor
//! whether money waits in review, nor what the student says.
//!
//! | engine | a fee is paid when |
//! |---|---|
//! | by import date | what is imported by that morning settles it, each credit counting from its import |
//! | by order date | what is imported by that morning settles it, each credit counting from its order date, which is never later than that day |
//!
//! So the two know the same and differ only where the day from which money counts decides which
//! fee it settles. An order date makes lateness look smaller; it brings no statement sooner.

use super::conduct::Transfer;
use super::days;
use super::knowledge::{Arrived, By, Span, paid_on};
use super::university::Fee;
use chrono::{Days, NaiveDate};

/// Days behind the due date on which the ladder reminds.
const LADDER: [u64; 3] = [3, 10, 17];

/// For each fee the days on which an engine by import date reminds wrongly, and one by order date.
pub(super) fn false_reminders(
    fees: &[Fee],
    transfers: &[Transfer],
    credited: &[Vec<Span>],
    arrived: &Arrived,
) -> Vec<[Vec<NaiveDate>; 2]> {
    let each = fees.iter().zip(credited).enumerate();
    each.map(|(at, (fee, credited))| {
        let ladder = || LADDER.map(|days| days::on_or_after(fee.due_on() + Days::new(days)));
        let wrongly = |by: By<'_>| {
            let days = ladder().into_iter().filter(|day| {
                let before = *day - Days::new(1);
                credited.iter().any(|span| span.contains(before))
                    && paid_on(fees, transfers, by, *day).get(at) == Some(&false)
            });
            days.collect()
        };
        [wrongly(By::Import(arrived)), wrongly(By::Order(arrived))]
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::knowledge::credited;
    use super::super::knowledge::tests::{fee, october, transfer};
    use super::*;

    /// The days of October on which the two engines remind wrongly of the first fee.
    fn wrongly(
        fees: &[Fee],
        transfers: &[Transfer],
        arrived: &[(u32, u32)],
    ) -> [Vec<NaiveDate>; 2] {
        let arrived = arrived.iter().map(|(on, at)| (october(*on), october(*at)));
        let arrived = Arrived(arrived.collect());
        let credited = credited(fees, transfers);
        false_reminders(fees, transfers, &credited, &arrived).remove(0)
    }

    #[test]
    fn a_statement_in_time_makes_nobody_wrong() {
        let none: [Vec<NaiveDate>; 2] = [vec![], vec![]];
        assert_eq!(
            wrongly(&[fee("F-1", 12)], &[transfer(8, 9)], &[(9, 10)]),
            none
        );
        // Not paid at all, or credited on the day itself: a reminder is right.
        assert_eq!(wrongly(&[fee("F-1", 12)], &[], &[]), none);
        let on_the_day = [transfer(14, 15)];
        assert_eq!(wrongly(&[fee("F-1", 12)], &on_the_day, &[(15, 16)]), none);
    }

    #[test]
    fn a_late_statement_makes_both_wrong_on_every_step_until_it_comes() {
        let found = wrongly(&[fee("F-1", 12)], &[transfer(8, 9)], &[(9, 23)]);
        let days = vec![october(15), october(22)];
        assert_eq!(found, [days.clone(), days]);
    }

    #[test]
    fn a_statement_that_arrives_on_the_morning_is_in_time() {
        let found = wrongly(&[fee("F-1", 12)], &[transfer(13, 14)], &[(14, 15)]);
        assert_eq!(found, [vec![], vec![]]);
    }

    #[test]
    fn the_two_differ_where_the_counting_day_decides_what_is_settled() {
        // 300.00 for the later fee alone, while nothing was due: by its order and its crediting it
        // settles that fee, by its import it goes to the older one that is due by then.
        let mut later = fee("F-2", 14);
        later.amount_minor = 30_000;
        let mut money = transfer(8, 9);
        money.amount_minor = 30_000;
        let fees = [later, fee("F-1", 12)];
        let found = wrongly(&fees, &[money], &[(9, 13)]);
        let days = vec![october(19), october(26), days::day(2026, 11, 2)];
        assert_eq!(found, [days, vec![]]);
    }
}
