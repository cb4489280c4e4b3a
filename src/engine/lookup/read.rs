//! Reads what a lookup needs: what is the same for all students once, the rest for many at a time.

use super::super::account::find;
use super::super::debtors::{covered, number_for};
use super::super::facts::{self, CoveredThrough};
use super::super::fee_words::{Titles, lags, since, titles};
use super::super::{EngineError, Office, called, coverage, identify, policy_book};
use super::{Lookup, fees, said, to_pay};
use crate::dunning::order_by::{Lags, usual};
use crate::iban::Nrb;
use crate::policy::PolicyBook;
use crate::settlement::fold::fold;
use crate::store::roster::{NumberRow, StudentVersionRow, newest};
use crate::store::{StoreError, Tx};
use crate::text::Language;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// Students asked about at once.
pub const STUDENTS_MAX: usize = 1_000;

/// What is the same for all students as long as nothing happens: whoever answers many keeps it.
#[derive(Debug, Clone)]
pub struct Around {
    stamp: String,
    today: NaiveDate,
    book: PolicyBook,
    tolerance: CoveredThrough,
    covered: BTreeMap<String, Option<NaiveDate>>,
    currencies: BTreeMap<i64, String>,
    lags: Lags,
}

impl Around {
    /// Whether nothing has happened since.
    async fn holds(&self, tx: &mut Tx, office: &Office) -> Result<bool, EngineError> {
        Ok(self.today == office.now.today && self.stamp == tx.stamp().await?)
    }

    /// Reads it.
    pub async fn read(tx: &mut Tx, office: &Office) -> Result<Around, EngineError> {
        let today = office.now.today;
        let book = policy_book(tx, &office.config, i64::MAX).await?;
        let accounts = tx.bank_accounts().await?;
        Ok(Around {
            stamp: tx.stamp().await?,
            today,
            tolerance: coverage::for_tolerance(tx, office, &book).await?,
            covered: covered(tx, office, &accounts, today).await?,
            currencies: (accounts.into_iter())
                .map(|row| (row.id, row.currency))
                .collect(),
            lags: lags(tx.all_lags(since(today)).await?),
            book,
        })
    }

    /// Through which day transfers in a currency are counted; a day that is not over never is.
    pub(super) fn counted_through(&self, currency: &str) -> Option<NaiveDate> {
        let through = self.covered.get(currency).copied().flatten()?;
        Some(through.min(self.today.pred_opt().unwrap_or(self.today)))
    }
}

/// The lookup of one student by the student system's id, for whoever asks once.
pub async fn by_external(office: &Office, student: &str) -> Result<Lookup, EngineError> {
    let mut tx = office.db.read().await?;
    let person = find(&mut tx, student).await?;
    let around = Around::read(&mut tx, office).await?;
    let found = of_persons(&mut tx, office, &around, &[person]).await?.pop();
    tx.rollback().await?;
    found.ok_or_else(|| EngineError::refused(format!("nothing is known of {student}")))
}

/// Whoever answers many keeps what is the same for all.
#[derive(Debug, Clone, Default)]
pub struct Lookups {
    around: Arc<Mutex<Option<Arc<Around>>>>,
}

impl Lookups {
    /// What is the same for all at this moment.
    pub async fn around(&self, tx: &mut Tx, office: &Office) -> Result<Arc<Around>, EngineError> {
        let kept = match self.around.lock() {
            Ok(kept) => kept.clone(),
            Err(_) => None,
        };
        if let Some(kept) = kept
            && kept.holds(tx, office).await?
        {
            return Ok(kept);
        }
        let around = Arc::new(Around::read(tx, office).await?);
        if let Ok(mut kept) = self.around.lock() {
            *kept = Some(around.clone());
        }
        Ok(around)
    }

    /// The lookup of a student; none where nobody has this row id.
    pub async fn student(
        &self,
        office: &Office,
        person: i64,
    ) -> Result<Option<Lookup>, EngineError> {
        Ok(self.students(office, &[person]).await?.pop())
    }

    /// The lookups of several students.
    pub async fn students(
        &self,
        office: &Office,
        persons: &[i64],
    ) -> Result<Vec<Lookup>, EngineError> {
        let mut tx = office.db.read().await?;
        let around = self.around(&mut tx, office).await?;
        let lookups = of_persons(&mut tx, office, &around, persons).await?;
        tx.rollback().await?;
        Ok(lookups)
    }
}

/// What one student's rows come to, before there are accounts.
struct Own {
    student: StudentVersionRow,
    numbers: Vec<NumberRow>,
    lags: Lags,
}

