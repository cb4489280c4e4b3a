//! Verify: everything that was concluded is concluded again from the facts, and every row that
//! disagrees is named.
//!
//! In: the whole database, read as of one moment. Out: findings, and how much was looked at. Never a
//! repair: a row that is damaged is restored from a backup, a conclusion by the command that the
//! finding names.

mod books;
mod chain;
mod days;
mod lines;
mod statements;
mod waiting;

use super::{EngineError, Office, policy_book};
use std::collections::BTreeSet;

/// A row that disagrees with the facts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The table.
    pub table: &'static str,
    /// Which row, in words.
    pub row: String,
    /// What is wrong with it.
    pub wrong: String,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looked {
    /// Files whose bytes were read again.
    pub files: usize,
    /// Statements that were compared with them.
    pub statements: usize,
    /// Lines that were compared.
    pub lines: usize,
    /// Entries whose identification was concluded again.
    pub entries: usize,
    /// Students who were settled again, without writing.
    pub students: usize,
    /// Items whose positions were compared.
    pub items: usize,
    /// Entries of the audit log.
    pub audit_events: usize,
    /// Of them sealed; every seal was computed again.
    pub audit_seals: usize,
}

/// What verify found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// How much was looked at.
    pub looked: Looked,
    /// The last seal of the audit log: written down elsewhere, it proves all before it.
    pub last_seal: String,
    /// What disagrees, by table and row.
    pub findings: BTreeSet<Finding>,
}

impl Report {
    fn add(&mut self, table: &'static str, row: impl Into<String>, wrong: impl Into<String>) {
        self.findings.insert(Finding {
            table,
            row: row.into(),
            wrong: wrong.into(),
        });
    }
}

/// Recomputes everything.
pub async fn run(office: &Office) -> Result<Report, EngineError> {
    let mut report = Report::default();
    let mut tx = office.db.read().await?;
    let book = policy_book(&mut tx, &office.config, i64::MAX).await?;
    statements::check(&mut tx, office, &mut report).await?;
    statements::check_accounts(&mut tx, office, &mut report).await?;
    waiting::check(&mut tx, &mut report).await?;
    books::check(&mut tx, office, &book, &mut report).await?;
    days::check(&mut tx, &mut report).await?;
    days::check_decisions(&mut tx, &mut report).await?;
    days::check_numbers(&mut tx, &mut report).await?;
    chain::check(&mut tx, &mut report).await?;
    let waiting = tx.mark_count().await?;
    if waiting > 0 {
        let wrong = "their facts changed and they wait to be settled; `kwestura import` on any folder settles them";
        report.add("settle_mark", format!("{waiting} student(s)"), wrong);
    }
    tx.rollback().await?;
    Ok(report)
}
