//! Retention: what was kept long enough is erased, and the books can still be verified.
//!
//! Facts hold ids, days and amounts, and stay. What goes are names, addresses, titles, files and words;
//! a tombstone says that they went, and proves what is left: of a file the lines that it brought, of
//! the audit log the seal at which it now begins. What is held, open or waits for a person is not
//! touched. Some at a time are a transaction; a second run finds nothing to do.

mod lines;

pub use lines::seal_of_file;

use super::{EngineError, Office, account, audit};
use crate::config::Retention;
use crate::store::Tx;
use crate::store::retention::{Due, ErasedRow, HoldRow};
use chrono::{NaiveDate, TimeZone as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Files, confirmations or students erased in one transaction.
const BATCH: usize = 20;

/// What is kept for a time of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Files of statements, names and titles on their lines.
    Statements,
    /// Files of payments for the bank.
    PaymentFiles,
    /// Confirmations that students handed in.
    Confirmations,
    /// Words on messages and on closed cases.
    Messages,
    /// Names and addresses of students of whom nothing happens any more.
    Students,
    /// Who did and looked at what.
    Audit,
    /// How students signed in.
    SignIn,
}

impl Class {
    /// All, in the order in which they are erased.
    pub const ALL: [Class; 7] = [
        Class::Statements,
        Class::PaymentFiles,
        Class::Confirmations,
        Class::Messages,
        Class::Students,
        Class::SignIn,
        Class::Audit,
    ];

    /// As settings and tombstones call it.
    pub fn name(self) -> &'static str {
        match self {
            Class::Statements => "statements",
            Class::PaymentFiles => "payment_files",
            Class::Confirmations => "confirmations",
            Class::Messages => "messages",
            Class::Students => "students",
            Class::Audit => "audit",
            Class::SignIn => "sign_in",
        }
    }

    /// What it is.
    pub fn what(self) -> &'static str {
        match self {
            Class::Statements => "files of statements, names and titles on their lines",
            Class::PaymentFiles => "files of payments",
            Class::Confirmations => "confirmations handed in",
            Class::Messages => "words on messages and on closed cases",
            Class::Students => "names and addresses of students of whom nothing happens",
            Class::Audit => "who did and looked at what",
            Class::SignIn => "how students signed in",
        }
    }

    /// Why so long, unless the institution says otherwise.
    pub fn source(self) -> &'static str {
        match self {
            Class::Statements | Class::PaymentFiles | Class::Confirmations => {
                "Accounting Act, art. 74: vouchers, 5 years behind the year"
            }
            Class::Messages => "Accounting Act, art. 74: what proves that a claim was pursued",
            Class::Students => "the institution's list of records; 10 years is usual for claims",
            Class::Audit => "GDPR, art. 5(2); Civil Code, art. 118: claims lapse in 6 years",
            Class::SignIn => "GDPR, art. 5(1)(e): no longer than security needs",
        }
    }

    /// Years behind the one in which it was made.
    pub fn years(self, settings: &Retention) -> i32 {
        match self {
            Class::Statements => settings.statements,
            Class::PaymentFiles => settings.payment_files,
            Class::Confirmations => settings.confirmations,
            Class::Messages => settings.messages,
            Class::Students => settings.students,
            Class::Audit => settings.audit,
            Class::SignIn => settings.sign_in,
        }
    }

    fn one_by_one(self) -> Option<Due> {
        match self {
            Class::Statements => Some(Due::Files),
            Class::PaymentFiles => Some(Due::PaymentFiles),
            Class::Confirmations => Some(Due::Confirmations),
            Class::Students => Some(Due::Students),
            Class::Audit => Some(Due::Audit),
            Class::Messages | Class::SignIn => None,
        }
    }
}

/// What a run did, or would do, with a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// The class.
    pub class: Class,
    /// The first day that is kept.
    pub kept_from: NaiveDate,
    /// Files, confirmations, students; where there is nothing to name, rows.
    pub count: usize,
}

/// Erases what was kept long enough; with `dry_run` only counts it.
///
/// # Errors
///
/// Where the database fails. What was erased until then is, and the next run goes on.
pub async fn run(office: &Office, by: &str, dry_run: bool) -> Result<Vec<Erased>, EngineError> {
    let mut all = Vec::new();
    for class in Class::ALL {
        let years = class.years(&office.config.retention);
        let kept_from = Retention::first_kept(office.now.today, years);
        let before = (kept_from, first_millis(office, kept_from));
        let count = match class.one_by_one() {
            Some(due) => one_by_one(office, class, due, before, dry_run).await?,
            None => at_once(office, class, before, dry_run).await?,
        };
        all.push(Erased {
            class,
            kept_from,
            count,
        });
    }
    let erased = all.iter().filter(|erased| erased.count > 0);
    let words: Vec<String> = erased
        .map(|erased| format!("{} {}", erased.count, erased.class.name()))
        .collect();
    if !dry_run && !words.is_empty() {
        audit::by_name(
            office,
            by,
            "erased what was kept long enough",
            &words.join(", "),
        )
        .await?;
    }
    Ok(all)
}

fn first_millis(office: &Office, day: NaiveDate) -> i64 {
    let zone = office.config.institution.time_zone;
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    let local = zone.from_local_datetime(&midnight).earliest();
    local.map_or(i64::MIN, |instant| instant.timestamp_millis())
}

