//! `accounts import`, `accounts list`, `accounts retire`.
//!
//! In: the bank's list of numbers, or numbers that were assigned elsewhere. Out: numbers waiting to
//! be assigned, numbers assigned, numbers retired. A number is somebody's once and for ever; a
//! retired one is still recognised.

use super::numbers::{self, AssignedNumber, NewNumber};
use super::roster::{
    Counts, Mistakes, Named, News, Upload, lock_bank_accounts, pieces, reconsider,
};
use super::{EngineError, Office};
use crate::config::BankAccount;
use crate::iban::{IssueMode, Nrb, VirtualScheme, normalise_account};
use crate::roster::{self, AccountRow, FileKind, StudentRef};
use crate::store::Tx;
use crate::store::roster::{ListedRow, NumberRow, newest};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a load of numbers brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Loaded {
    /// Its rows.
    #[serde(flatten)]
    pub counts: Counts,
    /// Numbers that wait to be assigned.
    pub listed: usize,
    /// Numbers that the file says are a student's.
    pub assigned: usize,
    /// Numbers that must not be used any more.
    pub retired: usize,
    /// Numbers assigned to students who lacked one.
    pub numbers: Vec<AssignedNumber>,
    /// What a person should know or mend.
    pub notes: Vec<String>,
}

/// What is to be written.
#[derive(Default)]
struct New {
    listed: Vec<(String, i64, String)>,
    numbers: Vec<NewNumber>,
    retired: Vec<(String, NaiveDate)>,
}

/// What is known of the numbers of a file.
struct Known<'a> {
    accounts: Vec<(i64, &'a BankAccount)>,
    students: Named,
    assigned: BTreeMap<String, NumberRow>,
    listed: BTreeMap<String, ListedRow>,
    /// From when a number is a student's where the file does not say.
    day: NaiveDate,
}

