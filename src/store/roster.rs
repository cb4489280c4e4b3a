//! Students, their names and numbers, and fees.

use super::facts::{PersonRow, VersionRow};
use super::row::{given, row};
use super::{Arg, Rows, StoreError, Tx};
use chrono::NaiveDate;

const PERSONS_ADD: &str = given!(
    "
    INSERT INTO person (external_id, recorded_at)
    SELECT value->>0, $2 FROM given WHERE true ON CONFLICT (external_id) DO NOTHING"
);
pub(super) const PERSONS_BY_EXTERNAL: &str = "
    SELECT id, external_id FROM person WHERE external_id IN (SELECT value->>0 FROM json_each($1))";
const STUDENT_VERSIONS_ADD: &str = given!(
    "
    INSERT INTO student_version (person_id, valid_from, as_of_day, as_of_millis, album, population,
        language, status, recorded_at)
    SELECT CAST(value->>0 AS BIGINT), date(value->>1), date(value->>2), CAST(value->>3 AS BIGINT),
           value->>4, value->>5, value->>6, value->>7, $2
      FROM given"
);
const STUDENT_NAMES_ADD: &str = given!("
    INSERT INTO student_name (person_id, valid_from, as_of_day, as_of_millis, given_name, family_name,
        email, name_key)
    SELECT CAST(value->>0 AS BIGINT), date(value->>1), date(value->>2), CAST(value->>3 AS BIGINT),
           value->>4, value->>5, value->>6, value->>7
      FROM given");

/// The columns of what is known of students; a query adds what it wants.
macro_rules! students_where {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.external_id, v.valid_from, v.as_of_day, v.as_of_millis, v.album, v.population,
                    v.language, v.status, COALESCE(n.given_name, '') AS given_name,
                    COALESCE(n.family_name, '') AS family_name, COALESCE(n.email, '') AS email,
                    COALESCE(n.name_key, '') AS name_key
               FROM person p
               JOIN student_version v ON v.person_id = p.id
               LEFT JOIN student_name n ON n.person_id = v.person_id AND n.valid_from = v.valid_from
                    AND n.as_of_day = v.as_of_day AND n.as_of_millis = v.as_of_millis ",
            $rest,
            " ORDER BY p.id, v.valid_from, v.as_of_day, v.as_of_millis"
        )
    };
}

const STUDENTS_BY_EXTERNAL: &str =
    students_where!("WHERE p.external_id IN (SELECT value->>0 FROM json_each($1))");
const STUDENTS_BY_ALBUM: &str = students_where!(
    "WHERE p.id IN (SELECT w.person_id FROM student_version w
                     WHERE w.album IN (SELECT value->>0 FROM json_each($1)))"
);
pub(super) const STUDENTS_BY_ID: &str =
    students_where!("WHERE p.id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))");
const STUDENTS_BY_NAME: &str = students_where!(
    "WHERE p.id IN (SELECT m.person_id FROM student_name m
                     WHERE m.name_key IN (SELECT value->>0 FROM json_each($1)))"
);
const PERSON_COUNT: &str = "SELECT COUNT(*) FROM person";
const PERSON_IDS: &str = "SELECT id, external_id FROM person";
const PERSON_IDS_BY_ALBUM: &str = "
    SELECT DISTINCT p.id, p.external_id, v.album FROM person p
      JOIN student_version v ON v.person_id = p.id
     WHERE v.album IN (SELECT value->>0 FROM json_each($1)) ORDER BY p.external_id";

const LISTED: &str = "
    SELECT nrb, bank_account_id, category FROM listed_number
     WHERE nrb IN (SELECT value->>0 FROM json_each($1)) ORDER BY nrb";
const LISTED_CATEGORIES: &str =
    "SELECT DISTINCT category FROM listed_number WHERE bank_account_id = $1 ORDER BY category";
const LISTED_ADD: &str = given!(
    "
    INSERT INTO listed_number (nrb, bank_account_id, category, recorded_at)
    SELECT value->>0, CAST(value->>1 AS BIGINT), value->>2, $2
      FROM given WHERE true ON CONFLICT (nrb) DO NOTHING"
);
const LISTED_FREE: &str = "
    SELECT l.nrb FROM listed_number l
     WHERE l.bank_account_id = $1 AND l.category = $2
       AND NOT EXISTS (SELECT 1 FROM virtual_account v WHERE v.nrb = l.nrb)
     ORDER BY l.nrb LIMIT $3";
