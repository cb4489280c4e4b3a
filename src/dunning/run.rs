//! All students at once: one message for each, what is held back, and the brakes.

use super::interlock::{self, Held};
use super::ladder::{self, Written};
use super::{Debtor, Item};
use crate::policy::{LadderStep, Policy};
use chrono::NaiveDate;

/// One message to one student.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The student's place among the debtors.
    pub debtor: usize,
    /// The most urgent step of its items names the template.
    pub template: String,
    /// Its items: place among the student's, and the step of each.
    pub items: Vec<(usize, String)>,
    /// It asks to check the account number: money came that looks like this student's.
    pub asks_for_the_number: bool,
}

/// An item whose message is held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// The student's place among the debtors.
    pub debtor: usize,
    /// The item's place.
    pub item: usize,
    /// The step that would be sent.
    pub step: String,
    /// Everything that holds it back.
    pub held: Vec<Held>,
}

/// What a run says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// In the order of the debtors.
    pub messages: Vec<Message>,
    /// In the order of the debtors.
    pub held_back: Vec<HeldBack>,
}

/// What a run would say on a day. The rules are those in force on it.
pub fn plan(debtors: &[Debtor], policy: &Policy, as_of: NaiveDate) -> Plan {
    let mut plan = Plan::default();
    for (place, debtor) in debtors.iter().enumerate() {
        let mut steps: Vec<(usize, &LadderStep)> = Vec::new();
        for (number, item) in debtor.items.iter().enumerate() {
            let Some(step) = step(item, policy, as_of) else {
                continue;
            };
            let held = if ladder::is_notice(step) {
                interlock::stops(debtor, item, as_of)
            } else {
                interlock::all(debtor, item, step.minimum_minor, as_of)
            };
            if held.is_empty() {
                steps.push((number, step));
            } else {
                plan.held_back.push(HeldBack {
                    debtor: place,
                    item: number,
                    step: step.template.clone(),
                    held,
                });
            }
        }
        plan.messages.extend(message(debtor, place, &steps, as_of));
    }
    plan
}

/// An item whose ladder has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The student's place among the debtors.
    pub debtor: usize,
    /// The item's place.
    pub item: usize,
    /// The last day of the term that the last message set.
    pub term_ended_on: NaiveDate,
    /// Everything that keeps it from the student service centre.
    pub held: Vec<Held>,
}

/// The items whose ladder has ended, and with it the term that the last message set: they are the
/// student service centre's, unless something holds them back as it would hold a message.
pub fn ended(debtors: &[Debtor], policy: &Policy, as_of: NaiveDate) -> Vec<Ended> {
    let rules = &policy.dunning;
    let ended = last_messages(debtors, policy).filter_map(|(place, number, last)| {
        let reached = if rules.demand_by_letter {
            last.letter_on
        } else {
            last.delivered_on
        };
        let term_ended_on = ladder::term_ends(reached?, rules.demand_days);
        let debtor = debtors.get(place)?;
        let item = debtor.items.get(number)?;
        (term_ended_on < as_of).then(|| Ended {
            debtor: place,
            item: number,
            term_ended_on,
            held: interlock::all(debtor, item, 0, as_of),
        })
    });
    ended.collect()
}

/// The items whose last message has to go out as a letter, by the place of the student and the item:
/// nobody has noted yet that it was delivered.
pub fn letters(debtors: &[Debtor], policy: &Policy) -> Vec<(usize, usize)> {
    if !policy.dunning.demand_by_letter {
        return Vec::new();
    }
    let missing = last_messages(debtors, policy).filter(|(_, _, last)| last.letter_on.is_none());
    missing.map(|(place, number, _)| (place, number)).collect()
}

/// Items about which all messages were sent, with the last: place of the student and the item.
fn last_messages<'a>(
    debtors: &'a [Debtor],
    policy: &'a Policy,
) -> impl Iterator<Item = (usize, usize, &'a Written)> {
    debtors.iter().enumerate().flat_map(move |(place, debtor)| {
        debtor
            .items
            .iter()
            .enumerate()
            .filter_map(move |(number, item)| {
                let ladder = &policy.kind(&item.kind).ladder;
                Some((place, number, ladder::last_of_all(ladder, &item.written)?))
            })
    })
}

/// The step of an item that is to be sent, whatever holds it back.
fn step<'a>(item: &Item, policy: &'a Policy, as_of: NaiveDate) -> Option<&'a LadderStep> {
    let rules = policy.kind(&item.kind);
    let distance = policy.dunning.distance_days;
    let step = ladder::next(&rules.ladder, item.due_on, &item.written, distance, as_of)?;
    (step.minimum_minor.max(1) <= item.open_minor).then_some(step)
}

fn message(
    debtor: &Debtor,
    place: usize,
    steps: &[(usize, &LadderStep)],
    as_of: NaiveDate,
) -> Option<Message> {
    let (_, gravest) = steps.iter().max_by_key(|(_, step)| step.offset_days)?;
    Some(Message {
        debtor: place,
        template: gravest.template.clone(),
        items: (steps.iter())
            .map(|(item, step)| (*item, step.template.clone()))
            .collect(),
        asks_for_the_number: !ladder::is_notice(gravest)
            && interlock::asks_for_the_number(debtor, as_of),
    })
}

