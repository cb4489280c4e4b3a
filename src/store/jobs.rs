//! Jobs and who runs them; alerts and who knows of them.

use super::row::row;
use super::{Arg, StoreError, Tx};

/// A job that is not known yet; one whose schedule is another now gets another next time.
const ENROL: &str = "
    INSERT INTO job (name, schedule, next_at) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET schedule = excluded.schedule, next_at = excluded.next_at
     WHERE job.schedule <> excluded.schedule";
const ALL: &str = "
    SELECT name, schedule, is_paused, next_at, fence, holder, held_until, started_at, ended_at,
           outcome, said, counts, failures, failing_since
      FROM job ORDER BY name";
/// Takes a job that nobody has. Whoever had it and was not heard of again died over it: that is a failure of
/// the job, so that it is noticed where every run ends so.
macro_rules! take {
    ($rest:literal) => {
        concat!(
            "UPDATE job SET fence = fence + 1, holder = $2, held_until = $4, started_at = $3,
                    failures = CASE WHEN holder IS NULL THEN failures ELSE failures + 1 END,
                    failing_since = CASE WHEN holder IS NULL THEN failing_since
                                         ELSE COALESCE(failing_since, $3) END,
                    outcome = CASE WHEN holder IS NULL THEN outcome ELSE 'failed' END,
                    said = CASE WHEN holder IS NULL THEN said
                                ELSE 'whoever ran it was not heard of again' END
              WHERE name = $1 AND (holder IS NULL OR held_until < $3)",
            $rest,
            " RETURNING fence, is_paused"
        )
    };
}
const TAKE_DUE: &str = take!(" AND is_paused = 0 AND next_at <= $3");
const TAKE_NOW: &str = take!("");
const KEEP: &str = "
    UPDATE job SET held_until = $4
     WHERE name = $1 AND fence = $2 AND holder IS NOT NULL AND is_paused <= $3 RETURNING fence";
const GOES_ON: &str = "
    SELECT fence FROM job WHERE name = $1 AND fence = $2 AND holder IS NOT NULL AND is_paused <= $3";
const HAND_BACK: &str = "
    UPDATE job SET holder = NULL, next_at = CASE WHEN $3 < next_at THEN $3 ELSE next_at END
     WHERE name = $1 AND fence = $2 RETURNING fence";
const END: &str = "
    UPDATE job SET holder = NULL, ended_at = $3, outcome = $4, said = $5, counts = $6, next_at = $7,
           failing_since = CASE WHEN $4 IN ('refused', 'failed') THEN COALESCE(failing_since, $3) END,
           failures = CASE WHEN $4 IN ('refused', 'failed') THEN failures + 1 ELSE 0 END
     WHERE name = $1 AND fence = $2 AND holder IS NOT NULL RETURNING fence";
const PAUSE: &str = "UPDATE job SET is_paused = $2, next_at = $3 WHERE name = $1";
const SHORTEN: &str = "UPDATE job SET held_until = $3 WHERE name = $1 AND held_until = $2";
const SET_NEXT: &str = "UPDATE job SET next_at = $3 WHERE name = $1 AND next_at = $2";

row! {
    /// A job.
    #[derive(Debug, Clone)]
    pub struct JobRow {
        /// Its name.
        pub name: String,
        /// Its schedule as it is written; empty where it has none.
        pub schedule: String,
        /// Whether a person stopped it.
        pub is_paused: i64,
        /// When it runs next; milliseconds.
        pub next_at: Option<i64>,
        /// Grows with every run.
        pub fence: i64,
        /// Who runs it.
        pub holder: Option<String>,
        /// Until when that is believed; milliseconds.
        pub held_until: i64,
        /// When it was last begun; milliseconds.
        pub started_at: Option<i64>,
        /// When it last ended; milliseconds.
        pub ended_at: Option<i64>,
        /// `done`, `attention`, `refused`, `failed`; empty before the first end.
        pub outcome: String,
        /// What came of it, in words.
        pub said: String,
        /// What came of it, as a JSON object of numbers.
        pub counts: String,
        /// How often in a row it was refused or failed.
        pub failures: i64,
        /// Since when; milliseconds.
        pub failing_since: Option<i64>,
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy)]
pub struct JobEnd<'a> {
    /// `done`, `attention`, `refused` or `failed`.
    pub outcome: &'a str,
    /// In words.
    pub said: &'a str,
    /// A JSON object of numbers.
    pub counts: &'a str,
    /// When it runs next; milliseconds.
    pub next_at: Option<i64>,
}

