//! Refunds on their way: decided, written into a file for the bank, confirmed by its statement.
//!
//! A refund is in one file that stands. The file is kept as it was written, so that it can be written
//! again, byte by byte, whatever happened to the first copy; one that the bank refused or never got is
//! withdrawn, and its refunds may be in another. Nothing here talks to a bank: a person signs the file
//! there, and the debit on the statement says that the money went.

use super::statements::Said;
use super::whole::{self, Whole};
use super::{EngineError, Office};
use crate::calendar::is_bank_day;
use crate::iban::normalise_account;
use crate::money::Currency;
use crate::payment::{Batch, Order, Party, elixir, pain001};
use crate::store::payments::{PaymentFileRow, RefundRow};
use chrono::{DateTime, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How far a refund has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A second person has to say yes.
    Waits,
    /// It may be paid, from its day on.
    Decided,
    /// It is in this file.
    InFile(i64),
    /// The bank says that the money went on this day.
    Paid(NaiveDate),
    /// It came back on this day; a person decides anew.
    Returned(NaiveDate),
}

/// A refund that was decided.
#[derive(Debug, Clone)]
pub struct Refund {
    /// The number of its decision.
    pub number: i64,
    /// The student.
    pub student: String,
    /// Minor units.
    pub amount_minor: i64,
    /// Its currency.
    pub currency: Currency,
    /// Where the money goes.
    pub account: String,
    /// Whom that account belongs to, as far as is known.
    pub name: Option<String>,
    /// The account that pays, where the money came to one.
    pub pays_from: Option<String>,
    /// From when it may be paid.
    pub acts_on: NaiveDate,
    /// How far it has come.
    pub state: State,
}

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Elixir-0: PLN, accounts in Poland.
    Elixir0,
    /// pain.001.001.09.
    Pain001,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Format::Elixir0 => "elixir0",
            Format::Pain001 => "pain001",
        }
    }
}

/// What shall be paid, and how.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The format of the file.
    pub format: Format,
    /// The account that pays; needed where refunds are paid from several.
    pub from: Option<&'a str>,
    /// When the bank shall pay; the next bank day, if not said.
    pub on: Option<NaiveDate>,
    /// Who says so.
    pub by: &'a str,
}

/// What a payment is called on the statement: `KWREF17`.
pub fn reference(decision: i64) -> String {
    format!("KWREF{decision}")
}

/// All refunds that were decided and not taken back.
pub async fn list(office: &Office) -> Result<Vec<Refund>, EngineError> {
    let mut tx = office.db.read().await?;
    let refunds = all(&mut tx).await?;
    tx.rollback().await?;
    Ok(refunds)
}

async fn all(tx: &mut crate::store::Tx) -> Result<Vec<Refund>, EngineError> {
    let mut days: BTreeMap<i64, State> = BTreeMap::new();
    for row in tx.refund_bank_days().await? {
        let state = match row.outcome.as_str() {
            "refund" => State::Paid(row.crediting_date),
            _ => State::Returned(row.crediting_date),
        };
        days.insert(row.decision_id, state);
    }
    let rows = tx.all_refunds().await?.into_iter();
    Ok(rows.filter_map(|row| refund(row, &days)).collect())
}

fn refund(row: RefundRow, days: &BTreeMap<i64, State>) -> Option<Refund> {
    let state = if row.needs_second == 1 && row.is_approved == 0 {
        State::Waits
    } else {
        let in_file = row.file_number.map_or(State::Decided, State::InFile);
        days.get(&row.id).copied().unwrap_or(in_file)
    };
    Some(Refund {
        number: row.id,
        student: row.student,
        amount_minor: row.amount_minor?,
        currency: Currency::parse(&row.currency.or(row.loaded_currency)?)?,
        account: row.account,
        name: row.payer_name.or(row.student_name),
        pays_from: row.pays_from,
        acts_on: row.acts_on,
        state,
    })
}

