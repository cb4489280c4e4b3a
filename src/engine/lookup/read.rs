//! Reads what a lookup needs: what is the same for all students once, the rest for many at a time.

use super::super::account::find;
use super::super::called::Alike;
use super::super::debtors::{covered, number_for};
use super::super::facts::{self, CoveredThrough, Group};
use super::super::fee_words::{Titles, lags, newest_titles, since};
use super::super::{EngineError, Office, coverage, identify, policy_book};
use super::{Lookup, fees, said, to_pay};
use crate::dunning::order_by::{LagsByCurrency, usual};
use crate::iban::Nrb;
use crate::policy::PolicyBook;
use crate::settlement::fold::fold;
use crate::store::facts::DecisionRow;
use crate::store::lookup::{NameRows, WordCaseRow};
use crate::store::messages::FeeTitleRow;
use crate::store::roster::{NumberRow, StudentVersionRow, newest};
use crate::store::{StoreError, Tx};
use crate::text::Language;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// How long transfers usually take is counted anew after so long: it reads them all, and hardly moves.
const LAGS_MILLIS: i64 = 10 * 60 * 1_000;

/// What is the same for all students as long as nothing happens: whoever answers many keeps it.
#[derive(Debug, Clone)]
pub struct Around {
    pub(super) stamp: String,
    pub(super) today: NaiveDate,
    book: PolicyBook,
    tolerance: CoveredThrough,
    covered: BTreeMap<String, Option<NaiveDate>>,
    currencies: BTreeMap<i64, String>,
    lags: LagsByCurrency,
    lags_at: i64,
}

impl Around {
    /// Reads it.
    pub async fn read(tx: &mut Tx, office: &Office) -> Result<Around, EngineError> {
        let stamp = tx.begin_lookup(&[]).await?.stamp;
        Around::again(tx, office, stamp, None).await
    }

