//! Hear: what a student says about a fee of their own, without anybody of the office between.
//!
//! "I paid" is a claim, with a confirmation where the student has one; "this is wrong", "I need time"
//! and "I need instalments" are cases of the student service centre at once. Each stops messages for a
//! while and with an end, so the same is heard once: who says it again is told what became of it.
//!
//! A fee of somebody else is answered as one that does not exist.

use super::debtors::words;
use super::decide::{self, Request, Said, Standing};
use super::{EngineError, Office, escalate, identify};
use crate::calendar::add_business_days;
use crate::store::facts::ReceivableRow;
use crate::store::lookup::NewAttachment;
use crate::store::{StoreError, Tx};
use chrono::{Days, NaiveDate};

/// Messages stop for so many business days.
const PAUSE_DAYS: i32 = 10;
/// Signs of what a student writes.
pub const WORDS_MAX: usize = 1_000;
/// Bytes of a confirmation.
pub const ATTACHMENT_MAX: usize = 5 * 1024 * 1024;
/// Signs of its name.
const NAME_MAX: usize = 80;
/// A payment of more than so many days ago is for the office to look up.
const PAID_DAYS_MAX: u64 = 400;

/// What a student says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saying {
    /// It was paid.
    Paid {
        /// On this day.
        on: NaiveDate,
        /// So much, as it was typed; all of it where nothing is said.
        amount: Option<String>,
        /// The bank's confirmation.
        confirmation: Option<Attachment>,
    },
    /// It is wrong.
    Wrong,
    /// It needs time.
    MoreTime,
    /// It needs instalments.
    Instalments,
}

impl Saying {
    fn kind(&self) -> &'static str {
        match self {
            Saying::Paid { .. } => "claim",
            Saying::Wrong => "dispute",
            Saying::MoreTime => "deferral",
            Saying::Instalments => "instalments",
        }
    }
}

/// A file that a student hands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, as the browser tells it.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl Attachment {
    /// What its first bytes say it is; none for what is not taken. Its name says nothing.
    pub fn media_type(&self) -> Option<&'static str> {
        let kinds: [(&[u8], &str); 3] = [
            (b"%PDF-", "application/pdf"),
            (b"\x89PNG\r\n\x1a\n", "image/png"),
            (b"\xff\xd8\xff", "image/jpeg"),
        ];
        let kind = kinds
            .iter()
            .find(|(head, _)| self.content.starts_with(head));
        kind.map(|(_, kind)| *kind)
    }

    /// Its name without folders, and without signs that a file system or a header would mind.
    fn plain_name(&self) -> String {
        let last = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let signs = last.chars().map(|sign| match sign {
            sign if sign.is_alphanumeric() || matches!(sign, '.' | '-' | '_' | ' ') => sign,
            _ => '_',
        });
        let name: String = signs.take(NAME_MAX).collect();
        if name.trim().is_empty() {
            "confirmation".to_owned()
        } else {
            name.trim().to_owned()
        }
    }
}

/// Why a student was not heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotHeard {
    /// The student has no such fee.
    NoSuchFee,
    /// Nothing is to be paid for it.
    NothingOpen,
    /// The same was said already, and it is not answered yet.
    SaidAlready,
    /// Nobody can have paid on a day to come, or so long ago.
    Day,
    /// The amount is none.
    Amount,
    /// Nothing was written, or too much.
    Words,
    /// The file is larger than [`ATTACHMENT_MAX`].
    TooLarge,
    /// The file is no PDF, PNG or JPEG.
    Kind,
}

