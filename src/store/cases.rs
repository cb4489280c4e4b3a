//! Cases and all that happened to them.

use super::row::{given, row};
use super::{Arg, Rows, StoreError, Tx};
use chrono::NaiveDate;
use serde::Serialize;

/// The columns of a case; a query adds what it wants.
macro_rules! cases {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.kind, c.queue, c.subject, c.student, c.causes, c.state, c.owner,
                    c.outcome, c.opened_on, c.deadline, c.waits_until, c.closed_on, c.recorded_at
               FROM desk_case c ",
            $rest
        )
    };
}

/// Whoever decides which cases there should be looks at those there are first, alone.
const ALONE: &str = "LOCK TABLE desk_case IN SHARE ROW EXCLUSIVE MODE";
/// The cases of a desk in its order, as of the day `$1`: what came back by itself, what is open, what sleeps,
/// what ended, and in each by deadline. `$2` is the desk, `$3` the owner, empty where any will do; `$4` the kinds.
macro_rules! listed {
    ($what:literal, $state:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM (SELECT c.*, CASE WHEN c.state NOT IN ('new', 'open', 'waiting') THEN 3
                                     WHEN c.state = 'waiting' AND c.waits_until > $1 THEN 2
                                     WHEN c.state = 'waiting' AND c.waits_until <= $1 THEN 0
                                     ELSE 1 END AS turn
                      FROM desk_case c
                     WHERE ",
            $state,
            "          AND ($2 = '' OR c.queue = $2) AND ($3 = '' OR c.owner = $3)
                       AND ($4 = '[]' OR c.kind IN (SELECT value->>0 FROM json_each($4)))) AS c ",
            $rest
        )
    };
}
macro_rules! listed_behind {
    ($state:literal) => {
        listed!(
            "c.id, c.kind, c.queue, c.subject, c.student, c.causes, c.state, c.owner, c.outcome,
             c.opened_on, c.deadline, c.waits_until, c.closed_on, c.recorded_at",
            $state,
            "WHERE (c.turn, c.deadline, c.id) > ($5, $6, $7)
             ORDER BY c.turn, c.deadline, c.id LIMIT $8"
        )
    };
}
const LISTED: &str = listed_behind!("true");
const LISTED_OPEN: &str = listed_behind!("c.state IN ('new', 'open', 'waiting')");
const LISTED_COUNT: &str = listed!("COUNT(*)", "true", "");
const LISTED_OPEN_COUNT: &str = listed!("COUNT(*)", "c.state IN ('new', 'open', 'waiting')", "");
const OF_STUDENT: &str = cases!("WHERE c.student = $1 ORDER BY c.id");
const OPEN: &str = cases!("WHERE c.state IN ('new', 'open', 'waiting') ORDER BY c.id");
/// What a person ended.
const ANSWERED: &str =
    cases!("WHERE c.state IN ('resolved', 'closed') AND c.outcome <> 'gone' ORDER BY c.id");
const BY_ID: &str = cases!("WHERE c.id = $1");
/// The newest case about each of these subjects.
const NEWEST: &str = cases!(
    "WHERE c.kind = $1 AND c.subject IN (SELECT value->>0 FROM json_each($2))
       AND NOT EXISTS (SELECT 1 FROM desk_case n
                        WHERE n.kind = c.kind AND n.subject = c.subject AND n.id > c.id)
     ORDER BY c.id"
);
const ADD: &str = "
    INSERT INTO desk_case (kind, queue, subject, student, causes, state, owner, outcome,
        opened_on, deadline, recorded_at)
    VALUES ($1, $2, $3, $4, $5, 'new', '', '', $6, $7, $8) RETURNING id";
const REFRESH: &str = "UPDATE desk_case SET causes = $2 WHERE id = $1";
const CLOSE: &str = "
    UPDATE desk_case SET state = $2, outcome = $3, closed_on = $4
     WHERE id = $1 AND state IN ('new', 'open', 'waiting') RETURNING id";
/// The decision that answers a case may have taken its cause away already.
const ANSWER: &str = "
    UPDATE desk_case SET state = 'resolved', outcome = $2, closed_on = $3
     WHERE id = $1 AND (state IN ('new', 'open', 'waiting') OR outcome = 'gone') RETURNING id";
const SET_STATE: &str = "
    UPDATE desk_case SET state = $2, waits_until = $3
     WHERE id = $1 AND state IN ('new', 'open', 'waiting') RETURNING id";
/// A case that sleeps goes on sleeping, whoever has it.
const ASSIGN: &str = "
    UPDATE desk_case
       SET owner = $2, state = CASE WHEN waits_until > $3 THEN state ELSE 'open' END,
           waits_until = CASE WHEN waits_until > $3 THEN waits_until END
     WHERE id = $1 AND state IN ('new', 'open', 'waiting') RETURNING id";
