//! Which credit a reversal undoes.
//!
//! By the original reference; else the one credit of the same amount and counterparty within the
//! policy's number of days before; else nobody knows, and a person is asked. All reversals of an
//! account are attached together, in the order of their days and contents, so that the result does
//! not depend on which of them was read first.

use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// A line that may be undone, or that undoes one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// Its day.
    pub day: NaiveDate,
    /// Minor units, positive for both.
    pub amount_minor: i64,
    /// The bank's reference, the customer's, the end-to-end id: whatever may name the original.
    pub references: Vec<String>,
    /// The bank's reference, where it is an identity at this bank.
    pub identity: Option<String>,
    /// The other party's account.
    pub counterparty: Option<String>,
    /// The credited virtual account.
    pub virtual_account: Option<String>,
    /// Remittance information.
    pub remittance: String,
    /// The shell's id; a label only.
    pub id: i64,
}

/// Attaches reversals to credits; `days` tells how far back one of a day looks that has no
/// reference.
pub fn attach(
    credits: &[Line],
    reversals: &[Line],
    days: impl Fn(NaiveDate) -> u32,
) -> BTreeMap<i64, Option<i64>> {
    let mut order: Vec<&Line> = reversals.iter().collect();
    order.sort();
    let mut left: BTreeMap<i64, i64> = credits
        .iter()
        .map(|credit| (credit.id, credit.amount_minor))
        .collect();
    let mut attached: BTreeMap<i64, Option<i64>> = reversals
        .iter()
        .map(|reversal| (reversal.id, None))
        .collect();
    let index = Index::new(credits);
    // References are certain, so they choose before those that have to guess.
    for by_reference in [true, false] {
        for reversal in &order {
            if attached.get(&reversal.id) != Some(&None) {
                continue;
            }
            let alike = if by_reference {
                index.referred(reversal)
            } else {
                index.resembling(reversal, days(reversal.day))
            };
            let keys: BTreeSet<&str> = keys(reversal).collect();
            let fits = |credit: &&&Line| {
                let enough = left
                    .get(&credit.id)
                    .is_some_and(|&left| left >= reversal.amount_minor);
                let found = found_by(credit).any(|key| keys.contains(key));
                enough && found && credit.day <= reversal.day
            };
            let fitting: BTreeSet<&Line> = alike.iter().filter(fits).copied().collect();
            // Of several with one reference the newest is meant; without a reference only one will do.
            if let Some(credit) = fitting
                .last()
                .filter(|_| by_reference || fitting.len() == 1)
            {
                attached.insert(reversal.id, Some(credit.id));
                left.entry(credit.id)
                    .and_modify(|left| *left -= reversal.amount_minor);
            }
        }
    }
    attached
}

/// The words of a reversal's text that may be the reference of its credit.
pub fn words(reversal: &Line) -> impl Iterator<Item = &str> {
    let words = reversal
        .remittance
        .split_whitespace()
        .map(|word| word.trim_end_matches([';', ',', '.']));
    words.filter(|word| word.len() >= 6 && word.bytes().any(|byte| byte.is_ascii_digit()))
}

/// What may lead from a reversal to its credit: only a credit that is [`found_by`] one of these is
/// ever attached, so that reversals which lead to no credit in common can be looked at apart.
pub fn keys(reversal: &Line) -> impl Iterator<Item = &str> {
    (reversal.references.iter().map(String::as_str))
        .chain(words(reversal))
        .chain(reversal.counterparty.as_deref())
        .chain(reversal.virtual_account.as_deref())
}

/// What a credit is found by.
pub fn found_by(credit: &Line) -> impl Iterator<Item = &str> {
    let keys = [
        &credit.identity,
        &credit.counterparty,
        &credit.virtual_account,
    ];
    keys.into_iter().flatten().map(String::as_str)
}

