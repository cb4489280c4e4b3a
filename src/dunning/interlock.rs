//! What holds an overdue message back.
//!
//! A notice before the due date needs little of this: it asks nobody for money that may be on its
//! way, and only what stops every message stops it. Each interlock ends on a day, or with a case that a person has to decide: nobody is blocked
//! for ever.

use super::{Bar, Debtor, Item, Pause, Said, Suspect};
use crate::calendar::{add_business_days, is_business_day, previous_bank_day};
use chrono::NaiveDate;

/// A credit that is surely somebody's waits so many business days for a person.
const STRONG_DAYS: i32 = 5;
/// One that may be.
const WEAK_DAYS: i32 = 2;
/// A claim ends when coverage has reached its day and so many business days more.
const CLAIM_DAYS: i32 = 3;
/// A statement that is late for so many business days is a case.
const LATE_DAYS: usize = 2;

/// Why an overdue message is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// By what.
    pub by: Interlock,
    /// How long.
    pub until: Until,
}

/// What holds a message back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interlock {
    /// Statements are missing: they reach only this day.
    Coverage(Option<NaiveDate>),
    /// A credit with a number or a sender of this student would settle it.
    StrongEvidence(String),
    /// A credit with a name or an equal amount would settle it.
    WeakEvidence(String),
    /// The student or the office said something.
    Said(Pause),
    /// The student's money reached for all that was due.
    Solvency,
    /// The student has so much money on account in other currencies, minor units added up.
    ForeignMoney(i64),
    /// So much money of the student waits for a person to say what it is for; minor units.
    MoneyWaits(i64),
    /// A court has it.
    Court,
    /// No account number is assigned to which it could be paid.
    NoAccount,
}

impl Interlock {
    /// Its short name, by which those alike are counted.
    pub fn name(&self) -> &'static str {
        match self {
            Interlock::Coverage(_) => "coverage",
            Interlock::StrongEvidence(_) => "strong_evidence",
            Interlock::WeakEvidence(_) => "weak_evidence",
            Interlock::Said(Pause::Claim { .. }) => "claim",
            Interlock::Said(Pause::Dispute { .. }) => "dispute",
            Interlock::Said(Pause::Deferral { .. }) => "deferral",
            Interlock::Said(Pause::Hold { .. }) => "hold",
            Interlock::Solvency => "solvency",
            Interlock::ForeignMoney(_) => "foreign_money",
            Interlock::MoneyWaits(_) => "money_waits",
            Interlock::Court => "court",
            Interlock::NoAccount => "no_account",
        }
    }
}

/// How long a message is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// This day is the last.
    Day(NaiveDate),
    /// Statements have to reach this day.
    Covered(NaiveDate),
    /// A person has to decide.
    Case,
}

/// Every interlock that holds a message about an item, which is worth sending from `minimum_minor`
/// on, back on a day.
pub fn all(debtor: &Debtor, item: &Item, minimum_minor: i64, as_of: NaiveDate) -> Vec<Held> {
    let mut held = Vec::new();
    let mut hold = |by: Interlock, until: Until| held.push(Held { by, until });
    for stop in stops(debtor, item, as_of) {
        hold(stop.by, stop.until);
    }
    for bar in &item.bars {
        if let Bar::MoneyWaits(minor) = bar {
            hold(Interlock::MoneyWaits(*minor), Until::Case);
        }
    }
    if item.bars.contains(&Bar::Solvent) {
        hold(Interlock::Solvency, Until::Case);
    }
    let needed = previous_bank_day(as_of);
    if item.covered_through.is_none_or(|through| through < needed) {
        let until = if stuck(item, needed) {
            Until::Case
        } else {
            Until::Covered(needed)
        };
        hold(Interlock::Coverage(item.covered_through), until);
    }
    for pause in pauses(debtor, item, as_of, false) {
        hold(pause.by, pause.until);
    }
    for suspect in &debtor.suspects {
        let would_settle = suspect.currency == item.currency
            && item.open_minor - suspect.amount_minor < minimum_minor.max(1);
        let days = if suspect.is_strong {
            STRONG_DAYS
        } else {
            WEAK_DAYS
        };
        let last = add_business_days(suspect.known_since, days);
        let credit = || suspect.credit.clone();
        match (would_settle, suspect.is_strong, as_of <= last) {
            (false, ..) | (true, false, false) => {}
            (true, false, true) => hold(Interlock::WeakEvidence(credit()), Until::Day(last)),
            (true, true, true) => hold(Interlock::StrongEvidence(credit()), Until::Day(last)),
            (true, true, false) => hold(Interlock::StrongEvidence(credit()), Until::Case),
        }
    }
    not_lifted(held, item)
}

/// A person who was asked has answered: what waited for that waits no longer.
fn not_lifted(mut held: Vec<Held>, item: &Item) -> Vec<Held> {
    held.retain(|held| held.until != Until::Case || !item.lifted.contains(&held.by));
    held
}

