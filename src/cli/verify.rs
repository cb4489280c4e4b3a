//! `kwestura verify`.

use super::common::{json, table};
use super::say::say;
use super::{Context, Outcome, attention};
use crate::engine::verify::{self, Finding, Report};
use serde::Serialize;
use std::process::ExitCode;

/// Arguments of `kwestura verify`.
///
/// Reads every file again, judges, identifies and settles everything anew without writing, computes every
/// seal of the audit log again, and names every row that disagrees. Exit status 1 where one does.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura verify
  kwestura verify --json")]
pub struct Args {
    /// One JSON line for each finding, and one with what was looked at.
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let report = verify::run(&context.office().await?).await?;
    if args.json {
        for finding in &report.findings {
            say!("{}", json(&Line::of(finding)));
        }
        say!("{}", json(&Summary::of(&report)));
    } else {
        show(&report);
    }
    Ok(if report.findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        attention()
    })
}

/// Tells what was found.
pub fn show(report: &Report) {
    if !report.findings.is_empty() {
        let mut rows = table(&["table", "row", "what is wrong"]);
        for finding in &report.findings {
            rows.add_row([finding.table, &finding.row, &finding.wrong]);
        }
        say!("{rows}");
    }
    let looked = &report.looked;
    say!(
        "{} file(s), {} statement(s) with {} line(s), {} entries, {} student(s) with {} item(s) recomputed.",
        looked.files,
        looked.statements,
        looked.lines,
        looked.entries,
        looked.students,
        looked.items
    );
    let events = looked.audit_events;
    match looked.audit_seals {
        0 => say!("{events} entries of the audit log, none sealed yet."),
        seals => say!(
            "{events} entries of the audit log, {seals} sealed; the last seal is {}.",
            report.last_seal
        ),
    }
    match report.findings.len() {
        0 => say!("The books agree with the facts."),
        wrong => say!("{wrong} row(s) disagree. Restore damaged rows from a backup."),
    }
}

#[derive(Serialize)]
struct Line<'a> {
    table: &'a str,
    row: &'a str,
    wrong: &'a str,
}

impl<'a> Line<'a> {
    fn of(finding: &'a Finding) -> Self {
        Line {
            table: finding.table,
            row: &finding.row,
            wrong: &finding.wrong,
        }
    }
}

#[derive(Serialize)]
struct Summary<'a> {
    files: usize,
    statements: usize,
    lines: usize,
    entries: usize,
    students: usize,
    items: usize,
    audit_events: usize,
    audit_seals: usize,
    last_seal: &'a str,
    findings: usize,
}

impl<'a> Summary<'a> {
    fn of(report: &'a Report) -> Self {
        let looked = &report.looked;
        Summary {
            files: looked.files,
            statements: looked.statements,
            lines: looked.lines,
            entries: looked.entries,
            students: looked.students,
            items: looked.items,
            audit_events: looked.audit_events,
            audit_seals: looked.audit_seals,
            last_seal: &report.last_seal,
            findings: report.findings.len(),
        }
    }
}
