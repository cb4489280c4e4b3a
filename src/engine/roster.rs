//! What loading students, account numbers and fees has in common.
//!
//! In: a file that somebody hands in. Out: nothing but what all three need: its rows or a refusal
//! that names every mistake, whom its rows mean, the bank accounts in the order in which they are
//! locked. A load is one transaction; a preview is the same one, taken back at its end.

use super::{EngineError, Office, identify};
use crate::config::BankAccount;
use crate::roster::{AsOf, Columns, FileKind, Options, Parsed, RowError, StudentRef};
use crate::store::{ROWS_MAX, Rows, StoreError, Tx};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Display;

/// A file that somebody hands in.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'a> {
    /// Its name, as messages show it.
    pub name: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
    /// When the export was made, where its rows do not say: a day or an instant.
    pub as_of: Option<&'a str>,
    /// A load at go-live.
    pub opening: bool,
    /// Look at what would happen, and change nothing.
    pub dry_run: bool,
}

/// Reads a kind of file.
type Reader<T> = fn(&[u8], &Options) -> Result<Parsed<T>, Vec<RowError>>;

/// How many rows of a file brought what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows read; those that repeat another word for word are left out.
    pub rows: usize,
    /// About somebody or something that was not known.
    pub new: usize,
    /// Saying something else than the newest export so far.
    pub changed: usize,
    /// Saying the same.
    pub unchanged: usize,
    /// From an export older than one that is known; the newer one goes on holding.
    pub older: usize,
}

/// What a row is beside what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    New,
    Changed,
    Unchanged,
    Older,
}

impl Counts {
    pub(super) fn add(&mut self, news: News) {
        self.rows += 1;
        match news {
            News::New => self.new += 1,
            News::Changed => self.changed += 1,
            News::Unchanged => self.unchanged += 1,
            News::Older => self.older += 1,
        }
    }
}

impl Upload<'_> {
    /// The rows, or every mistake.
    pub(super) fn read<T>(
        &self,
        office: &Office,
        kind: FileKind,
        reader: Reader<T>,
    ) -> Result<Parsed<T>, EngineError> {
        let options = Options {
            as_of: self.as_of(office)?,
            opening: self.opening,
            time_zone: office.config.institution.time_zone,
            columns: office.config.files.columns(kind, self.name),
        };
        reader(self.bytes, &options).map_err(|mistakes| self.refusal(&mistakes))
    }

    /// `--as-of`.
    pub(super) fn as_of(&self, office: &Office) -> Result<Option<AsOf>, EngineError> {
        let Some(text) = self.as_of else {
            return Ok(None);
        };
        let found = AsOf::parse(text, office.config.institution.time_zone);
        found.map(Some).ok_or_else(|| {
            EngineError::refused(format!(
                "--as-of: `{text}` is neither a day nor an instant; write it like 2026-10-15 or \"2026-10-15 08:30\""
            ))
        })
    }

    /// Every mistake on a line of its own.
    fn refusal(&self, mistakes: &[RowError]) -> EngineError {
        let name = self.name;
        let lines = mistakes.iter().map(|mistake| {
            let RowError {
                line,
                column,
                reason,
            } = mistake;
            match column.as_str() {
                "" => format!("\n  {name}:{line}: {reason}"),
                _ => format!("\n  {name}:{line}: {column}: {reason}"),
            }
        });
        let lines: String = lines.collect();
        EngineError::refused(format!(
            "{name} has {} mistake(s), nothing was imported:{lines}",
            mistakes.len()
        ))
    }

    /// Makes it so, unless it was only to be looked at.
    pub(super) async fn finish(&self, tx: Tx) -> Result<(), StoreError> {
        if self.dry_run {
            tx.rollback().await
        } else {
            tx.commit().await
        }
    }
}

/// Collects what is wrong with rows beside what is stored.
pub(super) struct Mistakes<'a> {
    upload: &'a Upload<'a>,
    columns: Columns,
    found: Vec<RowError>,
}

impl<'a> Mistakes<'a> {
    pub(super) fn of(upload: &'a Upload<'a>, office: &Office, kind: FileKind) -> Self {
        Mistakes {
            upload,
            columns: office.config.files.columns(kind, upload.name),
            found: Vec::new(),
        }
    }

