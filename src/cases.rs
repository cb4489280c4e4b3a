//! What needs a person: which cases there should be, and what becomes of those there are.
//!
//! In: what holds messages back until a person decides, ladders that ended, money that is in doubt,
//! what students said. Out: cases to open, to refresh, and to close because their cause is gone. It
//! decides nothing in anybody's stead: an outcome is a person's.

use crate::calendar::add_business_days;
use crate::dunning::interlock::{Held, Interlock, Until};
use crate::dunning::{Debtor, Item};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Whose desk it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Queue {
    /// The student service centre: whoever talks with students.
    Cos,
    /// The bursar's office: whoever knows the money.
    Bursar,
}

impl Queue {
    /// As it is stored and typed.
    pub fn name(self) -> &'static str {
        match self {
            Queue::Cos => "cos",
            Queue::Bursar => "bursar",
        }
    }

    /// By its name.
    pub fn of(name: &str) -> Option<Queue> {
        [Queue::Cos, Queue::Bursar]
            .into_iter()
            .find(|queue| queue.name() == name)
    }
}

/// What a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// All messages were sent, the demand's term is over, and the money is not there.
    EndOfLadder,
    /// A credit that is very likely somebody's waits for a person.
    Unidentified,
    /// The account says one student and the text another.
    Disagreement,
    /// What the student paid covers what was due, or waits to be told what it is for.
    Allocation,
    /// The bank took something back, and nobody knows which credit.
    Reversal,
    /// More went back than there was: it is to be recovered.
    Recovery,
    /// What the student said to have paid has not come.
    ClaimNotFound,
    /// The student says that a fee is wrong.
    Dispute,
    /// The student asks for more time.
    Deferral,
    /// The student asks for instalments.
    Instalments,
    /// A demand has to be posted as a letter, and its delivery noted.
    Letter,
    /// Mail does not reach the student.
    Address,
    /// Nobody knows whether a message arrived.
    Delivery,
    /// Statements are missing for longer than banks take.
    Statements,
    /// Money in another currency than the fee's lies on account.
    OtherCurrency,
    /// The student has no account number to pay to.
    NoAccount,
    /// A fee is before a court.
    Court,
    /// The student paid after a court had got the fee.
    PaidAfterCourt,
    /// Money lies on account for long, and nothing is due.
    IdleMoney,
    /// Somebody signs in whom nobody here knows, or as somebody else than before.
    SignIn,
    /// The office cannot tell whose a credit is, and asks whoever talks with students.
    HandedOver,
}

/// Name, queue, business days until somebody has to have acted, and whether it is told at once.
type Rules = (&'static str, Queue, i32, bool);

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 21] = [
        Kind::EndOfLadder,
        Kind::Unidentified,
        Kind::Disagreement,
        Kind::Allocation,
        Kind::Reversal,
        Kind::Recovery,
        Kind::ClaimNotFound,
        Kind::Dispute,
        Kind::Deferral,
        Kind::Instalments,
        Kind::Letter,
        Kind::Address,
        Kind::Delivery,
        Kind::Statements,
        Kind::OtherCurrency,
        Kind::NoAccount,
        Kind::Court,
        Kind::PaidAfterCourt,
        Kind::IdleMoney,
        Kind::SignIn,
        Kind::HandedOver,
    ];

    fn rules(self) -> Rules {
        use Queue::{Bursar, Cos};
        match self {
            Kind::EndOfLadder => ("end_of_ladder", Cos, 10, false),
            Kind::Unidentified => ("unidentified", Bursar, 2, false),
            Kind::Disagreement => ("disagreement", Bursar, 2, false),
            Kind::Allocation => ("allocation", Bursar, 3, false),
            Kind::Reversal => ("reversal", Bursar, 2, true),
            Kind::Recovery => ("recovery", Bursar, 5, false),
            Kind::ClaimNotFound => ("claim_not_found", Cos, 3, false),
            Kind::Dispute => ("dispute", Cos, 10, false),
            Kind::Deferral => ("deferral", Cos, 5, false),
            Kind::Instalments => ("instalments", Cos, 5, false),
            Kind::Letter => ("letter", Cos, 2, false),
            Kind::Address => ("address", Cos, 3, false),
            Kind::Delivery => ("delivery", Cos, 1, false),
            Kind::Statements => ("statements", Bursar, 1, true),
            Kind::OtherCurrency => ("other_currency", Bursar, 3, false),
            Kind::NoAccount => ("no_account", Bursar, 2, false),
            Kind::Court => ("court", Bursar, 60, false),
            Kind::PaidAfterCourt => ("paid_after_court", Bursar, 1, true),
            Kind::IdleMoney => ("idle_money", Bursar, 20, false),
            Kind::SignIn => ("sign_in", Cos, 1, false),
            Kind::HandedOver => ("handed_over", Cos, 3, false),
        }
    }

    /// As it is stored and typed.
    pub fn name(self) -> &'static str {
        self.rules().0
    }

    /// By its name.
    pub fn of(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whose desk it is on.
    pub fn queue(self) -> Queue {
        self.rules().1
    }

    /// Whether it is told at once instead of with the next digest.
    pub fn is_urgent(self) -> bool {
        self.rules().3
    }

    /// Whether any answer of a person is one for good. For the others a decision takes the cause away,
    /// and where it does not, the case is there again.
    pub fn is_answered_by_decision(self) -> bool {
        matches!(
            self,
            Kind::ClaimNotFound
                | Kind::Dispute
                | Kind::Deferral
                | Kind::Instalments
                | Kind::Address
                | Kind::Delivery
                | Kind::HandedOver
        )
    }

    /// Whether a student said it of a fee and waits to read what becomes of it.
    pub fn is_asked_by_student(self) -> bool {
        matches!(
            self,
            Kind::ClaimNotFound | Kind::Dispute | Kind::Deferral | Kind::Instalments
        )
    }

    /// Whether it ends only when its cause does: a word does not bring statements, a number or a
    /// receipt.
    pub fn ends_by_itself_only(self) -> bool {
        matches!(self, Kind::Statements | Kind::NoAccount | Kind::Letter)
    }

    /// The day by which somebody should have acted on a case that was opened on a day.
    pub fn deadline(self, opened_on: NaiveDate) -> NaiveDate {
        add_business_days(opened_on, self.rules().2)
    }
}

