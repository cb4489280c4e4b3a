//! Account numbers for students who lack one.
//!
//! For every bank account with virtual accounts, and every category of them, a student has one
//! number in use: made from the mask, or the next one of the bank's list. A number is assigned
//! once; it is never given to anybody else, also when it is retired. Where the number that the mask
//! makes is not free, nobody gets another by guessing: a note says so, every time.

use super::roster::pieces;
use super::{EngineError, Office};
use crate::config::BankAccount;
use crate::iban::{IssueMode, Nrb, PayerNumber, VirtualScheme};
use crate::store::Tx;
use crate::store::roster::{NumberRow, StudentVersionRow, newest};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Digits of an account by which some banks name it: all that they show.
const TAIL_DIGITS: usize = 12;

/// A number that a student got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssignedNumber {
    /// The student system's id.
    pub student: String,
    /// 26 digits.
    pub nrb: String,
    /// The institution's account behind it.
    pub bank_account: String,
    /// Category; empty where a student has one number for all.
    pub category: String,
}

/// What assigning came to.
#[derive(Debug, Default)]
pub(super) struct Assigned {
    pub(super) numbers: Vec<AssignedNumber>,
    pub(super) notes: Vec<String>,
}

/// A number about to be assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewNumber {
    pub(super) nrb: String,
    pub(super) bank_account_id: i64,
    pub(super) person_id: i64,
    pub(super) category: String,
    pub(super) payer_number: Option<i64>,
    pub(super) assigned_on: NaiveDate,
}

/// All numbers there are, those about to be assigned included.
struct Held {
    numbers: BTreeMap<String, NumberRow>,
    names: BTreeMap<i64, String>,
}

/// One category of one bank account, and who has no number for it.
struct Vacancy<'a> {
    bank_account_id: i64,
    account: &'a BankAccount,
    scheme: &'a VirtualScheme,
    category: String,
    lacking: Vec<&'a StudentVersionRow>,
}

/// Assigns what is missing, from the day `on`; the bank accounts are locked.
pub(super) async fn assign_missing(
    tx: &mut Tx,
    office: &Office,
    accounts: &[(i64, &BankAccount)],
    on: NaiveDate,
) -> Result<Assigned, EngineError> {
    let persons: Vec<i64> = tx.all_persons().await?.iter().map(|row| row.id).collect();
    let mut students = newest(tx.students_by_id(&persons).await?);
    students.sort_by(|one, other| one.external_id.cmp(&other.external_id));
    let mut held = Held::of(tx.numbers_of(&persons).await?, &students);
    let mut assigned = Assigned::default();
    for &(bank_account_id, account) in accounts {
        let Some(scheme) = &account.virtual_scheme else {
            continue;
        };
        for category in categories(tx, bank_account_id, scheme).await? {
            let vacancy = Vacancy {
                bank_account_id,
                account,
                scheme,
                lacking: held.lacking(&students, bank_account_id, &category),
                category,
            };
            let new = match scheme.mode {
                IssueMode::List => vacancy.listed(tx, &mut assigned.notes).await?,
                IssueMode::Generate if scheme.payer == PayerNumber::Album => {
                    vacancy.by_album(&held, &mut assigned.notes)
                }
                IssueMode::Generate => vacancy.running(&held, &mut assigned.notes),
            };
            for (student, nrb, payer_number) in new {
                let number = vacancy.number(student, nrb, payer_number, on);
                assigned.numbers.push(AssignedNumber {
                    student: student.external_id.clone(),
                    nrb: number.nrb.clone(),
                    bank_account: account.name.clone(),
                    category: vacancy.category.clone(),
                });
                held.add(number);
            }
        }
    }
    let new: BTreeSet<&str> = (assigned.numbers.iter())
        .map(|number| number.nrb.as_str())
        .collect();
    let new = held
        .numbers
        .values()
        .filter(|row| new.contains(row.nrb.as_str()));
    let new: Vec<NewNumber> = new.map(NewNumber::of).collect();
    add(tx, office, &new).await?;
    Ok(assigned)
}

