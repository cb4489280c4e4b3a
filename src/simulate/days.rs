//! The days of the simulated semester: when the bank is open, when an order is credited, and
//! when a fee is due. A literal table of holidays, shared with nobody.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// The first and last day with a statement.
pub(super) const FIRST_DAY: NaiveDate = day(2026, 9, 21);
/// See [`FIRST_DAY`].
pub(super) const LAST_DAY: NaiveDate = day(2027, 2, 12);
/// The day of the export of students and fees.
pub(super) const AS_OF: NaiveDate = day(2026, 9, 20);
/// The day of the export that brought the fees for repeated classes.
pub(super) const AS_OF_REPEATS: NaiveDate = day(2026, 11, 4);
/// The policy's days between the day a fee becomes visible and its earliest due date.
const NOTICE_DAYS: u64 = 14;

/// The days on which Polish banks are closed, Sundays apart (Act of 18 January 1951).
const HOLIDAYS: [NaiveDate; 16] = [
    day(2026, 1, 1),
    day(2026, 1, 6),
    day(2026, 4, 6),
    day(2026, 5, 1),
    day(2026, 5, 3),
    day(2026, 6, 4),
    day(2026, 8, 15),
    day(2026, 11, 1),
    day(2026, 11, 11),
    day(2026, 12, 24),
    day(2026, 12, 25),
    day(2026, 12, 26),
    day(2027, 1, 1),
    day(2027, 1, 6),
    day(2027, 3, 29),
    day(2027, 5, 3),
];

/// A literal date. One that does not exist would become the earliest date there is.
pub(super) const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

/// Neither Saturday, Sunday nor a holiday.
pub(super) fn is_banking_day(date: NaiveDate) -> bool {
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && !HOLIDAYS.contains(&date)
}

/// That day or the next banking day.
pub(super) fn on_or_after(mut date: NaiveDate) -> NaiveDate {
    while !is_banking_day(date) {
        date = date + Days::new(1);
    }
    date
}

/// The `count`-th banking day after a day.
pub(super) fn banking_days_later(mut date: NaiveDate, count: u64) -> NaiveDate {
    for _ in 0..count {
        date = on_or_after(date + Days::new(1));
    }
    date
}

/// Every banking day of the semester.
pub(super) fn banking_days() -> Vec<NaiveDate> {
    FIRST_DAY
        .iter_days()
        .take_while(|date| *date <= LAST_DAY)
        .filter(|date| is_banking_day(*date))
        .collect()
}

/// A daily statement's number: counting the banking days of its year.
pub(super) fn statement_number(date: NaiveDate) -> usize {
    let new_year = day(date.year(), 1, 1);
    new_year
        .iter_days()
        .take_while(|each| *each <= date)
        .filter(|each| is_banking_day(*each))
        .count()
}

/// The due date: not before the notice is over, and moved to a banking day (art. 115 KC).
pub(super) fn due_on(nominal: NaiveDate, visible_from: NaiveDate) -> NaiveDate {
    on_or_after(nominal.max(visible_from + Days::new(NOTICE_DAYS)))
}

/// How a payer's money travels.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// An Elixir transfer: sessions at 9:30, 13:30 and 16:00, on the year's last working day
    /// the first two.
    Elixir,
    /// A cash desk or post office that sends the money this many banking days later.
    Desk(u64),
    /// An instant transfer: has its value at once, is booked when the bank next opens.
    Instant,
    /// A SEPA credit transfer: the next banking day.
    Sepa,
}

/// The booking and the value date of a transfer that is ordered on a day, at a minute of it.
pub(super) fn credited(ordered_on: NaiveDate, minute: u64, way: Way) -> (NaiveDate, NaiveDate) {
    let bank_takes_it = on_or_after(ordered_on);
    let in_time = bank_takes_it != ordered_on || minute < last_cut_off(ordered_on);
    let elixir = if in_time {
        bank_takes_it
    } else {
        banking_days_later(bank_takes_it, 1)
    };
    match way {
        Way::Elixir => (elixir, elixir),
        Way::Desk(days) => {
            let booked_on = banking_days_later(bank_takes_it, days);
            (booked_on, booked_on)
        }
        Way::Instant => (bank_takes_it, ordered_on),
        Way::Sepa => {
            let booked_on = banking_days_later(elixir, 1);
            (booked_on, booked_on)
        }
    }
}

/// The minute of the day until which the payer's bank still reaches the last session.
fn last_cut_off(date: NaiveDate) -> u64 {
    let last_of_year = banking_days_later(date, 1).year() != date.year();
    if last_of_year { 12 * 60 + 45 } else { 15 * 60 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_literal_date_exists() {
        assert!(
            HOLIDAYS
                .iter()
                .chain([&FIRST_DAY, &LAST_DAY, &AS_OF])
                .all(|date| date.year() >= 2026)
        );
    }

    #[test]
    fn due_dates_wait_for_the_notice_and_for_the_bank() {
        for (nominal, due) in [
            (day(2026, 9, 30), day(2026, 10, 5)),
            (day(2026, 10, 10), day(2026, 10, 12)),
            (day(2026, 10, 31), day(2026, 11, 2)),
            (day(2026, 11, 11), day(2026, 11, 12)),
            (day(2026, 12, 24), day(2026, 12, 28)),
            (day(2027, 1, 6), day(2027, 1, 7)),
            (day(2027, 1, 15), day(2027, 1, 15)),
        ] {
            assert_eq!(due_on(nominal, AS_OF), due, "{nominal}");
        }
    }

    #[test]
    fn an_order_is_credited_when_a_session_carries_it() {
        let friday = day(2026, 10, 9);
        for (ordered_on, minute, way, booked_on, value_on) in [
            (
                friday,
                18 * 60 + 22,
                Way::Elixir,
                day(2026, 10, 12),
                day(2026, 10, 12),
            ),
            (friday, 9 * 60, Way::Elixir, friday, friday),
            (
                day(2026, 11, 10),
                16 * 60,
                Way::Elixir,
                day(2026, 11, 12),
                day(2026, 11, 12),
            ),
            (
                day(2026, 12, 31),
                14 * 60,
                Way::Elixir,
                day(2027, 1, 4),
                day(2027, 1, 4),
            ),
            (
                day(2026, 10, 10),
                700,
                Way::Instant,
                day(2026, 10, 12),
                day(2026, 10, 10),
            ),
            (
                friday,
                700,
                Way::Desk(2),
                day(2026, 10, 13),
                day(2026, 10, 13),
            ),
            (friday, 700, Way::Sepa, day(2026, 10, 12), day(2026, 10, 12)),
        ] {
            assert_eq!(
                credited(ordered_on, minute, way),
                (booked_on, value_on),
                "{ordered_on} {way:?}"
            );
        }
    }

    #[test]
    fn statement_numbers_begin_again_in_january() {
        assert_eq!(statement_number(day(2026, 1, 2)), 1);
        assert_eq!(statement_number(day(2027, 1, 4)), 1);
        let numbers: Vec<usize> = banking_days()
            .into_iter()
            .filter(|date| date.year() == 2026)
            .map(statement_number)
            .collect();
        assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]));
    }
}
