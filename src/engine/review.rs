//! The review queue: money of which a person has to tell whose it is, or what it is for.
//!
//! Evidence is computed when the queue is shown and never stored.

mod queue;

pub use queue::{At, Looked, count, list, look, show};

use super::called::{names, readings};
use super::facts::with_merged;
use super::identify::{Names, known, said, survivors, survivors_on};
use super::{EngineError, Office};
use crate::cases::Kind;
use crate::identify::evidence::{Beside, Grade, Proposal, proposals};
use crate::identify::text::NameWords;
use crate::identify::whose::Known;
use crate::roster::fold_name;
use crate::store::entries::EntryRow;
use crate::store::roster::{StudentVersionRow, newest};
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Why money of a student waits although it is known whose it is.
const SEVERAL_FEES: &str = "its text names several fees whose open amounts do not add up to it; \
                            `kwestura decide designate` says what it is for";
/// Names of more words than this are not looked for in texts.
const NAME_WORDS_MAX: usize = 4;

/// An entry in the queue. The order of the fields is that of the output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InReview {
    /// What people call it.
    pub id: String,
    /// The institution's account.
    pub bank_account: String,
    /// The bank's reference.
    pub bank_reference: Option<String>,
    /// When the payer ordered it.
    pub order_date: Option<NaiveDate>,
    /// When the bank booked it.
    pub booking_date: Option<NaiveDate>,
    /// The bank's value date.
    pub value_date: Option<NaiveDate>,
    /// The day that counts.
    pub crediting_date: NaiveDate,
    /// Signed effect on the account, minor units.
    pub amount_minor: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// The payer.
    pub payer_name: Option<String>,
    /// The payer's account.
    pub payer_account: Option<String>,
    /// The credited virtual account, as the bank shows it.
    pub virtual_account: Option<String>,
    /// Remittance information.
    pub remittance: String,
    /// Why a person is asked.
    pub reason: String,
    /// Whose it is, where that is known and only what it is for is not.
    pub student: Option<String>,
    /// Who may be meant, the likeliest first.
    pub proposals: Vec<Proposed>,
    /// The case in which whoever talks with students is asked about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed: Option<Handed>,
}

/// A case about an entry that was handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Handed {
    /// Its number.
    pub case: i64,
    /// `new`, `open`, `waiting`; `closed` once it was answered.
    pub state: String,
}

/// A student who may be meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposed {
    /// How much its evidence says.
    pub grade: Grade,
    /// The student system's id.
    pub student: String,
    /// Given and family name.
    pub name: String,
    /// The newest album.
    pub album: String,
    /// In words.
    pub evidence: Vec<String>,
}

/// What of the queue is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only what some strong evidence speaks for.
    pub strong: bool,
    /// Only this account of the institution.
    pub bank_account: Option<String>,
    /// Only what has all these words: in the payer's name, an account number, the text, the bank's
    /// reference, the name of the entry or the amount. Polish letters may be left out.
    pub words: String,
}

/// Entries of which it is looked for who may be meant at once: a name may be that of hundreds.
const PART: usize = 10_000;

/// Somebody who may be meant by a credit in review.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Row id of the one who goes on.
    pub person: i64,
    /// The student system's id.
    pub student: &'a str,
    /// How much the evidence says.
    pub grade: Grade,
}