/// The lookups of students by their row ids, in the order of their ids in the student system. Whoever
/// was merged is shown as the one who goes on.
pub async fn of_persons(
    tx: &mut Tx,
    office: &Office,
    around: &Around,
    persons: &[i64],
) -> Result<Vec<Lookup>, EngineError> {
    let survivors = identify::survivors_on(tx, around.today).await?;
    let home = |person: i64| survivors.get(&person).copied().unwrap_or(person);
    let wanted: BTreeSet<i64> = persons.iter().map(|&person| home(person)).collect();
    let ids: Vec<i64> = wanted.iter().copied().collect();
    let all: Vec<i64> = (survivors.iter())
        .filter(|(_, survivor)| wanted.contains(survivor))
        .map(|(&person, _)| person)
        .chain(ids.iter().copied())
        .collect();
    let mut numbers: BTreeMap<i64, Vec<NumberRow>> = BTreeMap::new();
    for row in tx.numbers_of(&all).await? {
        numbers.entry(home(row.person_id)).or_default().push(row);
    }
    let mut transfers: BTreeMap<i64, Vec<(NaiveDate, NaiveDate, i64)>> = BTreeMap::new();
    for (person, ordered, credited, count) in tx.lags_of_many(&all, since(around.today)).await? {
        let of_person = transfers.entry(home(person)).or_default();
        of_person.push((ordered, credited, count));
    }
    let mut own: BTreeMap<i64, Own> = BTreeMap::new();
    for student in newest(tx.students_by_id(&ids).await?) {
        let id = student.id;
        let rows = Own {
            numbers: numbers.remove(&id).unwrap_or_default(),
            lags: lags(transfers.remove(&id).unwrap_or_default()),
            student,
        };
        own.insert(id, rows);
    }
    let mut lookups: BTreeMap<i64, Lookup> = (own.iter())
        .map(|(&id, own)| (id, empty(office, around, id, &own.student)))
        .collect();
    accounts(tx, around, &own, &all, &mut lookups).await?;
    for word in said::words(tx, &all).await? {
        if let Some(lookup) = lookups.get_mut(&home(word.person)) {
            lookup.said.push(word);
        }
    }
    let mut lookups: Vec<Lookup> = lookups.into_values().collect();
    for lookup in &mut lookups {
        lookup.said.reverse();
        said::settle(lookup);
        // Złoty first.
        let key = |code: &str| (code != "PLN", code.to_owned());
        lookup
            .accounts
            .sort_by_key(|account| key(account.currency.as_str()));
    }
    lookups.sort_by(|a, b| a.student.cmp(&b.student));
    Ok(lookups)
}

fn empty(office: &Office, around: &Around, person: i64, student: &StudentVersionRow) -> Lookup {
    Lookup {
        person,
        student: student.external_id.clone(),
        album: student.album.clone(),
        name: format!("{} {}", student.given_name, student.family_name),
        language: Language::of(&student.language),
        as_of: around.today,
        recipient: office.config.institution.name.clone(),
        accounts: Vec::new(),
        said: Vec::new(),
    }
}

async fn accounts(
    tx: &mut Tx,
    around: &Around,
    own: &BTreeMap<i64, Own>,
    all: &[i64],
    lookups: &mut BTreeMap<i64, Lookup>,
) -> Result<(), StoreError> {
    let groups = facts::load(tx, all, i64::MAX, &around.tolerance).await?;
    let entries = groups.iter().flat_map(|group| group.facts.credits.rows());
    let entries: BTreeSet<i64> = entries.map(|credit| credit.entry).collect();
    let names = called::names_of_credits(tx, &entries).await?;
    let fees = groups.iter().flat_map(|group| group.facts.fees.rows());
    let fees: Vec<String> = fees.map(|fee| fee.external_id.clone()).collect();
    let titles: BTreeMap<String, Titles> = titles(tx, &fees).await?;
    for group in &groups {
        let (facts, state) = fold(&group.facts, &around.book, around.today);
        let folded = fees::Folded {
            facts: &facts,
            state: &state,
            book: &around.book,
            titles: &titles,
            names: &names,
            as_of: around.today,
        };
        for no in facts.persons.numbers() {
            let person = group.person_id(no);
            // A record that was merged is told under the one that goes on.
            let (Some(own), Some(lookup)) = (own.get(&person), lookups.get_mut(&person)) else {
                continue;
            };
            let currency = facts.currency.to_string();
            let number = |category: &str| -> Option<Nrb> {
                let accounts = (around.today, &around.currencies);
                number_for(accounts, &own.numbers, &currency, category)
            };
            let (mut account, asked) = folded.account(no, &number);
            if account.fees.is_empty() && account.transfers.is_empty() {
                continue;
            }
            account.usual = usual(&own.lags, &around.lags);
            account.counted_through = around.counted_through(&currency);
            let payer = to_pay::Payer {
                album: &lookup.album,
                recipient: &lookup.recipient,
                today: around.today,
                own: &own.lags,
                all: &around.lags,
                currency: facts.currency,
            };
            account.to_pay = payer.to_pay(asked);
            lookup.accounts.push(account);
        }
    }
    Ok(())
}
