//! Who runs a job: one at a time, until it ends, is handed back, or was not heard of for too long.
//!
//! The token of a run grows with every run of its job. Whoever was stopped, lost the job meanwhile
//! and comes back, finds another token there and writes nothing (F15, F16). What it did until then
//! is safe: every step of the engine may be done twice at once.

use crate::config::{Job, Schedule};
use crate::engine::EngineError;
use crate::store::jobs::{JobEnd, JobRow};
use crate::store::{Db, StoreError};
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// A holder that was not heard of for so long is dead. Milliseconds.
pub const SILENCE: i64 = 3 * 60 * 1000;
/// How long a job that was refused or failed waits, at the first, second … time. Minutes.
const WAITS: [i64; 4] = [1, 5, 15, 60];
/// The longest rest of a job that did harm: somebody may wait for a mail at a screen. Minutes.
const REST_MAX: i64 = 15;
/// Clocks are set back by an hour each year, and by no more than this. Milliseconds.
const SET_BACK_MAX: i64 = 25 * 60 * 60 * 1000;

/// Notes the jobs that are not known yet, and those whose schedule is another now; all of them.
///
/// A job whose next time lies further ahead than its schedule ever does was put there by a clock that
/// ran ahead: it gets the time that it should have (F17). So is a holder that is believed for longer than
/// any sign of life says: it has the usual silence from now on.
pub async fn enrolled(
    db: &Db,
    schedules: &BTreeMap<Job, Schedule>,
    (now, zone): (i64, Tz),
) -> Result<BTreeMap<Job, JobRow>, StoreError> {
    let mut rows = read(db).await?;
    let schedule = |job: Job| schedules.get(&job);
    let text = |job: Job| schedule(job).map_or("", Schedule::as_str);
    let is_known = |job: &Job| rows.get(job).is_some_and(|row| row.schedule == text(*job));
    if !Job::ALL.iter().all(is_known) {
        let mut tx = db.write().await?;
        for job in Job::ALL {
            let next = schedule(job).and_then(|schedule| schedule.next(now, zone));
            tx.enrol_job(job.name(), text(job), next).await?;
        }
        tx.commit().await?;
        rows = read(db).await?;
    }
    for (job, row) in &mut rows {
        if row.holder.is_some() && now.saturating_add(2 * SILENCE) < row.held_until {
            let mut tx = db.write().await?;
            let right = now.saturating_add(SILENCE);
            tx.shorten_lease(job.name(), row.held_until, right).await?;
            tx.commit().await?;
            row.held_until = right;
        }
        let (Some(next), Some(schedule)) = (row.next_at, schedule(*job)) else {
            continue;
        };
        let latest = schedule.next(now.saturating_add(SET_BACK_MAX), zone);
        let is_far = latest.is_some_and(|latest| latest < next);
        if let Some(right) = schedule.next(now, zone).filter(|_| is_far) {
            let mut tx = db.write().await?;
            tx.move_job(job.name(), next, right).await?;
            tx.commit().await?;
            row.next_at = Some(right);
        }
    }
    Ok(rows)
}

async fn read(db: &Db) -> Result<BTreeMap<Job, JobRow>, StoreError> {
    let mut tx = db.read().await?;
    let rows = tx.jobs().await?;
    tx.rollback().await?;
    let known = rows
        .into_iter()
        .filter_map(|row| Some((Job::parse(&row.name)?, row)));
    Ok(known.collect())
}

/// A run of a job.
#[derive(Debug, Clone, Copy)]
pub struct Lease {
    /// Which.
    pub job: Job,
    /// The token of the run.
    pub fence: i64,
    /// A person had stopped the job before, and wanted this run all the same.
    was_paused: bool,
}

impl Lease {
    /// Takes a job; nothing where another has it, where it is not due, or a person stopped it. A
    /// person's word, `forced`, asks for neither.
    pub async fn take(
        db: &Db,
        job: Job,
        holder: &str,
        now: i64,
        forced: bool,
    ) -> Result<Option<Lease>, StoreError> {
        let mut tx = db.write().await?;
        let until = now.saturating_add(SILENCE);
        let fence = tx
            .take_job(job.name(), holder, (now, until), forced)
            .await?;
        tx.commit().await?;
        Ok(fence.map(|(fence, was_paused)| Lease {
            job,
            fence,
            was_paused,
        }))
    }