const EVENTS_ADD: &str = given!(
    "
    INSERT INTO case_event (case_id, what, detail, by_whom, recorded_at)
    SELECT CAST(value->>0 AS BIGINT), value->>1, value->>2, value->>3, $2 FROM given"
);
const EVENTS: &str = "
    SELECT case_id, what, detail, by_whom, recorded_at FROM case_event WHERE case_id = $1 ORDER BY id";
const UNTOLD: &str = "
    SELECT c.id FROM desk_case c
     WHERE c.queue = $1 AND c.state IN ('new', 'open', 'waiting')
       AND NOT EXISTS (SELECT 1 FROM case_event e WHERE e.case_id = c.id AND e.what = 'told')
     ORDER BY c.id";

/// What was settled on fees after a court had got them.
const PAID_AFTER_COURT: &str = "
    SELECT r.external_id AS fee, r.person_id, r.currency, CAST(SUM(a.amount_minor) AS BIGINT) AS amount_minor,
           MAX(a.effective_on) AS last_on
      FROM decision d
      JOIN receivable r ON r.id = d.receivable_id
      JOIN allocation a ON a.receivable_id = r.id AND a.effective_on >= d.acts_on
      LEFT JOIN decision_revocation x ON x.decision_id = d.id
      LEFT JOIN decision_approval y ON y.decision_id = d.id
     WHERE d.kind = 'court' AND x.decision_id IS NULL
       AND (d.needs_second = 0 OR y.decision_id IS NOT NULL)
     GROUP BY r.external_id, r.person_id, r.currency
    HAVING SUM(a.amount_minor) > 0
     ORDER BY r.external_id";
const OFFICE_MESSAGE: &str = "
    SELECT COUNT(*) FROM message WHERE queue = $1 AND template = $2 AND as_of = $3";
const LAST_DIGEST: &str = "
    SELECT COALESCE(MAX(recorded_at), 0) FROM message
     WHERE queue = $1 AND template = 'digest' AND id < $2";
const OFFICE_MESSAGE_ADD: &str = "
    INSERT INTO message (id, queue, template, language, as_of, asks_for_the_number, state, changed_at,
        recorded_at)
    VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM message), $1, $2, $3, $4, 0, 'due', $5, $5)
    RETURNING id";

row! {
    /// What was settled on a fee after a court had got it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PaidAfterCourtRow {
        /// The fee.
        pub fee: String,
        /// Whose.
        pub person_id: i64,
        /// ISO 4217 code.
        pub currency: String,
        /// Minor units.
        pub amount_minor: i64,
        /// The last day.
        pub last_on: NaiveDate,
    }
}
row! {
    /// A case.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CaseRow {
        /// Row id; also what people call it.
        pub id: i64,
        /// What it is about.
        pub kind: String,
        /// `cos` or `bursar`.
        pub queue: String,
        /// A student, fee, credit …, by the kind.
        pub subject: String,
        /// The student system's id, where it is about a student.
        pub student: Option<String>,
        /// The facts behind it, each with a line for whoever works on it: a JSON object.
        pub causes: String,
        /// `new`, `open`, `waiting` for the student, `resolved`, `closed`.
        pub state: String,
        /// Who works on it; empty where nobody does yet.
        pub owner: String,
        /// What came of it: `gone` where its cause is, else what a person decided.
        pub outcome: String,
        /// Since when.
        pub opened_on: NaiveDate,
        /// Until when somebody should have acted.
        pub deadline: NaiveDate,
        /// The day on which a case that waits comes back by itself.
        pub waits_until: Option<NaiveDate>,
        /// When it ended.
        pub closed_on: Option<NaiveDate>,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}

impl CaseRow {
    /// Whether somebody still has to act.
    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "new" | "open" | "waiting")
    }

    /// Whether it waits for a day that has not come: nobody has to act.
    pub fn is_asleep(&self, today: NaiveDate) -> bool {
        self.state == "waiting" && self.waits_until.is_some_and(|day| today < day)
    }

    /// Whether the day for which it waited has come, and nobody acted yet.
    pub fn is_back(&self, today: NaiveDate) -> bool {
        self.state == "waiting" && self.waits_until.is_some_and(|day| day <= today)
    }

    /// Whether somebody should have acted by now.
    pub fn is_late(&self, today: NaiveDate) -> bool {
        self.is_open() && self.deadline < today && !self.is_asleep(today)
    }
}

row! {
    /// Something that happened to a case.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CaseEventRow {
        /// The case.
        pub case_id: i64,
        /// What: a state, `note`, `assigned`, `refreshed`, `told`; `reply` is what the student reads.
        pub what: String,
        /// In words.
        pub detail: String,
        /// Who.
        pub by_whom: String,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}

