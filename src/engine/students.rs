//! `students import` and `students list`.
//!
//! In: an export of the student system. Out: a version of each student who is not known to have
//! been exported so, and account numbers for those who lack one. All versions are kept: which of
//! them is the newest is decided by the days they carry, never by when they came.

use super::numbers::{self, AssignedNumber};
use super::roster::{Counts, Mistakes, News, Upload, lock_bank_accounts, pieces, reconsider};
use super::{EngineError, Office};
use crate::roster::{self, AsOf, FileKind, StudentRow, fold_name};
use crate::store::Tx;
use crate::store::growth::Growth;
use crate::store::roster::{StudentVersionRow, newest};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a load of students brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Loaded {
    /// Its rows.
    #[serde(flatten)]
    pub counts: Counts,
    /// Numbers assigned to students who lacked one.
    pub numbers: Vec<AssignedNumber>,
    /// What a person should know or mend.
    pub notes: Vec<String>,
}

/// Since when a version holds, and which export said so.
type Place = (NaiveDate, AsOf);

/// Loads students.
///
/// # Errors
///
/// Every mistake of the file; then nothing was written.
pub async fn import(office: &Office, upload: &Upload<'_>) -> Result<Loaded, EngineError> {
    let parsed = upload.read(office, FileKind::Students, roster::students)?;
    let mut rows: Vec<&StudentRow> = parsed.rows.iter().collect();
    rows.sort_by_key(|row| (&row.external_id, place(row)));
    let mut tx = office.db.write().await?;
    tx.lock_roster().await?;
    let accounts = lock_bank_accounts(&mut tx, office).await?;

    let mut known = known(&mut tx, &rows).await?;
    let mut mistakes = Mistakes::of(upload, office, FileKind::Students);
    let mut loaded = Loaded {
        notes: parsed.notes.clone(),
        ..Loaded::default()
    };
    let mut new = Vec::new();
    for row in rows {
        let versions = known.entry(row.external_id.clone()).or_default();
        let version = version(row);
        match versions.get(&place(row)) {
            Some(same) if says_the_same(same, &version) => loaded.counts.add(News::Unchanged),
            Some(other) => mistakes.note(row.line, "external_id", contradiction(row, other)),
            None => {
                loaded.counts.add(news(versions, &version));
                new.push((row, version.clone()));
                versions.insert(place(row), version);
            }
        }
    }
    mistakes.check()?;

    let tokens = albums(&new, &known);
    add(&mut tx, office, new.into_iter().map(|(_, version)| version)).await?;
    let exported_on = parsed.rows.iter().map(|row| row.as_of.day).max();
    let on = exported_on.unwrap_or(office.now.today);
    let assigned = numbers::assign_missing(&mut tx, office, &accounts, on).await?;
    let new_numbers: Vec<String> = (assigned.numbers.iter())
        .map(|number| number.nrb.clone())
        .collect();
    loaded.numbers = assigned.numbers;
    loaded.notes.extend(assigned.notes);
    reconsider(&mut tx, office, &new_numbers, &tokens).await?;
    tx.students_came(office.now.millis).await?;
    upload.finish(tx).await?;
    Growth::default().by(parsed.rows.len(), &office.db).await?;
    Ok(loaded)
}

fn place(row: &StudentRow) -> Place {
    (row.valid_from.unwrap_or(row.as_of.day), row.as_of)
}

fn version(row: &StudentRow) -> StudentVersionRow {
    let (valid_from, as_of) = place(row);
    StudentVersionRow {
        id: 0,
        external_id: row.external_id.clone(),
        valid_from,
        as_of_day: as_of.day,
        as_of_millis: i64::from(as_of.millis),
        album: row.album.clone(),
        population: row.population.clone(),
        language: row.language.clone(),
        status: row.status.clone(),
        given_name: row.given_name.clone(),
        family_name: row.family_name.clone(),
        email: row.email.clone(),
        name_key: fold_name(&format!("{} {}", row.given_name, row.family_name)),
    }
}