const NUMBERS_ADD: &str = given!(
    "
    INSERT INTO virtual_account (nrb, tail, bank_account_id, person_id, category, payer_number,
        assigned_on, recorded_at)
    SELECT value->>0, value->>1, CAST(value->>2 AS BIGINT), CAST(value->>3 AS BIGINT), value->>4,
           CAST(value->>5 AS BIGINT), date(value->>6), $2
      FROM given"
);
const NUMBERS_RETIRE: &str = given!(
    "
    INSERT INTO virtual_account_retirement (nrb, retired_on, recorded_at)
    SELECT value->>0, date(value->>1), $2
      FROM given WHERE true ON CONFLICT (nrb) DO NOTHING"
);

/// The columns of assigned numbers; a query adds what it wants.
macro_rules! numbers_where {
    ($rest:literal) => {
        concat!(
            "SELECT v.nrb, v.tail, v.bank_account_id, v.person_id, v.category, v.payer_number,
                    v.assigned_on, r.retired_on
               FROM virtual_account v
               LEFT JOIN virtual_account_retirement r ON r.nrb = v.nrb ",
            $rest,
            " ORDER BY v.nrb"
        )
    };
}
const NUMBERS: &str = numbers_where!("WHERE v.nrb IN (SELECT value->>0 FROM json_each($1))");
const NUMBERS_BY_TAIL: &str =
    numbers_where!("WHERE v.tail IN (SELECT value->>0 FROM json_each($1))");
pub(super) const NUMBERS_OF: &str =
    numbers_where!("WHERE v.person_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))");
const PAYER_NUMBER_MAX: &str = "SELECT COALESCE(MAX(payer_number), 0) FROM virtual_account WHERE bank_account_id = $1 AND category = $2";

const FEES_ADD: &str = given!(
    "
    INSERT INTO receivable (external_id, person_id, kind, category, currency, recorded_at)
    SELECT value->>0, CAST(value->>1 AS BIGINT), value->>2, value->>3, value->>4, $2
      FROM given WHERE true ON CONFLICT (external_id) DO NOTHING"
);
const FEES_BY_EXTERNAL: &str = "
    SELECT id, external_id, person_id, kind, category, currency FROM receivable
     WHERE external_id IN (SELECT value->>0 FROM json_each($1)) ORDER BY external_id";
const FEES_BY_CAPITALS: &str = "
    SELECT id, external_id, person_id, kind, category, currency FROM receivable
     WHERE upper(external_id) IN (SELECT value->>0 FROM json_each($1)) ORDER BY external_id";
const FEE_VERSIONS_BY_EXTERNAL: &str = "
    SELECT v.receivable_id, v.as_of_day, v.as_of_millis, v.opening, v.amount_minor, v.published_on,
           v.nominal_due_on
      FROM receivable_version v
      JOIN receivable r ON r.id = v.receivable_id
     WHERE r.external_id IN (SELECT value->>0 FROM json_each($1))
     ORDER BY v.receivable_id, v.as_of_day, v.as_of_millis";
const FEE_VERSIONS_ADD: &str = given!(
    "
    INSERT INTO receivable_version (receivable_id, as_of_day, as_of_millis, opening, amount_minor,
        published_on, nominal_due_on, posted_on, recorded_at)
    SELECT CAST(value->>0 AS BIGINT), date(value->>1), CAST(value->>2 AS BIGINT),
           CAST(value->>3 AS BIGINT), CAST(value->>4 AS BIGINT), date(value->>5), date(value->>6),
           date(value->>7), $2
      FROM given"
);
const FEE_TEXTS_BY_EXTERNAL: &str = "
    SELECT t.receivable_id, t.as_of_day, t.as_of_millis, t.title_pl, t.title_en
      FROM receivable_text t
      JOIN receivable r ON r.id = t.receivable_id
     WHERE r.external_id IN (SELECT value->>0 FROM json_each($1))
     ORDER BY t.receivable_id, t.as_of_day, t.as_of_millis";