/// An event to be noted: case, what, detail, by.
#[derive(Debug, Clone, Serialize)]
pub struct NewCaseEvent<'a>(
    /// Case.
    pub i64,
    /// What.
    pub &'a str,
    /// Detail.
    pub &'a str,
    /// By.
    pub &'a str,
);

/// A case to be opened.
#[derive(Debug, Clone)]
pub struct NewCase<'a> {
    /// What it is about.
    pub kind: &'a str,
    /// Whose desk it is on.
    pub queue: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// The student, where it is about one.
    pub student: Option<&'a str>,
    /// JSON.
    pub causes: &'a str,
    /// The day.
    pub opened_on: NaiveDate,
    /// Until when.
    pub deadline: NaiveDate,
}

/// Which cases are listed.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    /// The day as of which some sleep and some are back.
    pub today: NaiveDate,
    /// On this desk; on any where it is empty.
    pub queue: &'a str,
    /// Of this owner; of any where it is empty.
    pub owner: &'a str,
    /// Of these kinds; of all where there are none.
    pub kinds: &'a [&'a str],
    /// Those that ended, too.
    pub all: bool,
}

impl Listed<'_> {
    fn args(&self) -> [Arg<'_>; 3] {
        let Listed {
            today,
            queue,
            owner,
            ..
        } = *self;
        [Arg::Day(today), Arg::Text(queue), Arg::Text(owner)]
    }
}

/// Where in the order of cases: 0 what is back, 1 what is open, 2 what sleeps, 3 what ended; the deadline;
/// the number.
pub type Place = (i64, NaiveDate, i64);

impl CaseRow {
    /// Where it stands.
    pub fn place(&self, today: NaiveDate) -> Place {
        let turn = match self {
            row if !row.is_open() => 3,
            row if row.is_asleep(today) => 2,
            row if row.is_back(today) => 0,
            _ => 1,
        };
        (turn, self.deadline, self.id)
    }
}

impl Tx {
    /// One escalation at a time.
    pub async fn lock_cases(&mut self) -> Result<(), StoreError> {
        self.lock_table(ALONE).await
    }

    /// Cases that a person ended.
    pub async fn answered_cases(&mut self) -> Result<Vec<CaseRow>, StoreError> {
        self.fetch(ANSWERED, &[]).await
    }

    /// The open cases, oldest first.
    pub async fn open_cases(&mut self) -> Result<Vec<CaseRow>, StoreError> {
        self.fetch(OPEN, &[]).await
    }

    /// All cases about a student that ever were, oldest first.
    pub async fn cases_of(&mut self, student: &str) -> Result<Vec<CaseRow>, StoreError> {
        self.fetch(OF_STUDENT, &[Arg::Text(student)]).await
    }

    /// At most so many cases behind a place in their order.
    pub async fn cases_behind(
        &mut self,
        listed: &Listed<'_>,
        (turn, deadline, id): Place,
        count: i64,
    ) -> Result<Vec<CaseRow>, StoreError> {
        let sql = if listed.all { LISTED } else { LISTED_OPEN };
        let kinds = Rows::of_each(listed.kinds)?;
        let [day, queue, owner] = listed.args();
        let (turn, deadline) = (Arg::Int(turn), Arg::Day(deadline));
        let (id, count) = (Arg::Int(id), Arg::Int(count));
        let args = [day, queue, owner, kinds.arg(), turn, deadline, id, count];
        self.fetch(sql, &args).await
    }

    /// How many cases there are of these.
    pub async fn cases_count(&mut self, listed: &Listed<'_>) -> Result<i64, StoreError> {
        let sql = if listed.all {
            LISTED_COUNT
        } else {
            LISTED_OPEN_COUNT
        };
        let kinds = Rows::of_each(listed.kinds)?;
        let [day, queue, owner] = listed.args();
        let (count,) = self.one(sql, &[day, queue, owner, kinds.arg()]).await?;
        Ok(count)
    }

    /// A case.
    pub async fn case(&mut self, id: i64) -> Result<Option<CaseRow>, StoreError> {
        self.first(BY_ID, &[Arg::Int(id)]).await
    }

    /// The newest case of a kind about each of these subjects.
    pub async fn newest_cases(
        &mut self,
        kind: &str,
        subjects: &[String],
    ) -> Result<Vec<CaseRow>, StoreError> {
        let subjects = Rows::of(subjects.iter().map(|subject| (subject,)))?;
        self.fetch(NEWEST, &[Arg::Text(kind), subjects.arg()]).await
    }

    /// What happened to a case, oldest first.
    pub async fn case_events(&mut self, id: i64) -> Result<Vec<CaseEventRow>, StoreError> {
        self.fetch(EVENTS, &[Arg::Int(id)]).await
    }

