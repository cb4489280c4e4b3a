//! `fees import`.
//!
//! In: an export of the student system. Out: for every fee what this export said of it, beside what
//! others said; money on account at go-live; marks on the students whose accounts may change by it.
//! A fee keeps its student, kind, category and currency for ever; what is missing from a file is
//! left as it is.

use super::roster::{
    Counts, Mistakes, Named, News, Upload, lock_bank_accounts, pieces, reconsider,
};
use super::{EngineError, Office, first_open};
use crate::iban::VirtualScheme;
use crate::money::{Currency, format_plain};
use crate::roster::{self, AsOf, FeeRow, FileKind};
use crate::store::Tx;
use crate::store::facts::{OpeningCreditRow, ReceivableRow};
use crate::store::growth::Growth;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a load of fees brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Loaded {
    /// Its rows.
    #[serde(flatten)]
    pub counts: Counts,
    /// Rows that were money on account, known or not.
    pub on_account: usize,
    /// Students whose accounts are to be settled again.
    pub students: usize,
    /// What a person should know or mend.
    pub notes: Vec<String>,
}

/// What one export said of a fee.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    opening: bool,
    amount_minor: i64,
    published_on: NaiveDate,
    nominal_due_on: NaiveDate,
    /// Polish, English; unknown where the texts were removed.
    titles: Option<(String, String)>,
}

/// What never changes about a fee, and where it was said first.
#[derive(Debug, Clone)]
struct Identity {
    person_id: i64,
    kind: String,
    category: String,
    currency: String,
    /// `None`: it is stored.
    line: Option<u32>,
}

/// What is known of the fees of a file, stored or read so far.
struct Known {
    fees: BTreeMap<String, Identity>,
    said: BTreeMap<String, BTreeMap<AsOf, Said>>,
    opening: BTreeMap<String, OpeningCreditRow>,
}

/// A row that is to be written, with its student.
type New<'a> = (&'a FeeRow, i64);

/// Loads fees.
///
/// # Errors
///
/// Every mistake of the file; then nothing was written.
pub async fn import(office: &Office, upload: &Upload<'_>) -> Result<Loaded, EngineError> {
    let parsed = upload.read(office, FileKind::Fees, roster::fees)?;
    let mut rows: Vec<&FeeRow> = parsed.rows.iter().collect();
    rows.sort_by_key(|row| (&row.external_id, row.as_of));
    let mut tx = office.db.write().await?;
    tx.lock_roster().await?;
    lock_bank_accounts(&mut tx, office).await?;

    let named = Named::by(&mut tx, rows.iter().map(|row| &row.student)).await?;
    let mut known = known(&mut tx, &rows).await?;
    let mut mistakes = Mistakes::of(upload, office, FileKind::Fees);
    let mut loaded = Loaded {
        notes: parsed.notes.clone(),
        ..Loaded::default()
    };
    let (mut fees, mut credits): (Vec<New<'_>>, Vec<New<'_>>) = (Vec::new(), Vec::new());
    for row in rows {
        let person_id = match named.find(&row.student) {
            Ok(id) => id,
            Err((column, reason)) => {
                mistakes.note(row.line, column, reason);
                continue;
            }
        };
        let news = if row.amount_minor < 0 {
            loaded.on_account += 1;
            known.credit(row, person_id)
        } else {
            known.fee(row, person_id, upload.opening)
        };
        match news {
            Err((column, reason)) => mistakes.note(row.line, column, reason),
            Ok((news, stored)) => {
                loaded.counts.add(news);
                if !stored && row.amount_minor < 0 {
                    credits.push((row, person_id));
                } else if !stored {
                    fees.push((row, person_id));
                }
            }
        }
    }
    mistakes.check()?;

    loaded
        .notes
        .extend(categories_without_numbers(office, &parsed.rows));
    let persons: BTreeSet<i64> = fees.iter().chain(&credits).map(|(_, id)| *id).collect();
    loaded.students = persons.len();
    let persons: Vec<i64> = persons.into_iter().collect();
    tx.lock_persons(&persons).await?;
    let closed = tx.closed_through().await?;
    add_fees(&mut tx, office, &fees, upload.opening, closed).await?;
    add_credits(&mut tx, office, &credits, closed).await?;
    tx.mark(persons).await?;
    let mut tokens: Vec<String> = fees
        .iter()
        .map(|(row, _)| row.external_id.clone())
        .collect();
    tokens.dedup();
    reconsider(&mut tx, office, &[], &tokens).await?;
    upload.finish(tx).await?;
    Growth::default().by(parsed.rows.len(), &office.db).await?;
    Ok(loaded)
}