/// Why a row cannot be right: the column and the reason.
type Mistake = (&'static str, String);

/// Loads numbers. Afterwards students who lack one get theirs, except in a load at go-live, which
/// says itself who has what.
///
/// # Errors
///
/// Every mistake of the file; then nothing was written.
pub async fn import(office: &Office, upload: &Upload<'_>) -> Result<Loaded, EngineError> {
    let parsed = upload.read(office, FileKind::Accounts, roster::accounts)?;
    let day = upload
        .as_of(office)?
        .map_or(office.now.today, |as_of| as_of.day);
    let mut tx = office.db.write().await?;
    tx.lock_roster().await?;
    let accounts = lock_bank_accounts(&mut tx, office).await?;
    let known = Known::of(&mut tx, accounts, &parsed.rows, day).await?;
    let mut mistakes = Mistakes::of(upload, office, FileKind::Accounts);
    let mut loaded = Loaded {
        notes: parsed.notes.clone(),
        ..Loaded::default()
    };
    let mut new = New::default();
    for row in &parsed.rows {
        match known.judge(row, &mut new) {
            Ok(news) => loaded.counts.add(news),
            Err((column, reason)) => mistakes.note(row.line, column, reason),
        }
    }
    mistakes.check()?;

    let now = office.now.millis;
    for rows in pieces(&new.listed)? {
        tx.add_listed_numbers(&rows, now).await?;
    }
    numbers::add(&mut tx, office, &new.numbers).await?;
    for rows in pieces(&new.retired)? {
        tx.retire_numbers(&rows, now).await?;
    }
    (loaded.listed, loaded.assigned, loaded.retired) =
        (new.listed.len(), new.numbers.len(), new.retired.len());
    let mut changed: Vec<String> = new.numbers.into_iter().map(|number| number.nrb).collect();
    changed.extend(new.retired.into_iter().map(|(nrb, _)| nrb));
    if !upload.opening {
        let missing = numbers::assign_missing(&mut tx, office, &known.accounts, day).await?;
        changed.extend(missing.numbers.iter().map(|number| number.nrb.clone()));
        loaded.numbers = missing.numbers;
        loaded.notes.extend(missing.notes);
    }
    reconsider(&mut tx, office, &changed, &[]).await?;
    upload.finish(tx).await?;
    Ok(loaded)
}

impl<'a> Known<'a> {
    async fn of(
        tx: &mut Tx,
        accounts: Vec<(i64, &'a BankAccount)>,
        rows: &[AccountRow],
        day: NaiveDate,
    ) -> Result<Known<'a>, EngineError> {
        let nrbs: Vec<String> = rows.iter().map(|row| row.nrb.clone()).collect();
        let students = rows.iter().filter_map(|row| row.student.as_ref());
        let assigned = tx.numbers(&nrbs).await?.into_iter();
        let listed = tx.listed_numbers(&nrbs).await?.into_iter();
        Ok(Known {
            accounts,
            students: Named::by(tx, students).await?,
            assigned: assigned.map(|row| (row.nrb.clone(), row)).collect(),
            listed: listed.map(|row| (row.nrb.clone(), row)).collect(),
            day,
        })
    }

    /// What a row brings; what is to be written for it goes to `new`.
    fn judge(&self, row: &AccountRow, new: &mut New) -> Result<News, Mistake> {
        let student = match &row.student {
            Some(student) => Some((self.students.find(student)?, student)),
            None => None,
        };
        match (self.assigned.get(&row.nrb), student) {
            (Some(number), student) => confirm(row, number, student, new),
            (None, Some((person_id, _))) => self.assign(row, person_id, new),
            (None, None) => self.list(row, new),
        }
    }

    /// A number that becomes a student's.
    fn assign(&self, row: &AccountRow, person_id: i64, new: &mut New) -> Result<News, Mistake> {
        let (bank_account_id, account) = self.account_of(row)?;
        let scheme = account.virtual_scheme.as_ref();
        let nrb = parsed(row)?;
        let payer_number = scheme
            .filter(|scheme| scheme.mode == IssueMode::Generate && scheme.owns(&nrb))
            .and_then(|scheme| payer_digits(scheme, &nrb)?.parse().ok());
        let day = row.assigned_on.unwrap_or(self.day);
        new.numbers.push(NewNumber {
            nrb: row.nrb.clone(),
            bank_account_id,
            person_id,
            category: category(row, &nrb, scheme)?,
            payer_number,
            // A number that was retired before this load was in use before it.
            assigned_on: row.retired_on.map_or(day, |retired| retired.min(day)),
        });
        if let Some(retired_on) = row.retired_on {
            new.retired.push((row.nrb.clone(), retired_on));
        }
        Ok(News::New)
    }

    /// A number that waits to be assigned.
    fn list(&self, row: &AccountRow, new: &mut New) -> Result<News, Mistake> {
        if row.retired_on.is_some() {
            let reason = "is a day, but the number was nobody's; name its student";
            return Err(("retired_on", reason.to_owned()));
        }
        let (bank_account_id, account) = self.account_of(row)?;
        let scheme = account.virtual_scheme.as_ref();
        if scheme.is_none_or(|scheme| scheme.mode != IssueMode::List) {
            let reason = format!(
                "names no student, and the numbers of {} do not come from the bank's list (`mode` in kwestura.toml)",
                account.name
            );
            return Err(("iban", reason));
        }
        let category = category(row, &parsed(row)?, scheme)?;
        let Some(known) = self.listed.get(&row.nrb) else {
            new.listed
                .push((row.nrb.clone(), bank_account_id, category));
            return Ok(News::New);
        };
        if known.bank_account_id != bank_account_id {
            let reason = "the number is listed for another bank account";
            return Err(("bank_account", reason.to_owned()));
        }
        if known.category != category {
            let reason = format!(
                "`{category}`, but the number is listed for `{}`",
                known.category
            );
            return Err(("category", reason));
        }
        Ok(News::Unchanged)
    }

    /// The bank account at which a number is credited: the one that is named, else the one whose
    /// mask it has, else the only one with a list.
    fn account_of(&self, row: &AccountRow) -> Result<(i64, &'a BankAccount), Mistake> {
        let accounts = self.accounts.iter();
        if let Some(named) = &row.bank_account {
            let iban = normalise_account(named);
            let mut found =
                accounts.filter(|(_, account)| account.iban == iban || account.name == *named);
            return found.next().copied().ok_or_else(|| {
                let reason = format!("`{named}` is no bank account in kwestura.toml");
                ("bank_account", reason)
            });
        }
        let nrb = parsed(row)?;
        let scheme = |account: &'a BankAccount| account.virtual_scheme.as_ref();
        let owns = |account| scheme(account).is_some_and(|scheme| scheme.owns(&nrb));
        let has_list =
            |account| scheme(account).is_some_and(|scheme| scheme.mode == IssueMode::List);
        let owners: Vec<_> = accounts
            .clone()
            .filter(|(_, account)| owns(account))
            .collect();
        let lists: Vec<_> = accounts.filter(|(_, account)| has_list(account)).collect();
        match (owners.as_slice(), lists.as_slice()) {
            ([only], _) | ([], [only]) => Ok(**only),
            _ => Err((
                "iban",
                "it is not clear at which bank account it is credited; name that in a column `bank_account`"
                    .to_owned(),
            )),
        }
    }
}

/// A number that is somebody's already.
fn confirm(
    row: &AccountRow,
    number: &NumberRow,
    student: Option<(i64, &StudentRef)>,
    new: &mut New,
) -> Result<News, Mistake> {
    if let Some((_, named)) = student.filter(|(id, _)| *id != number.person_id) {
        let column = match named {
            StudentRef::ExternalId(_) => "student_external_id",
            StudentRef::Album(_) => "album",
        };
        let reason = format!(
            "the number is another student's since {}, and a number is never given on; `kwestura accounts list` shows whose",
            number.assigned_on
        );
        return Err((column, reason));
    }
    if !row.category.is_empty() && row.category != number.category {
        let reason = format!(
            "`{}`, but the number was assigned for `{}`, and that never changes",
            row.category, number.category
        );
        return Err(("category", reason));
    }
    match (row.retired_on, number.retired_on) {
        (None, _) => Ok(News::Unchanged),
        (Some(day), Some(known)) if day == known => Ok(News::Unchanged),
        (Some(_), Some(known)) => Err((
            "retired_on",
            format!("the number is retired since {known}, and that never changes"),
        )),
        (Some(day), None) if day < number.assigned_on => Err((
            "retired_on",
            format!("the number was assigned later, on {}", number.assigned_on),
        )),
        (Some(day), None) => {
            new.retired.push((row.nrb.clone(), day));
            Ok(News::Changed)
        }
    }
}

fn parsed(row: &AccountRow) -> Result<Nrb, Mistake> {
    Nrb::parse(&row.nrb).map_err(|error| ("iban", error.to_string()))
}

/// The category of a number: as the row says, else as its digits say.
fn category(
    row: &AccountRow,
    nrb: &Nrb,
    scheme: Option<&VirtualScheme>,
) -> Result<String, Mistake> {
    let Some(scheme) = scheme.filter(|scheme| !scheme.categories.is_empty()) else {
        return Ok(row.category.clone());
    };
    let by_digits = (scheme.categories.iter())
        .find(|(_, digits)| !digits.is_empty() && category_digits(scheme, nrb) == Some(digits))
        .map(|(name, _)| name);
    if scheme.categories.contains_key(&row.category) {
        return match by_digits {
            Some(by_digits) if *by_digits != row.category => {
                let reason = format!(
                    "`{}`, but its digits are those of `{by_digits}`",
                    row.category
                );
                Err(("category", reason))
            }
            _ => Ok(row.category.clone()),
        };
    }
    let names: Vec<&str> = scheme.categories.keys().map(String::as_str).collect();
    if let Some(by_digits) = by_digits.filter(|_| row.category.is_empty()) {
        return Ok(by_digits.clone());
    }
    let reason = format!("`{}` is none of: {}", row.category, names.join(", "));
    Err(("category", reason))
}

fn category_digits<'a>(scheme: &VirtualScheme, nrb: &'a Nrb) -> Option<&'a str> {
    let code = scheme.client_code.len();
    let digits = nrb.account().get(code..code + scheme.category_digits);
    digits.filter(|_| scheme.owns(nrb))
}