    /// Opens a case; tells its number.
    pub async fn add_case(&mut self, new: &NewCase<'_>, now: i64) -> Result<i64, StoreError> {
        let args = [
            Arg::Text(new.kind),
            Arg::Text(new.queue),
            Arg::Text(new.subject),
            Arg::MaybeText(new.student),
            Arg::Text(new.causes),
            Arg::Day(new.opened_on),
            Arg::Day(new.deadline),
            Arg::Int(now),
        ];
        let (id,): (i64,) = self.one(ADD, &args).await?;
        Ok(id)
    }

    /// The facts behind a case are others by now.
    pub async fn refresh_case(&mut self, id: i64, causes: &str) -> Result<(), StoreError> {
        self.execute(REFRESH, &[Arg::Int(id), Arg::Text(causes)])
            .await
            .map(|_| ())
    }

    /// Ends a case as `resolved` or `closed`; false where it had ended.
    pub async fn end_case(
        &mut self,
        id: i64,
        (state, outcome): (&str, &str),
        on: NaiveDate,
    ) -> Result<bool, StoreError> {
        let args = [
            Arg::Int(id),
            Arg::Text(state),
            Arg::Text(outcome),
            Arg::Day(on),
        ];
        let ended: Option<(i64,)> = self.first(CLOSE, &args).await?;
        Ok(ended.is_some())
    }

    /// Ends a case by a decision, also where that took its cause away and so ended it; false where
    /// somebody had ended it before.
    pub async fn answer_case(
        &mut self,
        id: i64,
        outcome: &str,
        on: NaiveDate,
    ) -> Result<bool, StoreError> {
        let args = [Arg::Int(id), Arg::Text(outcome), Arg::Day(on)];
        let ended: Option<(i64,)> = self.first(ANSWER, &args).await?;
        Ok(ended.is_some())
    }

    /// Moves an open case to another open state, until a day where it waits for one; false where it
    /// had ended.
    pub async fn move_case(
        &mut self,
        id: i64,
        state: &str,
        until: Option<NaiveDate>,
    ) -> Result<bool, StoreError> {
        let args = [Arg::Int(id), Arg::Text(state), Arg::MaybeDay(until)];
        let moved: Option<(i64,)> = self.first(SET_STATE, &args).await?;
        Ok(moved.is_some())
    }

    /// Somebody works on a case from now on; false where it had ended.
    pub async fn assign_case(
        &mut self,
        id: i64,
        owner: &str,
        today: NaiveDate,
    ) -> Result<bool, StoreError> {
        let args = [Arg::Int(id), Arg::Text(owner), Arg::Day(today)];
        let assigned: Option<(i64,)> = self.first(ASSIGN, &args).await?;
        Ok(assigned.is_some())
    }

    /// Notes what happened to cases.
    pub async fn add_case_events(
        &mut self,
        events: &[NewCaseEvent<'_>],
        now: i64,
    ) -> Result<(), StoreError> {
        let rows = Rows::of(events)?;
        self.execute(EVENTS_ADD, &[rows.arg(), Arg::Int(now)])
            .await
            .map(|_| ())
    }

    /// Open cases of a queue of which no digest has told.
    pub async fn untold_cases(&mut self, queue: &str) -> Result<Vec<i64>, StoreError> {
        let found: Vec<(i64,)> = self.fetch(UNTOLD, &[Arg::Text(queue)]).await?;
        Ok(found.into_iter().map(|(id,)| id).collect())
    }

    /// Fees that were paid after a court had got them.
    pub async fn paid_after_court(&mut self) -> Result<Vec<PaidAfterCourtRow>, StoreError> {
        self.fetch(PAID_AFTER_COURT, &[]).await
    }

    /// Whether a message to a desk was written on a day.
    pub async fn has_office_message(
        &mut self,
        queue: &str,
        template: &str,
        on: NaiveDate,
    ) -> Result<bool, StoreError> {
        let args = [Arg::Text(queue), Arg::Text(template), Arg::Day(on)];
        let (count,): (i64,) = self.one(OFFICE_MESSAGE, &args).await?;
        Ok(count > 0)
    }

    /// Writes a message to a desk: queue, template, language.
    pub async fn add_office_message(
        &mut self,
        (queue, template, language): (&str, &str, &str),
        on: NaiveDate,
        now: i64,
    ) -> Result<i64, StoreError> {
        let args = [
            Arg::Text(queue),
            Arg::Text(template),
            Arg::Text(language),
            Arg::Day(on),
            Arg::Int(now),
        ];
        let (id,): (i64,) = self.one(OFFICE_MESSAGE_ADD, &args).await?;
        Ok(id)
    }

    /// When the digest before a message was written; 0 where there was none.
    pub async fn last_digest_before(&mut self, queue: &str, id: i64) -> Result<i64, StoreError> {
        let (at,): (i64,) = self
            .one(LAST_DIGEST, &[Arg::Text(queue), Arg::Int(id)])
            .await?;
        Ok(at)
    }
}