    /// Reads what may have changed since it was read before.
    pub(super) async fn again(
        tx: &mut Tx,
        office: &Office,
        stamp: String,
        before: Option<&Around>,
    ) -> Result<Around, EngineError> {
        let (today, now) = (office.now.today, office.now.millis);
        let young = |around: &&Around| {
            around.today == today && (0..LAGS_MILLIS).contains(&(now - around.lags_at))
        };
        let (lags, lags_at) = match before.filter(young) {
            Some(before) => (before.lags.clone(), before.lags_at),
            None => (lags(tx.all_lags(since(today)).await?), now),
        };
        let book = policy_book(tx, &office.config, i64::MAX).await?;
        let accounts = tx.bank_accounts().await?;
        Ok(Around {
            stamp,
            today,
            tolerance: coverage::for_tolerance(tx, office, &book).await?,
            covered: covered(tx, office, &accounts, today).await?,
            currencies: (accounts.into_iter())
                .map(|row| (row.id, row.currency))
                .collect(),
            lags,
            lags_at,
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

/// What one student's rows come to, before there are accounts.
struct Own {
    student: StudentVersionRow,
    numbers: Vec<NumberRow>,
}

/// The lookups of students by their row ids, in the order of their ids in the student system. Whoever
/// was merged is shown as the one who goes on.
pub async fn of_persons(
    tx: &mut Tx,
    office: &Office,
    around: &Around,
    persons: &[i64],
) -> Result<Vec<Lookup>, EngineError> {
    let merges = tx.merges(i64::MAX).await?;
    Ok(among(tx, office, around, persons, &merges).await?)
}

pub(super) async fn among(
    tx: &mut Tx,
    office: &Office,
    around: &Around,
    persons: &[i64],
    merges: &[DecisionRow],
) -> Result<Vec<Lookup>, StoreError> {
    let survivors = identify::survivors_among(merges, around.today);
    let home = |person: i64| survivors.get(&person).copied().unwrap_or(person);
    let wanted: BTreeSet<i64> = persons.iter().map(|&person| home(person)).collect();
    let all: Vec<i64> = (survivors.iter())
        .filter(|(_, survivor)| wanted.contains(survivor))
        .map(|(&person, _)| person)
        .chain(wanted.iter().copied())
        .collect();
    let rows = tx.student_rows(&all).await?;
    let mut numbers: BTreeMap<i64, Vec<NumberRow>> = BTreeMap::new();
    for row in rows.numbers {
        numbers.entry(home(row.person_id)).or_default().push(row);
    }
    let mut own: BTreeMap<i64, Own> = BTreeMap::new();
    for student in newest(rows.students) {
        let id = student.id;
        if wanted.contains(&id) {
            let rows = Own {
                numbers: numbers.remove(&id).unwrap_or_default(),
                student,
            };
            own.insert(id, rows);
        }
    }
    let connected = facts::connected(merges, &all);
    let groups = facts::load_connected(tx, &connected, i64::MAX, &around.tolerance).await?;
    let said_about: BTreeSet<String> = rows.words.iter().map(|row| row.fee.clone()).collect();
    let said_about: Vec<String> = said_about.into_iter().collect();
    let names = names(tx, &groups, rows.titles, &said_about).await?;

    let mut lookups: BTreeMap<i64, Lookup> = (own.iter())
        .map(|(&id, own)| (id, empty(office, around, id, &own.student)))
        .collect();
    accounts(around, &own, &groups, &names, &mut lookups);
    for word in said::words(rows.words, names.cases) {
        if let Some(lookup) = lookups.get_mut(&home(word.person)) {
            lookup.said.push(word);
        }
    }
    let mut lookups: Vec<Lookup> = lookups.into_values().collect();
    lookups.iter_mut().for_each(tidied);
    lookups.sort_by(|a, b| a.student.cmp(&b.student));
    Ok(lookups)
}

/// The newest word first, and what became of it; złoty first.
fn tidied(lookup: &mut Lookup) {
    lookup.said.reverse();
    said::settle(lookup);
    let key = |code: &str| (code != "PLN", code.to_owned());
    lookup
        .accounts
        .sort_by_key(|account| key(account.currency.as_str()));
}

/// What the fees and credits of students are called, and the cases about what was said of fees.
struct Names {
    titles: BTreeMap<String, Titles>,
    credits: BTreeMap<i64, String>,
    cases: Vec<WordCaseRow>,
}

async fn names(
    tx: &mut Tx,
    groups: &[Group],
    titles: Vec<FeeTitleRow>,
    said_about: &[String],
) -> Result<Names, StoreError> {
    let lines: BTreeMap<i64, &str> = (groups.iter())
        .flat_map(|group| &group.lines)
        .map(|(&id, name)| (id, name.as_str()))
        .collect();
    let called: BTreeSet<String> = lines.values().map(|&name| name.to_owned()).collect();
    let called: Vec<String> = called.into_iter().collect();
    let NameRows { shared, cases } = tx.name_rows(&called, said_about).await?;
    // Nearly every entry has a name of its own.
    let shared: Vec<String> = shared.into_iter().map(|row| row.public_id).collect();
    let alike = Alike::of(if shared.is_empty() {
        Vec::new()
    } else {
        tx.entries_called(&shared).await?
    });
    let mut credits: BTreeMap<i64, String> = (lines.into_iter())
        .map(|(id, name)| (id, alike.name(id, name)))
        .collect();
    // Money loaded at go-live is called as its file called it.
    let loaded = groups.iter().flat_map(|group| group.facts.credits.rows());
    credits.extend(
        loaded
            .filter(|credit| credit.entry < 0)
            .map(|credit| (credit.entry, credit.bank_reference.clone())),
    );
    Ok(Names {
        titles: newest_titles(titles),
        credits,
        cases,
    })
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

fn accounts(
    around: &Around,
    own: &BTreeMap<i64, Own>,
    groups: &[Group],
    names: &Names,
    lookups: &mut BTreeMap<i64, Lookup>,
) {
    for group in groups {
        let (facts, state) = fold(&group.facts, &around.book, around.today);
        let folded = fees::Folded {
            facts: &facts,
            state: &state,
            book: &around.book,
            titles: &names.titles,
            names: &names.credits,
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
            let own_lags = folded.lags(no, since(around.today));
            let (theirs, all) = (own_lags.of(facts.currency), around.lags.of(facts.currency));
            account.usual = usual(theirs, all);
            account.counted_through = around.counted_through(&currency);
            let payer = to_pay::Payer {
                album: &lookup.album,
                recipient: &lookup.recipient,
                today: around.today,
                own: theirs,
                all,
                currency: facts.currency,
            };
            account.to_pay = payer.to_pay(asked);
            lookup.accounts.push(account);
        }
    }
}