/// What stops every message about an item, notices too: a court, a hold of the office, no number to
/// pay it to, and money in another currency, of which a person has to say what it is for.
pub fn stops(debtor: &Debtor, item: &Item, as_of: NaiveDate) -> Vec<Held> {
    let mut held = Vec::new();
    let mut hold = |by: Interlock, until: Until| held.push(Held { by, until });
    if item.bars.contains(&Bar::AtCourt) {
        hold(Interlock::Court, Until::Case);
    }
    if item.bars.contains(&Bar::NoAccount) {
        hold(Interlock::NoAccount, Until::Case);
    }
    let others = debtor.on_account.iter();
    let foreign: i64 = others
        .filter(|(currency, _)| **currency != item.currency)
        .map(|(_, minor)| minor)
        .sum();
    if foreign > 0 {
        hold(Interlock::ForeignMoney(foreign), Until::Case);
    }
    held.extend(pauses(debtor, item, as_of, true));
    not_lifted(held, item)
}

/// Whether a message about an item should ask to check the account number: a credit looked like this
/// student's, and nobody found out within its days.
pub fn asks_for_the_number(debtor: &Debtor, as_of: NaiveDate) -> bool {
    (debtor.suspects.iter()).any(|suspect| only_asks_for_the_number(suspect, as_of))
}

/// Whether a credit that may be somebody's holds nothing back any more: of such, one says as much as many.
pub fn only_asks_for_the_number(suspect: &Suspect, as_of: NaiveDate) -> bool {
    !suspect.is_strong && add_business_days(suspect.known_since, WEAK_DAYS) < as_of
}

/// Whether statements are missing for longer than this bank takes.
fn stuck(item: &Item, needed: NaiveDate) -> bool {
    let Some(through) = item.covered_through else {
        return true;
    };
    let missing = through.iter_days().skip(1).take_while(|day| *day <= needed);
    let missing = missing.filter(|day| is_business_day(*day)).count();
    item.statement_days + LATE_DAYS <= missing
}

/// What was said about an item and still holds: holds of the office, or all the rest.
fn pauses(
    debtor: &Debtor,
    item: &Item,
    as_of: NaiveDate,
    of_office: bool,
) -> impl Iterator<Item = Held> {
    let wanted = move |said: &&Said| {
        matches!(said.what, Pause::Hold { .. }) == of_office
            && said.fee.as_ref().is_none_or(|fee| *fee == item.fee)
    };
    debtor.said.iter().filter(wanted).filter_map(move |said| {
        Some(Held {
            until: paused(said.what, item.covered_through, as_of)?,
            by: Interlock::Said(said.what),
        })
    })
}

/// The day that coverage has to reach before it is known that claimed money has not come.
pub fn claim_ends(paid_on: NaiveDate) -> NaiveDate {
    add_business_days(paid_on, CLAIM_DAYS)
}

/// The last day on which a credit that is very likely a student's waits without a case.
pub fn strong_ends(known_since: NaiveDate) -> NaiveDate {
    add_business_days(known_since, STRONG_DAYS)
}