fn payer_digits<'a>(scheme: &VirtualScheme, nrb: &'a Nrb) -> Option<&'a str> {
    nrb.account()
        .get(scheme.client_code.len() + scheme.category_digits..)
}

/// A number as people read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Number {
    /// The student system's id.
    pub student: String,
    /// The newest album.
    pub album: String,
    /// 26 digits.
    pub nrb: String,
    /// The institution's account behind it.
    pub bank_account: String,
    /// Category; empty where a student has one number for all.
    pub category: String,
    /// From when it is the student's.
    pub assigned_on: NaiveDate,
    /// Since when it must not be used.
    pub retired_on: Option<NaiveDate>,
}

/// The student to whom a number was assigned, by the student system's id; none where it never was.
pub async fn whose(office: &Office, nrb: &str) -> Result<Option<String>, EngineError> {
    let mut tx = office.db.read().await?;
    let numbers = tx.numbers(&[nrb.to_owned()]).await?;
    let persons: Vec<i64> = numbers.iter().map(|row| row.person_id).collect();
    let student = tx.external_ids(&persons).await?.pop();
    tx.rollback().await?;
    Ok(student)
}

/// The numbers of a student (by the student system's id, or by an album), or of everybody.
pub async fn list(office: &Office, student: Option<&str>) -> Result<Vec<Number>, EngineError> {
    let mut tx = office.db.read().await?;
    let persons: Vec<i64> = match student {
        None => tx.all_persons().await?.iter().map(|row| row.id).collect(),
        Some(name) => {
            let name = [name.trim().to_owned()];
            let by_id = tx.persons_by_external(&name).await?;
            let by_album = tx.persons_by_album(&name).await?;
            let by_id = by_id.iter().map(|row| row.id);
            let by_album = by_album.iter().map(|row| row.id);
            by_id.chain(by_album).collect()
        }
    };
    let students = newest(tx.students_by_id(&persons).await?).into_iter();
    let students: BTreeMap<i64, (String, String)> = students
        .map(|row| (row.id, (row.external_id, row.album)))
        .collect();
    if let Some(student) = student.filter(|_| students.is_empty()) {
        return Err(EngineError::refused(format!(
            "there is no student with the id or album `{student}`; `kwestura students list --search NAME` finds them by name"
        )));
    }
    let accounts = tx.bank_accounts().await?.into_iter();
    let accounts: BTreeMap<i64, String> = accounts.map(|row| (row.id, row.iban)).collect();
    let rows = tx.numbers_of(&persons).await?;
    tx.rollback().await?;
    let account_name = |id: i64| {
        let iban = accounts.get(&id).cloned().unwrap_or_default();
        let mut configured = office.config.bank_accounts.iter();
        let configured = configured.find(|account| account.iban == iban);
        configured.map_or(iban, |account| account.name.clone())
    };
    let numbers = rows.into_iter().filter_map(|row| {
        let (student, album) = students.get(&row.person_id)?.clone();
        Some(Number {
            student,
            album,
            bank_account: account_name(row.bank_account_id),
            nrb: row.nrb,
            category: row.category,
            assigned_on: row.assigned_on,
            retired_on: row.retired_on,
        })
    });
    let mut numbers: Vec<Number> = numbers.collect();
    numbers.sort_by(|one, other| {
        let order = |row: &Number| {
            (
                row.student.clone(),
                row.bank_account.clone(),
                row.nrb.clone(),
            )
        };
        order(one).cmp(&order(other))
    });
    Ok(numbers)
}

