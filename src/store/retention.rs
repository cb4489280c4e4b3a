//! What is to be erased when its time is over, the tombstones that say so, and legal holds.
//!
//! Where nothing else is said, `$1` is the first day that is kept and `$2` its first millisecond.

use super::row::{given, row};
use super::statements::DayRow;
use super::{Arg, Rows, StoreError, Tx};
use chrono::NaiveDate;

/// Nobody holds a student, whose row the argument names; nor everybody.
macro_rules! free {
    ($person:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.ended_at IS NULL
                AND (h.person_id IS NULL OR h.person_id = ",
            $person,
            "))"
        )
    };
}

/// Nobody holds a student, and nothing of theirs is open.
macro_rules! done_with {
    ($person:literal) => {
        concat!(
            free!($person),
            " AND NOT EXISTS (SELECT 1 FROM receivable_position r WHERE r.open_minor > 0 AND r.person_id = ",
            $person,
            ")"
        )
    };
}

/// Files whose statements all ended before: nothing in them waits for a person, nobody whose money they
/// hold owes or is held, and no later file sights one of their lines.
const FILES: &str = concat!(
    "SELECT f.sha256 AS about, f.sha256 FROM file f
      WHERE EXISTS (SELECT 1 FROM file_part p WHERE p.sha256 = f.sha256)
        AND EXISTS (SELECT 1 FROM statement s WHERE s.file_sha256 = f.sha256)
        AND NOT EXISTS (SELECT 1 FROM statement s WHERE s.file_sha256 = f.sha256
             AND (s.status IN ('waiting', 'quarantined') OR s.last_day >= $1
                  OR s.last_day IS NULL AND s.recorded_at >= $2
                  OR EXISTS (SELECT 1 FROM recording r WHERE r.statement_id = s.id)))
        AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.ended_at IS NULL AND h.person_id IS NULL)
        AND NOT EXISTS (
             SELECT 1 FROM statement s
               JOIN entry e ON e.id >= s.id * 16777216 AND e.id < (s.id + 1) * 16777216
               JOIN identification i ON i.entry_id = COALESCE(e.same_as, e.id)
              WHERE s.file_sha256 = f.sha256
                AND i.seq = (SELECT MAX(l.seq) FROM identification l WHERE l.entry_id = i.entry_id)
                AND (i.outcome = 'review' OR i.person_id IS NOT NULL AND NOT (",
    done_with!("i.person_id"),
    ")))
        AND NOT EXISTS (
             SELECT 1 FROM statement s
               JOIN entry e ON e.id >= s.id * 16777216 AND e.id < (s.id + 1) * 16777216
               JOIN entry o ON o.id = e.same_as OR o.same_as = e.id OR o.same_as = e.same_as
               JOIN statement y ON y.id = o.statement_id
              WHERE s.file_sha256 = f.sha256 AND y.last_day >= $1)
      ORDER BY f.sha256"
);
const PAYMENT_FILES: &str = concat!(
    "SELECT CAST(f.number AS TEXT) AS about, '' AS sha256 FROM payment_file f
      WHERE f.pay_on < $1 AND f.recorded_at < $2 AND length(f.content) > 0
        AND NOT EXISTS (SELECT 1 FROM payment_order o JOIN decision d ON d.id = o.decision_id
                         WHERE o.file_number = f.number AND NOT (",
    free!("d.person_id"),
    ")) ORDER BY f.number"
);
const CONFIRMATIONS: &str = concat!(
    "SELECT CAST(a.decision_id AS TEXT) AS about, a.sha256
       FROM attachment a JOIN decision d ON d.id = a.decision_id
       LEFT JOIN receivable f ON f.id = d.receivable_id
      WHERE a.recorded_at < $2 AND d.acts_on < $1 AND ",
    done_with!("COALESCE(d.person_id, f.person_id)"),
    " ORDER BY a.decision_id"
);
/// Students of whom nothing happened since, and who still have a name.
const STUDENTS: &str = concat!(
    "SELECT CAST(p.id AS TEXT) AS about, p.external_id AS sha256 FROM person p
      WHERE EXISTS (SELECT 1 FROM student_name n WHERE n.person_id = p.id
                       AND n.given_name || n.family_name || n.email || n.name_key <> '')
        AND NOT EXISTS (SELECT 1 FROM student_version v WHERE v.person_id = p.id AND v.as_of_day >= $1)
        AND NOT EXISTS (SELECT 1 FROM receivable_position r WHERE r.person_id = p.id AND r.due_on >= $1)
        AND NOT EXISTS (SELECT 1 FROM receivable r JOIN receivable_version v ON v.receivable_id = r.id
                         WHERE r.person_id = p.id AND (v.as_of_day >= $1 OR v.nominal_due_on >= $1))
        AND NOT EXISTS (SELECT 1 FROM identification i JOIN entry e ON e.id = i.entry_id
                         WHERE i.person_id = p.id AND e.day >= $1)
        AND NOT EXISTS (SELECT 1 FROM decision d
                         WHERE d.acts_on >= $1 AND (d.person_id = p.id OR d.other_person_id = p.id))
        AND NOT EXISTS (SELECT 1 FROM message m WHERE m.person_id = p.id AND m.recorded_at >= $2)
        AND NOT EXISTS (SELECT 1 FROM desk_case c
                         WHERE c.student = p.external_id AND c.state IN ('new', 'open', 'waiting'))
        AND ",
    done_with!("p.id"),
    " ORDER BY p.id"
);
/// The audit log is erased from its beginning: through the last event before, and not through one about
/// a student who is held. `$1` is the first millisecond that is kept.
const AUDIT: &str = "
    SELECT CAST(s.place AS TEXT) AS about, s.sha256 FROM audit_seal s
     WHERE s.place = (
            SELECT MAX(m.place) FROM audit_seal m
             WHERE m.place < (SELECT COALESCE(MIN(b.place), 9223372036854775807)
                                FROM audit_seal b JOIN audit_event e ON e.id = b.event_id
                               WHERE e.at >= $1 OR e.about IN (
                                     SELECT p.external_id FROM legal_hold h JOIN person p ON p.id = h.person_id
                                      WHERE h.ended_at IS NULL)))
       AND s.place > (SELECT COALESCE(MAX(CAST(t.about AS BIGINT)), 0) FROM tombstone t WHERE t.class = 'audit')
       AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.ended_at IS NULL AND h.person_id IS NULL)";

/// What the log said through a place.
const AUDIT_EMPTY: &str = "
    UPDATE audit_event SET who = '', role = '', what = '', about = '', detail = '', once = NULL
     WHERE id IN (SELECT event_id FROM audit_seal WHERE place <= CAST($1 AS BIGINT))
       AND who || role || what || about || detail <> ''";
const AUDIT_ERASED: &str = "
    SELECT CAST(about AS BIGINT), sha256 FROM tombstone
     WHERE class = 'audit' ORDER BY CAST(about AS BIGINT) DESC LIMIT 1";

/// Words on messages, and on closed cases.
const MESSAGE_WORDS: &str = concat!(
    "UPDATE message_event SET detail = ''
      WHERE detail <> '' AND recorded_at < $2 AND message_id IN (
            SELECT m.id FROM message m WHERE m.as_of < $1 AND ",
    free!("m.person_id"),
    ")"
);
const MESSAGE_TEXTS: &str = concat!(
    "UPDATE message_text SET address = '', subject = '', text = ''
      WHERE text <> '' AND recorded_at < $2 AND message_id IN (
            SELECT m.id FROM message m WHERE m.as_of < $1 AND ",
    free!("m.person_id"),
    ")"
);
const CASE_WORDS: &str = concat!(
    "UPDATE case_event SET detail = ''
      WHERE detail <> '' AND recorded_at < $2 AND case_id IN (
            SELECT c.id FROM desk_case c LEFT JOIN person p ON p.external_id = c.student
             WHERE c.state IN ('resolved', 'closed') AND c.closed_on < $1 AND ",
    free!("p.id"),
    ")"
);
/// What students said in their own words.
const STUDENTS_WORDS: &str = concat!(
    "UPDATE decision SET why = ''
      WHERE why <> '' AND kind IN ('claim', 'dispute', 'deferral', 'instalments') AND acts_on < $1 AND recorded_at < $2 AND ",
    done_with!("COALESCE(decision.person_id,
                (SELECT f.person_id FROM receivable f WHERE f.id = decision.receivable_id))")
);

/// How students signed in. Each takes `$1` alone: the first millisecond that is kept.
const TRACES: [&str; 6] = [
    concat!(
        "DELETE FROM sign_in_link WHERE ends_at < $1 AND ",
        free!("person_id")
    ),
    "DELETE FROM link_request WHERE at < $1",
    "DELETE FROM sign_in_attempt WHERE at < $1",
    "DELETE FROM web_session WHERE seen_at < $1",
    "UPDATE stray_login SET login = '', name = '', email = '', claimed = '', words = ''
      WHERE ended_at < $1 AND login || name || email || claimed || words <> ''",
    concat!(
        "UPDATE student_login SET login = '' WHERE ended_at < $1 AND login <> '' AND ",
        free!("person_id")
    ),
];

const TOMBSTONE_ADD: &str = "
    INSERT INTO tombstone (class, about, sha256, recorded_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
const TOMBSTONES: &str = "SELECT about, sha256 FROM tombstone WHERE class = $1 ORDER BY about";
const PARTS_DROP: &str = "DELETE FROM file_part WHERE sha256 = $1";
const TEXTS_SET: &str = given!(
    "
    UPDATE entry_text SET counterparty_name = NULL, remittance = given.value->>1 FROM given
     WHERE entry_text.entry_id = CAST(given.value->>0 AS BIGINT)"
);
const TOKENS_DROP: &str = "
    DELETE FROM entry_token
     WHERE entry_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))";
const TOKENS_ADD: &str = given!(
    "
    INSERT INTO entry_token (token, entry_id)
    SELECT value->>0, CAST(value->>1 AS BIGINT) FROM given
     WHERE true ON CONFLICT DO NOTHING"
);
const HOLDERS: &str = "
    SELECT i.entry_id, i.outcome, i.person_id FROM identification i
     WHERE i.entry_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
       AND i.seq = (SELECT MAX(l.seq) FROM identification l WHERE l.entry_id = i.entry_id)
     ORDER BY i.entry_id, i.part";
const DAYS: &str = "
    SELECT statement_id, day, start_minor, end_minor, entry_count, digest FROM statement_day
     WHERE statement_id = $1 ORDER BY day";
const FEES: &str = "
    SELECT external_id FROM receivable
     WHERE person_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) ORDER BY external_id";
const PAYMENT_EMPTY: &str =
    "UPDATE payment_file SET content = $2 WHERE number = CAST($1 AS BIGINT)";
const CONFIRMATION_DROP: &str = "DELETE FROM attachment WHERE decision_id = CAST($1 AS BIGINT)";
const NAME_EMPTY: &str = "
    UPDATE student_name SET given_name = '', family_name = '', email = '', name_key = ''
     WHERE person_id = CAST($1 AS BIGINT)";

const HOLDS_LOCK: &str = "LOCK TABLE legal_hold IN SHARE MODE";
const HOLD_ADD: &str = "
    INSERT INTO legal_hold (person_id, by_whom, why, recorded_at) VALUES ($1, $2, $3, $4) RETURNING id";
const HOLD_END: &str = "
    UPDATE legal_hold SET ended_by = $2, ended_at = $3 WHERE id = $1 AND ended_at IS NULL";
const HOLDS: &str = "
    SELECT h.id, p.external_id AS student, h.by_whom, h.why, h.recorded_at
      FROM legal_hold h LEFT JOIN person p ON p.id = h.person_id
     WHERE h.ended_at IS NULL ORDER BY h.id";

/// What is to be erased one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Files of statements, by their hash.
    Files,
    /// Payment files, by their number.
    PaymentFiles,
    /// Confirmations, by their decision.
    Confirmations,
    /// Students, by row, with their id in place of the hash.
    Students,
    /// The audit log, through a place, with its seal: one row at most.
    Audit,
}

row! {
    /// Something that was or is to be erased.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ErasedRow {
        /// What.
        pub about: String,
        /// What proves it.
        pub sha256: String,
    }
}

row! {
    /// Whose an entry is, or what it is.
    #[derive(Debug, Clone)]
    pub struct HolderRow {
        /// The entry.
        pub entry_id: i64,
        /// What it is.
        pub outcome: String,
        /// Whose it is.
        pub person_id: Option<i64>,
    }
}

row! {
    /// A legal hold that is open.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct HoldRow {
        /// Row id.
        pub id: i64,
        /// The student; none: everybody.
        pub student: Option<String>,
        /// Who said so.
        pub by_whom: String,
        /// Why.
        pub why: String,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}

impl Tx {
    /// What is to be erased of a kind: what is older than a day, whose first millisecond is `millis`.
    pub async fn due_for_erasure(
        &mut self,
        due: Due,
        (day, millis): (NaiveDate, i64),
    ) -> Result<Vec<ErasedRow>, StoreError> {
        let sql = match due {
            Due::Files => FILES,
            Due::PaymentFiles => PAYMENT_FILES,
            Due::Confirmations => CONFIRMATIONS,
            Due::Students => STUDENTS,
            Due::Audit => return self.fetch(AUDIT, &[Arg::Int(millis)]).await,
        };
        self.fetch(sql, &[Arg::Day(day), Arg::Int(millis)]).await
    }

    /// Says that something was erased.
    pub async fn add_tombstone(
        &mut self,
        class: &str,
        about: &str,
        sha256: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let args = [
            Arg::Text(class),
            Arg::Text(about),
            Arg::Text(sha256),
            Arg::Int(now),
        ];
        self.execute(TOMBSTONE_ADD, &args).await.map(|_| ())
    }

    /// What was erased of a class.
    pub async fn tombstones(&mut self, class: &str) -> Result<Vec<ErasedRow>, StoreError> {
        self.fetch(TOMBSTONES, &[Arg::Text(class)]).await
    }

    /// Through which place the audit log was erased, and the seal there.
    pub async fn audit_erased(&mut self) -> Result<Option<(i64, String)>, StoreError> {
        self.first(AUDIT_ERASED, &[]).await
    }

    /// Empties one of a kind whose tombstone stands; files of statements are emptied line by line.
    /// Tells how many rows that touched.
    pub async fn erase(&mut self, due: Due, about: &str) -> Result<u64, StoreError> {
        let about = Arg::Text(about);
        match due {
            Due::Files => self.execute(PARTS_DROP, &[about]).await,
            Due::PaymentFiles => self.execute(PAYMENT_EMPTY, &[about, Arg::Bytes(&[])]).await,
            Due::Confirmations => self.execute(CONFIRMATION_DROP, &[about]).await,
            Due::Students => self.execute(NAME_EMPTY, &[about]).await,
            Due::Audit => self.execute(AUDIT_EMPTY, &[about]).await,
        }
    }

    /// Empties words on messages, on closed cases and of students; tells how many.
    pub async fn erase_words(
        &mut self,
        (day, millis): (NaiveDate, i64),
    ) -> Result<u64, StoreError> {
        let before = [Arg::Day(day), Arg::Int(millis)];
        let mut erased = 0;
        for sql in [MESSAGE_WORDS, MESSAGE_TEXTS, CASE_WORDS, STUDENTS_WORDS] {
            erased += self.execute(sql, &before).await?;
        }
        Ok(erased)
    }

    /// Forgets how students signed in before a moment; tells how many rows that touched.
    pub async fn erase_traces(&mut self, millis: i64) -> Result<u64, StoreError> {
        let mut erased = 0;
        for sql in TRACES {
            erased += self.execute(sql, &[Arg::Int(millis)]).await?;
        }
        Ok(erased)
    }

    /// Takes the names from lines and writes what is left of their titles: (entry, title), with the
    /// words of these titles: (word, entry).
    pub async fn shorten_texts(&mut self, texts: &Rows, tokens: &Rows) -> Result<(), StoreError> {
        self.execute(TOKENS_DROP, &[texts.arg()]).await?;
        self.execute(TEXTS_SET, &[texts.arg()]).await?;
        self.execute(TOKENS_ADD, &[tokens.arg()]).await.map(|_| ())
    }

    /// Whose entries are.
    pub async fn holders(&mut self, entries: &Rows) -> Result<Vec<HolderRow>, StoreError> {
        self.fetch(HOLDERS, &[entries.arg()]).await
    }

    /// The days of a statement, in their order.
    pub async fn days_of_statement(&mut self, id: i64) -> Result<Vec<DayRow>, StoreError> {
        self.fetch(DAYS, &[Arg::Int(id)]).await
    }

    /// The numbers of all fees of some students.
    pub async fn fee_numbers(&mut self, persons: &Rows) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = self.fetch(FEES, &[persons.arg()]).await?;
        Ok(rows.into_iter().map(|(number,)| number).collect())
    }

    /// Nobody holds anybody until the transaction ends: whoever erases has looked at the holds.
    pub async fn lock_holds(&mut self) -> Result<(), StoreError> {
        self.lock_table(HOLDS_LOCK).await
    }

    /// Holds a student, or everybody; returns the number of the hold.
    pub async fn add_hold(
        &mut self,
        person: Option<i64>,
        by: &str,
        why: &str,
        now: i64,
    ) -> Result<i64, StoreError> {
        let args = [
            Arg::MaybeInt(person),
            Arg::Text(by),
            Arg::Text(why),
            Arg::Int(now),
        ];
        let (id,): (i64,) = self.one(HOLD_ADD, &args).await?;
        Ok(id)
    }

    /// Ends a hold; false where none of that number is open.
    pub async fn end_hold(&mut self, id: i64, by: &str, now: i64) -> Result<bool, StoreError> {
        let args = [Arg::Int(id), Arg::Text(by), Arg::Int(now)];
        Ok(self.execute(HOLD_END, &args).await? > 0)
    }

    /// The holds that are open.
    pub async fn holds(&mut self) -> Result<Vec<HoldRow>, StoreError> {
        self.fetch(HOLDS, &[]).await
    }
}