/// Hears a student; tells the number under which it is noted.
///
/// # Errors
///
/// Where the database fails. What a student can put right is [`NotHeard`].
pub async fn hear(
    office: &Office,
    person: i64,
    fee: &str,
    saying: &Saying,
    why: &str,
) -> Result<Result<i64, NotHeard>, EngineError> {
    let today = office.now.today;
    if let Err(not) = in_itself(saying, why, today) {
        return Ok(Err(not));
    }
    let mut tx = office.db.read().await?;
    let fee = of_student(&mut tx, person, fee, today).await?;
    let said = match &fee {
        Some(fee) => is_said(&mut tx, office, fee, saying).await?,
        None => false,
    };
    tx.rollback().await?;
    let Some(fee) = fee else {
        return Ok(Err(NotHeard::NoSuchFee));
    };
    if said {
        return Ok(Err(NotHeard::SaidAlready));
    }
    let why = if why.trim().is_empty() {
        "paid"
    } else {
        why.trim()
    };
    let said = Said {
        by: "student".to_owned(),
        why: why.to_owned(),
        on: None,
    };
    let answer = match decide::decide(office, &request(&fee, saying, today), &said, false).await {
        Ok(answer) => answer,
        // What is read above can change only in one way: it was settled meanwhile.
        Err(EngineError::Refused(_)) => return Ok(Err(NotHeard::NothingOpen)),
        Err(failed) => return Err(failed),
    };
    let Some(&number) = answer.numbers.first() else {
        return Ok(Err(NotHeard::SaidAlready));
    };
    if answer.standing == Standing::Already {
        return Ok(Err(NotHeard::SaidAlready));
    }
    keep(office, number, saying).await?;
    Ok(Ok(number))
}

/// What needs no database to be seen.
fn in_itself(saying: &Saying, why: &str, today: NaiveDate) -> Result<(), NotHeard> {
    let signs = why.trim().chars().count();
    let needs_words = !matches!(saying, Saying::Paid { .. });
    if WORDS_MAX < signs || needs_words && signs == 0 {
        return Err(NotHeard::Words);
    }
    let Saying::Paid {
        on,
        confirmation,
        amount,
    } = saying
    else {
        return Ok(());
    };
    let earliest = today.checked_sub_days(Days::new(PAID_DAYS_MAX));
    if today < *on || Some(*on) < earliest {
        return Err(NotHeard::Day);
    }
    let positive = |text: &String| {
        crate::money::parse_minor(text, crate::money::Currency::PLN).is_ok_and(|minor| 0 < minor)
    };
    if amount.as_ref().is_some_and(|text| !positive(text)) {
        return Err(NotHeard::Amount);
    }
    match confirmation {
        Some(file) if ATTACHMENT_MAX < file.content.len() => Err(NotHeard::TooLarge),
        Some(file) if file.media_type().is_none() => Err(NotHeard::Kind),
        _ => Ok(()),
    }
}

/// The fee, if it is the student's own, also under a number that was merged into theirs.
async fn of_student(
    tx: &mut Tx,
    person: i64,
    fee: &str,
    today: NaiveDate,
) -> Result<Option<ReceivableRow>, StoreError> {
    let survivors = identify::survivors_on(tx, today).await?;
    let home = |person: i64| survivors.get(&person).copied().unwrap_or(person);
    let mut found = tx.fees_by_external(&[fee.to_owned()]).await?;
    found.retain(|row| home(row.person_id) == home(person));
    Ok(found.pop())
}

/// Whether the same was said and is not answered yet. A claim is heard a second time when the
/// statements did not show the first: that is a case at once.
async fn is_said(
    tx: &mut Tx,
    office: &Office,
    fee: &ReceivableRow,
    saying: &Saying,
) -> Result<bool, EngineError> {
    let around = super::lookup::Around::read(tx, office).await?;
    let lookups = super::lookup::of_persons(tx, office, &around, &[fee.person_id]).await?;
    let words = lookups.iter().flat_map(|lookup| &lookup.said);
    let mut same =
        words.filter(|word| word.fee == fee.external_id && word.what.name() == saying.kind());
    Ok(same.any(|word| word.standing.is_waiting()))
}

fn request(fee: &ReceivableRow, saying: &Saying, today: NaiveDate) -> Request {
    let fee = fee.external_id.clone();
    let until = add_business_days(today, PAUSE_DAYS);
    match saying {
        Saying::Paid { on, amount, .. } => Request::Claim {
            fee,
            paid_on: *on,
            amount: amount.clone(),
        },
        Saying::Wrong => Request::Dispute { fee, until },
        Saying::MoreTime | Saying::Instalments => Request::Defer {
            fee,
            until,
            instalments: *saying == Saying::Instalments,
        },
    }
}