/// Why a run waits for a person's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brake {
    /// It would write to more than this share of all students.
    Share {
        /// Percent.
        percent: u32,
    },
    /// It would write to so many times as many as the last run.
    Growth {
        /// How many times.
        times: u32,
        /// How many the last run wrote.
        last: usize,
    },
}

/// Whether a run of so many messages is too large to go out by itself. A first run has nothing to
/// be compared with but the number of students.
pub fn brake(
    messages: usize,
    students: usize,
    last: Option<usize>,
    policy: &Policy,
) -> Option<Brake> {
    let rules = &policy.dunning;
    let share = |percent: u32| students.saturating_mul(percent as usize);
    if share(rules.brake_percent) < messages.saturating_mul(100) {
        return Some(Brake::Share {
            percent: rules.brake_percent,
        });
    }
    let last = last.filter(|last| *last > 0)?;
    (last.saturating_mul(rules.brake_times as usize) < messages).then_some(Brake::Growth {
        times: rules.brake_times,
        last,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Suspect;
    use super::super::ladder::Fate;
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn item(id: &str, due_on: &str, open_minor: i64) -> Item {
        Item {
            id: id.to_owned(),
            fee: id.to_owned(),
            kind: "tuition".to_owned(),
            currency: "PLN".to_owned(),
            due_on: date(due_on),
            open_minor,
            bars: Vec::new(),
            lifted: Vec::new(),
            written: Vec::new(),
            covered_through: Some(date("2026-12-31")),
            statement_days: 1,
        }
    }

    fn owes(items: Vec<Item>) -> Debtor {
        Debtor {
            student: "ada".to_owned(),
            items,
            ..Debtor::default()
        }
    }

    fn planned(debtor: Debtor, as_of: &str) -> Plan {
        plan(&[debtor], &Policy::default(), date(as_of))
    }

    #[test]
    fn a_student_gets_one_message_with_all_items_named_by_the_gravest() {
        let mut older = item("F-1", "2026-10-12", 50_000);
        older.written.push(Written {
            step: "reminder".to_owned(),
            on: date("2026-10-15"),
            delivered_on: Some(date("2026-10-15")),
            letter_on: None,
            fate: Fate::Sent,
        });
        let debtor = owes(vec![
            older,
            item("F-2", "2026-10-19", 20_000),
            item("F-3", "2026-10-29", 10_000),
            item("F-4", "2026-10-12", 0),
        ]);
        let plan = planned(debtor, "2026-10-22");
        let [message] = plan.messages.as_slice() else {
            panic!("{plan:?}");
        };
        let steps: Vec<(usize, &str)> = (message.items.iter())
            .map(|(item, step)| (*item, step.as_str()))
            .collect();
        assert_eq!(message.template, "second");
        assert_eq!(steps, [(0, "second"), (1, "reminder"), (2, "notice")]);
        assert_eq!(plan.held_back, []);
    }

    #[test]
    fn an_item_that_is_held_back_leaves_the_others() {
        let mut uncovered = item("F-1", "2026-10-12", 50_000);
        uncovered.covered_through = Some(date("2026-10-12"));
        let debtor = owes(vec![uncovered, item("F-2", "2026-10-12", 20_000)]);
        let plan = planned(debtor, "2026-10-15");
        assert_eq!(plan.messages[0].items, [(1, "reminder".to_owned())]);
        assert_eq!(
            (plan.held_back[0].item, plan.held_back[0].step.as_str()),
            (0, "reminder")
        );
    }

    #[test]
    fn a_notice_needs_no_statements() {
        let mut uncovered = item("F-1", "2026-10-12", 50_000);
        uncovered.covered_through = None;
        let plan = planned(owes(vec![uncovered]), "2026-10-05");
        assert_eq!((plan.messages.len(), plan.held_back.len()), (1, 0));
    }

    #[test]
    fn what_is_not_worth_a_message_is_none() {
        let mut policy = Policy::default();
        policy.default_kind.ladder[2].minimum_minor = 1_000;
        let debtors = [owes(vec![item("F-1", "2026-10-12", 999)])];
        assert_eq!(plan(&debtors, &policy, date("2026-10-15")), Plan::default());
    }

    #[test]
    fn a_message_asks_for_the_number_where_money_looks_like_theirs() {
        let mut debtor = owes(vec![item("F-1", "2026-10-12", 50_000)]);
        debtor.suspects.push(Suspect {
            credit: "3f09a1c2d4".to_owned(),
            currency: "PLN".to_owned(),
            amount_minor: 50_000,
            known_since: date("2026-10-09"),
            is_strong: false,
        });
        let plan = planned(debtor, "2026-10-15");
        assert!(plan.messages[0].asks_for_the_number);
    }

    #[test]
    fn a_run_that_is_too_large_waits_for_a_word() {
        let policy = Policy::default();
        let table = [
            (100, 1_000, None, None),
            (101, 1_000, None, Some(Brake::Share { percent: 10 })),
            (30, 1_000, Some(10), None),
            (
                31,
                1_000,
                Some(10),
                Some(Brake::Growth { times: 3, last: 10 }),
            ),
            (31, 1_000, Some(0), None),
            (0, 0, None, None),
        ];
        for (messages, students, last, expected) in table {
            assert_eq!(
                brake(messages, students, last, &policy),
                expected,
                "{messages}"
            );
        }
    }
}
