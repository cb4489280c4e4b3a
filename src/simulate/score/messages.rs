//! Truth against messages: who was reminded of what had been paid.
//!
//! In: the truth, and the items of all messages that were sent. Out: the items that should not have
//! been sent, how many two other engines would have sent, and how the silent fared. Nothing here
//! reads a file or a database.

use super::Truth;
use chrono::{Days, NaiveDate};
use std::collections::BTreeSet;
use std::fmt;

/// An item of a message that was sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sent {
    /// The day on which it left.
    pub sent_on: NaiveDate,
    /// The student system's id.
    pub student: String,
    /// The fee's id.
    pub fee: String,
    /// The step of the ladder.
    pub step: String,
    /// When it was due, says the message.
    pub due_on: NaiveDate,
}

impl Sent {
    /// Does it say that something is overdue?
    fn is_reminder(&self) -> bool {
        self.step != "correction" && self.due_on < self.sent_on
    }
}

/// Until when is counted, and what ends a ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The last day that was played.
    pub through: NaiveDate,
    /// The last step of the ladder.
    pub last_step: String,
    /// What that step gives to pay; days.
    pub days: u64,
}

/// What was sent, and what should not have been.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageScore {
    /// Items that say that something is overdue.
    pub reminders: u64,
    /// Those of a fee that had been fully credited by the day before, with money that a rule can
    /// identify.
    pub false_ones: Vec<Sent>,
    /// How many such an engine by import date would have sent.
    pub by_import_date: u64,
    /// How many one by order date.
    pub by_order_date: u64,
    /// Students who never pay.
    pub silent: u64,
    /// Those of them whose ladder has ended, and the term of its last step with it.
    pub silent_past_the_ladder: u64,
    /// Those of them who have a case; none where cases are not counted.
    pub silent_with_a_case: Option<u64>,
}

impl MessageScore {
    /// Was anybody reminded of what had been paid?
    pub fn is_wrong(&self) -> bool {
        !self.false_ones.is_empty()
    }
}

/// Compares what was sent with what was paid. `cases` are the students who have a case, where
/// cases are counted.
pub fn score(
    truth: &Truth,
    sent: &[Sent],
    term: &Term,
    cases: Option<&BTreeSet<String>>,
) -> MessageScore {
    let reminders = || sent.iter().filter(|sent| sent.is_reminder());
    let by_then = |days: &[NaiveDate]| days.iter().filter(|day| **day <= term.through).count();
    let compared = truth.compared.iter();
    let ended = |sent: &&Sent| {
        sent.step == term.last_step && sent.sent_on + Days::new(term.days) < term.through
    };
    let past: BTreeSet<&String> = reminders()
        .filter(ended)
        .map(|sent| &sent.student)
        .filter(|student| truth.silent.contains(*student))
        .collect();
    let mut score = MessageScore {
        reminders: reminders().count() as u64,
        false_ones: reminders()
            .filter(|sent| is_false(truth, sent))
            .cloned()
            .collect(),
        silent: truth.silent.len() as u64,
        silent_past_the_ladder: past.len() as u64,
        silent_with_a_case: cases.map(|cases| {
            past.iter()
                .filter(|student| cases.contains(**student))
                .count() as u64
        }),
        ..MessageScore::default()
    };
    for compared in compared {
        score.by_import_date += by_then(&compared.by_import_date) as u64;
        score.by_order_date += by_then(&compared.by_order_date) as u64;
    }
    score.false_ones.sort();
    score
}

/// Had the fee been credited by the day before?
fn is_false(truth: &Truth, sent: &Sent) -> bool {
    let Some(before) = sent.sent_on.pred_opt() else {
        return false;
    };
    // Instalments are the fee's, and paid with it.
    let fee = sent.fee.split(':').next().unwrap_or_default();
    truth.fees.get(fee).is_some_and(|fee| {
        let mut spans = fee.credited.iter();
        spans.any(|span| span.from <= before && span.until.is_none_or(|until| before < until))
    })
}