/// Writes all refunds of one account that may be paid into a file; nothing where there is none. The
/// file is noted before it is laid at `path`: if that fails, [`again`] lays it there.
///
/// # Errors
///
/// Refused where refunds are paid from several accounts and none is named, and where the format cannot
/// carry one of them.
pub async fn pay(
    office: &Office,
    wanted: Wanted<'_>,
    path: &Path,
) -> Result<Option<(PaymentFileRow, Whole)>, EngineError> {
    let Some((file, content)) = note(office, wanted).await? else {
        return Ok(None);
    };
    let number = file.number;
    let laid = whole::write(path, &content).map_err(|error| {
        EngineError::refused(format!(
            "file {number} is noted and not written: {error}. `kwestura refunds again {number} --out FILE`"
        ))
    })?;
    Ok(Some((file, laid)))
}

/// Makes a file as [`pay`] does and notes it with its content; it is laid nowhere.
///
/// # Errors
///
/// As those of [`pay`].
pub async fn note(
    office: &Office,
    wanted: Wanted<'_>,
) -> Result<Option<(PaymentFileRow, Vec<u8>)>, EngineError> {
    let mut tx = office.db.write().await?;
    tx.lock_payments().await?;
    let mut payable = all(&mut tx).await?;
    payable.retain(|one| one.state == State::Decided && one.acts_on <= office.now.today);
    let Some(from) = payer(office, &mut payable, wanted.from)? else {
        return Ok(None);
    };
    let number = tx.next_payment_file().await?;
    let batch = batch(office, number, from, &payable, wanted.on)?;
    let content = match wanted.format {
        Format::Elixir0 => elixir::write(&batch),
        Format::Pain001 => pain001::write(&batch).map(String::into_bytes),
    };
    let content = content.map_err(|unfit| EngineError::refused(unfit.to_string()))?;
    let orders: Vec<(i64, i64)> = (payable.iter())
        .map(|one| (one.number, one.amount_minor))
        .collect();
    let file = PaymentFileRow {
        number,
        format: wanted.format.name().to_owned(),
        account: batch.payer.account,
        currency: batch.currency.to_string(),
        pay_on: batch.pay_on,
        order_count: i64::try_from(orders.len()).unwrap_or(i64::MAX),
        sum_minor: orders.iter().map(|(_, minor)| minor).sum(),
        by_whom: wanted.by.to_owned(),
        recorded_at: office.now.millis,
        withdrawn_why: None,
    };
    tx.add_payment_file(&file, &content, &orders).await?;
    tx.commit().await?;
    Ok(Some((file, content)))
}

/// Keeps the refunds of one account in one currency; tells which, or nothing where none is left.
fn payer(
    office: &Office,
    payable: &mut Vec<Refund>,
    from: Option<&str>,
) -> Result<Option<(String, Currency)>, EngineError> {
    for one in payable.iter_mut().filter(|one| one.pays_from.is_none()) {
        let accounts = office.config.bank_accounts.iter();
        let mut fitting = accounts.filter(|account| account.currency == one.currency);
        one.pays_from = fitting.next().map(|account| account.iban.clone());
    }
    if let Some(from) = from {
        let from = normalise_account(from);
        payable.retain(|one| one.pays_from.as_deref() == Some(from.as_str()));
    }
    let payers: BTreeSet<(&str, Currency)> = (payable.iter())
        .filter_map(|one| Some((one.pays_from.as_deref()?, one.currency)))
        .collect();
    match payers.iter().collect::<Vec<_>>().as_slice() {
        [] => Ok(None),
        [(from, currency)] => Ok(Some(((*from).to_owned(), *currency))),
        several => {
            let names: Vec<&str> = several.iter().map(|(from, _)| *from).collect();
            Err(EngineError::refused(format!(
                "refunds are to be paid from several accounts, and a file is of one. Name it with --from: {}",
                names.join(", ")
            )))
        }
    }
}

