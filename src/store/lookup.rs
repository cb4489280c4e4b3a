//! What lookups of many students ask at once.

use super::facts::{DecisionRow, MERGES};
use super::messages::{FeeTitleRow, TITLES_OF};
use super::roster::{
    NUMBERS_OF, NumberRow, PERSONS_BY_EXTERNAL, PersonIdRow, STUDENTS_BY_ID, StudentVersionRow,
};
use super::row::row;
use super::{Arg, Rows, StoreError, Together, Tx};
use chrono::NaiveDate;
use sha2::{Digest, Sha256};

/// Another text whenever statements, what people said about coverage, or the rules have changed.
const STAMP: &str = "
    SELECT CAST((SELECT COUNT(*) FROM statement) AS TEXT) || ' ' ||
           CAST((SELECT COUNT(*) FROM statement WHERE status IN ('published', 'known')) AS TEXT) || ' ' ||
           CAST((SELECT COUNT(*) FROM statement_decision) AS TEXT) || ' ' ||
           CAST((SELECT COUNT(*) FROM coverage_decision) AS TEXT) || ' ' ||
           CAST((SELECT COALESCE(MAX(id), 0) FROM policy_version) AS TEXT) AS stamp";
const WORDS_OF: &str = "
    SELECT d.id, d.kind, r.person_id, r.external_id AS fee, d.day, d.amount_minor, d.why, d.acts_on,
           d.recorded_at, (SELECT a.name FROM attachment a WHERE a.decision_id = d.id) AS attachment
      FROM decision d
      JOIN receivable r ON r.id = d.receivable_id
     WHERE r.person_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
       AND d.kind IN ('claim', 'dispute', 'deferral', 'instalments')
       AND NOT EXISTS (SELECT 1 FROM decision_revocation x WHERE x.decision_id = d.id)
       AND (d.needs_second = 0
            OR EXISTS (SELECT 1 FROM decision_approval y WHERE y.decision_id = d.id))
     ORDER BY d.id";
/// Further sightings of an entry may be called as it is, and make nothing ambiguous.
const SHARED_NAMES: &str = "
    SELECT public_id FROM entry WHERE public_id IN (SELECT value->>0 FROM json_each($1))
     GROUP BY public_id HAVING COUNT(DISTINCT COALESCE(same_as, id)) > 1";
const CASES_ABOUT: &str = "
    SELECT c.id, c.kind, c.subject, c.causes, c.state, c.outcome, c.deadline, c.closed_on,
           (SELECT d.kind FROM decision d
             WHERE d.id = CAST(CASE WHEN c.outcome LIKE 'decision %' AND c.outcome NOT LIKE '%,%'
                                    THEN SUBSTR(c.outcome, 10) END AS BIGINT)) AS answer,
           (SELECT e.detail FROM case_event e
             WHERE e.case_id = c.id AND e.what = 'reply' ORDER BY e.id DESC LIMIT 1) AS reply
      FROM desk_case c
     WHERE c.kind IN ('claim_not_found', 'dispute', 'deferral', 'instalments')
       AND c.subject IN (SELECT value->>0 FROM json_each($1))
     ORDER BY c.id";

const EXTERNAL_IDS: &str = "
    SELECT external_id FROM person
     WHERE id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) ORDER BY id";
const ATTACHMENT_ADD: &str = "
    INSERT INTO attachment (decision_id, name, media_type, size_bytes, sha256, content, recorded_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const ATTACHMENT: &str = "SELECT name, media_type, content FROM attachment WHERE decision_id = $1";

/// A confirmation to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewAttachment<'a> {
    /// The decision's number.
    pub decision: i64,
    /// Its name.
    pub name: &'a str,
    /// What it is.
    pub media_type: &'a str,
    /// Its bytes.
    pub content: &'a [u8],
}

row! {
    /// What a student said about a fee.
    #[derive(Debug, Clone)]
    pub struct WordRow {
        /// The decision's number.
        pub id: i64,
        /// `claim`, `dispute`, `deferral`, `instalments`.
        pub kind: String,
        /// Whose fee.
        pub person_id: i64,
        /// The fee.
        pub fee: String,
        /// The day of payment, or the last day of the pause.
        pub day: Option<NaiveDate>,
        /// What was paid, as the student says; minor units.
        pub amount_minor: Option<i64>,
        /// In the student's words.
        pub why: String,
        /// When it was said.
        pub acts_on: NaiveDate,
        /// Milliseconds.
        pub recorded_at: i64,
        /// The name of the confirmation, where there is one.
        pub attachment: Option<String>,
    }
}
row! {
    /// A case about what a student said.
    #[derive(Debug, Clone)]
    pub struct WordCaseRow {
        /// Row id; also what people call it.
        pub id: i64,
        /// What it is about.
        pub kind: String,
        /// The fee.
        pub subject: String,
        /// The facts behind it: a JSON object by decision.
        pub causes: String,
        /// `new`, `open`, `waiting` for the student, `resolved`, `closed`.
        pub state: String,
        /// What came of it.
        pub outcome: String,
        /// Until when somebody should have acted.
        pub deadline: NaiveDate,
        /// When it ended.
        pub closed_on: Option<NaiveDate>,
        /// The kind of the decision that it was answered with.
        pub answer: Option<String>,
        /// What was written to the student; empty once it was kept long enough.
        pub reply: Option<String>,
    }
}

