//! Proposals for a credit in review, ranked. Computed when shown, never stored, never posted.

use super::text;
use super::whose::{Known, Said};
use serde::Serialize;
use std::collections::BTreeMap;

/// How much a piece of evidence says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// A name, an equal amount.
    Weak,
    /// A number, or a sender who has so far paid for this student alone.
    Strong,
}

/// A student who may be meant, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The person.
    pub person: i64,
    /// The best grade of its evidence.
    pub grade: Grade,
    /// In words.
    pub evidence: Vec<String>,
}

/// What is known beside the numbers.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// The one student for whom the sender's account has so far paid.
    pub proven_sender: Option<i64>,
    /// Students whose names stand in the text or are the payer's.
    pub by_name: Vec<i64>,
    /// Students among the proposed who have an open fee of exactly this amount.
    pub equal_amount: Vec<i64>,
}

/// Ranks who may be meant: strong before weak, more evidence before less, then by person.
pub fn proposals(said: &Said<'_>, known: &Known, beside: &Beside) -> Vec<Proposal> {
    let mut found: BTreeMap<i64, (Grade, Vec<String>)> = BTreeMap::new();
    let mut add = |person: i64, grade: Grade, words: String| {
        let row = found.entry(person).or_insert((grade, Vec::new()));
        row.0 = row.0.max(grade);
        if !row.1.contains(&words) {
            row.1.push(words);
        }
    };
    for token in text::tokens(said.remittance) {
        if let Some(&person) = known.issued.get(&token) {
            add(
                person,
                Grade::Strong,
                format!("the account {token} in the text"),
            );
        }
        if let Some(&person) = known.fees.get(&token) {
            add(
                person,
                Grade::Strong,
                format!("the fee {token} in the text"),
            );
        }
        for &person in known.albums.get(&token).into_iter().flatten() {
            add(
                person,
                Grade::Strong,
                format!("the album {token} in the text"),
            );
        }
    }
    if let Some(&person) = said
        .virtual_account
        .and_then(|account| known.issued.get(account))
    {
        add(person, Grade::Strong, "the credited account".to_owned());
    }
    if let Some(person) = beside.proven_sender {
        add(
            person,
            Grade::Strong,
            "the sender has so far paid for this student alone".to_owned(),
        );
    }
    for &person in &beside.by_name {
        add(person, Grade::Weak, "the name".to_owned());
    }
    for &person in &beside.equal_amount {
        add(person, Grade::Weak, "an open fee of this amount".to_owned());
    }
    let mut proposals: Vec<Proposal> = found
        .into_iter()
        .map(|(person, (grade, evidence))| Proposal {
            person,
            grade,
            evidence,
        })
        .collect();
    proposals.sort_by(|a, b| {
        (b.grade, b.evidence.len(), a.person).cmp(&(a.grade, a.evidence.len(), b.person))
    });
    proposals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strong_evidence_comes_first_and_amounts_only_add_to_it() {
        let mut known = Known::default();
        known.albums.insert("102345".to_owned(), [1].into());
        known.fees.insert("F-7".to_owned(), 2);
        let beside = Beside {
            proven_sender: None,
            by_name: vec![3, 2],
            equal_amount: vec![1],
        };
        let said = Said {
            remittance: "102345 F-7",
            ..Said::default()
        };
        let ranked: Vec<(i64, Grade, usize)> = proposals(&said, &known, &beside)
            .into_iter()
            .map(|p| (p.person, p.grade, p.evidence.len()))
            .collect();
        assert_eq!(
            ranked,
            [
                (1, Grade::Strong, 2),
                (2, Grade::Strong, 2),
                (3, Grade::Weak, 1)
            ]
        );
    }
}
