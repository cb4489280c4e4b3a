//! Papers that students take away, and the addresses of their calendars.
//!
//! A paper bears a code that nobody can guess. Whoever is shown the paper types the code on a public
//! page, or hands in the file, and learns whether it is genuine and the day that it bears: no name, no
//! amount. What is kept is the code's hash, and the file's.
//!
//! A calendar stands at a secret address, so that programs can read it without a sign-in. It is shown
//! once; a new one ends the one before.

use super::{EngineError, Office, secret};
use crate::store::papers::NewPaper;
use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

/// So many papers a day for one student: each is kept for good.
const DAY_MAX: i64 = 30;
/// No vowels and nothing that looks like something else: no words, no doubts.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Letters of a code: 86 bits.
const CODE_LETTERS: usize = 20;

/// Which paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Statement of account.
    Statement,
    /// Confirmation of a payment.
    Confirmation,
}

impl Kind {
    /// As it is stored, and stands in file names.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Statement => "statement",
            Kind::Confirmation => "confirmation",
        }
    }
}

/// A code for a paper that is about to be written: `BCDFG-HJKLM-NPQRS-TVWXZ`.
///
/// # Errors
///
/// Refused where the student took too many papers today.
pub async fn code(office: &Office, person: i64) -> Result<String, EngineError> {
    let mut tx = office.db.read().await?;
    let taken = tx.papers_of(person, office.now.today).await?;
    tx.rollback().await?;
    if DAY_MAX <= taken {
        return Err(EngineError::refused(
            "that is enough papers for one day; take the next tomorrow",
        ));
    }
    let mut letters = Vec::new();
    while letters.len() < CODE_LETTERS {
        // A multiple of twenty, so that every letter is as likely as every other.
        let fair = secret::bytes::<32>()?
            .into_iter()
            .filter(|&byte| byte < 240);
        letters.extend(fair.filter_map(|byte| LETTERS.get(usize::from(byte % 20)).copied()));
    }
    letters.truncate(CODE_LETTERS);
    let groups = letters.chunks(5).map(String::from_utf8_lossy);
    Ok(groups.collect::<Vec<_>>().join("-"))
}

/// Keeps a paper that was written.
pub async fn keep(
    office: &Office,
    person: i64,
    kind: Kind,
    code: &str,
    file: &[u8],
) -> Result<(), EngineError> {
    let new = NewPaper {
        person,
        kind: kind.name(),
        code_sha256: &hash_of(code),
        file_sha256: &secret::hexadecimal(&Sha256::digest(file)),
        issued_on: office.now.today,
    };
    let mut tx = office.db.write().await?;
    tx.add_paper(&new, office.now.millis).await?;
    tx.commit().await?;
    Ok(())
}

/// However it was typed.
fn hash_of(code: &str) -> String {
    let letters = code.chars().filter(char::is_ascii_alphabetic);
    secret::sha256(&letters.collect::<String>().to_uppercase())
}

/// A paper that is genuine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Genuine {
    /// The day that it bears.
    pub issued_on: NaiveDate,
    /// Whether the file that was handed in is the very one; none where none was.
    pub is_the_file: Option<bool>,
}

/// Whether a paper is genuine: by the code on it, by the file, or both; none where we wrote no such.
pub async fn genuine(
    office: &Office,
    code: &str,
    file: Option<&[u8]>,
) -> Result<Option<Genuine>, EngineError> {
    let file = file.map(|file| secret::hexadecimal(&Sha256::digest(file)));
    let mut tx = office.db.read().await?;
    let found = match (&file, code.trim()) {
        (Some(file), "") => tx.paper_by_file(file).await?,
        (None, "") => None,
        (_, code) => tx.paper_by_code(&hash_of(code)).await?,
    };
    tx.rollback().await?;
    Ok(found.map(|(issued_on, sha256)| Genuine {
        issued_on,
        is_the_file: file.map(|file| file == sha256),
    }))
}

/// Gives a student's calendar a new address, and ends the one before; the part of it that is secret.
pub async fn new_calendar(office: &Office, person: i64) -> Result<String, EngineError> {
    let token = secret::token()?;
    let mut tx = office.db.write().await?;
    tx.set_calendar(person, Some(&secret::sha256(&token)), office.now.millis)
        .await?;
    tx.commit().await?;
    Ok(token)
}

/// Ends a student's calendar.
pub async fn end_calendar(office: &Office, person: i64) -> Result<(), EngineError> {
    let mut tx = office.db.write().await?;
    tx.set_calendar(person, None, office.now.millis).await?;
    tx.commit().await?;
    Ok(())
}

/// Whose calendar is at an address; none where it was ended, or never was.
pub async fn whose_calendar(office: &Office, token: &str) -> Result<Option<i64>, EngineError> {
    let mut tx = office.db.read().await?;
    let found = tx.calendar(&secret::sha256(token)).await?;
    tx.rollback().await?;
    Ok(found)
}
