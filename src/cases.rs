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
}

/// Name, queue, business days until somebody has to have acted, and whether it is told at once.
type Rules = (&'static str, Queue, i32, bool);

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 19] = [
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
    /// The facts behind it by their names: a case that a person closed is not opened again for these.
    pub causes: BTreeSet<String>,
    /// For whoever works on it, a line each.
    pub evidence: BTreeSet<String>,
}

/// All cases that there should be.
pub type AllWanted = BTreeMap<Key, Wanted>;

/// Adds to what is wanted; what is wanted twice is one case.
pub fn want(
    all: &mut AllWanted,
    (kind, subject): (Kind, &str),
    student: Option<&str>,
    (cause, evidence): (String, String),
) {
    let subject = subject.to_owned();
    let wanted = all.entry(Key { kind, subject }).or_insert_with(|| Wanted {
        student: student.map(str::to_owned),
        causes: BTreeSet::new(),
        evidence: BTreeSet::new(),
    });
    wanted.causes.insert(cause);
    wanted.evidence.insert(evidence);
}

/// The case that decides about something which holds a message back; none where it ends by itself.
pub fn of_hold(held: &Held, debtor: &Debtor, item: &Item) -> Option<(Key, String)> {
    if held.until != Until::Case {
        return None;
    }
    let key = |kind: Kind, subject: &str| Key {
        kind,
        subject: subject.to_owned(),
    };
    let student = debtor.student.as_str();
    let of_item = || item.id.clone();
    Some(match &held.by {
        Interlock::Coverage(through) => {
            let through = through.map_or("never".to_owned(), |day| day.to_string());
            (key(Kind::Statements, &item.currency), through)
        }
        Interlock::StrongEvidence(credit) => (key(Kind::Unidentified, credit), credit.clone()),
        Interlock::Solvency | Interlock::MoneyWaits => (key(Kind::Allocation, student), of_item()),
        Interlock::ForeignMoney => (key(Kind::OtherCurrency, student), of_item()),
        Interlock::Court => (key(Kind::Court, &item.fee), item.fee.clone()),
        Interlock::NoAccount => (key(Kind::NoAccount, student), of_item()),
        Interlock::WeakEvidence(_) | Interlock::Said(_) => return None,
    })
}

/// What a person lifts who closes a case: for these causes, these interlocks hold nothing back any
/// longer. Missing statements and a court are not lifted by a word.
pub fn lifts(key: &Key) -> Vec<Interlock> {
    match key.kind {
        Kind::Unidentified => vec![Interlock::StrongEvidence(key.subject.clone())],
        Kind::Allocation => vec![Interlock::Solvency, Interlock::MoneyWaits],
        Kind::OtherCurrency => vec![Interlock::ForeignMoney],
        _ => Vec::new(),
    }
}

/// The last case of a kind and subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub id: i64,
    /// Whether somebody still has to act.
    pub is_open: bool,
    /// Whether a person closed it.
    pub by_person: bool,
    /// The facts behind it.
    pub causes: BTreeSet<String>,
    /// For whoever works on it.
    pub evidence: BTreeSet<String>,
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

/// What is to be done so that there are the cases that there should be.
pub fn reconcile(known: &BTreeMap<Key, Known>, wanted: AllWanted) -> Vec<Change> {
    let mut changes: Vec<Change> = (known.iter())
        .filter(|(key, case)| case.is_open && !wanted.contains_key(key))
        .map(|(_, case)| Change::Gone(case.id))
        .collect();
    for (key, wanted) in wanted {
        let change = match known.get(&key) {
            Some(case) if case.is_open => {
                let same = case.causes == wanted.causes && case.evidence == wanted.evidence;
                (!same).then_some(Change::Refresh(case.id, wanted))
            }
            // A person answered just this.
            Some(case) if case.by_person && wanted.causes.is_subset(&case.causes) => None,
            _ => Some(Change::Open(key, wanted)),
        };
        changes.extend(change);
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> BTreeSet<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn key() -> Key {
        Key {
            kind: Kind::EndOfLadder,
            subject: "ada".to_owned(),
        }
    }

    fn wanted(causes: &[&str]) -> Wanted {
        Wanted {
            student: Some("ada".to_owned()),
            causes: texts(causes),
            evidence: texts(causes),
        }
    }

    fn known(is_open: bool, by_person: bool, causes: &[&str]) -> BTreeMap<Key, Known> {
        let case = Known {
            id: 7,
            is_open,
            by_person,
            causes: texts(causes),
            evidence: texts(causes),
        };
        [(key(), case)].into()
    }

    #[test]
    fn a_case_is_opened_once_refreshed_and_closed_when_its_cause_is_gone() {
        let none = BTreeMap::new();
        let want = |causes: &[&str]| AllWanted::from([(key(), wanted(causes))]);
        let open = || Change::Open(key(), wanted(&["F-1"]));
        let table = [
            (none.clone(), want(&["F-1"]), vec![open()]),
            (known(true, false, &["F-1"]), want(&["F-1"]), vec![]),
            (
                known(true, false, &["F-1"]),
                want(&["F-1", "F-2"]),
                vec![Change::Refresh(7, wanted(&["F-1", "F-2"]))],
            ),
            (
                known(true, false, &["F-1"]),
                none_wanted(),
                vec![Change::Gone(7)],
            ),
            // The cause came back.
            (known(false, false, &["F-1"]), want(&["F-1"]), vec![open()]),
            // A person has answered that, and not what came later.
            (known(false, true, &["F-1", "F-2"]), want(&["F-1"]), vec![]),
            (
                known(false, true, &["F-1"]),
                want(&["F-1", "F-2"]),
                vec![Change::Open(key(), wanted(&["F-1", "F-2"]))],
            ),
            (known(false, true, &["F-1"]), none_wanted(), vec![]),
        ];
        for (known, wanted, expected) in table {
            assert_eq!(
                reconcile(&known, wanted.clone()),
                expected,
                "{known:?} {wanted:?}"
            );
        }
    }

    fn none_wanted() -> AllWanted {
        AllWanted::new()
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