    /// Says that the holder is alive; false where the job is another's by now, or a person stopped it
    /// meanwhile.
    pub async fn keep(&self, db: &Db, now: i64) -> Result<bool, StoreError> {
        let mut tx = db.write().await?;
        let until = now.saturating_add(SILENCE);
        let run = (self.fence, self.was_paused);
        let kept = tx.keep_job(self.job.name(), run, until).await?;
        tx.commit().await?;
        Ok(kept)
    }

    /// Whether the holder may go on; false as for [`Lease::keep`].
    pub async fn goes_on(&self, db: &Db) -> Result<bool, StoreError> {
        let mut tx = db.read().await?;
        let run = (self.fence, self.was_paused);
        let goes_on = tx.job_goes_on(self.job.name(), run).await?;
        tx.rollback().await?;
        Ok(goes_on)
    }

    /// Gives the job back: whoever comes next runs it, also where it had been begun before its time, for
    /// files that lay there.
    pub async fn hand_back(&self, db: &Db, now: i64) -> Result<(), StoreError> {
        let mut tx = db.write().await?;
        tx.hand_back_job(self.job.name(), self.fence, now).await?;
        tx.commit().await
    }

    /// Notes how the run ended; false where the job is another's by now, and nothing was written.
    pub async fn end(&self, db: &Db, end: JobEnd<'_>, now: i64) -> Result<bool, StoreError> {
        let mut tx = db.write().await?;
        let ended = tx.end_job(self.job.name(), self.fence, end, now).await?;
        tx.commit().await?;
        Ok(ended)
    }
}

/// How a run went, and with it when the next one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// The next is the regular one.
    Well,
    /// The next is sooner than the regular one, if that is far.
    Badly,
    /// The next is later than the regular one, if that is near: trying does harm.
    Harmfully,
}

/// When a job runs again: by its schedule behind this moment, so that what was missed is made up
/// once; sooner or later where it went badly, for the `failures`th time.
pub fn next_time(
    schedule: Option<&Schedule>,
    (now, zone): (i64, Tz),
    (went, failures): (Went, i64),
) -> Option<i64> {
    let regular = schedule?.next(now, zone);
    let place = usize::try_from(failures).unwrap_or(usize::MAX);
    let minutes = WAITS.get(place).or(WAITS.last()).copied().unwrap_or(1);
    match went {
        Went::Well => regular,
        Went::Badly => {
            let soon = now.saturating_add(minutes * 60 * 1000);
            Some(regular.map_or(soon, |regular| regular.min(soon)))
        }
        Went::Harmfully => {
            let later = now.saturating_add(minutes.min(REST_MAX) * 60 * 1000);
            Some(regular.map_or(later, |regular| regular.max(later)))
        }
    }
}

/// A job by its name, or which there are.
pub fn named(name: &str) -> Result<Job, EngineError> {
    Job::parse(name).ok_or_else(|| {
        let names: Vec<&str> = Job::ALL.iter().map(|job| job.name()).collect();
        EngineError::refused(format!(
            "there is no job `{name}`; they are {}",
            names.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60 * 1000;

    #[test]
    fn what_goes_badly_runs_sooner_and_what_does_harm_later() {
        let (minutely, daily) = (Schedule::parse("* * * * *"), Schedule::parse("30 9 * * *"));
        let (minutely, daily) = (minutely.unwrap(), daily.unwrap());
        // Midnight in London, in winter.
        let now = (0, chrono_tz::Europe::London);
        let (early, next) = (Some(MINUTE), |schedule| {
            next_time(Some(schedule), now, (Went::Well, 0))
        });
        let behind = next(&daily);
        assert_eq!(next(&minutely), early);
        for (failures, badly, harmfully) in
            [(0, 1, 1), (1, 5, 5), (2, 15, 15), (3, 60, 15), (99, 60, 15)]
        {
            let at = |schedule, went| next_time(Some(schedule), now, (went, failures));
            assert_eq!(at(&daily, Went::Badly), Some(badly * MINUTE), "{failures}");
            assert_eq!(at(&minutely, Went::Badly), early, "{failures}");
            assert_eq!(
                at(&minutely, Went::Harmfully),
                Some(harmfully * MINUTE),
                "{failures}"
            );
            assert_eq!(at(&daily, Went::Harmfully), behind, "{failures}");
        }
        assert_eq!(next_time(None, now, (Went::Badly, 3)), None);
    }
}
