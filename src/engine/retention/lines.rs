//! The lines of a file that goes: names and titles go with it, all but what the books rest on, and a
//! seal over what is left takes the place of the file when the books are verified.

use crate::engine::{EngineError, called, facts};
use crate::identify::text;
use crate::store::entries::EntryRow;
use crate::store::statements::StatementRow;
use crate::store::{Rows, Tx};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Lines taken at once.
const CHUNK: usize = 1_000;

/// What is left of each title, by line.
type Titles = BTreeMap<i64, String>;

/// The seal over a file's lines as they will be without names and titles.
pub(super) async fn shortened(tx: &mut Tx, file: &str) -> Result<String, EngineError> {
    seal(tx, file, true).await
}

/// The seal over a file's lines as they stand.
///
/// # Errors
///
/// Where the database fails.
pub async fn seal_of_file(tx: &mut Tx, file: &str) -> Result<String, EngineError> {
    seal(tx, file, false).await
}

/// Takes names and titles from the lines of a file.
pub(super) async fn write(tx: &mut Tx, file: &str) -> Result<(), EngineError> {
    for statement in tx.statements_of_file(file).await? {
        let mut first = 0;
        loop {
            let lines = tx
                .lines_of_statement(statement.id, first..first + CHUNK)
                .await?;
            if lines.is_empty() {
                break;
            }
            let titles = titles(tx, &lines).await?;
            let is_credit = |id: &i64| {
                lines
                    .iter()
                    .any(|line| line.id == *id && line.amount_minor > 0)
            };
            let tokens = titles.iter().filter(|(id, _)| is_credit(id));
            let tokens = tokens.flat_map(|(id, title)| {
                let words = text::tokens(title).into_iter();
                words.map(|word| (word, *id))
            });
            let tokens = Rows::of(tokens)?;
            tx.shorten_texts(&Rows::of(&titles)?, &tokens).await?;
            first += CHUNK;
        }
    }
    Ok(())
}

/// What is left of titles. Of a student's credit: the numbers of their fees, because they say what the
/// payer meant it for. Nothing of money that is no student's. Of what went out or back: all, because
/// it says what it is; the office or the bank wrote it.
async fn titles(tx: &mut Tx, lines: &[EntryRow]) -> Result<Titles, EngineError> {
    let roots: BTreeSet<i64> = lines.iter().map(EntryRow::entry).collect();
    let roots: Vec<i64> = roots.into_iter().collect();
    let readings = called::readings(tx, &roots).await?;
    let mut persons: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    let mut nobodys: BTreeSet<i64> = BTreeSet::new();
    for row in tx.holders(&Rows::of(roots.iter().map(|id| (id,)))?).await? {
        match (row.outcome.as_str(), row.person_id) {
            ("student", Some(person)) => {
                persons.entry(row.entry_id).or_default().insert(person);
            }
            ("not_student", _) => {
                nobodys.insert(row.entry_id);
            }
            _ => {}
        }
    }
    let mut left = Titles::new();
    for line in lines {
        let root = line.entry();
        let title = match (persons.get(&root), readings.get(&root)) {
            (Some(persons), Some(reading)) => named(tx, persons, &reading.remittance).await?,
            _ if nobodys.contains(&root) => String::new(),
            _ => line.remittance.clone(),
        };
        left.insert(line.id, title);
    }
    Ok(left)
}

/// The numbers of fees that a title names.
async fn named(tx: &mut Tx, persons: &BTreeSet<i64>, title: &str) -> Result<String, EngineError> {
    if title.is_empty() {
        return Ok(String::new());
    }
    let persons: Vec<i64> = persons.iter().copied().collect();
    let together = facts::with_merged(tx, &persons, i64::MAX).await?;
    let numbers = tx
        .fee_numbers(&Rows::of(together.iter().map(|id| (id,)))?)
        .await?;
    let named = numbers
        .iter()
        .filter(|number| text::names_fee(title, number, ""));
    let named: Vec<&str> = named.map(|number| number.trim()).collect();
    Ok(named.join(" "))
}

/// SHA-256 over all that stays of a file: its statements, their days and lines, in their order.
async fn seal(tx: &mut Tx, file: &str, is_to_be_shortened: bool) -> Result<String, EngineError> {
    let mut hash = Sha256::new();
    let mut statements = tx.statements_of_file(file).await?;
    statements.sort_by_key(|row| row.place_in_file);
    for row in &statements {
        hash.update(statement(row));
        for day in tx.days_of_statement(row.id).await? {
            let said = json!([
                day.day,
                day.start_minor,
                day.end_minor,
                day.entry_count,
                day.digest
            ]);
            hash.update(said.to_string());
        }
        let mut first = 0;
        loop {
            let mut lines = tx.lines_of_statement(row.id, first..first + CHUNK).await?;
            if lines.is_empty() {
                break;
            }
            if is_to_be_shortened {
                let mut titles = titles(tx, &lines).await?;
                for line in &mut lines {
                    line.counterparty_name = None;
                    line.remittance = titles.remove(&line.id).unwrap_or_default();
                }
            }
            for row in &lines {
                hash.update(line(row));
            }
            first += CHUNK;
        }
    }
    Ok(crate::engine::secret::hexadecimal(&hash.finalize()))
}

/// What never changes of a statement that stands.
fn statement(row: &StatementRow) -> String {
    json!([
        row.id,
        row.place_in_file,
        row.account,
        row.currency,
        row.format,
        row.profile,
        row.encoding,
        row.line,
        row.sequence,
        row.reference,
        row.number,
        row.first_day,
        row.last_day,
        row.opening_date,
        row.opening_minor,
        row.closing_minor,
        row.by_value_date,
        row.entry_count,
    ])
    .to_string()
}

fn line(row: &EntryRow) -> String {
    let dates = json!([
        row.day,
        row.booking_date,
        row.value_date,
        row.order_date,
        row.crediting_date,
        row.crediting_source,
        row.posted_on,
    ]);
    let references = json!([
        row.bank_reference,
        row.reliable,
        row.customer_reference,
        row.end_to_end_id,
        row.transaction_code,
        row.virtual_account,
        row.counterparty_account,
        row.public_id,
    ]);
    json!([
        row.id,
        row.same_as,
        row.line,
        dates,
        row.amount_minor,
        row.reversal,
        row.charge,
        references,
        row.counterparty_name,
        row.remittance,
    ])
    .to_string()
}