impl Tx {
    /// Notes a job and when it runs next, unless it is known with this schedule.
    pub async fn enrol_job(
        &mut self,
        name: &str,
        schedule: &str,
        next_at: Option<i64>,
    ) -> Result<(), StoreError> {
        let args = [Arg::Text(name), Arg::Text(schedule), Arg::MaybeInt(next_at)];
        self.execute(ENROL, &args).await.map(|_| ())
    }

    /// All jobs by name.
    pub async fn jobs(&mut self) -> Result<Vec<JobRow>, StoreError> {
        self.fetch(ALL, &[]).await
    }

    /// Takes a job that nobody has, or whose holder was not heard of: until an instant. Where it is
    /// not `forced`, it has to be due and not be paused. The token of the run, and whether a person had
    /// stopped the job; or nothing.
    pub async fn take_job(
        &mut self,
        name: &str,
        holder: &str,
        (now, until): (i64, i64),
        forced: bool,
    ) -> Result<Option<(i64, bool)>, StoreError> {
        let sql = if forced { TAKE_NOW } else { TAKE_DUE };
        let args = [
            Arg::Text(name),
            Arg::Text(holder),
            Arg::Int(now),
            Arg::Int(until),
        ];
        let taken: Option<(i64, i64)> = self.first(sql, &args).await?;
        Ok(taken.map(|(fence, is_paused)| (fence, is_paused == 1)))
    }

    /// The holder is alive; false where the job is another's by now, or a person stopped it since it was
    /// taken.
    pub async fn keep_job(
        &mut self,
        name: &str,
        (fence, was_paused): (i64, bool),
        until: i64,
    ) -> Result<bool, StoreError> {
        let args = [
            Arg::Text(name),
            Arg::Int(fence),
            Arg::Int(i64::from(was_paused)),
            Arg::Int(until),
        ];
        let kept: Option<(i64,)> = self.first(KEEP, &args).await?;
        Ok(kept.is_some())
    }

    /// The same question without a sign of life.
    pub async fn job_goes_on(
        &mut self,
        name: &str,
        (fence, was_paused): (i64, bool),
    ) -> Result<bool, StoreError> {
        let was_paused = Arg::Int(i64::from(was_paused));
        let args = [Arg::Text(name), Arg::Int(fence), was_paused];
        let going_on: Option<(i64,)> = self.first(GOES_ON, &args).await?;
        Ok(going_on.is_some())
    }

    /// Gives a job back, due from an instant on at the latest; false where it is another's by now.
    pub async fn hand_back_job(
        &mut self,
        name: &str,
        fence: i64,
        due: i64,
    ) -> Result<bool, StoreError> {
        let args = [Arg::Text(name), Arg::Int(fence), Arg::Int(due)];
        let back: Option<(i64,)> = self.first(HAND_BACK, &args).await?;
        Ok(back.is_some())
    }

    /// Notes how a run ended; false where the job is another's by now.
    pub async fn end_job(
        &mut self,
        name: &str,
        fence: i64,
        end: JobEnd<'_>,
        now: i64,
    ) -> Result<bool, StoreError> {
        let args = [
            Arg::Text(name),
            Arg::Int(fence),
            Arg::Int(now),
            Arg::Text(end.outcome),
            Arg::Text(end.said),
            Arg::Text(end.counts),
            Arg::MaybeInt(end.next_at),
        ];
        let ended: Option<(i64,)> = self.first(END, &args).await?;
        Ok(ended.is_some())
    }

    /// Stops a job or lets it go on; tells whether there is such a job.
    pub async fn pause_job(
        &mut self,
        name: &str,
        paused: bool,
        next_at: Option<i64>,
    ) -> Result<bool, StoreError> {
        let args = [
            Arg::Text(name),
            Arg::Int(i64::from(paused)),
            Arg::MaybeInt(next_at),
        ];
        Ok(self.execute(PAUSE, &args).await? > 0)
    }

    /// Believes a holder for less long; nothing happens where it gave a sign of life meanwhile.
    pub async fn shorten_lease(
        &mut self,
        name: &str,
        from: i64,
        to: i64,
    ) -> Result<(), StoreError> {
        let args = [Arg::Text(name), Arg::Int(from), Arg::Int(to)];
        self.execute(SHORTEN, &args).await.map(|_| ())
    }

    /// Moves the next time of a job.
    pub async fn move_job(&mut self, name: &str, from: i64, to: i64) -> Result<(), StoreError> {
        let args = [Arg::Text(name), Arg::Int(from), Arg::Int(to)];
        self.execute(SET_NEXT, &args).await.map(|_| ())
    }
}