/// What is stored of the students of a file.
async fn known(
    tx: &mut Tx,
    rows: &[&StudentRow],
) -> Result<BTreeMap<String, BTreeMap<Place, StudentVersionRow>>, EngineError> {
    let mut ids: Vec<String> = rows.iter().map(|row| row.external_id.clone()).collect();
    ids.dedup();
    let mut known: BTreeMap<String, BTreeMap<Place, StudentVersionRow>> = BTreeMap::new();
    for row in tx.students_by_external(&ids).await? {
        let as_of = AsOf {
            day: row.as_of_day,
            millis: u32::try_from(row.as_of_millis).unwrap_or_default(),
        };
        let versions = known.entry(row.external_id.clone()).or_default();
        versions.insert((row.valid_from, as_of), row);
    }
    Ok(known)
}

/// Whether two exports say the same of a student, whenever they were made.
fn says_the_same(one: &StudentVersionRow, other: &StudentVersionRow) -> bool {
    let facts = |row: &StudentVersionRow| {
        let words = [
            &row.album,
            &row.population,
            &row.language,
            &row.status,
            &row.given_name,
            &row.family_name,
            &row.email,
        ];
        words.map(Clone::clone)
    };
    facts(one) == facts(other)
}

fn news(versions: &BTreeMap<Place, StudentVersionRow>, version: &StudentVersionRow) -> News {
    let Some((_, last)) = versions.last_key_value() else {
        return News::New;
    };
    let order = |row: &StudentVersionRow| (row.valid_from, row.as_of_day, row.as_of_millis);
    if order(version) < order(last) {
        News::Older
    } else if says_the_same(version, last) {
        News::Unchanged
    } else {
        News::Changed
    }
}

fn contradiction(row: &StudentRow, other: &StudentVersionRow) -> String {
    format!(
        "`{}` is stored as {} {}, album {}, {}, from {} by an export of the same moment ({}); give this export the time at which it was made (`--as-of`)",
        row.external_id,
        other.given_name,
        other.family_name,
        other.album,
        other.status,
        other.valid_from,
        row.as_of.day
    )
}

/// Every album of the students of whom something new is said: with another name, too, a text that
/// holds an old album may be read otherwise.
fn albums(
    new: &[(&StudentRow, StudentVersionRow)],
    known: &BTreeMap<String, BTreeMap<Place, StudentVersionRow>>,
) -> Vec<String> {
    let versions = new
        .iter()
        .filter_map(|(row, _)| known.get(&row.external_id));
    let albums = versions.flat_map(|versions| versions.values().map(|row| row.album.clone()));
    let mut albums: Vec<String> = albums.filter(|album| !album.is_empty()).collect();
    albums.sort();
    albums.dedup();
    albums
}

/// Writes the versions, and the persons whose first they are.
async fn add(
    tx: &mut Tx,
    office: &Office,
    new: impl Iterator<Item = StudentVersionRow>,
) -> Result<(), EngineError> {
    let now = office.now.millis;
    let new: Vec<StudentVersionRow> = new.collect();
    let mut externals: Vec<String> = new.iter().map(|row| row.external_id.clone()).collect();
    externals.dedup();
    let named: Vec<(&String,)> = externals.iter().map(|id| (id,)).collect();
    for rows in pieces(&named)? {
        tx.add_persons(&rows, now).await?;
    }
    let persons = tx.persons_by_external(&externals).await?;
    let ids: BTreeMap<&str, i64> = (persons.iter())
        .map(|row| (row.external_id.as_str(), row.id))
        .collect();
    let of = |row: &StudentVersionRow| ids.get(row.external_id.as_str()).copied();
    let versions: Vec<_> = (new.iter())
        .map(|row| {
            let place = (of(row), row.valid_from, row.as_of_day, row.as_of_millis);
            let (id, from, day, millis) = place;
            let facts = (&row.album, &row.population, &row.language, &row.status);
            (id, from, day, millis, facts.0, facts.1, facts.2, facts.3)
        })
        .collect();
    let names: Vec<_> = (new.iter())
        .map(|row| {
            let place = (of(row), row.valid_from, row.as_of_day, row.as_of_millis);
            let (id, from, day, millis) = place;
            let name = (&row.given_name, &row.family_name, &row.email, &row.name_key);
            (id, from, day, millis, name.0, name.1, name.2, name.3)
        })
        .collect();
    for (versions, names) in pieces(&versions)?.iter().zip(&pieces(&names)?) {
        tx.add_student_versions(versions, names, now).await?;
    }
    Ok(())
}

