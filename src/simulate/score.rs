//! Truth against result: what an engine made of a simulated world.
//!
//! In: `truth.jsonl`, the credits that the engine booked with whose they are, and how its fees
//! end. Out: counts, and whether anything is wrong. Nothing here reads a file or a database.

pub mod messages;

use chrono::NaiveDate;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a world's statements should be read as.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Truth {
    credits: Vec<TrueCredit>,
    fees: BTreeMap<String, TrueFee>,
    accounts: BTreeMap<String, TrueAccount>,
    silent: BTreeSet<String>,
    compared: Vec<Compared>,
}

/// A credit as it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct TrueCredit {
    bank_account: String,
    bank_reference: Option<String>,
    booking_date: NaiveDate,
    amount_minor: i64,
    student: Option<String>,
    identifiable: Evidence,
    not_student: bool,
}

/// How a fee ends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct TrueFee {
    external_id: String,
    settled_on: Option<NaiveDate>,
    open_minor: i64,
    /// The days on which it was fully credited; none in a truth that was written before there were
    /// any.
    #[serde(default)]
    credited: Vec<Credited>,
}

/// Days on which a fee is fully credited with money that a rule can identify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
struct Credited {
    from: NaiveDate,
    until: Option<NaiveDate>,
}

/// A student of whom reminders have to know something.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct TrueStudent {
    external_id: String,
    silent: bool,
}

/// The days on which two other engines would have reminded wrongly of a fee.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Compared {
    by_import_date: Vec<NaiveDate>,
    by_order_date: Vec<NaiveDate>,
}

/// How a bank account ends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct TrueAccount {
    bank_account: String,
    closing_date: NaiveDate,
    closing_minor: i64,
}

/// What the statement tells about a credit's student.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Evidence {
    Account,
    Title,
    Name,
    None,
}

/// A line of `truth.jsonl`.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Record {
    Credit(TrueCredit),
    Fee(TrueFee),
    Account(TrueAccount),
    Reversal {},
    Outgoing {},
    Student(TrueStudent),
    Compared(Compared),
}

/// A line of the truth that is not as `simulate` writes it.
#[derive(Debug, thiserror::Error)]
#[error("truth, line {line}: {reason}")]
pub struct BadTruth {
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: serde_json::Error,
}

impl Truth {
    /// Reads the text of `truth.jsonl`.
    pub fn parse(text: &str) -> Result<Truth, BadTruth> {
        let mut truth = Truth::default();
        for (line, record) in (1..).zip(text.lines()) {
            match serde_json::from_str(record).map_err(|reason| BadTruth { line, reason })? {
                Record::Credit(credit) => truth.credits.push(credit),
                Record::Fee(fee) => drop(truth.fees.insert(fee.external_id.clone(), fee)),
                Record::Account(account) => {
                    truth.accounts.insert(account.bank_account.clone(), account);
                }
                Record::Student(student) => {
                    let silent = student.silent.then_some(student.external_id);
                    truth.silent.extend(silent);
                }
                Record::Compared(compared) => truth.compared.push(compared),
                Record::Reversal {} | Record::Outgoing {} => {}
            }
        }
        Ok(truth)
    }

    /// The last day and balance of a bank account, minor units.
    pub fn closing(&self, bank_account: &str) -> Option<(NaiveDate, i64)> {
        let account = self.accounts.get(bank_account)?;
        Some((account.closing_date, account.closing_minor))
    }
}

/// A credit as an engine booked it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// The main account, an IBAN without spaces.
    pub bank_account: String,
    /// The bank's reference, if it gave one.
    pub bank_reference: Option<String>,
    /// Tells credits without a reference apart.
    pub booking_date: NaiveDate,
    /// Minor units.
    pub amount_minor: i64,
    /// Whose it is.
    pub outcome: Outcome,
}

/// Whose an engine says a credit is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The student with this external id.
    Student(String),
    /// A person has to say.
    Review {
        /// Is there strong evidence for somebody?
        strong: bool,
    },
    /// Nobody's: interest, a grant …
    NotStudent,
}

/// How a fee ends in an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookedFee {
    /// The student system's id; derived ones (`<id>:interest`) are passed over.
    pub external_id: String,
    /// The day on which the last part counts.
    pub settled_on: Option<NaiveDate>,
    /// Minor units.
    pub open_minor: i64,
}