impl fmt::Display for MessageScore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (count, meaning) in [
            (self.reminders, "reminders sent, counted by fee"),
            (
                self.false_ones.len() as u64,
                "of them of fees that had been credited by the day before",
            ),
            (
                self.by_import_date,
                "such an engine by import date would have sent",
            ),
            (
                self.by_order_date,
                "such an engine by order date would have sent",
            ),
            (self.silent, "students who never pay"),
            (
                self.silent_past_the_ladder,
                "of them past the ladder and its last term",
            ),
        ] {
            writeln!(out, "{count:>9}  {meaning}")?;
        }
        if let Some(count) = self.silent_with_a_case {
            writeln!(out, "{count:>9}  of those with a case")?;
        }
        for wrong in &self.false_ones {
            writeln!(
                out,
                "{:>9}  {}: {} was sent the {} of {}, due {}, although it had been credited",
                "FALSE", wrong.sent_on, wrong.student, wrong.step, wrong.fee, wrong.due_on
            )?;
        }
        let verdict = if self.is_wrong() {
            "WRONG"
        } else {
            "nobody was reminded of what had been paid"
        };
        write!(out, "{verdict:>9}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: &str = r#"{"type":"student","external_id":"ann","silent":true,"dead_address":false}
{"type":"student","external_id":"bob","silent":false,"dead_address":true}
{"type":"fee","external_id":"F-1","student":"ann","amount_minor":300,"due_on":"2026-10-12","settled_on":null,"open_minor":300,"credited":[]}
{"type":"fee","external_id":"F-2","student":"bob","amount_minor":300,"due_on":"2026-10-12","settled_on":"2026-10-22","open_minor":0,"credited":[{"from":"2026-10-14","until":"2026-10-16"},{"from":"2026-10-22","until":null}]}
{"type":"compared","student":"bob","fee":"F-2","by_import_date":["2026-10-15","2026-10-29"],"by_order_date":["2026-10-15"]}
"#;

    fn october(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 10, day).unwrap()
    }

    fn sent(day: u32, student: &str, fee: &str, step: &str) -> Sent {
        Sent {
            sent_on: october(day),
            student: student.to_owned(),
            fee: fee.to_owned(),
            step: step.to_owned(),
            due_on: october(12),
        }
    }

    fn scored(sent: &[Sent], cases: Option<&BTreeSet<String>>) -> MessageScore {
        let term = Term {
            through: october(28),
            last_step: "demand".to_owned(),
            days: 3,
        };
        score(&Truth::parse(TRUTH).unwrap(), sent, &term, cases)
    }

    #[test]
    fn a_reminder_is_false_from_the_day_behind_the_crediting_until_the_money_is_gone() {
        for (day, is_false) in [
            (14, false),
            (15, true),
            (16, true),
            (17, false),
            (22, false),
            (23, true),
        ] {
            let scored = scored(&[sent(day, "bob", "F-2", "reminder")], None);
            assert_eq!(
                (scored.reminders, scored.is_wrong()),
                (1, is_false),
                "{day}"
            );
        }
        let instalment = scored(&[sent(15, "bob", "F-2:1", "reminder")], None);
        assert!(instalment.is_wrong());
        assert!(
            instalment
                .to_string()
                .contains("bob was sent the reminder of F-2:1")
        );
    }

    #[test]
    fn notices_and_corrections_ask_for_nothing_overdue() {
        let sent = [
            sent(12, "bob", "F-2", "notice"),
            sent(15, "bob", "F-2", "correction"),
        ];
        let scored = scored(&sent, None);
        assert_eq!((scored.reminders, scored.is_wrong()), (0, false));
    }

    #[test]
    fn other_engines_are_counted_through_the_last_day_that_was_played() {
        let scored = scored(&[], None);
        assert_eq!((scored.by_import_date, scored.by_order_date), (1, 1));
    }

    #[test]
    fn the_silent_are_followed_to_the_end_of_the_ladder() {
        let cases: BTreeSet<String> = ["ann".to_owned()].into();
        let ended = [
            sent(24, "ann", "F-1", "demand"),
            sent(24, "bob", "F-2", "demand"),
        ];
        let found = scored(&ended, Some(&cases));
        let counts = (
            found.silent,
            found.silent_past_the_ladder,
            found.silent_with_a_case,
        );
        assert_eq!(counts, (1, 1, Some(1)));
        let running = scored(&[sent(25, "ann", "F-1", "demand")], None);
        assert_eq!(
            (running.silent_past_the_ladder, running.silent_with_a_case),
            (0, None)
        );
    }
}
