//! Runs of messages: those that were written, with what became of them, and those that wait for a
//! second person.

use super::row::row;
use super::{Arg, StoreError, Tx};
use chrono::NaiveDate;

const RUN_ADD: &str = "
    INSERT INTO dunning_run (as_of, students, messages, held_back, recorded_at)
    VALUES ($1, $2, $3, $4, $5) RETURNING id";
const LAST_RUN: &str = "
    SELECT id, as_of, students, messages, held_back, recorded_at FROM dunning_run
     WHERE messages > 0 ORDER BY id DESC LIMIT 1";
const LAST_RUN_DAY: &str = "SELECT MAX(as_of) FROM dunning_run";
const ASK: &str = "
    INSERT INTO mass_mail (as_of, messages, by_whom, why, recorded_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (as_of) WHERE ended_as IS NULL DO NOTHING
    RETURNING id";
const ASKED: &str = "
    SELECT id, as_of, messages, by_whom, why, recorded_at FROM mass_mail
     WHERE as_of = $1 AND ended_as IS NULL";
const END: &str = "
    UPDATE mass_mail SET ended_as = $2, ended_by = $3, ended_at = $4
     WHERE id = $1 AND ended_as IS NULL RETURNING id";
const RUNS: &str = "
    SELECT r.id, r.as_of, r.recorded_at, r.messages, r.held_back,
           (SELECT COUNT(*) FROM message m
             WHERE m.run_id = r.id AND m.state IN ('due', 'failed', 'refused')) AS waiting,
           (SELECT COUNT(*) FROM message m WHERE m.run_id = r.id AND m.state = 'sent') AS sent,
           (SELECT COUNT(*) FROM message m WHERE m.run_id = r.id AND m.state = 'withdrawn') AS withdrawn
      FROM dunning_run r WHERE r.messages > 0 ORDER BY r.id DESC LIMIT 10";
const WITHDRAW: &str = "
    UPDATE message SET state = 'withdrawn', changed_at = $2
     WHERE run_id = $1 AND state IN ('due', 'failed', 'refused') RETURNING id";

row! {
    /// A run that wrote messages.
    #[derive(Debug, Clone)]
    pub struct RunRow {
        /// Row id.
        pub id: i64,
        /// The day for which it looked.
        pub as_of: NaiveDate,
        /// How many students there were.
        pub students: i64,
        /// How many messages it wrote.
        pub messages: i64,
        /// How many items it held back.
        pub held_back: i64,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}

row! {
    /// A run that waits for a second person.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AskedRow {
        /// Row id.
        pub id: i64,
        /// The day for which it would be.
        pub as_of: NaiveDate,
        /// How many messages are right.
        pub messages: i64,
        /// Who says so.
        pub by_whom: String,
        /// Why.
        pub why: String,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}

row! {
    /// A run, and what became of its messages.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct RunStateRow {
        /// Row id.
        pub id: i64,
        /// The day for which it looked.
        pub as_of: NaiveDate,
        /// Milliseconds.
        pub recorded_at: i64,
        /// How many messages it wrote.
        pub messages: i64,
        /// How many items it held back.
        pub held_back: i64,
        /// Messages that were not handed over.
        pub waiting: i64,
        /// Messages that a server took.
        pub sent: i64,
        /// Messages that were taken back.
        pub withdrawn: i64,
    }
}

impl Tx {
    /// Notes a run.
    pub async fn add_run(
        &mut self,
        as_of: NaiveDate,
        (students, messages, held_back): (usize, usize, usize),
        now: i64,
    ) -> Result<i64, StoreError> {
        let count = |count: usize| Arg::Int(i64::try_from(count).unwrap_or(i64::MAX));
        let args = [
            Arg::Day(as_of),
            count(students),
            count(messages),
            count(held_back),
            Arg::Int(now),
        ];
        let (id,): (i64,) = self.one(RUN_ADD, &args).await?;
        Ok(id)
    }

    /// The last run that wrote to anybody.
    pub async fn last_run(&mut self) -> Result<Option<RunRow>, StoreError> {
        self.first(LAST_RUN, &[]).await
    }

    /// The last day for which a run looked, whether or not it wrote to anybody.
    pub async fn last_run_day(&mut self) -> Result<Option<NaiveDate>, StoreError> {
        let (day,): (Option<NaiveDate>,) = self.one(LAST_RUN_DAY, &[]).await?;
        Ok(day)
    }

    /// Asks for a second person's word; nothing where one is asked for already.
    pub async fn ask_mass_mail(
        &mut self,
        as_of: NaiveDate,
        messages: i64,
        (by, why): (&str, &str),
        now: i64,
    ) -> Result<Option<i64>, StoreError> {
        let args = [
            Arg::Day(as_of),
            Arg::Int(messages),
            Arg::Text(by),
            Arg::Text(why),
            Arg::Int(now),
        ];
        let id: Option<(i64,)> = self.first(ASK, &args).await?;
        Ok(id.map(|(id,)| id))
    }

    /// What is asked for of a day.
    pub async fn asked_mass_mail(
        &mut self,
        as_of: NaiveDate,
    ) -> Result<Option<AskedRow>, StoreError> {
        self.first(ASKED, &[Arg::Day(as_of)]).await
    }

    /// It is asked for no longer; whether it was until now.
    pub async fn end_mass_mail(
        &mut self,
        id: i64,
        (ended_as, by): (&str, &str),
        now: i64,
    ) -> Result<bool, StoreError> {
        let args = [
            Arg::Int(id),
            Arg::Text(ended_as),
            Arg::Text(by),
            Arg::Int(now),
        ];
        let ended: Option<(i64,)> = self.first(END, &args).await?;
        Ok(ended.is_some())
    }

    /// The last runs that wrote to anybody, newest first.
    pub async fn runs(&mut self) -> Result<Vec<RunStateRow>, StoreError> {
        self.fetch(RUNS, &[]).await
    }

    /// Takes back what a run wrote and nobody handed over; the ids of the messages.
    pub async fn withdraw_run(&mut self, run: i64, now: i64) -> Result<Vec<i64>, StoreError> {
        let ids: Vec<(i64,)> = self
            .fetch(WITHDRAW, &[Arg::Int(run), Arg::Int(now)])
            .await?;
        Ok(ids.into_iter().map(|(id,)| id).collect())
    }
}