async fn known(tx: &mut Tx, rows: &[&FeeRow]) -> Result<Known, EngineError> {
    let mut ids: Vec<String> = rows.iter().map(|row| row.external_id.clone()).collect();
    ids.dedup();
    let mut known = Known {
        fees: BTreeMap::new(),
        said: BTreeMap::new(),
        opening: BTreeMap::new(),
    };
    let mut names: BTreeMap<i64, String> = BTreeMap::new();
    for row in tx.fees_by_external(&ids).await? {
        names.insert(row.id, row.external_id.clone());
        known.fees.insert(row.external_id.clone(), row.into());
    }
    let as_of = |day, millis: i64| AsOf {
        day,
        millis: u32::try_from(millis).unwrap_or_default(),
    };
    let texts = tx.fee_texts_by_external(&ids).await?.into_iter();
    let mut texts: BTreeMap<(i64, AsOf), (String, String)> = texts
        .map(|row| {
            let place = (row.receivable_id, as_of(row.as_of_day, row.as_of_millis));
            (place, (row.title_pl, row.title_en))
        })
        .collect();
    for row in tx.fee_versions_by_external(&ids).await? {
        let as_of = as_of(row.as_of_day, row.as_of_millis);
        let said = Said {
            opening: row.opening != 0,
            amount_minor: row.amount_minor,
            published_on: row.published_on,
            nominal_due_on: row.nominal_due_on,
            titles: texts.remove(&(row.receivable_id, as_of)),
        };
        if let Some(name) = names.get(&row.receivable_id) {
            let exports = known.said.entry(name.clone()).or_default();
            exports.insert(as_of, said);
        }
    }
    let opening = tx.opening_by_external(&ids).await?.into_iter();
    known.opening = opening.map(|row| (row.external_id.clone(), row)).collect();
    Ok(known)
}

impl From<ReceivableRow> for Identity {
    fn from(row: ReceivableRow) -> Identity {
        Identity {
            person_id: row.person_id,
            kind: row.kind,
            category: row.category,
            currency: row.currency,
            line: None,
        }
    }
}

impl Identity {
    fn of(row: &FeeRow, person_id: i64) -> Identity {
        Identity {
            person_id,
            kind: row.kind.clone(),
            category: row.category.clone(),
            currency: row.currency.as_str().to_owned(),
            line: Some(row.line),
        }
    }

    /// The column in which a row speaks of another fee, and why that cannot be.
    fn contradicted(&self, row: &FeeRow, person_id: i64) -> Option<(&'static str, String)> {
        let before = self
            .line
            .map_or("was before".to_owned(), |line| format!("is in line {line}"));
        let instead = "cancel the fee with amount 0 and publish another";
        let texts = [
            ("kind", &self.kind, row.kind.as_str()),
            ("category", &self.category, row.category.as_str()),
            ("currency", &self.currency, row.currency.as_str()),
        ];
        if self.person_id != person_id {
            let column = match row.student {
                roster::StudentRef::ExternalId(_) => "student_external_id",
                roster::StudentRef::Album(_) => "album",
            };
            let reason = format!(
                "the fee `{}` {before} another student's, and never changes hands; {instead}",
                row.external_id
            );
            return Some((column, reason));
        }
        let (column, before_it, now) = texts.into_iter().find(|(_, before, now)| before != now)?;
        let reason = format!(
            "`{now}`, but the {column} of the fee `{}` {before} `{before_it}`, and never changes; {instead}",
            row.external_id
        );
        Some((column, reason))
    }
}