/// Counts of what came out right and wrong.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// Posted to the right student by the virtual account, or rightly nobody's.
    pub right: u64,
    /// Posted to another student, or a student's money called nobody's, or the reverse.
    pub wrong: u64,
    /// Posted to the right student although no virtual account says so.
    pub unproven: u64,
    /// In review although the virtual account says whose.
    pub review_account: u64,
    /// In review, and the title says whose.
    pub review_title: u64,
    /// Of those, with strong evidence shown.
    pub review_title_strong: u64,
    /// In review, and a name hints at somebody.
    pub review_name: u64,
    /// In review, and nothing tells whose.
    pub review_none: u64,
    /// In truth, not booked.
    pub missing: u64,
    /// Booked, not in truth, or booked twice.
    pub unknown: u64,
    /// Fees that end on the right day with the right amount open.
    pub fees_right: u64,
    /// Fees settled on another day, or with another amount open.
    pub fees_wrong: u64,
    /// Fees in truth that the engine does not list.
    pub fees_missing: u64,
    /// Fees that the engine lists and truth does not.
    pub fees_unknown: u64,
}

impl Score {
    /// Is anything not as it must be? Credits in review are right where no virtual account
    /// tells whose they are.
    pub fn is_wrong(&self) -> bool {
        let wrong = [
            self.wrong,
            self.unproven,
            self.review_account,
            self.missing,
            self.unknown,
            self.fees_wrong,
            self.fees_missing,
            self.fees_unknown,
        ];
        wrong.into_iter().any(|count| count > 0)
    }

    fn judge(&mut self, truth: &TrueCredit, outcome: &Outcome) {
        match (outcome, truth.identifiable) {
            (Outcome::Student(_), evidence) if outcome_is_right(truth, outcome) => match evidence {
                Evidence::Account => self.right += 1,
                Evidence::Title | Evidence::Name | Evidence::None => self.unproven += 1,
            },
            (Outcome::NotStudent, _) if outcome_is_right(truth, outcome) => self.right += 1,
            (Outcome::Student(_) | Outcome::NotStudent, _) => self.wrong += 1,
            (Outcome::Review { .. }, Evidence::Account) => self.review_account += 1,
            (Outcome::Review { strong }, Evidence::Title) => {
                self.review_title += 1;
                self.review_title_strong += u64::from(*strong);
            }
            (Outcome::Review { .. }, Evidence::Name) => self.review_name += 1,
            (Outcome::Review { .. }, Evidence::None) => self.review_none += 1,
        }
    }
}

/// Account, reference, amount; and the day where there is no reference.
type Key<'a> = (&'a str, Option<&'a str>, i64, Option<NaiveDate>);

fn key<'a>(account: &'a str, reference: Option<&'a str>, minor: i64, day: NaiveDate) -> Key<'a> {
    (
        account,
        reference,
        minor,
        reference.is_none().then_some(day),
    )
}

/// Compares what is with what an engine booked.
pub fn score(truth: &Truth, credits: &[Booked], fees: &[BookedFee]) -> Score {
    let mut score = Score::default();
    let mut groups: BTreeMap<Key, (Vec<&TrueCredit>, Vec<&Outcome>)> = BTreeMap::new();
    for credit in &truth.credits {
        let reference = credit.bank_reference.as_deref();
        let key = key(
            &credit.bank_account,
            reference,
            credit.amount_minor,
            credit.booking_date,
        );
        groups.entry(key).or_default().0.push(credit);
    }
    for credit in credits {
        let reference = credit.bank_reference.as_deref();
        let key = key(
            &credit.bank_account,
            reference,
            credit.amount_minor,
            credit.booking_date,
        );
        groups.entry(key).or_default().1.push(&credit.outcome);
    }
    for (true_credits, outcomes) in groups.into_values() {
        score_equal(&mut score, true_credits, outcomes);
    }
    score_fees(&mut score, truth, fees);
    score
}

/// Credits that nothing tells apart: as many as possible are right.
fn score_equal(score: &mut Score, truth: Vec<&TrueCredit>, mut outcomes: Vec<&Outcome>) {
    let mut rest = Vec::new();
    for credit in truth {
        match outcomes
            .iter()
            .position(|outcome| outcome_is_right(credit, outcome))
        {
            Some(at) => score.judge(credit, outcomes.swap_remove(at)),
            None => rest.push(credit),
        }
    }
    let mut outcomes = outcomes.into_iter();
    for credit in rest {
        match outcomes.next() {
            Some(outcome) => score.judge(credit, outcome),
            None => score.missing += 1,
        }
    }
    score.unknown += outcomes.map(|_| 1).sum::<u64>();
}

fn outcome_is_right(truth: &TrueCredit, outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Student(student) => truth.student.as_ref() == Some(student),
        Outcome::NotStudent => truth.not_student,
        Outcome::Review { .. } => false,
    }
}

