//! Whose a credit is: the credited account tells, unless the text clearly says somebody else.

use super::text;
use std::collections::{BTreeMap, BTreeSet};

/// What a credit says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said<'a> {
    /// The credited virtual account: 26 digits, or what the bank leaves of them.
    pub virtual_account: Option<&'a str>,
    /// The payer's account.
    pub payer_account: Option<&'a str>,
    /// Remittance information.
    pub remittance: &'a str,
}

/// A student as far as texts can name one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// All albums, old ones too.
    pub albums: BTreeSet<String>,
}

/// Who has the numbers that stand in credits. Persons are the shell's ids; of merged records the
/// survivor's.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Issued numbers, retired ones too.
    pub issued: BTreeMap<String, i64>,
    /// Of issued numbers whose record ended in a merge: whose they were issued to. Their money is
    /// theirs at home; from the day of the merge on it is the survivor's.
    pub homes: BTreeMap<String, i64>,
    /// Issued numbers by the digits that some banks show of them.
    pub by_tail: BTreeMap<String, BTreeSet<String>>,
    /// Fees' numbers, capitalised.
    pub fees: BTreeMap<String, i64>,
    /// Persons who have or had an album.
    pub albums: BTreeMap<String, BTreeSet<i64>>,
    /// Names of all persons above.
    pub names: BTreeMap<i64, Named>,
    /// Standing rules by the payer's account: a student, or nobody.
    pub rules: BTreeMap<String, Option<i64>>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// A student's.
    Student {
        /// The person.
        person: i64,
        /// `virtual_account` or `standing_rule`.
        rule: &'static str,
        /// The number that told.
        nrb: Option<String>,
    },
    /// By a standing rule, no student's.
    Nobody,
    /// A person has to tell.
    Review {
        /// Why, in words.
        reason: String,
    },
}

/// How the reason begins where account and text disagree.
pub const DISAGREEMENT: &str = "the account is one student's and the text says";

/// Asks in this order: the credited account, a standing rule, the review queue. A number that was
/// never issued is never read as a similar one.
pub fn whose(said: &Said<'_>, known: &Known) -> Whose {
    if let Some(account) = said.virtual_account {
        let nrb = match issued_number(account, known) {
            Ok(nrb) => nrb,
            Err(reason) => return Whose::Review { reason },
        };
        if let Some(&person) = known.issued.get(&nrb) {
            if let Some(other) = somebody_else(said.remittance, person, known) {
                let other = known.names.get(&other).map(full_name).unwrap_or_default();
                return Whose::Review {
                    reason: format!("{DISAGREEMENT} {other}"),
                };
            }
            let person = known.homes.get(&nrb).copied().unwrap_or(person);
            return Whose::Student {
                person,
                rule: "virtual_account",
                nrb: Some(nrb),
            };
        }
    }
    let rule = said
        .payer_account
        .and_then(|account| known.rules.get(account));
    match (rule, said.virtual_account) {
        (Some(Some(person)), _) => Whose::Student {
            person: *person,
            rule: "standing_rule",
            nrb: None,
        },
        (Some(None), _) => Whose::Nobody,
        (None, Some(account)) => Whose::Review {
            reason: format!("the account {account} was never issued"),
        },
        (None, None) => Whose::Review {
            reason: "it came without a student's account".to_owned(),
        },
    }
}

/// The whole number for what the bank shows of it.
fn issued_number(shown: &str, known: &Known) -> Result<String, String> {
    if known.issued.contains_key(shown) {
        return Ok(shown.to_owned());
    }
    let whole: Vec<&String> = known.by_tail.get(shown).into_iter().flatten().collect();
    match whole.as_slice() {
        [] => Ok(shown.to_owned()),
        [one] => Ok((*one).clone()),
        several => Err(format!("{} issued accounts end in {shown}", several.len())),
    }
}

/// Does the text clearly say another student, and not this one? Clear is the other's account or
/// fee number, or album and name together.
fn somebody_else(remittance: &str, person: i64, known: &Known) -> Option<i64> {
    if remittance.is_empty() {
        return None;
    }
    let tokens = text::tokens(remittance);
    let by_number = |token: &String| {
        known
            .issued
            .get(token)
            .or_else(|| known.fees.get(token))
            .copied()
    };
    let albums = |person: i64| known.names.get(&person).map(|named| &named.albums);
    let named = |person: i64| {
        known
            .names
            .get(&person)
            .is_some_and(|n| text::names_person(remittance, &n.given_name, &n.family_name))
    };
    let has_album = |person: i64| {
        albums(person).is_some_and(|albums| albums.iter().any(|a| tokens.contains(a)))
    };
    let numbers: BTreeSet<i64> = tokens.iter().filter_map(by_number).collect();
    let album_and_name = tokens
        .iter()
        .filter_map(|token| known.albums.get(token))
        .flatten()
        .copied();
    let others: BTreeSet<i64> = album_and_name
        .filter(|&other| named(other))
        .chain(numbers.iter().copied())
        .collect();
    if numbers.contains(&person) || has_album(person) || named(person) {
        return None;
    }
    others.into_iter().find(|&other| other != person)
}