/// What a case is about: of one kind and subject there is one open case at most.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The kind.
    pub kind: Kind,
    /// A student, fee, credit, currency …, by the kind.
    pub subject: String,
}

/// A case that there should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The student system's id, where it is about a student.
    pub student: Option<String>,
    /// The facts behind it by their names, each with a line for whoever works on it: a case that a
    /// person closed is not opened again for these.
    pub causes: BTreeMap<String, String>,
}

/// All cases that there should be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllWanted {
    /// They are opened, or stay.
    pub cases: BTreeMap<Key, Wanted>,
    /// They stay where they are open, and are not opened: something that passes is in the way.
    pub kept: BTreeSet<Key>,
}

impl AllWanted {
    /// Adds to what is wanted; what is wanted twice is one case.
    pub fn want(&mut self, key: Key, student: Option<&str>, (cause, evidence): (String, String)) {
        let wanted = self.cases.entry(key).or_insert_with(|| Wanted {
            student: student.map(str::to_owned),
            causes: BTreeMap::new(),
        });
        wanted.causes.insert(cause, evidence);
    }
}

impl Key {
    /// A case of a kind about a subject.
    pub fn new(kind: Kind, subject: &str) -> Key {
        Key {
            kind,
            subject: subject.to_owned(),
        }
    }
}

/// The case that decides about something which holds a message back; none where it ends by itself.
pub fn of_hold(held: &Held, debtor: &Debtor, item: &Item) -> Option<(Key, String)> {
    if held.until != Until::Case {
        return None;
    }
    let student = debtor.student.as_str();
    let id = &item.id;
    Some(match &held.by {
        Interlock::Coverage(through) => {
            let through = through.map_or("never".to_owned(), |day| day.to_string());
            (Key::new(Kind::Statements, &item.currency), through)
        }
        Interlock::StrongEvidence(credit) => (Key::new(Kind::Unidentified, credit), credit.clone()),
        Interlock::Solvency => (
            Key::new(Kind::Allocation, student),
            format!("{id} {SOLVENCY}"),
        ),
        Interlock::MoneyWaits(minor) => (
            Key::new(Kind::Allocation, student),
            format!("{id} {WAITS} {minor}"),
        ),
        Interlock::ForeignMoney(minor) => (
            Key::new(Kind::OtherCurrency, student),
            format!("{id} {FOREIGN} {minor}"),
        ),
        Interlock::Court => (Key::new(Kind::Court, &item.fee), item.fee.clone()),
        Interlock::NoAccount => (Key::new(Kind::NoAccount, student), id.clone()),
        Interlock::WeakEvidence(_) | Interlock::Said(_) => return None,
    })
}

const SOLVENCY: &str = "solvency";
const WAITS: &str = "waits";
const FOREIGN: &str = "foreign";

/// What holds an item back no longer when a person has closed a case that had this cause: the item,
/// none for all items, and the interlock. Missing statements, a missing number and a court are not
/// lifted by a word.
pub fn lifted(key: &Key, cause: &str) -> Option<(Option<String>, Interlock)> {
    if key.kind == Kind::Unidentified {
        return Some((None, Interlock::StrongEvidence(key.subject.clone())));
    }
    let mut words = cause.split(' ');
    let item = words.next()?.to_owned();
    let word = words.next()?;
    let minor = words.next().and_then(|minor| minor.parse().ok());
    let by = match word {
        SOLVENCY => Interlock::Solvency,
        WAITS => Interlock::MoneyWaits(minor?),
        FOREIGN => Interlock::ForeignMoney(minor?),
        _ => return None,
    };
    Some((Some(item), by))
}

/// The cause of a case about a message that did not arrive: it, as it failed at an instant.
pub fn of_message(id: i64, failed_at: i64) -> String {
    format!("{id} {failed_at}")
}