const FEE_TEXTS_ADD: &str = given!("
    INSERT INTO receivable_text (receivable_id, as_of_day, as_of_millis, title_pl, title_en)
    SELECT CAST(value->>0 AS BIGINT), date(value->>1), CAST(value->>2 AS BIGINT), value->>3, value->>4
      FROM given");
const OPENING_ADD: &str = given!("
    INSERT INTO opening_credit (external_id, person_id, currency, category, amount_minor, credited_on,
        posted_on, recorded_at)
    SELECT value->>0, CAST(value->>1 AS BIGINT), value->>2, value->>3, CAST(value->>4 AS BIGINT),
           date(value->>5), date(value->>6), $2
      FROM given");
const OPENING_BY_EXTERNAL: &str = "
    SELECT id, external_id, person_id, currency, category, amount_minor, credited_on
      FROM opening_credit WHERE external_id IN (SELECT value->>0 FROM json_each($1)) ORDER BY external_id";

/// Another load of students, numbers or fees waits; whoever settles does not. On SQLite a
/// transaction that writes is the only one as it is.
const ALONE: &str = "LOCK TABLE person IN SHARE ROW EXCLUSIVE MODE";

row! {
    /// A person's row.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PersonIdRow {
        /// Row id.
        pub id: i64,
        /// The student system's id.
        pub external_id: String,
    }
}
row! {
    /// A person found by an album.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AlbumRow {
        /// Row id.
        pub id: i64,
        /// The student system's id.
        pub external_id: String,
        /// The album.
        pub album: String,
    }
}
row! {
    /// What one export said of a student.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct StudentVersionRow {
        /// Row id of the person.
        pub id: i64,
        /// The student system's id.
        pub external_id: String,
        /// From when it holds.
        pub valid_from: NaiveDate,
        /// The export's day.
        pub as_of_day: NaiveDate,
        /// Milliseconds into that day.
        pub as_of_millis: i64,
        /// Album.
        pub album: String,
        /// `student` or `doctoral`.
        pub population: String,
        /// `pl` or `en`.
        pub language: String,
        /// `active`, `on_leave`, `struck_off`, `graduated`, `deceased`.
        pub status: String,
        /// Given name.
        pub given_name: String,
        /// Family name.
        pub family_name: String,
        /// University address.
        pub email: String,
        /// Folded for searching: given and family name.
        pub name_key: String,
    }
}
row! {
    /// A number of the bank's list.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ListedRow {
        /// 26 digits.
        pub nrb: String,
        /// The institution's account behind it.
        pub bank_account_id: i64,
        /// Category.
        pub category: String,
    }
}
row! {
    /// What one export called a fee.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct FeeTextRow {
        /// The fee.
        pub receivable_id: i64,
        /// The export's day.
        pub as_of_day: NaiveDate,
        /// Milliseconds into that day.
        pub as_of_millis: i64,
        /// In Polish.
        pub title_pl: String,
        /// In English.
        pub title_en: String,
    }
}
row! {
    /// An assigned number.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct NumberRow {
        /// 26 digits.
        pub nrb: String,
        /// Its last 12 digits, all that some banks show.
        pub tail: String,
        /// The institution's account behind it.
        pub bank_account_id: i64,
        /// Whose.
        pub person_id: i64,
        /// Category.
        pub category: String,
        /// The payer digits as a number, where we made it.
        pub payer_number: Option<i64>,
        /// From when.
        pub assigned_on: NaiveDate,
        /// Since when it must not be used.
        pub retired_on: Option<NaiveDate>,
    }
}

impl Tx {
    /// One load of students, numbers or fees at a time.
    pub async fn lock_roster(&mut self) -> Result<(), StoreError> {
        self.lock_table(ALONE).await
    }

    /// Adds persons that are missing; `$1` rows are (external id).
    pub async fn add_persons(&mut self, rows: &Rows, now: i64) -> Result<(), StoreError> {
        self.execute(PERSONS_ADD, &[rows.arg(), Arg::Int(now)])
            .await
            .map(|_| ())
    }

    /// Persons by the student system's ids.
    pub async fn persons_by_external(
        &mut self,
        ids: &[String],
    ) -> Result<Vec<PersonIdRow>, StoreError> {
        self.by_texts(PERSONS_BY_EXTERNAL, ids).await
    }

    /// How many persons there are.
    pub async fn person_count(&mut self) -> Result<i64, StoreError> {
        Ok(self.one::<(i64,)>(PERSON_COUNT, &[]).await?.0)
    }

    /// All persons, by the student system's id.
    pub async fn all_persons(&mut self) -> Result<Vec<PersonIdRow>, StoreError> {
        let mut rows: Vec<PersonIdRow> = self.fetch(PERSON_IDS, &[]).await?;
        // Sorted here: a server's collation may order texts otherwise than bytes do.
        rows.sort_by(|a, b| a.external_id.cmp(&b.external_id));
        Ok(rows)
    }

