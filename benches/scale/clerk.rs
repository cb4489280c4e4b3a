//! Who works beside an import: somebody who decides about a student, and a student who looks their
//! account up. And who works behind it: the reminders.

use super::Result;
use super::cost::{self, Cost};
use super::engine::Engine;
use super::university::{University, behind};
use anyhow::{Context, ensure};
use kwestura::engine::remind::{self, Mode};
use kwestura::engine::{Office, account};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Waits as they were measured, one after the other.
#[derive(Debug, Default)]
pub struct Waits(Vec<Duration>);

impl Waits {
    pub fn longest_ms(&self) -> u128 {
        self.0.iter().max().map_or(0, Duration::as_millis)
    }

    /// In the middle, milliseconds.
    pub fn median_ms(&self) -> f64 {
        let mut waits = self.0.clone();
        waits.sort();
        let middle = waits.get(waits.len() / 2);
        middle.map_or(0.0, |wait| wait.as_secs_f64() * 1000.0)
    }
}

/// Somebody in another process than the importer.
pub struct Clerk<'a> {
    runtime: &'a Runtime,
    office: Office,
    students: Vec<String>,
    turn: usize,
    pub decisions: Waits,
    pub lookups: Waits,
}

impl<'a> Clerk<'a> {
    pub fn new(
        runtime: &'a Runtime,
        (university, engine, database): (&University, &Engine, &str),
    ) -> Result<Clerk<'a>> {
        Ok(Clerk {
            runtime,
            office: runtime.block_on(university.office(engine, database))?,
            students: university.some_students()?,
            turn: 0,
            decisions: Waits::default(),
            lookups: Waits::default(),
        })
    }

    /// Looks one account up, and takes the locks of a decision about a credit of that student.
    pub fn work(&mut self) -> Result<()> {
        self.turn += 1;
        let student = self.students.get(self.turn % self.students.len());
        let student = student.context("there is no student")?;
        let began = Instant::now();
        let found = account::of_student(&self.office, student, behind(), i64::MAX);
        let found = self.runtime.block_on(found)?;
        ensure!(!found.is_empty(), "{student} has no account");
        self.lookups.0.push(began.elapsed());

        let began = Instant::now();
        self.runtime.block_on(async {
            let mut tx = self.office.db.write().await?;
            tx.lock_bank_accounts().await?;
            let person = account::find(&mut tx, student).await?;
            tx.lock_persons(&[person]).await?;
            tx.rollback().await?;
            anyhow::Ok(())
        })?;
        self.decisions.0.push(began.elapsed());
        Ok(())
    }

    pub fn leave(self) -> (Waits, Waits) {
        self.runtime.block_on(self.office.db.close());
        (self.decisions, self.lookups)
    }
}

/// Reminds everybody of everything that is overdue; tells of how many fees in how many messages.
pub fn remind(runtime: &Runtime, office: &Office, engine: &Engine) -> Result<(usize, usize, Cost)> {
    let run = |mode| runtime.block_on(remind::run(office, behind(), mode));
    let confirmed = Some(run(Mode::DryRun)?.messages.len());
    let (reminding, cost) = cost::of(engine.server(), || Ok(run(Mode::Write { confirmed })?))?;
    ensure!(reminding.written, "the reminders were not written");
    let fees = reminding.messages.iter().map(|told| told.items.len()).sum();
    Ok((fees, reminding.messages.len(), cost))
}