/// An open case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Its number.
    pub id: i64,
    /// The facts behind it.
    pub causes: BTreeMap<String, String>,
}

/// What is to be done with cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// There should be one.
    Open(Key, Wanted),
    /// There is one, and the facts behind it are others by now.
    Refresh(i64, Wanted),
    /// Its cause is gone.
    Gone(i64),
}

/// What is to be done so that there are the cases that there should be. What people answered by
/// closing cases, by cause, is asked no second time.
pub fn reconcile(
    open: &BTreeMap<Key, Open>,
    answered: &BTreeMap<Key, BTreeSet<String>>,
    mut wanted: AllWanted,
) -> Vec<Change> {
    for (key, wanted) in &mut wanted.cases {
        let answered = answered.get(key);
        wanted
            .causes
            .retain(|cause, _| !answered.is_some_and(|causes| causes.contains(cause)));
    }
    wanted.cases.retain(|_, wanted| !wanted.causes.is_empty());
    let stays = |key: &Key| wanted.cases.contains_key(key) || wanted.kept.contains(key);
    let mut changes: Vec<Change> = (open.iter())
        .filter(|(key, _)| !stays(key))
        .map(|(_, case)| Change::Gone(case.id))
        .collect();
    for (key, wanted) in wanted.cases {
        changes.extend(match open.get(&key) {
            None => Some(Change::Open(key, wanted)),
            Some(case) if case.causes == wanted.causes => None,
            Some(case) => Some(Change::Refresh(case.id, wanted)),
        });
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::new(Kind::EndOfLadder, "ada")
    }

    fn lines(causes: &[&str]) -> BTreeMap<String, String> {
        causes
            .iter()
            .map(|cause| ((*cause).to_owned(), format!("why {cause}")))
            .collect()
    }

    fn wanted(causes: &[&str]) -> Wanted {
        Wanted {
            student: Some("ada".to_owned()),
            causes: lines(causes),
        }
    }

    fn want(causes: &[&str]) -> AllWanted {
        AllWanted {
            cases: [(key(), wanted(causes))].into(),
            kept: BTreeSet::new(),
        }
    }

    fn open(causes: &[&str]) -> BTreeMap<Key, Open> {
        let case = Open {
            id: 7,
            causes: lines(causes),
        };
        [(key(), case)].into()
    }

    #[test]
    fn a_case_is_opened_once_refreshed_and_closed_when_its_cause_is_gone() {
        let none = BTreeMap::new();
        let nothing = AllWanted::default();
        let kept = AllWanted {
            kept: [key()].into(),
            ..AllWanted::default()
        };
        let answered = |causes: &[&str]| -> BTreeMap<Key, BTreeSet<String>> {
            let causes = causes.iter().map(|cause| (*cause).to_owned()).collect();
            [(key(), causes)].into()
        };
        let opens = |causes: &[&str]| vec![Change::Open(key(), wanted(causes))];
        let asked = BTreeMap::new;
        let table = [
            (none.clone(), asked(), want(&["F-1"]), opens(&["F-1"])),
            (open(&["F-1"]), asked(), want(&["F-1"]), vec![]),
            (
                open(&["F-1"]),
                asked(),
                want(&["F-1", "F-2"]),
                vec![Change::Refresh(7, wanted(&["F-1", "F-2"]))],
            ),
            (
                open(&["F-1"]),
                asked(),
                nothing.clone(),
                vec![Change::Gone(7)],
            ),
            // Something that passes is in the way.
            (open(&["F-1"]), asked(), kept.clone(), vec![]),
            (none.clone(), asked(), kept, vec![]),
            // A person has answered that, and not what came later.
            (
                none.clone(),
                answered(&["F-1", "F-2"]),
                want(&["F-1"]),
                vec![],
            ),
            (
                none.clone(),
                answered(&["F-1"]),
                want(&["F-1", "F-2"]),
                opens(&["F-2"]),
            ),
            (none, answered(&["F-1"]), nothing, vec![]),
        ];
        for (open, answered, wanted, expected) in table {
            assert_eq!(
                reconcile(&open, &answered, wanted.clone()),
                expected,
                "{open:?} {wanted:?}"
            );
        }
    }

    #[test]
    fn what_a_cause_lifts_is_what_made_it() {
        let by = [
            Interlock::Solvency,
            Interlock::MoneyWaits(10_000),
            Interlock::ForeignMoney(2_550),
        ];
        let debtor = Debtor {
            student: "ada".to_owned(),
            ..Debtor::default()
        };
        let item = Item::default();
        for by in by {
            let held = Held {
                by: by.clone(),
                until: Until::Case,
            };
            let (key, cause) = of_hold(&held, &debtor, &item).unwrap();
            assert_eq!(
                lifted(&key, &cause),
                Some((Some(item.id.clone()), by)),
                "{cause}"
            );
        }
    }

    #[test]
    fn names_are_read_as_they_are_written_and_differ() {
        let names: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind.name()), Some(kind));
            assert_eq!(Queue::of(kind.queue().name()), Some(kind.queue()));
        }
    }
}