/// Tells who may be meant by each credit of which it is not known whose it is: the entry in the reading that
/// holds, and what people call it.
pub async fn may_be(
    tx: &mut Tx,
    mut told: impl FnMut(&EntryRow, &str, &[Candidate<'_>]),
) -> Result<(), EngineError> {
    let ids: Vec<i64> = (tx.in_review().await?.into_iter())
        .map(|row| row.entry_id)
        .collect();
    let survivors = survivors(tx).await?;
    for part in ids.chunks(PART) {
        let mut entries = readings(tx, part).await?;
        entries.retain(|_, entry| entry.is_credit());
        // Whether somebody owes the same amount adds words and changes no grade.
        let evidence = Evidence::read(tx, &entries, &survivors).await?;
        let persons = evidence.persons(&entries);
        let students = tx.external_ids(&persons).await?;
        let students: BTreeMap<i64, String> = persons.into_iter().zip(students).collect();
        let names = names(tx, entries.values()).await?;
        for (id, entry) in &entries {
            let name = names.get(id).map(String::as_str).unwrap_or_default();
            let candidates = evidence.proposals(entry).into_iter();
            let candidates = candidates.filter_map(|Proposal { person, grade, .. }| {
                let student = students.get(&person)?;
                Some(Candidate {
                    person,
                    student,
                    grade,
                })
            });
            told(entry, name, &candidates.collect::<Vec<_>>());
        }
    }
    Ok(())
}

/// Says of each entry that was handed over what became of that.
async fn handed(tx: &mut Tx, queue: &mut [InReview]) -> Result<(), StoreError> {
    let names: Vec<String> = queue.iter().map(|row| row.id.clone()).collect();
    let cases = tx.newest_cases(Kind::HandedOver.name(), &names).await?;
    let mut cases: BTreeMap<String, Handed> = (cases.into_iter())
        // One whose cause went away was taken back.
        .filter(|case| case.outcome != "gone")
        .map(|row| {
            let (case, state) = (row.id, row.state);
            (row.subject, Handed { case, state })
        })
        .collect();
    for row in queue {
        row.handed = cases.remove(&row.id);
    }
    Ok(())
}

fn bare(iban: &str) -> String {
    let compact = iban.chars().filter(|letter| !letter.is_whitespace());
    let compact = compact.collect::<String>().to_uppercase();
    compact.trim_start_matches("PL").to_owned()
}

fn row(id: String, entry: &EntryRow, reason: String) -> InReview {
    InReview {
        id,
        bank_account: entry.bank_account.clone(),
        bank_reference: entry.bank_reference.clone(),
        order_date: entry.order_date,
        booking_date: entry.booking_date,
        value_date: entry.value_date,
        crediting_date: entry.crediting_date,
        amount_minor: entry.amount_minor,
        currency: entry.currency.clone(),
        payer_name: entry.counterparty_name.clone(),
        payer_account: entry.counterparty_account.clone(),
        virtual_account: entry.virtual_account.clone(),
        remittance: entry.remittance.clone(),
        reason,
        student: None,
        proposals: Vec::new(),
        handed: None,
    }
}

/// Everything that can speak for a student, gathered for many entries at once.
struct Evidence {
    known: Known,
    /// The only student for whom an account has paid.
    proven: BTreeMap<String, i64>,
    /// Students whose names stand in an entry.
    by_name: BTreeMap<i64, Vec<i64>>,
    /// Open amounts of students who were proposed: student, currency, minor units.
    open: BTreeSet<(i64, String, i64)>,
    students: BTreeMap<i64, StudentVersionRow>,
}

impl Evidence {
    /// Whom numbers, senders and names speak for.
    async fn read(
        tx: &mut Tx,
        entries: &BTreeMap<i64, EntryRow>,
        survivors: &BTreeMap<i64, i64>,
    ) -> Result<Evidence, EngineError> {
        let credits = || entries.values().filter(|entry| entry.is_credit());
        Ok(Evidence {
            known: known(tx, credits(), Names::Everybodys).await?,
            proven: proven_senders(tx, credits(), survivors).await?,
            by_name: by_name(tx, credits(), survivors).await?,
            open: BTreeSet::new(),
            students: BTreeMap::new(),
        })
    }

    /// The same, with what they owe and what they are called.
    async fn gather(
        tx: &mut Tx,
        entries: &BTreeMap<i64, EntryRow>,
    ) -> Result<Evidence, EngineError> {
        let survivors = survivors(tx).await?;
        let mut evidence = Evidence::read(tx, entries, &survivors).await?;
        let persons = evidence.persons(entries);
        let with_merged = with_merged(tx, &persons, i64::MAX).await?;
        for position in tx.positions(&with_merged).await? {
            let person = position.person_id;
            let person = survivors.get(&person).copied().unwrap_or(person);
            if position.open_minor > 0 {
                let open = (person, position.currency, position.open_minor);
                evidence.open.insert(open);
            }
        }
        let students = newest(tx.students_by_id(&persons).await?);
        evidence.students = students.into_iter().map(|row| (row.id, row)).collect();
        Ok(evidence)
    }

    /// Everybody who may be meant by some of the entries, in the order of their row ids.
    fn persons(&self, entries: &BTreeMap<i64, EntryRow>) -> Vec<i64> {
        let proposed = entries.values().flat_map(|entry| self.proposals(entry));
        let persons: BTreeSet<i64> = proposed.map(|proposal| proposal.person).collect();
        persons.into_iter().collect()
    }

    /// Who is meant by one entry; an equal amount only adds to other evidence.
    fn proposals(&self, entry: &EntryRow) -> Vec<Proposal> {
        if !entry.is_credit() {
            return Vec::new();
        }
        let payer = entry.counterparty_account.as_ref();
        let mut beside = Beside {
            proven_sender: payer.and_then(|account| self.proven.get(account)).copied(),
            by_name: self.by_name.get(&entry.id).cloned().unwrap_or_default(),
            equal_amount: Vec::new(),
        };
        let said = said(entry);
        let first = proposals(&said, &self.known, &beside);
        if self.open.is_empty() {
            return first;
        }
        let owes = |person: &i64| {
            let open = (*person, entry.currency.clone(), entry.amount_minor);
            self.open.contains(&open)
        };
        let persons = first.iter().map(|proposal| proposal.person);
        beside.equal_amount = persons.filter(owes).collect();
        proposals(&said, &self.known, &beside)
    }

    /// Ranked by what can be read alike in every database: row ids decide nothing.
    fn proposed(&self, entry: &EntryRow) -> Vec<Proposed> {
        let proposals = self.proposals(entry).into_iter();
        let mut proposed: Vec<Proposed> = proposals
            .filter_map(|proposal| {
                let student = self.students.get(&proposal.person)?;
                Some(Proposed {
                    grade: proposal.grade,
                    student: student.external_id.clone(),
                    name: format!("{} {}", student.given_name, student.family_name)
                        .trim()
                        .to_owned(),
                    album: student.album.clone(),
                    evidence: proposal.evidence,
                })
            })
            .collect();
        proposed.sort_by(|a, b| {
            let stronger = (b.grade, b.evidence.len()).cmp(&(a.grade, a.evidence.len()));
            stronger.then_with(|| a.student.cmp(&b.student))
        });
        proposed
    }
}

/// Accounts that have so far paid for one student alone.
async fn proven_senders<'a>(
    tx: &mut Tx,
    entries: impl Iterator<Item = &'a EntryRow>,
    survivors: &BTreeMap<i64, i64>,
) -> Result<BTreeMap<String, i64>, StoreError> {
    let accounts: BTreeSet<String> = entries
        .filter_map(|entry| entry.counterparty_account.clone())
        .collect();
    let accounts: Vec<String> = accounts.into_iter().collect();
    let mut paid_for: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for row in tx.paid_for(&accounts).await? {
        let person = survivors.get(&row.person_id).copied();
        let persons = paid_for.entry(row.account).or_default();
        persons.insert(person.unwrap_or(row.person_id));
    }
    let only = |persons: BTreeSet<i64>| match persons.len() {
        1 => persons.into_iter().next(),
        _ => None,
    };
    Ok(paid_for
        .into_iter()
        .filter_map(|(account, persons)| Some((account, only(persons)?)))
        .collect())
}

/// Students both of whose names stand in an entry's text or are its payer's.
async fn by_name<'a>(
    tx: &mut Tx,
    entries: impl Iterator<Item = &'a EntryRow>,
    survivors: &BTreeMap<i64, i64>,
) -> Result<BTreeMap<i64, Vec<i64>>, StoreError> {
    let mut texts: BTreeMap<i64, [NameWords; 2]> = BTreeMap::new();
    let mut keys: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for entry in entries {
        let payer = entry.counterparty_name.as_deref().unwrap_or_default();
        let both = [payer, &entry.remittance];
        for key in both.into_iter().flat_map(name_keys) {
            keys.entry(key).or_default().insert(entry.id);
        }
        texts.insert(entry.id, both.map(NameWords::of));
    }
    let wanted: Vec<String> = keys.keys().cloned().collect();
    let mut found: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for student in tx.students_by_name(&wanted).await? {
        let person = survivors.get(&student.id).copied().unwrap_or(student.id);
        let (given, family) = (&student.given_name, &student.family_name);
        let (given, family) = (NameWords::of(given), NameWords::of(family));
        for entry in keys.get(&student.name_key).into_iter().flatten() {
            let stands = |text: &NameWords| text.name(&given, &family);
            if texts.get(entry).is_some_and(|both| both.iter().any(stands)) {
                found.entry(*entry).or_default().insert(person);
            }
        }
    }
    let lists = found.into_iter();
    Ok(lists
        .map(|(entry, persons)| (entry, persons.into_iter().collect()))
        .collect())
}