    /// Persons who have, or once had, one of these albums.
    pub async fn persons_by_album(
        &mut self,
        albums: &[String],
    ) -> Result<Vec<AlbumRow>, StoreError> {
        self.by_texts(PERSON_IDS_BY_ALBUM, albums).await
    }

    /// All that exports said of these students, oldest first.
    pub async fn students_by_external(
        &mut self,
        ids: &[String],
    ) -> Result<Vec<StudentVersionRow>, StoreError> {
        self.by_texts(STUDENTS_BY_EXTERNAL, ids).await
    }

    /// All that exports said of students who have, or once had, one of these albums.
    pub async fn students_by_album(
        &mut self,
        albums: &[String],
    ) -> Result<Vec<StudentVersionRow>, StoreError> {
        self.by_texts(STUDENTS_BY_ALBUM, albums).await
    }

    /// All that exports said of students with one of these folded names.
    pub async fn students_by_name(
        &mut self,
        keys: &[String],
    ) -> Result<Vec<StudentVersionRow>, StoreError> {
        self.by_texts(STUDENTS_BY_NAME, keys).await
    }

    /// All that exports said of these persons.
    pub async fn students_by_id(
        &mut self,
        ids: &[i64],
    ) -> Result<Vec<StudentVersionRow>, StoreError> {
        let rows = Rows::of(ids.iter().map(|id| (id,)))?;
        self.fetch(STUDENTS_BY_ID, &[rows.arg()]).await
    }

    /// Adds what an export said of students: versions, then names beside them.
    pub async fn add_student_versions(
        &mut self,
        versions: &Rows,
        names: &Rows,
        now: i64,
    ) -> Result<(), StoreError> {
        self.execute(STUDENT_VERSIONS_ADD, &[versions.arg(), Arg::Int(now)])
            .await?;
        self.execute(STUDENT_NAMES_ADD, &[names.arg()])
            .await
            .map(|_| ())
    }

    /// Numbers of the bank's list among these, assigned or not.
    pub async fn listed_numbers(&mut self, nrbs: &[String]) -> Result<Vec<ListedRow>, StoreError> {
        self.by_texts(LISTED, nrbs).await
    }

    /// The categories of the bank's list for an account.
    pub async fn listed_categories(
        &mut self,
        bank_account_id: i64,
    ) -> Result<Vec<String>, StoreError> {
        let args = [Arg::Int(bank_account_id)];
        let rows: Vec<(String,)> = self.fetch(LISTED_CATEGORIES, &args).await?;
        Ok(rows.into_iter().map(|(category,)| category).collect())
    }

    /// Adds numbers of the bank's list: (nrb, bank account, category).
    pub async fn add_listed_numbers(&mut self, rows: &Rows, now: i64) -> Result<(), StoreError> {
        self.execute(LISTED_ADD, &[rows.arg(), Arg::Int(now)])
            .await
            .map(|_| ())
    }

    /// Numbers of the bank's list that nobody has yet.
    pub async fn free_listed_numbers(
        &mut self,
        bank_account_id: i64,
        category: &str,
        limit: i64,
    ) -> Result<Vec<String>, StoreError> {
        let args = [
            Arg::Int(bank_account_id),
            Arg::Text(category),
            Arg::Int(limit),
        ];
        Ok(self
            .fetch::<(String,)>(LISTED_FREE, &args)
            .await?
            .into_iter()
            .map(|(nrb,)| nrb)
            .collect())
    }

    /// Assigns numbers: (nrb, tail, bank account, person, category, payer number, assigned on).
    pub async fn add_numbers(&mut self, rows: &Rows, now: i64) -> Result<(), StoreError> {
        self.execute(NUMBERS_ADD, &[rows.arg(), Arg::Int(now)])
            .await
            .map(|_| ())
    }

    /// Retires numbers: (nrb, retired on).
    pub async fn retire_numbers(&mut self, rows: &Rows, now: i64) -> Result<(), StoreError> {
        self.execute(NUMBERS_RETIRE, &[rows.arg(), Arg::Int(now)])
            .await
            .map(|_| ())
    }

    /// Assigned numbers among these.
    pub async fn numbers(&mut self, nrbs: &[String]) -> Result<Vec<NumberRow>, StoreError> {
        self.by_texts(NUMBERS, nrbs).await
    }