    /// Notes one under the file's own name of the column.
    pub(super) fn note(&mut self, line: u32, column: &str, reason: impl Display) {
        self.found.push(RowError {
            line,
            column: self.columns.in_file(column).to_owned(),
            reason: reason.to_string(),
        });
    }

    /// Goes on only where there is none.
    pub(super) fn check(mut self) -> Result<(), EngineError> {
        self.found.sort();
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(self.upload.refusal(&self.found))
        }
    }
}

/// The students whom the rows of a file mean.
pub(super) struct Named {
    by_external: BTreeMap<String, i64>,
    /// Everyone who has, or once had, the album.
    by_album: BTreeMap<String, Vec<(i64, String)>>,
}

impl Named {
    /// Looks them all up.
    pub(super) async fn by(
        tx: &mut Tx,
        students: impl Iterator<Item = &StudentRef>,
    ) -> Result<Named, StoreError> {
        let (mut externals, mut albums) = (Vec::new(), Vec::new());
        for student in students {
            match student {
                StudentRef::ExternalId(id) => externals.push(id.clone()),
                StudentRef::Album(album) => albums.push(album.clone()),
            }
        }
        for texts in [&mut externals, &mut albums] {
            texts.sort();
            texts.dedup();
        }
        let mut by_album: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
        for row in tx.persons_by_album(&albums).await? {
            let holders = by_album.entry(row.album).or_default();
            holders.push((row.id, row.external_id));
        }
        let persons = tx.persons_by_external(&externals).await?;
        Ok(Named {
            by_external: (persons.into_iter())
                .map(|row| (row.external_id, row.id))
                .collect(),
            by_album,
        })
    }

    /// The one meant, or the column and what is wrong with it.
    pub(super) fn find(&self, student: &StudentRef) -> Result<i64, (&'static str, String)> {
        match student {
            StudentRef::ExternalId(id) => self.by_external.get(id).copied().ok_or_else(|| {
                let reason = format!("there is no student `{id}`; import the students first");
                ("student_external_id", reason)
            }),
            StudentRef::Album(album) => {
                let holders = self.by_album.get(album).map_or(&[][..], Vec::as_slice);
                match holders {
                    [(id, _)] => Ok(*id),
                    [] => Err(format!(
                        "no student has or had the album {album}; import the students first"
                    )),
                    several => {
                        let names: Vec<&str> =
                            several.iter().map(|(_, name)| name.as_str()).collect();
                        Err(format!(
                            "the album {album} is or was that of {}; name the one meant in `student_external_id`",
                            names.join(" and ")
                        ))
                    }
                }
                .map_err(|reason| ("album", reason))
            }
        }
    }
}

/// The configured bank accounts with their rows, locked in the order of their ids: whoever imports
/// statements takes the same locks, and takes those of students after them.
pub(super) async fn lock_bank_accounts<'a>(
    tx: &mut Tx,
    office: &'a Office,
) -> Result<Vec<(i64, &'a BankAccount)>, StoreError> {
    let mut accounts = Vec::new();
    for account in &office.config.bank_accounts {
        let currency = account.currency.as_str();
        let row = tx.bank_account(&account.iban, currency, office.now.millis);
        accounts.push((row.await?.id, account));
    }
    accounts.sort_by_key(|(id, _)| *id);
    for (id, _) in &accounts {
        tx.lock_bank_account(*id).await?;
    }
    Ok(accounts)
}

/// Rows in pieces that a statement takes.
pub(super) fn pieces<T: Serialize>(rows: &[T]) -> Result<Vec<Rows>, StoreError> {
    rows.chunks(ROWS_MAX).map(Rows::of).collect()
}

/// New numbers, albums and fees may tell whose a credit is that nobody could tell before.
pub(super) async fn reconsider(
    tx: &mut Tx,
    office: &Office,
    numbers: &[String],
    tokens: &[String],
) -> Result<(), EngineError> {
    identify::numbers_changed(tx, office, numbers).await?;
    identify::tokens_changed(tx, office, tokens).await?;
    Ok(())
}