/// A student as the newest export has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Student {
    /// The student system's id.
    pub external_id: String,
    /// Album.
    pub album: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// `student` or `doctoral`.
    pub population: String,
    /// University address.
    pub email: String,
    /// `pl` or `en`.
    pub language: String,
    /// `active`, `on_leave`, `struck_off`, `graduated`, `deceased`.
    pub status: String,
    /// Since when.
    pub valid_from: NaiveDate,
}

impl Student {
    /// Given and family name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }
}

impl From<StudentVersionRow> for Student {
    fn from(row: StudentVersionRow) -> Student {
        Student {
            external_id: row.external_id,
            album: row.album,
            given_name: row.given_name,
            family_name: row.family_name,
            population: row.population,
            email: row.email,
            language: row.language,
            status: row.status,
            valid_from: row.valid_from,
        }
    }
}

/// The students, by id; where something is searched for, those whom [`found`] finds.
pub async fn list(office: &Office, search: Option<&str>) -> Result<Vec<Student>, EngineError> {
    let mut students = found(office, search.unwrap_or_default(), "", usize::MAX).await?;
    // A server's collation may order texts otherwise than bytes do.
    students.sort_by(|one, other| one.external_id.cmp(&other.external_id));
    Ok(students)
}

/// At most so many students behind an id, in the database's order of ids: whose id or album, also an old
/// one, is what is searched for; else those of whose names some begins with each of its words, Polish
/// letters or not; all where nothing is searched for.
pub async fn found(
    office: &Office,
    search: &str,
    after: &str,
    limit: usize,
) -> Result<Vec<Student>, EngineError> {
    let mut tx = office.db.read().await?;
    let exact = [search.trim().to_owned()];
    let mut ids: Vec<i64> = Vec::new();
    if !search.trim().is_empty() {
        let persons = tx.persons_by_external(&exact).await?;
        ids.extend(persons.into_iter().map(|row| row.id));
        let albums = tx.persons_by_album(&exact).await?;
        ids.extend(albums.into_iter().map(|row| row.id));
    }
    if ids.is_empty() {
        let key = fold_name(search);
        let words: Vec<&str> = key.split(' ').filter(|word| !word.is_empty()).collect();
        // What has no letter and no digit is nobody's name.
        if !words.is_empty() || search.trim().is_empty() {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let persons = tx.students_named(&words, after, limit).await?;
            ids.extend(persons.into_iter().map(|row| row.id));
        }
    }
    let rows = tx.students_by_id(&ids).await?;
    tx.rollback().await?;
    let known = newest(rows).into_iter();
    let mut known: BTreeMap<i64, Student> = known.map(|row| (row.id, Student::from(row))).collect();
    Ok(ids.iter().filter_map(|id| known.remove(id)).collect())
}

/// One student, by the student system's id or an album; none where nobody is called so.
pub async fn one(office: &Office, wanted: &str) -> Result<Option<Student>, EngineError> {
    let mut tx = office.db.read().await?;
    let found = match super::account::find(&mut tx, wanted).await {
        Ok(id) => newest(tx.students_by_id(&[id]).await?).into_iter().next(),
        Err(EngineError::Refused(_)) => None,
        Err(error) => return Err(error),
    };
    tx.rollback().await?;
    Ok(found.map(Student::from))
}