/// How long a pause still holds.
fn paused(what: Pause, covered_through: Option<NaiveDate>, as_of: NaiveDate) -> Option<Until> {
    match what {
        Pause::Claim { paid_on } => {
            let last = claim_ends(paid_on);
            let reached = covered_through.is_some_and(|through| last <= through);
            (!reached).then_some(Until::Covered(last))
        }
        Pause::Dispute { until } | Pause::Deferral { until } | Pause::Hold { until } => {
            (as_of <= until).then_some(Until::Day(until))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Thursday; the day before is a bank day.
    const TODAY: &str = "2026-10-15";

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn item() -> Item {
        Item {
            id: "F-1".to_owned(),
            fee: "F-1".to_owned(),
            kind: "tuition".to_owned(),
            currency: "PLN".to_owned(),
            due_on: date("2026-10-12"),
            open_minor: 50_000,
            bars: Vec::new(),
            lifted: Vec::new(),
            written: Vec::new(),
            covered_through: Some(date("2026-10-14")),
            statement_days: 1,
        }
    }

    fn suspect(amount_minor: i64, known_since: &str, is_strong: bool) -> Suspect {
        Suspect {
            credit: "3f09a1c2d4".to_owned(),
            currency: "PLN".to_owned(),
            amount_minor,
            known_since: date(known_since),
            is_strong,
        }
    }

    fn debtor() -> Debtor {
        Debtor {
            student: "ada".to_owned(),
            ..Debtor::default()
        }
    }

    fn held(debtor: &Debtor, item: &Item) -> Vec<Until> {
        let found = all(debtor, item, 0, date(TODAY)).into_iter();
        found.map(|held| held.until).collect()
    }

    #[test]
    fn nothing_holds_back_whoever_is_late_and_silent() {
        assert_eq!(held(&debtor(), &item()), []);
    }

    #[test]
    fn statements_have_to_reach_the_bank_day_before() {
        let covered = |through: Option<&str>| Item {
            covered_through: through.map(date),
            ..item()
        };
        let wednesday = Until::Covered(date("2026-10-14"));
        assert_eq!(held(&debtor(), &covered(Some("2026-10-13"))), [wednesday]);
        assert_eq!(held(&debtor(), &covered(Some("2026-10-12"))), [wednesday]);
        // Since Friday three business days are missing.
        assert_eq!(held(&debtor(), &covered(Some("2026-10-09"))), [Until::Case]);
        assert_eq!(held(&debtor(), &covered(None)), [Until::Case]);
        // Of a weekly one the last told until Friday, and the next is not due before Monday.
        let weekly = |through: &str| Item {
            statement_days: 5,
            ..covered(Some(through))
        };
        assert_eq!(held(&debtor(), &weekly("2026-10-09")), [wednesday]);
        assert_eq!(held(&debtor(), &weekly("2026-10-06")), [wednesday]);
        assert_eq!(held(&debtor(), &weekly("2026-10-05")), [Until::Case]);
    }

    #[test]
    fn a_credit_that_may_be_theirs_has_some_days_to_be_found() {
        let with = |one: Suspect| Debtor {
            suspects: vec![one],
            ..debtor()
        };
        let table = [
            (
                suspect(50_000, "2026-10-13", true),
                vec![Until::Day(date("2026-10-20"))],
            ),
            (suspect(50_000, "2026-10-07", true), vec![Until::Case]),
            (
                suspect(50_000, "2026-10-13", false),
                vec![Until::Day(date("2026-10-15"))],
            ),
            (suspect(50_000, "2026-10-12", false), vec![]),
            // It would not settle the item.
            (suspect(49_999, "2026-10-13", true), vec![]),
        ];
        for (one, expected) in table {
            assert_eq!(held(&with(one.clone()), &item()), expected, "{one:?}");
        }
        // What is left would be less than is worth a message.
        let nearly = with(suspect(49_000, "2026-10-13", true));
        assert_eq!(all(&nearly, &item(), 2_000, date(TODAY)).len(), 1);
        assert!(asks_for_the_number(
            &with(suspect(1, "2026-10-12", false)),
            date(TODAY)
        ));
        assert!(!asks_for_the_number(
            &with(suspect(1, "2026-10-13", false)),
            date(TODAY)
        ));
        let euro = Suspect {
            currency: "EUR".to_owned(),
            ..suspect(50_000, "2026-10-13", true)
        };
        assert_eq!(held(&with(euro), &item()), []);
    }

    #[test]
    fn what_was_said_holds_until_its_day_for_its_item() {
        let says = |what: Pause, item: Option<&str>| Debtor {
            said: vec![Said {
                what,
                fee: item.map(str::to_owned),
                why: "asked at the counter".to_owned(),
            }],
            ..debtor()
        };
        let until = date(TODAY);
        let past = date("2026-10-14");
        assert_eq!(
            held(&says(Pause::Dispute { until }, None), &item()),
            [Until::Day(until)]
        );
        assert_eq!(held(&says(Pause::Hold { until: past }, None), &item()), []);
        assert_eq!(
            held(&says(Pause::Deferral { until }, Some("F-2")), &item()),
            []
        );
        // Paid on Monday, so the statements have to reach Thursday.
        let claim = says(
            Pause::Claim {
                paid_on: date("2026-10-12"),
            },
            Some("F-1"),
        );
        assert_eq!(held(&claim, &item()), [Until::Covered(until)]);
        let covered = Item {
            covered_through: Some(until),
            ..item()
        };
        assert_eq!(held(&claim, &covered), []);
    }

    #[test]
    fn solvency_foreign_money_and_a_court_are_for_a_person() {
        let solvent = Item {
            bars: vec![Bar::Solvent],
            ..item()
        };
        assert_eq!(held(&debtor(), &solvent), [Until::Case]);
        let euro = Debtor {
            on_account: [("EUR".to_owned(), 100)].into(),
            ..debtor()
        };
        assert_eq!(held(&euro, &item()), [Until::Case]);
        let sued = Item {
            bars: vec![Bar::AtCourt],
            ..item()
        };
        assert_eq!(held(&debtor(), &sued), [Until::Case]);
        let waits = Item {
            bars: vec![Bar::MoneyWaits(100)],
            ..item()
        };
        assert_eq!(held(&debtor(), &waits), [Until::Case]);
        // A notice is stopped by a court and by money in another currency, not by the rest.
        let stopped = |debtor: &Debtor, item: &Item| stops(debtor, item, date(TODAY)).len();
        assert_eq!(stopped(&euro, &sued), 2);
        assert_eq!(stopped(&debtor(), &waits) + stopped(&debtor(), &solvent), 0);
    }
}
