//! An import as a person asks for it: files recorded, students settled, and a summary.

use super::coverage::{self, Covered};
use super::record::{self, FileReport, Recorded};
use super::source;
use super::{EngineError, Office, identify, recording, settle};
use crate::store::growth::Growth;
use crate::store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What an import did.
#[derive(Debug, Default)]
pub struct Import {
    /// How many of what.
    pub counts: Counts,
    /// Money by currency.
    pub money: BTreeMap<String, Money>,
    /// What needs a word, a line each.
    notes: Vec<String>,
    /// What was held back when it was recorded.
    held: Vec<Held>,
    coverage: Vec<Covered>,
    first_seq: i64,
    growth: Growth,
}

/// A statement that was held back when it was recorded: its file, its place there, and a note.
#[derive(Debug)]
struct Held {
    sha256: String,
    place: usize,
    note: Option<String>,
}

/// Whether a file could be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Took {
    /// It was; what waits for another statement is taken as well.
    All,
    /// A statement in it is quarantined; a line for each.
    HeldBack(String),
    /// It could not be read; a line for each reason.
    Unreadable(String),
}

impl Took {
    fn of(reports: &[FileReport]) -> Took {
        let unreadable = reports.iter().filter_map(|report| {
            let (line, message) = report.error.as_ref()?;
            Some(format!("{}:{line}: {message}", report.file))
        });
        let unreadable: Vec<String> = unreadable.collect();
        if !unreadable.is_empty() {
            return Took::Unreadable(unreadable.join("\n"));
        }
        let statements = reports.iter().flat_map(|report| &report.statements);
        let quarantined = statements.filter_map(|statement| match &statement.outcome {
            Recorded::Quarantined(reason) => Some(reason.clone()),
            Recorded::AlreadyImported(status) if status == "quarantined" => {
                Some("it was quarantined before; see `kwestura quarantine list`".to_owned())
            }
            _ => None,
        });
        let quarantined: Vec<String> = quarantined.collect();
        if quarantined.is_empty() {
            Took::All
        } else {
            Took::HeldBack(quarantined.join("\n"))
        }
    }
}

/// How many of what this import brought.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Files.
    pub files: usize,
    /// Files that could not be read.
    pub unreadable: usize,
    /// Statements in them.
    pub statements: usize,
    /// Statements that stand and brought something.
    pub published: usize,
    /// Statements that were known, or say what others said.
    pub known: usize,
    /// Statements that wait or are quarantined.
    pub held_back: usize,
    /// Statements that are not ours to post.
    pub not_posted: usize,
    /// New entries.
    pub entries: usize,
    /// New credits.
    pub credits: usize,
    /// Of them a student's.
    pub identified: usize,
    /// Of them in review.
    pub review: usize,
    /// Of them nobody's.
    pub not_student: usize,
    /// Students settled.
    pub students: usize,
    /// Rows of the journal.
    pub postings: usize,
}

/// Money of this import in one currency, minor units.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Came in.
    pub in_minor: i64,
    /// Went out.
    pub out_minor: i64,
    /// Of what came in: settles fees.
    pub settled_minor: i64,
    /// Of what came in: lies on account.
    pub on_account_minor: i64,
    /// Of what came in: waits for a person.
    pub review_minor: i64,
}

/// What an import came to, as [`Import::to_json`] wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Summary {
    /// How many of what.
    #[serde(flatten)]
    pub counts: Counts,
    /// Money by currency.
    pub money: BTreeMap<String, Money>,
    /// What needs a word, a line each.
    pub notes: Vec<String>,
}

impl Summary {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// It is none; only a damaged database says so.
    pub fn of_json(json: &str) -> Result<Summary, StoreError> {
        serde_json::from_str(json).map_err(|error| StoreError::Inconsistent {
            table: "upload",
            what: format!("the result of an import: {error}"),
        })
    }
}

#[derive(Serialize)]
struct Json<'a> {
    #[serde(flatten)]
    counts: &'a Counts,
    money: &'a BTreeMap<String, Money>,
    coverage: BTreeMap<&'a str, Option<chrono::NaiveDate>>,
    notes: &'a [String],
}

impl Import {
    /// Begins; what is new is counted from here.
    pub async fn begin(office: &Office) -> Result<Import, StoreError> {
        let mut tx = office.db.read().await?;
        let first_seq = tx.last_statement().await?;
        tx.rollback().await?;
        Ok(Import {
            first_seq,
            ..Import::default()
        })
    }

    /// Records the file at a path, or the files that are packed in it. The name is the path's own.
    pub async fn path(&mut self, office: &Office, path: &Path) -> Result<(), EngineError> {
        self.named(office, path, &source::shown(path)).await?;
        Ok(())
    }

    /// The same under another name; whether all of it could be taken.
    pub async fn named(
        &mut self,
        office: &Office,
        path: &Path,
        name: &str,
    ) -> Result<Took, EngineError> {
        let files = match source::files(path, name) {
            Ok(files) => files,
            Err(error) => {
                let report = FileReport {
                    file: name.to_owned(),
                    error: Some((error.line, error.message)),
                    ..FileReport::default()
                };
                self.report(&report);
                return Ok(Took::of(&[report]));
            }
        };
        let reports = record::packed(office, files).await?;
        for report in &reports {
            self.report(report);
        }
        let statements = reports.iter().flat_map(|report| &report.statements);
        let written = statements.map(|statement| match statement.outcome {
            Recorded::Published(lines) => lines,
            _ => 0,
        });
        self.growth.by(written.sum(), &office.db).await?;
        Ok(Took::of(&reports))
    }