/// Writes assigned numbers.
pub(super) async fn add(
    tx: &mut Tx,
    office: &Office,
    new: &[NewNumber],
) -> Result<(), EngineError> {
    let rows: Vec<_> = (new.iter())
        .map(|new| {
            let tail = new.nrb.get(new.nrb.len().saturating_sub(TAIL_DIGITS)..);
            (
                &new.nrb,
                tail,
                new.bank_account_id,
                new.person_id,
                &new.category,
                new.payer_number,
                new.assigned_on,
            )
        })
        .collect();
    for rows in pieces(&rows)? {
        tx.add_numbers(&rows, office.now.millis).await?;
    }
    Ok(())
}

/// The categories for which a student has a number: those of the mask, else those of the bank's
/// list, else one for everything.
async fn categories(
    tx: &mut Tx,
    bank_account_id: i64,
    scheme: &VirtualScheme,
) -> Result<Vec<String>, EngineError> {
    if !scheme.categories.is_empty() {
        return Ok(scheme.categories.keys().cloned().collect());
    }
    let listed = match scheme.mode {
        IssueMode::List => tx.listed_categories(bank_account_id).await?,
        IssueMode::Generate => Vec::new(),
    };
    Ok(if listed.is_empty() {
        vec![String::new()]
    } else {
        listed
    })
}

impl NewNumber {
    fn of(row: &NumberRow) -> NewNumber {
        NewNumber {
            nrb: row.nrb.clone(),
            bank_account_id: row.bank_account_id,
            person_id: row.person_id,
            category: row.category.clone(),
            payer_number: row.payer_number,
            assigned_on: row.assigned_on,
        }
    }
}

impl Held {
    fn of(numbers: Vec<NumberRow>, students: &[StudentVersionRow]) -> Held {
        Held {
            numbers: (numbers.into_iter())
                .map(|row| (row.nrb.clone(), row))
                .collect(),
            names: (students.iter())
                .map(|row| (row.id, row.external_id.clone()))
                .collect(),
        }
    }

    fn add(&mut self, new: NewNumber) {
        let row = NumberRow {
            nrb: new.nrb.clone(),
            tail: String::new(),
            bank_account_id: new.bank_account_id,
            person_id: new.person_id,
            category: new.category,
            payer_number: new.payer_number,
            assigned_on: new.assigned_on,
            retired_on: None,
        };
        self.numbers.insert(new.nrb, row);
    }

    /// Who has no number in use. Whoever studies no longer gets none in the place of a retired one.
    fn lacking<'a>(
        &self,
        students: &'a [StudentVersionRow],
        bank_account_id: i64,
        category: &str,
    ) -> Vec<&'a StudentVersionRow> {
        let here = self
            .numbers
            .values()
            .filter(|row| row.bank_account_id == bank_account_id && row.category == category);
        let (retired, used): (Vec<&NumberRow>, Vec<&NumberRow>) =
            here.partition(|row| row.retired_on.is_some());
        let used: BTreeSet<i64> = used.iter().map(|row| row.person_id).collect();
        let retired: BTreeSet<i64> = retired.iter().map(|row| row.person_id).collect();
        let studies =
            |row: &StudentVersionRow| matches!(row.status.as_str(), "active" | "on_leave");
        let lacking = students
            .iter()
            .filter(|row| !used.contains(&row.id) && (studies(row) || !retired.contains(&row.id)));
        lacking.collect()
    }

    /// Whose a number is, and since when it is retired.
    fn holder(&self, nrb: &Nrb) -> Option<(&NumberRow, &str)> {
        let row = self.numbers.get(nrb.as_str())?;
        let name = self.names.get(&row.person_id);
        Some((row, name.map_or("somebody else", String::as_str)))
    }
}

/// A student, the number, and its payer digits where they are ours.
type Given<'a> = (&'a StudentVersionRow, String, Option<i64>);

impl<'a> Vacancy<'a> {
    fn number(
        &self,
        student: &StudentVersionRow,
        nrb: String,
        payer_number: Option<i64>,
        assigned_on: NaiveDate,
    ) -> NewNumber {
        NewNumber {
            nrb,
            bank_account_id: self.bank_account_id,
            person_id: student.id,
            category: self.category.clone(),
            payer_number,
            assigned_on,
        }
    }