fn score_fees(score: &mut Score, truth: &Truth, fees: &[BookedFee]) {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for fee in fees.iter().filter(|fee| !fee.external_id.contains(':')) {
        let times = seen.entry(&fee.external_id).or_default();
        *times += 1;
        match truth.fees.get(&fee.external_id).filter(|_| *times == 1) {
            None => score.fees_unknown += 1,
            Some(end) if (end.settled_on, end.open_minor) == (fee.settled_on, fee.open_minor) => {
                score.fees_right += 1;
            }
            Some(_) => score.fees_wrong += 1,
        }
    }
    let missing = truth
        .fees
        .keys()
        .filter(|id| !seen.contains_key(id.as_str()));
    score.fees_missing = missing.map(|_| 1).sum();
}

impl fmt::Display for Score {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (count, meaning) in [
            (self.right, "credits identified right"),
            (self.wrong, "credits identified wrong"),
            (
                self.unproven,
                "credits posted without a virtual account that says whose",
            ),
            (
                self.review_account,
                "credits in review although the virtual account says whose",
            ),
            (self.review_title, "credits in review, the title says whose"),
            (
                self.review_title_strong,
                "  of these with strong evidence shown",
            ),
            (
                self.review_name,
                "credits in review, a name hints at somebody",
            ),
            (self.review_none, "credits in review, nothing tells whose"),
            (self.missing, "credits missing"),
            (self.unknown, "credits unknown or booked twice"),
            (
                self.fees_right,
                "fees settled on the right day, or rightly open",
            ),
            (
                self.fees_wrong,
                "fees settled on a wrong day, or wrongly open",
            ),
            (self.fees_missing, "fees missing"),
            (self.fees_unknown, "fees unknown"),
        ] {
            writeln!(out, "{count:>9}  {meaning}")?;
        }
        let verdict = if self.is_wrong() {
            "WRONG"
        } else {
            "nothing is wrong"
        };
        write!(out, "{verdict:>9}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: &str = r#"{"type":"credit","bank_account":"PL1","bank_reference":"A","booking_date":"2026-10-12","amount_minor":100,"student":"ann","identifiable":"account","settles":[],"on_account_minor":0,"not_student":false,"reversed_minor":0}
{"type":"credit","bank_account":"PL1","bank_reference":"B","booking_date":"2026-10-12","amount_minor":200,"student":"bob","identifiable":"title","settles":[],"on_account_minor":0,"not_student":false,"reversed_minor":0}
{"type":"credit","bank_account":"PL1","bank_reference":null,"booking_date":"2026-10-12","amount_minor":300,"student":"ann","identifiable":"account","settles":[],"on_account_minor":0,"not_student":false,"reversed_minor":0}
{"type":"credit","bank_account":"PL1","bank_reference":null,"booking_date":"2026-10-12","amount_minor":300,"student":"bob","identifiable":"account","settles":[],"on_account_minor":0,"not_student":false,"reversed_minor":0}
{"type":"credit","bank_account":"PL1","bank_reference":"C","booking_date":"2026-10-30","amount_minor":7,"student":null,"identifiable":"none","settles":[],"on_account_minor":0,"not_student":true,"reversed_minor":0}
{"type":"reversal","bank_account":"PL1","bank_reference":"A","booking_date":"2026-10-13","amount_minor":-100,"original_reference":"A","student":"ann"}
{"type":"outgoing","bank_account":"PL1","bank_reference":"D","booking_date":"2026-10-30","amount_minor":-5,"kind":"charge"}
{"type":"fee","external_id":"F-1","student":"ann","amount_minor":300,"due_on":"2026-10-12","settled_on":"2026-10-12","open_minor":0}
{"type":"fee","external_id":"F-2","student":"bob","amount_minor":500,"due_on":"2026-10-12","settled_on":null,"open_minor":200}
{"type":"account","bank_account":"PL1","closing_date":"2027-02-12","closing_minor":902}
"#;

    fn day(of_october: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 10, of_october).unwrap()
    }

    fn student(id: &str) -> Outcome {
        Outcome::Student(id.to_owned())
    }

    fn booked(reference: Option<&str>, amount_minor: i64, outcome: Outcome) -> Booked {
        Booked {
            bank_account: "PL1".to_owned(),
            bank_reference: reference.map(str::to_owned),
            booking_date: day(12),
            amount_minor,
            outcome,
        }
    }