    /// Assigned numbers that end like this.
    pub async fn numbers_by_tail(
        &mut self,
        tails: &[String],
    ) -> Result<Vec<NumberRow>, StoreError> {
        self.by_texts(NUMBERS_BY_TAIL, tails).await
    }

    /// The numbers of these persons, retired ones included.
    pub async fn numbers_of(&mut self, persons: &[i64]) -> Result<Vec<NumberRow>, StoreError> {
        let rows = Rows::of(persons.iter().map(|id| (id,)))?;
        self.fetch(NUMBERS_OF, &[rows.arg()]).await
    }

    /// The highest running number so far.
    pub async fn payer_number_max(
        &mut self,
        bank_account_id: i64,
        category: &str,
    ) -> Result<i64, StoreError> {
        Ok(self
            .one::<(i64,)>(
                PAYER_NUMBER_MAX,
                &[Arg::Int(bank_account_id), Arg::Text(category)],
            )
            .await?
            .0)
    }

    /// Fees by the student system's ids.
    pub async fn fees_by_external(
        &mut self,
        ids: &[String],
    ) -> Result<Vec<super::facts::ReceivableRow>, StoreError> {
        self.by_texts(FEES_BY_EXTERNAL, ids).await
    }

    /// Fees by the student system's ids in capitals.
    pub async fn fees_by_capitals(
        &mut self,
        ids: &[String],
    ) -> Result<Vec<super::facts::ReceivableRow>, StoreError> {
        self.by_texts(FEES_BY_CAPITALS, ids).await
    }

    /// All that exports said of these fees.
    pub async fn fee_versions_by_external(
        &mut self,
        ids: &[String],
    ) -> Result<Vec<VersionRow>, StoreError> {
        self.by_texts(FEE_VERSIONS_BY_EXTERNAL, ids).await
    }

    /// What exports called these fees.
    pub async fn fee_texts_by_external(
        &mut self,
        ids: &[String],
    ) -> Result<Vec<FeeTextRow>, StoreError> {
        self.by_texts(FEE_TEXTS_BY_EXTERNAL, ids).await
    }

    /// Adds fees that are missing: (external id, person, kind, category, currency).
    pub async fn add_fees(&mut self, rows: &Rows, now: i64) -> Result<(), StoreError> {
        self.execute(FEES_ADD, &[rows.arg(), Arg::Int(now)])
            .await
            .map(|_| ())
    }

    /// Adds what an export said of fees: (fee, as of, millis, opening, amount, published, nominal
    /// due, posted on), then titles (fee, as of, millis, pl, en).
    pub async fn add_fee_versions(
        &mut self,
        versions: &Rows,
        texts: &Rows,
        now: i64,
    ) -> Result<(), StoreError> {
        self.execute(FEE_VERSIONS_ADD, &[versions.arg(), Arg::Int(now)])
            .await?;
        self.execute(FEE_TEXTS_ADD, &[texts.arg()])
            .await
            .map(|_| ())
    }

    /// Money loaded at go-live, by id.
    pub async fn opening_by_external(
        &mut self,
        ids: &[String],
    ) -> Result<Vec<super::facts::OpeningCreditRow>, StoreError> {
        self.by_texts(OPENING_BY_EXTERNAL, ids).await
    }

    /// Loads money on account: (external id, person, currency, category, amount, credited on, posted on).
    pub async fn add_opening(&mut self, rows: &Rows, now: i64) -> Result<(), StoreError> {
        self.execute(OPENING_ADD, &[rows.arg(), Arg::Int(now)])
            .await
            .map(|_| ())
    }

    async fn by_texts<T: super::Fetch>(
        &mut self,
        sql: &'static str,
        texts: &[String],
    ) -> Result<Vec<T>, StoreError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let rows = Rows::of(texts.iter().map(|text| (text,)))?;
        self.fetch(sql, &[rows.arg()]).await
    }
}

/// The newest of what exports said of each person; `rows` are in the order of the store.
pub fn newest(rows: Vec<StudentVersionRow>) -> Vec<StudentVersionRow> {
    let mut newest: Vec<StudentVersionRow> = Vec::new();
    for row in rows {
        match newest.last_mut() {
            Some(last) if last.id == row.id => *last = row,
            _ => newest.push(row),
        }
    }
    newest
}

/// The persons of some rows, once each.
pub fn persons(rows: &[PersonRow]) -> Vec<i64> {
    rows.iter().map(|row| row.id).collect()
}