    /// What the numbers are for, as a note says it.
    fn purpose(&self) -> String {
        match self.category.as_str() {
            "" => self.account.name.clone(),
            category => format!("{}, {category}", self.account.name),
        }
    }

    /// The next free numbers of the bank's list.
    async fn listed(
        &self,
        tx: &mut Tx,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Given<'a>>, EngineError> {
        let wanted = self.lacking.len();
        let limit = i64::try_from(wanted).unwrap_or(i64::MAX);
        let free = tx
            .free_listed_numbers(self.bank_account_id, &self.category, limit)
            .await?;
        if free.len() < wanted {
            notes.push(format!(
                "{} student(s) have no number for {}: the bank's list has none left; load more with `kwestura accounts import`",
                wanted - free.len(),
                self.purpose()
            ));
        }
        let given = self.lacking.iter().zip(free);
        Ok(given.map(|(student, nrb)| (*student, nrb, None)).collect())
    }

    /// The numbers that albums make. An album in the newest export of two students makes none.
    fn by_album(&self, held: &Held, notes: &mut Vec<String>) -> Vec<Given<'a>> {
        let mut of_album: BTreeMap<&str, Vec<&StudentVersionRow>> = BTreeMap::new();
        for student in &self.lacking {
            of_album.entry(&student.album).or_default().push(student);
        }
        let mut given = Vec::new();
        for student in &self.lacking {
            let others = of_album.get(student.album.as_str());
            let twin = others
                .and_then(|others| others.iter().find(|other| other.id != student.id))
                .filter(|_| !student.album.is_empty());
            let reason = match (twin, self.scheme.make(&self.category, &student.album)) {
                _ if student.album.is_empty() => "there is no album to make it from".to_owned(),
                (Some(twin), _) => {
                    format!(
                        "the album {} is also that of {}",
                        student.album, twin.external_id
                    )
                }
                (None, Err(error)) => error.to_string(),
                (None, Ok(nrb)) => match held.holder(&nrb) {
                    None => {
                        let payer_number = student.album.parse().ok();
                        given.push((*student, nrb.as_str().to_owned(), payer_number));
                        continue;
                    }
                    Some((row, _)) if row.person_id == student.id => {
                        format!("the one that its album makes, {nrb}, is retired")
                    }
                    Some((_, holder)) => {
                        format!("the one that its album makes, {nrb}, is that of {holder}")
                    }
                },
            };
            notes.push(self.unassigned(student, &reason));
        }
        given
    }

    /// Numbers that only count; one payer has the same digits in every category.
    fn running(&self, held: &Held, notes: &mut Vec<String>) -> Vec<Given<'a>> {
        let here = held
            .numbers
            .values()
            .filter(|row| row.bank_account_id == self.bank_account_id && row.retired_on.is_none());
        let own: BTreeMap<i64, i64> = here
            .filter_map(|row| Some((row.person_id, row.payer_number?)))
            .collect();
        let all = held
            .numbers
            .values()
            .filter(|row| row.bank_account_id == self.bank_account_id);
        let mut last = all.filter_map(|row| row.payer_number).max().unwrap_or(0);
        let mut given = Vec::new();
        for student in &self.lacking {
            let mut payer = own.get(&student.id).copied();
            loop {
                let digits = payer.unwrap_or_else(|| {
                    last = last.saturating_add(1);
                    last
                });
                match self.scheme.make(&self.category, &digits.to_string()) {
                    Err(error) => {
                        notes.push(self.unassigned(student, &error.to_string()));
                        break;
                    }
                    // Loaded from elsewhere: the next one is tried.
                    Ok(nrb) if held.holder(&nrb).is_some() => payer = None,
                    Ok(nrb) => {
                        given.push((*student, nrb.as_str().to_owned(), Some(digits)));
                        break;
                    }
                }
            }
        }
        given
    }

    fn unassigned(&self, student: &StudentVersionRow, reason: &str) -> String {
        format!(
            "{} has no number for {}: {reason}; assign one with `kwestura accounts import`",
            student.external_id,
            self.purpose()
        )
    }
}