/// What in a text may be somebody's two names: neighbouring words, in the order of the student
/// system (given names first) or with the family name before them.
fn name_keys(text: &str) -> BTreeSet<String> {
    let folded = fold_name(text);
    let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    let mut keys = BTreeSet::new();
    for length in 2..=NAME_WORDS_MAX {
        for window in words.windows(length) {
            keys.insert(window.join(" "));
            // However many words the family name has, it stands before the given names.
            for cut in 1..length {
                let (family, given) = window.split_at(cut);
                keys.insert([given, family].concat().join(" "));
            }
        }
    }
    keys
}

/// Credits whose student is known and whose text names several fees that do not add up, with the
/// student, as settlement concluded it.
async fn held(tx: &mut Tx, office: &Office) -> Result<BTreeMap<i64, String>, EngineError> {
    let lots = tx.all_held_lots().await?;
    let survivors = survivors_on(tx, office.now.today).await?;
    let home = |person: i64| survivors.get(&person).copied().unwrap_or(person);
    let persons: BTreeSet<i64> = lots.iter().map(|lot| home(lot.person_id)).collect();
    let persons: Vec<i64> = persons.into_iter().collect();
    let names = tx.external_ids(&persons).await?;
    let names: BTreeMap<i64, String> = persons.into_iter().zip(names).collect();
    let held = lots.into_iter().filter_map(|lot| {
        let student = names.get(&home(lot.person_id))?;
        Some((lot.credit_id, student.clone()))
    });
    Ok(held.collect())
}

#[cfg(test)]
mod tests {
    use super::name_keys;

    #[test]
    fn names_are_looked_for_in_both_orders() {
        let keys = name_keys("Wpłata KOWALSKA-NOWAK Zofia Anna, czesne");
        assert!(keys.contains("zofia anna kowalska nowak"));
        assert!(keys.contains("nowak zofia"));
        assert!(!keys.contains("zofia kowalska"));
        assert!(name_keys("Zofia").is_empty());
    }
}