    fn all_right() -> Vec<Booked> {
        vec![
            booked(Some("A"), 100, student("ann")),
            booked(Some("B"), 200, Outcome::Review { strong: true }),
            booked(None, 300, student("bob")),
            booked(None, 300, student("ann")),
            booked(Some("C"), 7, Outcome::NotStudent),
        ]
    }

    fn fee(id: &str, settled_on: Option<NaiveDate>, open_minor: i64) -> BookedFee {
        BookedFee {
            external_id: id.to_owned(),
            settled_on,
            open_minor,
        }
    }

    fn right_fees() -> Vec<BookedFee> {
        vec![
            fee("F-1", Some(day(12)), 0),
            fee("F-2", None, 200),
            fee("F-1:interest", None, 9),
        ]
    }

    fn scored(credits: &[Booked], fees: &[BookedFee]) -> Score {
        score(&Truth::parse(TRUTH).unwrap(), credits, fees)
    }

    #[test]
    fn a_right_result_is_right_whatever_its_order() {
        let mut credits = all_right();
        let expected = Score {
            right: 4,
            review_title: 1,
            review_title_strong: 1,
            fees_right: 2,
            ..Score::default()
        };
        assert_eq!(scored(&credits, &right_fees()), expected);
        credits.reverse();
        assert_eq!(scored(&credits, &right_fees()), expected);
        assert!(!expected.is_wrong());
        assert_eq!(Truth::parse(TRUTH).unwrap().closing("PL1").unwrap().1, 902);
    }

    #[test]
    fn each_wrong_outcome_is_counted_as_what_it_is() {
        type Count = fn(&Score) -> u64;
        let review = || Outcome::Review { strong: false };
        let cases: [(usize, Outcome, Count); 6] = [
            (0, student("bob"), |score| score.wrong),
            (0, review(), |score| score.review_account),
            (0, Outcome::NotStudent, |score| score.wrong),
            (1, student("bob"), |score| score.unproven),
            (2, student("ann"), |score| score.wrong),
            (4, student("ann"), |score| score.wrong),
        ];
        for (at, outcome, count) in cases {
            let mut credits = all_right();
            credits[at].outcome = outcome;
            let score = scored(&credits, &right_fees());
            assert_eq!(count(&score), 1, "{at} {:?}", credits[at].outcome);
            assert!(score.is_wrong());
        }
    }

    #[test]
    fn interest_in_review_is_not_wrong() {
        let mut credits = all_right();
        credits[4].outcome = Outcome::Review { strong: false };
        let score = scored(&credits, &right_fees());
        assert!(!score.is_wrong());
        assert_eq!(score.review_none, 1);
    }

    #[test]
    fn missing_and_double_credits_are_wrong() {
        let mut credits = all_right();
        credits.remove(2);
        assert_eq!(scored(&credits, &right_fees()).missing, 1);
        credits = all_right();
        credits.push(credits[0].clone());
        assert_eq!(scored(&credits, &right_fees()).unknown, 1);
        credits = all_right();
        credits[0].amount_minor = 99;
        let score = scored(&credits, &right_fees());
        assert_eq!(
            (score.missing, score.unknown, score.is_wrong()),
            (1, 1, true)
        );
    }

    #[test]
    fn a_fee_must_end_on_its_day_with_its_open_amount_and_once() {
        let credits = all_right();
        let wrong_day = [fee("F-1", Some(day(13)), 0), fee("F-2", None, 200)];
        assert_eq!(scored(&credits, &wrong_day).fees_wrong, 1);
        let wrong_amount = [fee("F-1", Some(day(12)), 0), fee("F-2", None, 100)];
        assert_eq!(scored(&credits, &wrong_amount).fees_wrong, 1);
        let one = [fee("F-1", Some(day(12)), 0)];
        assert_eq!(scored(&credits, &one).fees_missing, 1);
        let strange = [
            right_fees(),
            vec![fee("F-1", Some(day(12)), 0), fee("F-9", None, 1)],
        ]
        .concat();
        assert_eq!(scored(&credits, &strange).fees_unknown, 2);
        assert!(scored(&credits, &strange).is_wrong());
    }

    #[test]
    fn a_bad_line_is_named() {
        let error = Truth::parse("{\"type\":\"outgoing\"}\n{\"type\":\"fee\"}\n").unwrap_err();
        assert_eq!(error.line, 2);
    }

    #[test]
    fn the_table_ends_with_the_verdict() {
        assert!(
            scored(&all_right(), &right_fees())
                .to_string()
                .ends_with("nothing is wrong")
        );
        assert!(scored(&[], &[]).to_string().ends_with("WRONG"));
    }
}