row! {
    /// See [`STAMP`].
    #[derive(Debug)]
    struct StampRow {
        stamp: String,
    }
}

/// What a lookup begins with.
#[derive(Debug)]
pub struct Beginning {
    /// The students who were named.
    pub persons: Vec<PersonIdRow>,
    /// Another text whenever statements, what people said about coverage, or the rules have changed.
    pub stamp: String,
    /// All merges that are facts.
    pub merges: Vec<DecisionRow>,
}

/// What is known of students beside their accounts.
#[derive(Debug)]
pub struct StudentRows {
    /// What exports said of them.
    pub students: Vec<StudentVersionRow>,
    /// Their account numbers, retired ones included.
    pub numbers: Vec<NumberRow>,
    /// What they said about their fees, oldest first.
    pub words: Vec<WordRow>,
    /// What exports called their fees, the newest last.
    pub titles: Vec<FeeTitleRow>,
}

row! {
    /// A name that several entries have.
    #[derive(Debug)]
    pub struct SharedNameRow {
        /// The name.
        pub public_id: String,
    }
}

/// Which names of entries need more to tell them apart, and cases.
#[derive(Debug, Default)]
pub struct NameRows {
    /// The names that several entries have, whatever became of their statements.
    pub shared: Vec<SharedNameRow>,
    /// The cases about what was said about the fees, oldest first.
    pub cases: Vec<WordCaseRow>,
}

impl Tx {
    /// What a lookup of these students begins with; ids of the student system.
    pub async fn begin_lookup(&mut self, students: &[String]) -> Result<Beginning, StoreError> {
        let students = Rows::of_each(students)?;
        let mut asked = Together::default();
        let persons = asked.add::<PersonIdRow>(PERSONS_BY_EXTERNAL, &[students.arg()]);
        let stamp = asked.add::<StampRow>(STAMP, &[]);
        let merges = asked.add::<DecisionRow>(MERGES, &[Arg::Text("[]"), Arg::Int(i64::MAX)]);
        let mut told = self.together(&asked).await?;
        let stamp = told.take(stamp)?.pop();
        Ok(Beginning {
            persons: told.take(persons)?,
            stamp: stamp.map(|row| row.stamp).unwrap_or_default(),
            merges: told.take(merges)?,
        })
    }

    /// What is known of these persons beside their accounts.
    pub async fn student_rows(&mut self, persons: &[i64]) -> Result<StudentRows, StoreError> {
        let persons = Rows::of_each(persons)?;
        let mut asked = Together::default();
        let students = asked.add::<StudentVersionRow>(STUDENTS_BY_ID, &[persons.arg()]);
        let numbers = asked.add::<NumberRow>(NUMBERS_OF, &[persons.arg()]);
        let words = asked.add::<WordRow>(WORDS_OF, &[persons.arg()]);
        let titles = asked.add::<FeeTitleRow>(TITLES_OF, &[persons.arg()]);
        let mut told = self.together(&asked).await?;
        Ok(StudentRows {
            students: told.take(students)?,
            numbers: told.take(numbers)?,
            words: told.take(words)?,
            titles: told.take(titles)?,
        })
    }

    /// Which of these names of lines several entries have, and the cases about what was said about fees.
    pub async fn name_rows(
        &mut self,
        lines: &[String],
        said_about: &[String],
    ) -> Result<NameRows, StoreError> {
        if lines.is_empty() && said_about.is_empty() {
            return Ok(NameRows::default());
        }
        let (lines, said_about) = (Rows::of_each(lines)?, Rows::of_each(said_about)?);
        let mut asked = Together::default();
        let shared = asked.add::<SharedNameRow>(SHARED_NAMES, &[lines.arg()]);
        let cases = asked.add::<WordCaseRow>(CASES_ABOUT, &[said_about.arg()]);
        let mut told = self.together(&asked).await?;
        Ok(NameRows {
            shared: told.take(shared)?,
            cases: told.take(cases)?,
        })
    }

    /// The student system's ids of persons.
    pub async fn external_ids(&mut self, persons: &[i64]) -> Result<Vec<String>, StoreError> {
        let persons = Rows::of(persons.iter().map(|id| (id,)))?;
        let found: Vec<(String,)> = self.fetch(EXTERNAL_IDS, &[persons.arg()]).await?;
        Ok(found.into_iter().map(|(id,)| id).collect())
    }

    /// Keeps a confirmation.
    pub async fn add_attachment(
        &mut self,
        new: &NewAttachment<'_>,
        now: i64,
    ) -> Result<(), StoreError> {
        let sha256 = format!("{:x}", Sha256::digest(new.content));
        let args = [
            Arg::Int(new.decision),
            Arg::Text(new.name),
            Arg::Text(new.media_type),
            Arg::Int(i64::try_from(new.content.len()).unwrap_or(i64::MAX)),
            Arg::Text(&sha256),
            Arg::Bytes(new.content),
            Arg::Int(now),
        ];
        self.execute(ATTACHMENT_ADD, &args).await.map(|_| ())
    }

    /// A confirmation: name, kind, bytes.
    pub async fn attachment(
        &mut self,
        decision: i64,
    ) -> Result<Option<(String, String, Vec<u8>)>, StoreError> {
        self.first(ATTACHMENT, &[Arg::Int(decision)]).await
    }
}