/// Keeps the confirmation, and lays what was said on the desk that answers it.
async fn keep(office: &Office, number: i64, saying: &Saying) -> Result<(), EngineError> {
    let mut tx = office.db.write().await?;
    if let Saying::Paid {
        confirmation: Some(file),
        ..
    } = saying
    {
        let attachment = NewAttachment {
            decision: number,
            name: &file.plain_name(),
            media_type: file.media_type().unwrap_or_default(),
            content: &file.content,
        };
        tx.add_attachment(&attachment, office.now.millis).await?;
    }
    let mut said = words(&mut tx).await?.into_iter();
    if let Some(word) = said.find(|word| word.decision == number) {
        escalate::at_once(&mut tx, office, &word).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The confirmation that was handed in with a claim: name, kind, bytes.
pub async fn attachment(
    office: &Office,
    number: i64,
) -> Result<Option<(String, String, Vec<u8>)>, EngineError> {
    let mut tx = office.db.read().await?;
    let found = tx.attachment(number).await?;
    tx.rollback().await?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, content: &[u8]) -> Attachment {
        Attachment {
            name: name.to_owned(),
            content: content.to_vec(),
        }
    }

    #[test]
    fn a_confirmation_is_what_its_bytes_say() {
        let table = [
            (&b"%PDF-1.7 \xff"[..], Some("application/pdf")),
            (b"\x89PNG\r\n\x1a\n....", Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"<svg onload=alert(1)>", None),
            (b"MZ", None),
            (b"", None),
        ];
        for (content, kind) in table {
            assert_eq!(file("x.pdf", content).media_type(), kind, "{content:?}");
        }
    }

    #[test]
    fn s16_its_name_cannot_leave_a_folder_or_a_header() {
        let table = [
            ("przelew.pdf", "przelew.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\fakepath\\Żółć 1.png", "Żółć 1.png"),
            ("a\"\r\nX-Evil: 1", "a___X-Evil_ 1"),
            ("", "confirmation"),
            ("/", "confirmation"),
        ];
        for (name, plain) in table {
            assert_eq!(file(name, b"").plain_name(), plain, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_is_not_heard() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let paid = |on: &str, amount: Option<&str>, confirmation| Saying::Paid {
            on: day(on),
            amount: amount.map(str::to_owned),
            confirmation,
        };
        let today = day("2026-10-14");
        let pdf = |bytes: usize| Some(file("a.pdf", &[b"%PDF-".to_vec(), vec![0; bytes]].concat()));
        let table = [
            (paid("2026-10-14", None, None), "", Ok(())),
            (paid("2026-10-15", None, None), "", Err(NotHeard::Day)),
            (paid("2020-10-15", None, None), "", Err(NotHeard::Day)),
            (paid("2026-10-12", Some("500,00"), None), "", Ok(())),
            (
                paid("2026-10-12", Some("much"), None),
                "",
                Err(NotHeard::Amount),
            ),
            (
                paid("2026-10-12", Some("0"), None),
                "",
                Err(NotHeard::Amount),
            ),
            (paid("2026-10-12", None, pdf(10)), "", Ok(())),
            (
                paid("2026-10-12", None, pdf(ATTACHMENT_MAX)),
                "",
                Err(NotHeard::TooLarge),
            ),
            (
                paid("2026-10-12", None, Some(file("a.pdf", b"MZ"))),
                "",
                Err(NotHeard::Kind),
            ),
            (Saying::Wrong, "no such course", Ok(())),
            (Saying::Wrong, "  ", Err(NotHeard::Words)),
        ];
        for (saying, why, expected) in table {
            assert_eq!(in_itself(&saying, why, today), expected, "{saying:?}");
        }
        let long = "a".repeat(WORDS_MAX + 1);
        assert_eq!(
            in_itself(&Saying::Wrong, &long, today),
            Err(NotHeard::Words)
        );
    }
}