/// Credits by what may name them.
struct Index<'a> {
    named: BTreeMap<&'a str, Vec<&'a Line>>,
    paid: BTreeMap<(i64, &'a str), Vec<&'a Line>>,
    credited: BTreeMap<(i64, &'a str), Vec<&'a Line>>,
}

impl<'a> Index<'a> {
    fn new(credits: &'a [Line]) -> Self {
        let mut index = Index {
            named: BTreeMap::new(),
            paid: BTreeMap::new(),
            credited: BTreeMap::new(),
        };
        for credit in credits {
            for reference in &credit.references {
                index.named.entry(reference).or_default().push(credit);
            }
            if let Some(payer) = &credit.counterparty {
                index
                    .paid
                    .entry((credit.amount_minor, payer))
                    .or_default()
                    .push(credit);
            }
            if let Some(number) = &credit.virtual_account {
                index
                    .credited
                    .entry((credit.amount_minor, number))
                    .or_default()
                    .push(credit);
            }
        }
        index
    }

    fn referred(&self, reversal: &Line) -> Vec<&'a Line> {
        let named = reversal
            .references
            .iter()
            .map(String::as_str)
            .chain(words(reversal));
        named
            .filter_map(|reference| self.named.get(reference))
            .flatten()
            .copied()
            .collect()
    }

    /// The same amount and payer, or, where the reversal names no payer, the same virtual number.
    fn resembling(&self, reversal: &Line, days: u32) -> Vec<&'a Line> {
        let amount = reversal.amount_minor;
        let alike = match (&reversal.counterparty, &reversal.virtual_account) {
            (Some(payer), _) => self.paid.get(&(amount, payer.as_str())),
            (None, Some(number)) => self.credited.get(&(amount, number.as_str())),
            (None, None) => None,
        };
        let near = |credit: &&&Line| (reversal.day - credit.day).num_days() <= i64::from(days);
        alike.into_iter().flatten().filter(near).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: i64, day: &str, amount_minor: i64, reference: &str, payer: &str) -> Line {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Line {
            day: day.parse().unwrap(),
            amount_minor,
            references: some(reference).into_iter().collect(),
            identity: some(reference),
            counterparty: some(payer),
            virtual_account: None,
            remittance: String::new(),
            id,
        }
    }

    #[test]
    fn a_reference_tells_and_else_the_only_likely_credit() {
        let credits = [
            line(1, "2026-10-01", 500, "R1", "P"),
            line(2, "2026-10-02", 500, "", "P"),
            line(3, "2026-10-03", 700, "", "Q"),
            line(4, "2026-08-01", 900, "", "S"),
        ];
        let reversals = [
            line(11, "2026-10-05", 500, "", "P"),
            line(12, "2026-10-05", 500, "R1", ""),
            line(13, "2026-10-05", 700, "", "X"),
            line(14, "2026-10-05", 900, "", "S"),
            line(15, "2026-10-06", 500, "", "P"),
        ];
        let attached = attach(&credits, &reversals, |_| 30);
        let mut backwards = reversals.clone();
        backwards.reverse();
        assert_eq!(attached, attach(&credits, &backwards, |_| 30));
        assert_eq!(
            attached,
            [
                (11, Some(2)),
                (12, Some(1)),
                (13, None),
                (14, None),
                (15, None)
            ]
            .into()
        );
    }

    #[test]
    fn a_reference_that_is_no_identity_needs_an_account_beside_it() {
        let credit = Line {
            identity: None,
            ..line(1, "2026-10-01", 500, "E2E-1", "P")
        };
        let of = |payer| line(9, "2026-10-05", 200, "E2E-1", payer);
        assert_eq!(
            attach(std::slice::from_ref(&credit), &[of("P")], |_| 30),
            [(9, Some(1))].into()
        );
        assert_eq!(attach(&[credit], &[of("X")], |_| 30), [(9, None)].into());
    }

    #[test]
    fn two_likely_credits_are_no_answer_and_a_part_is_taken_by_reference() {
        let credits = [
            line(1, "2026-10-01", 500, "R1", "P"),
            line(2, "2026-10-02", 500, "", "P"),
        ];
        assert_eq!(
            attach(&credits, &[line(9, "2026-10-05", 500, "", "P")], |_| 30),
            [(9, None)].into()
        );
        assert_eq!(
            attach(&credits, &[line(9, "2026-10-05", 200, "R1", "")], |_| 30),
            [(9, Some(1))].into()
        );
    }
}