    /// Something that was passed over, and why.
    pub fn skipped(&mut self, note: String) {
        self.notes.push(note);
    }

    fn report(&mut self, report: &FileReport) {
        let name = report.file.as_str();
        self.counts.files += 1;
        if let Some((line, message)) = &report.error {
            self.counts.unreadable += 1;
            self.notes.push(match line {
                0 => format!("{name}: {message}"),
                _ => format!("{name}:{line}: {message}"),
            });
        }
        for (place, statement) in report.statements.iter().enumerate() {
            self.counts.statements += 1;
            let number = statement.sequence.as_deref().unwrap_or("-");
            let note = |words: &str| {
                let (line, account) = (statement.line, &statement.account);
                format!("{name}:{line}: statement {number} of {account}: {words}")
            };
            let mut hold = |note: Option<String>| {
                self.held.push(Held {
                    sha256: report.sha256.clone(),
                    place,
                    note,
                });
            };
            match &statement.outcome {
                Recorded::Published(_) => self.counts.published += 1,
                Recorded::Known => self.counts.known += 1,
                Recorded::AlreadyImported(status) => match status.as_str() {
                    "waiting" | "quarantined" => hold(None),
                    "withdrawn" | "rejected" | "superseded" => {
                        self.counts.known += 1;
                        let words = format!("it was {status} by a person and stays so");
                        self.notes.push(note(&words));
                    }
                    _ => self.counts.known += 1,
                },
                Recorded::Waiting(reason) => hold(Some(note(&format!("waits: {reason}")))),
                Recorded::Quarantined(reason) => {
                    hold(Some(note(&format!("quarantined: {reason}"))));
                }
                Recorded::NotPosted(reason) => {
                    self.counts.not_posted += 1;
                    self.notes.push(note(reason));
                }
            }
        }
    }

    /// What was held back may stand by now, for the sake of a later file or of somebody else's.
    async fn look_again(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        for held in std::mem::take(&mut self.held) {
            let rows = tx.statements_of_file(&held.sha256).await?;
            let place = i64::try_from(held.place).unwrap_or(i64::MAX);
            let row = rows.iter().find(|row| row.place_in_file == place);
            match row.map(|row| row.status.as_str()) {
                Some("published") => self.counts.published += 1,
                Some("known") => self.counts.known += 1,
                _ => {
                    self.counts.held_back += 1;
                    self.notes.extend(held.note);
                }
            }
        }
        Ok(())
    }

    /// Settles what the files brought, and counts. What another import left half recorded is finished
    /// first.
    pub async fn settle(
        &mut self,
        office: &Office,
        progress: impl FnMut(usize, usize),
    ) -> Result<(), EngineError> {
        recording::finish(office).await?;
        identify::fold_words(office).await?;
        let settled = settle::run(office, progress).await?;
        self.counts.students = settled.students;
        self.counts.postings = settled.postings;
        let mut tx = office.db.read().await?;
        for row in tx.brought_since(self.first_seq).await? {
            let money = self.money.entry(row.currency.clone()).or_default();
            let lines = usize::try_from(row.lines).unwrap_or_default();
            self.counts.entries += lines;
            if row.amount_minor < 0 {
                money.out_minor -= row.amount_minor;
                continue;
            }
            money.in_minor += row.amount_minor;
            self.counts.credits += lines;
            match row.outcome.as_str() {
                "student" => {
                    self.counts.identified += lines;
                    money.settled_minor += row.allocated_minor;
                    money.on_account_minor +=
                        row.amount_minor - row.allocated_minor - row.taken_back_minor;
                }
                "review" => {
                    self.counts.review += lines;
                    money.review_minor += row.amount_minor;
                }
                _ => self.counts.not_student += lines,
            }
        }
        self.look_again(&mut tx).await?;
        tx.rollback().await?;
        self.coverage = coverage::all(office).await?;
        Ok(())
    }

    /// What needs a word.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether something was held back or could not be read.
    pub fn needs_a_person(&self) -> bool {
        self.counts.held_back + self.counts.unreadable + self.counts.not_posted > 0
    }

    /// A line for each account: through which day it is complete, and where not.
    pub fn coverage_lines(&self) -> Vec<String> {
        let line = |Covered { iban, coverage, .. }: &Covered| match coverage.through {
            Some(through) => {
                let gap = coverage.gaps.iter().find(|gap| !gap.accepted);
                let gap = gap.map_or(String::new(), |gap| {
                    format!("; a gap between {} and {}", gap.after_day, gap.before_day)
                });
                format!("{iban}: complete through {through}{gap}")
            }
            None => format!("{iban}: not complete on any day yet"),
        };
        self.coverage.iter().map(line).collect()
    }

    /// One JSON object.
    pub fn to_json(&self) -> String {
        let coverage = self
            .coverage
            .iter()
            .map(|row| (row.iban.as_str(), row.coverage.through))
            .collect();
        let json = Json {
            counts: &self.counts,
            money: &self.money,
            coverage,
            notes: &self.notes,
        };
        serde_json::to_string(&json).unwrap_or_default()
    }
}

/// What to do next.
pub fn next_steps(import: &Import) -> Vec<String> {
    let mut next = Vec::new();
    if import.counts.held_back > 0 {
        next.push("Held back statements: kwestura quarantine list".to_owned());
    }
    if import.counts.review > 0 {
        next.push("Credits for a person: kwestura review list".to_owned());
    }
    next
}