fn batch(
    office: &Office,
    number: i64,
    (account, currency): (String, Currency),
    payable: &[Refund],
    on: Option<NaiveDate>,
) -> Result<Batch, EngineError> {
    let pay_on = on.unwrap_or_else(|| next_bank_day(office.now.today));
    if pay_on < office.now.today {
        return Err(EngineError::refused(format!(
            "{pay_on} is over; the bank pays from today on"
        )));
    }
    let order = |one: &Refund| {
        let reference = reference(one.number);
        let known = one.name.clone().filter(|name| !name.trim().is_empty());
        Order {
            title: format!("Zwrot nadpłaty {reference}"),
            to: Party {
                name: known.unwrap_or_else(|| format!("student {}", one.student)),
                account: one.account.clone(),
            },
            amount_minor: one.amount_minor,
            reference,
        }
    };
    Ok(Batch {
        id: format!("KW-{number}-{}", office.now.millis),
        made_at: DateTime::from_timestamp_millis(office.now.millis).unwrap_or_default(),
        payer: Party {
            name: office.config.institution.name.clone(),
            account,
        },
        pay_on,
        currency,
        orders: payable.iter().map(order).collect(),
    })
}

fn next_bank_day(today: NaiveDate) -> NaiveDate {
    let mut days = today.iter_days();
    days.find(|day| is_bank_day(*day)).unwrap_or(today)
}

/// All files, oldest first.
pub async fn files(office: &Office) -> Result<Vec<PaymentFileRow>, EngineError> {
    let mut tx = office.db.read().await?;
    let files = tx.payment_files().await?;
    tx.rollback().await?;
    Ok(files)
}

/// Lays a file down once more, as it was written.
pub async fn again(office: &Office, number: i64, path: &Path) -> Result<Whole, EngineError> {
    let found = content(office, number).await?;
    let (_, content) = found.ok_or_else(|| no_such_file(number))?;
    whole::write(path, &content)
}

/// A file with its content, as it was written; nothing where there is no such file.
///
/// # Errors
///
/// Refused where it was withdrawn.
pub async fn content(
    office: &Office,
    number: i64,
) -> Result<Option<(PaymentFileRow, Vec<u8>)>, EngineError> {
    let mut tx = office.db.read().await?;
    let file = tx.payment_files().await?;
    let file = file.into_iter().find(|file| file.number == number);
    let content = tx.payment_file_content(number).await?;
    tx.rollback().await?;
    let (Some(file), Some(content)) = (file, content) else {
        return Ok(None);
    };
    if let Some(why) = file.withdrawn_why {
        return Err(EngineError::refused(format!(
            "file {number} was withdrawn ({why}); its refunds may be in another file"
        )));
    }
    if content.is_empty() {
        return Err(EngineError::refused(format!(
            "file {number} was erased when its time was over; `kwestura retention show` says after how long"
        )));
    }
    Ok(Some((file, content)))
}

/// A file that the bank did not take and will not: its refunds may be paid by another.
///
/// # Errors
///
/// Refused where the bank's statement has paid one of them.
pub async fn withdraw(office: &Office, number: i64, said: Said<'_>) -> Result<(), EngineError> {
    said.check()?;
    let mut tx = office.db.write().await?;
    tx.lock_payments().await?;
    if !tx
        .payment_files()
        .await?
        .iter()
        .any(|file| file.number == number)
    {
        return Err(no_such_file(number));
    }
    let in_file: BTreeSet<i64> = tx.payment_orders(number).await?.into_iter().collect();
    let paid = all(&mut tx).await?.into_iter().find(|one| {
        in_file.contains(&one.number) && matches!(one.state, State::Paid(_) | State::Returned(_))
    });
    if let Some(paid) = paid {
        return Err(EngineError::refused(format!(
            "the bank has paid refund {} of file {number}; a file is withdrawn whole or not at all",
            paid.number
        )));
    }
    let now = office.now.millis;
    if !tx
        .withdraw_payment_file(number, said.by, said.why, now)
        .await?
    {
        return Err(EngineError::refused(format!(
            "file {number} was withdrawn before"
        )));
    }
    tx.commit().await?;
    Ok(())
}

fn no_such_file(number: i64) -> EngineError {
    EngineError::refused(format!(
        "there is no payment file {number}; `kwestura refunds files` lists them"
    ))
}