/// What a row brings and whether it is stored already, or what is wrong with it.
type Judged = Result<(News, bool), (&'static str, String)>;

impl Known {
    /// Judges a row about a fee, and takes it in.
    fn fee(&mut self, row: &FeeRow, person_id: i64, opening: bool) -> Judged {
        let id = &row.external_id;
        if self.opening.contains_key(id) {
            let reason = format!("`{id}` is money on account, loaded at go-live");
            return Err(("external_id", reason));
        }
        let identity = self.fees.entry(id.clone());
        let identity = identity.or_insert_with(|| Identity::of(row, person_id));
        if let Some(contradiction) = identity.contradicted(row, person_id) {
            return Err(contradiction);
        }
        let exports = self.said.entry(id.clone()).or_default();
        let said = Said {
            opening,
            amount_minor: row.amount_minor,
            published_on: row.published_on,
            nominal_due_on: row.nominal_due_on,
            titles: Some((row.title_pl.clone(), row.title_en.clone())),
        };
        if let Some(other) = exports.get(&row.as_of) {
            return match said.difference(other, row.currency) {
                None => Ok((News::Unchanged, true)),
                Some((column, difference)) => {
                    let reason = format!(
                        "the export of the same moment ({}) said {difference} of the fee `{id}`; give this one the time at which it was made (`as_of`, `--as-of`)",
                        row.as_of.day
                    );
                    Err((column, reason))
                }
            };
        }
        let before = exports.last_key_value();
        let news = match before {
            None => News::New,
            Some((as_of, _)) if row.as_of < *as_of => News::Older,
            Some((_, before)) if said.claims_the_same(before) => News::Unchanged,
            Some(_) => News::Changed,
        };
        exports.insert(row.as_of, said);
        Ok((news, false))
    }

    /// Judges a row that is money on account, and takes it in.
    fn credit(&mut self, row: &FeeRow, person_id: i64) -> Judged {
        let id = &row.external_id;
        if self.fees.contains_key(id) {
            let reason = format!("`{id}` is a fee; money on account needs an id of its own");
            return Err(("external_id", reason));
        }
        let Some(amount_minor) = row.amount_minor.checked_neg() else {
            return Err(("amount", "is too much".to_owned()));
        };
        let new = OpeningCreditRow {
            id: 0,
            external_id: id.clone(),
            person_id,
            currency: row.currency.as_str().to_owned(),
            category: row.category.clone(),
            amount_minor,
            credited_on: row.published_on,
        };
        let Some(known) = self.opening.get(id) else {
            self.opening.insert(id.clone(), new);
            return Ok((News::New, false));
        };
        let same = OpeningCreditRow {
            id: 0,
            ..known.clone()
        };
        let facts = |row: &OpeningCreditRow| format!("{row:?}");
        if facts(&same) == facts(&new) {
            return Ok((News::Unchanged, true));
        }
        let amount = Currency::parse(&known.currency)
            .map(|currency| format_plain(known.amount_minor, currency))
            .unwrap_or_default();
        let reason = format!(
            "`{id}` is stored as {amount} {} on account from {}, of the category `{}`, and never changes; money on account is loaded once",
            known.currency, known.credited_on, known.category
        );
        Err(("external_id", reason))
    }
}

impl Said {
    /// The column in which two exports of one moment differ, and what the other said.
    fn difference(&self, other: &Said, currency: Currency) -> Option<(&'static str, String)> {
        if self.amount_minor != other.amount_minor {
            let amount = format_plain(other.amount_minor, currency);
            return Some(("amount", format!("{amount} {currency}")));
        }
        if self.nominal_due_on != other.nominal_due_on {
            return Some(("nominal_due_on", format!("due {}", other.nominal_due_on)));
        }
        if self.published_on != other.published_on {
            return Some(("published_on", format!("published {}", other.published_on)));
        }
        if self.opening != other.opening {
            let how = if other.opening {
                "(with `--opening`)"
            } else {
                "(without `--opening`)"
            };
            return Some(("external_id", format!("the same {how}")));
        }
        let (ours, theirs) = (self.titles.as_ref()?, other.titles.as_ref()?);
        (ours != theirs).then(|| ("title_pl", format!("`{}` / `{}`", theirs.0, theirs.1)))
    }

    /// Whether the student owes the same on the same day.
    fn claims_the_same(&self, other: &Said) -> bool {
        (self.amount_minor, self.nominal_due_on) == (other.amount_minor, other.nominal_due_on)
    }
}

/// Categories of fees for which no student can have a number: a typing error, or a setting that is
/// missing.
fn categories_without_numbers(office: &Office, rows: &[FeeRow]) -> Vec<String> {
    let accounts = office.config.bank_accounts.iter();
    let schemes: Vec<&VirtualScheme> = accounts
        .filter_map(|account| account.virtual_scheme.as_ref())
        .collect();
    // A mask without categories serves all of them.
    if schemes.is_empty() || schemes.iter().any(|scheme| scheme.categories.is_empty()) {
        return Vec::new();
    }
    let named: BTreeSet<&str> = (rows.iter())
        .map(|row| row.category.as_str())
        .filter(|category| !category.is_empty())
        .collect();
    let unknown = named.into_iter().filter(|category| {
        !schemes
            .iter()
            .any(|scheme| scheme.categories.contains_key(*category))
    });
    unknown
        .map(|category| {
            format!("no bank account in kwestura.toml has numbers for the category `{category}`")
        })
        .collect()
}

async fn add_fees(
    tx: &mut Tx,
    office: &Office,
    new: &[New<'_>],
    opening: bool,
    closed: Option<NaiveDate>,
) -> Result<(), EngineError> {
    let now = office.now.millis;
    let mut ids: Vec<String> = new.iter().map(|(row, _)| row.external_id.clone()).collect();
    let fees: Vec<_> = (new.iter())
        .map(|(row, person)| {
            let currency = row.currency.as_str();
            (&row.external_id, person, &row.kind, &row.category, currency)
        })
        .collect();
    for rows in pieces(&fees)? {
        tx.add_fees(&rows, now).await?;
    }
    ids.dedup();
    let stored = tx.fees_by_external(&ids).await?;
    let ids: BTreeMap<&str, i64> = (stored.iter())
        .map(|row| (row.external_id.as_str(), row.id))
        .collect();
    let of = |row: &FeeRow| ids.get(row.external_id.as_str()).copied();
    let versions: Vec<_> = (new.iter())
        .map(|(row, _)| {
            let posted_on = first_open(row.as_of.day, closed);
            (
                of(row),
                row.as_of.day,
                row.as_of.millis,
                i64::from(opening),
                row.amount_minor,
                row.published_on,
                row.nominal_due_on,
                posted_on,
            )
        })
        .collect();
    let texts: Vec<_> = (new.iter())
        .map(|(row, _)| {
            let titles = (&row.title_pl, &row.title_en);
            (of(row), row.as_of.day, row.as_of.millis, titles.0, titles.1)
        })
        .collect();
    for (versions, texts) in pieces(&versions)?.iter().zip(&pieces(&texts)?) {
        tx.add_fee_versions(versions, texts, now).await?;
    }
    Ok(())
}

async fn add_credits(
    tx: &mut Tx,
    office: &Office,
    new: &[New<'_>],
    closed: Option<NaiveDate>,
) -> Result<(), EngineError> {
    let rows: Vec<_> = (new.iter())
        .map(|(row, person)| {
            (
                &row.external_id,
                person,
                row.currency.as_str(),
                &row.category,
                row.amount_minor.checked_neg(),
                row.published_on,
                first_open(row.published_on, closed),
            )
        })
        .collect();
    for rows in pieces(&rows)? {
        tx.add_opening(&rows, office.now.millis).await?;
    }
    Ok(())
}
