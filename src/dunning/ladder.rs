//! Which message about an item is next.
//!
//! A notice stands before the due date: it is sent while it is of use, and one that was missed is
//! not made up for. Behind the due date each step needs the one before: a demand never comes out of
//! the blue.

use crate::calendar::{add_business_days, add_days, next_business_day};
use crate::policy::LadderStep;
use chrono::{Days, NaiveDate};

/// A message about an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The step, by its template.
    pub step: String,
    /// The day on which it was decided.
    pub on: NaiveDate,
    /// The day on which it reached the student, as far as that is known: a mail that was taken, or a
    /// letter that was delivered.
    pub delivered_on: Option<NaiveDate>,
    /// The day on which a letter was delivered.
    pub letter_on: Option<NaiveDate>,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a message, as far as the ladder asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It waits in the outbox, or nobody knows whether it arrived.
    Underway,
    /// It was handed over.
    Sent,
    /// It could not be, and a case asks why.
    Failed,
    /// It could not be, and the case is closed: a letter was sent, or the address corrected.
    MadeGood,
}

/// Days before and on the due date belong to notices, those behind it to reminders.
pub fn is_notice(step: &LadderStep) -> bool {
    step.offset_days <= 0
}

/// The day of a step: one that falls on a closed day moves to the next open one.
pub fn day_of(step: &LadderStep, due_on: NaiveDate) -> NaiveDate {
    let day = if step.business_days {
        add_business_days(due_on, step.offset_days)
    } else {
        let days = Days::new(u64::from(step.offset_days.unsigned_abs()));
        let moved = if step.offset_days < 0 {
            due_on.checked_sub_days(days)
        } else {
            due_on.checked_add_days(days)
        };
        moved.unwrap_or(due_on)
    };
    next_business_day(day)
}

/// The step that is to be sent on a day, if any.
///
/// `distance_days` is the least number of days between two reminders about one item; notices stand
/// where the ladder puts them.
pub fn next<'a>(
    ladder: &'a [LadderStep],
    due_on: NaiveDate,
    written: &[Written],
    distance_days: u32,
    as_of: NaiveDate,
) -> Option<&'a LadderStep> {
    let fate = |step: &LadderStep| {
        let mut of_step = written
            .iter()
            .filter(|message| message.step == step.template);
        of_step.next_back().map(|message| message.fate)
    };
    let has_come = |step: &&LadderStep| day_of(step, due_on) <= as_of;
    if as_of <= due_on {
        let mut notices = ladder.iter().filter(|step| is_notice(step));
        return notices.rfind(has_come).filter(|step| fate(step).is_none());
    }
    let reminders = || ladder.iter().filter(|step| !is_notice(step));
    let done = |fate: Option<Fate>| matches!(fate, Some(Fate::Sent | Fate::MadeGood));
    let step = reminders().find(|step| !done(fate(step)))?;
    let is_reminder = |message: &&Written| reminders().any(|step| step.template == message.step);
    let last = written.iter().filter(is_reminder).map(|message| message.on);
    let far_enough = |last: NaiveDate| i64::from(distance_days) <= (as_of - last).num_days();
    // What is underway or failed is not written a second time.
    let is_next = fate(step).is_none() && has_come(&step) && last.max().is_none_or(far_enough);
    is_next.then_some(step)
}

/// The last of all reminders, where it was sent or made good.
pub fn last_of_all<'a>(ladder: &[LadderStep], written: &'a [Written]) -> Option<&'a Written> {
    let last = ladder.iter().rfind(|step| !is_notice(step))?;
    let mut of_last = written
        .iter()
        .filter(|message| message.step == last.template);
    let message = of_last.next_back()?;
    matches!(message.fate, Fate::Sent | Fate::MadeGood).then_some(message)
}

/// The last day of a demand's term, from the day on which it reached the student: that day is not
/// counted, and a closed day moves to the next open one (art. 111 and 115 KC).
pub fn term_ends(delivered_on: NaiveDate, days: u32) -> NaiveDate {
    next_business_day(add_days(delivered_on, days))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::KindPolicy;

    /// A Monday.
    const DUE: &str = "2026-10-12";

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn written(messages: &[(&str, &str, Fate)]) -> Vec<Written> {
        let message = |&(step, on, fate): &(&str, &str, Fate)| Written {
            step: step.to_owned(),
            on: date(on),
            delivered_on: Some(date(on)),
            letter_on: None,
            fate,
        };
        messages.iter().map(message).collect()
    }

    #[track_caller]
    fn assert_next(messages: &[(&str, &str, Fate)], as_of: &str, expected: Option<&str>) {
        let ladder = KindPolicy::default().ladder;
        let found = next(&ladder, date(DUE), &written(messages), 5, date(as_of));
        assert_eq!(
            found.map(|step| step.template.as_str()),
            expected,
            "{as_of}"
        );
    }

    #[test]
    fn the_days_of_the_default_ladder_move_to_open_ones() {
        let days = KindPolicy::default().ladder.into_iter();
        let days: Vec<String> = days
            .map(|step| format!("{} {}", step.template, day_of(&step, date(DUE))))
            .collect();
        // 10 October is a Saturday; two business days before Monday is Thursday; the 29th is a
        // Thursday.
        assert_eq!(
            days,
            [
                "notice 2026-10-05",
                "order_now 2026-10-08",
                "reminder 2026-10-15",
                "second 2026-10-22",
                "demand 2026-10-29"
            ]
        );
        let reminder = &KindPolicy::default().ladder[2];
        // From 8 November three days lead to Independence Day.
        assert_eq!(day_of(reminder, date("2026-11-08")), date("2026-11-12"));
    }

    #[test]
    fn a_missed_notice_is_not_made_up_for() {
        use Fate::Sent;
        assert_next(&[], "2026-10-04", None);
        assert_next(&[], "2026-10-05", Some("notice"));
        assert_next(&[], "2026-10-09", Some("order_now"));
        assert_next(&[("order_now", "2026-10-09", Sent)], "2026-10-12", None);
        assert_next(&[], "2026-10-13", None);
        assert_next(&[], "2026-10-15", Some("reminder"));
    }

    #[test]
    fn each_reminder_needs_the_one_before() {
        use Fate::{Failed, MadeGood, Sent, Underway};
        // Held back until the day of the second one: the first comes first.
        assert_next(&[], "2026-10-26", Some("reminder"));
        for (fate, expected) in [
            (Underway, None),
            (Failed, None),
            (Sent, Some("second")),
            (MadeGood, Some("second")),
        ] {
            assert_next(&[("reminder", "2026-10-15", fate)], "2026-10-22", expected);
        }
        let all = [
            ("reminder", "2026-10-15", Sent),
            ("second", "2026-10-22", Sent),
            ("demand", "2026-10-29", Sent),
        ];
        assert_next(&all, "2026-12-01", None);
        let ladder = KindPolicy::default().ladder;
        let all = written(&all);
        assert_eq!(last_of_all(&ladder, &all), all.last());
        assert_eq!(last_of_all(&ladder, &all[..2]), None);
    }

    #[test]
    fn two_reminders_about_an_item_keep_their_distance() {
        let late = [("reminder", "2026-10-21", Fate::Sent)];
        assert_next(&late, "2026-10-22", None);
        assert_next(&late, "2026-10-26", Some("second"));
    }

    #[test]
    fn a_ladder_without_steps_says_nothing() {
        assert_eq!(next(&[], date(DUE), &[], 5, date("2026-11-30")), None);
        assert_eq!(last_of_all(&[], &[]), None);
    }
}