async fn one_by_one(
    office: &Office,
    class: Class,
    due: Due,
    before: (NaiveDate, i64),
    dry_run: bool,
) -> Result<usize, EngineError> {
    let mut tx = office.db.read().await?;
    let mut rows = tx.due_for_erasure(due, before).await?;
    tx.rollback().await?;
    if class == Class::Students {
        rows = with_nothing_on_account(office, rows).await?;
    }
    if dry_run {
        return Ok(rows.len());
    }
    let mut count = 0;
    loop {
        let mut tx = office.db.write().await?;
        // Somebody may hold one by now, or have erased it.
        tx.lock_holds().await?;
        let mut still = tx.due_for_erasure(due, before).await?;
        still.retain(|row| rows.contains(row));
        still.truncate(BATCH);
        for row in &still {
            one(&mut tx, office, class, due, row).await?;
        }
        if still.is_empty() {
            tx.rollback().await?;
            return Ok(count);
        }
        tx.commit().await?;
        count += still.len();
    }
}

/// Writes the tombstone of one and empties it.
async fn one(
    tx: &mut Tx,
    office: &Office,
    class: Class,
    due: Due,
    row: &ErasedRow,
) -> Result<(), EngineError> {
    let proof = match class {
        Class::Statements => lines::shortened(tx, &row.about).await?,
        Class::PaymentFiles => {
            let number = row.about.parse().unwrap_or_default();
            let content = tx.payment_file_content(number).await?.unwrap_or_default();
            super::secret::hexadecimal(&Sha256::digest(content))
        }
        Class::Students => String::new(),
        _ => row.sha256.clone(),
    };
    tx.add_tombstone(class.name(), &row.about, &proof, office.now.millis)
        .await?;
    if class == Class::Statements {
        lines::write(tx, &row.about).await?;
    }
    tx.erase(due, &row.about).await?;
    Ok(())
}

/// Students whose money is used up: who has some on account is found by name.
async fn with_nothing_on_account(
    office: &Office,
    rows: Vec<ErasedRow>,
) -> Result<Vec<ErasedRow>, EngineError> {
    let mut even = Vec::new();
    for row in rows {
        let student = row.sha256.as_str();
        let accounts = account::of_student(office, student, account::END_OF_DAYS, i64::MAX).await?;
        if accounts.iter().all(|one| one.on_account_minor == 0) {
            even.push(row);
        }
    }
    Ok(even)
}

async fn at_once(
    office: &Office,
    class: Class,
    before: (NaiveDate, i64),
    dry_run: bool,
) -> Result<usize, EngineError> {
    let mut tx = office.db.write().await?;
    tx.lock_holds().await?;
    let count = match class {
        Class::SignIn => tx.erase_traces(before.1).await?,
        _ => tx.erase_words(before).await?,
    };
    if dry_run || count == 0 {
        tx.rollback().await?;
    } else {
        tx.commit().await?;
    }
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Keeps all of a student, or of everybody, until the hold is released; returns its number.
///
/// # Errors
///
/// Refused without a reason, and where nobody knows the student.
pub async fn hold(
    office: &Office,
    student: Option<&str>,
    by: &str,
    why: &str,
) -> Result<i64, EngineError> {
    if why.trim().is_empty() {
        return Err(EngineError::refused("a hold needs a reason: --why TEXT"));
    }
    let mut tx = office.db.write().await?;
    let person = match student {
        Some(student) => Some(account::find(&mut tx, student).await?),
        None => None,
    };
    let id = tx.add_hold(person, by, why, office.now.millis).await?;
    tx.commit().await?;
    let about = student.unwrap_or("everybody");
    audit::by_name(office, by, "legal hold", &format!("{about}: {why}")).await?;
    Ok(id)
}

/// Ends a hold.
///
/// # Errors
///
/// Refused where none of that number is open.
pub async fn release(office: &Office, id: i64, by: &str) -> Result<(), EngineError> {
    let mut tx = office.db.write().await?;
    let was_open = tx.end_hold(id, by, office.now.millis).await?;
    tx.commit().await?;
    if !was_open {
        return Err(EngineError::refused(format!(
            "no hold {id} is open; `kwestura retention show` lists them"
        )));
    }
    audit::by_name(office, by, "legal hold released", &id.to_string()).await
}

/// The holds that are open.
pub async fn holds(office: &Office) -> Result<Vec<HoldRow>, EngineError> {
    let mut tx = office.db.read().await?;
    let rows = tx.holds().await?;
    tx.rollback().await?;
    Ok(rows)
}

/// All that is kept of a student, by table. Amounts are minor units, instants milliseconds since 1970 in
/// UTC; bytes stand as `\x` and hexadecimal digits. Noted in the audit log.
///
/// # Errors
///
/// Refused where nobody knows the student.
pub async fn export(office: &Office, student: &str, by: &str) -> Result<Value, EngineError> {
    office.db.collect_uses().await?;
    let mut tx = office.db.read().await?;
    let person = account::find(&mut tx, student).await?;
    let kept = tx.kept_of(person).await?;
    tx.rollback().await?;
    let mut tables = serde_json::Map::new();
    for (table, rows) in kept {
        let rows: Result<Vec<Value>, _> =
            rows.iter().map(|row| serde_json::from_str(row)).collect();
        let rows = rows.map_err(|error| {
            EngineError::refused(format!("a row of {table} cannot be read: {error}"))
        })?;
        tables.insert(table.to_owned(), rows.into());
    }
    audit::by_name(office, by, "exported all of a student", student).await?;
    Ok(json!({
        "institution": office.config.institution.name,
        "student": student,
        "as_of": office.now.today.to_string(),
        "units": "amount_minor is grosze or cents, an instant is milliseconds since 1970 in UTC",
        "kept": tables,
    }))
}