fn full_name(named: &Named) -> String {
    format!("{} {}", named.given_name, named.family_name)
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: &str = "64999000097777000000102345";
    const BOB: &str = "02999000097777010000102345";

    fn known() -> Known {
        let named = |given: &str, family: &str, album: &str| Named {
            given_name: given.to_owned(),
            family_name: family.to_owned(),
            albums: [album.to_owned()].into(),
        };
        Known {
            issued: [(ADA.to_owned(), 1), (BOB.to_owned(), 2)].into(),
            by_tail: [("000000102345".to_owned(), [ADA.to_owned()].into())].into(),
            fees: [("F-1".to_owned(), 1), ("F-2".to_owned(), 2)].into(),
            albums: [
                ("102345".to_owned(), [1].into()),
                ("102346".to_owned(), [2].into()),
            ]
            .into(),
            names: [
                (1, named("Ada", "Nowak", "102345")),
                (2, named("Bob", "Żak", "102346")),
            ]
            .into(),
            rules: [("PAYER".to_owned(), Some(2)), ("BANK".to_owned(), None)].into(),
            ..Known::default()
        }
    }

    fn ask(account: Option<&str>, payer: Option<&str>, remittance: &str) -> String {
        match whose(
            &Said {
                virtual_account: account,
                payer_account: payer,
                remittance,
            },
            &known(),
        ) {
            Whose::Student { person, rule, .. } => format!("{person} by {rule}"),
            Whose::Nobody => "nobody".to_owned(),
            Whose::Review { reason } => format!("review: {reason}"),
        }
    }

    #[test]
    fn the_account_tells_and_the_text_only_contradicts_when_it_is_clear() {
        let review = "review: the account is one student's and the text says Bob Żak";
        for (remittance, answer) in [
            ("czesne", "1 by virtual_account"),
            ("czesne F-2", review),
            ("czesne 102346", "1 by virtual_account"),
            ("Bob Zak", "1 by virtual_account"),
            ("102346 BOB ZAK", review),
            ("102346 BOB ZAK za Ada Nowak", "1 by virtual_account"),
            ("F-2 i F-1", "1 by virtual_account"),
            ("na 02 9990 0009 7777 0100 0010 2345", review),
        ] {
            assert_eq!(ask(Some(ADA), None, remittance), answer, "`{remittance}`");
        }
    }

    #[test]
    fn what_the_bank_leaves_of_a_number_is_enough_where_it_is_the_only_one() {
        assert_eq!(ask(Some("000000102345"), None, ""), "1 by virtual_account");
        assert_eq!(
            ask(Some("000000102349"), None, ""),
            "review: the account 000000102349 was never issued"
        );
    }

    #[test]
    fn after_a_merge_the_old_number_is_its_records_own_and_the_survivors_text_no_contradiction() {
        let mut known = known();
        known.issued.insert(ADA.to_owned(), 2);
        known.homes.insert(ADA.to_owned(), 1);
        let said = Said {
            virtual_account: Some(ADA),
            remittance: "F-2",
            ..Said::default()
        };
        let Whose::Student { person, .. } = whose(&said, &known) else {
            unreachable!("the survivor's fee contradicts nothing")
        };
        assert_eq!(person, 1);
    }

    #[test]
    fn a_number_never_issued_is_nobodys_and_no_similar_one() {
        let typo = "37999000097777000000102346";
        assert_eq!(
            ask(Some(typo), None, "Ada Nowak 102345"),
            format!("review: the account {typo} was never issued")
        );
    }

    #[test]
    fn a_standing_rule_tells_where_the_account_does_not() {
        assert_eq!(ask(None, Some("PAYER"), ""), "2 by standing_rule");
        assert_eq!(ask(None, Some("BANK"), ""), "nobody");
        assert_eq!(ask(Some(ADA), Some("PAYER"), ""), "1 by virtual_account");
        assert_eq!(
            ask(None, None, "102345"),
            "review: it came without a student's account"
        );
    }
}