/// Retires a number from a day on; tells whose it is. A second time, nothing happens.
///
/// # Errors
///
/// It is nobody's, was assigned later, or is retired since another day.
pub async fn retire(office: &Office, nrb: &str, on: NaiveDate) -> Result<Number, EngineError> {
    let nrb = Nrb::parse(nrb).map_err(|error| EngineError::refused(error.to_string()))?;
    let mut tx = office.db.write().await?;
    tx.lock_roster().await?;
    lock_bank_accounts(&mut tx, office).await?;
    let found = tx.numbers(&[nrb.as_str().to_owned()]).await?;
    let Some(number) = found.into_iter().next() else {
        return Err(EngineError::refused(format!(
            "{nrb} is nobody's number; `kwestura accounts list` shows all"
        )));
    };
    match number.retired_on {
        Some(day) if day == on => {}
        Some(day) => {
            return Err(EngineError::refused(format!(
                "{nrb} is retired since {day}, and that never changes"
            )));
        }
        None if on < number.assigned_on => {
            return Err(EngineError::refused(format!(
                "{nrb} was assigned later, on {}; give `--on` that day or a later one",
                number.assigned_on
            )));
        }
        None => {
            for rows in pieces(&[(nrb.as_str(), on)])? {
                tx.retire_numbers(&rows, office.now.millis).await?;
            }
        }
    }
    let persons = tx.students_by_id(&[number.person_id]).await?;
    reconsider(&mut tx, office, std::slice::from_ref(&number.nrb), &[]).await?;
    tx.commit().await?;
    let student = newest(persons).pop();
    let external = student.as_ref().map(|row| row.external_id.as_str());
    let numbers = list(office, external).await?.into_iter();
    let retired = numbers.into_iter().find(|row| row.nrb == number.nrb);
    retired.ok_or_else(|| EngineError::refused(format!("{nrb} has no student")))
}
